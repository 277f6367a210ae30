/**
 * Chance of one graft in one socket: which calls duel, and which side of a pair the candidate takes. ChaCha8 keyed by seed, socket and
 * graft; a coin is a function of its pair's number, so every assignment of a run can be drawn again.
 */
import { chacha8Block } from "../../hot/ChaCha8.ts"

const TWO_32 = 2 ** 32
/** "arqon duel": what keeps these draws apart from any other use of the same seed. */
const DOMAIN = [0x6f717261, 0x7564206e, 0x00006c65]

/** FNV-1a with a final mix: equal texts, equal words. */
export function wordOf(text: string, salt: number): number {
  let hash = (0x811c9dc5 ^ salt) >>> 0
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193)
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b)
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35)
  return (hash ^ (hash >>> 16)) >>> 0
}

export class Coins {
  private readonly key: Uint32Array
  private readonly words = new Uint32Array(16)
  private readonly coins = new Uint32Array(16)
  private drawn = 0
  private coinBlock = -1
  readonly salt: number

  /** @param seed integer from 0 to 2^53 - 1 */
  constructor(seed: number, socket: string, graft: string) {
    this.salt = wordOf(graft, wordOf(socket, 0))
    this.key = Uint32Array.of(
      seed % TWO_32,
      Math.floor(seed / TWO_32),
      ...DOMAIN,
      this.salt,
      wordOf(socket, 1),
      wordOf(graft, 1),
    )
  }

  /** The next number from 0 to 1. Sixteen come from one block. */
  next(): number {
    const at = this.drawn % 16
    if (at === 0) this.block(0, this.drawn / 16, this.words)
    this.drawn++
    return this.words[at] / TWO_32
  }

  /** True where the first of the pair's two goes to the candidate. */
  isCandidateFirst(pair: number): boolean {
    const block = Math.floor(pair / 512)
    if (block !== this.coinBlock) this.block(1, (this.coinBlock = block), this.coins)
    const coin = pair % 512
    return ((this.coins[coin >>> 5] >>> (coin & 31)) & 1) === 1
  }

  /** A number from 0 to 1 that belongs to a key for good. */
  ofKey(key: string): number {
    return wordOf(key, this.salt) / TWO_32
  }

  private block(stream: number, counter: number, out: Uint32Array): void {
    chacha8Block(this.key, counter % TWO_32, Math.floor(counter / TWO_32), stream, 0, out)
  }
}
