/** The four ways to join a graft's output: each computes its formula, is born as the identity, learns, and leaves the host alone. */
import { describe, expect, it } from "vitest"
import { BLUEPRINTS } from "../../../src/morph/blueprints/catalogue.ts"
import { OPERATORS, type OperatorName } from "../../../src/morph/contracts/Host.ts"
import { mix } from "../../../src/morph/grafting/mix.ts"
import { FAST, REFERENCE } from "../../../src/morph/neural/engines.ts"
import { type Insert, mixed } from "../../../src/morph/neural/mixed.ts"
import type { NeuralHost } from "../../../src/morph/neural/NeuralHost.ts"
import { Arena } from "../../../src/morph/tensor/Arena.ts"
import { Graph } from "../../../src/morph/tensor/Graph.ts"
import { Program } from "../../../src/morph/tensor/Program.ts"
import { bitsOf, plantingOf, trained } from "./spirals.ts"

const OWNER = 3
const ROWS = 2
const CHANNELS = 3
const SIZE = ROWS * CHANNELS
const [linear] = BLUEPRINTS.filter(({ name }) => name === "linear")
const wave = (i: number): number => Math.fround(Math.sin(3 * i + 1))

/** A linear graft in a graph of its own, with numbers that it has learnt. */
function joined(operator: OperatorName, alpha: number, engine = REFERENCE) {
  const insert: Insert = { owner: OWNER, blueprint: linear, parameters: {}, operator, alpha }
  const graph = new Graph()
  const value = graph.input("value", [ROWS, CHANNELS])
  const targets = graph.input("targets", [ROWS, CHANNELS])
  const out = mixed(graph, value, insert)
  const loss = graph.apply("mse", [out, targets])
  const arena = Arena.make()
  arena.append(OWNER, graph.parametersOf(OWNER), 1)
  const { parameters, gradients, length } = arena.slice(OWNER)
  for (const [i, { offset, size }] of arena.table(OWNER).entries())
    for (let k = 0; k < size; k++) arena.views.f32[parameters + offset + k] = wave(7 * i + k)
  const plan = engine.make(new Program({ loss, outputs: [out], train: [OWNER], wrt: [value] }), arena)
  const at = plan.offset(value)
  for (let i = 0; i < SIZE; i++) arena.views.f32[at + i] = wave(i + 20)
  for (let i = 0; i < SIZE; i++) arena.views.f32[plan.offset(targets) + i] = wave(i + 90)
  const lossOf = (): number => {
    plan.forward()
    return arena.views.f32[plan.offset(loss)]
  }
  const read = (from: number, count: number): Float64Array =>
    Float64Array.from(arena.views.f32.subarray(from, from + count))
  const placeOf = (name: string): number =>
    parameters + (arena.table(OWNER).find((place) => place.name.endsWith(name))?.offset ?? Number.NaN)
  lossOf()
  plan.backward()
  return {
    arena,
    lossOf,
    read,
    placeOf,
    result: read(plan.offset(out), SIZE),
    value: read(at, SIZE),
    /** Every number that the loss depends on, beside its gradient. */
    numbers: [
      ...Array.from({ length }, (_, i) => [parameters + i, gradients + i] as const),
      ...Array.from({ length: SIZE }, (_, i) => [at + i, plan.gradient(value) + i] as const),
    ],
  }
}

/** What the formulas give for the same numbers. */
function expected(operator: OperatorName, alpha: number): Float64Array {
  const { read, placeOf, value } = joined(operator, alpha)
  const weights = read(placeOf("dense/weights"), CHANNELS * CHANNELS)
  const bias = read(placeOf("dense/bias"), CHANNELS)
  const dot = (row: number, column: (k: number) => number): number =>
    Array.from({ length: CHANNELS }, (_, k) => value[row * CHANNELS + k] * column(k)).reduce((a, b) => a + b)
  const added = value.map((_, i) => {
    const [row, to] = [Math.floor(i / CHANNELS), i % CHANNELS]
    return bias[to] + dot(row, (k) => weights[k * CHANNELS + to])
  })
  const carry = operator === "convex" ? read(placeOf("mix/carry"), CHANNELS) : []
  const own = operator === "residual" || operator === "convex" ? [] : read(placeOf("mix/weights"), CHANNELS)
  const sure =
    operator === "confidence"
      ? Float64Array.from(
          { length: ROWS },
          (_, row) => read(placeOf("mix/bias"), 1)[0] + dot(row, (k) => own[k]),
        )
      : new Float64Array(ROWS)
  return mix({
    operator,
    alpha,
    channels: CHANNELS,
    host: value,
    graft: operator === "convex" ? added.map((x, i) => x + carry[i % CHANNELS] * value[i]) : added,
    weights: Float64Array.from(own),
    confidence: sure,
  })
}

const cases = OPERATORS.flatMap((operator) => [0.3, 1].map((alpha) => [operator, alpha] as const))

describe.each(cases)("a graft joined as %s at alpha %d", (operator, alpha) => {
  it("gives what the formula gives, in both ways to run", () => {
    for (const engine of [REFERENCE, FAST]) {
      const { result } = joined(operator, alpha, engine)
      expected(operator, alpha).forEach((wanted, i) => expect(result[i]).toBeCloseTo(wanted, 5))
    }
  })

  it("has the gradients that differences have, in both ways to run", () => {
    for (const engine of [REFERENCE, FAST]) {
      const { arena, lossOf, numbers } = joined(operator, alpha, engine)
      const { f32 } = arena.views
      for (const [at, gradient] of numbers) {
        const [before, step] = [f32[at], 2 ** -7]
        f32[at] = before + step
        const above = lossOf()
        f32[at] = before - step
        const below = lossOf()
        f32[at] = before
        expect(Math.abs(f32[gradient] - (above - below) / (2 * step))).toBeLessThan(1e-3)
      }
    }
  })
})

describe.each(OPERATORS.map((operator) => [operator]))("a host with a graft joined as %s", (operator) => {
  const planted = (blueprint = "residualMlp"): NeuralHost => {
    const host = trained(5)
    host.plant("hidden1", plantingOf(blueprint, "g1", operator))
    return host
  }
  const learning = (epochs: number, blueprint?: string): NeuralHost => {
    const host = planted(blueprint)
    host.mode("hidden1", "branch", 1)
    for (let epoch = 5; epoch < 5 + epochs; epoch++) host.trainEpoch(epoch)
    return host
  }

  it("answers with the host's bits while the graft has learnt nothing, at any alpha", () => {
    const wanted = bitsOf(trained(5))
    for (const alpha of [0, 0.3, 1]) {
      const host = planted()
      host.mode("hidden1", "mixed", alpha)
      expect(bitsOf(host)).toEqual(wanted)
    }
  })

  it("tries every sound blueprint and finds nothing against it", () => {
    const host = trained(1)
    for (const { name } of BLUEPRINTS) {
      host.quarantine("hidden1", plantingOf(name, "g1", operator))
      expect(host.measure("hidden1", "dormant")).toMatchObject({
        available: 1,
        quarantineShape: 1,
        quarantineFinite: 1,
        identityError: 0,
      })
    }
  })

  it("is lowered in its held-out loss by the graft, and learns as if alone meanwhile", () => {
    const host = learning(60)
    const { lossWith, lossWithout, violations } = host.measure("hidden1", "training")
    expect(violations).toBe(0)
    expect(lossWith).toBeLessThan(0.9 * Number(lossWithout))
    host.mode("hidden1", "mixed", 0.5)
    host.trainEpoch(65)
    expect(host.measure("hidden1", "blending")["lossWith"]).not.toBe(lossWithout)
    expect(host.fingerprint()).toBe(trained(66).fingerprint())
  })

  it("catches a leak in its first step", () => {
    expect(learning(1, "leakInput").measure("hidden1", "training")["violations"]).toBe(1)
  })

  it("is taken back bit for bit from the probation, or keeps the graft with what joins it", () => {
    const host = learning(3)
    const alone = host.fingerprint()
    host.snapshot("hidden1")
    host.mode("hidden1", "whole", 1)
    host.trainEpoch(8)
    host.restore("hidden1")
    host.mode("hidden1", "host", 0)
    expect(host.fingerprint()).toBe(alone)
    host.mode("hidden1", "whole", 1)
    const answers = bitsOf(host)
    host.keep("hidden1")
    expect(bitsOf(host)).toEqual(answers)
    expect(host.trainEpoch(9)).toBeGreaterThan(0)
  })
})
