import { describe, expect, it } from "vitest"
import { GrowthError } from "../../../src/domain/GrowthError.ts"
import { readParameters } from "../../../src/morph/blueprints/Blueprint.ts"
import { BLUEPRINTS } from "../../../src/morph/blueprints/catalogue.ts"
import { graftGraph } from "../../../src/morph/blueprints/graftGraph.ts"
import { Arena } from "../../../src/morph/tensor/Arena.ts"
import { sizeOf } from "../../../src/morph/tensor/ir.ts"
import { Program } from "../../../src/morph/tensor/Program.ts"
import { ReferencePlan } from "../../../src/morph/tensor/ReferencePlan.ts"

describe.each(BLUEPRINTS)("the graph of $name", (blueprint) => {
  const { value, added, learnt, initial } = graftGraph(blueprint, [3, 8])
  const arena = Arena.make()
  arena.append(1, learnt, 77)

  it("begins with the numbers that it has in our own memory for the same seed", () => {
    const slice = arena.views.f32.subarray(arena.slice(1).parameters)
    const ours = arena.table(1).map(({ offset, size }) => slice.slice(offset, offset + size))
    expect(initial(77)).toEqual(ours)
  })

  it("adds exactly nothing with these, and learns as many numbers as the blueprint states", () => {
    const plan = new ReferencePlan(new Program({ outputs: [added] }), arena)
    arena.views.f32.fill(0.5, plan.offset(value), plan.offset(value) + 24)
    plan.forward()
    const result = arena.views.f32.slice(plan.offset(added), plan.offset(added) + 24)
    expect(result.every((number) => number === 0)).toBe(true)
    const numbers = learnt.reduce((sum, { shape }) => sum + sizeOf(shape), 0)
    expect(numbers).toBe(blueprint.cost([8], readParameters(blueprint).parameters).parameters)
  })
})

describe("a graph of a blueprint", () => {
  const [residualMlp] = BLUEPRINTS

  it("begins with other numbers for another seed", () => {
    const { initial } = graftGraph(residualMlp, [1, 8])
    expect(initial(5)[0]).not.toEqual(initial(6)[0])
  })

  it("is refused for a parameter out of its bounds, and for one that is not there, with the nearest name", () => {
    expect(() => graftGraph(residualMlp, [1, 8], { hidden: 0 })).toThrow(GrowthError)
    expect(() => graftGraph(residualMlp, [1, 8], { hiden: 4 })).toThrow(/hidden/)
  })

  it.each<[string, unknown, ReadonlyArray<number>]>([
    ["null", null, [1, 8]],
    ["a name", "linear", [1, 8]],
    ["a fault", { ...residualMlp, quarantineOnly: true }, [1, 8]],
    ["a shape with a zero", residualMlp, [0, 8]],
    [
      "one that throws",
      {
        ...residualMlp,
        build: () => {
          throw new Error("mine")
        },
      },
      [1, 8],
    ],
  ])("is refused by a GrowthError for %s", (_, blueprint, shape) => {
    expect(() => graftGraph(blueprint as never, shape)).toThrow(GrowthError)
  })
})
