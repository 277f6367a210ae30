/**
 * The contraction guard: changes of a level that settles shrink. Where the last ones are no smaller than those before them and the score
 * is no better, the level only follows noise, and it is frozen.
 */
import {
  C_CHANGE,
  C_CHANGES,
  C_EARLIER_CHANGE,
  C_EARLIER_LEVEL,
  C_HAS_EARLIER,
  C_LEVEL,
} from "./metaLayout.ts"

/** Changes in each half of what the guard remembers. */
export const HALF = 6

/** Two means of blocks that differ by no more than so many deviations are one level. */
const SIGMAS = 2

/** A change of this size (logarithm of its factor) is tried. */
export function noteChange(b: Float64Array, size: number): void {
  b[C_CHANGE] += size
}

/** A change was judged, at this level, known with this variance; true where it is to be the last one. */
export function failsToContract(b: Float64Array, level: number, variance: number): boolean {
  b[C_LEVEL] += level / HALF
  b[C_CHANGES]++
  if (b[C_CHANGES] < HALF) return false
  const gain = b[C_EARLIER_LEVEL] - b[C_LEVEL]
  const flat = gain <= SIGMAS * Math.sqrt((2 * variance) / HALF)
  const stuck = b[C_HAS_EARLIER] === 1 && flat && b[C_CHANGE] >= b[C_EARLIER_CHANGE]
  b[C_EARLIER_CHANGE] = b[C_CHANGE]
  b[C_EARLIER_LEVEL] = b[C_LEVEL]
  b[C_HAS_EARLIER] = 1
  b[C_CHANGE] = 0
  b[C_LEVEL] = 0
  b[C_CHANGES] = 0
  return stuck
}

/** The changes so far say nothing of the next ones. */
export function forgetChanges(b: Float64Array): void {
  b[C_CHANGE] = 0
  b[C_LEVEL] = 0
  b[C_CHANGES] = 0
  b[C_HAS_EARLIER] = 0
  b[C_EARLIER_CHANGE] = 0
  b[C_EARLIER_LEVEL] = 0
}
