/**
 * What a graph is and what a memory holds, in a few characters, the same in every engine: for journals, for a catalogue that must not
 * hold one block under two names, and for the check that nobody wrote where he should not.
 */
import type { Attributes, Node } from "./ir.ts"

/**
 * The digest of a graph: SHA-256 of its operators, shapes, attributes and connections, as 64 hexadecimal digits. Names and scopes do
 * not count, and of owners only which nodes share one: the same block is the same in any socket.
 */
export function irDigest(nodes: ReadonlyArray<Node>): string {
  const places = new Map(nodes.map((node, place) => [node, place]))
  const owners = [...new Set(nodes.map(({ owner }) => owner))]
  const rows = nodes.map(({ op, inputs, shape, attributes, owner }) => [
    op,
    inputs.map((input) => places.get(input) ?? -1),
    shape,
    sorted(attributes),
    owners.indexOf(owner),
  ])
  return sha256(JSON.stringify(rows))
}

const sorted = (attributes: Attributes): ReadonlyArray<unknown> =>
  Object.keys(attributes)
    .filter((name) => name !== "name")
    .toSorted()
    .map((name) => [name, attributes[name]])

const HIGH = 0xcbf29ce4
const LOW = 0x84222325
const PRIME_LOW = 0x1b3

/**
 * FNV-1a over words, with 64 bits of state (Fowler, Noll, Vo): low word, then high word into `out`. The SIMD module's `hash` gives the
 * same. It finds accidents; it withstands nobody who looks for a collision.
 */
export function hashWords(u32: Uint32Array, from: number, count: number, out: Uint32Array): void {
  let high = HIGH
  let low = LOW
  for (let i = from; i < from + count; i++) {
    low = (low ^ u32[i]) >>> 0
    // Times 2^40 + 0x1b3; a product with the small factor has at most 41 bits.
    const product = low * PRIME_LOW
    high = (Math.imul(high, PRIME_LOW) + Math.floor(product / 4294967296) + (low << 8)) >>> 0
    low = product >>> 0
  }
  out[0] = low
  out[1] = high
}

/** The first 32 bits of the fractional parts of the cube roots, or square roots, of the first primes. */
const fraction = (root: number): number => Math.floor((root - Math.floor(root)) * 4294967296)

function primes(count: number): ReadonlyArray<number> {
  const found: Array<number> = []
  for (let n = 2; found.length < count; n++) if (found.every((p) => n % p !== 0)) found.push(n)
  return found
}

/** FIPS 180-4, of a text in UTF-8. Node's own is not in browsers, and that of browsers answers later. */
export function sha256(text: string): string {
  const bytes = new TextEncoder().encode(text)
  const padded = new Uint8Array((((bytes.length + 8) >> 6) + 1) << 6)
  padded.set(bytes)
  padded[bytes.length] = 0x80
  const view = new DataView(padded.buffer)
  view.setUint32(padded.length - 8, Math.floor(bytes.length / 536870912))
  view.setUint32(padded.length - 4, bytes.length << 3)
  const state = Uint32Array.from(primes(8), (p) => fraction(Math.sqrt(p)))
  const constants = Uint32Array.from(primes(64), (p) => fraction(Math.cbrt(p)))
  const w = new Uint32Array(64)
  const rotated = (x: number, by: number): number => (x >>> by) | (x << (32 - by))
  for (let block = 0; block < padded.length; block += 64) {
    for (let i = 0; i < 16; i++) w[i] = view.getUint32(block + 4 * i)
    for (let i = 16; i < 64; i++) {
      const a = w[i - 15]
      const b = w[i - 2]
      w[i] =
        w[i - 16] +
        (rotated(a, 7) ^ rotated(a, 18) ^ (a >>> 3)) +
        w[i - 7] +
        (rotated(b, 17) ^ rotated(b, 19) ^ (b >>> 10))
    }
    const s = state.slice()
    for (let i = 0; i < 64; i++) {
      const [a, b, c, , e, f, g] = s
      const first =
        s[7] + (rotated(e, 6) ^ rotated(e, 11) ^ rotated(e, 25)) + ((e & f) ^ (~e & g)) + constants[i] + w[i]
      const second = (rotated(a, 2) ^ rotated(a, 13) ^ rotated(a, 22)) + ((a & b) ^ (a & c) ^ (b & c))
      s.copyWithin(1, 0, 7)
      s[4] += first
      s[0] = first + second
    }
    for (let i = 0; i < 8; i++) state[i] += s[i]
  }
  return [...state].map((word) => word.toString(16).padStart(8, "0")).join("")
}
