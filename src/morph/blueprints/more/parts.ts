/** What the further blueprints share: layers without a bias, windows, gates, and what each of these costs. */
import type { Graph } from "../../tensor/Graph.ts"
import type { Node } from "../../tensor/ir.ts"
import type { Cost } from "../Blueprint.ts"
import { last } from "../pieces.ts"

/** Of a dense layer over so many places. */
export const affine = (places: number, from: number, to: number): Cost => ({
  parameters: from * to + to,
  multiplyAdds: places * from * to,
})
/** Of numbers that are learnt and multiplied with nothing that counts. */
export const learnt = (parameters: number): Cost => ({ parameters, multiplyAdds: 0 })
/** Of products that learn nothing themselves. */
export const products = (multiplyAdds: number): Cost => ({ parameters: 0, multiplyAdds })

export const sum = (...costs: ReadonlyArray<Cost>): Cost => ({
  parameters: costs.reduce((total, { parameters }) => total + parameters, 0),
  multiplyAdds: costs.reduce((total, { multiplyAdds }) => total + multiplyAdds, 0),
})

/** Times a factor for each channel, which begins at zero. */
export const fromZero = (graph: Graph, value: Node): Node =>
  graph.apply("multiply", [value, graph.parameter("scale", [last(value.shape)], { initial: "zeros" })])

/** A layer norm with a gain and a bias of its own. */
export const layerNorm = (graph: Graph, name: string, value: Node): Node =>
  norm(graph, name, value, "layerNorm", {})

export const groupNorm = (graph: Graph, name: string, value: Node, groups: number): Node =>
  norm(graph, name, value, "groupNorm", { groups })

function norm(
  graph: Graph,
  name: string,
  value: Node,
  op: string,
  attributes: Readonly<Record<string, number>>,
): Node {
  const scope = graph.scope(name)
  const gain = scope.parameter("gain", [last(value.shape)], { initial: "ones" })
  const bias = scope.parameter("bias", [last(value.shape)], { initial: "zeros" })
  return scope.apply(op, [value, gain, bias], attributes)
}

/** The mean over all places, [batch, channels]; a row is its own. */
export const squeezed = (graph: Graph, value: Node): Node =>
  value.shape.length < 3 ? value : graph.apply("globalMean", [value])

/** One number for each channel of a row, so shaped that it is repeated over the places of `like`. */
export const overPlaces = (graph: Graph, one: Node, like: Node): Node =>
  like.shape.length === one.shape.length
    ? one
    : graph.apply("reshape", [one], {
        shape: [one.shape[0], ...like.shape.slice(1, -1).map(() => 1), last(one.shape)],
      })

/** The largest divisor of `width` that is at most `most`. */
export function divisor(width: number, most: number): number {
  let found = Math.min(width, most)
  while (width % found !== 0) found--
  return found
}
