/**
 * Which of at most 64 remembered traces does the latest window lie in, and which other one comes next? One needs it to recognise
 * a load by its pattern: a trace is longer than the window, and every place in it is tried, so a pattern is found whatever its phase.
 *
 * The distance of two windows is the largest of three, over all channels, each in units of what noise alone makes of it: how far
 * their levels lie apart, how far their spreads do, and what it costs to warp one z-normalised shape to the other. So one shape at
 * two levels, or of two sizes, is two patterns. About 1 is likeness; two unlike patterns of size s lie s / noise apart.
 *
 * Traces are tried in the order of their lower bounds, each place by its cheapest bound first (level and spread, LB_Kim, LB_Keogh,
 * and warping that gives up), so most cost a few comparisons. What is found is what a search without bounds finds.
 */
import { above0, numberThat, object, optional, type ShapeType, whole } from "../../domain/Shape.ts"
import { readOptions } from "../readOptions.ts"
import { BandedDtw } from "./BandedDtw.ts"
import { Envelope, lbKeogh, lbKim, lowerBoundTail } from "./lowerBounds.ts"
import { noiseOf } from "./noise.ts"
import { MEAN, SPREAD, UNKNOWN, zNormalize } from "./zNormalize.ts"

/** Traces that are remembered at most. */
export const MOST_EXEMPLARS = 64

const Options = object({
  /** Numbers in a sample. */
  channels: optional(whole(1, 64)),
  /** Samples of the window that is looked up. */
  window: whole(4, 4096),
  /** Samples of a remembered trace; as many as the window where omitted. */
  trace: optional(whole(4, 65_536)),
  /** Traces remembered at most. */
  capacity: optional(whole(1, MOST_EXEMPLARS)),
  /** Samples that a pattern may run ahead of or behind what is remembered; a tenth of the window where omitted. */
  band: optional(whole(0, 4096)),
  /** What counts as noise at least, in units of the samples: whatever varies less is constant. */
  least: optional(above0(1e100)),
  /** Above this two windows are not alike. */
  radius: optional(numberThat("a number above 0", (n) => n > 0)),
})

/** Options of an `ExemplarSearch`. */
export type ExemplarSearchOptions = ShapeType<typeof Options>

/** Share of a window's spread by which its mean depends on where in the pattern it lies. */
const PHASE = 0.25

/** Searches remembered traces; see the head of this file. Throws a `ConfigError` for options that cannot be used. */
export class ExemplarSearch {
  readonly channels: number
  readonly window: number
  readonly trace: number
  readonly capacity: number
  readonly radius: number
  /** What the last search found: the nearest trace within the radius and its label, and where in it; -1 where there is none. */
  slot = -1
  label = -1
  place = -1
  /** How far it is; `Infinity` where there is none, `NaN` where the window had a gap. */
  distance = Number.NaN
  /** The nearest trace of another label within the radius, and how far that is. */
  otherLabel = -1
  otherDistance = Number.POSITIVE_INFINITY
  /** Places that had to be warped. */
  warped = 0
  /** By slot; -1 where it is free. */
  readonly labels: Int32Array
  private readonly least: number
  private readonly places: number
  private readonly dtw: BandedDtw
  private readonly envelope: Envelope
  private readonly traces: Float64Array
  /** Noise by slot and channel; means and spreads by slot, channel and place. */
  private readonly noises: Float64Array
  private readonly means: Float64Array
  private readonly spreads: Float64Array
  /** Of the window that is looked up, by channel. */
  private readonly shapes: ReadonlyArray<Float64Array>
  private readonly lower: ReadonlyArray<Float64Array>
  private readonly upper: ReadonlyArray<Float64Array>
  private readonly seenMeans: Float64Array
  private readonly seenSpreads: Float64Array
  private readonly seenNoises: Float64Array
  private readonly order: Int32Array
  private readonly bounds: Float64Array
  private readonly part: Float64Array
  private readonly shape: Float64Array
  private readonly tail: Float64Array
  private readonly work: Float64Array
  private readonly moments: Float64Array = new Float64Array(2)
  /** Traces in `order`, and how many of them the present search has tried. */
  private count = 0
  private tried = 0

  constructor(options: ExemplarSearchOptions) {
    const read = readOptions(Options, options)
    const { channels = 1, window, capacity = MOST_EXEMPLARS, least = 1e-9, radius = 1.5 } = read
    const { trace = window, band = Math.ceil(window / 10) } = read
    this.channels = channels
    this.window = window
    this.trace = Math.max(trace, window)
    this.capacity = capacity
    this.radius = radius
    this.least = least
    this.places = this.trace - window + 1
    this.labels = new Int32Array(capacity).fill(-1)
    this.dtw = new BandedDtw({ length: window, band })
    this.envelope = new Envelope(Math.min(band, window))
    this.traces = new Float64Array(capacity * channels * this.trace)
    this.noises = new Float64Array(capacity * channels)
    this.means = new Float64Array(capacity * channels * this.places)
    this.spreads = new Float64Array(capacity * channels * this.places)
    const rows = (): ReadonlyArray<Float64Array> =>
      Array.from({ length: channels }, () => new Float64Array(window))
    this.shapes = rows()
    this.lower = rows()
    this.upper = rows()
    this.seenMeans = new Float64Array(channels)
    this.seenSpreads = new Float64Array(channels)
    this.seenNoises = new Float64Array(channels)
    this.order = new Int32Array(capacity)
    this.bounds = new Float64Array(capacity)
    this.part = new Float64Array(window)
    this.shape = new Float64Array(window)
    this.tail = new Float64Array(window + 1)
    this.work = new Float64Array(this.trace)
  }

  /**
   * Remembers a trace in a slot, under a label from 0. False, and the slot is free, where it has a gap or is not `trace` samples of
   * each channel, one channel after another.
   */
  put(slot: number, label: number, samples: Float64Array): boolean {
    const { channels, trace, places, moments } = this
    this.remove(slot)
    if (samples.length !== channels * trace) return false
    for (let c = 0; c < channels; c++) {
      const row = slot * channels + c
      for (let place = 0; place < places; place++) {
        const from = c * trace + place
        for (let k = 0; k < this.window; k++) this.part[k] = samples[from + k]
        if (zNormalize(this.part, this.shape, moments, this.least) === UNKNOWN) return false
        this.means[row * places + place] = moments[MEAN]
        this.spreads[row * places + place] = moments[SPREAD]
      }
      this.noises[row] = Math.max(this.least, noiseOf(samples, c * trace, trace, this.work))
    }
    this.traces.set(samples, slot * channels * trace)
    this.labels[slot] = label
    return true
  }

  /** What a slot holds, not to be written to. */
  samplesOf(slot: number): Float64Array {
    const size = this.channels * this.trace
    return this.traces.subarray(slot * size, (slot + 1) * size)
  }

  /** Forgets what a slot holds. */
  remove(slot: number): void {
    this.labels[slot] = -1
  }

  /**
   * Looks a window up, `window` samples of each channel, one channel after another. True where a trace lies within the radius;
   * `distance` is `NaN` where the window has a gap or another length, which is no likeness and no news either.
   */
  find(samples: Float64Array): boolean {
    let more = this.begin(samples)
    while (more) more = this.next()
    return this.slot >= 0
  }

  /** As `find`, in steps: true while `next` has to be called. Nothing else may be looked up meanwhile. */
  begin(samples: Float64Array): boolean {
    this.slot = -1
    this.label = -1
    this.place = -1
    this.otherLabel = -1
    this.otherDistance = Number.POSITIVE_INFINITY
    this.warped = 0
    this.tried = 0
    this.count = 0
    if (!this.describe(samples)) {
      this.distance = Number.NaN
      return false
    }
    this.distance = Number.POSITIVE_INFINITY
    this.count = this.rank()
    return this.count > 0
  }

  /** Tries one more trace; false when the rest cannot be nearer. */
  next(): boolean {
    const { order, bounds, labels, radius } = this
    if (this.tried >= this.count) return false
    const slot = order[this.tried++]
    const limit = Math.min(radius, this.otherDistance)
    if (bounds[slot] > limit) return false
    // One more of the nearest label matters only where it is nearer still.
    const own = labels[slot] === this.label
    this.tryTrace(slot, own ? Math.min(limit, this.distance) : limit)
    return this.tried < this.count
  }

  /** Shape, level, spread and noise of the window; false where it has a gap. */
  private describe(samples: Float64Array): boolean {
    const { channels, window, moments, part } = this
    if (samples.length !== channels * window) return false
    for (let c = 0; c < channels; c++) {
      for (let k = 0; k < window; k++) part[k] = samples[c * window + k]
      if (zNormalize(part, this.shapes[c], moments, this.least) === UNKNOWN) return false
      this.seenMeans[c] = moments[MEAN]
      this.seenSpreads[c] = moments[SPREAD]
      this.seenNoises[c] = Math.max(this.least, noiseOf(part, 0, window, this.work))
      this.envelope.around(this.shapes[c], this.lower[c], this.upper[c])
    }
    return true
  }

  /** Puts the slots in the order of what their traces are away at least; returns how many there are. */
  private rank(): number {
    const { order, bounds, labels } = this
    let count = 0
    for (let slot = 0; slot < this.capacity; slot++) {
      if (labels[slot] < 0) continue
      let least = Number.POSITIVE_INFINITY
      for (let place = 0; place < this.places; place++) least = Math.min(least, this.moved(slot, place))
      bounds[slot] = least
      let at = count++
      for (; at > 0 && bounds[order[at - 1]] > least; at--) order[at] = order[at - 1]
      order[at] = slot
    }
    return count
  }

  /** How far level and spread at a place of a trace are from the window's, in units of noise: a bound of the distance. */
  private moved(slot: number, place: number): number {
    let most = 0
    for (let c = 0; c < this.channels; c++) {
      const row = slot * this.channels + c
      const at = row * this.places + place
      const unit = Math.hypot(this.seenNoises[c], this.noises[row])
      const spread = this.spreads[at]
      const seen = this.seenSpreads[c]
      const size = Math.abs(seen - spread) / (2 * unit)
      const level = Math.abs(this.seenMeans[c] - this.means[at]) / Math.hypot(unit, PHASE * (seen + spread))
      if (size > most) most = size
      if (level > most) most = level
    }
    return most
  }

  /** The nearest place of a trace, where that is within the limit. */
  private tryTrace(slot: number, limit: number): void {
    let nearest = Number.POSITIVE_INFINITY
    let where = -1
    let most = limit
    for (let place = 0; place < this.places; place++) {
      const away = this.apart(slot, place, most)
      if (away > most || (where >= 0 && away === nearest)) continue
      nearest = away
      most = away
      where = place
    }
    if (where >= 0) this.note(slot, where, nearest)
  }

  private note(slot: number, place: number, away: number): void {
    const label = this.labels[slot]
    const nearer = away < this.distance || (away === this.distance && slot < this.slot)
    if (nearer) {
      if (label !== this.label && this.slot >= 0) {
        this.otherLabel = this.label
        this.otherDistance = this.distance
      }
      this.slot = slot
      this.label = label
      this.place = place
      this.distance = away
    } else if (label !== this.label && away < this.otherDistance) {
      this.otherLabel = label
      this.otherDistance = away
    }
  }

  /** The distance to one place of a trace; `Infinity` where it is above the limit. */
  private apart(slot: number, place: number, limit: number): number {
    let most = this.moved(slot, place)
    for (let c = 0; c < this.channels && most <= limit; c++) {
      const row = slot * this.channels + c
      const spread = this.spreads[row * this.places + place]
      const unit = Math.hypot(this.seenNoises[c], this.noises[row]) * Math.sqrt(this.window)
      const scale = Math.min(spread, this.seenSpreads[c]) / unit
      // Nothing has a shape where one of them is constant.
      if (scale === 0) continue
      const bent = this.bent(row * this.trace + place, row * this.places + place, c, limit / scale) * scale
      if (bent > most) most = bent
    }
    return most > limit ? Number.POSITIVE_INFINITY : most
  }

  /** What it costs to warp the shape at a place of a trace to the window's. */
  private bent(from: number, at: number, channel: number, limit: number): number {
    const { shape, shapes, lower, upper, tail, means, spreads, traces } = this
    const seen = shapes[channel]
    for (let k = 0; k < this.window; k++) shape[k] = (traces[from + k] - means[at]) / spreads[at]
    if (lbKim(shape, seen) > limit) return Number.POSITIVE_INFINITY
    if (lbKeogh(shape, lower[channel], upper[channel], limit) > limit) return Number.POSITIVE_INFINITY
    lowerBoundTail(shape, lower[channel], upper[channel], tail)
    this.warped++
    return this.dtw.distance(shape, seen, limit, tail)
  }
}
