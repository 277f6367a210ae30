/**
 * The records of a bucket on their way to the database: those of all its keys are one journal, in the order in which they were made. What
 * came in within a second is one row, however many keys it is of. It is one of the sinks of its bucket's audit.
 */
import * as Effect from "effect/Effect"
import * as Semaphore from "effect/Semaphore"
import type { SqlError } from "effect/sql/SqlError"
import type { AuditRecord } from "../../domain/AuditRecord.ts"
import { configOf } from "../../domain/Config.ts"
import type { FleetSettings } from "../../domain/FleetConfig.ts"
import type { AuditKind } from "../../domain/records.ts"
import type { TrailSinks } from "../../engine/contract/TrailSinks.ts"
import { startRecord } from "../../engine/engineParts.ts"
import { RECORD_SEQUENCE } from "../../hot/AuditRing.ts"
import type { Ownership } from "../Epochs.ts"
import type { FencedError } from "../FencedError.ts"
import type { OwnedThing } from "../owners.ts"
import { storageFailure } from "../storageFailure.ts"
import { keyedNote } from "./keyedNote.ts"
import type { RecordsPlace } from "./recordsSink.ts"
import { RecordsWriter, type RecordWords } from "./RecordsWriter.ts"

export const KEPT_RECORDS = ["safety", "decisions", "digests", "none"] as const
/** Which records of a fleet's keys are kept: what concerns their safety, every decision, or what led to them, too. */
export type KeptRecords = (typeof KEPT_RECORDS)[number]

/** Trips, rollbacks, baselines and what people asked for; and where an engine begins and ends. */
const SAFETY: ReadonlySet<AuditKind> = new Set<AuditKind>([
  "engineStarted",
  "engineStopped",
  "baselineSet",
  "rollback",
  "safeModeEntered",
  "safeModeExited",
  "command",
])

/** Records wait for so long at most, and fewer than so many wait where there are many. */
const WAIT_US = 1e6
const ROW_RECORDS = 256
/** Records that wait while the database is away; then nothing more is decided. */
const CAPACITY = 4096

export interface BucketRecordsOptions {
  readonly thing: OwnedThing
  readonly ownership: Ownership
  readonly place: RecordsPlace
  readonly settings: FleetSettings
  readonly keeps: Exclude<KeptRecords, "none">
  /** Monotonic. */
  readonly nowUs: () => number
}

export class BucketRecords implements TrailSinks {
  readonly exact = true
  readonly blocked = null
  private readonly options: BucketRecordsOptions
  private readonly writer: RecordsWriter
  private readonly run: string
  private readonly start: Readonly<Record<string, unknown>>
  private readonly waiting: Array<RecordWords> = []
  private readonly numbers: Array<Float64Array> = []
  /** What was saved of engines that are about to go on. */
  private readonly standings = new Map<string, string>()
  private readonly alone = Semaphore.makeUnsafe(1)
  private sinceUs = 0
  private seq = 0
  private written = 0
  private failures = 0
  private lastError: string | null = null
  private fenced = false

  constructor(options: BucketRecordsOptions) {
    const { thing, ownership, place, settings, keeps, nowUs } = options
    const { name, restAfterUs, passivateAfterUs } = settings
    this.options = options
    this.writer = new RecordsWriter(thing, ownership, place.format, nowUs, false)
    this.run = `${thing.name}-${ownership.epoch}`
    this.start = {
      ...startRecord(settings.engine, [], null),
      config: configOf(settings.engine),
      fleet: { name, epoch: ownership.epoch, keeps, restAfterUs, passivateAfterUs },
    }
  }

  /** An engine is about to go on: a replay needs to know where it stood. */
  readonly loads = (key: string, standing: string): void => {
    if (this.options.keeps === "digests") this.standings.set(key, standing)
  }

  get room(): number {
    return this.fenced ? CAPACITY : CAPACITY - this.waiting.length
  }

  add(records: ReadonlyArray<AuditRecord>, exact: ReadonlyArray<Float64Array>): void {
    if (this.fenced) return
    const { run, start, waiting } = this
    const { keeps, nowUs } = this.options
    if (waiting.length === 0) this.sinceUs = nowUs()
    records.forEach((record, i) => {
      if (keeps === "safety" && !SAFETY.has(record.kind)) return
      // Behind the point is the number of the engine.
      const width = exact[i].length - 1
      const numbers = exact[i].slice(0, width)
      const key = record.run.slice(record.run.indexOf("/") + 1)
      const standing = record.kind === "engineStarted" ? this.standings.get(key) : undefined
      if (standing !== undefined) this.standings.delete(key)
      const note = keyedNote({ key, life: exact[i][width], seq: record.seq, note: record.note, standing })
      numbers[RECORD_SEQUENCE] = ++this.seq
      this.numbers.push(numbers)
      waiting.push({ seq: this.seq, run, start, note })
    })
  }

  state(): ReturnType<TrailSinks["state"]> {
    const { place, thing } = this.options
    const { waiting, written, failures, lastError } = this
    const location = `${place.storage}, ${thing.kind} ${thing.name}`
    return [{ name: "records", location, waiting: waiting.length, written, failures, lastError }]
  }

  /** Its bucket writes and closes: see `write` and `close`. */
  writers(): ReturnType<TrailSinks["writers"]> {
    return []
  }

  finish(): Effect.Effect<void> {
    return Effect.void
  }

  /** Whether it is time to write. */
  get isDue(): boolean {
    const { length } = this.waiting
    return length >= ROW_RECORDS || (length > 0 && this.options.nowUs() - this.sinceUs >= WAIT_US)
  }

  /** Writes what waits as one row. What the database does not take goes on waiting. */
  readonly write: Effect.Effect<void> = Effect.suspend(() => this.attempt(this.writeOnce()))

  /** After the last record: writes what waits and ends the journal of this owner. */
  readonly close: Effect.Effect<void> = Effect.suspend(() => {
    if (this.fenced) return Effect.void
    if (this.waiting.length === 0) return this.attempt(this.writer.close())
    const again = Effect.suspend(() =>
      this.waiting.length === 0 ? this.close : Effect.delay(this.close, RETRY),
    )
    return Effect.andThen(this.write, again)
  })

  private writeOnce(): Effect.Effect<void, FencedError | SqlError> {
    const { waiting, numbers } = this
    const count = waiting.length
    if (count === 0) return Effect.void
    return Effect.andThen(
      this.writer.write(waiting.slice(0, count), numbers.slice(0, count)),
      Effect.sync(() => {
        waiting.splice(0, count)
        numbers.splice(0, count)
        this.written += count
        this.sinceUs = this.options.nowUs()
      }),
    )
  }

  private attempt(work: Effect.Effect<void, FencedError | SqlError>): Effect.Effect<void> {
    return this.alone.withPermit(work).pipe(
      Effect.catch((error) =>
        Effect.sync(() => {
          if (error._tag === "FencedError") return this.drop(error)
          this.failures++
          this.lastError = storageFailure(this.options.place.storage, error).message
        }),
      ),
    )
  }

  /** This owner ends by itself, and nothing of it counts. */
  private drop(error: FencedError): void {
    this.fenced = true
    this.lastError = error.message
    this.waiting.length = 0
    this.numbers.length = 0
  }
}

const RETRY = "20 millis"
