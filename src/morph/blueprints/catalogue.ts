/** The blueprints that may be planted. Each works on the last axis of a value, so it fits rows, sequences and images alike. */
import type { Blueprint } from "./Blueprint.ts"
import { common, dense, HIDDEN, last, mlpCost, narrowed, places } from "./pieces.ts"

const identity: Blueprint = {
  ...common,
  name: "identity",
  description: "adds nothing and learns nothing: the control",
  risk: 0,
  parameters: {},
  build: (graph, value) => graph.apply("scale", [value], { factor: 0 }),
  cost: () => ({ parameters: 0, multiplyAdds: 0 }),
}

const linear: Blueprint = {
  ...common,
  name: "linear",
  description: "one dense layer",
  risk: 0.1,
  parameters: {},
  build: (graph, value) => dense(graph, "dense", value, last(value.shape), "zeros"),
  cost: (shape) => ({
    parameters: last(shape) ** 2 + last(shape),
    multiplyAdds: places(shape) * last(shape) ** 2,
  }),
}

const residualMlp: Blueprint = {
  ...common,
  name: "residualMlp",
  description: "two dense layers with relu between them",
  risk: 0.2,
  parameters: { hidden: HIDDEN },
  build: (graph, value, { hidden }) => {
    const inner = graph.apply("relu", [dense(graph, "up", value, hidden, "he")])
    return dense(graph, "down", inner, last(value.shape), "zeros")
  },
  cost: (shape, { hidden }) => mlpCost(shape, hidden),
}

const bottleneck: Blueprint = {
  ...common,
  name: "bottleneck",
  description: "two dense layers through a narrow place",
  risk: 0.1,
  parameters: { ratio: { min: 1, max: 64, scale: "log", step: 1, initial: 2 } },
  build: (graph, value, { ratio }) => {
    const width = last(value.shape)
    const inner = graph.apply("tanh", [dense(graph, "narrow", value, narrowed(width, ratio), "he")])
    return dense(graph, "wide", inner, width, "zeros")
  },
  cost: (shape, { ratio }) => mlpCost(shape, narrowed(last(shape), ratio)),
}

const gatedMlp: Blueprint = {
  ...common,
  name: "gatedMlp",
  description: "two dense layers, of which the inner one is gated by the value",
  risk: 0.2,
  parameters: { hidden: HIDDEN },
  build: (graph, value, { hidden }) => {
    const inner = dense(graph, "up", value, hidden, "he")
    const gate = graph.apply("sigmoid", [dense(graph, "gate", value, hidden, "he")])
    return dense(graph, "down", graph.apply("multiply", [inner, gate]), last(value.shape), "zeros")
  },
  cost: (shape, { hidden }) => ({
    parameters: 3 * last(shape) * hidden + 2 * hidden + last(shape),
    multiplyAdds: places(shape) * 3 * last(shape) * hidden,
  }),
}

const layerScale: Blueprint = {
  ...common,
  name: "layerScale",
  description: "a factor for each channel",
  risk: 0.05,
  parameters: {},
  build: (graph, value) =>
    graph.apply("multiply", [value, graph.parameter("scale", [last(value.shape)], { initial: "zeros" })]),
  cost: (shape) => ({ parameters: last(shape), multiplyAdds: 0 }),
}

/** In the order in which a policy without a record tries them. */
export const BLUEPRINTS: ReadonlyArray<Blueprint> = [
  residualMlp,
  gatedMlp,
  bottleneck,
  linear,
  layerScale,
  identity,
]
