/**
 * Noise for simulated plants, drawn by counter: the value at (seed, index) is a pure function, so a simulation can
 * be repeated, cut short or run in any order under the same noise.
 */

/** None, Gaussian, or Gaussian with an upward spike in one reading of twenty. */
export type NoiseKind = "none" | "gaussian" | "heavy"

/** Noise on one reading: `level` is its standard deviation (for "heavy": of its Gaussian core). */
export interface NoiseSpec {
  readonly kind: NoiseKind
  readonly level: number
}

/** A 32-bit mix of seed and counter (MurmurHash3's finaliser, twice): good enough for simulations. */
function mix(seed: number, counter: number): number {
  let h = (seed ^ 0x9e3779b9) | 0
  h = Math.imul(h ^ (counter | 0), 0x85ebca6b)
  h ^= h >>> 13
  h = Math.imul(h ^ Math.floor(counter / 4294967296), 0xc2b2ae35)
  h ^= h >>> 16
  h = Math.imul(h, 0x85ebca6b)
  h ^= h >>> 13
  h = Math.imul(h, 0xc2b2ae35)
  h ^= h >>> 16
  return h >>> 0
}

/** Uniform in (0, 1), never 0. */
export function uniformAt(seed: number, counter: number): number {
  return (mix(seed, counter) + 0.5) / 4294967296
}

/** Standard normal, by Box and Muller. */
export function gaussianAt(seed: number, counter: number): number {
  const radius = Math.sqrt(-2 * Math.log(uniformAt(seed, 2 * counter)))
  return radius * Math.cos(2 * Math.PI * uniformAt(seed, 2 * counter + 1))
}

/**
 * One draw of the given noise. "heavy" is Gaussian, but one reading in twenty is an upward spike of 5 to 25
 * deviations, such as a garbage collection or a page fault causes.
 */
export function noiseAt(spec: NoiseSpec, seed: number, index: number): number {
  if (spec.kind === "none") return 0
  const gaussian = spec.level * gaussianAt(seed, index)
  if (spec.kind === "gaussian") return gaussian
  const spike = uniformAt(seed ^ 0x5bd1e995, index)
  return spike < 0.05 ? gaussian + spec.level * (5 + 400 * spike) : gaussian
}
