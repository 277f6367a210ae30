/**
 * How an engine of a fleet recovers from a defect of its own: at once, within the call that met the defect. It begins anew from its
 * baseline, or waits there for a person if it died too often. The other engines are not concerned.
 */
import { TRIP_ENGINE_FAULT } from "../hot/codes.ts"
import { P_NOW_US } from "../hot/SafetyExecutor.ts"
import { foreignCall } from "../engine/calls/foreignCall.ts"
import { errorText } from "../engine/calls/outcome.ts"
import { Supervision } from "../engine/supervision/Supervision.ts"
import type { Act, Defect } from "./cellActs.ts"
import type { FleetCell } from "./FleetCell.ts"
import type { FleetNews } from "./FleetNews.ts"

/** The fleet around the engines. */
export interface CellHost {
  readonly nowCell: Float64Array
  readonly news: FleetNews
  /** Takes the records of an engine. */
  readonly collect: (cell: FleetCell) => void
  /** What follows anything an engine did. */
  readonly after: (cell: FleetCell) => void
}

export class CellRecovery {
  /** The deaths of engines, by key. */
  readonly crashes = new Supervision()
  private readonly host: CellHost

  constructor(host: CellHost) {
    this.host = host
  }

  /** Has an engine do something. Returns the defect that it met and recovered from; otherwise null. */
  attempt(cell: FleetCell, act: Act): Defect | null {
    return foreignCall(act, cell, this.recover, cell) ?? null
  }

  private readonly recover = (error: unknown, cell: FleetCell): Defect => {
    this.died(cell, errorText(error))
    return { error }
  }

  private died(cell: FleetCell, detail: string): void {
    const nowUs = this.host.nowCell[0]
    // What it did before it died has been done.
    this.host.collect(cell)
    const verdict = this.crashes.died({ child: cell.key, reason: "threw", detail }, nowUs)
    const loop = cell.beginAnew(nowUs)
    const { executor } = loop.hot
    executor.proposal[P_NOW_US] = nowUs
    executor.openLatch(TRIP_ENGINE_FAULT)
    const goesOn = verdict === "restart" && !loop.tooManyRollbacks
    if (goesOn) executor.closeLatch()
    cell.state = "awake"
    cell.fault = goesOn ? null : detail
    loop.start()
    const type = goesOn ? "restarted" : "escalated"
    this.host.news.note({ type, key: cell.key, atUs: nowUs, detail })
    this.host.after(cell)
  }
}
