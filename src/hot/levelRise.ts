/**
 * How look-ahead learns whether the level of a plant rises: the noise of digests and of slopes, the level between windows and the slope
 * inside them. `lookAhead.ts` begins a trial from it.
 */
import {
  L_FACTOR,
  L_HAS_FACTOR,
  L_HAS_LEVEL,
  L_HAS_NOISE,
  L_HAS_SLOPE,
  L_HAS_SPREAD,
  L_LAST_CYCLE,
  L_LATELY,
  L_LEVEL,
  L_NOISE,
  L_QUICK,
  L_SEEN,
  L_SLOPE,
  L_SLOW,
  L_SPREAD,
  L_WAIT,
} from "./lookAheadLayout.ts"
import { S_CYCLE } from "./spsaLayout.ts"
import { W_APART, W_APART_NOISE, W_COMMON, W_MEAN, W_RESIDUAL, W_WINDOWS } from "./spsaWork.ts"

/** Pairs before the first trial, and cycles for which a rise inside windows counts as recent. */
const QUIET_PAIRS = 10
const LATELY = 20
/** A rise between windows, and inside them, in deviations. */
const LEVEL_RISES = 6
const SLOPE_RISES = 3.5
/** Variance of the difference of the two means of levels over D, and of g over that of one pair's slope. */
const LEVELS_SHARE = 0.085
const SLOPES_SHARE = 0.111

export const capped = (x: number, limit: number): number => (x > limit ? limit : x)

/** P, from the residual of a reading. A short reading counts less. */
export function learnDigestNoise(b: Float64Array, work: Float64Array): void {
  const seen = work[W_RESIDUAL] > 0 ? work[W_RESIDUAL] : 0
  const p = b[L_NOISE]
  if (p === 0) {
    b[L_NOISE] = seen
    b[L_HAS_NOISE] = 1
  } else b[L_NOISE] += 0.05 * capped(work[W_WINDOWS] / 2, 1) * (capped(seen, 9 * p) - p)
}

/** f, from how far the slopes of the two sides are apart. */
export function learnFactor(b: Float64Array, work: Float64Array): void {
  const v = work[W_APART_NOISE]
  if (!(v > 0)) return
  const ratio = (work[W_APART] * work[W_APART]) / v
  const f = b[L_FACTOR]
  if (f === 0) {
    b[L_FACTOR] = ratio
    b[L_HAS_FACTOR] = 1
  } else b[L_FACTOR] += 0.03 * (capped(ratio, 9 * f) - f)
}

/** Learns from a pair: the level between windows and the slope inside them. */
export function watchRise(b: Float64Array, work: Float64Array): void {
  const mean = work[W_MEAN]
  const common = work[W_COMMON]
  const s = Math.sqrt(work[W_APART_NOISE] / 4)
  b[L_SEEN]++
  if (b[L_WAIT] > 0) b[L_WAIT] -= 2
  if (b[L_LATELY] > 0) b[L_LATELY]--
  if (b[L_HAS_LEVEL] === 0) {
    b[L_QUICK] = mean
    b[L_SLOW] = mean
    b[L_HAS_LEVEL] = 1
  } else {
    if (b[L_LAST_CYCLE] === b[S_CYCLE] - 1) {
      const half = (mean - b[L_LEVEL]) ** 2 / 2
      const d = b[L_SPREAD]
      if (b[L_HAS_SPREAD] === 0 || d === 0) {
        b[L_SPREAD] = half
        b[L_HAS_SPREAD] = 1
      } else b[L_SPREAD] += 0.05 * (capped(half, 9 * d) - d)
    }
    b[L_QUICK] += 0.2 * (mean - b[L_QUICK])
    b[L_SLOW] += 0.05 * (mean - b[L_SLOW])
  }
  b[L_LEVEL] = mean
  b[L_LAST_CYCLE] = b[S_CYCLE]
  const limit = 3 * s
  const clipped = common > limit ? limit : common < -limit ? -limit : common
  if (b[L_HAS_SLOPE] === 0) {
    b[L_SLOPE] = clipped
    b[L_HAS_SLOPE] = 1
  } else b[L_SLOPE] += 0.2 * (clipped - b[L_SLOPE])
  if (b[L_SLOPE] > SLOPE_RISES * s * Math.sqrt(SLOPES_SHARE)) b[L_LATELY] = LATELY
}

/** The level has risen between windows and inside them for long enough to begin a trial. */
export function isTime(b: Float64Array): boolean {
  return (
    b[L_LATELY] > 0 &&
    b[L_SEEN] > QUIET_PAIRS &&
    b[L_WAIT] <= 0 &&
    b[L_QUICK] - b[L_SLOW] > LEVEL_RISES * Math.sqrt(LEVELS_SHARE * b[L_SPREAD])
  )
}
