/** The gradients of every blueprint, against the change of its result and against jax-js, where its parameters are no longer at birth. */
import { describe, expect, it } from "vitest"
import { type Blueprint, buildBlueprint, readParameters } from "../../../src/morph/blueprints/Blueprint.ts"
import { CATALOGUE } from "../../../src/morph/blueprints/more/all.ts"
import { Graph } from "../../../src/morph/tensor/Graph.ts"
import { type Node, sizeOf } from "../../../src/morph/tensor/ir.ts"
import { mixed } from "../tensor/cases.ts"
import { jaxGradients } from "../tensor/jax.ts"
import { planOf, read, write } from "../tensor/rig.ts"

const OWNER = 1
/** Small, so that sums are short. Dropout has an oracle of its own, in `chance.test.ts`. */
const SMALL: Readonly<Record<string, number>> = { hidden: 5, growth: 5, width: 3, rank: 3, dropPercent: 0 }

function built(blueprint: Blueprint) {
  const wanted = Object.entries(SMALL).filter(([name]) => Object.hasOwn(blueprint.parameters, name))
  const { parameters, problems } = readParameters(blueprint, Object.fromEntries(wanted))
  expect(problems).toEqual([])
  const graph = new Graph()
  const value = graph.input("value", [2, ...[3, 3, 4].slice(-(blueprint.axes ?? 2))])
  const added = buildBlueprint(blueprint, graph, value, parameters, OWNER)
  const target = graph.input("target", added.shape)
  const loss = graph.apply("mse", [added, target])
  const learnt = graph.parametersOf(OWNER)
  // The control learns nothing.
  const train = learnt.length === 0 ? [] : [OWNER]
  const plan = planOf(graph, { loss, train, wrt: [value], outputs: [added] })
  const given = new Map(
    [value, target, ...learnt].map((node, i) => [node, mixed(sizeOf(node.shape), 11 + i)] as const),
  )
  const by: ReadonlyArray<Node> = [value, ...learnt]
  for (const [node, values] of given) write(plan, node, values)
  plan.forward()
  plan.backward()
  const gradients = by.map((node) => read(plan, plan.gradient(node), sizeOf(node.shape)))
  return { plan, added, target, loss, given, by, gradients }
}

describe.each(CATALOGUE)("the gradient of $name", (blueprint) => {
  it("is what its result changes by, by the value and by each parameter", () => {
    const { plan, added, target, given, by, gradients } = built(blueprint)
    const goal = given.get(target) as Float32Array
    const lossNow = (): number => {
      plan.forward()
      return read(plan, plan.offset(added), goal.length).reduce((sum, y, i) => sum + (y - goal[i]) ** 2, 0)
    }
    const step = 2 ** -9
    by.forEach((node, i) => {
      const at = given.get(node) as Float32Array
      const direction = mixed(at.length, 5)
      const lossAt = (sign: number): number => {
        const moved = at.map((x, j) => x + sign * step * direction[j])
        write(plan, node, moved)
        return lossNow()
      }
      const slope = (lossAt(1) - lossAt(-1)) / (2 * step * goal.length)
      write(plan, node, at)
      const along = gradients[i].reduce((sum, g, j) => sum + g * direction[j], 0)
      const scale = gradients[i].reduce((sum, g, j) => sum + Math.abs(g * direction[j]), 0)
      expect(Math.abs(along - slope), node.where).toBeLessThanOrEqual(1e-3 * scale + 1e-6)
    })
  })

  it("is what jax-js computes", async () => {
    const { loss, given, by, gradients } = built(blueprint)
    const expected = await jaxGradients(loss, given, by)
    expected.forEach((exact, i) => {
      const largest = exact.reduce((most, g) => Math.max(most, Math.abs(g)), 0)
      const error = exact.reduce((most, g, j) => Math.max(most, Math.abs(g - gradients[i][j])), 0)
      expect(error, by[i].where).toBeLessThanOrEqual(1e-4 * largest)
    })
  })
})
