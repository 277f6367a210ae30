/**
 * Where everything lies in the state block of the SPSA kernel. The whole state of a tuner is one Float64Array: scalars
 * first, then vectors of one double per knob. One needs this to read a block without the kernel (tests, inspectors).
 * No slot ever holds NaN or an infinity, so a block survives JSON; what may be absent has a flag beside it.
 */

/** Cycles drawn so far: what the signs are a function of. Never restarts. */
export const S_CYCLE = 0
/** Cycles since the start or the last re-heat: what schedules are a function of. */
export const S_AGE = 1
export const S_ETA = 2
/** Probe size c in unit space. */
export const S_PROBE = 3
/** Estimated variance of one reading. */
export const S_NOISE = 4
export const S_HAS_NOISE = 5
/** Squared slope per knob. */
export const S_SLOPE = 6
export const S_HAS_SLOPE = 7
/** Running root mean square of a step. */
export const S_STEP = 8
/** Reference level of the cycle mean. */
export const S_LEVEL = 9
export const S_HAS_LEVEL = 10
/** Variance of the cycle mean about its level. */
export const S_SPREAD = 11
export const S_HAS_SPREAD = 12
/** Evidence that the plant changed for the worse. */
export const S_ALARM = 13
/** Mean of the previous cycle, to which the next one is compared. */
export const S_MEAN = 14
export const S_HAS_MEAN = 15
/** Change of the mean that the last move predicts. */
export const S_PREDICTED = 16
export const S_REHEATS = 17
/** +1 when the plus side of the cycle in flight is read first, else -1. */
export const S_FIRST = 18
/** Times a move was taken back (19 is free). */
export const S_BLOCKS = 20
/** Consecutive cycles that were worse than the one before beyond doubt. */
export const S_REGRESSIONS = 21
/** Mean of the last completed cycle, kept even when the next comparison is to be skipped. */
export const S_LAST_MEAN = 22
export const S_HAS_LAST_MEAN = 23
/** Estimated variance of one margin reading. */
export const S_MARGIN_NOISE = 24
export const S_HAS_MARGIN_NOISE = 25
export const S_MARGIN_MEAN = 26
export const S_HAS_MARGIN_MEAN = 27
/** Change of the margin that the last move predicts. */
export const S_MARGIN_PREDICTED = 28
/** 1 while a cycle is in flight: `begin` has placed the probes. */
export const S_BEGUN = 29
/** Surprises seen: while there are few, the noise is their plain average. */
export const S_SURPRISES = 30
/** What the displacement of the completed pair is multiplied by to give the gradient. */
export const S_GRADIENT = 31
/** Slots behind these belong to others: see `excursionLayout.ts`, `earningLayout.ts`, `lookAheadLayout.ts` and `covariateLayout.ts`. */
export const SCALARS = 141

/** Vectors, in order: the vector v of knob i lies at SCALARS + v * n + i. */
export const V_BASE = 0
/** The continuous position behind the base of a knob on a grid; of no meaning elsewhere. */
export const V_INNER = 1
export const V_SIGN = 2
export const V_PLUS = 3
export const V_MINUS = 4
/** The base before the last move, and the continuous position behind it. */
export const V_PREVIOUS = 5
export const V_PREVIOUS_INNER = 6
/** The step wished for, then the step of the base that was taken; only the wish where no knob has a grid, a circle or a constraint. */
export const V_MOVE = 7
export const V_MARGIN_SLOPE = 8
/** Averaged slope of the pairs of this excursion, per unit. */
export const V_AVERAGE_SLOPE = 9
/** Sum of d u / U over the stretch, or over the pairs of the slope test. */
export const V_SUM = 10
/** Where this excursion began, and where the last one ended. */
export const V_HOME = 11
export const V_END = 12
/** Where this stretch began, the sum of the ways from there, and the mean base of the one before. */
export const V_STRETCH = 13
export const V_STRETCH_WAY = 14
export const V_LAST_MEAN_BASE = 15
/** How the trend differs between the sides, per unit. */
export const V_TREND = 16
/** The width of the pair before, from its last place to its first; products of such widths and of differences read a window later. */
export const V_BEFORE = 17
export const V_LATE = 18
/** What a unit of each knob does to the covariate. */
export const V_COVARIATE_SLOPE = 19
export const VECTORS = 20

export function spsaStateLength(knobs: number): number {
  return SCALARS + VECTORS * knobs
}
