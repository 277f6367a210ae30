/**
 * The inner product in four sums at once: one sum alone waits for each addition before the next, which takes most of the
 * time of every matrix product of the solver.
 */

/** Sum of a[aFrom + i] * b[bFrom + i] for i below n. */
export function dot(a: Float64Array, aFrom: number, b: Float64Array, bFrom: number, n: number): number {
  let s0 = 0
  let s1 = 0
  let s2 = 0
  let s3 = 0
  const whole = n - (n % 4)
  let i = 0
  for (; i < whole; i += 4) {
    s0 += a[aFrom + i] * b[bFrom + i]
    s1 += a[aFrom + i + 1] * b[bFrom + i + 1]
    s2 += a[aFrom + i + 2] * b[bFrom + i + 2]
    s3 += a[aFrom + i + 3] * b[bFrom + i + 3]
  }
  for (; i < n; i++) s0 += a[aFrom + i] * b[bFrom + i]
  return s0 + s1 + (s2 + s3)
}
