/**
 * Dynamics from a series: does it swing, does it part from itself, how many dimensions does it fill, when does it come back. Each
 * estimate says whether it may be relied on. No clock, and chance only from a seed.
 *
 * Stability: unstable.
 */
export { autocorrelation, type Oscillation, oscillationOf } from "./autocorrelation.ts"
export {
  delayByAutocorrelation,
  delayByInformation,
  dimensionByNeighbours,
  type Embedding,
} from "./embedding.ts"
export { type Doubt, type Estimate } from "./estimate.ts"
export { type Exponent, type ExponentOptions, largestExponent } from "./exponents.ts"
export { type Recurrence, recurrenceOf, type RecurrenceOptions } from "./recurrence.ts"
export { STABILITY, type StabilityLook, StabilityWatch } from "./StabilityWatch.ts"
export { zeroOneTest } from "./zeroOneTest.ts"
