/**
 * Looks at a blueprint of one's own before it is given to a host: whether it is born as the identity, and costs what it says. A host looks
 * at the first in quarantine too, and then refuses it at the next boundary.
 */
import { GrowthError } from "../../domain/GrowthError.ts"
import { problem } from "../../domain/problems.ts"
import { Arena } from "../tensor/Arena.ts"
import { drawWords } from "../tensor/counterRandom.ts"
import { type Node, type Shape, sizeOf } from "../tensor/ir.ts"
import { Program } from "../tensor/Program.ts"
import { ReferencePlan } from "../tensor/ReferencePlan.ts"
import { type Blueprint, type BlueprintParameters, calling, readParameters } from "./Blueprint.ts"
import { graftGraph } from "./graftGraph.ts"

const OWNER = 1
const SEED = 1
const WORDS = 16

/**
 * @param shape of the value at the socket, with the batch
 *
 * Throws a `GrowthError` where the blueprint cannot be built for this shape, adds anything but zero before it has learnt something, or
 * states another number of learnt numbers than it has.
 */
export function checkBlueprint(blueprint: Blueprint, shape: Shape, given: BlueprintParameters = {}): void {
  const { value, added, learnt } = graftGraph(blueprint, shape, given)
  const { name, cost } = blueprint
  const born = bornOf(value, added, learnt)
  const problems = []
  // A NaN is no zero either.
  const wrong = born.find((x) => x !== 0)
  if (wrong !== undefined)
    problems.push(
      problem(
        ["build"],
        `must add exactly zero at birth, and ${name} adds ${wrong}.`,
        'Begin its last layer with "zeros".',
      ),
    )
  const { parameters } = readParameters(blueprint, given)
  const has = learnt.reduce((sum, node) => sum + sizeOf(node.shape), 0)
  const states = calling(blueprint, "cost", () => cost(shape.slice(1), parameters).parameters)
  if (states !== has)
    problems.push(
      problem(
        ["cost", "parameters"],
        `must be ${has}, as many as it learns, not ${states}.`,
        "Leave cost out.",
      ),
    )
  if (problems.length > 0) throw new GrowthError({ problems })
}

/** What is added to some value before anything has been learnt. */
function bornOf(value: Node, added: Node, learnt: ReadonlyArray<Node>): Float32Array {
  const arena = Arena.make()
  arena.append(OWNER, learnt, SEED)
  const plan = new ReferencePlan(new Program({ outputs: [added] }), arena)
  const { f32 } = arena.views
  const words = new Uint32Array(WORDS)
  const size = reaches(added, value) ? sizeOf(value.shape) : 0
  const from = size > 0 ? plan.offset(value) : 0
  for (let i = 0; i < size; i++) {
    if (i % WORDS === 0) drawWords(SEED, 0, 0, 0, i / WORDS, words)
    f32[from + i] = words[i % WORDS] / 0x80000000 - 1
  }
  plan.forward()
  const at = plan.offset(added)
  return f32.slice(at, at + sizeOf(added.shape))
}

const reaches = (from: Node, to: Node): boolean => from === to || from.inputs.some((one) => reaches(one, to))
