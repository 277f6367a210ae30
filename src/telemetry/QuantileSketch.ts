/**
 * Quantiles of durations in fixed memory: an HDR histogram (Gil Tene) of nanoseconds with three significant digits,
 * so a quantile is within 0.1 % of an observed duration. `digestEvery` uses one for all its digests. It is
 * deterministic.
 */
import { build, type Histogram } from "hdr-histogram-js"

const NS_PER_US = 1_000
/** Longer durations count as one hour. 131 KB cover everything from a nanosecond up. */
const MOST_NS = 3_600_000_000_000

/** Durations in microseconds, up to an hour: count, mean, largest, and quantiles at three significant digits. */
export class QuantileSketch {
  private readonly histogram: Histogram = build({
    lowestDiscernibleValue: 1,
    highestTrackableValue: MOST_NS,
    numberOfSignificantValueDigits: 3,
    bitBucketSize: 32,
    useWebAssembly: false,
  })
  private sumUs = 0
  private largestUs = 0
  private smallestUs = Number.POSITIVE_INFINITY

  get count(): number {
    return this.histogram.totalCount
  }

  /** Exact; NaN over nothing. */
  get meanUs(): number {
    return this.sumUs / this.count
  }

  /** Exact; 0 over nothing. */
  get maxUs(): number {
    return this.largestUs
  }

  /** Takes a duration that is finite and at least 0. */
  add(durationUs: number): void {
    this.histogram.recordValue(Math.min(Math.round(durationUs * NS_PER_US), MOST_NS))
    this.sumUs += durationUs
    if (durationUs > this.largestUs) this.largestUs = durationUs
    if (durationUs < this.smallestUs) this.smallestUs = durationUs
  }

  /** The smallest duration that at least the share `q` of all do not exceed, 0 < q <= 1; NaN if empty. */
  quantileUs(q: number): number {
    if (this.count === 0) return Number.NaN
    const quantile = this.histogram.getValueAtPercentile(q * 100) / NS_PER_US
    // The histogram returns the upper end of a bucket. Keep it within the observed range.
    return Math.max(this.smallestUs, Math.min(quantile, this.largestUs))
  }

  reset(): void {
    this.histogram.reset()
    this.sumUs = 0
    this.largestUs = 0
    this.smallestUs = Number.POSITIVE_INFINITY
  }
}
