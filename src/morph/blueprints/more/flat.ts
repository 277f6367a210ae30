/** Further blueprints that work on the last axis of a value, so they fit rows, sequences and images alike. */
import { type Node, sizeOf } from "../../tensor/ir.ts"
import type { Blueprint } from "../Blueprint.ts"
import { common, dense, down, HIDDEN, last, mlp, mlpCost, narrowed, places, RATIO, up } from "../pieces.ts"
import {
  affine,
  divisor,
  fromZero,
  groupNorm,
  layerNorm,
  learnt,
  overPlaces,
  products,
  squeezed,
  sum,
} from "./parts.ts"

const lowRank: Blueprint = {
  ...common,
  name: "lowRank",
  description: "a product with two thin matrices, without a bias",
  risk: 0.1,
  tags: ["linear", "narrow"],
  parameters: { rank: { min: 1, max: 256, scale: "log", step: 1, initial: 4 } },
  build: (graph, value, { rank }) => {
    const width = last(value.shape)
    const thin = graph.parameter("thin", [width, rank], { initial: "he" })
    const wide = graph.parameter("wide", [rank, width], { initial: "zeros" })
    return graph.apply("dense", [graph.apply("dense", [value, thin]), wide])
  },
  cost: (shape, { rank }) =>
    sum(learnt(2 * last(shape) * rank), products(places(shape) * 2 * last(shape) * rank)),
}

const normGate: Blueprint = {
  ...common,
  name: "normGate",
  description: "a layer norm, gated by the value",
  risk: 0.2,
  tags: ["norm", "gate"],
  parameters: {},
  build: (graph, value) => {
    const gate = graph.apply("sigmoid", [dense(graph, "gate", value, last(value.shape), "he")])
    return fromZero(graph, graph.apply("multiply", [layerNorm(graph, "norm", value), gate]))
  },
  cost: (shape) => sum(affine(places(shape), last(shape), last(shape)), learnt(3 * last(shape))),
}

const activated = (name: string, activation: "gelu" | "silu"): Blueprint => ({
  ...common,
  name,
  description: `two dense layers with ${activation} between them`,
  risk: 0.2,
  tags: ["mlp"],
  parameters: { hidden: HIDDEN },
  build: (graph, value, { hidden }) => mlp(graph, value, hidden, activation),
  cost: (shape, { hidden }) => mlpCost(shape, hidden),
})

/** Srivastava et al., 2015: a gate decides how far each channel goes from its value to another. */
const highway: Blueprint = {
  ...common,
  name: "highway",
  description: "another value for each channel, and a gate for how far to go to it",
  risk: 0.2,
  tags: ["gate"],
  parameters: {},
  build: (graph, value) => {
    const width = last(value.shape)
    const other = graph.apply("tanh", [dense(graph, "other", value, width, "he")])
    const gate = graph.apply("sigmoid", [dense(graph, "gate", value, width, "he")])
    return fromZero(graph, graph.apply("multiply", [graph.apply("subtract", [other, value]), gate]))
  },
  cost: (shape) => {
    const layer = affine(places(shape), last(shape), last(shape))
    return sum(layer, layer, learnt(last(shape)))
  },
}

/** Hu et al., 2018. */
const squeezeExcite: Blueprint = {
  ...common,
  name: "squeezeExcite",
  description: "a factor for each channel, by the mean over all places",
  risk: 0.1,
  tags: ["gate", "narrow"],
  parameters: { ratio: RATIO },
  build: (graph, value, { ratio }) => {
    const width = last(value.shape)
    const narrow = dense(graph, "narrow", squeezed(graph, value), narrowed(width, ratio), "he")
    const wide = dense(graph, "wide", graph.apply("relu", [narrow]), width, "zeros")
    return graph.apply("multiply", [value, overPlaces(graph, graph.apply("tanh", [wide]), value)])
  },
  cost: (shape, { ratio }) => {
    const [width, narrow] = [last(shape), narrowed(last(shape), ratio)]
    return sum(affine(1, width, narrow), affine(1, narrow, width))
  },
}

/** Huang et al., 2017: what was found stands beside the value. */
const denseConcat: Blueprint = {
  ...common,
  name: "denseConcat",
  description: "a dense layer beside the value, and one over both",
  risk: 0.2,
  tags: ["mlp"],
  parameters: { growth: HIDDEN },
  build: (graph, value, { growth }) => {
    const found = graph.apply("relu", [dense(graph, "grow", value, growth, "he")])
    const both = graph.apply("concat", [value, found], { axis: value.shape.length - 1 })
    return dense(graph, "join", both, last(value.shape), "zeros")
  },
  cost: (shape, { growth }) =>
    sum(affine(places(shape), last(shape), growth), affine(places(shape), last(shape) + growth, last(shape))),
}

/** Tancik et al., 2020, with frequencies that are learnt. */
const fourier: Blueprint = {
  ...common,
  name: "fourier",
  description: "sines of learnt frequencies",
  risk: 0.3,
  tags: ["basis"],
  parameters: {
    frequencies: HIDDEN,
    spread: { min: 1, max: 16, scale: "log", step: 1, initial: 2 },
  },
  build: (graph, value, { frequencies, spread }) => {
    const angles = graph.apply("scale", [dense(graph, "angles", value, frequencies, "he")], {
      factor: spread,
    })
    return dense(graph, "join", graph.apply("sin", [angles]), last(value.shape), "zeros")
  },
  cost: (shape, { frequencies }) => mlpCost(shape, frequencies),
}

/** Broomhead and Lowe, 1988, with the mean of the squared differences for the squared distance. */
const radial: Blueprint = {
  ...common,
  name: "radial",
  description: "bells around learnt centres",
  risk: 0.3,
  tags: ["basis"],
  parameters: { centres: { min: 1, max: 256, scale: "log", step: 1, initial: 16 } },
  build: (graph, value, { centres }) => {
    const width = last(value.shape)
    const rows = sizeOf(value.shape) / width
    const apart = graph.apply("subtract", [
      graph.apply("reshape", [value], { shape: [rows, width, 1] }),
      // Within plus and minus 2, where values of a host are.
      graph.parameter("centres", [width, centres], { initial: "he", fanIn: 1.5 }),
    ])
    const distance = graph.apply("globalMean", [graph.apply("multiply", [apart, apart])])
    // By its logarithm, so that it stays above zero: a bell that opens upwards has no end.
    const steepness = graph.apply("exp", [graph.parameter("steepness", [centres], { initial: "zeros" })])
    const steep = graph.apply("multiply", [distance, steepness])
    const bells = graph.apply("exp", [graph.apply("scale", [steep], { factor: -1 })])
    return graph.apply("reshape", [dense(graph, "join", bells, width, "zeros")], { shape: value.shape })
  },
  cost: (shape, { centres }) =>
    sum(learnt(last(shape) * centres + centres), affine(places(shape), centres, last(shape))),
}

/** Jacobs et al., 1991. Every expert is computed: the gate weighs them and leaves none out. */
const experts: Blueprint = {
  ...common,
  name: "experts",
  description: "several small blocks, weighed by the value",
  tier: "experimental",
  risk: 0.4,
  tags: ["mlp", "gate"],
  parameters: {
    experts: { min: 2, max: 16, scale: "log", step: 1, initial: 4 },
    hidden: { ...HIDDEN, max: 256, initial: 8 },
  },
  build: (graph, value, { experts: count, hidden }) => {
    const rows = sizeOf(value.shape) / last(value.shape)
    const shares = graph.apply("softmax", [dense(graph, "gate", value, count, "he")])
    const inner = up(graph, value, count * hidden, "relu")
    const weighed = graph.apply("multiply", [
      graph.apply("reshape", [inner], { shape: [rows, count, hidden] }),
      graph.apply("reshape", [shares], { shape: [rows, count, 1] }),
    ])
    const flat = graph.apply("reshape", [weighed], { shape: inner.shape })
    return down(graph, flat, value)
  },
  cost: (shape, { experts: count, hidden }) =>
    sum(affine(places(shape), last(shape), count), mlpCost(shape, count * hidden)),
}

/** He et al., 2016. */
const deepResidual: Blueprint = {
  ...common,
  name: "deepResidual",
  description: "a stack of residual layers",
  tier: "experimental",
  risk: 0.4,
  tags: ["mlp", "deep"],
  parameters: {
    hidden: { ...HIDDEN, max: 256, initial: 16 },
    depth: { min: 1, max: 8, scale: "linear", step: 1, initial: 3 },
  },
  build: (graph, value, { hidden, depth }) => {
    let inner: Node = dense(graph, "up", value, hidden, "he")
    for (let i = 0; i < depth; i++) {
      const layer = graph.apply("tanh", [dense(graph, `layer${i}`, inner, hidden, "he")])
      inner = graph.apply("add", [inner, layer])
    }
    return down(graph, inner, value)
  },
  cost: (shape, { hidden, depth }) =>
    sum(
      mlpCost(shape, hidden),
      ...Array.from({ length: depth }, () => affine(places(shape), hidden, hidden)),
    ),
}

const dropoutMlp: Blueprint = {
  ...common,
  name: "dropoutMlp",
  description: "two dense layers, with part of the inner one dropped while it learns",
  risk: 0.2,
  tags: ["mlp", "dropout"],
  parameters: {
    hidden: HIDDEN,
    dropPercent: { min: 0, max: 90, scale: "linear", step: 5, initial: 20 },
  },
  build: (graph, value, { hidden, dropPercent }) => {
    const inner = up(graph, value, hidden, "relu")
    return down(graph, graph.apply("dropout", [inner], { rate: dropPercent / 100 }), value)
  },
  cost: (shape, { hidden }) => mlpCost(shape, hidden),
}

/** Wu and He, 2018. As many groups as divide the channels, at most `groups`. */
const groupNormMlp: Blueprint = {
  ...common,
  name: "groupNormMlp",
  description: "two dense layers behind a group norm",
  risk: 0.2,
  tags: ["mlp", "norm"],
  parameters: {
    groups: { min: 1, max: 32, scale: "log", step: 1, initial: 4 },
    hidden: HIDDEN,
  },
  build: (graph, value, { groups, hidden }) => {
    const even = groupNorm(graph, "norm", value, divisor(last(value.shape), groups))
    return mlp(graph, even, hidden, "relu")
  },
  cost: (shape, { hidden }) => sum(learnt(2 * last(shape)), mlpCost(shape, hidden)),
}

export const FLAT: ReadonlyArray<Blueprint> = [
  lowRank,
  normGate,
  activated("residualGelu", "gelu"),
  activated("residualSilu", "silu"),
  highway,
  squeezeExcite,
  denseConcat,
  fourier,
  radial,
  experts,
  deepResidual,
  dropoutMlp,
  groupNormMlp,
]
