/**
 * Dynamic time warping within a Sakoe-Chiba band: the cheapest way to lay one series over another when time may run a little
 * faster or slower in either. One needs it where a pattern comes back stretched; with band 0 it is the plain distance.
 *
 * Two rows of the table are kept, so a call costs O(length * band) time and no memory. Source: H. Sakoe and S. Chiba, "Dynamic
 * programming algorithm optimization for spoken word recognition", IEEE Trans. ASSP 26 (1978); early abandoning as in T.
 * Rakthanmanon et al., "Searching and mining trillions of time series subsequences under dynamic time warping", KDD 2012. The exact
 * band is used instead of FastDTW, which is slower in practice (R. Wu and E. Keogh, TKDE 2020).
 */
import { object, oneOf, optional, type ShapeType, whole } from "../../domain/Shape.ts"
import { readOptions } from "../readOptions.ts"
import { LONGEST, squaredLimit } from "./limits.ts"

const Options = object({
  /** Samples of the longest series. */
  length: whole(1, LONGEST),
  /** Samples that one series may run ahead of the other; as far as it likes where omitted. */
  band: optional(whole(0, LONGEST)),
  /** What a pair of samples costs. `squared` takes the root of the sum at the end, so band 0 is Euclid; `absolute` does not. */
  cost: optional(oneOf(["squared", "absolute"])),
})

/** Options of a `BandedDtw`. */
export type BandedDtwOptions = ShapeType<typeof Options>

/**
 * Distances between series of at most `length` samples. Throws a `ConfigError` for options that cannot be used.
 *
 * ```ts
 * const dtw = new BandedDtw({ length: 128, band: 13 })
 * dtw.distance(before, now) // NaN where a sample is missing
 * ```
 */
export class BandedDtw {
  readonly length: number
  readonly band: number
  readonly cost: "squared" | "absolute"
  private readonly squared: boolean
  /** Rows of the table, one place to the right: before the first sample nothing is reached. */
  private readonly rows: readonly [Float64Array, Float64Array]

  constructor(options: BandedDtwOptions) {
    const { length, band = length, cost = "squared" } = readOptions(Options, options)
    this.length = length
    this.band = Math.min(band, length)
    this.cost = cost
    this.squared = cost === "squared"
    this.rows = [new Float64Array(length + 2), new Float64Array(length + 2)]
  }

  /**
   * The distance in units of the samples. `Infinity` where it is above `limit`, which ends the work early, or where the band is
   * narrower than the difference of the lengths. `NaN` where a sample is not finite, or a series is empty or longer than `length`:
   * what is missing is unknown, not near.
   *
   * @param tail what the samples of `a` from each index on cost at least, as `lowerBoundTail` writes it; for the cost "squared"
   */
  distance(
    a: Float64Array,
    b: Float64Array,
    limit: number = Number.POSITIVE_INFINITY,
    tail: Float64Array | null = null,
  ): number {
    const n = a.length
    const m = b.length
    if (n === 0 || m === 0 || n > this.length || m > this.length) return Number.NaN
    if (!isFinite(a) || !isFinite(b)) return Number.NaN
    return this.warp(a, b, limit, tail)
  }

  /** As `distance`, for series that are known to be finite, and neither empty nor longer than `length`: a search has seen to that. */
  warp(a: Float64Array, b: Float64Array, limit: number, tail: Float64Array | null): number {
    const n = a.length
    const m = b.length
    const { band, squared } = this
    if (Math.abs(n - m) > band) return Number.POSITIVE_INFINITY
    const most = squared ? squaredLimit(limit) : limit
    let [above, row] = this.rows
    above.fill(Number.POSITIVE_INFINITY, 0, m + 2)
    row.fill(Number.POSITIVE_INFINITY, 0, m + 2)
    above[0] = 0
    for (let i = 0; i < n; i++) {
      const first = Math.max(0, i - band)
      const last = Math.min(m - 1, i + band)
      const x = a[i]
      let left = Number.POSITIVE_INFINITY
      let diagonal = above[first]
      let least = Number.POSITIVE_INFINITY
      row[first] = left
      for (let j = first; j <= last; j++) {
        const up = above[j + 1]
        const apart = x - b[j]
        let best = diagonal < left ? diagonal : left
        if (up < best) best = up
        left = best + (squared ? apart * apart : Math.abs(apart))
        row[j + 1] = left
        diagonal = up
        if (left < least) least = left
      }
      // The next row reaches one place further to the right.
      if (last + 2 < row.length) row[last + 2] = Number.POSITIVE_INFINITY
      const ahead = tail === null ? 0 : tail[i + 1]
      if (least + ahead > most) return Number.POSITIVE_INFINITY
      const done = above
      above = row
      row = done
    }
    return squared ? Math.sqrt(above[m]) : above[m]
  }
}

/** Whether every sample is a number. */
function isFinite(series: Float64Array): boolean {
  for (let i = 0; i < series.length; i++) if (series[i] - series[i] !== 0) return false
  return true
}
