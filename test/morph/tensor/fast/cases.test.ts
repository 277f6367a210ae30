import { describe, expect, it } from "vitest"
import { Arena } from "../../../../src/morph/tensor/Arena.ts"
import { FastPlan } from "../../../../src/morph/tensor/fast/FastPlan.ts"
import { Program } from "../../../../src/morph/tensor/Program.ts"
import { type Plan, ReferencePlan } from "../../../../src/morph/tensor/ReferencePlan.ts"
import { build, CASES } from "../cases.ts"

describe.each(CASES)("the fast way through $name", (one) => {
  it("gives the values and gradients of the reference, but for rounding", () => {
    const { graph, node, loss, by, given } = build(one)
    const results = [ReferencePlan, FastPlan].map((Way) => {
      const arena = Arena.make()
      arena.append(0, graph.parametersOf(0), 1)
      const plan: Plan = new Way(new Program({ loss, wrt: by, outputs: [node, ...by] }), arena)
      for (const [input, values] of given) arena.views.f32.set(values, plan.offset(input))
      plan.forward()
      plan.backward()
      const read = (at: number, size: number): Float32Array => arena.views.f32.slice(at, at + size)
      const size = node.shape.reduce((product, n) => product * n, 1)
      return [
        read(plan.offset(node), size),
        ...by.map((input) => read(plan.gradient(input), (given.get(input) as Float32Array).length)),
      ]
    })
    results[0].forEach((exact, i) => {
      const largest = exact.reduce((most, x) => Math.max(most, Math.abs(x)), 0)
      const error = exact.reduce((most, x, j) => Math.max(most, Math.abs(x - results[1][i][j])), 0)
      expect(error).toBeLessThanOrEqual(1e-5 * largest)
    })
  })
})
