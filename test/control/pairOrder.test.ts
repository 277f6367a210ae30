/** The coin of a pair: the bit that stands at the pair's number in a key stream of its own, a fair one. */
import fc from "fast-check"
import { describe, expect, it } from "vitest"
import { baselineIsFirst } from "../../src/control/pairOrder.ts"
import { chacha8Block } from "../../src/hot/ChaCha8.ts"

const BITS = 512
const MOST = Number.MAX_SAFE_INTEGER

/** A key of 32 bytes: the seed, lowest byte first, and what the draws are for. */
const keyOf = (seed: number, purpose: string): Uint32Array => {
  const bytes = new DataView(new ArrayBuffer(32))
  bytes.setBigUint64(0, BigInt(seed), true)
  new TextEncoder().encode(purpose).forEach((byte, i) => bytes.setUint8(8 + i, byte))
  return Uint32Array.from({ length: 8 }, (_, i) => bytes.getUint32(4 * i, true))
}

/** The bit at a place of the key stream, lowest bit of each byte first. */
const bitAt = (key: Uint32Array, place: bigint): boolean => {
  const words = new Uint32Array(16)
  const block = place / BigInt(BITS)
  chacha8Block(key, Number(block & 0xffffffffn), Number(block >> 32n), 0, 0, words)
  const bit = Number(place % BigInt(BITS))
  const bytes = new Uint8Array(words.buffer)
  return ((bytes[bit >> 3] >> (bit & 7)) & 1) === 1
}

const seeds = fc.oneof(fc.nat(9), fc.maxSafeNat(), fc.constant(MOST))
const pairs = fc.oneof(fc.nat(2000), fc.maxSafeNat(), fc.constantFrom(511, 512, MOST))

describe("the order of a pair", () => {
  it("is the pair's bit of a stream that depends only on the seed, so that a journal can be replayed", () => {
    fc.assert(
      fc.property(seeds, pairs, (seed, pair) => {
        const key = keyOf(seed, "arqon pair order v1")
        expect(baselineIsFirst(seed, pair)).toBe(bitAt(key, BigInt(pair)))
      }),
    )
  })

  it("is independent of other draws, other seeds and the previous pair", () => {
    const many = Array.from({ length: 2000 }, (_, pair) => pair)
    const alike = (one: (pair: number) => boolean, other: (pair: number) => boolean): number =>
      many.filter((pair) => one(pair) === other(pair)).length / many.length
    const coin = (pair: number): boolean => baselineIsFirst(7, pair)
    const plain = keyOf(7, "")
    // Four standard errors of a fair coin.
    const near = 4 / (2 * Math.sqrt(many.length))
    for (const other of [
      (pair: number) => bitAt(plain, BigInt(pair)),
      (pair: number) => baselineIsFirst(8, pair),
      (pair: number) => baselineIsFirst(7, pair + 1),
      () => true,
    ])
      expect(Math.abs(alike(coin, other) - 0.5)).toBeLessThan(near)
  })
})
