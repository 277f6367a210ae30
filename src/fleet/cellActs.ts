/** What a fleet or a person can ask of an engine. Created once, so that a digest and a tick allocate nothing. */
import { WINDOW_CLOSED } from "../hot/codes.ts"
import type { PlainCommand } from "../engine/commands.ts"
import type { AuditRecord } from "../domain/AuditRecord.ts"
import type { FleetCell } from "./FleetCell.ts"

export type Act = (cell: FleetCell) => void

/** What an engine threw. */
export interface Defect {
  readonly error: unknown
}

export const ACTS = {
  start: ({ loop }) => loop?.start(),
  tick: ({ loop, latch }) => {
    loop?.tick()
    latch?.act()
  },
  rest: ({ loop }) => loop?.rest(),
  stop: ({ loop }) => loop?.stop(),
  hear: (cell) => {
    const { loop, parts, latch } = cell
    const code = loop?.observe()
    latch?.act()
    if (loop === null || code !== WINDOW_CLOSED) return
    cell.windows++
    if (Number.isNaN(cell.firstLoss) && loop.cycles > 0) cell.firstLoss = parts.kernel.loss(loop.state)
  },
} satisfies Record<string, Act>

/** A command to an engine of a fleet: as for any engine, plus `passivate`. Its note goes into the audit. */
export interface CellCommand {
  readonly type: PlainCommand | "passivate"
  readonly note?: string | undefined
}

/** How a command is carried out. */
export interface CellAct {
  readonly act: Act
  /** The kind of record that carries its note. */
  readonly kind: AuditRecord["kind"]
  /** Whether to repeat it on the loop that replaces one that threw. The base that the person meant is gone by then. */
  readonly again: boolean
}

export const COMMANDS: Readonly<Record<PlainCommand, CellAct>> = {
  rollback: { act: ({ loop }) => loop?.rollback(), kind: "rollback", again: true },
  trip: { act: ({ loop }) => loop?.trip(), kind: "safeModeEntered", again: true },
  reset: { act: ({ loop }) => loop?.reset(), kind: "safeModeExited", again: true },
  setBaseline: { act: ({ loop }) => loop?.setBaseline(), kind: "baselineSet", again: false },
}
