/**
 * Sobol's sequence with Owen's nested scrambling: any 2^m points that begin at a multiple of 2^m fill space as evenly as a
 * net can, and scrambling makes each single point uniform without spoiling that. Point n is worked out from n alone, so
 * any part of the sequence can be had anywhere.
 *
 * Sources: I. M. Sobol (1967); P. Bratley and B. L. Fox, Algorithm 659 (1988) for the recurrence; A. B. Owen, "Randomly
 * permuted (t,m,s)-nets and (t,s)-sequences" (1995). The numbers are Joe and Kuo's, see `sobolNumbers.ts`.
 */
import type { Draw } from "./Draw.ts"
import { SOBOL_NUMBERS } from "./sobolNumbers.ts"

/** Digits of a coordinate, and so the points there are: 2^32. */
const BITS = 32
const TWO_32 = 4294967296

/** Dimensions there are numbers for. */
export const SOBOL_DIMENSIONS = SOBOL_NUMBERS.length + 1

/** The direction numbers of one dimension, highest digit first in each word, written to `out` from `at`. */
function directions(dimension: number, out: Uint32Array, at: number): void {
  if (dimension === 0) {
    for (let k = 0; k < BITS; k++) out[at + k] = 1 << (BITS - 1 - k)
    return
  }
  const row = SOBOL_NUMBERS[dimension - 1]
  const degree = row.length - 1
  const polynomial = row[0]
  for (let k = 0; k < degree; k++) out[at + k] = row[k + 1] << (BITS - 1 - k)
  for (let k = degree; k < BITS; k++) {
    let word = out[at + k - degree] ^ (out[at + k - degree] >>> degree)
    for (let j = 1; j < degree; j++) {
      if (((polynomial >>> (degree - j)) & 1) === 1) word ^= out[at + k - j]
    }
    out[at + k] = word
  }
}

/** A 32-bit mix (the finaliser of MurmurHash3): every bit of the result depends on every bit of `x`. */
function mix(x: number): number {
  let h = x
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b)
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35)
  return h ^ (h >>> 16)
}

/**
 * Owen's scrambling: each digit is flipped or not by a coin that belongs to the digits before it. The coin is a mix of those
 * digits and the key; a 1 in front of them keeps prefixes of different length apart.
 */
function scramble(word: number, first: number, second: number): number {
  let out = 0
  for (let digit = 0; digit < BITS; digit++) {
    const node = ((1 << digit) | (digit === 0 ? 0 : word >>> (BITS - digit))) >>> 0
    const coin = mix(mix(node ^ first) ^ second) >>> 31
    const bit = (word >>> (BITS - 1 - digit)) & 1
    out |= (bit ^ coin) << (BITS - 1 - digit)
  }
  return out >>> 0
}

/** One scrambled sequence. Making it costs about 32 operations a dimension, a point about 1 us a dimension. */
export class Sobol {
  readonly dimensions: number
  private readonly words: Uint32Array
  /** Two keys per dimension; scrambling of two dimensions must have nothing in common. */
  private readonly keys: Uint32Array

  /**
   * @param dimensions 1 to SOBOL_DIMENSIONS
   * @param draw what the scrambling is drawn from; two uniforms a dimension
   */
  constructor(dimensions: number, draw: Draw) {
    this.dimensions = dimensions
    this.words = new Uint32Array(dimensions * BITS)
    this.keys = new Uint32Array(2 * dimensions)
    for (let i = 0; i < dimensions; i++) directions(i, this.words, i * BITS)
    for (let i = 0; i < this.keys.length; i++) this.keys[i] = draw.below(TWO_32)
  }

  /**
   * Coordinate i of point `index` before scrambling, as 32 binary digits. In the order of the Gray code, which Bratley and
   * Fox give it; each block of 2^m points is the same set as without.
   */
  digits(index: number, i: number): number {
    const gray = index ^ (index >>> 1)
    let word = 0
    for (let k = 0; k < BITS && gray >>> k !== 0; k++) {
      if (((gray >>> k) & 1) === 1) word ^= this.words[i * BITS + k]
    }
    return word >>> 0
  }

  /**
   * Point `index` (0 to 2^32 - 1), in (0, 1): the middle of its cell of side 2^-32, so that no two points share a
   * coordinate.
   */
  point(index: number, out: Float64Array): void {
    for (let i = 0; i < this.dimensions; i++) {
      const word = scramble(this.digits(index, i), this.keys[2 * i], this.keys[2 * i + 1])
      out[i] = (word + 0.5) / TWO_32
    }
  }
}
