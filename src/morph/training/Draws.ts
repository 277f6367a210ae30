/**
 * Chance without a generator: every draw is a pure function of seed, source and place. Each source of chance has a key of its own, so a
 * graft that is planted, or a part of the data that grows, moves no draw of another source; there is no state to save or to lose.
 */
import { chacha8Block } from "../../hot/ChaCha8.ts"
import { cos, log } from "../tensor/functions.ts"

/** What draws; a name's place is part of every draw, so the list is append only. */
export const SOURCES = ["unknown", "data", "split", "order", "initial", "dropout"] as const
export type SourceName = (typeof SOURCES)[number]

const WORDS = 16
const TWO_32 = 4294967296

/** The draws of one source; `stream` tells several uses of it apart, such as the parts of a data set or the epochs of a run. */
export class Draws {
  private readonly key = new Uint32Array(8)
  private readonly words = new Uint32Array(WORDS)
  private readonly stream: number
  private block = -1

  /** @param seed integer from 0 to 2^53 - 1 */
  constructor(seed: number, source: SourceName, stream = 0) {
    this.key[0] = seed % TWO_32
    this.key[1] = Math.floor(seed / TWO_32)
    this.key[2] = SOURCES.indexOf(source)
    this.stream = stream
  }

  /** Uniform in [0, 1), in steps of 2^-32. */
  uniform(at: number): number {
    const block = Math.floor(at / WORDS)
    if (block !== this.block) {
      chacha8Block(this.key, block % TWO_32, Math.floor(block / TWO_32), this.stream, 0, this.words)
      this.block = block
    }
    return this.words[at % WORDS] / TWO_32
  }

  /** Standard normal by Box and Muller's transform, from the draws `at` and `at + 1`. */
  normal(at: number): number {
    // 1 - u lies in (0, 1], where the logarithm is finite.
    const radius = Math.sqrt(-2 * log(1 - this.uniform(at)))
    return radius * cos(2 * Math.PI * this.uniform(at + 1))
  }
}

/**
 * A permutation that depends on seed, source and stream alone (Fisher and Yates), written into `out`, whose length is the number of
 * rows. With the source `order` and an epoch as stream: the order in which that epoch visits its rows.
 */
export function permute(seed: number, source: SourceName, stream: number, out: Uint32Array): void {
  const draws = new Draws(seed, source, stream)
  for (let i = 0; i < out.length; i++) {
    const j = Math.floor(draws.uniform(i) * (i + 1))
    out[i] = out[j]
    out[j] = i
  }
}
