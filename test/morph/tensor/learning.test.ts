import { describe, expect, it } from "vitest"
import { Graph } from "../../../src/morph/tensor/Graph.ts"
import type { Node } from "../../../src/morph/tensor/ir.ts"
import { Optimiser } from "../../../src/morph/tensor/optimisers.ts"
import { planOf, write } from "./rig.ts"

const layer = (graph: Graph, x: Node, units: number): Node =>
  graph.apply("dense", [
    x,
    graph.parameter("weights", [x.shape[x.shape.length - 1], units], { initial: "glorot" }),
    graph.parameter("bias", [units], { initial: "zeros" }),
  ])

describe("a small network", () => {
  it.each(["adam", "sgd"] as const)("learns exclusive or with %s", (rule) => {
    const graph = new Graph()
    const x = graph.input("x", [4, 2])
    const labels = graph.input("labels", [4])
    const hidden = graph.apply("tanh", [layer(graph.scope("hidden"), x, 8)])
    const loss = graph.apply("crossEntropy", [layer(graph.scope("out"), hidden, 2), labels])
    const plan = planOf(graph, { loss, train: [0] }, 3)
    write(plan, x, [0, 0, 0, 1, 1, 0, 1, 1])
    write(plan, labels, [0, 1, 1, 0])
    const optimiser = new Optimiser(
      rule === "adam" ? { rule, learningRate: 0.05 } : { rule, learningRate: 0.2, momentum: 0.9 },
    )
    const lossNow = (): number => plan.arena.views.f32[plan.offset(loss)]
    plan.forward()
    expect(lossNow()).toBeGreaterThan(0.5)
    for (let step = 0; step < 200; step++) {
      plan.forward()
      plan.backward()
      optimiser.step(plan.arena, 0)
    }
    plan.forward()
    expect(lossNow()).toBeLessThan(0.02)
  })
})
