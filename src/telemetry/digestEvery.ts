/**
 * Combines raw samples into digests with quantiles, by count or by time. Use it if a plant completes more work than
 * is worth a digest each.
 */
import type { OperatorFunction, SchedulerAction, SchedulerLike } from "rxjs"
import { Observable } from "rxjs/internal/Observable"
import type { DigestInput } from "../domain/Digest.ts"
import { MILLISECOND_US, SECOND_US } from "../domain/Units.ts"
import { QuantileSketch } from "./QuantileSketch.ts"
import { FAILURE_US, type Sample } from "./samples.ts"

/** What is known about the samples in one digest. */
export interface SampleSummary {
  readonly generation: number
  readonly count: number
  readonly failed: number
  /** Share of failed work, 0 to 1. */
  readonly errorRate: number
  readonly meanUs: number
  readonly p50Us: number
  readonly p95Us: number
  readonly p99Us: number
  readonly maxUs: number
  /** Successes per second; null if neither a clock nor starting times tell how long it took. */
  readonly throughputRps: number | null
}

/** Samples that went into no digest, by reason. `digestEvery` adds to an object of the caller's. */
export interface SampleCounters {
  /** Samples with a negative or infinite duration, or without a generation. */
  invalid: number
  /** Samples of work that started under an older generation than one already seen. */
  stale: number
  /** Samples in a digest that a new generation cut short. */
  cut: number
}

/** When samples become a digest: set `everyCount`, `everyMs` or both. */
export interface DigestEveryOptions {
  /** Make a digest after this many samples. */
  readonly everyCount?: number
  /** Make a digest after this much time, if there were samples. Needs `scheduler`. */
  readonly everyMs?: number
  /** Provides the time and the timer. */
  readonly scheduler?: SchedulerLike
  /**
   * What to minimize: a quantile or the mean, each plus the error rate times `failureUs`, or any function of the
   * summary. Default "p99Us".
   */
  readonly objective?: "meanUs" | "p50Us" | "p95Us" | "p99Us" | ((summary: SampleSummary) => number)
  /** What a failure adds to a named objective. Default ten seconds: see `FAILURE_US`. */
  readonly failureUs?: number
  /** How far the constraint is satisfied, if there is one; positive means satisfied. */
  readonly constraintMargin?: (summary: SampleSummary) => number
  readonly counters?: SampleCounters
}

/** Counters at zero, for `DigestEveryOptions.counters`. */
export const sampleCounters = (): SampleCounters => ({ invalid: 0, stale: 0, cut: 0 })

/** The samples of the digest being collected. */
class Batch {
  generation = Number.NaN
  failed = 0
  private readonly sketch = new QuantileSketch()
  private firstUs = Number.POSITIVE_INFINITY
  private lastUs = Number.NEGATIVE_INFINITY

  get count(): number {
    return this.sketch.count
  }

  /** When the last sample ended; -Infinity if no sample said. */
  get endedUs(): number {
    return this.lastUs
  }

  add(sample: Sample): void {
    this.sketch.add(sample.durationUs)
    if (!sample.ok) this.failed++
    if (sample.startedUs === undefined) return
    this.firstUs = Math.min(this.firstUs, sample.startedUs)
    this.lastUs = Math.max(this.lastUs, sample.startedUs + sample.durationUs)
  }

  /** `spanUs`: how long the digest took, if a clock tells. Otherwise from the first start to the last end. */
  summary(spanUs: number | null): SampleSummary {
    const { count, failed, sketch } = this
    const seconds = (spanUs ?? this.lastUs - this.firstUs) / SECOND_US
    return {
      generation: this.generation,
      count,
      failed,
      errorRate: failed / count,
      meanUs: sketch.meanUs,
      p50Us: sketch.quantileUs(0.5),
      p95Us: sketch.quantileUs(0.95),
      p99Us: sketch.quantileUs(0.99),
      maxUs: sketch.maxUs,
      throughputRps: seconds > 0 && seconds < Number.POSITIVE_INFINITY ? (count - failed) / seconds : null,
    }
  }

  clear(generation: number): void {
    this.generation = generation
    this.failed = 0
    this.sketch.reset()
    this.firstUs = Number.POSITIVE_INFINITY
    this.lastUs = Number.NEGATIVE_INFINITY
  }
}

/**
 * Combines samples into digests, each of one generation: the one under which the work started. Samples of an older
 * generation than one already seen, and samples of a digest that a newer generation cuts short, are only counted in
 * `counters`.
 *
 * When the source completes, the remaining samples become a last digest. Errors pass through, and so does anything
 * the caller's functions throw. Throws a RangeError at once for options with neither `everyCount` nor `everyMs`, or
 * with `everyMs` but no `scheduler`.
 *
 * @example
 * calls.pipe(digestEvery({ everyMs: 100, scheduler: asyncScheduler })).subscribe(digest => engine.observe(digest))
 */
export function digestEvery(options: DigestEveryOptions): OperatorFunction<Sample, DigestInput> {
  checkOptions(options)
  const { everyCount = Number.POSITIVE_INFINITY, everyMs, scheduler, constraintMargin } = options
  const objective = objectiveOf(options)

  return (source) =>
    new Observable<DigestInput>((subscriber) => {
      const counters = options.counters ?? sampleCounters()
      const batch = new Batch()
      const nowUs = (): number | null => (scheduler === undefined ? null : scheduler.now() * MILLISECOND_US)
      let sinceUs = nowUs()

      const digest = (): DigestInput => {
        const now = nowUs()
        const summary = batch.summary(now === null || sinceUs === null ? null : now - sinceUs)
        const endedUs = now ?? batch.endedUs
        return {
          objective: objective(summary),
          generation: summary.generation,
          latencyP99Us: summary.p99Us,
          errorRate: summary.errorRate,
          ...(summary.throughputRps === null ? {} : { throughputRps: summary.throughputRps }),
          ...(constraintMargin === undefined ? {} : { constraintMargin: constraintMargin(summary) }),
          ...(endedUs === Number.NEGATIVE_INFINITY ? {} : { timestampUs: endedUs }),
        }
      }
      const begin = (generation: number): void => {
        batch.clear(generation)
        sinceUs = nowUs()
      }
      const attempt = (step: () => void): void => {
        try {
          step()
        } catch (error) {
          subscriber.error(error)
        }
      }
      const flush = (): void => {
        if (batch.count === 0) return
        const finished = digest()
        // Start the next batch before emitting: subscribers may push samples.
        begin(batch.generation)
        subscriber.next(finished)
      }

      if (everyMs !== undefined && scheduler !== undefined) {
        const wake = function (this: SchedulerAction<void>): void {
          attempt(() => {
            flush()
            if (!subscriber.closed) this.schedule(undefined, everyMs)
          })
        }
        subscriber.add(scheduler.schedule(wake, everyMs))
      }

      subscriber.add(
        source.subscribe({
          next: (sample) =>
            attempt(() => {
              if (!isSound(sample)) return void counters.invalid++
              if (sample.generation < batch.generation) return void counters.stale++
              if (sample.generation !== batch.generation) {
                counters.cut += batch.count
                begin(sample.generation)
              }
              batch.add(sample)
              if (batch.count >= everyCount) flush()
            }),
          error: (error) => subscriber.error(error),
          complete: () =>
            attempt(() => {
              flush()
              subscriber.complete()
            }),
        }),
      )
    })
}

function isSound(sample: Sample): boolean {
  return (
    sample.durationUs >= 0 &&
    sample.durationUs < Number.POSITIVE_INFINITY &&
    Number.isFinite(sample.generation)
  )
}

function objectiveOf(options: DigestEveryOptions): (summary: SampleSummary) => number {
  const { objective = "p99Us", failureUs = FAILURE_US } = options
  return typeof objective === "function"
    ? objective
    : (summary) => summary[objective] + summary.errorRate * failureUs
}

function checkOptions({ everyCount, everyMs, scheduler }: DigestEveryOptions): void {
  if (everyCount === undefined && everyMs === undefined) {
    throw new RangeError("digestEvery needs everyCount or everyMs")
  }
  if (everyCount !== undefined && !(Number.isInteger(everyCount) && everyCount >= 1)) {
    throw new RangeError(`everyCount must be an integer of at least 1, not ${everyCount}`)
  }
  if (everyMs !== undefined && !(everyMs > 0 && everyMs < Number.POSITIVE_INFINITY)) {
    throw new RangeError(`everyMs must be finite and above 0, not ${everyMs}`)
  }
  if (everyMs !== undefined && scheduler === undefined) {
    throw new RangeError("everyMs needs a scheduler: pass asyncScheduler of RxJS")
  }
}
