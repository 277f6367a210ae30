/** What is compiled and timed: every blueprint that has a kernel, with few rows and many, narrow and wide. */
import type { Blueprint } from "../../src/morph/blueprints/Blueprint.ts"
import { buildBlueprint, readParameters } from "../../src/morph/blueprints/Blueprint.ts"
import { CATALOGUE } from "../../src/morph/blueprints/more/all.ts"
import { type Kernel, Kernels } from "../../src/morph/compile/Kernels.ts"
import { type GraftPass, StandardPlan } from "../../src/morph/compile/StandardPlan.ts"
import { OWNER } from "../../src/morph/compile/verifyKernel.ts"
import { Arena } from "../../src/morph/tensor/Arena.ts"
import { Graph } from "../../src/morph/tensor/Graph.ts"
import type { Shape } from "../../src/morph/tensor/ir.ts"
import { Program } from "../../src/morph/tensor/Program.ts"

/** Draws while it learns, and has no kernel. */
const LEFT = "dropoutMlp"

/** One row is what `predict` runs, 32 and 128 are batches. Shapes were chosen before anything was measured. */
const SHAPES: Readonly<Record<string, ReadonlyArray<Shape>>> = {
  flat: [1, 32, 128].flatMap((rows) => [8, 32].map((channels) => [rows, channels])),
  2: [
    [1, 16, 8],
    [32, 16, 8],
  ],
  3: [
    [1, 8, 8, 8],
    [16, 8, 8, 8],
  ],
}

export interface Case {
  readonly blueprint: Blueprint
  readonly shape: Shape
}

export const CASES: ReadonlyArray<Case> = CATALOGUE.filter(({ name }) => name !== LEFT).flatMap((blueprint) =>
  SHAPES[blueprint.axes ?? "flat"].map((shape) => ({ blueprint, shape })),
)

/** The passes of a graft on its branch: forward, and back where it learns. */
export function passesOf({ blueprint, shape }: Case, kernel: Kernel): ReadonlyArray<GraftPass> {
  const graph = new Graph()
  const value = graph.input("value", shape)
  const added = buildBlueprint(blueprint, graph, value, readParameters(blueprint).parameters, OWNER)
  const learnt = graph.parametersOf(OWNER)
  const targets = graph.input("targets", shape)
  const loss = graph.apply("mse", [graph.apply("add", [value, added]), targets])
  const program = new Program({ loss, outputs: [added], train: learnt.length === 0 ? [] : [OWNER] })
  const arena = Arena.make({ maxBytes: 1 << 29, shared: true })
  arena.append(OWNER, learnt, 1)
  const kernels = new Kernels()
  // Also those that the compiler has found to be slower.
  kernels.add({ ...kernel, slower: {} })
  const plan = new StandardPlan(program, arena, kernels)
  const { f32 } = arena.views
  for (const node of [value, targets])
    for (let i = 0; i < node.shape.reduce((size, n) => size * n, 1); i++)
      f32[plan.offset(node) + i] = Math.sin(i)
  plan.forward()
  plan.backward()
  return plan.passes()
}
