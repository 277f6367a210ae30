/**
 * Which point to recommend. Where a reading repeats itself it is the lowest one.
 */
import type { Readings } from "./Readings.ts"
import type { SearchSpace } from "./SearchSpace.ts"

/** A reading to stand by, and what its value rests on. */
export interface Recommendation {
  /** Index among the readings. */
  readonly index: number
  /** Estimate of the loss there. */
  readonly loss: number
  /** Standard error of `loss`; null where readings repeat themselves. */
  readonly standardError: number | null
  /** Readings that the estimate rests on. */
  readonly readings: number
}

/** The recommended reading, or null while there is none. */
export function recommend(readings: Readings, _space: SearchSpace, _noise: number): Recommendation | null {
  const { lowest } = readings
  return lowest < 0
    ? null
    : { index: lowest, loss: readings.losses[lowest], standardError: null, readings: 1 }
}
