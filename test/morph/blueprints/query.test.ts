import { describe, expect, it } from "vitest"
import { GrowthError } from "../../../src/domain/GrowthError.ts"
import { defineBlueprint } from "../../../src/morph/blueprints/defineBlueprint.ts"
import { approveBlueprint } from "../../../src/morph/blueprints/approveBlueprint.ts"
import { checkBlueprint } from "../../../src/morph/blueprints/checkBlueprint.ts"
import { UNAVAILABLE } from "../../../src/morph/blueprints/unavailable.ts"
import { CATALOGUE } from "../../../src/morph/blueprints/more/all.ts"
import { chooseBlueprint, findBlueprint, findBlueprints } from "../../../src/morph/blueprints/query.ts"
import { createGrowth } from "../../../src/morph/service/growAny.ts"
import { neuralHost } from "../../../src/morph/neural/options.ts"
import { tasks } from "../../../src/morph/training/tasks.ts"
import { problemsOf } from "../../problemsOf.ts"

const namesOf = (found: ReadonlyArray<{ readonly name: string }>) => found.map(({ name }) => name)

describe("a query for blueprints", () => {
  it("by name gives one with all of its parameters", () => {
    const { blueprint, parameters } = findBlueprint("depthwise1d", { size: 5 })
    expect(blueprint.name).toBe("depthwise1d")
    expect(Object.keys(parameters).toSorted()).toEqual(Object.keys(blueprint.parameters).toSorted())
    expect(parameters["size"]).toBe(5)
  })

  it("by name is refused with the nearest one, and a parameter with its bounds", () => {
    expect(problemsOf(() => findBlueprint("conv4"))[0]).toEqual({
      path: "blueprint",
      message: 'There is no blueprint "conv4".',
      suggestion: 'Did you mean "conv3"?',
    })
    expect(problemsOf(() => findBlueprint("conv3", { hidden: 0 }))[0].path).toBe("parameters.hidden")
    for (const [name, why] of Object.entries(UNAVAILABLE)) {
      expect(problemsOf(() => findBlueprint(name))[0].message).toBe(`${name} is not available: ${why}.`)
      expect(CATALOGUE.some((one) => one.name === name)).toBe(false)
    }
  })

  it("by tier, shape and tag gives those that are all of it, sorted", () => {
    expect(namesOf(findBlueprints())).toEqual(namesOf(CATALOGUE).toSorted())
    expect(namesOf(findBlueprints({ shape: [8, 4], tag: "attention" }))).toEqual([
      "attention1",
      "attentionHeads",
      "transformer",
    ])
    expect(namesOf(findBlueprints({ shape: [8, 4], tag: "attention", tier: "experimental" }))).toEqual([
      "transformer",
    ])
    expect(findBlueprints({ shape: [8], tag: "attention" })).toEqual([])
  })

  it("by context gives the same one again, one that fits, and every one for some context", () => {
    const wish = { shape: [8, 4], tag: "attention" }
    const chosen = Array.from({ length: 40 }, (_, i) => chooseBlueprint(`host ${i}`, wish).name)
    expect(Array.from({ length: 40 }, (_, i) => chooseBlueprint(`host ${i}`, wish).name)).toEqual(chosen)
    expect([...new Set(chosen)].toSorted()).toEqual(namesOf(findBlueprints(wish)))
  })

  it.each<[string, () => unknown, string]>([
    ["an unknown tier", () => findBlueprints({ tier: "save" as never }), "tier"],
    ["a shape with a zero", () => findBlueprints({ shape: [0] }), "shape[0]"],
    ["a misspelt field", () => findBlueprints({ tags: "mlp" } as never), "tags"],
    ["nothing at all", () => findBlueprints(null as never), ""],
    ["no context", () => chooseBlueprint(5 as never), "context"],
    ["a wish that nothing fits", () => chooseBlueprint("a", { tag: "none" }), "wish"],
  ])("is refused with its field for %s", (_, query, path) => {
    expect(query).toThrow(GrowthError)
    expect(problemsOf(query).map((one) => one.path)).toEqual([path])
  })
})

describe("a blueprint that is defined", () => {
  const born = (initial: "zeros" | "ones") =>
    defineBlueprint({
      name: "shift",
      build: (graph, value) =>
        graph.apply("multiply", [value, graph.parameter("factor", [value.shape.at(-1) ?? 1], { initial })]),
    })

  it("costs what its graph costs", () => {
    expect(born("zeros").cost([3, 8], {})).toEqual({ parameters: 8, multiplyAdds: 0 })
  })

  it.each([
    ["zeros", "training"],
    ["ones", "dormant"],
  ] as const)("with factors of %s at birth comes to be %s", async (initial, state) => {
    const growth = createGrowth({
      host: neuralHost({ inputs: 2, hidden: [4], classes: 2 }),
      data: tasks.moons({ rows: 64 }),
      policy: "manual",
      blueprints: [approveBlueprint(born(initial), { by: "Ada", why: "test" })],
    })
    await growth.start()
    await growth.germinate("hidden1", { blueprint: "shift", why: "test" })
    const last = await growth.run({ epochs: 3 })
    await growth.stop()
    expect(last?.sockets[0].state).toBe(state)
  })

  it("is refused with each field that is wrong", () => {
    const wrong = () => defineBlueprint({ name: "", build: null as never, risk: 2 })
    expect(wrong).toThrow(GrowthError)
    expect(problemsOf(wrong).map(({ path }) => path)).toEqual(["name", "risk"])
    expect(problemsOf(() => defineBlueprint({ name: "a", build: null as never }))[0].path).toBe("build")
  })

  it("is checked before it is given away: what it adds at birth, and what it says it costs", () => {
    expect(() => checkBlueprint(born("zeros"), [4, 8])).not.toThrow()
    for (const blueprint of CATALOGUE)
      expect(() => checkBlueprint(blueprint, [2, ...[6, 6, 4].slice(-(blueprint.axes ?? 1))])).not.toThrow()
    expect(problemsOf(() => checkBlueprint(born("ones"), [4, 8]))).toEqual([
      {
        path: "build",
        message: expect.stringMatching(/^must add exactly zero at birth, and shift adds -?\d/),
        suggestion: 'Begin its last layer with "zeros".',
      },
    ])
    const dear = { ...born("zeros"), cost: () => ({ parameters: 9, multiplyAdds: 0 }) }
    expect(problemsOf(() => checkBlueprint(dear, [4, 8]))[0]).toMatchObject({
      path: "cost.parameters",
      message: "must be 8, as many as it learns, not 9.",
    })
    const unread = defineBlueprint({
      name: "constant",
      build: (graph, { shape }) => graph.parameter("all", shape, { initial: "ones" }),
    })
    expect(problemsOf(() => checkBlueprint(unread, [1, 2]))[0].message).toContain("adds 1.")
    expect(() => checkBlueprint(findBlueprint("conv3").blueprint, [1, 8])).toThrow(/takes 3 axes/)
  })

  it("is planted once another person than its author has approved it, unless it is safe", async () => {
    const own = { ...born("zeros"), author: "Ada Lovelace" }
    const approved = approveBlueprint(own, { by: "Bo", why: "measured" })
    expect(approved).toEqual({ ...own, approval: { by: "Bo", why: "measured" } })
    expect(problemsOf(() => approveBlueprint(own, { by: " ada  LOVELACE", why: "mine" }))).toEqual([
      {
        path: "by",
        message: "must be another person than Ada Lovelace, who made shift.",
        suggestion: "Ask somebody.",
      },
    ])
    expect(problemsOf(() => approveBlueprint(own, { by: " ", why: "" })).map(({ path }) => path)).toEqual([
      "by",
      "why",
    ])
    const safe = { ...born("zeros"), name: "harmless", tier: "safe" } as const
    const growth = createGrowth({
      host: neuralHost({ inputs: 2, hidden: [4], classes: 2 }),
      data: tasks.moons({ rows: 64 }),
      policy: "manual",
      blueprints: [own, { ...approved, name: "approved" }, safe],
    })
    await growth.start()
    await expect(growth.germinate("hidden1", { blueprint: "shift", why: "test" })).rejects.toMatchObject({
      problems: [{ path: "blueprint", message: "must be approved.", suggestion: "Use approveBlueprint." }],
    })
    for (const blueprint of ["approved", "harmless"]) {
      await growth.germinate("hidden1", { blueprint, why: "test" })
      expect((await growth.run({ epochs: 3 }))?.sockets[0].state).toBe("training")
      await growth.cull("hidden1", { why: "test" })
      await growth.run({ epochs: 12 })
    }
    await growth.stop()
  })
})
