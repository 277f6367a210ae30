/** Blueprints: born as the identity, at the cost they state, within bounds, and none reaches beyond its own parameters. */
import fc from "fast-check"
import { describe, expect, it } from "vitest"
import {
  type Blueprint,
  buildBlueprint,
  costOf,
  misfitOf,
  MOST_NODES,
  readParameters,
} from "../../../src/morph/blueprints/Blueprint.ts"
import { FAULTS } from "../../../src/morph/blueprints/faults.ts"
import { CATALOGUE } from "../../../src/morph/blueprints/more/all.ts"
import { makeParamSpace, paramProblems, valuesByName } from "../../../src/domain/ParamSpace.ts"
import { Arena } from "../../../src/morph/tensor/Arena.ts"
import { irDigest } from "../../../src/morph/tensor/digest.ts"
import { Graph } from "../../../src/morph/tensor/Graph.ts"
import type { Shape } from "../../../src/morph/tensor/ir.ts"
import { Program } from "../../../src/morph/tensor/Program.ts"
import { ReferencePlan } from "../../../src/morph/tensor/ReferencePlan.ts"

const OWNER = 3
const named = (name: string): Blueprint =>
  [...CATALOGUE, ...FAULTS].find((one) => one.name === name) as Blueprint
const usualOf = (blueprint: Blueprint) => readParameters(blueprint).parameters

/** Parameters within their bounds, small enough to be quick. */
const within = (blueprint: Blueprint) =>
  fc.record(
    Object.fromEntries(
      Object.entries(blueprint.parameters).map(([name, { min, max, step }]) => [
        name,
        fc.integer({ min: 0, max: Math.min((max - min) / step, 24) }).map((i) => min + i * step),
      ]),
    ),
  )

const shapesOf = ({ axes }: Blueprint): fc.Arbitrary<Shape> =>
  fc.array(fc.integer({ min: 1, max: 5 }), { minLength: axes ?? 1, maxLength: axes ?? 3 })

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

describe.each(CATALOGUE.map((one) => [one.name, one] as const))("the blueprint %s", (_, blueprint) => {
  it("adds exactly nothing when it is born, to whatever it takes", () => {
    fc.assert(
      fc.property(shapesOf(blueprint), within(blueprint), (shape, parameters) => {
        expect(addedAtBirth(blueprint, shape, parameters).every((x) => x === 0)).toBe(true)
      }),
      { numRuns: 12 },
    )
  })

  it("costs what it states", () => {
    fc.assert(
      fc.property(shapesOf(blueprint), within(blueprint), (shape, parameters) => {
        const graph = new Graph()
        buildBlueprint(blueprint, graph, graph.input("value", [4, ...shape]), parameters, OWNER)
        expect(blueprint.cost(shape, parameters)).toEqual(costOf(graph, OWNER, 4))
      }),
      { numRuns: 12 },
    )
  })

  it("may be planted, and says how risky it is", () => {
    expect(blueprint.quarantineOnly).toBe(false)
    expect(blueprint.risk).toBeLessThan(0.5)
  })
})

describe("the catalogue", () => {
  /** The middle of a knob's scale, on its steps. */
  const middleOf = ({ parameters }: Blueprint) =>
    Object.keys(parameters).length === 0 ? {} : middle(parameters)
  const middle = (parameters: Blueprint["parameters"]) => {
    const space = makeParamSpace(
      Object.fromEntries(
        Object.entries(parameters).map(([name, { min, max, scale, step }]) => [
          name,
          { min, max, scale, step },
        ]),
      ),
    )
    return valuesByName(space, space.initialUnit)
  }

  it("has at least 32 blueprints, and no name twice", () => {
    expect(CATALOGUE.length).toBeGreaterThanOrEqual(32)
    expect(new Set(CATALOGUE.map(({ name }) => name)).size).toBe(CATALOGUE.length)
  })

  it("has parameters that the engine reads as knobs", () => {
    for (const { parameters } of CATALOGUE)
      if (Object.keys(parameters).length > 0) expect(paramProblems(parameters)).toEqual([])
  })

  it("has no graph twice, in the middle of the bounds", () => {
    const digests = CATALOGUE.map((blueprint) => {
      const parameters = middleOf(blueprint)
      expect(readParameters(blueprint, parameters).problems).toEqual([])
      const graph = new Graph()
      // The same value for all that take it: a graph that differs by its value alone would be counted as another.
      const value = graph.input("value", [2, ...[4, 4, 8].slice(-(blueprint.axes ?? 1))])
      buildBlueprint(blueprint, graph, value, parameters, OWNER)
      return irDigest(graph.nodes)
    })
    expect(new Set(digests).size).toBe(CATALOGUE.length)
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
    expect(readParameters(named("depthwise1d"), { size: 4 }).problems[0].message).toBe(
      "must be a whole number from 1 to 31 in steps of 2, not 4.",
    )
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
    expect(build({ build: (graph) => theft(graph) })).toThrow("asks for parameters of owner 0")
  })

  it.each([
    ["conv3", [4, 3], "takes 3 axes, not [3]"],
    ["attention1", [4, 3, 3, 3], "takes 2 axes, not [3, 3, 3]"],
  ])("for another kind of value is refused: %s", (name, shape, message) => {
    const graph = new Graph()
    const value = graph.input("value", shape)
    expect(() => buildBlueprint(named(name), graph, value, usualOf(named(name)), OWNER)).toThrow(message)
    expect(misfitOf(named(name), shape.slice(1), usualOf(named(name)))).toContain(message)
  })

  it("that gives another shape is stopped, also where it would be repeated to fit", () => {
    expect(build({ build: (graph) => graph.parameter("one", [3], { initial: "zeros" }) })).toThrow(
      "linear: gives the shape [3] for a value of [4, 3]. Give a result of the value's shape.",
    )
  })
})
