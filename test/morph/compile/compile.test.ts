import { expect, test } from "vitest"
import { GrowthError } from "../../../src/domain/GrowthError.ts"
import { defineBlueprint } from "../../../src/morph/blueprints/defineBlueprint.ts"
import { CATALOGUE } from "../../../src/morph/blueprints/more/all.ts"
import { keyText } from "../../../src/morph/compile/ArtifactStore.ts"
import { compileKernel, kernelKey } from "../../../src/morph/node/compileKernel.ts"
import { type Blueprint, buildBlueprint } from "../../../src/morph/blueprints/Blueprint.ts"
import { OWNER, verifyKernel } from "../../../src/morph/compile/verifyKernel.ts"
import { Arena } from "../../../src/morph/tensor/Arena.ts"
import { FastPlan } from "../../../src/morph/tensor/fast/FastPlan.ts"
import { Graph } from "../../../src/morph/tensor/Graph.ts"
import { Program } from "../../../src/morph/tensor/Program.ts"
import { type Plan, ReferencePlan } from "../../../src/morph/tensor/ReferencePlan.ts"
import type { Shape } from "../../../src/morph/tensor/ir.ts"

const named = (name: string): Blueprint => CATALOGUE.find((one) => one.name === name) as Blueprint

/** With widths that fill vectors and with those that do not. */
const SHAPES: Readonly<Record<string, ReadonlyArray<Shape>>> = {
  flat: [
    [1, 1],
    [5, 3],
    [16, 8],
    [7, 37],
  ],
  2: [
    [2, 5, 3],
    [3, 8, 8],
  ],
  3: [
    [2, 5, 3, 3],
    [1, 4, 8, 8],
  ],
}

/** Draws while it learns. */
const LEFT = "dropoutMlp"
const COMPILED = CATALOGUE.filter(({ name }) => name !== LEFT)

test.each(COMPILED.map(({ name }) => name))(
  "%s gives what the reference gives, and the bits of the SIMD module, forward and back",
  async (name) => {
    const blueprint = named(name)
    for (const shape of SHAPES[blueprint.axes ?? "flat"]) {
      const { verification, guards } = await compileKernel(blueprint, shape)
      expect(verification).toMatchObject({ passed: true, sameBits: true })
      expect(Object.keys(guards)).toEqual(["forward", "backward", "through"])
    }
  },
)

test("what draws while it learns is refused by name, and nothing is given out", async () => {
  await expect(compileKernel(named(LEFT), [4, 8])).rejects.toMatchObject({
    problems: [
      { message: "dropoutMlp has an operator that is not compiled.", suggestion: "Run it as `fast`." },
    ],
  })
})

test("relu is part of the dense layer before it", async () => {
  const { text, fused } = await compileKernel(named("residualMlp"), [4, 8])
  expect(fused).toBe(1)
  expect(text).toContain(";; residualMlp/up/dense: [4, 8] [8, 32] [32] to [4, 32]")
  expect(text).toContain("$forward.0.product_relu")
})

// Root cause: each loop was unrolled by its own turns, so loops within loops multiplied their text, and the time it takes to assemble.
test("no operator becomes longer than a few hundred lines, however many loops lie within each other", async () => {
  const { text } = await compileKernel(named("convExcite"), [1, 8, 8, 8])
  const lengths = text.split("(func $").map((one) => one.split("\n").length)
  expect(lengths.length).toBeGreaterThan(20)
  expect(Math.max(...lengths)).toBeLessThan(700)
})

test("a value that is read twice is written before relu takes its part", async () => {
  const own = defineBlueprint({
    name: "readTwice",
    description: "a dense layer, and its relu beside it",
    risk: 0.1,
    parameters: {},
    build: (graph, value) => {
      const width = value.shape[value.shape.length - 1]
      const inner = graph.apply("dense", [value, graph.parameter("w", [width, width], { initial: "he" })])
      const both = graph.apply("add", [inner, graph.apply("relu", [inner])])
      return graph.apply("dense", [both, graph.parameter("out", [width, width], { initial: "zeros" })])
    },
  })
  const { fused, verification } = await compileKernel(own, [4, 8])
  expect(fused).toBe(1)
  expect(verification.passed).toBe(true)
})

test("the same blueprint and shape give the same text and bytes, and another shape other guards", async () => {
  const [one, same, other] = [
    await compileKernel(named("residualMlp"), [4, 8]),
    await compileKernel(named("residualMlp"), [4, 8]),
    await compileKernel(named("residualMlp"), [5, 8]),
  ]
  expect(same.text).toBe(one.text)
  expect(same.bytes).toEqual(one.bytes)
  expect(same.guards).toEqual(one.guards)
  for (const name of ["forward", "backward", "through"]) expect(other.guards[name]).not.toBe(one.guards[name])
})

test("a blueprint that was changed under its name has another key, and the same one has the same", async () => {
  const scaledBy = (factor: number): Blueprint =>
    defineBlueprint({
      name: "scaled",
      description: "a dense layer behind a scale",
      risk: 0.1,
      parameters: {},
      build: (graph, value) => {
        const width = value.shape[value.shape.length - 1]
        return graph.apply("dense", [
          graph.apply("scale", [value], { factor }),
          graph.parameter("out", [width, width], { initial: "zeros" }),
        ])
      },
    })
  const [before, same, after] = [scaledBy(2), scaledBy(2), scaledBy(3)].map((one) => kernelKey(one, [4, 8]))
  expect(same).toEqual(before)
  expect({ ...after, graph: before.graph }).toEqual(before)
  expect(keyText(after)).not.toBe(keyText(before))
  expect((await compileKernel(scaledBy(2), [4, 8])).key).toEqual(before)
})

test("a kernel with other bits, or one that writes nothing, does not pass its verification", () => {
  const graph = new Graph()
  const value = graph.input("value", [4, 8])
  const added = buildBlueprint(named("residualMlp"), graph, value, { hidden: 8 }, OWNER)
  const learnt = graph.parametersOf(OWNER)
  const targets = graph.input("targets", [4, 8])
  const loss = graph.apply("mse", [graph.apply("add", [value, added]), targets])
  const program = new Program({ loss, outputs: [added], train: [OWNER] })
  const verified = (plan: (arena: Arena) => Plan) => {
    const arena = Arena.make()
    arena.append(OWNER, learnt, 1)
    return verifyKernel({ program, value, targets, added }, arena, plan(arena), 1)
  }
  expect(verified((arena) => new FastPlan(program, arena))).toMatchObject({ passed: true, sameBits: true })
  // Its sums are of doubles.
  const other = verified((arena) => new ReferencePlan(program, arena))
  expect(other).toEqual({ passed: false, sameBits: false, worst: 0 })
  const idle = (arena: Arena): Plan => Object.assign(new FastPlan(program, arena), { forward: () => {} })
  expect(verified(idle)).toEqual({ passed: false, sameBits: false, worst: Number.POSITIVE_INFINITY })
})

test("aggressive takes one of several tiles, each with the guards and the bits of the usual one", async () => {
  const standard = await compileKernel(named("residualMlp"), [4, 8])
  const aggressive = await compileKernel(named("residualMlp"), [4, 8], {}, { mode: "aggressive" })
  expect(aggressive.verification).toMatchObject({ passed: true, sameBits: true })
  expect(aggressive.guards).toEqual(standard.guards)
  expect(aggressive.key).toEqual({ ...standard.key, mode: "aggressive" })
  expect(aggressive.tile.rows * aggressive.tile.vectors).toBeLessThanOrEqual(8)
  const narrow = await compileKernel(named("residualMlp"), [4, 8], {}, { tile: { rows: 2, vectors: 1 } })
  expect(narrow.bytes).not.toEqual(standard.bytes)
  expect(narrow.verification.passed).toBe(true)
})

test("a shape that no memory holds is refused", async () => {
  await expect(compileKernel(named("linear"), [65_536, 4096])).rejects.toBeInstanceOf(GrowthError)
})
