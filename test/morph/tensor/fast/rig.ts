/**
 * A memory for one kernel. Every word of it that is no operand is a NaN of its own, so a number that was read beside an operand shows
 * in the result, and one that was written there is found.
 */
import { expect } from "vitest"
import type { Code } from "../../../../src/morph/tensor/fast/Code.ts"
import { kernelsOver } from "../../../../src/morph/tensor/fast/kernels.ts"

export const f = Math.fround

const WORDS = 16384
const BESIDE = 0x7fc0dead
const memory = new WebAssembly.Memory({ initial: 1, maximum: 1, shared: true })
const run = kernelsOver(memory)
const f32 = new Float32Array(memory.buffer)
const u32 = new Uint32Array(memory.buffer)
const PROGRAM = 15_000
let next = 0

const bitsOf = new Float32Array(1)
const bitsWord = new Int32Array(bitsOf.buffer)
export function bits(value: number): number {
  bitsOf[0] = value
  return bitsWord[0]
}

/** A word from a seed and a count (Steele et al., 2014: the finaliser of SplitMix, on 32 bits). */
function word(seed: number, count: number): number {
  let x = (seed ^ Math.imul(count + 1, 0x9e3779b9)) >>> 0
  x = Math.imul(x ^ (x >>> 16), 0x85ebca6b)
  x = Math.imul(x ^ (x >>> 13), 0xc2b2ae35)
  return (x ^ (x >>> 16)) >>> 0
}

const ODD = [
  Number.NaN,
  Number.POSITIVE_INFINITY,
  Number.NEGATIVE_INFINITY,
  0,
  -0,
  3e38,
  -3e38,
  1e-40,
  88.8,
  -104.5,
]

/** Numbers from -4 to 4; with `odd`, one in five is one that arithmetic treats in its own way, in every lane. */
export function numbersFrom(seed: number, size: number, odd = false): Float32Array {
  return Float32Array.from({ length: size }, (_, i) => {
    const w = word(seed, i)
    return odd && w % 5 === 0 ? ODD[(w >>> 8) % ODD.length] : w / 2 ** 29 - 4
  })
}

/** Begins anew. `by` moves every operand, so that none is aligned to more than a word. */
export function clear(by: number): void {
  u32.fill(BESIDE)
  next = 16 + by
}

/** Writes an operand; its address in bytes. */
export function put(values: ArrayLike<number>): number {
  const at = next
  f32.set(values, at)
  next += values.length + 9
  return at * 4
}

/** Runs the instructions, and checks that the words at `address` are `expected` and no other word has changed. */
export function expectWrites(
  code: Code,
  ...outputs: ReadonlyArray<readonly [address: number, expected: ArrayLike<number>]>
): void {
  expect(next).toBeLessThan(PROGRAM)
  const end = code.writeTo(memory, PROGRAM * 4)
  const before = u32.slice()
  run(PROGRAM * 4, end)
  for (const [address, expected] of outputs) {
    const found = f32.subarray(address / 4, address / 4 + expected.length)
    for (let i = 0; i < expected.length; i++)
      if (!Object.is(found[i], f(expected[i])))
        expect.fail(`number ${i} is ${found[i]}, not ${f(expected[i])}: ${Array.from(found).join(" ")}`)
    before.set(u32.subarray(address / 4, address / 4 + expected.length), address / 4)
  }
  for (let i = 0; i < WORDS; i++)
    if (u32[i] !== before[i]) expect.fail(`word ${i} beside the result has changed`)
}

/** Four sums side by side, then (0 + 1) + (2 + 3): the order of sums along a row. */
export function rowSum(values: ArrayLike<number>): number {
  const s = new Float32Array(4)
  for (let i = 0; i < values.length; i++) s[i & 3] += values[i]
  return f(f(s[0] + s[1]) + f(s[2] + s[3]))
}
