/** Whether a compiled graft gives what the reference gives, and the bits of the SIMD module, before anything may use it. */
import type { Arena } from "../tensor/Arena.ts"
import { drawWords } from "../tensor/counterRandom.ts"
import { FastPlan } from "../tensor/fast/FastPlan.ts"
import { type Node, sizeOf } from "../tensor/ir.ts"
import type { Program } from "../tensor/Program.ts"
import { type Plan, ReferencePlan } from "../tensor/ReferencePlan.ts"

/** Different inputs that are tried. */
export const TRIES = 8
/** Runs of one input that must give the same bits. */
export const REPEATS = 3
/**
 * Greatest difference from the reference, as a share of the greatest number that the reference gives, or of 1 where that is less. A
 * gradient is a sum over rows, in single precision here and in double there.
 */
export const TOLERANCE = 1e-5

/** What a program gives, by what it is of: what is added, and gradients. */
export type Results = Readonly<Record<string, Float32Array<ArrayBuffer>>>

/** What the comparison found. */
export interface Verification {
  readonly passed: boolean
  /** Greatest difference from the reference, as `TOLERANCE` counts it. */
  readonly worst: number
  /** Whether all runs of an input gave the bits that the SIMD module gives. */
  readonly sameBits: boolean
}

/** A graft in a program of its own. */
export interface GraftProgram {
  readonly program: Program
  /** The value at the socket. */
  readonly value: Node
  /** What the loss compares with. */
  readonly targets: Node
  /** What the graft adds. */
  readonly added: Node
}

/**
 * Fills inputs and parameters of owner 1 with numbers from -1 to 1, drawn by `seed`, and compares what it adds and every gradient. Born
 * identities give zero whatever is computed, so parameters are drawn too.
 */
export function verifyKernel(
  graft: GraftProgram,
  arena: Arena,
  compiled: Plan,
  seed: number,
  expected: ReadonlyArray<Results> = expectedOf(graft, arena, seed),
): Verification {
  const fast = new FastPlan(graft.program, arena)
  let worst = 0
  let sameBits = true
  for (let attempt = 0; attempt < TRIES; attempt++) {
    fill(graft, arena, [fast, compiled], seed, attempt)
    const bits = resultsOf(graft, arena, fast)
    for (let again = 0; again < REPEATS; again++)
      for (const [name, part] of Object.entries(resultsOf(graft, arena, compiled))) {
        const isSame = isEqual(bitsOf(part), bitsOf(bits[name]))
        sameBits &&= isSame
        // What has the bits of an earlier run is as far from the reference as that.
        if (again === 0 || !isSame) worst = Math.max(worst, difference(expected[attempt][name], part))
      }
  }
  fast.release()
  return { passed: sameBits && worst <= TOLERANCE, worst, sameBits }
}

/**
 * What the reference gives for each input. It is the slowest part of a verification, and two programs of one graft have the same inputs:
 * one that asks for the gradient by the value gives all that the other one does.
 */
export function expectedOf(graft: GraftProgram, arena: Arena, seed: number): ReadonlyArray<Results> {
  const reference = new ReferencePlan(graft.program, arena)
  const expected = Array.from({ length: TRIES }, (_, attempt) => {
    fill(graft, arena, [reference], seed, attempt)
    return resultsOf(graft, arena, reference)
  })
  reference.release()
  return expected
}

function isEqual(a: Uint32Array, b: Uint32Array): boolean {
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false
  return true
}

const bitsOf = (part: Float32Array<ArrayBuffer>): Uint32Array => new Uint32Array(part.buffer)

/** What is added, the gradients of what is learnt, and that of the value where it is wanted. All is NaN before, so that a kernel which
 * writes nothing is seen. */
function resultsOf({ program, value, added }: GraftProgram, arena: Arena, plan: Plan): Results {
  const { f32 } = arena.views
  const places = [
    { name: "added", at: plan.offset(added), size: sizeOf(added.shape) },
    { name: "value", at: plan.gradient(value), size: sizeOf(value.shape) },
  ]
  if (program.loss !== null) {
    const { gradients, length } = arena.slice(OWNER)
    places.push({ name: "learnt", at: gradients, size: length })
  }
  const read = places.filter(({ at }) => at >= 0)
  for (const { at, size } of read) f32.fill(Number.NaN, at, at + size)
  plan.forward()
  plan.backward()
  return Object.fromEntries(read.map(({ name, at, size }) => [name, arena.views.f32.slice(at, at + size)]))
}

function difference(expected: Float32Array, given: Float32Array): number {
  let most = 1
  for (let i = 0; i < expected.length; i++) most = Math.max(most, Math.abs(expected[i]))
  let worst = 0
  for (let i = 0; i < expected.length; i++) {
    const apart = Math.abs(expected[i] - given[i]) / most
    // Also where one is NaN, which compares as false.
    if (!(apart <= worst)) worst = Number.isNaN(apart) ? Number.POSITIVE_INFINITY : apart
  }
  return worst
}

/** The owner of a graft that is compiled by itself. */
export const OWNER = 1

/** The same numbers for all plans. */
function fill(
  { value, targets }: GraftProgram,
  arena: Arena,
  plans: ReadonlyArray<Plan>,
  seed: number,
  attempt: number,
): void {
  const words = new Uint32Array(16)
  const { f32 } = arena.views
  const draw = (stream: number, size: number, places: ReadonlyArray<number>): void => {
    for (let i = 0; i < size; i++) {
      if ((i & 15) === 0) drawWords(seed, attempt, stream, 0, i >>> 4, words)
      for (const at of places) f32[at + i] = words[i & 15] / 0x80000000 - 1
    }
  }
  for (const [stream, node] of [value, targets].entries())
    draw(
      stream,
      sizeOf(node.shape),
      plans.map((plan) => plan.offset(node)),
    )
  const { parameters } = arena.slice(OWNER)
  arena.table(OWNER).forEach(({ offset, size }, i) => draw(2 + i, size, [parameters + offset]))
}
