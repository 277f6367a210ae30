/** A task for each blueprint: to learn what another one of its kind adds to a value, from birth. Its test and its page both use it. */
import { type Blueprint, buildBlueprint, readParameters } from "../../../src/morph/blueprints/Blueprint.ts"
import { Arena } from "../../../src/morph/tensor/Arena.ts"
import { FastPlan } from "../../../src/morph/tensor/fast/FastPlan.ts"
import { Graph } from "../../../src/morph/tensor/Graph.ts"
import { sizeOf } from "../../../src/morph/tensor/ir.ts"
import { Optimiser } from "../../../src/morph/tensor/optimisers.ts"
import { Program } from "../../../src/morph/tensor/Program.ts"
import { mixed } from "../tensor/cases.ts"
import { planOf, read, write } from "../tensor/rig.ts"

const OWNER = 1
export const STEPS = 300
const SMALL: Readonly<Record<string, number>> = {
  hidden: 8,
  growth: 8,
  frequencies: 12,
  ratio: 1,
  spread: 1,
  depth: 2,
  width: 4,
  dilation: 2,
  dropPercent: 5,
}

const shapeOf = ({ axes }: Blueprint) => (axes === undefined ? [32, 4] : [8, ...[4, 4, 4].slice(-axes)])

function small(blueprint: Blueprint) {
  const wanted = Object.entries(SMALL).filter(([name]) => Object.hasOwn(blueprint.parameters, name))
  const graph = new Graph()
  const value = graph.input("value", shapeOf(blueprint))
  const { parameters } = readParameters(blueprint, Object.fromEntries(wanted))
  const added = buildBlueprint(blueprint, graph, value, parameters, OWNER)
  return { graph, value, added }
}

const valuesOf = (blueprint: Blueprint): Float32Array => mixed(sizeOf(shapeOf(blueprint)), 3)

/** What one adds that has learnt something: all of its numbers have moved away from those at birth. */
export function lesson(blueprint: Blueprint): Float32Array {
  const { graph, value, added } = small(blueprint)
  const plan = planOf(graph, { outputs: [added] }, 40)
  write(plan, value, valuesOf(blueprint))
  const { f32 } = plan.arena.views
  graph.parametersOf(OWNER).forEach((node, i) => {
    const by = mixed(sizeOf(node.shape), 20 + i)
    by.forEach((x, j) => {
      f32[plan.offset(node) + j] += 0.4 * x
    })
  })
  plan.forward()
  return read(plan, plan.offset(added), sizeOf(added.shape))
}

/** The loss at birth and after the steps, with nothing dropped. */
export function taught(blueprint: Blueprint): readonly [number, number] {
  const target = lesson(blueprint)
  const { graph, value, added } = small(blueprint)
  const goal = graph.input("goal", added.shape)
  const loss = graph.apply("mse", [added, goal])
  const arena = Arena.make()
  arena.append(OWNER, graph.parametersOf(OWNER), 7)
  const learns = new FastPlan(new Program({ loss, train: [OWNER] }), arena)
  const judges = new FastPlan(new Program({ loss }), arena)
  for (const plan of [learns, judges]) {
    arena.views.f32.set(valuesOf(blueprint), plan.offset(value))
    arena.views.f32.set(target, plan.offset(goal))
  }
  const lossNow = (): number => {
    judges.forward()
    return arena.views.f32[judges.offset(loss)]
  }
  const before = lossNow()
  const optimiser = new Optimiser({ rule: "adam", learningRate: 0.02 })
  for (let step = 0; step < STEPS; step++) {
    learns.forward()
    learns.backward()
    optimiser.step(arena, OWNER)
  }
  return [before, lossNow()]
}
