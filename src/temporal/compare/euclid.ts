/** Euclid's distance, for series that keep step: one pass, and the floor that warping is measured against. */
import { squaredLimit } from "./limits.ts"

/**
 * The distance of two series of one length, in units of the samples. `Infinity` as soon as it is above `limit`; `NaN` where a
 * sample is missing, there is none, or the lengths differ.
 */
export function euclid(a: Float64Array, b: Float64Array, limit: number = Number.POSITIVE_INFINITY): number {
  if (a.length !== b.length || a.length === 0) return Number.NaN
  const most = squaredLimit(limit)
  let sum = 0
  for (let i = 0; i < a.length; i++) {
    const apart = a[i] - b[i]
    sum += apart * apart
    if (sum > most) return Number.POSITIVE_INFINITY
  }
  return Math.sqrt(sum)
}
