/** Blueprints over an image, [height, width, channels]. */
import type { Graph } from "../../tensor/Graph.ts"
import type { Initial } from "../../tensor/Graph.ts"
import type { Node } from "../../tensor/ir.ts"
import type { Blueprint } from "../Blueprint.ts"
import { common, dense, down, HIDDEN, last, narrowed, places, RATIO } from "../pieces.ts"
import { affine, learnt, overPlaces, products, squeezed, sum } from "./parts.ts"

const image = { ...common, axes: 3 } as const

interface Window {
  readonly size: number
  readonly filters: number
  readonly initial: Initial
  readonly dilation?: number
}

function convolution(graph: Graph, name: string, value: Node, window: Window): Node {
  const { size, filters, initial, dilation } = window
  const scope = graph.scope(name)
  const weights = scope.parameter("weights", [size, size, last(value.shape), filters], { initial })
  const bias = scope.parameter("bias", [filters], { initial: "zeros" })
  return scope.apply("conv2d", [value, weights, bias], dilation === undefined ? {} : { dilation })
}

const conv3: Blueprint = {
  ...image,
  name: "conv3",
  description: "a window of 3 by 3, and a dense layer",
  risk: 0.2,
  tags: ["convolution"],
  parameters: { hidden: HIDDEN },
  build: (graph, value, { hidden }) => {
    const seen = convolution(graph, "window", value, { size: 3, filters: hidden, initial: "he" })
    return dense(graph, "join", graph.apply("relu", [seen]), last(value.shape), "zeros")
  },
  cost: (shape, { hidden }) =>
    sum(affine(places(shape), 9 * last(shape), hidden), affine(places(shape), hidden, last(shape))),
}

/** Chollet, 2017. */
const separable: Blueprint = {
  ...image,
  name: "separable",
  description: "a window of 3 by 3 over each channel alone, and two dense layers",
  risk: 0.2,
  tags: ["convolution"],
  parameters: { hidden: HIDDEN },
  build: (graph, value, { hidden }) => {
    const width = last(value.shape)
    const window = graph.parameter("window", [3, 3, width], { initial: "he", fanIn: 9 })
    const seen = graph.apply("depthwise2d", [value, window])
    const inner = graph.apply("relu", [dense(graph, "up", seen, hidden, "he")])
    return down(graph, inner, value)
  },
  cost: (shape, { hidden }) =>
    sum(
      learnt(9 * last(shape)),
      products(places(shape) * 9 * last(shape)),
      affine(places(shape), last(shape), hidden),
      affine(places(shape), hidden, last(shape)),
    ),
}

const convExcite: Blueprint = {
  ...image,
  name: "convExcite",
  description: "a window of 3 by 3 with a factor for each channel, by the mean over the image",
  risk: 0.3,
  tags: ["convolution", "gate"],
  parameters: {
    hidden: HIDDEN,
    ratio: RATIO,
  },
  build: (graph, value, { hidden, ratio }) => {
    const window = convolution(graph, "window", value, { size: 3, filters: hidden, initial: "he" })
    const seen = graph.apply("relu", [window])
    const narrow = dense(graph, "narrow", squeezed(graph, seen), narrowed(hidden, ratio), "he")
    const wide = dense(graph, "wide", graph.apply("relu", [narrow]), hidden, "he")
    const gate = overPlaces(graph, graph.apply("sigmoid", [wide]), seen)
    return dense(graph, "join", graph.apply("multiply", [seen, gate]), last(value.shape), "zeros")
  },
  cost: (shape, { hidden, ratio }) => {
    const narrow = narrowed(hidden, ratio)
    return sum(
      affine(places(shape), 9 * last(shape), hidden),
      affine(1, hidden, narrow),
      affine(1, narrow, hidden),
      affine(places(shape), hidden, last(shape)),
    )
  },
}

/** He et al., 2016. */
const convBottleneck: Blueprint = {
  ...image,
  name: "convBottleneck",
  description: "a window of 3 by 3 through few channels",
  risk: 0.2,
  tags: ["convolution", "narrow"],
  parameters: { ratio: RATIO },
  build: (graph, value, { ratio }) => {
    const filters = narrowed(last(value.shape), ratio)
    const narrow = graph.apply("relu", [dense(graph, "narrow", value, filters, "he")])
    const seen = convolution(graph, "window", narrow, { size: 3, filters, initial: "he" })
    return dense(graph, "wide", graph.apply("relu", [seen]), last(value.shape), "zeros")
  },
  cost: (shape, { ratio }) => {
    const [width, narrow] = [last(shape), narrowed(last(shape), ratio)]
    return sum(
      affine(places(shape), width, narrow),
      affine(places(shape), 9 * narrow, narrow),
      affine(places(shape), narrow, width),
    )
  },
}

/** Yu and Koltun, 2016. */
const dilated2d: Blueprint = {
  ...image,
  name: "dilated2d",
  description: "a window of 3 by 3 places that lie apart, and a dense layer",
  risk: 0.2,
  tags: ["convolution", "dilated"],
  parameters: { hidden: HIDDEN, dilation: { min: 2, max: 32, scale: "log", step: 1, initial: 2 } },
  build: (graph, value, { hidden, dilation }) => {
    const seen = convolution(graph, "window", value, { size: 3, filters: hidden, initial: "he", dilation })
    return dense(graph, "join", graph.apply("relu", [seen]), last(value.shape), "zeros")
  },
  cost: conv3.cost,
}

/** Woo et al., 2018, with a window over the channels themselves. */
const spatialGate: Blueprint = {
  ...image,
  name: "spatialGate",
  description: "a factor for each place, by a window over its neighbours",
  risk: 0.1,
  tags: ["convolution", "gate"],
  parameters: { size: { min: 1, max: 15, scale: "linear", step: 2, initial: 3 } },
  build: (graph, value, { size }) => {
    const seen = convolution(graph, "window", value, { size, filters: 1, initial: "zeros" })
    return graph.apply("multiply", [value, graph.apply("tanh", [seen])])
  },
  cost: (shape, { size }) => affine(places(shape), size * size * last(shape), 1),
}

export const IMAGE: ReadonlyArray<Blueprint> = [
  conv3,
  separable,
  convExcite,
  convBottleneck,
  dilated2d,
  spatialGate,
]
