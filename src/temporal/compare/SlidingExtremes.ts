/**
 * The least and the largest of the last samples of a stream, at three comparisons a sample however wide the window is. One needs
 * it for envelopes, and wherever a bounded "always" or "eventually" is watched.
 */
import { object, type ShapeType, whole } from "../../domain/Shape.ts"
import { readOptions } from "../readOptions.ts"
import { SlidingMinimum } from "../SlidingMinimum.ts"
import { LONGEST } from "./limits.ts"

const Options = object({
  /** Samples looked back on, the newest included. */
  width: whole(1, LONGEST),
})

/** Options of `SlidingExtremes`. */
export type SlidingExtremesOptions = ShapeType<typeof Options>

/** Least and largest of the last `width` samples. Throws a `ConfigError` for options that cannot be used. */
export class SlidingExtremes {
  readonly width: number
  /** Of the samples in the window, in their units; `NaN` where there are none. A sample that is no number is a gap: it counts as no candidate. */
  least = Number.NaN
  largest = Number.NaN
  private count = 0
  private readonly low: SlidingMinimum
  /** Of the samples with their signs changed. */
  private readonly high: SlidingMinimum

  constructor(options: SlidingExtremesOptions) {
    const { width } = readOptions(Options, options)
    const room = 2 ** Math.ceil(Math.log2(width))
    this.width = width
    this.low = new SlidingMinimum(room)
    this.high = new SlidingMinimum(room)
  }

  /** Forgets every sample. */
  clear(): void {
    this.count = 0
    this.least = Number.NaN
    this.largest = Number.NaN
    this.low.clear()
    this.high.clear()
  }

  /** Takes the next sample. */
  push(sample: number): void {
    const { low, high } = this
    const at = this.count++
    low.dropBefore(at - this.width + 1, at - this.width + 1)
    high.dropBefore(at - this.width + 1, at - this.width + 1)
    if (sample === sample) {
      low.push(at, at, sample)
      high.push(at, at, -sample)
    }
    this.least = low.isEmpty ? Number.NaN : low.least
    this.largest = high.isEmpty ? Number.NaN : -high.least
  }

  /** Lets the window move on by one place without a sample, as behind the end of a series. */
  pass(): void {
    this.push(Number.NaN)
  }
}
