/**
 * Everything the page knows, in cells that views watch. It is filled by a feed: the live stream of a running engine, or the
 * frames of a recorded one. Views cannot tell which, so the same page shows both.
 */
import type { AuditRecord } from "../../../domain/AuditRecord.ts"
import type { EngineSchedule } from "../../../engine/contract/ScheduleState.ts"
import type { EngineSnapshot } from "../../../engine/contract/EngineSnapshot.ts"
import type {
  Budgets,
  EngineEntry,
  MachineEvent,
  Session,
  States,
  WindowMessage,
} from "../../protocol/protocol.ts"
import type { Graph } from "../statechart/Graph.ts"
import { api, Refusal, told } from "./api.ts"
import { Cell } from "./cell.ts"
import type { Track } from "./Track.ts"

/** Latest records and machine events that are kept. */
const MOST_KEPT = 400

export type Connection =
  | { readonly state: "loading" }
  | { readonly state: "open" }
  | { readonly state: "lost"; readonly message: string }
  | { readonly state: "locked" }
  | { readonly state: "over"; readonly message: string }

export class ModelState {
  readonly connection = new Cell<Connection>({ state: "loading" })
  readonly session = new Cell<Session | null>(null)
  readonly machines = new Cell<ReadonlyMap<string, Graph>>(new Map())
  readonly engine = new Cell<EngineEntry | null>(null)
  readonly snapshot = new Cell<EngineSnapshot | null>(null)
  readonly states = new Cell<States | null>(null)
  readonly budgets = new Cell<Budgets | null>(null)
  readonly schedule = new Cell<EngineSchedule | null>(null)
  readonly lastWindow = new Cell<WindowMessage | null>(null)
  readonly track = new Cell<Track | null>(null)
  /** Newest first. */
  readonly records = new Cell<ReadonlyArray<AuditRecord>>([])
  readonly events = new Cell<ReadonlyArray<MachineEvent>>([])
  /** Messages that the server left out because there were too many. */
  readonly skipped = new Cell(0)
  /** A recorded run is shown at its end. */
  readonly atEnd = new Cell(false)

  /** Reads the session again, after something in it changed; the feed goes on. */
  async refresh(): Promise<void> {
    try {
      const session = await api.session()
      this.session.set(session)
      const same = session.engines.find((one) => one.id === this.engine.value?.id)
      if (same !== undefined) this.engine.set(same)
    } catch (error) {
      this.fail(error)
    }
  }

  /** Puts new records in front. */
  note(records: ReadonlyArray<AuditRecord>): void {
    const known = this.records.value[0]?.seq ?? 0
    const fresh = records.filter((record) => record.seq > known).toReversed()
    if (fresh.length > 0) this.records.set([...fresh, ...this.records.value].slice(0, MOST_KEPT))
  }

  hear(events: ReadonlyArray<MachineEvent>): void {
    if (events.length > 0) this.events.set([...events.toReversed(), ...this.events.value].slice(0, MOST_KEPT))
  }

  fail(error: unknown): void {
    if (error instanceof Refusal && error.reason === "unauthorised") this.connection.set({ state: "locked" })
    else this.connection.set({ state: "lost", message: told(error) })
  }

  /** Whether anything may be changed through this page. */
  get steerable(): boolean {
    const { value: session } = this.session
    const { value: engine } = this.engine
    return session !== null && engine !== null && !session.readOnly && !engine.readOnly
  }
}
