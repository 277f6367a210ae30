/**
 * How a graft joins the value at its socket, as nodes of a graph. `grafting/mix.ts` states the formulas. What an operator learns (weights,
 * confidence) is the graft's own, so it is isolated, measured, culled and kept with it.
 *
 * Each of the four is the value itself while the blueprint adds nothing, bit for bit at any alpha. At alpha 1 no factor is left.
 */
import { type AnyBlueprint, type BlueprintParameters, buildBlueprint } from "../blueprints/Blueprint.ts"
import type { OperatorName } from "../contracts/Host.ts"
import type { Graph } from "../tensor/Graph.ts"
import type { Node } from "../tensor/ir.ts"

/** A graft as a part of a graph. */
export interface Insert {
  readonly owner: number
  readonly blueprint: AnyBlueprint
  readonly parameters: BlueprintParameters
  readonly operator: OperatorName
  /** Above 0, at most 1: where it is 0 nothing is built. */
  readonly alpha: number
}

/** What is added to the value at alpha 1. `own` declares the operator's own parameters. */
type Join = (own: Graph, value: Node, added: Node) => Node

const channelsOf = ({ shape }: Node): number => shape[shape.length - 1]

const JOINS: Readonly<Record<OperatorName, Join>> = {
  residual: (_, __, added) => added,
  channel: (own, value, added) =>
    own.apply("multiply", [added, own.parameter("weights", [channelsOf(value)], { initial: "ones" })]),
  confidence: (own, value, added) => {
    const weights = own.parameter("weights", [channelsOf(value), 1], { initial: "zeros" })
    const bias = own.parameter("bias", [1], { initial: "zeros" })
    return own.apply("multiply", [added, own.apply("sigmoid", [own.apply("dense", [value, weights, bias])])])
  },
  convex: (own, value, added) => own.apply("subtract", [replacement(own, value, added), value]),
}

/** What takes the value's place: what the graft lets through of it, which is all of it at birth, and what the graft adds. */
function replacement(own: Graph, value: Node, added: Node): Node {
  const carried = own.apply("multiply", [
    value,
    own.parameter("carry", [channelsOf(value)], { initial: "ones" }),
  ])
  return own.apply("add", [carried, added])
}

/** The value with a graft's part in it. */
export function mixed(graph: Graph, value: Node, insert: Insert): Node {
  const { blueprint, parameters, operator, owner, alpha } = insert
  const scope = graph.scope(`graft${owner}`, owner)
  const added = buildBlueprint(blueprint, scope, value, parameters, owner)
  const own = scope.scope("mix")
  // Nothing of the value is left: less itself and plus itself would round.
  if (operator === "convex" && alpha === 1) return replacement(own, value, added)
  const whole = JOINS[operator](own, value, added)
  // Times one would give the same bits, and cost a pass.
  return graph.apply("add", [value, alpha === 1 ? whole : graph.apply("scale", [whole], { factor: alpha })])
}
