/**
 * All exponents of a system whose equations are known: what estimates from a series are checked against. It is offline because a
 * service has readings and no equations. Source: G. Benettin et al., Meccanica 15 (1980).
 */

/** A system with known equations: where a state goes in one step, and the matrix of derivatives of that step, by rows. */
export interface KnownSystem {
  readonly state: ReadonlyArray<number>
  readonly step: (state: Float64Array) => Float64Array
  readonly jacobian: (state: Float64Array) => ReadonlyArray<ReadonlyArray<number>>
}

/** All exponents per step, largest first, from `steps` steps after a tenth as many to settle. */
export function exponentSpectrum(
  { state, step, jacobian }: KnownSystem,
  steps: number,
): ReadonlyArray<number> {
  const n = state.length
  let at: Float64Array = Float64Array.from(state)
  for (let i = 0; i < steps / 10; i++) at = step(at)
  let frame: ReadonlyArray<Float64Array> = Array.from({ length: n }, (_, i) =>
    Float64Array.from(state, (_, k) => (i === k ? 1 : 0)),
  )
  const sums = new Float64Array(n)
  for (let i = 0; i < steps; i++) {
    const matrix = jacobian(at)
    frame = frame.map((vector) =>
      Float64Array.from(matrix, (row) => row.reduce((sum, value, k) => sum + value * vector[k], 0)),
    )
    orthonormalize(frame, sums)
    at = step(at)
  }
  return Array.from(sums, (sum) => sum / steps).toSorted((a, b) => b - a)
}

/** Gram and Schmidt; adds the logarithm of each length to `sums`. */
function orthonormalize(frame: ReadonlyArray<Float64Array>, sums: Float64Array): void {
  for (const [i, vector] of frame.entries()) {
    for (const other of frame.slice(0, i)) {
      const along = vector.reduce((sum, value, k) => sum + value * other[k], 0)
      for (let k = 0; k < vector.length; k++) vector[k] -= along * other[k]
    }
    const length = Math.sqrt(vector.reduce((sum, value) => sum + value * value, 0))
    sums[i] += Math.log(length)
    for (let k = 0; k < vector.length; k++) vector[k] /= length
  }
}
