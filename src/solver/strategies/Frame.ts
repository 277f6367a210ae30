/**
 * The axes that a trust region works along. It begins on those of the cube; where the model shows that one direction is
 * much steeper than another, the frame turns into the model's principal axes and makes the flat ones longer. The box then
 * reaches as far along a narrow valley as the landscape allows, instead of no farther than the valley is wide.
 *
 * A displacement in the cube is the frame times a displacement of the model. Frames follow one another, each as a change
 * of the one before, so that the points of the model, its gradient and its curvature are carried over.
 */
import { dot } from "../numbers/dot.ts"
import { eigenvectors } from "../numbers/eigenvectors.ts"
import type { MinimumNormModel } from "../numbers/MinimumNormModel.ts"

/** How many times longer one change makes the flattest axis than the steepest, at most. */
const MOST_STRETCH = 3
/** A change that would make no axis this many times longer is not worth its cost. */
const LEAST_STRETCH = 1.5
/** The trust box reaches at most half the cube along any axis. */
const WIDEST = 0.5

/** Scratch for the largest number of dimensions; nothing is allocated after construction. */
export class Frame {
  /** False while its axes are those of the cube, each with the length 1. */
  turned = false
  private d = 0
  /** Row-major d x d: from the model to the cube, and back. */
  private readonly forth: Float64Array
  private readonly back: Float64Array
  private readonly matrix: Float64Array
  private readonly vectors: Float64Array
  private readonly product: Float64Array
  private readonly stretch: Float64Array
  private readonly column: Float64Array

  constructor(largest: number) {
    const cells = largest * largest
    this.forth = new Float64Array(cells)
    this.back = new Float64Array(cells)
    this.matrix = new Float64Array(cells)
    this.vectors = new Float64Array(cells)
    this.product = new Float64Array(cells)
    this.stretch = new Float64Array(largest)
    this.column = new Float64Array(largest)
  }

  /** Back to the axes of the cube. */
  begin(d: number): void {
    this.d = d
    this.turned = false
    this.forth.fill(0)
    this.back.fill(0)
    for (let i = 0; i < d; i++) {
      this.forth[i * d + i] = 1
      this.back[i * d + i] = 1
    }
  }

  /** How many times longer the longest axis is than the shortest. */
  get elongation(): number {
    const { lengths } = this
    return Math.max(1, ...lengths) / Math.min(...lengths)
  }

  /** Lengths of its axes in the cube, at least 1. */
  get lengths(): ReadonlyArray<number> {
    const { d, forth } = this
    return Array.from({ length: d }, (_, a) => {
      let square = 0
      for (let r = 0; r < d; r++) square += forth[r * d + a] * forth[r * d + a]
      return Math.sqrt(square)
    })
  }

  /** Component a of what the model's displacement at `from` is in the cube. */
  component(a: number, z: Float64Array, from = 0): number {
    return this.turned ? dot(this.forth, a * this.d, z, from, this.d) : z[from + a]
  }

  /** Writes the model's displacement for one in the cube to `z`. */
  locate(inCube: Float64Array, z: Float64Array): void {
    const { d, back } = this
    for (let a = 0; a < d; a++) z[a] = this.turned ? dot(back, a * d, inCube, 0, d) : inCube[a]
  }

  /**
   * Follows the curvature of a model: turns, stretches, and carries the model over, whose inverse is then to be rebuilt.
   * False where that would change little or the curvature says nothing; nothing has changed then.
   *
   * @param reach half the side of the trust box, in units of the model
   */
  follow(model: MinimumNormModel, reach: number): boolean {
    const { d, matrix, vectors, stretch } = this
    // Where all losses are equal the curvature is rounding.
    if (!(model.spread > 0)) return false
    let largest = 0
    for (let i = 0; i < d * d; i++) largest = Math.max(largest, Math.abs(model.curvature[i]))
    if (!(largest > 0) || !(largest < Number.POSITIVE_INFINITY)) return false
    for (let i = 0; i < d * d; i++) matrix[i] = model.curvature[i] / largest
    eigenvectors(d, matrix, vectors)
    let steepest = 0
    for (let i = 0; i < d; i++) steepest = Math.max(steepest, matrix[i * d + i])
    if (!(steepest > 0)) return false
    let most = 1
    for (let i = 0; i < d; i++) {
      const own = Math.max(matrix[i * d + i], steepest / (MOST_STRETCH * MOST_STRETCH))
      stretch[i] = this.allowed(i, Math.sqrt(steepest / own), reach)
      most = Math.max(most, stretch[i])
    }
    if (most < LEAST_STRETCH) return false
    this.turn(model)
    this.turned = true
    return true
  }

  /** As much of a stretch of new axis i as keeps the box within half the cube. */
  private allowed(i: number, wanted: number, reach: number): number {
    const { d, forth, vectors } = this
    let longest = 0
    for (let r = 0; r < d; r++) {
      let sum = 0
      for (let k = 0; k < d; k++) sum += forth[r * d + k] * vectors[k * d + i]
      longest = Math.max(longest, Math.abs(sum))
    }
    return Math.max(1, Math.min(wanted, WIDEST / (reach * longest)))
  }

  /** Displacements z become S⁻¹·Vᵀ·z, with the axes V and their stretch S. */
  private turn(model: MinimumNormModel): void {
    const { d, forth, back, vectors, stretch, product, column } = this
    for (let r = 0; r < d; r++) {
      for (let c = 0; c < d; c++) {
        let there = 0
        let here = 0
        for (let k = 0; k < d; k++) {
          there += forth[r * d + k] * vectors[k * d + c]
          here += vectors[k * d + r] * back[k * d + c]
        }
        product[r * d + c] = there * stretch[c]
        this.matrix[r * d + c] = here / stretch[r]
      }
    }
    forth.set(product)
    back.set(this.matrix)
    const { points, gradient, curvature, m } = model
    const into = (values: Float64Array, from: number, by: (i: number) => number): void => {
      for (let i = 0; i < d; i++) {
        let sum = 0
        for (let k = 0; k < d; k++) sum += vectors[k * d + i] * values[from + k]
        column[i] = sum * by(i)
      }
      values.set(column.subarray(0, d), from)
    }
    for (let k = 0; k < m; k++) into(points, k * d, (i) => 1 / stretch[i])
    into(gradient, 0, (i) => stretch[i])
    for (let r = 0; r < d; r++) into(curvature, r * d, (i) => stretch[i])
    // The other side: the matrix is symmetric, so its columns are turned as its rows were.
    for (let c = 0; c < d; c++) {
      for (let i = 0; i < d; i++) product[i] = curvature[i * d + c]
      into(product, 0, (i) => stretch[i])
      for (let i = 0; i < d; i++) curvature[i * d + c] = product[i]
    }
    for (let r = 0; r < d; r++) {
      for (let c = 0; c < r; c++) {
        const mean = 0.5 * (curvature[r * d + c] + curvature[c * d + r])
        curvature[r * d + c] = mean
        curvature[c * d + r] = mean
      }
    }
  }
}
