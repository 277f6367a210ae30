/**
 * The three statistics that the runaway guard works with, over rings in its state block: medians of the latest levels,
 * the deviation of one reading, and a least-squares slope with its standard error. Results go into `out`, because a double
 * that crosses a call is allocated.
 */
import { G_DIFFERENCES, G_LEVELS, G_NOISES, G_SEEN, LEVELS, NOISES } from "./guardLayout.ts"

/** A median of absolute differences times this is the deviation of one reading: a normal quartile, and two readings in a difference. */
const DEVIATION_OF_MEDIAN = 1.4826 / Math.SQRT2

export const OUT_MEDIAN = 0
export const OUT_SLOPE = 1
export const OUT_SLOPE_ERROR = 2
/** Deviation of one level from the line. */
export const OUT_DEVIATION = 3
export const OUT_CELLS = 4

/** Scratch and results of one guard. */
export class GuardStatistics {
  readonly out = new Float64Array(OUT_CELLS)
  private readonly sorted = new Float64Array(LEVELS)

  /** Median of `count` levels, of which the newest is `back` windows old. `count` is at most LEVELS - back. */
  median(b: Float64Array, count: number, back: number): void {
    const seen = b[G_SEEN] - back
    for (let k = 0; k < count; k++) this.sorted[k] = b[G_LEVELS + ((seen - 1 - k) % LEVELS)]
    this.takeMedian(count)
  }

  /** Deviation of one reading; 0 before there is any difference. */
  deviation(b: Float64Array): void {
    const count = b[G_DIFFERENCES] < NOISES ? b[G_DIFFERENCES] : NOISES
    if (count === 0) {
      this.out[OUT_MEDIAN] = 0
      return
    }
    for (let k = 0; k < count; k++) this.sorted[k] = b[G_NOISES + k]
    this.takeMedian(count)
    this.out[OUT_MEDIAN] *= DEVIATION_OF_MEDIAN
  }

  /** Slope per window of the last `count` levels; with fewer than three, slope 0, an infinite error, and nothing known of the deviation. */
  slope(b: Float64Array, count: number): void {
    const { out } = this
    out[OUT_SLOPE] = 0
    out[OUT_SLOPE_ERROR] = Number.POSITIVE_INFINITY
    out[OUT_DEVIATION] = 0
    if (count < 3) return
    const seen = b[G_SEEN]
    const origin = b[G_LEVELS + ((seen - count) % LEVELS)]
    const middle = (count - 1) / 2
    let sum = 0
    let along = 0
    let square = 0
    for (let k = 0; k < count; k++) {
      const y = b[G_LEVELS + ((seen - count + k) % LEVELS)] - origin
      sum += y
      along += (k - middle) * y
      square += y * y
    }
    const spread = (count * (count * count - 1)) / 12
    const slope = along / spread
    const residue = square - (sum * sum) / count - slope * along
    out[OUT_SLOPE] = slope
    out[OUT_DEVIATION] = Math.sqrt((residue > 0 ? residue : 0) / (count - 2))
    out[OUT_SLOPE_ERROR] = out[OUT_DEVIATION] / Math.sqrt(spread)
  }

  /** Median of `sorted[0..count)`, by insertion: fewer than fifty numbers. */
  private takeMedian(count: number): void {
    const { sorted } = this
    for (let k = 1; k < count; k++) {
      const y = sorted[k]
      let at = k
      for (; at > 0 && sorted[at - 1] > y; at--) sorted[at] = sorted[at - 1]
      sorted[at] = y
    }
    const half = count >> 1
    this.out[OUT_MEDIAN] = (count & 1) === 1 ? sorted[half] : (sorted[half - 1] + sorted[half]) / 2
  }
}
