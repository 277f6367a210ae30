/**
 * Turns digests that already are an Observable into windows: the same validation, settling and averaging as in the
 * hot path, without one. Use it for measurements that arrive over a socket, a queue or DOM events.
 */
import type { OperatorFunction, SchedulerAction, SchedulerLike } from "rxjs"
import { Observable } from "rxjs/internal/Observable"
import { MEAN, MEDIAN, TRIMMED_MEAN } from "../hot/codes.ts"
import type { WindowNumbers } from "../hot/WindowAccumulator.ts"
import type { DigestInput } from "../domain/Digest.ts"
import { MILLISECOND_US, SECOND_US } from "../domain/Units.ts"
import type { Window } from "../domain/Window.ts"
import { WindowFold } from "./WindowFold.ts"

/** Options of `evalWindows`: the engine's `window`, and the source of time. */
export interface EvalWindowsOptions {
  /** Valid digests that close a window. Default 5. */
  readonly digests?: number
  /** A window with fewer digests expires after this time. Default 500 ms; Infinity for never. */
  readonly us?: number
  /** After a change of generation, digests stamped earlier than this are ignored. Default 10 ms. */
  readonly settleUs?: number
  /** Digests older than this on arrival are ignored. Default 1 s, or two windows if that is longer. */
  readonly maxAgeUs?: number
  /** Default "trimmedMean". */
  readonly aggregate?: "trimmedMean" | "median" | "mean"
  /** Share trimmed from each end. Default 0.1. */
  readonly trim?: number
  /** Default "minimize". Sets the sign of `Window.loss`. */
  readonly objective?: "minimize" | "maximize"
  /** Names of the extra channels, in the order of `Window.extras`. */
  readonly extras?: ReadonlyArray<string>
  /**
   * Returns the live generation; called for every digest and every expiry. Without it, the newest generation seen
   * in a digest is the live one, and digests without a generation belong to it.
   */
  readonly generation?: () => number
  /**
   * Provides the time of arrival and closes windows while the source is silent. Its `now()` and the stamps must use
   * one clock. Without it the stamps are the only clock, and a window expires when a later digest shows that it
   * should have.
   */
  readonly scheduler?: SchedulerLike
}

const AGGREGATES = { trimmedMean: TRIMMED_MEAN, median: MEDIAN, mean: MEAN } as const
/** With a clock, a stamp further ahead of it than this is invalid. */
const AHEAD_US = MILLISECOND_US

function numbersOf(options: EvalWindowsOptions): WindowNumbers {
  const windowUs = options.us ?? 500 * MILLISECOND_US
  return {
    windowDigests: options.digests ?? 5,
    windowUs,
    settleUs: options.settleUs ?? 10 * MILLISECOND_US,
    maxAgeUs: options.maxAgeUs ?? Math.max(SECOND_US, 2 * windowUs),
    maxAheadUs: options.scheduler === undefined ? Number.POSITIVE_INFINITY : AHEAD_US,
    aggregate: AGGREGATES[options.aggregate ?? "trimmedMean"],
    trim: options.trim ?? 0.1,
  }
}

/**
 * Folds a stream of digests into windows. No window mixes generations or counts a digest that was still settling.
 *
 * When the source completes, the open window ends as "expired" if it holds any digest. A change of generation drops
 * the open window. Errors pass through. Throws a RangeError at once for options out of range.
 *
 * @example
 * readings.pipe(evalWindows({ digests: 10, scheduler: asyncScheduler })).subscribe(window => …)
 */
export function evalWindows(options: EvalWindowsOptions = {}): OperatorFunction<DigestInput, Window> {
  const numbers = numbersOf(options)
  const sign = options.objective === "maximize" ? -1 : 1
  const extras = options.extras ?? []
  // Constructed once just to check the options, so that a mistake shows here and not at the first subscription.
  void new WindowFold(numbers, sign, extras)
  const { generation, scheduler } = options

  return (source) =>
    new Observable<Window>((subscriber) => {
      const fold = new WindowFold(numbers, sign, extras)

      const attempt = (step: () => void): void => {
        try {
          step()
        } catch (error) {
          subscriber.error(error)
        }
      }
      const emit = (window: Window | null): void => {
        if (window !== null) subscriber.next(window)
      }
      const readClock = (): void => {
        if (scheduler !== undefined) fold.advance(scheduler.now() * MILLISECOND_US)
      }

      if (scheduler !== undefined) {
        attempt(() => {
          readClock()
          if (generation !== undefined) fold.follow(generation())
        })
        const sleepMs = (): number => {
          const leftUs =
            fold.expiresAtUs === Number.POSITIVE_INFINITY ? numbers.windowUs : fold.expiresAtUs - fold.nowUs
          return Math.max(1, Math.ceil(leftUs / MILLISECOND_US))
        }
        const wake = function (this: SchedulerAction<void>): void {
          attempt(() => {
            readClock()
            if (generation !== undefined) fold.follow(generation())
            emit(fold.expired())
            if (!subscriber.closed) this.schedule(undefined, sleepMs())
          })
        }
        // One timer for the whole subscription, set again only when it fires: closing a window early costs nothing.
        if (numbers.windowUs < Number.POSITIVE_INFINITY) subscriber.add(scheduler.schedule(wake, sleepMs()))
      }
      if (subscriber.closed) return

      subscriber.add(
        source.subscribe({
          next: (digest) =>
            attempt(() => {
              if (scheduler === undefined) fold.advance(digest.timestampUs ?? Number.NaN)
              else readClock()
              // An expired window ends before this digest, which belongs to the next one. Emit it first: a
              // subscriber may push digests, and nothing of this one has been written yet.
              emit(fold.expired())
              if (subscriber.closed) return
              if (generation !== undefined) fold.follow(generation())
              else fold.follow(newest(digest.generation, fold.generation))
              emit(fold.add(digest))
            }),
          error: (error) => subscriber.error(error),
          complete: () =>
            attempt(() => {
              readClock()
              emit(fold.rest())
              subscriber.complete()
            }),
        }),
      )
    })
}

/** If no generation was ever given, everything is generation 0. */
function newest(named: number | undefined, known: number): number {
  if (Number.isNaN(known)) return named ?? 0
  return named !== undefined && named > known ? named : known
}
