/**
 * The sinks of one audit trail: a queue for each, the fibers that empty them, and the end, when everything is written out and closed.
 * Only an engine with sinks needs it, so a browser loads it on demand.
 */
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Latch from "effect/Latch"
import type { AuditRecord } from "../../domain/AuditRecord.ts"
import { AuditError } from "../../domain/errors.ts"
import { foreignCall } from "../calls/foreignCall.ts"
import { errorText } from "../calls/outcome.ts"
import type { SinkState, TrailSinks, TrailSource } from "../contract/TrailSinks.ts"
import type { AuditSink } from "./AuditSink.ts"

/** Records that wait for one sink at most. */
const QUEUE_CAPACITY = 1024
/** Records handed to a sink at once. */
const BATCH = 256
/** How long stop waits for sinks to take the rest. */
const FLUSH = "5 seconds"
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

/** See `TrailSinks` for what each call promises. */
export class SinkQueues implements TrailSinks {
  readonly exact: boolean
  private readonly queues: ReadonlyArray<SinkQueue>

  constructor(sinks: ReadonlyArray<AuditSink>) {
    this.queues = sinks.map((sink) => new SinkQueue(sink))
    this.exact = sinks.some((sink) => sink.exact === true)
  }

  get blocked(): string | null {
    for (const { sink } of this.queues) {
      const why = sink.blocked?.() ?? null
      if (why !== null) return why
    }
    return null
  }

  get room(): number {
    return this.queues.reduce((least, queue) => Math.min(least, queue.room), QUEUE_CAPACITY)
  }

  add(records: ReadonlyArray<AuditRecord>, exact: ReadonlyArray<Float64Array>, now: boolean): void {
    for (const queue of this.queues) queue.add(records, exact, now)
  }

  state(): ReadonlyArray<SinkState> {
    return this.queues.map((queue) => ({
      name: queue.sink.name,
      location: queue.sink.location ?? null,
      waiting: queue.waiting.length,
      written: queue.written,
      failures: queue.failures,
      lastError: queue.sink.trouble?.() ?? queue.lastError,
    }))
  }

  writers(onRoom: () => void): ReturnType<TrailSinks["writers"]> {
    return this.queues.map((queue) => ({
      name: `audit ${queue.sink.name}`,
      run: Effect.forever(
        Effect.andThen(
          queue.filled.await,
          untilWritten(Effect.tap(writeBatch(queue), () => Effect.sync(onRoom))),
        ),
      ),
    }))
  }

  readonly finish = Effect.fnUntraced(function* (this: SinkQueues, source: TrailSource) {
    let all: Exit.Exit<void, AuditError> = Exit.void
    for (const queue of this.queues) {
      const end = yield* Effect.exit(finishQueue(queue, source))
      if (Exit.isSuccess(all)) all = end
    }
    return yield* all
  })
}

function finishQueue(queue: SinkQueue, source: TrailSource): Effect.Effect<void, AuditError> {
  const { sink } = queue
  const emptied = Effect.timeoutOption(untilEmpty(queue, source), FLUSH)
  const left = Effect.suspend(() => {
    const count = queue.waiting.length + source.left
    if (count === 0) return Effect.void
    const detail = `${count} records were left unwritten (${queue.lastError ?? "the sink is too slow"})`
    return Effect.fail(new AuditError({ reason: "close", sink: sink.name, detail }))
  })
  // A sink that could not be closed has lost no record, so it is not waited for indefinitely.
  const closed = Effect.exit(Effect.timeoutOption(Effect.interruptible(sink.close), FLUSH))
  return emptied.pipe(Effect.andThen(left), Effect.ensuring(closed))
}

const untilEmpty = Effect.fnUntraced(function* (queue: SinkQueue, source: TrailSource) {
  do {
    // What did not fit into the queue before is still on the ring.
    yield* source.flush() ? queue.idle.await : Effect.sleep("10 millis")
  } while (source.left > 0 || queue.waiting.length > 0)
})

/**
 * One batch, counted as written only when it was: neither a failure nor an interruption loses or repeats a record. A sink that does
 * not answer is interrupted at the end.
 */
function writeBatch(queue: SinkQueue): Effect.Effect<void, AuditError> {
  return Effect.uninterruptibleMask((restore) =>
    Effect.suspend(() => {
      const batch = queue.waiting.slice(0, BATCH)
      if (batch.length === 0) return Effect.void
      // Whatever a sink does, throwing at once or returning no effect included, is a write that failed.
      return Effect.suspend(() => {
        const writing: unknown = queue.sink.write(batch, queue.waitingExact.slice(0, BATCH))
        return Effect.isEffect(writing)
          ? restore(writing as Effect.Effect<void, AuditError>)
          : noEffect(writing)
      }).pipe(
        Effect.catchDefect((defect) =>
          Effect.fail(new AuditError({ reason: "write", sink: queue.sink.name, detail: errorText(defect) })),
        ),
        Effect.tapError((error) => Effect.sync(() => queue.fail(error.message))),
        Effect.tap(() => Effect.sync(() => queue.took(batch.length))),
      )
    }),
  )
}

/** A promise instead of an effect: the message says how to wrap it. The promise's own failure must not end the process meanwhile. */
function noEffect(writing: unknown): Effect.Effect<never> {
  if (!(writing instanceof Promise)) return Effect.die("write returned no Effect")
  writing.then(undefined, () => undefined)
  return Effect.die("write returned a promise, not an Effect: wrap it in Effect.tryPromise")
}
