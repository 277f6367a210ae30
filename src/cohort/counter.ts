/**
 * Chance by counter: a draw is a pure function of what it is for, so that any process which knows the numbers knows the draw. Needed
 * for roles, which an owner, its gateways and a replay must agree on.
 */

/** FNV-1a, 32 bits: offset basis and prime (Fowler, Noll, Vo). */
const BASIS = 0x811c9dc5
const PRIME = 0x01000193

/** Names and whole numbers that a draw is for. */
export type Counters = ReadonlyArray<string | number>

/** A draw of 32 bits. */
export function drawAt(counters: Counters): number {
  let h = BASIS
  for (const counter of counters) {
    if (typeof counter === "string") {
      for (let i = 0; i < counter.length; i++) h = Math.imul(h ^ counter.charCodeAt(i), PRIME)
    } else {
      h = Math.imul(h ^ (counter | 0), PRIME)
      h = Math.imul(h ^ (Math.floor(counter / 2 ** 32) | 0), PRIME)
    }
    // Between two counters, so that "a", "b" is not "ab".
    h = finish(h ^ 0x9e3779b9)
  }
  return h >>> 0
}

/** MurmurHash3's finaliser: every bit of the input reaches every bit of the output. */
function finish(h: number): number {
  let x = h ^ (h >>> 16)
  x = Math.imul(x, 0x85ebca6b)
  x ^= x >>> 13
  x = Math.imul(x, 0xc2b2ae35)
  return x ^ (x >>> 16)
}
