/** Blueprints: born as the identity, at the cost they state, within bounds, and none reaches beyond its own parameters. */
import fc from "fast-check"
import { describe, expect, it } from "vitest"
import {
  type Blueprint,
  buildBlueprint,
  costOf,
  MOST_NODES,
  readParameters,
} from "../../../src/morph/blueprints/Blueprint.ts"
import { BLUEPRINTS } from "../../../src/morph/blueprints/catalogue.ts"
import { FAULTS } from "../../../src/morph/blueprints/faults.ts"
import { Arena } from "../../../src/morph/tensor/Arena.ts"
import { Graph } from "../../../src/morph/tensor/Graph.ts"
import type { Shape } from "../../../src/morph/tensor/ir.ts"
import { Program } from "../../../src/morph/tensor/Program.ts"
import { ReferencePlan } from "../../../src/morph/tensor/ReferencePlan.ts"

const OWNER = 3
const named = (name: string): Blueprint =>
  [...BLUEPRINTS, ...FAULTS].find((one) => one.name === name) as Blueprint
const usualOf = (blueprint: Blueprint) => readParameters(blueprint).parameters

/** Parameters within their bounds, small enough to be quick. */
const within = (blueprint: Blueprint) =>
  fc.record(
    Object.fromEntries(
      Object.entries(blueprint.parameters).map(([name, { least, most }]) => [
        name,
        fc.integer({ min: least, max: Math.min(most, 40) }),
      ]),
    ),
  )

const shapes: fc.Arbitrary<Shape> = fc.array(fc.integer({ min: 1, max: 6 }), { minLength: 1, maxLength: 3 })

/** What a blueprint adds to values, as it is born. */
function addedAtBirth(blueprint: Blueprint, shape: Shape, parameters = usualOf(blueprint)): Float32Array {
  const graph = new Graph()
  const value = graph.input("value", [4, ...shape])
  const added = buildBlueprint(blueprint, graph, value, parameters, OWNER)
  const arena = Arena.make()
  arena.append(OWNER, graph.parametersOf(OWNER), 5)
  const plan = new ReferencePlan(new Program({ outputs: [added] }), arena)
  const size = shape.reduce((product, n) => product * n, 4)
  const { f32 } = arena.views
  for (let i = 0; i < size; i++) f32[plan.offset(value) + i] = Math.fround(Math.sin(i) * 3)
  plan.forward()
  return f32.slice(plan.offset(added), plan.offset(added) + size)
}

describe.each(BLUEPRINTS.map((one) => [one.name, one] as const))("the blueprint %s", (_, blueprint) => {
  it("adds exactly nothing when it is born, to rows, sequences and images", () => {
    fc.assert(
      fc.property(shapes, within(blueprint), (shape, parameters) => {
        expect(addedAtBirth(blueprint, shape, parameters).every((x) => x === 0)).toBe(true)
      }),
      { numRuns: 30 },
    )
  })

  it("costs what it states", () => {
    fc.assert(
      fc.property(shapes, within(blueprint), (shape, parameters) => {
        const graph = new Graph()
        buildBlueprint(blueprint, graph, graph.input("value", [4, ...shape]), parameters, OWNER)
        expect(blueprint.cost(shape, parameters)).toEqual(costOf(graph, OWNER, 4))
      }),
      { numRuns: 30 },
    )
  })

  it("may be planted, and says how risky it is", () => {
    expect(blueprint.quarantineOnly).toBe(false)
    expect(blueprint.risk).toBeLessThan(0.5)
  })
})

describe("parameters", () => {
  it("that are left out are the usual ones", () => {
    expect(readParameters(named("residualMlp"))).toEqual({ parameters: { hidden: 32 }, problems: [] })
  })

  it("out of bounds or unknown are refused, every one of them", () => {
    const { problems } = readParameters(named("gatedMlp"), { hidden: 1.5, hiden: 3 })
    expect(problems).toEqual([
      {
        path: "parameters.hiden",
        message: "is not a parameter of gatedMlp.",
        suggestion: 'Did you mean "hidden"?',
      },
      {
        path: "parameters.hidden",
        message: "must be a whole number from 1 to 1024, not 1.5.",
        suggestion: "32 is usual.",
      },
    ])
    expect(readParameters(named("linear"), { hidden: 3 }).problems[0].suggestion).toBe("It has none.")
  })
})

describe("a blueprint", () => {
  const build = (fault: Partial<Blueprint>) => () => {
    const graph = new Graph()
    buildBlueprint({ ...named("linear"), ...fault }, graph, graph.input("value", [4, 3]), {}, OWNER)
  }

  it("that builds without end is stopped", () => {
    const graph = new Graph()
    const value = graph.input("value", [4, 3])
    expect(() => buildBlueprint(named("endless"), graph, value, {}, OWNER)).toThrow(
      `endless: has more than ${MOST_NODES} nodes. Use a blueprint that ends.`,
    )
  })

  it("that asks for another owner's parameters is stopped, however deep it asks", () => {
    const theft = (graph: Graph) =>
      graph.scope("inner").scope("hidden1", 0).parameter("weights", [2, 3], { initial: "zeros" })
    expect(build({ build: (graph) => theft(graph) })).toThrow("asks for the parameters of owner 0")
  })

  it("that gives another shape is stopped, also where it would be repeated to fit", () => {
    expect(build({ build: (graph) => graph.parameter("one", [3], { initial: "zeros" }) })).toThrow(
      "linear: gives the shape [3] for a value of [4, 3]. Give a result of the value's shape.",
    )
  })
})
