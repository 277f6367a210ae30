import fc from "fast-check"
import { describe, expect, it } from "vitest"
import { Arena } from "../../../src/morph/tensor/Arena.ts"
import { fastUpdates } from "../../../src/morph/tensor/fast/fastUpdates.ts"
import { Graph } from "../../../src/morph/tensor/Graph.ts"
import { HEAD_STEP } from "../../../src/morph/tensor/ir.ts"
import {
  NORM,
  Optimiser,
  type OptimiserOptions,
  REFERENCE_UPDATES,
} from "../../../src/morph/tensor/optimisers.ts"

const started = (size: number, owner = 0): Arena => {
  const graph = new Graph().scope("layer", owner)
  graph.parameter("w", [size], { initial: "zeros" })
  const arena = Arena.make()
  arena.append(owner, graph.parametersOf(owner), 1)
  return arena
}

const put = (arena: Arena, part: "parameters" | "gradients", values: ArrayLike<number>): void =>
  arena.views.f32.set(values, arena.slice(0)[part])

const parameters = (arena: Arena, size: number): Float32Array =>
  arena.views.f32.slice(arena.slice(0).parameters, arena.slice(0).parameters + size)

/** Adam as the paper writes it, in double precision throughout. */
function adam(start: number, gradients: ReadonlyArray<number>, rate: number): number {
  let [theta, m, v] = [start, 0, 0]
  gradients.forEach((g, i) => {
    const t = i + 1
    m = 0.9 * m + (1 - 0.9) * g
    v = 0.999 * v + (1 - 0.999) * g ** 2
    const mHat = m / (1 - 0.9 ** t)
    const vHat = v / (1 - 0.999 ** t)
    theta -= (rate * mHat) / (Math.sqrt(vHat) + 1e-8)
  })
  return theta
}

const gradient = fc.double({ min: -10, max: 10, noNaN: true }).map((x) => Math.fround(x))

describe("Adam", () => {
  it("moves every parameter by the rate at its first step, whatever the gradient", () => {
    // By hand: mHat / sqrt(vHat) is the gradient's sign.
    const arena = started(3)
    put(arena, "gradients", [1000, -1e-3, 0.5])
    new Optimiser({ rule: "adam", learningRate: 0.25 }).step(arena, 0)
    for (const [i, expected] of [-0.25, 0.25, -0.25].entries())
      expect(parameters(arena, 3)[i]).toBeCloseTo(expected, 5)
  })

  it("follows the paper's algorithm", () => {
    fc.assert(
      fc.property(fc.array(gradient, { minLength: 1, maxLength: 30 }), gradient, (gradients, start) => {
        const arena = started(1)
        put(arena, "parameters", [start])
        const optimiser = new Optimiser({ rule: "adam", learningRate: 0.01 })
        for (const g of gradients) {
          put(arena, "gradients", [g])
          optimiser.step(arena, 0)
        }
        // Each step rounds a number of at most 10.3 and two moments.
        const error = Math.abs(parameters(arena, 1)[0] - adam(start, gradients, 0.01))
        expect(error).toBeLessThanOrEqual(gradients.length * (2 ** -20 + 0.01 * 2 ** -18))
      }),
    )
  })
})

describe("SGD", () => {
  it("adds up momentum, by hand", () => {
    const arena = started(2)
    const optimiser = new Optimiser({ rule: "sgd", learningRate: 0.5, momentum: 0.5 })
    put(arena, "parameters", [1, 1])
    put(arena, "gradients", [1, -2])
    optimiser.step(arena, 0)
    expect([...parameters(arena, 2)]).toEqual([0.5, 2])
    // v = .5 * 1 + 1 = 1.5 and .5 * -2 - 2 = -3.
    optimiser.step(arena, 0)
    expect([...parameters(arena, 2)]).toEqual([-0.25, 3.5])
  })

  it("without momentum goes down the gradient alone", () => {
    const arena = started(1)
    const optimiser = new Optimiser({ rule: "sgd", learningRate: 0.25 })
    for (let step = 0; step < 3; step++) {
      put(arena, "gradients", [1])
      optimiser.step(arena, 0)
    }
    expect(parameters(arena, 1)[0]).toBe(-0.75)
  })
})

describe.each([
  ["reference", () => REFERENCE_UPDATES],
  ["fast", fastUpdates],
])("an optimiser with the %s loops", (_, updatesOf) => {
  const make = (arena: Arena, options: OptimiserOptions): Optimiser =>
    new Optimiser(options, updatesOf(arena))

  it("scales gradients down to the largest norm, and states the norm before", () => {
    const arena = started(2)
    const optimiser = make(arena, { rule: "sgd", learningRate: 1, clip: 2.5 })
    put(arena, "gradients", [3, 4])
    optimiser.step(arena, 0)
    expect(optimiser.cells[NORM]).toBe(5)
    expect([...parameters(arena, 2)]).toEqual([-1.5, -2])
    put(arena, "gradients", [-1.5, -2])
    optimiser.step(arena, 0)
    expect(optimiser.cells[NORM]).toBe(2.5)
    expect([...parameters(arena, 2)]).toEqual([0, 0])
  })

  it.each([Number.NaN, Number.POSITIVE_INFINITY])("lets %d be seen, clipped or not", (odd) => {
    for (const rule of ["sgd", "adam"] as const)
      for (const clip of [1, Number.POSITIVE_INFINITY]) {
        const arena = started(4)
        const optimiser = make(arena, { rule, learningRate: 0.1, clip })
        put(arena, "gradients", [1, odd, 1, 1])
        optimiser.step(arena, 0)
        expect(Number.isFinite(optimiser.cells[NORM])).toBe(false)
        expect([...parameters(arena, 4)].every(Number.isFinite)).toBe(false)
      }
  })

  it("leaves padding zero and counts its steps in the owner's slice", () => {
    const arena = started(5)
    const optimiser = make(arena, { rule: "adam", learningRate: 0.1 })
    put(arena, "gradients", [1, 2, 3, 4, 5])
    optimiser.step(arena, 0)
    optimiser.step(arena, 0)
    const { head, parameters: at, length } = arena.slice(0)
    expect(arena.views.u32[head + HEAD_STEP]).toBe(2)
    for (let part = 0; part < 4; part++)
      expect(arena.views.f32.slice(at + part * length + 5, at + (part + 1) * length)).toEqual(
        new Float32Array(3),
      )
  })

  it("goes on from a snapshot with the same bits", () => {
    const run = (restart: boolean): Uint32Array => {
      const arena = started(3)
      const [first, second] = [
        make(arena, { rule: "adam", learningRate: 0.1 }),
        make(arena, { rule: "adam", learningRate: 0.1 }),
      ]
      put(arena, "gradients", [1, -2, 3])
      first.step(arena, 0)
      const snapshot = arena.snapshot(0)
      if (restart) {
        first.step(arena, 0)
        arena.restore(0, snapshot)
      }
      second.step(arena, 0)
      const { head, words } = arena.slice(0)
      return arena.views.u32.slice(head, head + words)
    }
    expect(run(true)).toEqual(run(false))
  })

  it("takes a new rate at the next step", () => {
    const arena = started(1)
    const optimiser = make(arena, { rule: "sgd", learningRate: 1 })
    put(arena, "gradients", [1])
    optimiser.step(arena, 0)
    optimiser.learningRate = 0.5
    optimiser.step(arena, 0)
    expect(parameters(arena, 1)[0]).toBe(-1.5)
  })
})

describe("an optimiser", () => {
  it.each([
    [{ learningRate: -1 }, "optimiser.learningRate: is -1. Give a number of at least 0."],
    [{ learningRate: Number.NaN }, "optimiser.learningRate: is NaN"],
    [{ momentum: 1 }, "optimiser.momentum: is 1. Give a number from 0 to less than 1."],
    [{ beta1: -0.1 }, "optimiser.beta1: is -0.1"],
    [{ beta2: 1 }, "optimiser.beta2: is 1"],
    [{ epsilon: 0 }, "optimiser.epsilon: is 0. Give a positive number."],
    [{ clip: 0 }, "optimiser.clip: is 0. Give a positive number."],
  ])("refuses %o", (options, message) => {
    expect(() => new Optimiser({ rule: "adam", learningRate: 0.1, ...options })).toThrow(message)
  })
})
