/**
 * The least and the largest of the last samples of a stream, at three comparisons a sample however wide the window is. One needs
 * it for envelopes, and wherever a bounded "always" or "eventually" is watched.
 *
 * Source: D. Lemire, "Streaming maximum-minimum filter using no more than three comparisons per element", Nordic J. Computing 13
 * (2006): two queues of candidates, each ordered from the oldest, which is the answer, to the newest.
 */
import { object, type ShapeType, whole } from "../../domain/Shape.ts"
import { readOptions } from "../readOptions.ts"
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
  private readonly low: Wedge
  private readonly high: Wedge

  constructor(options: SlidingExtremesOptions) {
    const { width } = readOptions(Options, options)
    this.width = width
    this.low = new Wedge(width)
    this.high = new Wedge(width)
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
    const at = this.count++
    const gone = at - this.width
    this.low.drop(gone)
    this.high.drop(gone)
    if (sample === sample) {
      this.low.push(sample, at)
      this.high.push(-sample, at)
    }
    this.least = this.low.front()
    this.largest = -this.high.front()
  }

  /** Lets the window move on by one place without a sample, as behind the end of a series. */
  pass(): void {
    this.push(Number.NaN)
  }
}

/** Candidates for the least, oldest first: each is smaller than all that came before it and may outlive them. */
class Wedge {
  private readonly samples: Float64Array
  private readonly places: Float64Array
  private first = 0
  private size = 0

  constructor(width: number) {
    this.samples = new Float64Array(width + 1)
    this.places = new Float64Array(width + 1)
  }

  clear(): void {
    this.first = 0
    this.size = 0
  }

  front(): number {
    return this.size === 0 ? Number.NaN : this.samples[this.first]
  }

  drop(place: number): void {
    if (this.size === 0 || this.places[this.first] > place) return
    this.first = this.first + 1 === this.samples.length ? 0 : this.first + 1
    this.size--
  }

  push(sample: number, place: number): void {
    const { samples, places } = this
    const room = samples.length
    let last = this.first + this.size - 1
    if (last >= room) last -= room
    while (this.size > 0 && samples[last] >= sample) {
      this.size--
      last = last === 0 ? room - 1 : last - 1
    }
    const next = this.size === 0 ? this.first : last + 1 === room ? 0 : last + 1
    samples[next] = sample
    places[next] = place
    this.size++
  }
}
