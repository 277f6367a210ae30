import { expect, test } from "vitest"
import { CATALOGUE } from "../../../src/morph/blueprints/more/all.ts"
import type { Blueprint } from "../../../src/morph/blueprints/Blueprint.ts"
import { verifyForward } from "../../../src/morph/compile/verifyForward.ts"
import { watText } from "../../../src/morph/compile/watText.ts"
import { GrowthError } from "../../../src/domain/GrowthError.ts"
import { compileKernel } from "../../../src/morph/node/compileKernel.ts"
import { Arena } from "../../../src/morph/tensor/Arena.ts"
import { Graph } from "../../../src/morph/tensor/Graph.ts"
import { Program } from "../../../src/morph/tensor/Program.ts"
import { ReferencePlan } from "../../../src/morph/tensor/ReferencePlan.ts"

const named = (name: string): Blueprint => CATALOGUE.find((one) => one.name === name) as Blueprint

test.each(["residualMlp", "linear", "lowRank", "layerScale", "identity"])(
  "%s gives what the reference gives, for widths that fill vectors and for those that do not",
  async (name) => {
    for (const channels of [1, 3, 8, 37]) {
      const { verification } = await compileKernel(named(name), [5, channels])
      expect(verification).toMatchObject({ passed: true, repeats: true })
    }
  },
)

test("relu is part of the dense layer before it", async () => {
  expect(await compileKernel(named("residualMlp"), [4, 8])).toMatchObject({ fused: 1 })
})

test("a value that is read twice is written before relu takes its part", () => {
  const graph = new Graph()
  const x = graph.input("x", [2, 4])
  const w = graph.parameter("w", [4, 4], { initial: "he" })
  const inner = graph.apply("dense", [x, w])
  const both = graph.apply("add", [inner, graph.apply("relu", [inner])])
  const arena = Arena.make()
  arena.append(0, [w], 1)
  const { layout } = new ReferencePlan(new Program({ outputs: [both] }), arena)
  expect(watText(layout).fused).toBe(0)
})

test("the same blueprint and shape give the same text and bytes", async () => {
  const [one, other] = [
    await compileKernel(named("residualMlp"), [4, 8]),
    await compileKernel(named("residualMlp"), [4, 8]),
  ]
  expect(other.text).toBe(one.text)
  expect(other.bytes).toEqual(one.bytes)
})

test("an operator without text is refused by name, and nothing is given out", async () => {
  await expect(compileKernel(named("gatedMlp"), [4, 8])).rejects.toMatchObject({
    problems: [
      { message: "has the operator sigmoid, which is not compiled.", suggestion: "Run it as `fast`." },
    ],
  })
})

test("a shape that no memory holds is refused", async () => {
  await expect(compileKernel(named("linear"), [65_536, 4096])).rejects.toBeInstanceOf(GrowthError)
})

test("a pass that writes nothing, or something else, is not verified", () => {
  const graph = new Graph()
  const x = graph.input("x", [2, 4])
  const doubled = graph.apply("scale", [x], { factor: 2 })
  const plan = new ReferencePlan(new Program({ outputs: [doubled] }), Arena.make())
  const at = plan.offset(doubled)
  const wrong = (): void => {
    plan.forward()
    plan.arena.views.f32[at + 7] += 1e-3
  }
  expect(verifyForward(plan, () => {}, [x], doubled, 1).passed).toBe(false)
  expect(verifyForward(plan, wrong, [x], doubled, 1).passed).toBe(false)
  expect(verifyForward(plan, () => plan.forward(), [x], doubled, 1)).toMatchObject({ passed: true, worst: 0 })
})
