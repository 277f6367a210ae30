/**
 * A quadratic model through a fixed number of points, fewer than a full quadratic has terms: of all that fit, the one
 * whose second derivatives change least from step to step (Powell's minimum Frobenius norm update). One point makes way
 * for another at a cost of the square of the number of points.
 *
 * Sources: M. J. D. Powell, "Least Frobenius norm updating of quadratic models that satisfy interpolation conditions"
 * (2004), and "The NEWUOA software for unconstrained optimization without derivatives" (2006), sections 3 and 4.
 */
import { dot } from "./dot.ts"
import { SymmetricInverse } from "./SymmetricInverse.ts"

/**
 * Points are displacements from `base`. Losses enter as differences only, so a constant added to all of them changes
 * nothing. Model values are relative to the value at `base`, which is never needed.
 */
export class MinimumNormModel {
  readonly largest: number
  readonly capacity: number
  /** Dimensions and points in use. */
  d = 0
  m = 0
  /** Displacements of the points from the base, one after another. */
  readonly points: Float64Array
  readonly losses: Float64Array
  /** Which point has the lowest loss. */
  best = 0
  /** Largest miss that was met at a point on its way out since the model was last made to fit: rounding that has added up. */
  drift = 0
  /** Gradient at the base, and second derivatives (row-major d x d). */
  readonly gradient: Float64Array
  readonly curvature: Float64Array
  /** Inverse of Powell's system: the constant first, then the d linear terms, then the points, which may grow in number. */
  readonly inverse: SymmetricInverse
  /** Column of the last prepared point, and what would stand on its diagonal. */
  private readonly column: Float64Array
  private diagonal = 0
  private readonly system: Float64Array
  private readonly lean: Float64Array
  private readonly mixed: Float64Array
  private readonly turned: Float64Array
  private readonly origin: Float64Array

  /**
   * @param largest most dimensions
   * @param points most points, at least twice as many and one
   */
  constructor(largest: number, points = 2 * largest + 1) {
    this.capacity = points
    const size = points + largest + 1
    this.largest = largest
    this.points = new Float64Array(points * largest)
    this.losses = new Float64Array(points)
    this.gradient = new Float64Array(largest)
    this.curvature = new Float64Array(largest * largest)
    this.inverse = new SymmetricInverse(size)
    this.column = new Float64Array(size)
    this.system = new Float64Array(size * size)
    this.lean = new Float64Array((largest + 1) * points)
    this.mixed = new Float64Array((largest + 1) * points)
    this.turned = new Float64Array((largest + 1) * (largest + 1))
    this.origin = new Float64Array(largest)
  }

  /**
   * Starts from points on the axes, where everything is known in closed form: point 0 is the base, then come
   * displacements along each axis, then second ones for the first `seconds` axes.
   *
   * @param a first displacement by axis, not 0
   * @param b second displacement by axis, not 0 and not the first
   * @param losses of the 1 + d + seconds points, in that order
   */
  start(d: number, seconds: number, a: Float64Array, b: Float64Array, losses: Float64Array): void {
    const m = 1 + d + seconds
    const size = m + d + 1
    this.d = d
    this.m = m
    this.points.fill(0)
    this.curvature.fill(0)
    const { points, inverse, gradient, curvature } = this
    const H = inverse.values
    inverse.size = size
    H.fill(0)
    this.best = 0
    this.drift = 0
    for (let k = 0; k < m; k++) {
      this.losses[k] = losses[k]
      if (losses[k] < losses[this.best]) this.best = k
    }
    const set = (i: number, j: number, value: number): void => {
      H[i * size + j] += value
      if (i !== j) H[j * size + i] += value
    }
    const tail = d + 1
    // The constant row: the Lagrange function of the base is 1 there, the others are 0.
    set(0, tail, 1)
    for (let i = 0; i < d; i++) {
      const pa = a[i]
      const ka = 1 + i
      const linear = 1 + i
      points[ka * d + i] = pa
      const fa = losses[ka] - losses[0]
      if (i >= seconds) {
        // Only one point on this axis: a straight line through it, and no curvature.
        set(tail, linear, -1 / pa)
        set(tail + ka, linear, 1 / pa)
        H[linear * size + linear] = -0.5 * pa * pa
        gradient[i] = fa / pa
        continue
      }
      const pb = b[i]
      const kb = 1 + d + i
      points[kb * d + i] = pb
      const fb = losses[kb] - losses[0]
      // Second derivatives of the three Lagrange functions along this axis, and the weights that make them up.
      const curveA = 2 / (pa * (pa - pb))
      const curveB = 2 / (pb * (pb - pa))
      const curve0 = -curveA - curveB
      const shareA = 1 / (pa * (pa - pb))
      const shareB = 1 / (pb * (pb - pa))
      const share0 = -shareA - shareB
      const first = tail + ka
      const second = tail + kb
      set(tail, tail, curve0 * share0)
      set(tail, first, curve0 * shareA)
      set(tail, second, curve0 * shareB)
      set(first, first, curveA * shareA)
      set(first, second, curveA * shareB)
      set(second, second, curveB * shareB)
      const slopeA = -pb / (pa * (pa - pb))
      const slopeB = -pa / (pb * (pb - pa))
      set(first, linear, slopeA)
      set(second, linear, slopeB)
      set(tail, linear, -slopeA - slopeB)
      gradient[i] = fa * slopeA + fb * slopeB
      curvature[i * d + i] = fa * curveA + fb * curveB
    }
  }

  /** How far the best point is from the base in its longest coordinate. */
  distanceFromBase(): number {
    let most = 0
    for (let i = 0; i < this.d; i++) most = Math.max(most, Math.abs(this.points[this.best * this.d + i]))
    return most
  }

  /** Value of the model at a displacement, relative to the base. */
  value(z: Float64Array, from = 0): number {
    const { d, gradient, curvature } = this
    let sum = 0
    for (let i = 0; i < d; i++) sum += z[from + i] * (gradient[i] + 0.5 * dot(curvature, i * d, z, from, d))
    return sum
  }

  /** How much lower the model is at a displacement than at its best point. */
  gain(z: Float64Array): number {
    return this.value(this.points, this.best * this.d) - this.value(z)
  }

  /** Gradient of the model at point k. */
  slopeAt(k: number, out: Float64Array): void {
    const { d, gradient, curvature, points } = this
    for (let i = 0; i < d; i++) out[i] = gradient[i] + dot(curvature, i * d, points, k * d, d)
  }

  /** Makes ready for `weigh` and `replace` with a point at displacement z. */
  prepare(z: Float64Array): void {
    const { d, m, column, points } = this
    for (let k = 0; k < m; k++) {
      const sum = dot(points, k * d, z, 0, d)
      column[d + 1 + k] = 0.5 * sum * sum
    }
    column[0] = 1
    let square = 0
    for (let i = 0; i < d; i++) {
      column[1 + i] = z[i]
      square += z[i] * z[i]
    }
    this.diagonal = 0.5 * square * square
    this.inverse.prepare(column)
  }

  /** Value of point k's Lagrange function at the prepared point. */
  lagrange(k: number): number {
    return this.inverse.product[this.d + 1 + k]
  }

  /** What replacing point k by the prepared one divides by; near 0 the points would not determine a model. */
  denominator(k: number): number {
    return this.inverse.denominator(this.d + 1 + k, this.diagonal)
  }

  /** Puts the prepared point, at displacement z with its loss, in the place of point t. False: nothing changed. */
  replace(t: number, z: Float64Array, loss: number): boolean {
    const { d, m, losses, points } = this
    const reference = losses[this.best]
    const atBest = this.value(points, this.best * d)
    const expected = this.value(z) - atBest
    const miss = Math.abs(this.value(points, t * d) - atBest - (losses[t] - reference))
    if (!(miss <= this.drift)) this.drift = miss
    if (!this.inverse.replace(d + 1 + t, this.diagonal)) return false
    // Only where the new point lies did the model not fit: it changes by that miss times the new Lagrange function.
    for (let i = 0; i < d; i++) points[t * d + i] = z[i]
    losses[t] = loss
    this.add(t, loss - reference - expected)
    if (t === this.best || loss < losses[this.best]) {
      let best = 0
      for (let k = 1; k < m; k++) if (losses[k] < losses[best]) best = k
      this.best = best
    }
    return true
  }

  /** Adds the prepared point, at displacement z with its loss, to the others. False: no room, or nothing changed. */
  grow(z: Float64Array, loss: number): boolean {
    const { d, m, losses, points } = this
    if (m === this.capacity) return false
    const promised = this.gain(z)
    const reference = losses[this.best]
    if (!this.inverse.grow(this.diagonal)) return false
    for (let i = 0; i < d; i++) points[m * d + i] = z[i]
    losses[m] = loss
    this.m = m + 1
    this.add(m, loss - reference + promised)
    if (loss < reference) this.best = m
    return true
  }

  /** Adds `factor` times the Lagrange function of point t to the model. */
  private add(t: number, factor: number): void {
    this.lagrangeInto(t, factor, this.gradient, this.curvature)
  }

  /** Adds `factor` times point t's Lagrange function, as gradient at the base and second derivatives. */
  lagrangeInto(t: number, factor: number, gradient: Float64Array, curvature: Float64Array): void {
    const { d, m } = this
    const H = this.inverse.values
    const row = (d + 1 + t) * this.inverse.size
    for (let i = 0; i < d; i++) gradient[i] += factor * H[row + 1 + i]
    for (let k = 0; k < m; k++) this.curve(factor * H[row + d + 1 + k], k, curvature)
    this.mirror(curvature)
  }

  /**
   * Moves the base to the best point. Far from the base the terms of the system cancel each other and precision goes; call
   * it when the best point is many radii away. Point displacements, model and inverse follow.
   */
  rebase(): void {
    const { d, m, points, origin, lean, mixed, turned, curvature, gradient } = this
    const H = this.inverse.values
    const size = this.inverse.size
    const rows = d + 1
    let half = 0
    for (let i = 0; i < d; i++) {
      origin[i] = points[this.best * d + i]
      half += 0.5 * origin[i] * origin[i]
    }
    for (let i = 0; i < d; i++) {
      let sum = 0
      for (let j = 0; j < d; j++) sum += curvature[i * d + j] * origin[j]
      gradient[i] += sum
    }
    // The system changes to T·W·Tᵀ with T = [1, leanᵀ; 0, S], so its inverse to T⁻ᵀ·H·T⁻¹; S subtracts the new base.
    for (let k = 0; k < m; k++) {
      let q = -half
      for (let i = 0; i < d; i++) q += origin[i] * points[k * d + i]
      lean[k] = 0.5 * q * q - 0.5 * half * q
      for (let i = 0; i < d; i++) lean[(i + 1) * m + k] = q * (0.5 * origin[i] - points[k * d + i])
    }
    // mixed = upper-right block of H - lean·Ω; the corner follows from it.
    for (let r = 0; r < rows; r++) {
      for (let k = 0; k < m; k++) {
        mixed[r * m + k] = H[r * size + rows + k] - dot(lean, r * m, H, (rows + k) * size + rows, m)
      }
    }
    for (let r = 0; r < rows; r++) {
      for (let c = 0; c <= r; c++) {
        const sum =
          H[r * size + c] - dot(mixed, r * m, lean, c * m, m) - dot(lean, r * m, H, c * size + rows, m)
        turned[r * rows + c] = sum
        turned[c * rows + r] = sum
      }
    }
    // S⁻ᵀ adds the multiples of the linear rows to the constant one.
    for (let k = 0; k < m; k++) {
      for (let i = 0; i < d; i++) mixed[k] += origin[i] * mixed[(i + 1) * m + k]
      for (let r = 0; r < rows; r++) {
        H[r * size + rows + k] = mixed[r * m + k]
        H[(rows + k) * size + r] = mixed[r * m + k]
      }
    }
    for (let c = 0; c < rows; c++) {
      for (let i = 0; i < d; i++) turned[c] += origin[i] * turned[(i + 1) * rows + c]
    }
    for (let r = 0; r < rows; r++) {
      for (let i = 0; i < d; i++) turned[r * rows] += origin[i] * turned[r * rows + i + 1]
      for (let c = 0; c < rows; c++) H[r * size + c] = turned[r * rows + c]
    }
    for (let k = 0; k < m; k++) for (let i = 0; i < d; i++) points[k * d + i] -= origin[i]
  }

  /**
   * Inverts the system from scratch and fits the model anew to all points, keeping as much of its curvature as they
   * allow: the way back when rounding has added up. False: the points do not determine a model.
   */
  rebuild(): boolean {
    const { d, m, points, system } = this
    const tail = d + 1
    const size = tail + m
    let scale = 0
    for (let i = 0; i < m * d; i++) scale = Math.max(scale, Math.abs(points[i]))
    if (!(scale > 0)) return false
    const by = 1 / scale
    for (let k = 0; k < m; k++) {
      for (let j = 0; j <= k; j++) {
        let sum = 0
        for (let i = 0; i < d; i++) sum += points[k * d + i] * by * (points[j * d + i] * by)
        system[(tail + k) * size + tail + j] = 0.5 * sum * sum
        system[(tail + j) * size + tail + k] = 0.5 * sum * sum
      }
      system[(tail + k) * size] = 1
      system[tail + k] = 1
      for (let i = 0; i < d; i++) {
        system[(tail + k) * size + 1 + i] = points[k * d + i] * by
        system[(1 + i) * size + tail + k] = points[k * d + i] * by
      }
    }
    for (let r = 0; r < tail; r++) for (let c = 0; c < tail; c++) system[r * size + c] = 0
    if (!this.inverse.invert(system, size)) return false
    const H = this.inverse.values
    for (let r = 0; r < size; r++) {
      const left = r >= tail ? by * by : r === 0 ? 1 / (by * by) : 1 / by
      for (let c = 0; c < size; c++) {
        const right = c >= tail ? by * by : c === 0 ? 1 / (by * by) : 1 / by
        H[r * size + c] *= left * right
      }
    }
    this.settle()
    return true
  }

  /**
   * Makes the model fit all its points again, by one change of least norm. Returns the largest miss before: rounding, as long
   * as the inverse is in order.
   */
  settle(): number {
    const { d, m, points, losses, column, best, gradient, curvature } = this
    const tail = d + 1
    const H = this.inverse.values
    const size = this.inverse.size
    const atBest = this.value(points, best * d)
    let worst = 0
    for (let k = 0; k < m; k++) {
      column[k] = losses[k] - losses[best] - (this.value(points, k * d) - atBest)
      worst = Math.max(worst, Math.abs(column[k]))
    }
    this.drift = 0
    if (worst === 0) return 0
    for (let i = 0; i < d; i++) {
      let sum = 0
      for (let k = 0; k < m; k++) sum += H[(1 + i) * size + tail + k] * column[k]
      gradient[i] += sum
    }
    for (let j = 0; j < m; j++) {
      let weight = 0
      for (let k = 0; k < m; k++) weight += H[(tail + j) * size + tail + k] * column[k]
      this.curve(weight, j, curvature)
    }
    this.mirror(curvature)
    return worst
  }

  /** Difference between the highest and the lowest loss of its points. */
  get spread(): number {
    return Math.max(...this.losses.subarray(0, this.m)) - this.losses[this.best]
  }

  /** Forgets its curvature and takes the least that its points allow: the way out where what it remembers misleads. */
  refit(): void {
    this.gradient.fill(0)
    this.curvature.fill(0)
    this.settle()
  }

  /** Adds `weight` times the square of point k to the lower half of second derivatives. */
  private curve(weight: number, k: number, curvature: Float64Array): void {
    const { d, points } = this
    if (weight === 0) return
    for (let i = 0; i < d; i++) {
      const by = weight * points[k * d + i]
      if (by === 0) continue
      for (let j = 0; j <= i; j++) curvature[i * d + j] += by * points[k * d + j]
    }
  }

  private mirror(curvature: Float64Array): void {
    const { d } = this
    for (let i = 1; i < d; i++) for (let j = 0; j < i; j++) curvature[j * d + i] = curvature[i * d + j]
  }
}
