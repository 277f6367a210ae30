/**
 * Random numbers by counter: the same (seed, stream) gives the same numbers in every run, and two streams of one seed
 * have nothing to do with each other. Every part of the solver that draws has a stream of its own, so that a change in
 * one leaves the others' draws alone.
 */
import { chacha8Block } from "../hot/ChaCha8.ts"

const TWO_32 = 4294967296
/** "arqon solver v1": what keeps these draws apart from any other use of the same seed. */
const DOMAIN = [0x6f717261, 0x6f73206e, 0x7265766c, 0x00317620]
const WORDS = 16

/** The streams in use. A strategy is given its own by whoever makes it. */
export const STREAM_PROBE = 1
export const STREAM_SPICE = 2
export const STREAM_FILL = 3
/** Strategies count up from here. */
export const STREAM_STRATEGY = 16

/** A sequence of draws. Making one is cheap; drawing allocates nothing. */
export class Draw {
  private readonly key = new Uint32Array(8)
  private readonly words = new Uint32Array(WORDS)
  private block = 0
  private at = WORDS
  private spare = Number.NaN

  /**
   * @param seed integer from 0 to 2^53 - 1
   * @param stream integer from 0 to 2^32 - 1
   */
  constructor(seed: number, stream: number) {
    this.key[0] = seed % TWO_32
    this.key[1] = Math.floor(seed / TWO_32)
    this.key[2] = stream
    for (let i = 0; i < DOMAIN.length; i++) this.key[3 + i] = DOMAIN[i]
  }

  /** Continues at the n-th uniform of the stream, counted from 0: any draw can be had without those before it. */
  seek(n: number): void {
    const word = 2 * n
    this.block = Math.floor(word / WORDS)
    this.at = WORDS
    this.spare = Number.NaN
    const within = word % WORDS
    if (within > 0) {
      this.refill()
      this.at = within
    }
  }

  /** Uniform in [0, 1), 53 bits. */
  uniform(): number {
    if (this.at === WORDS) this.refill()
    const high = this.words[this.at] >>> 5
    const low = this.words[this.at + 1] >>> 6
    this.at += 2
    return (high * 67108864 + low) / 9007199254740992
  }

  /** Standard normal, by Box and Muller's transform; the second of each pair is kept for the next call. */
  normal(): number {
    if (!Number.isNaN(this.spare)) {
      const kept = this.spare
      this.spare = Number.NaN
      return kept
    }
    // 1 - u lies in (0, 1], where the logarithm is finite.
    const radius = Math.sqrt(-2 * Math.log(1 - this.uniform()))
    const angle = 2 * Math.PI * this.uniform()
    this.spare = radius * Math.sin(angle)
    return radius * Math.cos(angle)
  }

  /** Integer from 0 to n - 1. */
  below(n: number): number {
    return Math.floor(this.uniform() * n)
  }

  private refill(): void {
    const high = Math.floor(this.block / TWO_32)
    chacha8Block(this.key, this.block % TWO_32, high, 0, 0, this.words)
    this.block++
    this.at = 0
  }
}
