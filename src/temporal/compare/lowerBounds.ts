/**
 * What warping costs at least, for a fraction of its price: a search looks at these first and warps only what may still be
 * nearest. Both bounds hold for every band up to the envelope's and for the cost "squared" with its root, in units of the samples.
 *
 * Sources: S.-W. Kim, S. Park, W. Chu, "An index-based approach for similarity search supporting time warping", ICDE 2001, in the
 * form of Rakthanmanon et al. (KDD 2012), since the extremes of z-normalised windows say little; E. Keogh and C. Ratanamahatana,
 * "Exact indexing of dynamic time warping", KAIS 7 (2005).
 */
import { squaredLimit } from "./limits.ts"
import { SlidingExtremes } from "./SlidingExtremes.ts"

/** LB_Kim: first meets first and last meets last on every path. `NaN` where one of these is missing. */
export function lbKim(a: Float64Array, b: Float64Array): number {
  const first = a[0] - b[0]
  const last = a[a.length - 1] - b[b.length - 1]
  // One pair is not two.
  return a.length === 1 && b.length === 1 ? Math.abs(first) : Math.sqrt(first * first + last * last)
}

/** The tube around a series in which whatever is warped to it must lie. Throws a `ConfigError` for options that cannot be used. */
export class Envelope {
  readonly band: number
  private readonly extremes: SlidingExtremes

  /** @param band samples that a series may run ahead */
  constructor(band: number) {
    this.extremes = new SlidingExtremes({ width: 2 * band + 1 })
    this.band = band
  }

  /** Writes the least and the largest sample within `band` of each place; both arrays are as long as the series. */
  around(series: Float64Array, lower: Float64Array, upper: Float64Array): void {
    const { band, extremes } = this
    const n = series.length
    extremes.clear()
    for (let i = 0; i < n + band; i++) {
      if (i < n) extremes.push(series[i])
      else extremes.pass()
      if (i < band) continue
      lower[i - band] = extremes.least
      upper[i - band] = extremes.largest
    }
  }
}

/**
 * LB_Keogh: what of a series sticks out of the tube around another one of the same length. `Infinity` as soon as it is above
 * `limit`; `NaN` where a sample is missing.
 */
export function lbKeogh(
  series: Float64Array,
  lower: Float64Array,
  upper: Float64Array,
  limit: number = Number.POSITIVE_INFINITY,
): number {
  const most = squaredLimit(limit)
  let sum = 0
  for (let i = 0; i < series.length; i++) {
    sum += outside(series[i], lower[i], upper[i])
    if (sum > most) return Number.POSITIVE_INFINITY
  }
  return Math.sqrt(sum)
}

/**
 * What the samples from each place on add at least, squared: `out[i]` for `i` to the end, and 0 behind the last, so `out` is one
 * longer. `BandedDtw.distance` gives up sooner with it. Returns the whole sum's root, which is `lbKeogh`.
 */
export function lowerBoundTail(
  series: Float64Array,
  lower: Float64Array,
  upper: Float64Array,
  out: Float64Array,
): number {
  let sum = 0
  out[series.length] = 0
  for (let i = series.length - 1; i >= 0; i--) {
    sum += outside(series[i], lower[i], upper[i])
    out[i] = sum
  }
  return Math.sqrt(sum)
}

/** How far a sample lies outside the tube, squared; NaN for one that is missing. */
export function outside(x: number, low: number, high: number): number {
  const above = x - high
  const below = low - x
  const way = above > 0 ? above : below > 0 ? below : x === x ? 0 : Number.NaN
  return way * way
}
