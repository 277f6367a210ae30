/** A NaN or an infinity that goes in has to be seen: in the result, and in the gradient that comes back. */
import { describe, expect, it } from "vitest"
import { Arena } from "../../../src/morph/tensor/Arena.ts"
import { FastPlan } from "../../../src/morph/tensor/fast/FastPlan.ts"
import { type Node, sizeOf } from "../../../src/morph/tensor/ir.ts"
import { Program } from "../../../src/morph/tensor/Program.ts"
import { type Plan, ReferencePlan } from "../../../src/morph/tensor/ReferencePlan.ts"
import { type Built, build, CASES, type Case } from "./cases.ts"

const WAYS = [
  ["reference", ReferencePlan],
  ["fast", FastPlan],
] as const

interface Outcome {
  readonly result: Float32Array
  readonly gradients: ReadonlyArray<Float32Array>
  /** The whole memory afterwards. */
  readonly words: () => Uint32Array
}

/** Runs a case with one number of one input, or of the weights of the loss, replaced. */
function run(Way: new (program: Program, arena: Arena) => Plan, one: Case, change?: Change): Outcome {
  const { node, loss, by, given }: Built = build(one)
  const arena = Arena.make()
  const plan = new Way(new Program({ loss, wrt: by, outputs: [node, ...by] }), arena)
  for (const [input, values] of given) arena.views.f32.set(values, plan.offset(input))
  if (change !== undefined) {
    const node = [...given.keys()].find(({ where }) => where === change.input) as Node
    const [from, to] = change.index === ALL ? [0, sizeOf(node.shape)] : [change.index, change.index + 1]
    arena.views.f32.fill(change.value, plan.offset(node) + from, plan.offset(node) + to)
  }
  plan.forward()
  plan.backward()
  const read = (at: number, target: Node): Float32Array =>
    arena.views.f32.slice(at, at + sizeOf(target.shape))
  return {
    result: read(plan.offset(node), node),
    gradients: by.map((input) => read(plan.gradient(input), input)),
    words: () => arena.views.u32.slice(),
  }
}

const ALL = -1

interface Change {
  readonly input: string
  /** Which number of it, or ALL. */
  readonly index: number
  readonly value: number
}

/** The first and the last number of each input, and one between: a window holds a number at its beginning, or later. */
const inputsOf = ({ inputs }: Case): ReadonlyArray<Change> =>
  inputs.flatMap(([shape], i) =>
    [0, 0.6, 1].map((share) => ({
      input: `input${i}`,
      index: Math.floor(share * (sizeOf(shape) - 1)),
      value: Number.NaN,
    })),
  )

const isOdd = (x: number): boolean => !Number.isFinite(x)

/** The changes of numbers that the result depends on: windows that skip places read some never. */
function changesOf(Way: (typeof WAYS)[number][1], one: Case): ReadonlyArray<Change> {
  const usual = run(Way, one).result
  return inputsOf(one).filter((change) =>
    run(Way, one, { ...change, value: 50 }).result.some((y, i) => y !== usual[i]),
  )
}

describe.each(WAYS)("in the %s way", (_, Way) => {
  it.each(CASES)("a NaN that goes into $name comes out", (one) => {
    const changes = changesOf(Way, one)
    expect(changes.length).toBeGreaterThan(0)
    for (const change of changes) expect(run(Way, one, change).result.some(Number.isNaN)).toBe(true)
  })

  it.each(CASES)("an infinity that goes into $name comes out, as NaN or infinity or at its limit", (one) => {
    // Where a function has a limit, an infinity has a finite result.
    const limited = [
      "tanh",
      "sigmoid",
      "softmax",
      "exp",
      "relu",
      "silu",
      "gelu",
      "maxPool",
      "globalMax",
      "crossEntropy",
    ]
    for (const change of changesOf(Way, one)) {
      for (const value of [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]) {
        const { result } = run(Way, one, { ...change, value })
        if (result.some(isOdd)) continue
        expect(limited).toContain(one.op)
        const large = run(Way, one, { ...change, value: Math.sign(value) * 1e4 }).result
        expect(result).toEqual(large)
      }
    }
  })

  it.each(CASES.filter(({ op }) => op !== "stop"))(
    "a NaN gradient that comes back to $name goes on",
    (one) => {
      const weights = { input: "weights", index: ALL, value: Number.NaN }
      const { node, by } = build(one)
      // The gradient of a loss is its own; its labels and logits stand for it above.
      if (node.shape.length === 0) return
      const { gradients } = run(Way, one, weights)
      by.forEach((input, i) => {
        if (input.where !== "weights") expect(gradients[i].some(Number.isNaN)).toBe(true)
      })
    },
  )
})

describe.each(WAYS)("a label that is no class, in the %s way,", (_, Way) => {
  it.each([-1, 3, 0.5, Number.NaN, 1e30])("gives NaN and reads nothing else: %d", (label) => {
    const one = CASES.find(({ op }) => op === "crossEntropy") as Case
    const { result, gradients } = run(Way, one, { input: "input1", index: 2, value: label })
    expect(result[0]).toBeNaN()
    // Three logits of the row with that label.
    expect(gradients[0].map((g) => (Number.isNaN(g) ? 1 : 0))).toEqual(
      Float32Array.of(0, 0, 0, 0, 0, 0, 1, 1, 1, 0, 0, 0),
    )
  })
})

describe.each(WAYS)("an index that names no row, in the %s way,", (_, Way) => {
  it.each([-1, 5, 1.5, Number.NaN, 1e30])("gives NaN for that row: %d", (index) => {
    const one = CASES.find(({ op }) => op === "embedding") as Case
    const { result } = run(Way, one, { input: "input1", index: 1, value: index })
    expect([...result].map(Number.isNaN)).toEqual(Array.from({ length: 24 }, (_, i) => i >= 3 && i < 6))
  })

  it("adds that row's gradient nowhere", () => {
    const one = CASES.find(({ op }) => op === "embedding") as Case
    const { given } = build(one)
    const [, indices, weights] = [...given.values()]
    const expected = new Float32Array(15)
    indices.forEach((row, i) => {
      if (i !== 1) for (let j = 0; j < 3; j++) expected[row * 3 + j] += weights[i * 3 + j] / 24
    })
    const change = { input: "input1", index: 1 }
    const words = run(Way, one, { ...change, value: Number.NaN }).words()
    for (const value of [-1, 5, 6, 1.5, -1e30]) {
      const seen = run(Way, one, { ...change, value })
      seen.gradients[0].forEach((g, i) => expect(g).toBeCloseTo(expected[i], 6))
      // The index itself is all that differs.
      expect(seen.words().filter((word, i) => word !== words[i])).toHaveLength(1)
    }
  })
})
