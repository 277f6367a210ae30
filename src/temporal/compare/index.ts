/**
 * Comparing series: how far apart two are, and which of those known is nearest. Typed arrays in, numbers out; no clock, no chance,
 * and no allocation after construction.
 *
 * Stability: unstable.
 */
export { BandedDtw, type BandedDtwOptions } from "./BandedDtw.ts"
export { Lcss, type LcssOptions, SymbolDistance, type SymbolDistanceOptions } from "./CommonParts.ts"
export { euclid } from "./euclid.ts"
export { ExemplarSearch, type ExemplarSearchOptions, MOST_EXEMPLARS } from "./ExemplarSearch.ts"
export { LeftMatrixProfile, type LeftMatrixProfileOptions } from "./LeftMatrixProfile.ts"
export { Envelope, lbKeogh, lbKim, lowerBoundTail } from "./lowerBounds.ts"
export { noiseOf } from "./noise.ts"
export { KNOWN, NEW, RegimeMemory, type SavedRegimes, UNSURE, UNTOLD } from "./RegimeMemory.ts"
export { SlidingExtremes, type SlidingExtremesOptions } from "./SlidingExtremes.ts"
export { CONSTANT, MEAN, SPREAD, UNKNOWN, VARIED, zNormalize } from "./zNormalize.ts"
