/** The fast plan beside the reference: the same graph, parameters and inputs in an arena each. */
import * as fc from "fast-check"
import { describe, expect, it } from "vitest"
import { Arena } from "../../../../src/morph/tensor/Arena.ts"
import { FastPlan } from "../../../../src/morph/tensor/fast/FastPlan.ts"
import { fastUpdates } from "../../../../src/morph/tensor/fast/fastUpdates.ts"
import { Graph } from "../../../../src/morph/tensor/Graph.ts"
import { type Node, sizeOf } from "../../../../src/morph/tensor/ir.ts"
import { Optimiser, type OptimiserOptions } from "../../../../src/morph/tensor/optimisers.ts"
import { Program } from "../../../../src/morph/tensor/Program.ts"
import { type Plan, ReferencePlan } from "../../../../src/morph/tensor/ReferencePlan.ts"
import { numbersFrom } from "./rig.ts"

const ACTIVATIONS = ["relu", "tanh", "sigmoid", "silu", "gelu", "sin"]

interface Case {
  readonly graph: Graph
  readonly inputs: ReadonlyArray<readonly [Node, Float32Array]>
  readonly loss: Node
}

/** Two layers with a branch around the second, so that a gradient comes from two sides. */
function classifier(seed: number, rows: number, units: number, classes: number, activation: string): Case {
  const graph = new Graph()
  const x = graph.input("x", [rows, 3])
  const labels = graph.input("labels", [rows])
  const layer = (name: string, from: Node, outs: number): Node => {
    const scope = graph.scope(name)
    const weights = scope.parameter("weights", [from.shape[1], outs], { initial: "he" })
    return scope.apply("dense", [from, weights, scope.parameter("bias", [outs], { initial: "ones" })])
  }
  const hidden = graph.apply(activation, [layer("a", x, units)])
  const mixed = graph.apply("add", [hidden, graph.apply("tanh", [layer("b", hidden, units)])])
  const loss = graph.apply("crossEntropy", [layer("c", mixed, classes), labels])
  const own = Float32Array.from(numbersFrom(seed + 1, rows), (v) => Math.floor(((v + 4) / 8) * classes))
  return {
    graph,
    loss,
    inputs: [
      [x, numbersFrom(seed, rows * 3)],
      [labels, own],
    ],
  }
}

const made = (
  { graph, loss, inputs }: Case,
  kind: typeof FastPlan | typeof ReferencePlan,
  shared = false,
): { readonly arena: Arena; readonly plan: Plan } => {
  const arena = Arena.make({ shared })
  arena.append(0, graph.parametersOf(0), 5)
  const plan = new kind(new Program({ loss, train: [0] }), arena)
  for (const [node, values] of inputs) arena.views.f32.set(values, plan.offset(node))
  return { arena, plan }
}

const numbers = (arena: Arena, at: number, size: number): ReadonlyArray<number> =>
  Array.from(arena.views.f32.subarray(at, at + size))

/** Largest difference, in parts of the largest number, or of .1: below, rounding of the summands is what remains. */
const apart = (a: ReadonlyArray<number>, b: ReadonlyArray<number>): number => {
  const scale = Math.max(0.1, ...b.map(Math.abs))
  return Math.max(...a.map((v, i) => Math.abs(v - b[i]) / scale))
}

describe("a fast plan", () => {
  it("gives the reference's values and gradients to 1e-5", () => {
    const small = fc.integer({ min: 1, max: 9 })
    fc.assert(
      fc.property(
        fc.nat(1e6),
        small,
        small,
        fc.integer({ min: 2, max: 11 }),
        fc.constantFrom(...ACTIVATIONS),
        (...given) => {
          const one = classifier(...given)
          const [fast, reference] = [made(one, FastPlan), made(one, ReferencePlan)]
          for (const { plan } of [fast, reference]) {
            plan.forward()
            plan.backward()
          }
          for (const node of one.graph.nodes) {
            const of = ({ arena }: typeof fast, at: number): ReadonlyArray<number> =>
              numbers(arena, at, sizeOf(node.shape))
            expect(
              apart(of(fast, fast.plan.offset(node)), of(reference, reference.plan.offset(node))),
            ).toBeLessThan(1e-5)
            const gradient = fast.plan.gradient(node)
            expect(gradient >= 0).toBe(reference.plan.gradient(node) >= 0)
            if (gradient >= 0)
              expect(apart(of(fast, gradient), of(reference, reference.plan.gradient(node)))).toBeLessThan(
                1e-5,
              )
          }
        },
      ),
      { numRuns: 60 },
    )
  })

  const rules: ReadonlyArray<OptimiserOptions> = [
    { rule: "adam", learningRate: 0.01 },
    { rule: "sgd", learningRate: 0.05, momentum: 0.9 },
    { rule: "sgd", learningRate: 0.5, clip: 0.1 },
  ]
  it.each(rules)("learns as the reference does with %o", (options) => {
    const one = classifier(3, 16, 7, 3, "tanh")
    const [fast, reference] = [made(one, FastPlan), made(one, ReferencePlan)]
    const own = new Optimiser(options, fastUpdates(fast.arena))
    const plain = new Optimiser(options)
    const losses: Array<number> = []
    for (let step = 0; step < 60; step++) {
      for (const [{ arena, plan }, optimiser] of [[fast, own] as const, [reference, plain] as const]) {
        plan.forward()
        plan.backward()
        optimiser.step(arena, 0)
      }
      const [a] = numbers(fast.arena, fast.plan.offset(one.loss), 1)
      const [b] = numbers(reference.arena, reference.plan.offset(one.loss), 1)
      expect(Math.abs(a - b) / b).toBeLessThan(1e-4)
      losses.push(a)
    }
    expect(losses[59]).toBeLessThan(losses[0] / 2)
  })

  it("gives the same bits over shared and over plain memory", () => {
    const one = classifier(8, 33, 13, 5, "gelu")
    const [plain, shared] = [false, true].map((shared) => {
      const { arena, plan } = made(one, FastPlan, shared)
      const optimiser = new Optimiser({ rule: "adam", learningRate: 0.01 }, fastUpdates(arena))
      for (let step = 0; step < 20; step++) {
        plan.forward()
        plan.backward()
        optimiser.step(arena, 0)
      }
      return arena.snapshot(0)
    })
    expect(shared).toEqual(plain)
  })

  it("passes NaN and infinity of a parameter on to the loss and to the gradients", () => {
    for (const [activation, value] of ACTIVATIONS.flatMap((name) =>
      [Number.NaN, Number.POSITIVE_INFINITY].map((v) => [name, v] as const),
    )) {
      const one = classifier(4, 5, 6, 3, activation)
      const { arena, plan } = made(one, FastPlan)
      arena.views.f32[arena.slice(0).parameters + 2] = value
      plan.forward()
      plan.backward()
      const weights = one.graph.parametersOf(0)[0]
      const gradients = numbers(arena, plan.gradient(weights), sizeOf(weights.shape))
      const [loss] = numbers(arena, plan.offset(one.loss), 1)
      // An infinity may end in a saturated activation, as in exact arithmetic; it then is what the reference has.
      const reference = made(one, ReferencePlan)
      reference.arena.views.f32[reference.arena.slice(0).parameters + 2] = value
      reference.plan.forward()
      reference.plan.backward()
      const expected = numbers(reference.arena, reference.plan.gradient(weights), sizeOf(weights.shape))
      expect(gradients.map(Number.isFinite)).toEqual(expected.map(Number.isFinite))
      if (Number.isNaN(value)) expect(loss).toBeNaN()
    }
  })

  it("takes one block of an arena for all its optimisers", () => {
    const arena = Arena.make()
    const first = fastUpdates(arena)
    const next = arena.reserve(4)
    arena.release(next)
    expect(fastUpdates(arena)).toBe(first)
    expect(arena.reserve(4)).toBe(next)
  })

  it("gives its memory back", () => {
    const one = classifier(1, 4, 4, 2, "relu")
    const { arena, plan } = made(one, FastPlan)
    const before = plan.offset(one.loss)
    plan.release()
    const again = new FastPlan(new Program({ loss: one.loss, train: [0] }), arena)
    expect(again.offset(one.loss)).toBe(before)
  })
})
