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
  private mean = 0
  private variance = 1

  constructor(space: SearchSpace, capacity: number) {
    this.space = space
    this.capacity = capacity
    this.units = new Float64Array(capacity * space.size)
    this.targets = new Float64Array(capacity)
    this.choices = space.choices.reduce((count, values) => count + (values > 0 ? 1 : 0), 0)
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
    const { count, factor, capacity, ones, white, weights } = this
    this.forward(this.targets, white)
    let sum = 0
    let norm = 0
    for (let i = 0; i < count; i++) {
      sum += ones[i] * white[i]
      norm += ones[i] * ones[i]
    }
    this.mean = sum / norm
    let squares = 0
    for (let i = 0; i < count; i++) {
      white[i] -= this.mean * ones[i]
      squares += white[i] * white[i]
    }
    this.variance = squares / count
    for (let i = count - 1; i >= 0; i--) {
      let rest = white[i]
      for (let k = i + 1; k < count; k++) rest -= factor[k * capacity + i] * weights[k]
      weights[i] = rest / factor[i * capacity + i]
    }
  }

  /** Writes what is expected at a point to `height` and `deviation`. */
  predict(unit: Float64Array): void {
    const { count, factor, capacity, column, weights, space } = this
    let height = this.mean
    for (let k = 0; k < count; k++) {
      column[k] = this.likeness(unit, 0, this.units, k * space.size)
      height += weights[k] * column[k]
    }
    let known = 0
    for (let i = 0; i < count; i++) {
      const row = i * capacity
      let rest = column[i]
      for (let k = 0; k < i; k++) rest -= factor[row + k] * column[k]
      rest /= factor[row + i]
      column[i] = rest
      known += rest * rest
    }
    this.height = height
    this.deviation = Math.sqrt(this.variance * (known < 1 ? 1 - known : 0))
  }

  /** Looks for reaches and a share under which the readings are more likely, one after the other. */
  learn(sweeps: number): void {
    const { reach } = this
    let least = this.surprise()
    for (let sweep = 0; sweep < sweeps; sweep++) {
      for (let i = 0; i < reach.length; i++) {
        const before = reach[i]
        for (const factor of [FACTOR, 1 / FACTOR]) {
          reach[i] = Math.min(MOST_REACH, Math.max(LEAST_REACH, before * factor))
          const now = this.surprise()
          if (now < least) {
            least = now
            break
          }
          reach[i] = before
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

  /** Minus the logarithm of how likely the readings are, up to a constant. Costs the cube of the number of points. */
  private surprise(): number {
    this.factored = 0
    this.fit()
    const { count, factor, capacity, reach } = this
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
      for (let j = 0; j <= i; j++) {
        let rest = j === i ? 1 + this.nugget : this.likeness(units, i * space.size, units, j * space.size)
        const other = j * capacity
        for (let k = 0; k < j; k++) rest -= factor[row + k] * factor[other + k]
        factor[row + j] =
          j === i ? Math.sqrt(rest > LEAST_PIVOT ? rest : LEAST_PIVOT) : rest / factor[other + j]
      }
      let one = 1
      for (let k = 0; k < i; k++) one -= factor[row + k] * this.ones[k]
      this.ones[i] = one / factor[row + i]
    }
    this.factored = count
  }

  private forward(from: Float64Array, to: Float64Array): void {
    const { count, factor, capacity } = this
    for (let i = 0; i < count; i++) {
      const row = i * capacity
      let rest = from[i]
      for (let k = 0; k < i; k++) rest -= factor[row + k] * to[k]
      to[i] = rest / factor[row + i]
    }
  }

  /** How much two points have to do with each other, 0 to 1. */
  private likeness(a: Float64Array, aFrom: number, b: Float64Array, bFrom: number): number {
    const { reach, space } = this
    const { choices, periodic, size } = space
    let squares = 0
    let decay = 0
    let shared = 0
    for (let i = 0; i < size; i++) {
      let gap = Math.abs(a[aFrom + i] - b[bFrom + i])
      if (choices[i] > 0) {
        if (gap === 0) shared++
        else decay += reach[i]
      } else {
        // Along the chord: with the way round the circle itself some matrices would not be those of a process.
        if (periodic[i] === 1) gap = Math.sin(Math.PI * gap) / Math.PI
        gap /= reach[i]
        squares += gap * gap
      }
    }
    const r = Math.sqrt(5 * squares)
    const exponent = -r - decay
    const joint = exponent < NOTHING ? 0 : (1 + r + (r * r) / 3) * expDown(exponent)
    return this.choices === 0 ? joint : joint + this.share * (shared / this.choices - joint)
  }
}
