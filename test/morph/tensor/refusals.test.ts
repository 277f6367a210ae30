import { describe, expect, it } from "vitest"
import { Arena } from "../../../src/morph/tensor/Arena.ts"
import { Graph } from "../../../src/morph/tensor/Graph.ts"
import type { Attributes, Shape } from "../../../src/morph/tensor/ir.ts"
import { OPERATORS } from "../../../src/morph/tensor/operators/table.ts"
import { Program } from "../../../src/morph/tensor/Program.ts"
import { ReferencePlan } from "../../../src/morph/tensor/ReferencePlan.ts"
import { TensorError } from "../../../src/morph/tensor/TensorError.ts"
import { CASES } from "./cases.ts"

const applied = (op: string, shapes: ReadonlyArray<Shape>, attributes: Attributes = {}): (() => unknown) => {
  const graph = new Graph().scope("hidden1")
  const inputs = shapes.map((shape, i) => graph.input(`x${i}`, shape))
  return () => graph.apply(op, inputs, attributes)
}

type Refusal = readonly [op: string, shapes: ReadonlyArray<Shape>, attributes: Attributes, message: string]

const x1: Shape = [2, 6, 3]
const x2: Shape = [2, 6, 6, 3]

const REFUSED: ReadonlyArray<Refusal> = [
  [
    "dense",
    [
      [4, 3],
      [2, 5],
    ],
    {},
    "cannot take the shapes [4, 3] and [2, 5]. Give x [..., in], weights [in, out]",
  ],
  ["dense", [[4, 3], [3, 5], [4]], {}, "cannot take the shapes [4, 3] and [3, 5] and [4]"],
  ["dense", [[], [3, 5]], {}, "cannot take the shapes [] and [3, 5]"],
  [
    "matmul",
    [
      [2, 3],
      [2, 3],
    ],
    {},
    "[2, 3] and [2, 3]. Give a [..., m, k] and b [..., k, n], alike before.",
  ],
  [
    "matmul",
    [
      [2, 3],
      [3, 2],
    ],
    { transposed: 1 },
    "Give a [..., m, k] and b [..., n, k], alike before.",
  ],
  [
    "matmul",
    [
      [1, 2, 3],
      [2, 3, 2],
    ],
    {},
    "[1, 2, 3] and [2, 3, 2]",
  ],
  [
    "conv1d",
    [x1, [3, 2, 4]],
    {},
    "[2, 6, 3] and [3, 2, 4]. Give x [batch, length, in], weights [size, in, out]",
  ],
  ["conv1d", [x1, [7, 3, 4]], { padding: "valid" }, "[2, 6, 3] and [7, 3, 4]"],
  [
    "conv2d",
    [x2, [3, 3, 3, 4], [3]],
    {},
    "[2, 6, 6, 3] and [3, 3, 3, 4] and [3]. Give x [batch, height, width, in]",
  ],
  ["conv2d", [x1, [3, 3, 3, 4]], {}, "[2, 6, 3] and [3, 3, 3, 4]"],
  ["depthwise1d", [x1, [3, 4]], {}, "[2, 6, 3] and [3, 4]. Give x [batch, length, channels]"],
  [
    "depthwise2d",
    [x2, [3, 3, 3, 1]],
    {},
    "[2, 6, 6, 3] and [3, 3, 3, 1]. Give x [batch, height, width, channels]",
  ],
  ["conv1d", [x1, [3, 3, 4]], { stride: 0 }, "has stride 0. Give a whole number from 1 to 1024."],
  ["conv1d", [x1, [3, 3, 4]], { dilation: 1.5 }, "has dilation 1.5. Give a whole number from 1 to 1024."],
  ["conv1d", [x1, [3, 3, 4]], { padding: "full" }, 'has padding full. Give "same" or "valid".'],
  ["layerNorm", [[2, 3], [2], [3]], {}, "[2, 3] and [2] and [3]. Give x [..., channels], a gain and a bias"],
  ["layerNorm", [[2, 3], [3], [3]], { epsilon: 0 }, "has epsilon 0. Give a number between 0 and 1."],
  [
    "groupNorm",
    [[2, 6], [6], [6]],
    { groups: 4 },
    "[2, 6] and [6] and [6]. Give groups that divide 6 channels.",
  ],
  ["groupNorm", [[2, 6], [6], [6]], {}, "has groups undefined. Give a whole number from 1 to 6."],
  ["softmax", [[]], {}, "cannot take the shapes []. Give x [..., classes]."],
  ["maxPool", [[4, 3]], { window: 2 }, "cannot take the shapes [4, 3]. Give x [batch, length, channels]"],
  ["meanPool", [x1], {}, "has window undefined. Give a whole number from 1 to 1024."],
  ["meanPool", [x1], { window: 7 }, "cannot take the shapes [2, 6, 3]. Give a window smaller than 7."],
  ["maxPool", [x1], { window: 2, stride: -1 }, "has stride -1"],
  ["globalMax", [[4, 3]], {}, "cannot take the shapes [4, 3]"],
  ["globalMean", [[4]], {}, "cannot take the shapes [4]"],
  ["add", [[3, 4], [3]], {}, "[3, 4] and [3]. Give axes that are alike from the last, or of length 1."],
  [
    "subtract",
    [
      [2, 3],
      [4, 3],
    ],
    {},
    "[2, 3] and [4, 3]",
  ],
  ["multiply", [[2], [3]], {}, "[2] and [3]"],
  ["scale", [[2]], { factor: Number.NaN }, "has factor NaN. Give a finite number."],
  [
    "concat",
    [
      [2, 3],
      [3, 3],
    ],
    { axis: 1 },
    "[2, 3] and [3, 3]. Give shapes that differ along axis 1 alone.",
  ],
  [
    "concat",
    [
      [2, 3],
      [2, 3],
    ],
    { axis: 2 },
    "has axis 2. Give a whole number from 0 to 1.",
  ],
  ["slice", [[2, 3]], { axis: 1, from: 2, to: 2 }, "has to 2. Give a whole number from 3 to 3."],
  ["slice", [[2, 3]], { axis: 1, from: 3, to: 4 }, "has from 3. Give a whole number from 0 to 2."],
  ["reshape", [[2, 3]], { shape: [4] }, "cannot make [4] of [2, 3]. Give a shape of 6 numbers."],
  ["reshape", [[2, 3]], { shape: 6 }, "has shape 6. Give a list of whole numbers."],
  ["reshape", [[6]], { shape: [1, 1, 2, 3, 1] }, "has the shape [1, 1, 2, 3, 1]. Give at most 4 axes."],
  [
    "transpose",
    [[2, 3]],
    { order: [0, 0] },
    "cannot put the axes of [2, 3] in the order [0, 0]. Give each of 0 to 1 once.",
  ],
  ["embedding", [[5], [2]], {}, "[5] and [2]. Give a table [rows, width] and indices [...]."],
  ["dropout", [[5]], { rate: 1 }, "has rate 1. Give a number from 0 to less than 1."],
  ["crossEntropy", [[4, 3], [3]], {}, "[4, 3] and [3]. Give logits [..., classes] and labels [...]."],
  ["mse", [[4, 3], [4]], {}, "[4, 3] and [4]. Give inputs of one shape."],
  ["binary", [[4], [4, 1]], {}, "[4] and [4, 1]. Give inputs of one shape."],
]

describe("a graph", () => {
  it.each(REFUSED)(
    "refuses %s of %j with %j, with every shape and where",
    (op, shapes, attributes, message) => {
      const attempt = applied(op, shapes, attributes)
      expect(attempt).toThrow(TensorError)
      expect(attempt).toThrow(new RegExp(`^hidden1/${op}: `))
      expect(attempt).toThrow(message)
    },
  )

  it.each(CASES)("refuses another number of inputs for $name", ({ op, inputs, attributes }) => {
    const [least, most] = OPERATORS[op].arity
    const shapes = inputs.map(([shape]) => shape)
    for (const wrong of [
      shapes.slice(0, least - 1),
      [...shapes, ...Array.from({ length: most }, () => shapes[0])],
    ])
      expect(applied(op, wrong, attributes)).toThrow(
        `hidden1/${op}: has ${wrong.length} inputs. Give ${least} to ${most}.`,
      )
  })

  it("refuses an operator that it does not know", () => {
    expect(applied("relux", [[2]])).toThrow("hidden1/relux: is no operator")
    expect(applied("toString", [[2]])).toThrow("hidden1/toString: is no operator")
  })

  it("refuses a shape that is none, and nodes of another graph", () => {
    const graph = new Graph()
    for (const shape of [[0], [2.5], [-1, 2], [Number.NaN]])
      expect(() => graph.input("x", shape)).toThrow("Give positive whole numbers")
    expect(() => graph.parameter("w", [1, 1, 1, 1, 1], { initial: "zeros" })).toThrow("Give at most 4 axes")
    const other = new Graph().input("y", [2])
    expect(() => graph.apply("relu", [other])).toThrow("relu: has an input of another graph, y.")
  })

  it("gives the same tensor for the same name, and refuses it with another shape", () => {
    const graph = new Graph().scope("layer", 2)
    const w = graph.parameter("w", [2, 3], { initial: "he" })
    expect(graph.parameter("w", [2, 3], { initial: "he" })).toBe(w)
    expect(graph.scope("deeper").parameter("w", [3], { initial: "he" })).not.toBe(w)
    expect(() => graph.parameter("w", [3, 2], { initial: "he" })).toThrow(
      "layer/w: is declared as [2, 3] and as [3, 2]. Give one of them another name.",
    )
  })
})

describe("a program", () => {
  it("refuses a loss that is no single number, and gradients without a loss", () => {
    const graph = new Graph()
    const x = graph.input("x", [2])
    expect(() => new Program({ loss: x })).toThrow("x: has the shape [2]. Give a loss of shape [].")
    expect(() => new Program({ outputs: [x], train: [0] })).toThrow(
      "program: has gradients to find and no loss",
    )
  })

  it("refuses a plan for parameters that the arena does not hold", () => {
    const graph = new Graph()
    const w = graph.parameter("w", [2], { initial: "ones" })
    expect(() => new ReferencePlan(new Program({ outputs: [w] }), Arena.make())).toThrow(
      "owner 0: has no slice in this arena. Append its parameters first.",
    )
    const plan = new ReferencePlan(new Program({ outputs: [graph.input("x", [2])] }), Arena.make())
    expect(() => plan.offset(w)).toThrow("w: is not part of the program. Name it in `outputs`.")
  })
})
