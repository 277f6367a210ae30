/** Rotations drawn by counter, for test functions that must not favour the axes. */
import { gaussianAt } from "./noise.ts"

/**
 * A random orthogonal d x d matrix, row by row: Gaussian rows orthonormalized one after another (Gram-Schmidt, each
 * row twice, which keeps the error at rounding level). It may reflect, which makes no difference here.
 *
 * @param seed any 32-bit number
 * @param number which matrix of that seed, a whole number from 0
 */
export function rotationOf(d: number, seed: number, number: number): Float64Array {
  const rows = new Float64Array(d * d)
  for (let k = 0; k < rows.length; k++) rows[k] = gaussianAt(seed, number * 1024 + k)
  for (let i = 0; i < d; i++) {
    const own = rows.subarray(i * d, i * d + d)
    for (let pass = 0; pass < 2; pass++) {
      for (let j = 0; j < i; j++) {
        const other = rows.subarray(j * d, j * d + d)
        let product = 0
        for (let k = 0; k < d; k++) product += own[k] * other[k]
        for (let k = 0; k < d; k++) own[k] -= product * other[k]
      }
    }
    const length = Math.hypot(...own)
    for (let k = 0; k < d; k++) own[k] /= length
  }
  return rows
}
