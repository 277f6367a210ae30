/** What blueprints are made of: dense layers one after the other, and what they cost. */
import type { Graph, Initial } from "../tensor/Graph.ts"
import type { Node, Shape } from "../tensor/ir.ts"
import type { Cost } from "./Blueprint.ts"

export const last = (shape: Shape): number => shape[shape.length - 1]
/** Places of a sequence or an image; 1 of a row. */
export const places = (shape: Shape): number => shape.slice(0, -1).reduce((product, n) => product * n, 1)

export const dense = (graph: Graph, name: string, value: Node, width: number, initial: Initial): Node => {
  const scope = graph.scope(name)
  const weights = scope.parameter("weights", [last(value.shape), width], { initial })
  const bias = scope.parameter("bias", [width], { initial: "zeros" })
  return scope.apply("dense", [value, weights, bias])
}

/** The first of two dense layers, with what comes behind it. */
export const up = (graph: Graph, value: Node, hidden: number, activation: string): Node =>
  graph.apply(activation, [dense(graph, "up", value, hidden, "he")])

/** The last layer, which begins at zero: as wide as the value. */
export const down = (graph: Graph, inner: Node, value: Node): Node =>
  dense(graph, "down", inner, last(value.shape), "zeros")

/** Two dense layers. */
export const mlp = (graph: Graph, value: Node, hidden: number, activation: string): Node =>
  down(graph, up(graph, value, hidden, activation), value)

/** How many times narrower than the value. */
export const RATIO = { min: 1, max: 64, scale: "log", step: 1, initial: 2 } as const
export const HIDDEN = { min: 1, max: 1024, scale: "log", step: 1, initial: 32 } as const

/** Two dense layers, of which the last begins at zero. */
export const mlpCost = (shape: Shape, hidden: number): Cost => ({
  parameters: 2 * last(shape) * hidden + hidden + last(shape),
  multiplyAdds: places(shape) * 2 * last(shape) * hidden,
})

/** Never below one. */
export const narrowed = (width: number, ratio: number): number => Math.max(1, Math.floor(width / ratio))

export const common = { tier: "safe", quarantineOnly: false } as const
