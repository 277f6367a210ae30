/** How long the calls of a function took, in 240 classes that are 9 % wide: from a microsecond to a quarter of an hour. */

const PER_OCTAVE = 8
const CLASSES = 240
const LEAST_MS = 0.001
/** At so many calls all counts are halved, so that the sketch follows the service. */
const FULL = 4_096
const LATE_BY = 3
/** A limit that follows the calls is never shorter than this: timers are no finer. */
const LEAST_LIMIT_MS = 5

export class LatencySketch {
  private readonly counts = new Float64Array(CLASSES)
  private total = 0

  get calls(): number {
    return this.total
  }

  add(ms: number): void {
    const place = ms <= LEAST_MS ? 0 : Math.floor(Math.log2(ms / LEAST_MS) * PER_OCTAVE) + 1
    this.counts[Math.min(CLASSES - 1, place)]++
    if (++this.total < FULL) return
    this.total = 0
    for (let i = 0; i < CLASSES; i++) this.total += this.counts[i] /= 2
  }

  /** What takes longer counts as failed: the deadline, or three times what the slowest hundredth takes. */
  limitMs(deadlineMs: number): number {
    const slow = this.quantileMs(0.99)
    return slow === null ? deadlineMs : Math.min(deadlineMs, Math.max(LEAST_LIMIT_MS, LATE_BY * slow))
  }

  /** Upper edge of the class that the quantile falls into; null before there were enough calls. */
  quantileMs(quantile: number, enough = 200): number | null {
    if (this.total < enough) return null
    let left = quantile * this.total
    for (let i = 0; i < CLASSES; i++) {
      left -= this.counts[i]
      if (left <= 0) return LEAST_MS * 2 ** (i / PER_OCTAVE)
    }
    return LEAST_MS * 2 ** (CLASSES / PER_OCTAVE)
  }
}
