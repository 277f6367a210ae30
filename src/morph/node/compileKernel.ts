/** A blueprint compiled for one shape: WebAssembly text, assembled by the optional peer `wabt`, and verified against the reference. */
import { GrowthError, growthProblem } from "../../domain/GrowthError.ts"
import { problem } from "../../domain/problems.ts"
import { type Blueprint, type BlueprintParameters } from "../blueprints/Blueprint.ts"
import { graftGraph } from "../blueprints/graftGraph.ts"
import { type Verification, verifyForward } from "../compile/verifyForward.ts"
import { watText } from "../compile/watText.ts"
import { Arena } from "../tensor/Arena.ts"
import type { Shape } from "../tensor/ir.ts"
import { Program } from "../tensor/Program.ts"
import { ReferencePlan } from "../tensor/ReferencePlan.ts"
import { TensorError } from "../tensor/TensorError.ts"

/** The owner of a graft that is compiled by itself. */
const OWNER = 1
const SEED = 1
const FEATURES = { simd: true, threads: true, relaxed_simd: false }

export interface CompiledKernel {
  /** The readable text. */
  readonly text: string
  readonly bytes: Uint8Array<ArrayBuffer>
  /** Operators that were fused into the loop before them. */
  readonly fused: number
  readonly verification: Verification
}

/**
 * @param shape of the value at the socket, with the batch
 *
 * Throws a `GrowthError` where a parameter is out of its bounds, an operator is not compiled, `wabt` is not installed, or the kernel
 * differs from the reference. Then nothing is given out.
 */
export async function compileKernel(
  blueprint: Blueprint,
  shape: Shape,
  given: BlueprintParameters = {},
): Promise<CompiledKernel> {
  const { value, added, learnt } = graftGraph(blueprint, shape, given)
  const { reference, text, fused } = readable(() => {
    const arena = Arena.make()
    arena.append(OWNER, learnt, SEED)
    const plan = new ReferencePlan(new Program({ outputs: [added] }), arena)
    return { reference: plan, ...watText(plan.layout) }
  })
  const bytes = await assembled(blueprint.name, text)
  const memory = { arqon: { memory: reference.arena.memory } }
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(bytes), memory)
  const forward = exports["forward"] as () => void
  const filled = value === added ? learnt : [value, ...learnt]
  const verification = verifyForward(reference, forward, filled, added, SEED)
  if (!verification.passed)
    throw growthProblem(
      "kernel",
      `The kernel of ${blueprint.name} differs from the reference by ${verification.worst}.`,
      "Run it as `fast`.",
    )
  return { text, bytes, fused, verification }
}

/** What a graph, a memory or an operator is refused for, as the error that callers know. */
function readable<T>(build: () => T): T {
  try {
    return build()
  } catch (cause) {
    if (!(cause instanceof TensorError)) throw cause
    throw new GrowthError({ problems: [problem([cause.path], `${cause.problem}.`, `${cause.remedy}.`)] })
  }
}

async function assembled(name: string, text: string): Promise<Uint8Array<ArrayBuffer>> {
  const assembler = await (await loadedWabt())()
  const parsed = assembler.parseWat(`${name}.wat`, text, FEATURES)
  try {
    return Uint8Array.from(parsed.toBinary({ write_debug_names: false }).buffer)
  } finally {
    parsed.destroy()
  }
}

async function loadedWabt() {
  try {
    return (await import("wabt")).default
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code !== "ERR_MODULE_NOT_FOUND") throw cause
    throw growthProblem("wabt", "The compiler needs the package wabt.", "Run `npm install wabt`.")
  }
}
