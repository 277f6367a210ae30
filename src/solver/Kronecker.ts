/**
 * Kronecker's sequence: multiples of irrational numbers, taken round the unit circle in every dimension, here of the square
 * roots of primes with a random start (a Cranley-Patterson shift). Even from the first points on and for any number of
 * them, where nets want powers of two.
 *
 * Sources: H. Niederreiter, "Random Number Generation and Quasi-Monte Carlo Methods" (1992), chapter 3; R. Cranley and
 * T. N. L. Patterson, "Randomization of number theoretic methods for multiple integration" (1976).
 */
import type { Draw } from "./Draw.ts"

/** Positions are integers modulo 2^48 in two halves of 24 bits: every product and sum below is exact in a double. */
const HALF = 16777216
const WHOLE = HALF * HALF

/** The first `count` primes, ascending. */
function primes(count: number): ReadonlyArray<number> {
  const found: Array<number> = []
  for (let n = 2; found.length < count; n++) {
    if (found.every((p) => n % p !== 0)) found.push(n)
  }
  return found
}

/** One shifted sequence, of any number of dimensions. */
export class Kronecker {
  readonly dimensions: number
  private readonly high: Float64Array
  private readonly low: Float64Array
  private readonly shift: Float64Array

  /** @param draw what the shift is drawn from; one uniform a dimension */
  constructor(dimensions: number, draw: Draw) {
    this.dimensions = dimensions
    this.high = new Float64Array(dimensions)
    this.low = new Float64Array(dimensions)
    this.shift = new Float64Array(dimensions)
    const roots = primes(dimensions)
    for (let i = 0; i < dimensions; i++) {
      const root = Math.sqrt(roots[i])
      const stride = Math.floor((root - Math.floor(root)) * WHOLE)
      this.high[i] = Math.floor(stride / HALF)
      // An odd stride visits all 2^48 positions before it repeats one, so no two points share a coordinate.
      this.low[i] = (stride % HALF) | 1
      this.shift[i] = Math.floor(draw.uniform() * WHOLE)
    }
  }

  /** Point `index` (0 to 2^48 - 1), in [0, 1). */
  point(index: number, out: Float64Array): void {
    const indexHigh = Math.floor(index / HALF)
    const indexLow = index % HALF
    for (let i = 0; i < this.dimensions; i++) {
      const cross = (indexLow * this.high[i] + indexHigh * this.low[i]) % HALF
      out[i] = ((((indexLow * this.low[i] + cross * HALF) % WHOLE) + this.shift[i]) % WHOLE) / WHOLE
    }
  }
}
