/**
 * The traces that an `ExemplarSearch` looks in, with what it needs of them at every look: noise of every trace, level and spread of
 * every place. Computed once, when a trace is put.
 */
import { noiseOf } from "./noise.ts"
import { MEAN, SPREAD, UNKNOWN, zNormalize } from "./zNormalize.ts"

/** Sizes of what is kept. */
export interface ExemplarSizes {
  readonly channels: number
  readonly window: number
  readonly trace: number
  readonly capacity: number
  /** What counts as noise at least, in units of the samples. */
  readonly least: number
}

/** Flat arrays. A row is a slot's channel: row `slot * channels + channel`. */
export class Exemplars {
  /** Places of a window in a trace. */
  readonly places: number
  /** Samples, and how noisy they are, by row. */
  readonly traces: Float64Array
  readonly noises: Float64Array
  /** By row and place. */
  readonly means: Float64Array
  readonly spreads: Float64Array
  /** 1 over the spread; 0 where a place is constant and has no shape. */
  readonly scales: Float64Array
  private readonly sizes: ExemplarSizes
  private readonly part: Float64Array
  private readonly work: Float64Array
  private readonly moments: Float64Array = new Float64Array(2)

  constructor(sizes: ExemplarSizes) {
    const { channels, window, trace, capacity } = sizes
    const rows = capacity * channels
    this.sizes = sizes
    this.places = trace - window + 1
    this.traces = new Float64Array(rows * trace)
    this.noises = new Float64Array(rows)
    this.means = new Float64Array(rows * this.places)
    this.spreads = new Float64Array(rows * this.places)
    this.scales = new Float64Array(rows * this.places)
    this.part = new Float64Array(window)
    this.work = new Float64Array(trace)
  }

  /** Keeps a trace in a slot, one channel after another. False where it has a gap: then the slot holds nothing of use. */
  put(slot: number, samples: Float64Array): boolean {
    const { channels, window, trace, least } = this.sizes
    const { places, part, moments } = this
    for (let c = 0; c < channels; c++) {
      const row = slot * channels + c
      for (let place = 0; place < places; place++) {
        const from = c * trace + place
        for (let k = 0; k < window; k++) part[k] = samples[from + k]
        if (zNormalize(part, part, moments, least) === UNKNOWN) return false
        const at = row * places + place
        this.means[at] = moments[MEAN]
        this.spreads[at] = moments[SPREAD]
        this.scales[at] = moments[SPREAD] > 0 ? 1 / moments[SPREAD] : 0
      }
      this.noises[row] = Math.max(least, noiseOf(samples, c * trace, trace, this.work))
    }
    this.traces.set(samples, slot * channels * trace)
    return true
  }

  /** What a slot holds, not to be written to. */
  samplesOf(slot: number): Float64Array {
    const size = this.sizes.channels * this.sizes.trace
    return this.traces.subarray(slot * size, (slot + 1) * size)
  }
}
