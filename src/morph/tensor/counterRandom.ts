/**
 * Words drawn by counting: each is a pure function of a seed, a stream and a count, so there is no generator to save or restore, and no
 * draw of one owner moves another's. ChaCha with eight rounds (Bernstein, 2008), checked against its published vectors.
 */

/** "arqon tensor draws v1...": keeps these draws apart from any other use of the same seed. */
const DOMAIN = [0x6f717261, 0x6574206e, 0x726f736e, 0x61726420, 0x76207377, 0x31]

function quarter(w: Uint32Array, a: number, b: number, c: number, d: number): void {
  w[a] += w[b]
  w[d] = ((w[d] ^ w[a]) << 16) | ((w[d] ^ w[a]) >>> 16)
  w[c] += w[d]
  w[b] = ((w[b] ^ w[c]) << 12) | ((w[b] ^ w[c]) >>> 20)
  w[a] += w[b]
  w[d] = ((w[d] ^ w[a]) << 8) | ((w[d] ^ w[a]) >>> 24)
  w[c] += w[d]
  w[b] = ((w[b] ^ w[c]) << 7) | ((w[b] ^ w[c]) >>> 25)
}

/** One block: sixteen words from sixteen; words 4 to 11 of the state are the key, 12 and 13 the count, 14 and 15 the nonce. */
export function chacha8(state: Uint32Array, out: Uint32Array): void {
  out.set(state)
  for (let round = 0; round < 4; round++) {
    for (let i = 0; i < 4; i++) quarter(out, i, 4 + i, 8 + i, 12 + i)
    for (let i = 0; i < 4; i++) quarter(out, i, 4 + ((i + 1) & 3), 8 + ((i + 2) & 3), 12 + ((i + 3) & 3))
  }
  for (let i = 0; i < 16; i++) out[i] += state[i]
}

const state = new Uint32Array(16)
state.set([0x61707865, 0x3320646e, 0x79622d32, 0x6b206574])
state.set(DOMAIN, 6)

/**
 * Block `block` of sixteen words of a stream.
 *
 * @param seedLow low word of the seed; the seed is the owner's
 * @param stream which tensor or dropout of the owner
 * @param step which optimiser step
 */
export function drawWords(
  seedLow: number,
  seedHigh: number,
  stream: number,
  step: number,
  block: number,
  out: Uint32Array,
): void {
  state[4] = seedLow
  state[5] = seedHigh
  state[12] = block
  state[13] = 0
  state[14] = stream
  state[15] = step
  chacha8(state, out)
}
