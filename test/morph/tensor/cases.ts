import { Graph } from "../../../src/morph/tensor/Graph.ts"
import { type Attributes, type Node, type Shape, sizeOf } from "../../../src/morph/tensor/ir.ts"

/** What an input holds: numbers to differentiate by, shares from 0 to 1, or whole numbers below a bound. */
type Kind = "numbers" | "shares" | { readonly below: number }

export interface Case {
  readonly name: string
  readonly op: string
  readonly inputs: ReadonlyArray<readonly [shape: Shape, kind?: Kind]>
  readonly attributes?: Attributes
}

const c = (
  op: string,
  inputs: ReadonlyArray<readonly [shape: Shape, kind?: Kind]>,
  attributes: Attributes = {},
): Case => ({
  op,
  inputs,
  attributes,
  name: `${op} of ${inputs.map(([shape]) => `[${shape.join(", ")}]`).join(", ")}${
    Object.keys(attributes).length === 0 ? "" : ` with ${JSON.stringify(attributes)}`
  }`,
})

/** Every operator, over the shapes and attributes that take another way through its code. */
export const CASES: ReadonlyArray<Case> = [
  c("dense", [[[3, 5]], [[5, 4]], [[4]]]),
  c("dense", [[[2, 3, 5]], [[5, 2]]]),
  c("dense", [[[5]], [[5, 2]], [[2]]]),
  c("matmul", [[[3, 4]], [[4, 2]]]),
  c("matmul", [[[2, 3, 4]], [[2, 5, 4]]], { transposed: 1 }),
  c("matmul", [[[2, 2, 3, 4]], [[2, 2, 4, 3]]]),
  c("conv1d", [[[2, 7, 2]], [[3, 2, 3]], [[3]]]),
  c("conv1d", [[[2, 8, 2]], [[3, 2, 2]]], { stride: 2, dilation: 2 }),
  c("conv1d", [[[1, 7, 1]], [[2, 1, 3]]], { padding: "valid" }),
  c("conv2d", [[[2, 4, 5, 2]], [[3, 3, 2, 3]], [[3]]]),
  c("conv2d", [[[1, 6, 5, 2]], [[3, 2, 2, 2]]], { stride: 2 }),
  c("conv2d", [[[1, 6, 6, 1]], [[2, 3, 1, 2]]], { dilation: 2, padding: "valid" }),
  c("depthwise1d", [[[2, 6, 3]], [[3, 3]], [[3]]]),
  c("depthwise1d", [[[1, 9, 2]], [[3, 2]]], { dilation: 3, stride: 2 }),
  c("depthwise2d", [[[2, 4, 4, 3]], [[3, 3, 3]], [[3]]]),
  c("depthwise2d", [[[1, 5, 6, 2]], [[2, 2, 2]]], { padding: "valid", stride: 2 }),
  c("layerNorm", [[[3, 5]], [[5]], [[5]]]),
  c("layerNorm", [[[2, 3, 4]], [[4]], [[4]]], { epsilon: 0.1 }),
  c("groupNorm", [[[2, 3, 6]], [[6]], [[6]]], { groups: 2 }),
  c("groupNorm", [[[2, 2, 3, 4]], [[4]], [[4]]], { groups: 4 }),
  c("softmax", [[[3, 5]]]),
  c("softmax", [[[2, 2, 2, 4]]]),
  ...["relu", "tanh", "sigmoid", "silu", "gelu", "sin", "exp"].map((op) => c(op, [[[4, 7]]])),
  c("maxPool", [[[2, 6, 2]]], { window: 2 }),
  c("maxPool", [[[1, 5, 6, 2]]], { window: 3, stride: 1 }),
  c("meanPool", [[[2, 7, 3]]], { window: 3, stride: 2 }),
  c("meanPool", [[[1, 4, 6, 2]]], { window: 2 }),
  c("globalMax", [[[2, 3, 4, 2]]]),
  c("globalMean", [[[3, 5, 2]]]),
  c("add", [[[3, 4]], [[3, 4]]]),
  c("add", [[[2, 3, 4]], [[4]]]),
  c("add", [[[2, 1, 4]], [[3, 1]]]),
  c("subtract", [[[4]], [[2, 3, 4]]]),
  c("multiply", [[[2, 3, 2, 2]], [[2, 1, 1, 2]]]),
  c("multiply", [[[]], [[3, 4]]]),
  c("scale", [[[3, 4]]], { factor: -0.7 }),
  c("stop", [[[3, 4]]]),
  c("concat", [[[2, 3]], [[2, 1]], [[2, 2]]], { axis: 1 }),
  c("concat", [[[1, 3, 2]], [[2, 3, 2]]], { axis: 0 }),
  c("slice", [[[3, 5, 2]]], { axis: 1, from: 1, to: 4 }),
  c("slice", [[[4, 3]]], { axis: 0, from: 3, to: 4 }),
  c("reshape", [[[4, 6]]], { shape: [2, 3, 4] }),
  c("transpose", [[[2, 3, 4]]], { order: [2, 0, 1] }),
  c("transpose", [[[2, 3, 2, 4]]], { order: [0, 2, 1, 3] }),
  c("embedding", [[[5, 3]], [[2, 4], { below: 5 }]]),
  c("dropout", [[[4, 9]]], { rate: 0.4 }),
  c("crossEntropy", [[[4, 3]], [[4], { below: 3 }]]),
  c("crossEntropy", [[[2, 3, 5]], [[2, 3], { below: 5 }]]),
  c("mse", [[[3, 4]], [[3, 4]]]),
  c("binary", [[[3, 4]], [[3, 4], "shares"]]),
]

/** Numbers from -2 to 2 in a mixed order, no two nearer than 4 / count, none nearer to 0 than half of that. */
export function mixed(count: number, salt: number): Float32Array {
  const order = Array.from({ length: count }, (_, i) => i)
  let state = salt + 1
  for (let i = count - 1; i > 0; i--) {
    state = (Math.imul(state, 1103515245) + 12345) >>> 0
    const j = (state >>> 8) % (i + 1)
    ;[order[i], order[j]] = [order[j], order[i]]
  }
  return Float32Array.from(order, (at) => ((at + 0.5) / count) * 4 - 2)
}

const valuesOf = (shape: Shape, kind: Kind, salt: number): Float32Array => {
  const numbers = mixed(sizeOf(shape), salt)
  if (kind === "numbers") return numbers
  if (kind === "shares") return numbers.map((x) => x / 4 + 0.5)
  return numbers.map((x) => Math.floor((x / 4 + 0.5) * kind.below))
}

export interface Built {
  readonly graph: Graph
  readonly node: Node
  readonly loss: Node
  /** Inputs that one may differentiate by; the weights among them, whose gradient is the result. */
  readonly by: ReadonlyArray<Node>
  readonly given: Map<Node, Float32Array>
}

/** The operator alone, and as loss the mean of its results, each with a weight of its own. */
export function build({ op, inputs, attributes }: Case): Built {
  const graph = new Graph()
  const given = new Map<Node, Float32Array>()
  const by: Array<Node> = []
  const nodes = inputs.map(([shape, kind = "numbers"], i) => {
    const node = graph.input(`input${i}`, shape)
    given.set(node, valuesOf(shape, kind, i))
    if (kind === "numbers") by.push(node)
    return node
  })
  const node = graph.apply(op, nodes, attributes)
  if (node.shape.length === 0) return { graph, node, loss: node, by, given }
  const weights = graph.input("weights", node.shape)
  given.set(weights, mixed(sizeOf(node.shape), 99))
  by.push(weights)
  const weighted = graph.apply("multiply", [node, weights])
  const flat = graph.apply("reshape", [weighted], { shape: [1, sizeOf(node.shape), 1] })
  const loss = graph.apply("reshape", [graph.apply("globalMean", [flat])], { shape: [] })
  return { graph, node, loss, by, given }
}
