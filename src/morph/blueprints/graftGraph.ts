/**
 * A blueprint as a graph of its own, for a host that computes by other means than this package's: what comes in, what is added to it, and
 * the numbers that are learnt, with their initial values. Our own host builds blueprints into its programs instead.
 */
import { GrowthError, growthProblem } from "../../domain/GrowthError.ts"
import { show } from "../../domain/problems.ts"
import { Graph } from "../tensor/Graph.ts"
import { fillInitial } from "../tensor/initialisers.ts"
import { type Node, type Shape, sizeOf } from "../tensor/ir.ts"
import { TensorError } from "../tensor/TensorError.ts"
import { type Blueprint, type BlueprintParameters, buildBlueprint, readParameters } from "./Blueprint.ts"

/** The graft that a graph of its own has. */
const OWNER = 1

/** A blueprint as a graph: what comes in, what is added, what is learnt. */
export interface GraftGraph {
  /** The value at the socket. */
  readonly value: Node
  /** What the graft adds to it. */
  readonly added: Node
  /** What it learns, in the order in which it declares them. */
  readonly learnt: ReadonlyArray<Node>
  /** What each of them begins with: the same numbers for the same seed, a whole number below 2^32. */
  readonly initial: (seed: number) => ReadonlyArray<Float32Array<ArrayBuffer>>
}

/**
 * @param shape of the value at the socket, with the batch
 *
 * Throws a `GrowthError` where a parameter is out of its bounds, or the blueprint cannot be built for this shape.
 */
export function graftGraph(blueprint: Blueprint, shape: Shape, given: BlueprintParameters = {}): GraftGraph {
  if (typeof blueprint?.build !== "function" || blueprint.quarantineOnly)
    throw growthProblem("blueprint", `must be a blueprint, not ${show(blueprint)}.`, "Use BLUEPRINTS.")
  const { parameters, problems } = readParameters(blueprint, given)
  if (problems.length > 0) throw new GrowthError({ problems })
  try {
    return graphOf(blueprint, shape, parameters)
  } catch (error) {
    if (!(error instanceof TensorError)) throw error
    throw growthProblem(error.path, `${error.problem}.`, error.remedy)
  }
}

function graphOf(blueprint: Blueprint, shape: Shape, parameters: BlueprintParameters): GraftGraph {
  const graph = new Graph()
  const value = graph.input("value", shape)
  const added = buildBlueprint(blueprint, graph, value, parameters, OWNER)
  const learnt = graph.parametersOf(OWNER)
  const initial = (seed: number): ReadonlyArray<Float32Array<ArrayBuffer>> =>
    learnt.map((node, i) => {
      const u32 = new Uint32Array(SEED_WORDS + sizeOf(node.shape))
      const f32 = new Float32Array(u32.buffer)
      u32[0] = seed
      fillInitial({ f32, u32 }, 0, i, node, SEED_WORDS)
      return f32.slice(SEED_WORDS)
    })
  return { value, added, learnt, initial }
}

/** Where `fillInitial` reads the seed: low and high. */
const SEED_WORDS = 2
