/** Blueprints over a sequence, [length, channels]: its places learn from one another. */
import type { Graph } from "../../tensor/Graph.ts"
import type { Node, Shape } from "../../tensor/ir.ts"
import type { Blueprint, Cost } from "../Blueprint.ts"
import { common, dense, down, HIDDEN, last, mlp, mlpCost, up } from "../pieces.ts"
import { affine, layerNorm, learnt, overPlaces, products, sum } from "./parts.ts"

const sequence = { ...common, axes: 2 } as const

const depthwise1d: Blueprint = {
  ...sequence,
  name: "depthwise1d",
  description: "a window over each channel alone, and a dense layer",
  risk: 0.2,
  tags: ["convolution"],
  parameters: { size: { min: 1, max: 31, scale: "linear", step: 2, initial: 3 } },
  build: (graph, value, { size }) => {
    const width = last(value.shape)
    const window = graph.parameter("window", [size, width], { initial: "he", fanIn: size })
    const bias = graph.parameter("bias", [width], { initial: "zeros" })
    const seen = graph.apply("silu", [graph.apply("depthwise1d", [value, window, bias])])
    return dense(graph, "mix", seen, width, "zeros")
  },
  cost: ([length, width], { size }) =>
    sum(learnt(size * width + width), products(length * size * width), affine(length, width, width)),
}

/** Van den Oord et al., 2016. */
const dilated1d: Blueprint = {
  ...sequence,
  name: "dilated1d",
  description: "a window of three places that lie apart, and a dense layer",
  risk: 0.2,
  tags: ["convolution", "dilated"],
  parameters: { hidden: HIDDEN, dilation: { min: 1, max: 64, scale: "log", step: 1, initial: 2 } },
  build: (graph, value, { hidden, dilation }) => {
    const window = graph.parameter("window", [3, last(value.shape), hidden], { initial: "he" })
    const bias = graph.parameter("bias", [hidden], { initial: "zeros" })
    const seen = graph.apply("conv1d", [value, window, bias], { dilation })
    return dense(graph, "join", graph.apply("relu", [seen]), last(value.shape), "zeros")
  },
  cost: ([length, width], { hidden }) =>
    sum(affine(length, 3 * width, hidden), affine(length, hidden, width)),
}

/** Each place as a mean over all places, weighed by how alike they are (Vaswani et al., 2017). The output layer begins at zero. */
function attention(graph: Graph, value: Node, heads: number, width: number): Node {
  const [batch, length, channels] = value.shape
  const split = (whole: Node): Node => {
    if (heads === 1) return whole
    const apart = graph.apply("reshape", [whole], { shape: [batch, length, heads, width] })
    return graph.apply("transpose", [apart], { order: [0, 2, 1, 3] })
  }
  const query = split(dense(graph, "query", value, heads * width, "glorot"))
  // A bias here would add the same to every score of a place, which changes no share.
  const keys = graph.parameter("keys", [channels, heads * width], { initial: "glorot" })
  const key = split(graph.apply("dense", [value, keys]))
  const content = split(dense(graph, "content", value, heads * width, "glorot"))
  const alike = graph.apply("matmul", [query, key], { transposed: 1 })
  const shares = graph.apply("softmax", [graph.apply("scale", [alike], { factor: 1 / Math.sqrt(width) })])
  const found = graph.apply("matmul", [shares, content])
  const joined =
    heads === 1
      ? found
      : graph.apply("reshape", [graph.apply("transpose", [found], { order: [0, 2, 1, 3] })], {
          shape: [batch, length, heads * width],
        })
  return dense(graph, "output", joined, channels, "zeros")
}

/** `width` of all heads together. */
const attentionCost = ([length, channels]: Shape, width: number): Cost => {
  const layer = affine(length, channels, width)
  const keys = sum(learnt(channels * width), products(length * channels * width))
  return sum(layer, keys, layer, products(2 * length * length * width), affine(length, width, channels))
}

const WIDTH = { min: 1, max: 256, scale: "log", step: 1, initial: 8 } as const
const HEADS = { min: 2, max: 16, scale: "log", step: 1, initial: 2 } as const

const attention1: Blueprint = {
  ...sequence,
  name: "attention1",
  description: "attention with one head",
  risk: 0.3,
  tags: ["attention"],
  parameters: { width: WIDTH },
  build: (graph, value, { width }) => attention(graph, value, 1, width),
  cost: (shape, { width }) => attentionCost(shape, width),
}

const attentionHeads: Blueprint = {
  ...sequence,
  name: "attentionHeads",
  description: "attention with several heads",
  risk: 0.3,
  tags: ["attention"],
  parameters: { heads: HEADS, width: WIDTH },
  build: (graph, value, { heads, width }) => attention(graph, value, heads, width),
  cost: (shape, { heads, width }) => attentionCost(shape, heads * width),
}

/** With the norms before the layers (Xiong et al., 2020). */
const transformer: Blueprint = {
  ...sequence,
  name: "transformer",
  description: "attention, then two dense layers, each behind a layer norm",
  tier: "experimental",
  risk: 0.45,
  tags: ["attention", "mlp", "norm", "deep"],
  parameters: { heads: HEADS, width: WIDTH, hidden: HIDDEN },
  build: (graph, value, { heads, width, hidden }) => {
    const found = attention(graph.scope("attention"), layerNorm(graph, "first", value), heads, width)
    const both = layerNorm(graph, "second", graph.apply("add", [value, found]))
    return graph.apply("add", [found, mlp(graph, both, hidden, "gelu")])
  },
  cost: (shape, { heads, width, hidden }) =>
    sum(attentionCost(shape, heads * width), learnt(4 * last(shape)), mlpCost(shape, hidden)),
}

/** Tolstikhin et al., 2021: two dense layers along the places of each channel. */
const timeMix: Blueprint = {
  ...sequence,
  name: "timeMix",
  description: "two dense layers along the places of each channel",
  risk: 0.3,
  tags: ["mlp"],
  parameters: { hidden: HIDDEN },
  build: (graph, value, { hidden }) => {
    const turned = graph.apply("transpose", [value], { order: [0, 2, 1] })
    return graph.apply("transpose", [mlp(graph, turned, hidden, "gelu")], { order: [0, 2, 1] })
  },
  cost: ([length, width], { hidden }) => sum(affine(width, length, hidden), affine(width, hidden, length)),
}

const positional: Blueprint = {
  ...sequence,
  name: "positional",
  description: "two dense layers that know which place they are at",
  risk: 0.2,
  tags: ["mlp", "position"],
  parameters: { hidden: HIDDEN },
  build: (graph, value, { hidden }) => {
    const table = graph.parameter("table", value.shape.slice(1), { initial: "glorot" })
    return mlp(graph, graph.apply("add", [value, table]), hidden, "relu")
  },
  cost: (shape, { hidden }) => sum(learnt(shape[0] * shape[1]), mlpCost(shape, hidden)),
}

const contextGate: Blueprint = {
  ...sequence,
  name: "contextGate",
  description: "two dense layers, of which the inner one is gated by the mean over the sequence",
  risk: 0.2,
  tags: ["mlp", "gate"],
  parameters: { hidden: HIDDEN },
  build: (graph, value, { hidden }) => {
    const context = dense(graph, "context", graph.apply("globalMean", [value]), hidden, "he")
    const gate = overPlaces(graph, graph.apply("sigmoid", [context]), value)
    return down(graph, graph.apply("multiply", [up(graph, value, hidden, "gelu"), gate]), value)
  },
  cost: (shape, { hidden }) => sum(affine(1, last(shape), hidden), mlpCost(shape, hidden)),
}

export const SEQUENCE: ReadonlyArray<Blueprint> = [
  depthwise1d,
  dilated1d,
  attention1,
  attentionHeads,
  transformer,
  timeMix,
  positional,
  contextGate,
]
