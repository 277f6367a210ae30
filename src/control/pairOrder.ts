/**
 * Which window of a pair comes first. The coin is what makes the comparison fair without knowing the noise: drift, load steps
 * and bursts fall on either side with equal chances. A pure function of seed and pair, like every draw: nothing to save.
 */
import { chacha8Block } from "../hot/ChaCha8.ts"

const TWO_32 = 4294967296
/** "arqon pair order v1": what keeps these draws apart from any other use of the same seed. */
const DOMAIN = [0x6f717261, 0x6170206e, 0x6f207269, 0x72656472, 0x00317620, 0]

/**
 * True when the baseline is measured before the tuned configuration.
 *
 * @param seed integer from 0 to 2^53 - 1
 * @param pair integer from 0 to 2^53 - 1
 */
export function baselineIsFirst(seed: number, pair: number): boolean {
  const key = Uint32Array.of(seed % TWO_32, Math.floor(seed / TWO_32), ...DOMAIN)
  const words = new Uint32Array(16)
  // One block has 512 coins; which one is the pair's is part of the counter.
  const block = Math.floor(pair / 512)
  chacha8Block(key, block % TWO_32, Math.floor(block / TWO_32), 0, 0, words)
  const coin = pair % 512
  return ((words[coin >>> 5] >>> (coin & 31)) & 1) === 1
}
