/**
 * The way of an audit record from the ring to its sinks. Draining is synchronous and cheap; writing is the sinks' own
 * affair. When a sink is slow or fails its queue fills, then the ring is left alone, fills too, and Tier 1 halts
 * adaptation: nothing is dropped to keep going.
 */
import * as Effect from "effect/Effect"
import type { AuditError } from "../../domain/errors.ts"
import { type AuditRing, RECORD_KIND, RECORD_SEQUENCE } from "../../hot/AuditRing.ts"
import { AUDIT_ENGINE_STARTED } from "../../hot/codes.ts"
import type { AuditDecoder } from "./AuditDecoder.ts"
import type { AuditRecord } from "../../domain/AuditRecord.ts"
import { AuditMemory } from "./AuditMemory.ts"
import { Listeners } from "../calls/Listeners.ts"
import type { Notifications } from "../calls/Notifications.ts"
import type { SinkState, TrailSinks, TrailSource } from "../contract/TrailSinks.ts"

/** Records taken off the ring at once. */
const BATCH = 1024
/** Notes that wait for their record at most. */
const NOTES = 64

/** What a person said, and the records it may belong to. */
interface Note {
  readonly from: number
  to: number
  readonly kind: AuditRecord["kind"]
  readonly note: string
}

export interface AuditTrailOptions {
  readonly ring: AuditRing
  readonly decoder: AuditDecoder
  readonly memory: number
  /** Write at once where a sink can: manual time. */
  readonly immediate: boolean
  /** Makes what is put on the record of the start. */
  readonly start: () => Readonly<Record<string, unknown>>
  /** Tells the listeners, in the sinks' order. */
  readonly notifications: Notifications
  /** A record may be put into words long after it was written. */
  readonly decodesLater?: boolean
}

/** How the audit stands. */
export interface AuditState {
  /** Records written by the engine so far. */
  readonly written: number
  /** Records that found no place; 0 unless something is broken. */
  readonly dropped: number
  /** Records on the ring, and how many it holds. */
  readonly waiting: number
  readonly capacity: number
  readonly highWater: boolean
  /** Records that the memory of recent ones has let go. */
  readonly forgotten: number
  readonly sinks: ReadonlyArray<SinkState>
}

export class AuditTrail implements TrailSource {
  readonly listeners = new Listeners<AuditRecord>("audit")
  private readonly ring: AuditRing
  private readonly decoder: AuditDecoder
  private readonly memory: AuditMemory
  private sinks: TrailSinks | null = null
  private readonly immediate: boolean
  private readonly start: () => Readonly<Record<string, unknown>>
  private readonly notes: Array<Note> = []
  private readonly notifications: Notifications
  private readonly decodesLater: boolean
  /** Sinks are being handed records: those of a command that a sink gives follow in their turn. */
  private pumping = false

  constructor(options: AuditTrailOptions) {
    this.ring = options.ring
    this.decoder = options.decoder
    this.memory = new AuditMemory(options.memory, this.ring.width, (block, at) =>
      this.decoder.decode(block, at),
    )
    this.decodesLater = options.decodesLater ?? false
    this.immediate = options.immediate
    this.start = options.start
    this.notifications = options.notifications
  }

  /** Where the records go besides memory; before the first of them. */
  attach(sinks: TrailSinks): void {
    this.sinks = sinks
  }

  /** Why nothing can be written for now; null while something can. */
  get blocked(): string | null {
    return this.sinks?.blocked ?? null
  }

  /** Empties the ring as far as the sinks have room, and has the listeners told; true when nothing is left on it. */
  pump(): boolean {
    if (this.pumping) return false
    if (this.ring.size === 0) return true
    this.pumping = true
    const empty = this.handOut()
    this.pumping = false
    return empty
  }

  private handOut(): boolean {
    while (this.ring.size > 0) {
      if (this.decodesLater && this.sinks === null && this.listeners.size === 0)
        this.ring.drain(this.keep, BATCH)
      else if (!this.handOutNow()) return false
    }
    return true
  }

  /** To sinks and listeners, as far as there is room; false where there is none. */
  private handOutNow(): boolean {
    const { sinks } = this
    const room = sinks?.room ?? BATCH
    if (room === 0) return false
    // A sink may cause new records: the ring is left alone before it is called.
    const batch: Array<AuditRecord> = []
    const exact: Array<Float64Array> = []
    this.ring.drain((block, at) => {
      batch.push(this.read(block, at))
      if (sinks?.exact === true) exact.push(block.slice(at, at + this.ring.width))
    }, room)
    for (const record of batch) this.memory.add(record)
    sinks?.add(batch, exact, this.immediate)
    for (const record of batch) this.notifications.add(() => this.listeners.notify(record))
    return true
  }

  /** Nobody but a reader of the memory may ever want this record. */
  private readonly keep = (block: Float64Array, at: number): void => {
    // What a note or the start belongs on is known now alone.
    const plain = this.notes.length === 0 && block[at + RECORD_SEQUENCE] > 1
    if (plain && block[at + RECORD_KIND] !== AUDIT_ENGINE_STARTED) this.memory.keep(block, at)
    else this.memory.add(this.read(block, at))
  }

  /** Runs `act` and puts `note` on the record of this kind that it leads to. */
  withNote(kind: AuditRecord["kind"], note: string | undefined, act: () => void): void {
    if (note === undefined) return act()
    // It waits from before the act on: where the act meets a fault, the ring is emptied before it is over.
    const waiting: Note = { from: this.ring.written + 1, to: Number.POSITIVE_INFINITY, kind, note }
    this.notes.push(waiting)
    act()
    waiting.to = this.ring.written
    if (this.notes.length > NOTES) this.notes.shift()
  }

  /** Puts `note` on the record of this kind and number, which is on the ring still. */
  note(kind: AuditRecord["kind"], seq: number, note: string): void {
    this.notes.push({ from: seq, to: seq, kind, note })
    if (this.notes.length > NOTES) this.notes.shift()
  }

  get left(): number {
    return this.ring.size
  }

  flush(): boolean {
    const empty = this.pump()
    this.notifications.tell()
    return empty
  }

  records(): ReadonlyArray<AuditRecord> {
    this.flush()
    return this.memory.list()
  }

  /** Records numbered above `seq` that memory still has, oldest first. */
  recordsAfter(seq: number): ReadonlyArray<AuditRecord> {
    this.flush()
    return this.memory.after(seq)
  }

  state(): AuditState {
    const { ring } = this
    return {
      written: ring.written,
      dropped: ring.dropped,
      waiting: ring.size,
      capacity: ring.capacity,
      highWater: ring.highWater,
      forgotten: this.memory.forgotten,
      sinks: this.sinks?.state() ?? [],
    }
  }

  /** The fibers that write: one for each sink. */
  writers(onRoom: () => void): ReturnType<TrailSinks["writers"]> {
    return this.sinks?.writers(onRoom) ?? []
  }

  /** Waits, up to a limit, until every sink has accepted everything, and closes them. An AuditError names what was left. */
  readonly finish: Effect.Effect<void, AuditError> = Effect.suspend(
    () => this.sinks?.finish(this) ?? Effect.void,
  )

  private read(block: Float64Array, at: number): AuditRecord {
    const record = this.decoder.decode(block, at)
    // The first record says how the run was started, whatever it is: without that nobody could read the others.
    const begins = record.seq === 1
    if (begins || record.kind === "engineStarted") return this.noted({ ...record, start: this.start() })
    return this.noted(record)
  }

  /** With what a person said to it. */
  private noted(record: AuditRecord): AuditRecord {
    const at0 = this.notes.findIndex(
      (note) => note.kind === record.kind && note.from <= record.seq && record.seq <= note.to,
    )
    if (at0 < 0) return record
    const [{ note }] = this.notes.splice(at0, 1)
    return { ...record, note }
  }
}
