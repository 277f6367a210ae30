/**
 * For the newest window of a stream: the nearest window before it, by the distance of their shapes. One needs it to ask "has this
 * been here before?" of a stream that nobody has cut into patterns: a low value is a pattern that repeats, a high one is news.
 *
 * Windows are z-normalised. Two constant windows are alike, a constant one is `sqrt(m)` away from any other, and a window with a
 * gap is unknown and nobody's neighbour. Neighbours that overlap by three quarters and more say nothing: the last `ceil(m / 4)`
 * places are left out. A sample costs O(history + m) and no memory.
 *
 * Sources: C.-C. M. Yeh et al., "Matrix profile I", ICDM 2016; the update along diagonals is that of Z. Zimmerman et al., "Matrix
 * profile XIV", SoCC 2019, which keeps its digits whatever the level. Rounding is held down twice more: one diagonal after another is
 * summed anew, and so is any that has seen far larger samples than it has now.
 */
import { object, type ShapeType, whole } from "../../domain/Shape.ts"
import { readOptions } from "../readOptions.ts"
import { LONGEST } from "./limits.ts"
import { CONSTANT, MEAN, SPREAD, UNKNOWN, zNormalize } from "./zNormalize.ts"

const Options = object({
  /** Samples of a window, m. */
  window: whole(2, LONGEST),
  /** Windows looked back on. */
  history: whole(1, LONGEST),
})

/** Options of a `LeftMatrixProfile`. */
export type LeftMatrixProfileOptions = ShapeType<typeof Options>

/** A diagonal whose sums were once so much larger is summed anew: six of sixteen digits are left then. */
const LARGER = 1e6

/** The nearest earlier window of every new one; see the head of this file. Throws a `ConfigError` for options that cannot be used. */
export class LeftMatrixProfile {
  readonly window: number
  readonly history: number
  /** Places before a window whose windows are not its neighbours. */
  readonly exclusion: number
  /** Windows seen so far; the newest is number `windows - 1`, and begins at the sample of that number. */
  windows = 0
  /** Distance of the newest window's neighbour. `Infinity` where there is none yet, `NaN` where the window has a gap or is not full. */
  distance = Number.NaN
  /** Number of that neighbour; -1 where there is none. */
  neighbour = -1
  /** Of windows by number modulo `room`: samples, moments and the two differences that the update is made of. */
  private readonly room: number
  private readonly samples: Float64Array
  private readonly spreads: Float64Array
  private readonly means: Float64Array
  private readonly kinds: Int8Array
  private readonly leaps: Float64Array
  private readonly sums: Float64Array
  /** By lag: the covariance of the newest window with the one so many places before, times m, and the largest that one could be. */
  private readonly covariances: Float64Array
  private readonly peaks: Float64Array
  private readonly moments: Float64Array = new Float64Array(2)
  private readonly latest: Float64Array
  private readonly shape: Float64Array
  private readonly other: Float64Array
  private count = 0
  /** The last sample that was one, and samples until the last gap has left the window. */
  private last = 0
  private gaps = 0

  constructor(options: LeftMatrixProfileOptions) {
    const { window, history } = readOptions(Options, options)
    this.window = window
    this.history = history
    this.exclusion = Math.ceil(window / 4)
    this.room = history + window + 1
    this.samples = new Float64Array(this.room)
    this.spreads = new Float64Array(this.room)
    this.means = new Float64Array(this.room)
    this.kinds = new Int8Array(this.room)
    this.leaps = new Float64Array(this.room)
    this.sums = new Float64Array(this.room)
    this.covariances = new Float64Array(history + 1)
    this.peaks = new Float64Array(history + 1)
    this.latest = new Float64Array(window)
    this.shape = new Float64Array(window)
    this.other = new Float64Array(window)
  }

  /** Takes the next sample; one that is not finite is a gap. */
  push(sample: number): void {
    const { window, room, samples } = this
    const gap = sample - sample !== 0
    // Any number does in a gap, since its windows are left out; the last one keeps the sums small.
    if (!gap) this.last = sample
    samples[this.count % room] = this.last
    this.gaps = gap ? window : Math.max(0, this.gaps - 1)
    this.count++
    this.distance = Number.NaN
    this.neighbour = -1
    if (this.count < window) return
    const i = this.windows++
    this.describe(i)
    this.update(i)
    if (this.kinds[i % room] !== UNKNOWN) this.search(i)
  }

  /** Moments of window `i`, and how it differs from the one before. */
  private describe(i: number): void {
    const { window, room, samples, moments } = this
    this.copy(i, this.latest)
    const kind = zNormalize(this.latest, this.shape, moments)
    const at = i % room
    this.means[at] = moments[MEAN]
    this.spreads[at] = moments[SPREAD]
    this.kinds[at] = this.gaps > 0 ? UNKNOWN : kind
    if (i === 0) return
    const came = samples[(i + window - 1) % room]
    const went = samples[(i - 1) % room]
    this.leaps[at] = (came - went) / 2
    this.sums[at] = came - this.means[at] + (went - this.means[(i - 1) % room])
  }

  /** Brings the covariance of every lag up to window `i`. */
  private update(i: number): void {
    const { room, window, leaps, sums, spreads, covariances, peaks } = this
    const furthest = Math.min(i, this.history)
    const at = i % room
    const leap = leaps[at]
    const sum = sums[at]
    const spread = spreads[at] * window
    const renewed = furthest === 0 ? 0 : (i % furthest) + 1
    let other = at
    for (let lag = 1; lag <= furthest; lag++) {
      other = other === 0 ? room - 1 : other - 1
      const scale = spread * spreads[other]
      if (lag === i || lag === renewed || (scale > 0 && peaks[lag] > LARGER * scale)) {
        covariances[lag] = this.covariance(i, i - lag)
        peaks[lag] = scale
      } else {
        covariances[lag] += leap * sums[other] + leaps[other] * sum
        if (scale > peaks[lag]) peaks[lag] = scale
      }
    }
  }

  /** Covariance of two windows times m, from their samples. */
  private covariance(i: number, j: number): number {
    const { window, room, samples, means } = this
    const meanI = means[i % room]
    const meanJ = means[j % room]
    let sum = 0
    let a = i % room
    let b = j % room
    for (let k = 0; k < window; k++) {
      sum += (samples[a] - meanI) * (samples[b] - meanJ)
      a = a + 1 === room ? 0 : a + 1
      b = b + 1 === room ? 0 : b + 1
    }
    return sum
  }

  /** The nearest window that is far enough back: the one that correlates most. */
  private search(i: number): void {
    const { room, window, kinds, spreads, covariances } = this
    const furthest = Math.min(i, this.history)
    const constant = kinds[i % room] === CONSTANT
    const spread = spreads[i % room] * window
    let best = Number.NEGATIVE_INFINITY
    let found = -1
    for (let lag = this.exclusion + 1; lag <= furthest; lag++) {
      const other = (i - lag) % room
      const kind = kinds[other]
      if (kind === UNKNOWN) continue
      // As far apart as correlations of 1 and of one half: 0 and sqrt(m).
      const flat = kind === CONSTANT
      const likeness =
        flat || constant ? (flat && constant ? 1 : 0.5) : covariances[lag] / (spread * spreads[other])
      if (likeness > best) {
        best = likeness
        found = i - lag
      }
    }
    this.neighbour = found
    this.distance = found < 0 ? Number.POSITIVE_INFINITY : this.apart(found, constant)
  }

  /** The distance itself, from the samples: near 0 a correlation has lost the digits it would be made of. */
  private apart(j: number, constant: boolean): number {
    if (constant || this.kinds[j % this.room] === CONSTANT)
      return constant && this.kinds[j % this.room] === CONSTANT ? 0 : Math.sqrt(this.window)
    this.copy(j, this.latest)
    zNormalize(this.latest, this.other, this.moments)
    let sum = 0
    for (let k = 0; k < this.window; k++) sum += (this.shape[k] - this.other[k]) ** 2
    return Math.sqrt(sum)
  }

  private copy(i: number, out: Float64Array): void {
    const { window, room, samples } = this
    for (let k = 0; k < window; k++) out[k] = samples[(i + k) % room]
  }
}
