/**
 * ChaCha with eight rounds, and the signs drawn from it. Signs are a pure function of (seed, cycle): there is no
 * generator state to save, restore or lose, and any cycle of any run can be drawn again on its own.
 *
 * Layout of the state as in Bernstein's original (64-bit block counter, 64-bit nonce). Source: D. J. Bernstein,
 * "ChaCha, a variant of Salsa20" (2008); vectors in draft-strombergson-chacha-test-vectors-01. It serves here as a
 * counter-based generator: nothing in this project needs it to be a cipher.
 */

/** Bits of one block. */
const BLOCK_BITS = 512
const TWO_32 = 4294967296

/**
 * One block of 64 bytes as sixteen little-endian words. Sixteen locals instead of a working array: the compiler keeps
 * them in registers (about 50 ns a block; over a working array about 1 us).
 *
 * @param key 8 words, the 256-bit key
 * @param counterLow low word of the block counter
 * @param counterHigh high word of the block counter
 * @param nonceLow low word of the nonce
 * @param nonceHigh high word of the nonce
 * @param out 16 words
 */
export function chacha8Block(
  key: Uint32Array,
  counterLow: number,
  counterHigh: number,
  nonceLow: number,
  nonceHigh: number,
  out: Uint32Array,
): void {
  const k0 = key[0] | 0
  const k1 = key[1] | 0
  const k2 = key[2] | 0
  const k3 = key[3] | 0
  const k4 = key[4] | 0
  const k5 = key[5] | 0
  const k6 = key[6] | 0
  const k7 = key[7] | 0
  const n0 = counterLow | 0
  const n1 = counterHigh | 0
  const n2 = nonceLow | 0
  const n3 = nonceHigh | 0
  let a = 0x61707865
  let b = 0x3320646e
  let c = 0x79622d32
  let d = 0x6b206574
  let e = k0
  let f = k1
  let g = k2
  let h = k3
  let i = k4
  let j = k5
  let k = k6
  let l = k7
  let m = n0
  let n = n1
  let o = n2
  let p = n3
  for (let round = 0; round < 4; round++) {
    a = (a + e) | 0
    m ^= a
    m = (m << 16) | (m >>> 16)
    i = (i + m) | 0
    e ^= i
    e = (e << 12) | (e >>> 20)
    a = (a + e) | 0
    m ^= a
    m = (m << 8) | (m >>> 24)
    i = (i + m) | 0
    e ^= i
    e = (e << 7) | (e >>> 25)
    b = (b + f) | 0
    n ^= b
    n = (n << 16) | (n >>> 16)
    j = (j + n) | 0
    f ^= j
    f = (f << 12) | (f >>> 20)
    b = (b + f) | 0
    n ^= b
    n = (n << 8) | (n >>> 24)
    j = (j + n) | 0
    f ^= j
    f = (f << 7) | (f >>> 25)
    c = (c + g) | 0
    o ^= c
    o = (o << 16) | (o >>> 16)
    k = (k + o) | 0
    g ^= k
    g = (g << 12) | (g >>> 20)
    c = (c + g) | 0
    o ^= c
    o = (o << 8) | (o >>> 24)
    k = (k + o) | 0
    g ^= k
    g = (g << 7) | (g >>> 25)
    d = (d + h) | 0
    p ^= d
    p = (p << 16) | (p >>> 16)
    l = (l + p) | 0
    h ^= l
    h = (h << 12) | (h >>> 20)
    d = (d + h) | 0
    p ^= d
    p = (p << 8) | (p >>> 24)
    l = (l + p) | 0
    h ^= l
    h = (h << 7) | (h >>> 25)
    a = (a + f) | 0
    p ^= a
    p = (p << 16) | (p >>> 16)
    k = (k + p) | 0
    f ^= k
    f = (f << 12) | (f >>> 20)
    a = (a + f) | 0
    p ^= a
    p = (p << 8) | (p >>> 24)
    k = (k + p) | 0
    f ^= k
    f = (f << 7) | (f >>> 25)
    b = (b + g) | 0
    m ^= b
    m = (m << 16) | (m >>> 16)
    l = (l + m) | 0
    g ^= l
    g = (g << 12) | (g >>> 20)
    b = (b + g) | 0
    m ^= b
    m = (m << 8) | (m >>> 24)
    l = (l + m) | 0
    g ^= l
    g = (g << 7) | (g >>> 25)
    c = (c + h) | 0
    n ^= c
    n = (n << 16) | (n >>> 16)
    i = (i + n) | 0
    h ^= i
    h = (h << 12) | (h >>> 20)
    c = (c + h) | 0
    n ^= c
    n = (n << 8) | (n >>> 24)
    i = (i + n) | 0
    h ^= i
    h = (h << 7) | (h >>> 25)
    d = (d + e) | 0
    o ^= d
    o = (o << 16) | (o >>> 16)
    j = (j + o) | 0
    e ^= j
    e = (e << 12) | (e >>> 20)
    d = (d + e) | 0
    o ^= d
    o = (o << 8) | (o >>> 24)
    j = (j + o) | 0
    e ^= j
    e = (e << 7) | (e >>> 25)
  }
  out[0] = (a + 0x61707865) | 0
  out[1] = (b + 0x3320646e) | 0
  out[2] = (c + 0x79622d32) | 0
  out[3] = (d + 0x6b206574) | 0
  out[4] = (e + k0) | 0
  out[5] = (f + k1) | 0
  out[6] = (g + k2) | 0
  out[7] = (h + k3) | 0
  out[8] = (i + k4) | 0
  out[9] = (j + k5) | 0
  out[10] = (k + k6) | 0
  out[11] = (l + k7) | 0
  out[12] = (m + n0) | 0
  out[13] = (n + n1) | 0
  out[14] = (o + n2) | 0
  out[15] = (p + n3) | 0
}

/** "arqon spsa signs v1....": what keeps these draws apart from any other use of the same seed. */
const DOMAIN = [0x6f717261, 0x7073206e, 0x73206173, 0x736e6769, 0x00317620, 0]

/** A drawer of signs with its own scratch words, so that drawing allocates nothing. */
export class SignDraw {
  private readonly key = new Uint32Array(8)
  private readonly words = new Uint32Array(16)

  /** @param seed integer from 0 to 2^53 - 1 */
  constructor(seed: number) {
    this.key[0] = seed % TWO_32
    this.key[1] = Math.floor(seed / TWO_32)
    for (let i = 0; i < DOMAIN.length; i++) this.key[2 + i] = DOMAIN[i]
  }

  /**
   * Writes n signs (+1 or -1) for one cycle and says which side is read first: +1 the plus side, -1 the minus side.
   * The first bit of the block decides the order, bit 1 + i the sign of knob i.
   *
   * @param cycle integer from 0 to 2^53 - 1
   */
  draw(cycle: number, n: number, out: Float64Array, outOffset: number): number {
    const words = this.words
    const low = cycle % TWO_32
    const high = (cycle - low) / TWO_32
    chacha8Block(this.key, 0, 0, low, high, words)
    let block = 0
    let bit = 0
    let word = words[0] | 0
    const first = ((word & 1) << 1) - 1
    for (let i = 0; i < n; i++) {
      bit++
      word >>= 1
      if ((bit & 31) === 0) {
        if (bit === BLOCK_BITS) {
          block++
          bit = 0
          chacha8Block(this.key, block, 0, low, high, words)
        }
        word = words[bit >>> 5] | 0
      }
      out[outOffset + i] = ((word & 1) << 1) - 1
    }
    return first
  }
}

/** The signs of one cycle as a free function; returns +1 when the plus side is read first. Pure in (seed, cycle). */
export function drawSigns(seed: number, cycle: number, n: number, out: Float64Array): number {
  return new SignDraw(seed).draw(cycle, n, out, 0)
}
