/**
 * Which of at most 64 remembered traces does the latest window lie in, and which other one comes next? One needs it to recognise
 * a load by its pattern: a trace is longer than the window, and every place in it is tried, so a pattern is found whatever its phase.
 *
 * The distance of two windows is the largest of three, over all channels, each in units of what noise alone makes of it: how far
 * their levels lie apart, how far their spreads do, and what it costs to warp one z-normalised shape to the other. So one shape at
 * two levels, or of two sizes, is two patterns. About 1 is likeness; two unlike patterns of size s lie s / noise apart.
 *
 * Traces are tried in the order of their lower bounds, the most promising place first, and each place by its cheapest bound first:
 * level, spread and LB_Kim of all places in one pass, then LB_Keogh, then warping that gives up. So most places cost a few comparisons. What is found is what a search without bounds finds. Source of the order: T.
 * Rakthanmanon et al., "Searching and mining trillions of time series subsequences under dynamic time warping", KDD 2012.
 */
import { above0, numberThat, object, optional, type ShapeType, whole } from "../../domain/Shape.ts"
import { readOptions } from "../readOptions.ts"
import { BandedDtw } from "./BandedDtw.ts"
import { Exemplars } from "./Exemplars.ts"
import { squaredLimit } from "./limits.ts"
import { Envelope, lowerBoundTail, outside } from "./lowerBounds.ts"
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
  /** The nearest trace of another label within the radius, where in it, and how far that is. */
  otherLabel = -1
  otherPlace = -1
  otherDistance = Number.POSITIVE_INFINITY
  /** Places that had to be warped. */
  warped = 0
  /** By slot; -1 where it is free. */
  readonly labels: Int32Array
  private readonly least: number
  private readonly places: number
  private readonly known: Exemplars
  private readonly dtw: BandedDtw
  private readonly envelope: Envelope
  /** Of the window that is looked up, by channel. */
  private readonly shapes: ReadonlyArray<Float64Array>
  private readonly lower: ReadonlyArray<Float64Array>
  private readonly upper: ReadonlyArray<Float64Array>
  private readonly seenMeans: Float64Array
  private readonly seenSpreads: Float64Array
  private readonly seenNoises: Float64Array
  private readonly order: Int32Array
  /** Squares that no distance is below, by slot and by slot and place; and the place whose bound is the least. */
  private readonly bounds: Float64Array
  private readonly placeBounds: Float64Array
  private readonly best: Int32Array
  private readonly part: Float64Array
  private readonly shape: Float64Array
  private readonly tail: Float64Array
  private readonly work: Float64Array
  private readonly moments: Float64Array = new Float64Array(2)
  /** Traces in `order`, and how many tries the present search has made: one of each trace's best place, one of its rest. */
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
    this.known = new Exemplars({ channels, window, trace: this.trace, capacity, least })
    this.places = this.known.places
    this.labels = new Int32Array(capacity).fill(-1)
    this.dtw = new BandedDtw({ length: window, band })
    this.envelope = new Envelope(Math.min(band, window))
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
    this.placeBounds = new Float64Array(capacity * this.places)
    this.best = new Int32Array(capacity)
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
    this.remove(slot)
    if (samples.length !== this.channels * this.trace || !this.known.put(slot, samples)) return false
    this.labels[slot] = label
    return true
  }

  /** What a slot holds, not to be written to. */
  samplesOf(slot: number): Float64Array {
    return this.known.samplesOf(slot)
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
    this.otherPlace = -1
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

  /** Tries one more trace: first the most promising place of each, then the rest. False when nothing can be nearer. */
  next(): boolean {
    const { order, bounds, labels, count, tried } = this
    if (tried >= 2 * count) return false
    const slot = order[tried % count]
    const limit = Math.min(this.radius, this.otherDistance)
    if (bounds[slot] > squaredLimit(limit)) {
      // Nor can any later one: on to the second round, or the end.
      this.tried = tried < count ? count : 2 * count
    } else {
      // One more of the nearest label matters only where it is nearer still.
      const most = labels[slot] === this.label ? Math.min(limit, this.distance) : limit
      if (tried < count) this.tryPlace(slot, this.best[slot], most)
      else this.tryRest(slot, most)
      this.tried++
    }
    return this.tried < 2 * count
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
      const least = this.bound(slot)
      bounds[slot] = least
      let at = count++
      for (; at > 0 && bounds[order[at - 1]] > least; at--) order[at] = order[at - 1]
      order[at] = slot
    }
    return count
  }

  /**
   * Writes what each place of a trace is away at least, squared, by level, spread and LB_Kim, and returns the least. Kim: first
   * meets first and last meets last on every path.
   */
  private bound(slot: number): number {
    const { channels, window, trace, places, placeBounds } = this
    const { means, spreads, scales, traces } = this.known
    const first = slot * places
    placeBounds.fill(0, first, first + places)
    for (let c = 0; c < channels; c++) {
      const row = slot * channels + c
      const seenMean = this.seenMeans[c]
      const seen = this.seenSpreads[c]
      const start = this.shapes[c][0]
      const end = this.shapes[c][window - 1]
      const unit = this.unitOf(c, row)
      const size = 0.25 / unit
      const shape = 1 / (unit * window)
      for (let place = 0; place < places; place++) {
        const at = row * places + place
        const mean = means[at]
        const spread = spreads[at]
        const scale = scales[at]
        const from = row * trace + place
        const least = spread < seen ? spread : seen
        const head = ((traces[from] - mean) * scale - start) * least
        const last = ((traces[from + window - 1] - mean) * scale - end) * least
        const wide = PHASE * (seen + spread)
        const level = ((seenMean - mean) * (seenMean - mean)) / (unit + wide * wide)
        const sizes = (seen - spread) * (seen - spread) * size
        const kim = (head * head + last * last) * shape
        let most = placeBounds[first + place]
        if (level > most) most = level
        if (sizes > most) most = sizes
        if (kim > most) most = kim
        placeBounds[first + place] = most
      }
    }
    let best = 0
    for (let place = 1; place < places; place++)
      if (placeBounds[first + place] < placeBounds[first + best]) best = place
    this.best[slot] = best
    return placeBounds[first + best]
  }

  /** Square of the unit in which a channel of the window and a trace's row are compared. */
  private unitOf(channel: number, row: number): number {
    return this.seenNoises[channel] ** 2 + this.known.noises[row] ** 2
  }

  private tryPlace(slot: number, place: number, limit: number): void {
    const away = this.apart(slot, place, limit)
    if (away <= limit) this.note(slot, place, away)
  }

  /** The nearest of the places that have not been tried, the first of equal ones, where that is within the limit. */
  private tryRest(slot: number, limit: number): void {
    const { places, placeBounds } = this
    const first = slot * places
    const best = this.best[slot]
    let where = -1
    let most = limit
    let squared = squaredLimit(limit)
    for (let place = 0; place < places; place++) {
      if (placeBounds[first + place] > squared || place === best) continue
      const away = this.apart(slot, place, most)
      if (away > most || (where >= 0 && away === most)) continue
      most = away
      squared = squaredLimit(away)
      where = place
    }
    if (where >= 0) this.note(slot, where, most)
  }

  private note(slot: number, place: number, away: number): void {
    const label = this.labels[slot]
    // Of equal ones the first slot, and in it the first place.
    const before = slot < this.slot || (slot === this.slot && place < this.place)
    const nearer = away < this.distance || (away === this.distance && before)
    if (nearer) {
      if (label !== this.label && this.slot >= 0) {
        this.otherLabel = this.label
        this.otherPlace = this.place
        this.otherDistance = this.distance
      }
      this.slot = slot
      this.label = label
      this.place = place
      this.distance = away
    } else if (label !== this.label && away < this.otherDistance) {
      this.otherLabel = label
      this.otherPlace = place
      this.otherDistance = away
    }
  }

  /** The distance to one place of a trace; `Infinity` where it is above the limit. */
  private apart(slot: number, place: number, limit: number): number {
    const { channels, places } = this
    // By level and spread; warping costs no less than what LB_Kim makes of it.
    let most = Math.sqrt(this.placeBounds[slot * places + place])
    for (let c = 0; c < channels && most <= limit; c++) {
      const row = slot * channels + c
      const at = row * places + place
      const least = Math.min(this.known.spreads[at], this.seenSpreads[c])
      // Nothing has a shape where one of them is constant.
      if (least === 0) continue
      const scale = least / Math.sqrt(this.unitOf(c, row) * this.window)
      most = Math.max(most, this.bent(row * this.trace + place, at, c, limit / scale) * scale)
    }
    return most > limit ? Number.POSITIVE_INFINITY : most
  }

  /** What it costs to warp the shape at a place of a trace to the window's. */
  private bent(from: number, at: number, channel: number, limit: number): number {
    const { window, shape, shapes, lower, upper, tail } = this
    const { traces } = this.known
    const seen = shapes[channel]
    const low = lower[channel]
    const high = upper[channel]
    const mean = this.known.means[at]
    const scale = this.known.scales[at]
    const most = squaredLimit(limit)
    let own = 0
    for (let k = 0; k < window; k++) {
      const x = (traces[from + k] - mean) * scale
      shape[k] = x
      own += outside(x, low[k], high[k])
      if (own > most) return Number.POSITIVE_INFINITY
    }
    this.warped++
    lowerBoundTail(shape, low, high, tail)
    return this.dtw.warp(shape, seen, limit, tail)
  }
}
