/**
 * The way of an audit record from the ring to its sinks. Draining is synchronous and cheap; writing is the sinks' own
 * affair. When a sink is slow or fails its queue fills, then the ring is left alone, fills too, and Tier 1 halts
 * adaptation: nothing is dropped to keep going.
 */
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Latch from "effect/Latch"
import { AuditError } from "../../domain/errors.ts"
import { type AuditRing, RECORD_KIND, RECORD_SEQUENCE } from "../../hot/AuditRing.ts"
import { AUDIT_ENGINE_STARTED } from "../../hot/codes.ts"
import type { AuditDecoder } from "./AuditDecoder.ts"
import type { AuditRecord } from "../../domain/AuditRecord.ts"
import { AuditMemory } from "./AuditMemory.ts"
import type { AuditSink } from "./AuditSink.ts"
import { foreignCall } from "../calls/foreignCall.ts"
import { Listeners } from "../calls/Listeners.ts"
import { errorText } from "../calls/outcome.ts"
import type { Notifications } from "../calls/Notifications.ts"

/** Records that wait for one sink at most. */
const QUEUE_CAPACITY = 1024
/** Records handed to a sink at once. */
const BATCH = 256
/** How long stop waits for sinks to take the rest. */
const FLUSH = "5 seconds"
/** Notes that wait for their record at most. */
const NOTES = 64

/** After a failure: 100 ms, doubling to 5 s, for ever; a sink may come back. */
const FIRST_PAUSE_MS = 100
const LONGEST_PAUSE_MS = 5000

/** Tries until it succeeds. A schedule would say the same, at a kilobyte more in every browser. */
const untilWritten = (
  write: Effect.Effect<void, AuditError>,
  pauseMs = FIRST_PAUSE_MS,
): Effect.Effect<void> =>
  Effect.catch(write, () =>
    Effect.andThen(
      Effect.sleep(pauseMs),
      Effect.suspend(() => untilWritten(write, Math.min(2 * pauseMs, LONGEST_PAUSE_MS))),
    ),
  )

/** What a person said, and the records it may belong to. */
interface Note {
  readonly from: number
  to: number
  readonly kind: AuditRecord["kind"]
  readonly note: string
}

class SinkQueue {
  readonly sink: AuditSink
  readonly waiting: Array<AuditRecord> = []
  /** The doubles of what waits, where the sink wants them. */
  readonly waitingExact: Array<Float64Array> = []
  /** Open while there is something to write. */
  readonly filled = Latch.makeUnsafe(false)
  /** Open while there is nothing to write. */
  readonly idle = Latch.makeUnsafe(true)
  written = 0
  failures = 0
  lastError: string | null = null

  constructor(sink: AuditSink) {
    this.sink = sink
  }

  get room(): number {
    return QUEUE_CAPACITY - this.waiting.length
  }

  add(records: ReadonlyArray<AuditRecord>, exact: ReadonlyArray<Float64Array>, now: boolean): void {
    if (records.length === 0) return
    if (now && this.waiting.length === 0 && this.sink.writeNow !== undefined) {
      const wrong = foreignCall<ReadonlyArray<AuditRecord>, string | null>(
        (batch) => {
          const error = this.sink.writeNow?.(batch, exact) ?? null
          return error === null ? null : error.message
        },
        records,
        () => "the sink threw",
      )
      if (wrong === null) {
        this.written += records.length
        return
      }
      this.fail(wrong)
    }
    for (const record of records) this.waiting.push(record)
    if (this.sink.exact === true) for (const numbers of exact) this.waitingExact.push(numbers)
    this.idle.closeUnsafe()
    this.filled.openUnsafe()
  }

  took(count: number): void {
    this.waiting.splice(0, count)
    this.waitingExact.splice(0, count)
    this.written += count
    if (this.waiting.length > 0) return
    this.filled.closeUnsafe()
    this.idle.openUnsafe()
  }

  fail(detail: string): void {
    this.failures++
    this.lastError = detail
  }
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
  readonly sinks: ReadonlyArray<{
    readonly name: string
    readonly location: string | null
    readonly waiting: number
    readonly written: number
    readonly failures: number
    readonly lastError: string | null
  }>
}

export class AuditTrail {
  readonly listeners = new Listeners<AuditRecord>("audit")
  private readonly ring: AuditRing
  private readonly decoder: AuditDecoder
  private readonly memory: AuditMemory
  private queues: ReadonlyArray<SinkQueue> = []
  private readonly immediate: boolean
  private readonly start: () => Readonly<Record<string, unknown>>
  /** Some sink wants the doubles of every record. */
  private exact = false
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
  attach(sinks: ReadonlyArray<AuditSink>): void {
    this.queues = sinks.map((sink) => new SinkQueue(sink))
    this.exact = sinks.some((sink) => sink.exact === true)
  }

  /** Why nothing can be written for now; null while something can. */
  get blocked(): string | null {
    for (const { sink } of this.queues) {
      const why = sink.blocked?.() ?? null
      if (why !== null) return why
    }
    return null
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
      if (this.decodesLater && this.queues.length === 0 && this.listeners.size === 0)
        this.ring.drain(this.keep, QUEUE_CAPACITY)
      else if (!this.handOutNow()) return false
    }
    return true
  }

  /** To sinks and listeners, as far as there is room; false where there is none. */
  private handOutNow(): boolean {
    const room = this.queues.reduce((least, queue) => Math.min(least, queue.room), QUEUE_CAPACITY)
    if (room === 0) return false
    // A sink may cause new records: the ring is left alone before it is called.
    const batch: Array<AuditRecord> = []
    const exact: Array<Float64Array> = []
    this.ring.drain((block, at) => {
      batch.push(this.read(block, at))
      if (this.exact) exact.push(block.slice(at, at + this.ring.width))
    }, room)
    for (const record of batch) this.memory.add(record)
    for (const queue of this.queues) queue.add(batch, exact, this.immediate)
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

  records(): ReadonlyArray<AuditRecord> {
    this.pump()
    this.notifications.tell()
    return this.memory.list()
  }

  /** Records numbered above `seq` that memory still has, oldest first. */
  recordsAfter(seq: number): ReadonlyArray<AuditRecord> {
    this.pump()
    this.notifications.tell()
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
      sinks: this.queues.map((queue) => ({
        name: queue.sink.name,
        location: queue.sink.location ?? null,
        waiting: queue.waiting.length,
        written: queue.written,
        failures: queue.failures,
        lastError: queue.sink.trouble?.() ?? queue.lastError,
      })),
    }
  }

  /** The fibers that write: one for each sink, for ever. `onRoom` is called when a sink has taken something. */
  writers(onRoom: () => void): ReadonlyArray<{ readonly name: string; readonly run: Effect.Effect<never> }> {
    return this.queues.map((queue) => ({
      name: `audit ${queue.sink.name}`,
      run: Effect.forever(
        Effect.andThen(
          queue.filled.await,
          untilWritten(Effect.tap(this.writeBatch(queue), () => Effect.sync(onRoom))),
        ),
      ),
    }))
  }

  /**
   * Waits until every sink has taken everything, for so long; closes them, and waits no longer for one that does not close. What
   * is wrong with one keeps nothing from the others. An AuditError tells what was left.
   */
  readonly finish: Effect.Effect<void, AuditError> = Effect.suspend(() => this.finishAll())

  private readonly finishAll = Effect.fnUntraced(function* (this: AuditTrail) {
    let all: Exit.Exit<void, AuditError> = Exit.void
    for (const queue of this.queues) {
      const end = yield* Effect.exit(this.finishQueue(queue))
      if (Exit.isSuccess(all)) all = end
    }
    return yield* all
  })

  private finishQueue(queue: SinkQueue): Effect.Effect<void, AuditError> {
    const { sink } = queue
    const emptied = Effect.timeoutOption(this.untilEmpty(queue), FLUSH)
    const left = Effect.suspend(() => {
      const count = queue.waiting.length + this.ring.size
      if (count === 0) return Effect.void
      const detail = `${count} records were left unwritten (${queue.lastError ?? "the sink is too slow"})`
      return Effect.fail(new AuditError({ reason: "close", sink: sink.name, detail }))
    })
    // What could not be closed costs no record; nobody waits for it for ever.
    const closed = Effect.exit(Effect.timeoutOption(Effect.interruptible(sink.close), FLUSH))
    return emptied.pipe(Effect.andThen(left), Effect.ensuring(closed))
  }

  private readonly untilEmpty = Effect.fnUntraced(function* (this: AuditTrail, queue: SinkQueue) {
    do {
      // What did not fit into the queue before is still on the ring.
      const empty = this.pump()
      this.notifications.tell()
      yield* empty ? queue.idle.await : Effect.sleep("10 millis")
    } while (this.ring.size > 0 || queue.waiting.length > 0)
  })

  /**
   * One batch, counted as written only when it was: neither a failure nor an interruption loses or repeats a record. A sink that does
   * not answer is interrupted at the end, when whoever waited for it has been told.
   */
  private writeBatch(queue: SinkQueue): Effect.Effect<void, AuditError> {
    return Effect.uninterruptibleMask((restore) =>
      Effect.suspend(() => {
        const batch = queue.waiting.slice(0, BATCH)
        if (batch.length === 0) return Effect.void
        // Whatever a sink does, throwing at once or giving back no effect included, is a write that failed.
        return Effect.suspend(() => {
          const writing: unknown = queue.sink.write(batch, queue.waitingExact.slice(0, BATCH))
          return Effect.isEffect(writing)
            ? restore(writing as Effect.Effect<void, AuditError>)
            : noEffect(writing)
        }).pipe(
          Effect.catchDefect((defect) =>
            Effect.fail(
              new AuditError({ reason: "write", sink: queue.sink.name, detail: errorText(defect) }),
            ),
          ),
          Effect.tapError((error) => Effect.sync(() => queue.fail(error.message))),
          Effect.tap(() => Effect.sync(() => queue.took(batch.length))),
        )
      }),
    )
  }

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

/** A sink that gave back a promise is told how it is made one; the promise's own failure must not end the process meanwhile. */
function noEffect(writing: unknown): Effect.Effect<never> {
  if (!(writing instanceof Promise)) return Effect.die("write gave back no effect")
  writing.then(undefined, () => undefined)
  return Effect.die("write gave back a promise and no effect: wrap it in Effect.tryPromise")
}
