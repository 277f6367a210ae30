/**
 * A surface through a limited number of points: cubes of the distances to them and a linear trend. It bends wherever the
 * readings do, which a single quadratic cannot. Points come and go at a cost of the square of their number.
 *
 * Source: M. J. D. Powell, "The theory of radial basis function approximation in 1990" (1992); cubic form with linear tail
 * as in Regis and Shoemaker, "Combining radial basis function surrogates and dynamic coordinate search" (2013).
 */
import { SymmetricInverse } from "./SymmetricInverse.ts"

/** Displacements are counted from `base`, which its user keeps; losses enter as differences to the first point's. */
export class CubicModel {
  readonly d: number
  readonly capacity: number
  count = 0
  /** Displacements of the points, one after another, and their losses. */
  readonly points: Float64Array
  readonly losses: Float64Array
  /** False while there are too few points, or points that do not determine a surface. */
  ready = false
  /** The constant first, then the linear terms, then the points. */
  private readonly inverse: SymmetricInverse
  private readonly column: Float64Array
  private readonly weights: Float64Array
  private readonly system: Float64Array
  private nugget = 0

  constructor(d: number, capacity: number) {
    const size = capacity + d + 1
    this.d = d
    this.capacity = capacity
    this.points = new Float64Array(capacity * d)
    this.losses = new Float64Array(capacity)
    this.inverse = new SymmetricInverse(size)
    this.column = new Float64Array(size)
    this.weights = new Float64Array(size)
    this.system = new Float64Array(size * size)
  }

  /** Forgets all points. @param nugget how far the surface may miss its points, in cubes of distance; 0 is not at all */
  clear(nugget: number): void {
    this.count = 0
    this.ready = false
    this.nugget = nugget
  }

  /** Adds a point without fitting; call `rebuild` after the last. */
  push(z: Float64Array, loss: number): void {
    this.points.set(z, this.count * this.d)
    this.losses[this.count++] = loss
  }

  /** Adds a point to a surface that stands. */
  add(z: Float64Array, loss: number): void {
    const k = this.count
    if (this.ready) {
      this.prepare(z)
      this.ready = this.inverse.grow(this.nugget)
    }
    this.points.set(z, k * this.d)
    this.losses[k] = loss
    this.count++
    if (this.ready) this.fit()
    else this.rebuild()
  }

  /** Puts a point in the place of point k. */
  replace(k: number, z: Float64Array, loss: number): void {
    if (this.ready) {
      this.prepare(z)
      this.ready = this.inverse.replace(this.d + 1 + k, this.nugget)
    }
    this.points.set(z, k * this.d)
    this.losses[k] = loss
    if (this.ready) this.fit()
    else this.rebuild()
  }

  /** Fits from scratch: costs the cube of the number of points. */
  rebuild(): void {
    const { d, count, points, system } = this
    const tail = d + 1
    const size = tail + count
    this.ready = false
    if (count <= tail) return
    let scale = 0
    for (let i = 0; i < count * d; i++) scale = Math.max(scale, Math.abs(points[i]))
    if (!(scale > 0)) return
    const by = 1 / scale
    system.fill(0, 0, size * size)
    for (let k = 0; k < count; k++) {
      const row = (tail + k) * size
      system[row] = 1
      system[tail + k] = 1
      for (let i = 0; i < d; i++) {
        system[row + 1 + i] = points[k * d + i] * by
        system[(1 + i) * size + tail + k] = points[k * d + i] * by
      }
      for (let j = 0; j < k; j++) {
        const cube = this.cube(points, k * d, j) * by * by * by
        system[row + tail + j] = cube
        system[(tail + j) * size + tail + k] = cube
      }
      system[row + tail + k] = this.nugget * by * by * by
    }
    if (!this.inverse.invert(system, size)) return
    const H = this.inverse.values
    const points32 = by ** 1.5
    const factor = (r: number): number => (r >= tail ? points32 : r === 0 ? 1 / points32 : by / points32)
    for (let r = 0; r < size; r++) {
      const left = factor(r)
      for (let c = 0; c < size; c++) H[r * size + c] *= left * factor(c)
    }
    this.ready = true
    this.fit()
  }

  /** Moves the base by `shift`, which keeps displacements small and precision high. The surface does not change. */
  rebase(shift: Float64Array): void {
    const { d, count, points } = this
    for (let k = 0; k < count; k++) for (let i = 0; i < d; i++) points[k * d + i] -= shift[i]
    if (!this.ready) return
    const { size, values } = this.inverse
    for (let i = 0; i < d; i++) {
      const by = shift[i]
      if (by === 0) continue
      for (let c = 0; c < size; c++) values[c] += by * values[(1 + i) * size + c]
    }
    for (let i = 0; i < d; i++) {
      const by = shift[i]
      if (by === 0) continue
      for (let r = 0; r < size; r++) values[r * size] += by * values[r * size + 1 + i]
    }
    this.fit()
  }

  /** Height of the surface at a displacement, relative to the first point's loss. */
  value(z: Float64Array, from = 0): number {
    const { d, count, weights, points } = this
    let sum = weights[0]
    for (let i = 0; i < d; i++) sum += weights[1 + i] * z[from + i]
    for (let k = 0, at = 0; k < count; k++) {
      let square = 0
      for (let i = 0; i < d; i++, at++) {
        const gap = z[from + i] - points[at]
        square += gap * gap
      }
      sum += weights[d + 1 + k] * square * Math.sqrt(square)
    }
    return sum
  }

  /** Writes the gradient of the surface at a displacement to `out`. */
  gradient(z: Float64Array, out: Float64Array): void {
    const { d, count, weights, points } = this
    for (let i = 0; i < d; i++) out[i] = weights[1 + i]
    for (let k = 0; k < count; k++) {
      let square = 0
      for (let i = 0; i < d; i++) {
        const gap = z[i] - points[k * d + i]
        square += gap * gap
      }
      const by = 3 * weights[d + 1 + k] * Math.sqrt(square)
      for (let i = 0; i < d; i++) out[i] += by * (z[i] - points[k * d + i])
    }
  }

  private prepare(z: Float64Array): void {
    const { d, count, column } = this
    column[0] = 1
    for (let i = 0; i < d; i++) column[1 + i] = z[i]
    for (let k = 0; k < count; k++) column[d + 1 + k] = this.cube(z, 0, k)
    this.inverse.prepare(column)
  }

  /** Cube of the distance between the point at `z[from]` and point k. */
  private cube(z: Float64Array, from: number, k: number): number {
    const { d, points } = this
    let square = 0
    for (let i = 0; i < d; i++) {
      const gap = z[from + i] - points[k * d + i]
      square += gap * gap
    }
    return square * Math.sqrt(square)
  }

  private fit(): void {
    const { d, count, weights, losses } = this
    const { size, values } = this.inverse
    const tail = d + 1
    for (let r = 0; r < size; r++) {
      let sum = 0
      for (let k = 1; k < count; k++) sum += values[r * size + tail + k] * (losses[k] - losses[0])
      weights[r] = sum
    }
  }
}
