import { type Attributes, MOST_AXES, type Node, type Shape, sameShape, shapeText, sizeOf } from "./ir.ts"
import { isOperator, OPERATORS } from "./operators/table.ts"
import { TensorError } from "./TensorError.ts"

/** How a parameter begins. Glorot and He are uniform draws (Glorot and Bengio, 2010; He et al., 2015). */
export type Initial = "zeros" | "ones" | "glorot" | "he"

export interface ParameterOptions {
  readonly initial: Initial
  /** Inputs and outputs of one unit, for Glorot and He; by default those of a dense or convolution weight of this shape. */
  readonly fanIn?: number
  readonly fanOut?: number
}

/**
 * Builds a graph, node by node; each shape is checked as the node is added. A scope has a path, for errors and for the names of
 * parameters, and an owner, whose parameters it declares: 0 the host, k graft k. Two graphs that declare a parameter of one owner under
 * one name share it in the arena.
 *
 * ```ts
 * const graph = new Graph()
 * const x = graph.input("x", [128, 2])
 * const w = graph.parameter("weights", [2, 8], { initial: "glorot" })
 * const hidden = graph.apply("tanh", [graph.apply("dense", [x, w])])
 * ```
 */
export class Graph {
  readonly path: string
  readonly owner: number
  private readonly list: Array<Node>
  private readonly named: Map<string, Node>
  /** Dropouts so far, by owner: the number of each is part of its draws, so that it does not depend on other owners. */
  private readonly dropouts: Map<number, number>

  constructor(parent?: Graph, path = "", owner = 0) {
    this.path = path
    this.owner = owner
    this.list = parent === undefined ? [] : parent.list
    this.named = parent === undefined ? new Map() : parent.named
    this.dropouts = parent === undefined ? new Map() : parent.dropouts
  }

  get nodes(): ReadonlyArray<Node> {
    return this.list
  }

  /** A scope within this one; nodes go to the same graph. */
  scope(name: string, owner: number = this.owner): Graph {
    return new Graph(this, this.path === "" ? name : `${this.path}/${name}`, owner)
  }

  /** What the caller writes before each run. */
  input(name: string, shape: Shape): Node {
    return this.once("input", `input:${name}`, name, shape, { name })
  }

  /** A tensor of the owner's slice. The same name again is the same tensor. */
  parameter(name: string, shape: Shape, options: ParameterOptions): Node {
    const full = this.path === "" ? name : `${this.path}/${name}`
    const field = sizeOf(shape.slice(0, -2))
    const attributes = {
      name: full,
      initial: options.initial,
      fanIn: options.fanIn ?? field * (shape.at(-2) ?? 1),
      fanOut: options.fanOut ?? field * (shape.at(-1) ?? 1),
    }
    return this.once("parameter", `${this.owner}:${full}`, full, shape, attributes)
  }

  apply(op: string, inputs: ReadonlyArray<Node>, attributes: Attributes = {}): Node {
    const where = this.path === "" ? op : `${this.path}/${op}`
    if (!isOperator(op)) throw new TensorError(where, "is no operator", "Use one of the operators' table")
    const { arity, shape } = OPERATORS[op]
    if (inputs.length < arity[0] || inputs.length > arity[1])
      throw new TensorError(where, `has ${inputs.length} inputs`, `Give ${arity.join(" to ")}`)
    for (const input of inputs)
      if (this.list[input.id] !== input)
        throw new TensorError(
          where,
          `has an input of another graph, ${input.where}`,
          "Build both in one graph",
        )
    const result = shape(
      inputs.map((input) => input.shape),
      attributes,
      where,
    )
    if (op !== "dropout") return this.add(op, inputs, result, attributes, where)
    const stream = this.dropouts.get(this.owner) ?? 0
    this.dropouts.set(this.owner, stream + 1)
    return this.add(op, inputs, result, { ...attributes, stream }, where)
  }

  /** The parameters of one owner, in the order of their declaration: what `Arena.append` takes. */
  parametersOf(owner: number): ReadonlyArray<Node> {
    return this.list.filter((node) => node.op === "parameter" && node.owner === owner)
  }

  private once(op: string, key: string, where: string, shape: Shape, attributes: Attributes): Node {
    if (!shape.every((length) => Number.isInteger(length) && length > 0))
      throw new TensorError(where, `has the shape ${shapeText(shape)}`, "Give positive whole numbers")
    const known = this.named.get(key)
    if (known === undefined) {
      const node = this.add(op, [], shape, attributes, where)
      this.named.set(key, node)
      return node
    }
    if (!sameShape(known.shape, shape))
      throw new TensorError(
        where,
        `is declared as ${shapeText(known.shape)} and as ${shapeText(shape)}`,
        "Give one of them another name",
      )
    return known
  }

  private add(
    op: string,
    inputs: ReadonlyArray<Node>,
    shape: Shape,
    attributes: Attributes,
    where: string,
  ): Node {
    if (shape.length > MOST_AXES)
      throw new TensorError(where, `has the shape ${shapeText(shape)}`, `Give at most ${MOST_AXES} axes`)
    const node = { id: this.list.length, op, inputs, shape, attributes, where, owner: this.owner }
    this.list.push(node)
    return node
  }
}
