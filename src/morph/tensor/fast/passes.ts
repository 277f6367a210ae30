/** A program's two passes as instructions. Each step ends with a call of `code.settle`, in both. */
import { aligned, sizeOf, type Step } from "../ir.ts"
import type { Layout } from "../Layout.ts"
import { Code } from "./Code.ts"
import { LOWERED } from "./lowering.ts"

const ONE = 0x3f800000

/** Instructions, then an operator that has none, and so on: stretch i ends where operator i is to run. */
export interface Pass {
  /** Where each stretch ends, in words from the beginning of the pass. */
  readonly ends: ReadonlyArray<number>
  readonly plain: ReadonlyArray<Step>
}

/**
 * Reserves a block beside a layout's own: scratch first, then the instructions of both passes. `start` is where these begin, bytes. Where
 * there is no room for it, the layout gives back what it took.
 */
export function instructionBlock(layout: Layout): [block: number, words: number, start: number] {
  const measured = new Code()
  forwardPass(layout, measured)
  backwardPass(layout, measured)
  const scratch = aligned(measured.scratchWords)
  const words = scratch + measured.words.length
  try {
    const block = layout.arena.reserve(words)
    return [block, words, (block + scratch) * 4]
  } catch (error) {
    layout.release()
    throw error
  }
}

export function forwardPass({ steps }: Layout, code: Code): Pass {
  return passOf(steps, "forward", code)
}

export function backwardPass(layout: Layout, code: Code): Pass {
  const { program, arena } = layout
  const { loss } = program
  const own = ownGradients(layout)
  const at = loss === null ? -1 : layout.gradient(loss)
  if (loss !== null)
    for (const owner of program.train) {
      const { gradients, length } = arena.slice(owner)
      code.add("fill", gradients * 4, length, 0)
    }
  if (at >= 0) code.add("fill", at * 4, 1, ONE)
  // A gradient that no first share begins is cleared; which those are is known after a walk through all.
  const expected = [...own.keys()].filter((gradient) => gradient !== at)
  const walked = new Code()
  walked.expect(expected)
  walkBack(layout, walked)
  walked.settle(expected)
  for (const gradient of walked.cleared) code.add("fill", gradient * 4, own.get(gradient) as number, 0)
  code.expect(expected.filter((gradient) => !walked.cleared.has(gradient)))
  return walkBack(layout, code)
}

/** Gradients of nodes of the plan's own, in words, with their sizes. */
function ownGradients(layout: Layout): Map<number, number> {
  const own = layout.program.nodes.filter((node) => node.op !== "parameter" && layout.gradient(node) >= 0)
  return new Map(own.map((node) => [layout.gradient(node), sizeOf(node.shape)]))
}

const walkBack = ({ steps }: Layout, code: Code): Pass =>
  passOf(
    steps.toReversed().filter(({ gradient }) => gradient >= 0),
    "backward",
    code,
  )

function passOf(steps: ReadonlyArray<Step>, way: "forward" | "backward", code: Code): Pass {
  const ends: Array<number> = []
  const plain: Array<Step> = []
  for (const step of steps) {
    const { op } = step.node
    if (LOWERED[op] !== undefined) LOWERED[op][way]?.(code, step)
    else {
      ends.push(code.words.length)
      plain.push(step)
    }
    // Going forward nothing is expected.
    code.settle(step.inGradients)
  }
  return { ends: [...ends, code.words.length], plain }
}
