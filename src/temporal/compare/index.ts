/**
 * Comparing series: how far apart two are, and which of those known is nearest. Typed arrays in, numbers out; no clock, no chance,
 * and no allocation after construction.
 *
 * Stability: unstable.
 */
export { BandedDtw, type BandedDtwOptions } from "./BandedDtw.ts"
