/**
 * The principal axes of a symmetric matrix, by cyclic Jacobi rotations: slow for large matrices, exact to the last digits
 * for the few dimensions of a search, and the same to the bit for a matrix multiplied by a power of two.
 *
 * Source: Golub and Van Loan, "Matrix Computations", section 8.5.
 */

/** Sweeps over all pairs at most; six to ten are usual. */
const SWEEPS = 20
/** A pair is done when its product is below this share of the largest entry. */
const TINY = 1e-15

/**
 * Turns `matrix` (row-major d x d, symmetric) into its eigenvalues on the diagonal, in no order, and writes the
 * eigenvectors to the columns of `vectors`.
 */
export function eigenvectors(d: number, matrix: Float64Array, vectors: Float64Array): void {
  let largest = 0
  for (let i = 0; i < d * d; i++) {
    vectors[i] = 0
    largest = Math.max(largest, Math.abs(matrix[i]))
  }
  for (let i = 0; i < d; i++) vectors[i * d + i] = 1
  const small = TINY * largest
  let turned = true
  for (let sweep = 0; sweep < SWEEPS && turned; sweep++) {
    turned = false
    for (let p = 0; p < d; p++) {
      for (let q = p + 1; q < d; q++) {
        const across = matrix[p * d + q]
        if (!(Math.abs(across) > small)) continue
        turned = true
        const lean = (matrix[q * d + q] - matrix[p * d + p]) / (2 * across)
        const tangent = Math.sign(lean || 1) / (Math.abs(lean) + Math.sqrt(lean * lean + 1))
        const cosine = 1 / Math.sqrt(tangent * tangent + 1)
        turn(d, matrix, vectors, p, q, cosine, tangent * cosine)
      }
    }
  }
}

/** One rotation in the plane of the axes p and q. */
function turn(
  d: number,
  matrix: Float64Array,
  vectors: Float64Array,
  p: number,
  q: number,
  cosine: number,
  sine: number,
): void {
  for (let k = 0; k < d; k++) {
    const a = matrix[k * d + p]
    const b = matrix[k * d + q]
    matrix[k * d + p] = cosine * a - sine * b
    matrix[k * d + q] = sine * a + cosine * b
    const v = vectors[k * d + p]
    const w = vectors[k * d + q]
    vectors[k * d + p] = cosine * v - sine * w
    vectors[k * d + q] = sine * v + cosine * w
  }
  for (let k = 0; k < d; k++) {
    const a = matrix[p * d + k]
    const b = matrix[q * d + k]
    matrix[p * d + k] = cosine * a - sine * b
    matrix[q * d + k] = sine * a + cosine * b
  }
}
