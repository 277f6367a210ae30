/**
 * A blueprint builds what is planted: nodes over the value at a socket, and how many numbers and products that costs. It is born as the
 * identity: what it adds to the value is exactly zero until it has learnt something.
 */
import { type Problem } from "../../domain/errors.ts"
import { didYouMean, problem, show } from "../../domain/problems.ts"
import type { TierName } from "../contracts/enums.ts"
import type { Arena, Slice } from "../tensor/Arena.ts"
import { Graph } from "../tensor/Graph.ts"
import { type Attributes, type Node, type Shape, shapeText, sizeOf } from "../tensor/ir.ts"
import { TensorError } from "../tensor/TensorError.ts"

/** What a parameter may be: a knob of the engine, with every field given. */
export interface Bound {
  readonly min: number
  readonly max: number
  /** How distance is measured: of a width, by ratios. */
  readonly scale: "linear" | "log"
  /** Distance between allowed values, counted from `min`: a whole number. */
  readonly step: number
  /** Where nothing is said. */
  readonly initial: number
}

/** What a blueprint is built with, by name: whole numbers within its bounds, on its steps. */
export type BlueprintParameters = Readonly<Record<string, number>>

/** Of one row of a batch. */
export interface Cost {
  /** Numbers that are learnt. */
  readonly parameters: number
  /** Products of its dense layers, convolutions and matrix products. */
  readonly multiplyAdds: number
}

/** That somebody has looked at a blueprint and agrees that it is planted. */
export interface Approval {
  readonly by: string
  readonly why: string
}

/** What a blueprint and a fault have in common. */
interface Recipe {
  readonly name: string
  readonly description: string
  readonly tier: Exclude<TierName, "unknown">
  /** 0 to 1: how much can go wrong. */
  readonly risk: number
  readonly parameters: Readonly<Record<string, Bound>>
  /** Axes of a row's value that it is made for: 2 of a sequence, 3 of an image; any if left out. */
  readonly axes?: number
  /** Words to find it by. */
  readonly tags?: ReadonlyArray<string>
  /** What is added to the value, of the value's shape; exactly zero at birth. */
  readonly build: (graph: Graph, value: Node, parameters: BlueprintParameters) => Node
  /** For a value of this shape, without the batch. */
  readonly cost: (shape: Shape, parameters: BlueprintParameters) => Cost
  /**
   * Code that runs after the graft's backward pass with the whole memory before it, as compiled code does. Faults have one, to show that
   * the isolation check finds what they do.
   */
  readonly kernel?: (arena: Arena, own: Slice, host: Slice) => void
}

/** What can be planted: a name, what it takes, what it builds and what that costs. */
export interface Blueprint extends Recipe {
  readonly quarantineOnly: false
  /** Who has made it: somebody else has to approve it. */
  readonly author?: string
  /** Given by `approveBlueprint`. What is not of the tier `safe` is not planted without one. */
  readonly approval?: Approval
}

/** What may be tried in quarantine, and is never planted. */
export interface Fault extends Recipe {
  readonly quarantineOnly: true
}

export type AnyBlueprint = Blueprint | Fault

/** Nodes that a blueprint may add: one that builds without end is stopped here. */
export const MOST_NODES = 256

/** The graph as a blueprint sees it: its own scope, with an end, and no way to another owner's parameters. */
class BlueprintGraph extends Graph {
  private readonly count: { left: number }

  constructor(parent: Graph, path: string, owner: number, count: { left: number } = { left: MOST_NODES }) {
    super(parent, path, owner)
    this.count = count
  }

  override scope(name: string, owner: number = this.owner): Graph {
    if (owner !== this.owner)
      throw new TensorError(this.path, `asks for parameters of owner ${owner}`, "Use its own scope")
    return new BlueprintGraph(this, this.path === "" ? name : `${this.path}/${name}`, owner, this.count)
  }

  override apply(op: string, inputs: ReadonlyArray<Node>, attributes: Attributes = {}): Node {
    if (this.count.left-- === 0)
      throw new TensorError(this.path, `has more than ${MOST_NODES} nodes`, "Use a blueprint that ends")
    return super.apply(op, inputs, attributes)
  }
}

/** Runs a blueprint's own code: what it throws is a fault of the blueprint, a `TensorError`, and of nothing else. */
export function calling<T>({ name }: AnyBlueprint, part: string, code: () => T): T {
  try {
    return code()
  } catch (error) {
    if (error instanceof TensorError) throw error
    const said = error instanceof Error ? error.message : show(error)
    throw new TensorError(name, `threw in ${part}: ${said}`, "Throw nothing")
  }
}

/** A result of another shape than the value has. */
class Misfit extends TensorError {}

/** Whether somebody has to approve it before it is planted. */
export const needsApproval = (blueprint: AnyBlueprint): boolean =>
  blueprint.tier !== "safe" && !blueprint.quarantineOnly && blueprint.approval === undefined

/** Whether it is made for a row's value of this shape. */
export const takes = ({ axes }: AnyBlueprint, shape: Shape): boolean =>
  axes === undefined || axes === shape.length

/** What is wrong with the shape that it takes or gives for a value of this shape, in words; null where that fits, or it does not get so far. */
export function misfitOf(
  blueprint: AnyBlueprint,
  shape: Shape,
  parameters: BlueprintParameters,
): string | null {
  const graph = new Graph()
  try {
    buildBlueprint(blueprint, graph, graph.input("value", [1, ...shape]), parameters, 1)
    return null
  } catch (error) {
    if (!(error instanceof TensorError)) throw error
    return error instanceof Misfit ? error.problem : null
  }
}

/** Adds a graft's nodes to a graph as owner `owner`; throws a `TensorError` where the result has another shape than the value. */
export function buildBlueprint(
  blueprint: AnyBlueprint,
  graph: Graph,
  value: Node,
  parameters: BlueprintParameters,
  owner: number,
): Node {
  if (!takes(blueprint, value.shape.slice(1)))
    throw new Misfit(
      blueprint.name,
      `takes ${blueprint.axes} axes, not ${shapeText(value.shape.slice(1))}`,
      "Use another socket",
    )
  const own = new BlueprintGraph(graph, blueprint.name, owner)
  const added = calling(blueprint, "build", () => blueprint.build(own, value, parameters))
  if (!graph.nodes.includes(added))
    throw new TensorError(blueprint.name, "gives no node of the graph", "Return a node of it")
  // Broadcasting would hide a result that is too small.
  if (added.shape.join() !== value.shape.join())
    throw new Misfit(
      blueprint.name,
      `gives the shape ${shapeText(added.shape)} for a value of ${shapeText(value.shape)}`,
      "Give a result of the value's shape",
    )
  return added
}

/** Products that a node needs. A layer's weights have one filter for each output, and a matrix product's rows are as long as k. */
const productsOf = ({ op, shape, inputs }: Node): number => {
  if (op === "matmul") return sizeOf(shape) * (inputs[0].shape.at(-1) ?? 0)
  return /^(dense|conv|depth)/.test(op) ? (sizeOf(shape) * sizeOf(inputs[1].shape)) / (shape.at(-1) ?? 1) : 0
}

/** What a graph costs in truth, of one row: to be held against what a blueprint states. */
export function costOf(graph: Graph, owner: number, rows: number): Cost {
  const own = graph.nodes.filter((node) => node.owner === owner)
  return {
    parameters: own.reduce((sum, node) => sum + (node.op === "parameter" ? sizeOf(node.shape) : 0), 0),
    multiplyAdds: own.reduce((sum, node) => sum + productsOf(node) / rows, 0),
  }
}

/** Bytes of so many parameters, with gradients and both moments. */
export const sliceBytes = (parameters: number): number => 16 * parameters

/** The parameters with what was left out, and what is wrong with them. */
export function readParameters(
  { name, parameters: bounds }: AnyBlueprint,
  given: BlueprintParameters = {},
): { readonly parameters: BlueprintParameters; readonly problems: ReadonlyArray<Problem> } {
  if (typeof given !== "object" || given === null)
    return {
      parameters: {},
      problems: [problem(["parameters"], `must be numbers by name, not ${show(given)}.`)],
    }
  const problems = Object.keys(given)
    .filter((key) => !Object.hasOwn(bounds, key))
    .map((key) =>
      problem(
        ["parameters", key],
        `is not a parameter of ${name}.`,
        didYouMean(key, Object.keys(bounds)) ?? "It has none.",
      ),
    )
  const parameters: Record<string, number> = {}
  for (const [key, { min, max, step, initial }] of Object.entries(bounds)) {
    const value = Object.hasOwn(given, key) ? given[key] : initial
    parameters[key] = value
    if (!(Number.isInteger(value) && value >= min && value <= max && (value - min) % step === 0))
      problems.push(
        problem(
          ["parameters", key],
          `must be a whole number from ${min} to ${max}${step === 1 ? "" : ` in steps of ${step}`}, not ${show(value)}.`,
          `${initial} is usual.`,
        ),
      )
  }
  return { parameters, problems }
}
