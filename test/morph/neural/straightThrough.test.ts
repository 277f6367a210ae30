/** A graft that learns straight through: it follows the gradient of the host's own loss, and neither it nor a NaN of it reaches the host. */
import { describe, expect, it } from "vitest"
import { BLUEPRINTS } from "../../../src/morph/blueprints/catalogue.ts"
import { FAULTS } from "../../../src/morph/blueprints/faults.ts"
import { OPERATORS } from "../../../src/morph/contracts/Host.ts"
import { REFERENCE } from "../../../src/morph/neural/engines.ts"
import { mixed } from "../../../src/morph/neural/mixed.ts"
import { HOST, Network } from "../../../src/morph/neural/Network.ts"
import type { NeuralHost } from "../../../src/morph/neural/NeuralHost.ts"
import { neuralHost } from "../../../src/morph/neural/options.ts"
import { straightRun } from "../../../src/morph/neural/runs.ts"
import { Arena } from "../../../src/morph/tensor/Arena.ts"
import { Graph } from "../../../src/morph/tensor/Graph.ts"
import { Program } from "../../../src/morph/tensor/Program.ts"
import { plantingOf, spiralsHost, trained } from "./spirals.ts"

const straight = (): NeuralHost => spiralsHost({}, { graftPath: "straightThrough" })
const [gatedMlp] = BLUEPRINTS.filter(({ name }) => name === "gatedMlp")

describe("the gradient of a graft that learns straight through", () => {
  const OWNER = 1
  const ROWS = 4
  const WIDTH = 3

  it.each(OPERATORS)(
    "joined as %s is that of value + (mixture - stop(mixture)) in the host's loss",
    (operator) => {
      const network = new Network(neuralHost({ inputs: 2, hidden: [WIDTH], classes: 2 }).options)
      const insert = { owner: OWNER, blueprint: gatedMlp, parameters: { hidden: 2 }, operator, alpha: 0.5 }
      /** The host's loss with the mixture in it, of which nothing is to be seen, or without. */
      const built = (withGraft: boolean) => {
        const graph = new Graph()
        const value = graph.input("value", [ROWS, WIDTH])
        const labels = graph.input("labels", [ROWS])
        const behind = withGraft ? mixed(graph, value, insert) : value
        const through = graph.apply("subtract", [behind, graph.apply("stop", [behind])])
        const passed = withGraft ? graph.apply("add", [value, through]) : value
        const outputs = network.tail(graph, "hidden1", passed, new Map())
        const loss = graph.apply("crossEntropy", [outputs, labels])
        return { graph, value, labels, loss }
      }
      const [literal, alone] = [built(true), built(false)]
      const arena = Arena.make()
      arena.append(HOST, literal.graph.parametersOf(HOST), 3)
      arena.append(OWNER, literal.graph.parametersOf(OWNER), 4)
      const { parameters, gradients, length } = arena.slice(OWNER)
      const { f32 } = arena.views
      for (let i = 0; i < length; i++) f32[parameters + i] += Math.sin(i + 1) / 2
      const plans = [
        REFERENCE.make(new Program({ loss: literal.loss, train: [OWNER] }), arena),
        REFERENCE.make(new Program({ loss: alone.loss, wrt: [alone.value] }), arena),
      ] as const
      for (const [i, { value, labels }] of [literal, alone].entries()) {
        for (let k = 0; k < ROWS * WIDTH; k++) f32[plans[i].offset(value) + k] = Math.sin(5 * k)
        for (let row = 0; row < ROWS; row++) f32[plans[i].offset(labels) + row] = row % 2
        plans[i].forward()
        plans[i].backward()
      }
      const wanted = f32.slice(gradients, gradients + length)
      const run = straightRun({ network, arena, make: REFERENCE.make }, ROWS, "hidden1", insert)
      const [at, towards] = [plans[1].offset(alone.value), plans[1].gradient(alone.value)]
      f32.copyWithin(run.input, at, at + ROWS * WIDTH)
      f32.copyWithin(run.targets, towards, towards + ROWS * WIDTH)
      run.plan.forward()
      run.plan.backward()
      expect(wanted.some((x) => Math.abs(x) > 1e-3)).toBe(true)
      for (let i = 0; i < length; i++) expect(f32[gradients + i]).toBeCloseTo(wanted[i], 6)
    },
  )
})

describe("a host whose grafts learn straight through", () => {
  it("is bit for bit as if alone, also while the graft is in the mixture", () => {
    const host = trained(3, straight())
    host.plant("hidden1", plantingOf("residualMlp"))
    for (const [i, mode] of (["branch", "mixed"] as const).entries()) {
      host.mode("hidden1", mode, 0.5)
      host.trainEpoch(3 + i)
      const figures = host.measure("hidden1", "training")
      expect(figures).toMatchObject({ finite: 1, violations: 0 })
      expect(figures["gradientNorm"]).toBeGreaterThan(0)
      expect(figures["lossWith"]).not.toBe(figures["lossWithout"])
    }
    expect(host.fingerprint()).toBe(trained(5).fingerprint())
  })

  it("never sees a number that is none: the graft is stopped at its first, and its figure says so", () => {
    const host = trained(1, straight())
    host.plant("hidden1", plantingOf("nan"))
    host.mode("hidden1", "branch", 1)
    for (let epoch = 1; epoch < 4; epoch++) expect(host.trainEpoch(epoch)).toBeGreaterThan(0)
    expect(host.measure("hidden1", "training")["finite"]).toBe(0)
    expect(host.fingerprint()).toBe(trained(4).fingerprint())
  })

  it.each(FAULTS.filter(({ kernel }) => kernel !== undefined).map(({ name }) => name))(
    "catches %s in its first steps",
    (fault) => {
      const host = trained(1, straight())
      host.plant("hidden1", plantingOf(fault))
      host.mode("hidden1", "branch", 1)
      host.trainEpoch(1)
      expect(host.measure("hidden1", "training")["violations"]).toBe(1)
      expect(host.fingerprint()).toBe(trained(2).fingerprint())
    },
  )
})
