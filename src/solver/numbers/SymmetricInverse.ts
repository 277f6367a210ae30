/**
 * The inverse of a symmetric matrix that changes one row and column at a time: the engine room of both surrogate models,
 * where one interpolation point makes way for another. A change costs the square of the size instead of its cube, so the
 * work per evaluation stays flat and small.
 *
 * Source: M. J. D. Powell, "On updating the inverse of a KKT matrix" (2004), formula (2.12), here for the whole matrix.
 */

import { dot } from "./dot.ts"

/** Relative size below which a pivot counts as zero. */
const TINY_PIVOT = 1e-14

/** Allocates once for the largest size; `size` may be smaller. Row-major, `size` entries a row. */
export class SymmetricInverse {
  size = 0
  /** The inverse. */
  readonly values: Float64Array
  /** Inverse times the column that was last prepared. */
  readonly product: Float64Array
  /** wᵀ·inverse·w of the column that was last prepared. */
  square = 0
  private readonly matrix: Float64Array
  private readonly row: Float64Array
  private readonly rest: Float64Array
  private readonly order: Int32Array

  constructor(largest: number) {
    this.values = new Float64Array(largest * largest)
    this.matrix = new Float64Array(largest * largest)
    this.product = new Float64Array(largest)
    this.row = new Float64Array(largest)
    this.rest = new Float64Array(largest)
    this.order = new Int32Array(largest)
  }

  /** Multiplies the inverse with `column` into `product`, and the result with `column` again into `square`. */
  prepare(column: Float64Array): void {
    const { size, values, product } = this
    let square = 0
    for (let i = 0; i < size; i++) {
      const sum = dot(values, i * size, column, 0, size)
      product[i] = sum
      square += sum * column[i]
    }
    this.square = square
  }

  /**
   * The denominator that replacing row and column t by the prepared column would divide by; near zero means that the
   * new matrix is near singular.
   *
   * @param diagonal what stands on the diagonal of the new row
   */
  denominator(t: number, diagonal: number): number {
    const tau = this.product[t]
    return this.values[t * this.size + t] * (diagonal - this.square) + tau * tau
  }

  /** Replaces row and column t by the prepared column, whose own entry t does not matter. False: singular, unchanged. */
  replace(t: number, diagonal: number): boolean {
    const { size, values, product, row, rest } = this
    const sigma = this.denominator(t, diagonal)
    if (!(Math.abs(sigma) > 0) || !Number.isFinite(1 / sigma)) return false
    const alpha = values[t * size + t] / sigma
    const beta = (diagonal - this.square) / sigma
    const tau = product[t] / sigma
    for (let i = 0; i < size; i++) {
      row[i] = values[t * size + i]
      rest[i] = -product[i]
    }
    rest[t] += 1
    for (let i = 0; i < size; i++) {
      const byRest = alpha * rest[i] + tau * row[i]
      const byRow = tau * rest[i] - beta * row[i]
      let at = i * size
      let mirror = i
      for (let j = 0; j <= i; j++, at++, mirror += size) {
        const value = values[at] + (byRest * rest[j] + byRow * row[j])
        values[at] = value
        values[mirror] = value
      }
    }
    return true
  }

  /**
   * Adds the prepared column as a last row and column. False: the larger matrix would be singular; nothing changed.
   *
   * @param diagonal what stands on the diagonal of the new row
   */
  grow(diagonal: number): boolean {
    const { size, values, product } = this
    const pivot = diagonal - this.square
    if (!(Math.abs(pivot) > 0) || !Number.isFinite(1 / pivot)) return false
    const next = size + 1
    // Rows move apart by one place: from the last backwards none is overwritten before it was read.
    for (let i = size - 1; i >= 0; i--) {
      const by = product[i] / pivot
      for (let j = size - 1; j >= 0; j--) values[i * next + j] = values[i * size + j] + by * product[j]
    }
    for (let i = 0; i < size; i++) {
      const value = -product[i] / pivot
      values[i * next + size] = value
      values[size * next + i] = value
    }
    values[size * next + size] = 1 / pivot
    this.size = next
    return true
  }

  /**
   * Inverts from scratch by Gauss and Jordan with row pivots: the way in, and the way back when rounding has added up.
   * Costs the cube of the size. False: singular, and `values` is of no use until the next call.
   *
   * @param source the matrix, row-major, `size` entries a row; kept as it is
   */
  invert(source: Float64Array, size: number): boolean {
    this.size = size
    const { values, matrix, order } = this
    const cells = size * size
    let largest = 0
    for (let i = 0; i < cells; i++) {
      matrix[i] = source[i]
      values[i] = 0
      largest = Math.max(largest, Math.abs(source[i]))
    }
    for (let i = 0; i < size; i++) {
      values[i * size + i] = 1
      order[i] = i
    }
    for (let c = 0; c < size; c++) {
      let pivot = c
      for (let i = c + 1; i < size; i++) {
        if (Math.abs(matrix[i * size + c]) > Math.abs(matrix[pivot * size + c])) pivot = i
      }
      const head = matrix[pivot * size + c]
      if (!(Math.abs(head) > TINY_PIVOT * largest)) return false
      for (let j = 0; j < size; j++) {
        const m = matrix[pivot * size + j]
        matrix[pivot * size + j] = matrix[c * size + j]
        matrix[c * size + j] = m / head
        const v = values[pivot * size + j]
        values[pivot * size + j] = values[c * size + j]
        values[c * size + j] = v / head
      }
      for (let i = 0; i < size; i++) {
        const factor = matrix[i * size + c]
        if (i === c || factor === 0) continue
        for (let j = c; j < size; j++) matrix[i * size + j] -= factor * matrix[c * size + j]
        for (let j = 0; j < size; j++) values[i * size + j] -= factor * values[c * size + j]
      }
    }
    for (let i = 0; i < size; i++) {
      for (let j = 0; j < i; j++) {
        const mean = 0.5 * (values[i * size + j] + values[j * size + i])
        values[i * size + j] = mean
        values[j * size + i] = mean
      }
    }
    return true
  }
}
