/**
 * The grafts in a program, each as instructions that do not depend on where it is: what they read and write is counted from bases. Two
 * grafts of one blueprint, parameters and shape have the same instructions, in whichever program they are, and so the same guard.
 */
import { sha256 } from "../tensor/digest.ts"
import { Code } from "../tensor/fast/Code.ts"
import { LOWERED } from "../tensor/fast/lowering.ts"
import type { Node, Step } from "../tensor/ir.ts"
import type { Layout } from "../tensor/Layout.ts"
import { type BaseName, BASES, firstWord, REACH } from "./kernels/places.ts"

/** Where a graft's numbers are, in words: -1 where there are none. */
export type Bases = Readonly<Record<BaseName, number>>

/** The steps of one graft in a program. */
export interface Segment {
  readonly owner: number
  /** What it reads that is not its own. */
  readonly value: Node
  /** In the order in which they run. */
  readonly steps: ReadonlyArray<Step>
  readonly bases: Bases
}

/** Instructions of a pass. */
export interface Located {
  readonly words: ReadonlyArray<number>
  /** Where those of each step begin. */
  readonly marks: ReadonlyArray<{ readonly at: number; readonly step: Step }>
}

/** The grafts of a program whose operators all have instructions. */
export function segmentsOf(layout: Layout): ReadonlyArray<Segment> {
  const grafted = layout.steps.filter(isGraft)
  return [...new Set(grafted.map(({ node }) => node.owner))].flatMap((owner) => {
    const segment = segmentOf(
      layout,
      owner,
      grafted.filter(({ node }) => node.owner === owner),
    )
    return segment === null ? [] : [segment]
  })
}

/** How a graft joins its value is not part of it: that changes while it lives. */
const isGraft = ({ node: { owner, where } }: Step): boolean =>
  owner > 0 && !where.startsWith(`graft${owner}/mix/`)

function segmentOf(layout: Layout, owner: number, steps: ReadonlyArray<Step>): Segment | null {
  const nodes = new Set(steps.map(({ node }) => node))
  const inputs = new Set(steps.flatMap(({ node }) => node.inputs))
  const outer = [...inputs].filter((node) => !nodes.has(node) && node.op !== "parameter")
  const parameters = [...inputs].filter(({ op }) => op === "parameter")
  const from = layout.steps.indexOf(steps[0])
  const isWhole = steps.every((step, i) => layout.steps[from + i] === step && isInstructed(step))
  if (outer.length !== 1 || !isWhole || parameters.some((node) => node.owner !== owner)) return null
  const [value] = outer
  const least = (places: ReadonlyArray<number>): number =>
    places.reduce((least, at) => (at >= 0 && (least < 0 || at < least) ? at : least), -1)
  const bases: Bases = {
    value: layout.offset(value),
    values: steps[0].out,
    parameters: least(parameters.map((node) => layout.offset(node))),
    gradients: least(parameters.map((node) => layout.gradient(node))),
    backs: least(steps.map(({ gradient }) => gradient)),
    valueBack: layout.gradient(value),
    scratch: -1,
  }
  return { owner, value, steps, bases }
}

/** Dropout draws while it learns, and has no instruction. */
const isInstructed = ({ node, head }: Step): boolean => LOWERED[node.op] !== undefined && head < 0

/** The steps of a segment where its bases are. */
function located({ steps, value, bases }: Segment): ReadonlyArray<Step> {
  const place = (at: number, base: BaseName): number => (at < 0 ? -1 : firstWord(base) + at - bases[base])
  const valueOf = (node: Node, at: number): number =>
    place(at, node === value ? "value" : node.op === "parameter" ? "parameters" : "values")
  const gradientOf = (node: Node, at: number): number =>
    place(at, node === value ? "valueBack" : node.op === "parameter" ? "gradients" : "backs")
  return steps.map((step) => ({
    ...step,
    out: place(step.out, "values"),
    saved: place(step.saved, "values"),
    gradient: place(step.gradient, "backs"),
    ins: step.ins.map((at, i) => valueOf(step.node.inputs[i], at)),
    inGradients: step.inGradients.map((at, i) => gradientOf(step.node.inputs[i], at)),
  }))
}

const newCode = (): Code => new Code(firstWord("scratch") * 4)

export function forwardOf(segment: Segment): Located {
  const code = newCode()
  const marks = located(segment).map((step) => {
    const at = code.words.length
    LOWERED[step.node.op].forward(code, step)
    return { at, step }
  })
  return { words: code.words, marks }
}

/** @param untouched the gradients of the program that nothing has been added to when the graft's turn comes, in words */
export function backwardOf(segment: Segment, untouched: ReadonlySet<number>): Located {
  const code = newCode()
  const steps = located(segment)
  const own = segment.steps.flatMap((step, i) => {
    const pairs: Array<readonly [number, number]> = [[step.gradient, steps[i].gradient]]
    step.inGradients.forEach((at, input) => pairs.push([at, steps[i].inGradients[input]]))
    return pairs
  })
  code.expect(own.filter(([at]) => untouched.has(at)).map(([, place]) => place))
  const marks: Array<{ readonly at: number; readonly step: Step }> = []
  for (const step of steps.toReversed()) {
    if (step.gradient < 0) continue
    marks.push({ at: code.words.length, step })
    LOWERED[step.node.op].backward?.(code, step)
    code.settle(step.inGradients)
  }
  return { words: code.words, marks }
}

/** Number format, sizes and places, as 64 hexadecimal digits: equal where one kernel serves both. "" where nothing runs. */
export const guardOf = ({ words }: Located): string =>
  words.length === 0 ? "" : sha256(`f32 ${BASES.length} ${REACH} ${words.join()}`)
