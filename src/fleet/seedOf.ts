/**
 * A separate seed for every key: FNV-1a over the key in two lanes, 53 bits. Engines of one fleet draw different
 * perturbations, and the same fleet draws the same ones again. Not for secrets.
 */

/** FNV-1a, 32 bits: offset basis and prime (Fowler, Noll, Vo). */
const BASIS = 0x811c9dc5
const PRIME = 0x01000193
/** 21 bits of the second lane above the 32 of the first. */
const HIGH = 2 ** 21

export function seedOf(seed: number, key: string): number {
  let low = BASIS ^ (seed >>> 0)
  let high = BASIS ^ (Math.floor(seed / 2 ** 32) >>> 0) ^ 0x5bd1e995
  for (let i = 0; i < key.length; i++) {
    const code = key.charCodeAt(i)
    low = Math.imul(low ^ code, PRIME)
    high = Math.imul(high ^ (code + i), PRIME)
  }
  return ((high >>> 0) % HIGH) * 2 ** 32 + (low >>> 0)
}
