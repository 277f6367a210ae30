import { describe, expect, it } from "vitest"
import { OPERATORS } from "../../../src/morph/tensor/operators/table.ts"
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

it("every operator has a case", () => {
  expect(new Set(CASES.map(({ op }) => op))).toEqual(new Set(Object.keys(OPERATORS)))
})
