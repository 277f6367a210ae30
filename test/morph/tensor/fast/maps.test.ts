/** Kernels that look at each number alone: the same bits as one number at a time, and nothing written beside. */
import * as fc from "fast-check"
import { describe, it } from "vitest"
import { Code, type KernelName } from "../../../../src/morph/tensor/fast/Code.ts"
import { cos, exp, log, sigmoid, sin, tanh } from "../../../../src/morph/tensor/functions.ts"
import { bits, clear, expectWrites, f, numbersFrom, put } from "./rig.ts"

const runs = { numRuns: 60 }
const seed = fc.nat(2 ** 31 - 1)
/** Every tail, and enough for several rounds. */
const size = fc.integer({ min: 1, max: 23 })
const shift = fc.nat(7)

const S = f(0.7978845608028654)
const C = f(0.044715)
const inner = (v: number): number => tanh(f(S * f(v + f(f(f(C * v) * v) * v))))
const geluSlope = (v: number): number => {
  const t = inner(v)
  const slope = f(S * f(1 + f(f(f(3 * 0.044715) * v) * v)))
  return f(f(0.5 * f(1 + t)) + f(f(f(0.5 * v) * f(1 - f(t * t))) * slope))
}
const siluSlope = (v: number): number => {
  const s = sigmoid(v)
  return f(s + f(f(v * s) * f(1 - s)))
}

const FORWARD: Readonly<Record<string, (v: number) => number>> = {
  relu: (v) => Math.max(v, 0),
  tanhOf: tanh,
  sigmoidOf: sigmoid,
  silu: (v) => f(v * sigmoid(v)),
  gelu: (v) => f(f(0.5 * v) * f(1 + inner(v))),
  sinOf: sin,
  expOf: exp,
  logOf: log,
}

/** The share of a gradient d, by the input or output v. */
const BACKWARD: Readonly<Record<string, (v: number, d: number) => number>> = {
  reluBack: (v, d) => (v > 0 ? d : f(v * d)),
  tanhBack: (v, d) => f(d * f(1 - f(v * v))),
  sigmoidBack: (v, d) => f(f(d * v) * f(1 - v)),
  siluBack: (v, d) => f(d * siluSlope(v)),
  geluBack: (v, d) => f(d * geluSlope(v)),
  sinBack: (v, d) => f(d * cos(v)),
  expBack: (v, d) => f(d * v),
  addProduct: (v, d) => f(d * v),
}

const TWO: Readonly<Record<string, (v: number, w: number) => number>> = {
  add: (v, w) => f(v + w),
  subtract: (v, w) => f(v - w),
  multiply: (v, w) => f(v * w),
}

type Three = (code: Code, y: number, x: number, n: number) => Code
type Five = (code: Code, dx: number, g: number, v: number, n: number, keep: number) => Code
type Four = (code: Code, y: number, a: number, b: number, n: number) => Code
const three =
  (kernel: string): Three =>
  (code, ...rest) =>
    code.add(kernel as "relu", ...rest)
const five =
  (kernel: string): Five =>
  (code, ...rest) =>
    code.add(kernel as "reluBack", ...rest)
const four =
  (kernel: string): Four =>
  (code, ...rest) =>
    code.add(kernel as KernelName & "add", ...rest)

describe.each(Object.entries(FORWARD))("%s", (kernel, one) => {
  it("gives the bits of its definition for each number, NaN and infinities in every lane", () => {
    fc.assert(
      fc.property(seed, size, shift, (seed, n, by) => {
        clear(by)
        const x = numbersFrom(seed, n, true)
        const [at, y] = [put(x), put(new Float32Array(n))]
        expectWrites(three(kernel)(new Code(), y, at, n), [y, x.map(one)])
      }),
      runs,
    )
  })
})

describe.each(Object.entries(BACKWARD))("%s", (kernel, share) => {
  it("adds its share to what is there, or to 0 where it is the first, and hides no NaN of the gradient", () => {
    fc.assert(
      fc.property(seed, size, shift, fc.boolean(), (seed, n, by, first) => {
        clear(by)
        const [v, d] = [numbersFrom(seed, n, true), numbersFrom(seed + 1, n, true)]
        const before = numbersFrom(seed + 2, n, first)
        const [dx, g, at] = [put(before), put(d), put(v)]
        expectWrites(five(kernel)(new Code(), dx, g, at, n, first ? 0 : -1), [
          dx,
          before.map((b, i) => f((first ? 0 : b) + share(v[i], d[i]))),
        ])
      }),
      runs,
    )
  })
})

describe.each(Object.entries(TWO))("%s", (kernel, one) => {
  it("gives the bits of its definition, also where the result is an operand", () => {
    fc.assert(
      fc.property(seed, size, shift, fc.boolean(), (seed, n, by, inPlace) => {
        clear(by)
        const [a, b] = [numbersFrom(seed, n, true), numbersFrom(seed + 1, n, true)]
        const [left, right] = [put(a), put(b)]
        const y = inPlace ? left : put(new Float32Array(n))
        expectWrites(four(kernel)(new Code(), y, left, right, n), [y, a.map((v, i) => one(v, b[i]))])
      }),
      runs,
    )
  })
})

describe("the kernels that move and scale", () => {
  it("copy, fill, scale and add exactly their numbers", () => {
    fc.assert(
      fc.property(seed, size, shift, (seed, n, by) => {
        const [x, before] = [numbersFrom(seed, n, true), numbersFrom(seed + 1, n)]
        const begin = (): [number, number] => {
          clear(by)
          return [put(before), put(x)]
        }
        let [y, at] = begin()
        expectWrites(new Code().add("copy", y, at, n), [y, x])
        ;[y, at] = begin()
        expectWrites(new Code().add("fill", y, n, bits(0.75)), [y, x.map(() => 0.75)])
        ;[y, at] = begin()
        expectWrites(new Code().add("scale", y, at, n, bits(1.7)), [y, x.map((v) => f(1.7) * v)])
        ;[y, at] = begin()
        expectWrites(new Code().add("addScaled", y, at, n, bits(1.7), -1), [
          y,
          x.map((v, i) => before[i] + f(f(1.7) * v)),
        ])
      }),
      runs,
    )
  })
})
