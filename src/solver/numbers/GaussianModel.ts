/**
 * A Gaussian process over numbers and choices: what a limited number of readings say about every other point, and how
 * sure they are. One needs it where readings are few or noisy: it shares what it learns between the values of a choice, and
 * it knows where it knows nothing.
 *
 * Two points are alike by how near their numbers are, in a reach of each dimension's own, and by which choices they share;
 * a part of the value may belong to the choices alone. How far each dimension reaches, and the share of the choices, are
 * those under which the readings are the most likely.
 *
 * Sources: Rasmussen and Williams, "Gaussian Processes for Machine Learning" (2006), sections 2.2, 4.2 (Matern, 5/2) and
 * 5.4; choices as in Roustant et al., "Group kernels for Gaussian process metamodels with categorical inputs" (2020).
 */
import type { SearchSpace } from "../SearchSpace.ts"
import { dot } from "./dot.ts"
import { expDown } from "./expDown.ts"

/** A first reach of a number, in shares of its range; how much it takes away when all choices differ, as an exponent. */
const NUMBER_REACH = 0.5
const CHOICE_DECAY = 1
const SHARE = 0.7
/** Bounds of all three, and the factor and the step that a search tries. */
const LEAST_REACH = 0.05
const MOST_REACH = 8
const MOST_SHARE = 0.9
const FACTOR = 1.6
const SHARE_STEP = 0.15
/** How unlikely a reach far from the first one is: half the square of the logarithm of the ratio, so many times. */
const PRIOR = 2
const LEAST_PIVOT = 1e-10
/** Beyond this exponent two points have nothing to do with each other. */
const NOTHING = -39

/** Points are in unit space and on the grid, so that equal choices are equal numbers. */
export class GaussianModel {
  count = 0
  /** Part of a reading's variance that is its own: noise, and a guard against points that are too near each other. */
  nugget = 1e-4
  /** What `predict` found: the expected target and its standard deviation. */
  height = 0
  deviation = 0
  readonly capacity: number
  private readonly space: SearchSpace
  private readonly units: Float64Array
  private readonly targets: Float64Array
  /** By dimension: the reach of a number, the decay of a choice. */
  private readonly reach: Float64Array
  private readonly choices: number
  /** Dimensions that are plain numbers, circles and choices. */
  private readonly plain: Int32Array
  private readonly circles: Int32Array
  private readonly chosen: Int32Array
  private share: number
  /** The first decay of one choice. */
  private readonly decay: number
  /** Lower triangle of the factor of the kernel matrix; rows below `factored` stand. */
  private readonly factor: Float64Array
  private factored = 0
  private readonly ones: Float64Array
  private readonly white: Float64Array
  private readonly weights: Float64Array
  private readonly column: Float64Array
  /** By pair of points and dimension: the square of the gap between numbers, 1 between other choices; made when first needed. */
  private gaps = new Float64Array(0)
  /** By pair: the square of the distance in reaches, and the decay of the choices that differ and how many they share. */
  private squares = new Float64Array(0)
  private decays = new Float64Array(0)
  private shared = new Float64Array(0)
  private mean = 0
  private variance = 1

  constructor(space: SearchSpace, capacity: number) {
    this.space = space
    this.capacity = capacity
    this.units = new Float64Array(capacity * space.size)
    this.targets = new Float64Array(capacity)
    const all = [...space.choices.keys()]
    this.chosen = Int32Array.from(all.filter((i) => space.choices[i] > 0))
    this.circles = Int32Array.from(all.filter((i) => space.choices[i] === 0 && space.periodic[i] === 1))
    this.plain = Int32Array.from(all.filter((i) => space.choices[i] === 0 && space.periodic[i] === 0))
    this.choices = this.chosen.length
    this.decay = CHOICE_DECAY / Math.max(1, this.choices)
    this.reach = Float64Array.from(space.choices, (values) => (values > 0 ? this.decay : NUMBER_REACH))
    this.share = this.choices > 0 ? SHARE : 0
    this.factor = new Float64Array(capacity * capacity)
    this.ones = new Float64Array(capacity)
    this.white = new Float64Array(capacity)
    this.weights = new Float64Array(capacity)
    this.column = new Float64Array(capacity)
  }

  /** Keeps the first `count` points only. */
  truncate(count: number): void {
    this.count = Math.min(this.count, count)
    this.factored = Math.min(this.factored, this.count)
  }

  /** Adds a point at `units[from]`; `fit` takes it in. */
  push(units: Float64Array, from: number, target: number): void {
    const { size } = this.space
    const to = this.count * size
    for (let i = 0; i < size; i++) this.units[to + i] = units[from + i]
    this.targets[this.count++] = target
  }

  /** Another target for a point that is in already. */
  retarget(k: number, target: number): void {
    this.targets[k] = target
  }

  /** Takes in what was pushed or retargeted since. Costs the square of the number of points for each that is new. */
  fit(): void {
    this.extend()
    this.centre()
    const { count, factor, capacity, white, weights } = this
    for (let i = 0; i < count; i++) weights[i] = white[i]
    for (let i = count - 1; i >= 0; i--) {
      const row = i * capacity
      const weight = weights[i] / factor[row + i]
      weights[i] = weight
      for (let k = 0; k < i; k++) weights[k] -= factor[row + k] * weight
    }
  }

  /** Writes what is expected at a point to `height` and `deviation`. */
  predict(unit: Float64Array): void {
    this.expect(unit)
    this.doubt()
  }

  /** Writes what is expected at a point to `height`, and to `deviation` what it can be at most. */
  expect(unit: Float64Array): void {
    const { count, column, units, space } = this
    for (let k = 0; k < count; k++) column[k] = this.likeness(unit, 0, units, k * space.size)
    this.height = this.mean + dot(this.weights, 0, column, 0, count)
    this.deviation = Math.sqrt(this.variance)
  }

  /** Writes the deviation at the point of the last `expect`: costs the square of the number of points. */
  doubt(): void {
    const { count, factor, capacity, column } = this
    let known = 0
    for (let i = 0; i < count; i++) {
      const row = i * capacity
      const rest = (column[i] - dot(factor, row, column, 0, i)) / factor[row + i]
      column[i] = rest
      known += rest * rest
    }
    this.deviation = Math.sqrt(this.variance * (known < 1 ? 1 - known : 0))
  }

  /** Looks for reaches and a share under which the readings are more likely, one after the other. */
  learn(sweeps: number): void {
    const { reach } = this
    this.measure()
    let least = this.surprise()
    for (let sweep = 0; sweep < sweeps; sweep++) {
      for (let i = 0; i < reach.length; i++) {
        const before = reach[i]
        for (const factor of [FACTOR, 1 / FACTOR]) {
          this.stretch(i, Math.min(MOST_REACH, Math.max(LEAST_REACH, before * factor)))
          const now = this.surprise()
          if (now < least) {
            least = now
            break
          }
          this.stretch(i, before)
        }
      }
      if (this.choices === 0) continue
      const before = this.share
      for (const step of [SHARE_STEP, -SHARE_STEP]) {
        this.share = Math.min(MOST_SHARE, Math.max(0, before + step))
        const now = this.surprise()
        if (now < least) {
          least = now
          break
        }
        this.share = before
      }
    }
    this.factored = 0
    this.fit()
  }

  /** The gaps of all pairs, so that another reach costs one sum for each and not one for each dimension. */
  private measure(): void {
    const { count, capacity, units, space, reach } = this
    const { choices, size } = space
    if (this.gaps.length === 0) {
      const pairs = (capacity * (capacity - 1)) / 2
      this.gaps = new Float64Array(pairs * size)
      this.squares = new Float64Array(pairs)
      this.decays = new Float64Array(pairs)
      this.shared = new Float64Array(pairs)
    }
    const { gaps, squares, decays, shared } = this
    for (let i = 1, pair = 0; i < count; i++) {
      for (let j = 0; j < i; j++, pair++) {
        let square = 0
        let decay = 0
        let differ = 0
        for (let k = 0; k < size; k++) {
          const gap = this.gap(k, units[i * size + k], units[j * size + k])
          const own = choices[k] > 0 ? (gap === 0 ? 0 : 1) : gap * gap
          gaps[pair * size + k] = own
          if (choices[k] > 0) {
            decay += own * reach[k]
            differ += own
          } else square += own / (reach[k] * reach[k])
        }
        squares[pair] = square
        decays[pair] = decay
        shared[pair] = this.choices - differ
      }
    }
  }

  /** Another reach for dimension i, in the sums of all pairs too. */
  private stretch(i: number, to: number): void {
    const { gaps, reach, count, space } = this
    const from = reach[i]
    reach[i] = to
    const choice = space.choices[i] > 0
    const sums = choice ? this.decays : this.squares
    const more = choice ? to - from : 1 / (to * to) - 1 / (from * from)
    const pairs = (count * (count - 1)) / 2
    for (let pair = 0, at = i; pair < pairs; pair++, at += space.size) {
      const sum = sums[pair] + more * gaps[at]
      // What rounding leaves of a sum that is 0 may lie below it.
      sums[pair] = sum > 0 ? sum : 0
    }
  }

  /** Minus the logarithm of how likely the readings are, up to a constant. Costs the cube of the number of points. */
  private surprise(): number {
    const { count, factor, capacity, reach, squares, decays, shared } = this
    for (let i = 0, pair = 0; i < count; i++) {
      const row = i * capacity
      for (let j = 0; j < i; j++, pair++)
        factor[row + j] = this.alike(squares[pair], decays[pair], shared[pair])
      this.eliminate(i)
    }
    this.centre()
    let sum = 0.5 * count * Math.log(this.variance + Number.MIN_VALUE)
    for (let i = 0; i < count; i++) sum += Math.log(factor[i * capacity + i])
    for (let i = 0; i < reach.length; i++) {
      const away = Math.log(reach[i] / (this.space.choices[i] > 0 ? this.decay : NUMBER_REACH))
      sum += 0.5 * PRIOR * away * away
    }
    return sum
  }

  /** The rows of the factor that are missing. */
  private extend(): void {
    const { count, factor, capacity, units, space } = this
    for (let i = this.factored; i < count; i++) {
      const row = i * capacity
      for (let j = 0; j < i; j++)
        factor[row + j] = this.likeness(units, i * space.size, units, j * space.size)
      this.eliminate(i)
    }
    this.factored = count
  }

  /** Makes a row of the factor of what the row's point has to do with those before it. */
  private eliminate(i: number): void {
    const { factor, capacity, ones } = this
    const row = i * capacity
    for (let j = 0; j < i; j++) {
      const other = j * capacity
      factor[row + j] = (factor[row + j] - dot(factor, row, factor, other, j)) / factor[other + j]
    }
    const rest = 1 + this.nugget - dot(factor, row, factor, row, i)
    factor[row + i] = Math.sqrt(rest > LEAST_PIVOT ? rest : LEAST_PIVOT)
    ones[i] = (1 - dot(factor, row, ones, 0, i)) / factor[row + i]
  }

  /** The mean of the process and its variance, and the whitened rest. */
  private centre(): void {
    const { count, factor, capacity, ones, white, targets } = this
    for (let i = 0; i < count; i++) {
      const row = i * capacity
      white[i] = (targets[i] - dot(factor, row, white, 0, i)) / factor[row + i]
    }
    this.mean = dot(ones, 0, white, 0, count) / dot(ones, 0, ones, 0, count)
    for (let i = 0; i < count; i++) white[i] -= this.mean * ones[i]
    this.variance = dot(white, 0, white, 0, count) / count
  }

  /** How far apart two positions in dimension i are. */
  private gap(i: number, a: number, b: number): number {
    const gap = Math.abs(a - b)
    // Along the chord: with the way round the circle itself some matrices would not be those of a process.
    return this.space.periodic[i] === 1 ? Math.sin(Math.PI * gap) / Math.PI : gap
  }

  /** How much two points have to do with each other, 0 to 1. */
  private likeness(a: Float64Array, aFrom: number, b: Float64Array, bFrom: number): number {
    const { reach, plain, circles, chosen } = this
    let squares = 0
    for (let k = 0; k < plain.length; k++) {
      const i = plain[k]
      const gap = (a[aFrom + i] - b[bFrom + i]) / reach[i]
      squares += gap * gap
    }
    for (let k = 0; k < circles.length; k++) {
      const i = circles[k]
      const gap = this.gap(i, a[aFrom + i], b[bFrom + i]) / reach[i]
      squares += gap * gap
    }
    let decay = 0
    let shared = 0
    for (let k = 0; k < chosen.length; k++) {
      const i = chosen[k]
      if (a[aFrom + i] === b[bFrom + i]) shared++
      else decay += reach[i]
    }
    return this.alike(squares, decay, shared)
  }

  private alike(squares: number, decay: number, shared: number): number {
    const r = Math.sqrt(5 * squares)
    const exponent = -r - decay
    const joint = exponent < NOTHING ? 0 : (1 + r + (r * r) / 3) * expDown(exponent)
    return this.choices === 0 ? joint : joint + this.share * (shared / this.choices - joint)
  }
}
