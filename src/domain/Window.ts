/**
 * A finished window in words: the statistic that decisions are made of, as a plain value that may be kept, sent and
 * logged. The accumulator it is read from is used again for the next one.
 */
import {
  DIGEST_CONSTRAINT_MARGIN,
  DIGEST_ERROR_RATE,
  DIGEST_EXTRA_0,
  DIGEST_EXTRA_1,
  DIGEST_EXTRA_2,
  DIGEST_EXTRA_3,
  DIGEST_LATENCY_P99_US,
  DIGEST_OBJECTIVE,
  DIGEST_THROUGHPUT_RPS,
  FIRST_CHANNEL,
  INVALID,
  SETTLING,
  TOO_OLD,
  WRONG_GENERATION,
} from "../hot/codes.ts"
import { joinTrend, TREND_CELLS, TREND_COUNT } from "../hot/trend.ts"
import { WINDOW_CLOSED_US, WINDOW_OPENED_US, type WindowAccumulator } from "../hot/WindowAccumulator.ts"

/** Digests that came while a window was open and did not count, by reason. */
export interface RejectedDigests {
  readonly invalid: number
  readonly wrongGeneration: number
  readonly settling: number
  readonly tooOld: number
}

/** A finished statistic over digests of one generation. Channels nobody reported are null. */
export interface Window {
  /** Position in the stream of windows, from 0. */
  readonly index: number
  readonly generation: number
  readonly openedUs: number
  readonly closedUs: number
  /** Valid digests it was made of. */
  readonly count: number
  /** In the user's units; NaN only in an expired window without a valid digest. */
  readonly objective: number
  /** The objective with its sign turned when it is maximised: lower is better. */
  readonly loss: number
  readonly constraintMargin: number | null
  readonly latencyP99Us: number | null
  readonly throughputRps: number | null
  readonly errorRate: number | null
  /** The extra channels by position. */
  readonly extras: ReadonlyArray<number | null>
  /** The straight line through the losses of its digests: see `hot/trend.ts`, whose numbers these are. */
  readonly trend: ReadonlyArray<number>
  readonly rejected: RejectedDigests
  /** "closed": complete. "expired": time ran out first; it is no basis for a decision. */
  readonly status: "closed" | "expired"
}

/** Copies a finished window out of its accumulator. `sign` is -1 when the objective is maximised. */
export function readWindow(window: WindowAccumulator, sign: 1 | -1, index: number): Window {
  const { means, cells, windowCounters } = window
  const objective = means[DIGEST_OBJECTIVE - FIRST_CHANNEL]
  return {
    index,
    generation: window.generation,
    openedUs: cells[WINDOW_OPENED_US],
    closedUs: cells[WINDOW_CLOSED_US],
    count: window.count,
    objective,
    loss: sign * objective,
    constraintMargin: orNull(means, DIGEST_CONSTRAINT_MARGIN),
    latencyP99Us: orNull(means, DIGEST_LATENCY_P99_US),
    throughputRps: orNull(means, DIGEST_THROUGHPUT_RPS),
    errorRate: orNull(means, DIGEST_ERROR_RATE),
    extras: extrasOf(means),
    trend: trendOfLoss(window.trend, sign),
    rejected: rejectedOf(windowCounters),
    status: window.expired ? "expired" : "closed",
  }
}

/** Where a digest has such a channel, load or an extra; 0, which is its time, where none is named. */
export function positionOf(channel: string | null, extras: ReadonlyArray<string>): number {
  if (channel === null) return 0
  const extra = extras.indexOf(channel)
  return extra < 0 ? DIGEST_THROUGHPUT_RPS : DIGEST_EXTRA_0 + extra
}

/** A channel of a window by its position in a digest: the load, or an extra. NaN where nobody reported it. */
export function channelOf(window: Window, position: number): number {
  const level =
    position === DIGEST_THROUGHPUT_RPS ? window.throughputRps : window.extras[position - DIGEST_EXTRA_0]
  return level ?? Number.NaN
}

/** Most windows have no extra channel and rejected nothing: they share these. */
const NO_EXTRAS: ReadonlyArray<null> = Object.freeze([null, null, null, null])
const NOTHING_REJECTED: RejectedDigests = Object.freeze({
  invalid: 0,
  wrongGeneration: 0,
  settling: 0,
  tooOld: 0,
})

function extrasOf(means: Float64Array): ReadonlyArray<number | null> {
  const first = orNull(means, DIGEST_EXTRA_0)
  const second = orNull(means, DIGEST_EXTRA_1)
  const third = orNull(means, DIGEST_EXTRA_2)
  const fourth = orNull(means, DIGEST_EXTRA_3)
  if (first === null && second === null && third === null && fourth === null) return NO_EXTRAS
  return [first, second, third, fourth]
}

function rejectedOf(counters: Int32Array): RejectedDigests {
  const invalid = counters[INVALID]
  const wrongGeneration = counters[WRONG_GENERATION]
  const settling = counters[SETTLING]
  const tooOld = counters[TOO_OLD]
  if (invalid + wrongGeneration + settling + tooOld === 0) return NOTHING_REJECTED
  return { invalid, wrongGeneration, settling, tooOld }
}

/** Scratch of `trendOfLoss`. */
const joined = new Float64Array(TREND_CELLS)

function trendOfLoss(trend: Float64Array, sign: 1 | -1): ReadonlyArray<number> {
  joined[TREND_COUNT] = 0
  joinTrend(joined, 0, trend, sign)
  // Written out: a list that grows takes twice the room.
  return [joined[0], joined[1], joined[2], joined[3], joined[4], joined[5]]
}

function orNull(means: Float64Array, channel: number): number | null {
  const mean = means[channel - FIRST_CHANNEL]
  return mean === mean ? mean : null
}
