import { Arena } from "../../../src/morph/tensor/Arena.ts"
import type { Graph } from "../../../src/morph/tensor/Graph.ts"
import type { Node } from "../../../src/morph/tensor/ir.ts"
import { Program, type ProgramOptions } from "../../../src/morph/tensor/Program.ts"
import { ReferencePlan } from "../../../src/morph/tensor/ReferencePlan.ts"

/** A program with an arena of its own, all owners of the graph appended. */
export function planOf(graph: Graph, options: ProgramOptions, seed = 1): ReferencePlan {
  const arena = Arena.make()
  const owners = new Set(graph.nodes.filter(({ op }) => op === "parameter").map(({ owner }) => owner))
  for (const owner of owners) arena.append(owner, graph.parametersOf(owner), seed + owner)
  return new ReferencePlan(new Program(options), arena)
}

export const read = (plan: ReferencePlan, at: number, size: number): Float32Array =>
  plan.arena.views.f32.slice(at, at + size)

export const write = (plan: ReferencePlan, node: Node, values: ArrayLike<number>): void =>
  plan.arena.views.f32.set(values, plan.offset(node))
