/** The programs of a neural host with their places in memory: what trains it, what trains a graft on its branch, what judges and answers. */
import type { Arena } from "../tensor/Arena.ts"
import { Graph } from "../tensor/Graph.ts"
import { type Node, type Shape, sizeOf } from "../tensor/ir.ts"
import { Program } from "../tensor/Program.ts"
import type { Plan } from "../tensor/ReferencePlan.ts"
import { type Insert, mixed } from "./mixed.ts"
import type { Inserts, Network } from "./Network.ts"

/** How a program is run: by the reference, or by something faster. */
export type PlanMaker = (program: Program, arena: Arena) => Plan

export interface Run {
  readonly plan: Plan
  /** Rows at once. */
  readonly batch: number
  /** Where the caller writes: rows, or the values at a socket. */
  readonly input: number
  /** Where the caller writes targets, or the gradient to follow; -1 where there are none. */
  readonly targets: number
  /** Where the outputs are. */
  readonly outputs: number
  /** Where the loss is; -1 where there is none. */
  readonly loss: number
  /** By socket: where the value is there, and the gradient by it (-1 where there is none). */
  readonly seen: ReadonlyMap<string, Place>
  /** Products of dense layers and convolutions in one pass forward, and backward. */
  readonly products: number
}

export interface Place {
  readonly value: number
  readonly gradient: number
  readonly size: number
}

/** What all programs of a host share. */
export interface Workshop {
  readonly network: Network
  readonly arena: Arena
  readonly make: PlanMaker
}

/** Operators with weights as their second input, units or filters last. */
const MULTIPLYING: ReadonlySet<string> = new Set(["dense", "conv1d", "conv2d"])

const targetShape = ({ options: { loss, outputs } }: Network, batch: number): Shape =>
  loss === "crossEntropy" ? [batch] : [batch, outputs]

/** Rows in, loss out; the owners learn. */
export function trainingRun(
  { network, arena, make }: Workshop,
  batch: number,
  inserts: Inserts,
  owners: ReadonlyArray<number>,
): Run {
  const { graph, input, seen, outputs } = whole(network, batch, inserts)
  const targets = graph.input("targets", targetShape(network, batch))
  const loss = graph.apply(network.options.loss, [outputs, targets])
  const program = new Program({ loss, outputs: [outputs], train: owners, wrt: [...seen.values()] })
  return placed(make(program, arena), batch, input, targets, outputs, seen)
}

/** Rows in, outputs out. */
export function answeringRun({ network, arena, make }: Workshop, batch: number, inserts: Inserts): Run {
  const { input, seen, outputs } = whole(network, batch, inserts)
  const program = new Program({ outputs: [outputs, ...seen.values()] })
  return placed(make(program, arena), batch, input, null, outputs, seen)
}

/** Values at a socket in, loss out: the graft learns, behind it the tail is frozen, and before it is nothing. */
export function branchRun(
  { network, arena, make }: Workshop,
  batch: number,
  socket: string,
  insert: Insert,
  inserts: Inserts,
): Run {
  const { graph, input, outputs, seen } = tail(network, batch, socket, insert, inserts)
  const targets = graph.input("targets", targetShape(network, batch))
  const loss = graph.apply(network.options.loss, [outputs, targets])
  const program = new Program({ loss, outputs: [outputs], train: [insert.owner] })
  return placed(make(program, arena), batch, input, targets, outputs, seen)
}

/**
 * Values at a socket and the gradient of the host's loss by them in: the graft follows that gradient, straight through the mixture. The
 * loss of this program is the product of both, whose gradient behind the graft is the one that came in. No tail runs.
 */
export function straightRun(
  { network, arena, make }: Workshop,
  batch: number,
  socket: string,
  insert: Insert,
): Run {
  const { graph, input } = valueAt(network, batch, socket)
  const towards = graph.input("towards", input.shape)
  const behind = mixed(graph, input, insert)
  const size = sizeOf(input.shape)
  const row = graph.apply("reshape", [behind], { shape: [1, size] })
  const column = graph.apply("reshape", [towards], { shape: [size, 1] })
  const loss = graph.apply("reshape", [graph.apply("dense", [row, column])], { shape: [] })
  const program = new Program({ loss, outputs: [behind], train: [insert.owner] })
  return placed(make(program, arena), batch, input, towards, behind, new Map())
}

/** The name under which `judgingRun` shows the value behind the graft. */
export const BEHIND = "behind"

/** Values at a socket in, outputs out, and the value behind the graft. */
export function judgingRun(
  { network, arena, make }: Workshop,
  batch: number,
  socket: string,
  insert: Insert,
  inserts: Inserts,
): Run {
  const { input, outputs, seen } = tail(network, batch, socket, insert, inserts)
  const program = new Program({ outputs: [outputs, ...seen.values()] })
  return placed(make(program, arena), batch, input, null, outputs, seen)
}

function whole(network: Network, batch: number, inserts: Inserts) {
  const graph = new Graph()
  const input = graph.input("rows", [batch, ...network.options.shape])
  const seen = new Map<string, Node>()
  return { graph, input, seen, outputs: network.whole(graph, input, inserts, seen) }
}

function valueAt(network: Network, batch: number, socket: string) {
  const shape = network.sockets.find(({ name }) => name === socket)?.shape ?? []
  const graph = new Graph()
  return { graph, input: graph.input("value", [batch, ...shape]) }
}

function tail(network: Network, batch: number, socket: string, insert: Insert, inserts: Inserts) {
  const { graph, input } = valueAt(network, batch, socket)
  const behind = mixed(graph, input, insert)
  const seen = new Map<string, Node>([[BEHIND, behind]])
  // What is planted in this socket is in already.
  const others = new Map([...inserts].filter(([name]) => name !== socket))
  return { graph, input, seen, outputs: network.tail(graph, socket, behind, others) }
}

function placed(
  plan: Plan,
  batch: number,
  input: Node,
  targets: Node | null,
  outputs: Node,
  seen: ReadonlyMap<string, Node>,
): Run {
  const { program } = plan
  const shown = new Set([...program.nodes, ...program.outputs])
  return {
    plan,
    batch,
    input: plan.offset(input),
    targets: targets === null ? -1 : plan.offset(targets),
    outputs: plan.offset(outputs),
    loss: program.loss === null ? -1 : plan.offset(program.loss),
    seen: new Map(
      [...seen]
        .filter(([, node]) => shown.has(node))
        .map(([name, node]) => [
          name,
          { value: plan.offset(node), gradient: plan.gradient(node), size: sizeOf(node.shape) },
        ]),
    ),
    products: program.nodes.reduce((sum, node) => {
      if (!MULTIPLYING.has(node.op)) return sum
      // Each number of the result takes as many products as a unit, or a filter, has weights.
      const { shape } = node.inputs[1]
      const once = (sizeOf(node.shape) * sizeOf(shape)) / shape[shape.length - 1]
      return sum + once * (1 + node.inputs.slice(0, 2).filter((input) => program.wants(input)).length)
    }, 0),
  }
}
