import { describe, expect, it } from "vitest"
import { Arena } from "../../../src/morph/tensor/Arena.ts"
import { FastPlan } from "../../../src/morph/tensor/fast/FastPlan.ts"
import { type Node, sizeOf } from "../../../src/morph/tensor/ir.ts"
import { OPERATORS } from "../../../src/morph/tensor/operators/table.ts"
import { Program } from "../../../src/morph/tensor/Program.ts"
import { ReferencePlan } from "../../../src/morph/tensor/ReferencePlan.ts"
import { type Built, build, CASES, mixed } from "./cases.ts"
import { jaxGradients } from "./jax.ts"
import { planOf, read, write } from "./rig.ts"

const prepared = ({ graph, loss, by, given }: Built) => {
  const plan = planOf(graph, { loss, wrt: by, outputs: by })
  for (const [node, values] of given) write(plan, node, values)
  plan.forward()
  plan.backward()
  const gradients = by.map((node) =>
    read(plan, plan.gradient(node), (given.get(node) as Float32Array).length),
  )
  return { plan, gradients }
}

/** In double precision from the operator's own result: the loss itself is rounded too much. */
const lossOf = ({ node, given, graph }: Built, plan: ReturnType<typeof planOf>): number => {
  const weights = graph.nodes.find(({ attributes }) => attributes["name"] === "weights")
  if (weights === undefined) return read(plan, plan.offset(node), 1)[0]
  const w = given.get(weights) as Float32Array
  return read(plan, plan.offset(node), w.length).reduce((sum, y, i) => sum + y * w[i], 0) / w.length
}

describe.each(CASES)("the gradient of $name", (one) => {
  it("is what the result changes by", () => {
    const built = build(one)
    const { plan, gradients } = prepared(built)
    const step = 2 ** -8
    built.by.forEach((input, i) => {
      if (input.where === "weights") return
      const at = built.given.get(input) as Float32Array
      for (const salt of [5, 6]) {
        const direction = mixed(at.length, salt)
        const lossAt = (sign: number): number => {
          write(
            plan,
            input,
            at.map((x, j) => x + sign * step * direction[j]),
          )
          plan.forward()
          return lossOf(built, plan)
        }
        const slope = (lossAt(1) - lossAt(-1)) / (2 * step)
        write(plan, input, at)
        const along = gradients[i].reduce((sum, g, j) => sum + g * direction[j], 0)
        const scale = gradients[i].reduce((sum, g, j) => sum + Math.abs(g * direction[j]), 0)
        // Through a stop the result does change: that no gradient comes back is what it is for.
        if (one.op === "stop") expect(gradients[i].every((g) => g === 0)).toBe(true)
        else expect(Math.abs(along - slope)).toBeLessThanOrEqual(1e-3 * scale)
      }
    })
  })

  it("is what jax-js computes, and so are its values", async () => {
    const built = build(one)
    const { gradients } = prepared(built)
    const expected = await jaxGradients(built.loss, built.given, built.by)
    expected.forEach((exact, i) => {
      const largest = exact.reduce((most, g) => Math.max(most, Math.abs(g)), 0)
      const error = exact.reduce((most, g, j) => Math.max(most, Math.abs(g - gradients[i][j])), 0)
      expect(error).toBeLessThanOrEqual(1e-5 * largest)
    })
  })
})

describe.each([
  ["reference", ReferencePlan],
  ["fast", FastPlan],
])("in the %s way", (_, Way) => {
  it.each(CASES)("the gradients of two that use the inputs of $name are added up", (one) => {
    const { graph, node, loss, by, given } = build(one)
    const again = graph.apply(node.op, node.inputs, node.attributes)
    const weights = by.find(({ where }) => where === "weights")
    const apart = (result: Node): Node =>
      weights === undefined ? result : graph.apply("mse", [result, graph.apply("stop", [weights])])
    const gradientsOf = (end: Node): ReadonlyArray<Float32Array> => {
      const arena = Arena.make()
      const plan = new Way(new Program({ loss: end, wrt: by }), arena)
      for (const [input, values] of given) arena.views.f32.set(values, plan.offset(input))
      plan.forward()
      plan.backward()
      return by.map((input) => {
        const at = plan.gradient(input)
        return arena.views.f32.slice(at, at + sizeOf(input.shape))
      })
    }
    const second = apart(again)
    const [first, other, both] = [loss, second, graph.apply("add", [loss, second])].map(gradientsOf)
    both.forEach((sum, i) => {
      const largest = sum.reduce((most, g) => Math.max(most, Math.abs(g)), 0)
      const error = sum.reduce((most, g, j) => Math.max(most, Math.abs(g - first[i][j] - other[i][j])), 0)
      expect(error).toBeLessThanOrEqual(1e-6 * largest)
    })
  })
})

it("every operator has a case", () => {
  expect(new Set(CASES.map(({ op }) => op))).toEqual(new Set(Object.keys(OPERATORS)))
})
