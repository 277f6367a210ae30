/** Whether a compiled forward pass gives what the reference gives, before anything may use it. */
import { drawWords } from "../tensor/counterRandom.ts"
import type { Arena } from "../tensor/Arena.ts"
import { type Node, sizeOf } from "../tensor/ir.ts"
import type { Plan } from "../tensor/ReferencePlan.ts"

/** Different inputs that are tried. */
export const TRIES = 8
/** Runs of one input that must give the same bits. */
export const REPEATS = 3
/** Greatest difference from the reference, as a share of the greatest number that the reference gives, or of 1 where that is less. */
export const TOLERANCE = 1e-5

/** What the comparison found. */
export interface Verification {
  readonly passed: boolean
  /** Greatest difference, as `TOLERANCE` counts it. */
  readonly worst: number
  /** Whether all runs of an input gave the same bits. */
  readonly repeats: boolean
}

/**
 * Fills inputs and parameters with numbers from -1 to 1, drawn by `seed`, and compares what both give for `output`. Born identities
 * give zero whatever is computed, so parameters are drawn too.
 */
export function verifyForward(
  reference: Plan,
  forward: () => void,
  filled: ReadonlyArray<Node>,
  output: Node,
  seed: number,
): Verification {
  const { arena } = reference
  const at = reference.offset(output)
  const size = sizeOf(output.shape)
  let worst = 0
  let repeats = true
  for (let attempt = 0; attempt < TRIES; attempt++) {
    fill(reference, arena, filled, seed, attempt)
    reference.forward()
    const expected = arena.views.f32.slice(at, at + size)
    const first = bitsAfter(arena, forward, at, size)
    worst = Math.max(worst, difference(expected, new Float32Array(first.buffer)))
    for (let again = 1; again < REPEATS; again++)
      repeats &&= bitsAfter(arena, forward, at, size).every((word, i) => word === first[i])
  }
  return { passed: repeats && worst <= TOLERANCE, worst, repeats }
}

/** The output is NaN before each run, so that a kernel which writes nothing is seen. */
function bitsAfter(arena: Arena, forward: () => void, at: number, size: number): Uint32Array<ArrayBuffer> {
  arena.views.f32.fill(Number.NaN, at, at + size)
  forward()
  return Uint32Array.from(arena.views.u32.subarray(at, at + size))
}

function difference(expected: Float32Array, given: Float32Array): number {
  const most = expected.reduce((greatest, value) => Math.max(greatest, Math.abs(value)), 1)
  let worst = 0
  for (let i = 0; i < expected.length; i++) {
    const apart = Math.abs(expected[i] - given[i]) / most
    // Also where one is NaN, which compares as false.
    if (!(apart <= worst)) worst = Number.isNaN(apart) ? Number.POSITIVE_INFINITY : apart
  }
  return worst
}

function fill(plan: Plan, arena: Arena, filled: ReadonlyArray<Node>, seed: number, attempt: number): void {
  const words = new Uint32Array(16)
  const { f32 } = arena.views
  filled.forEach((node, stream) => {
    const at = plan.offset(node)
    for (let i = 0; i < sizeOf(node.shape); i++) {
      if ((i & 15) === 0) drawWords(seed, attempt, stream, 0, i >>> 4, words)
      f32[at + i] = words[i & 15] / 0x80000000 - 1
    }
  })
}
