import type { Node } from "./ir.ts"
import { TensorError } from "./TensorError.ts"

export interface ProgramOptions {
  /** What is made smaller: a node of shape []. Without it the program has no backward pass. */
  readonly loss?: Node
  /** Other nodes whose values the caller reads. */
  readonly outputs?: ReadonlyArray<Node>
  /**
   * The owners that learn. Gradients flow through the parameters of all others and are not added up for them: the host's tail is
   * frozen so where a graft learns on its branch.
   */
  readonly train?: ReadonlyArray<number>
  /** Nodes whose own gradient the caller reads: an input, the value at a socket. */
  readonly wrt?: ReadonlyArray<Node>
  /** Whether dropout drops; else it passes everything on. By default it does where something learns. */
  readonly training?: boolean
}

/** A graph for one purpose: which nodes run, and through which the gradient comes back. It knows no memory. */
export class Program {
  /** What runs, in order; inputs and parameters among them. */
  readonly nodes: ReadonlyArray<Node>
  readonly loss: Node | null
  readonly outputs: ReadonlyArray<Node>
  readonly train: ReadonlyArray<number>
  readonly training: boolean
  private readonly wanted: ReadonlySet<Node>

  constructor({ loss, outputs = [], train = [], wrt = [], training = train.length > 0 }: ProgramOptions) {
    if (loss !== undefined && loss.shape.length > 0)
      throw new TensorError(loss.where, `has the shape [${loss.shape.join(", ")}]`, "Give a loss of shape []")
    if (loss === undefined && train.length + wrt.length > 0)
      throw new TensorError("program", "has gradients to find and no loss", "Give a loss")
    for (const { op, where } of wrt)
      if (op === "parameter")
        throw new TensorError(
          where,
          "is a parameter, and no gradient by it alone can be had",
          "Train its owner",
        )
    const ends = loss === undefined ? [] : [loss]
    const all = ancestors([...ends, ...outputs, ...wrt], () => true)
    // Before a stop a gradient is not zero, there is none: zero times a NaN would be one.
    const reached = ancestors(ends, ({ op }) => op !== "stop")
    this.nodes = [...all].toSorted((a, b) => a.id - b.id)
    this.loss = loss ?? null
    this.outputs = outputs
    this.train = train
    this.training = training
    const wanted = new Set<Node>()
    for (const node of this.nodes) {
      const learns = node.op === "parameter" && train.includes(node.owner)
      const passes = node.inputs.some((input) => wanted.has(input))
      if (wrt.includes(node) || (reached.has(node) && (learns || passes))) wanted.add(node)
    }
    this.wanted = wanted
  }

  /** Whether the gradient of the loss by this node is computed. */
  wants(node: Node): boolean {
    return this.wanted.has(node)
  }
}

/** The nodes and what they are made of, back through those that are passed. */
function ancestors(nodes: ReadonlyArray<Node>, passes: (node: Node) => boolean): Set<Node> {
  const seen = new Set(nodes)
  for (const node of seen) if (passes(node)) for (const input of node.inputs) seen.add(input)
  return seen
}
