/**
 * What a formula's robustness can be at most, given what its channels can be: a rule below zero can never hold. An upper bound, so
 * that nothing which can hold is refused.
 */
import { type Formula, inside } from "../temporal/logic/formula.ts"

/** What a channel can be, both ends included. */
export interface Range {
  readonly least: number
  readonly most: number
}

type Ranges = Readonly<Record<string, Range>>

/** An upper bound of the robustness, at any digest of any run. */
export function highest(formula: Formula, ranges: Ranges): number {
  switch (formula.op) {
    case "predicate":
      return reach(formula, ranges, 1)
    case "constant":
      return formula.holds ? Number.POSITIVE_INFINITY : Number.NEGATIVE_INFINITY
    case "not":
      return -lowest(formula.of, ranges)
    case "and": {
      const here = narrowed(formula.of, ranges)
      const isNow = ({ op }: Formula): boolean => op === "predicate" || op === "and"
      return Math.min(...formula.of.map((one) => highest(one, isNow(one) ? here : ranges)))
    }
    case "or":
      return Math.max(...formula.of.map((one) => highest(one, ranges)))
    // Before the first digest of the past there is nothing: it holds there.
    case "historically":
      return formula.bound.from > 0 ? Number.POSITIVE_INFINITY : highest(formula.of, ranges)
    // A bound without a digest in it: always and release hold there.
    case "always":
    case "release":
      return formula.bound.from > 0
        ? Number.POSITIVE_INFINITY
        : highest("of" in formula ? formula.of : formula.right, ranges)
    case "until":
    case "since":
      return highest(formula.right, ranges)
    default:
      return highest(formula.of, ranges)
  }
}

/** A lower bound of it. */
function lowest(formula: Formula, ranges: Ranges): number {
  switch (formula.op) {
    case "predicate":
      return reach(formula, ranges, -1)
    case "constant":
      return formula.holds ? Number.POSITIVE_INFINITY : Number.NEGATIVE_INFINITY
    case "not":
      return -highest(formula.of, ranges)
    case "or":
      return Math.max(...formula.of.map((one) => lowest(one, ranges)))
    case "and":
    case "always":
    case "historically":
      return Math.min(...inside(formula).map((one) => lowest(one, ranges)))
    // What is looked for may not be there at all.
    default:
      return Number.NEGATIVE_INFINITY
  }
}

type Predicate = Extract<Formula, { op: "predicate" }>

/** The greatest (1) or least (-1) that a sum can be. */
function reach({ sum }: Predicate, ranges: Ranges, side: 1 | -1): number {
  let total = sum.constant
  for (const { channel, factor } of sum.terms) {
    const { least, most } = ranges[channel]
    total += factor * (factor * side > 0 ? most : least)
  }
  return Number.isNaN(total) ? side * Number.POSITIVE_INFINITY : total
}

/** What channels can be where all of these hold at one digest: predicates over one channel bound it. */
function narrowed(all: ReadonlyArray<Formula>, ranges: Ranges): Ranges {
  const own: Record<string, Range> = { ...ranges }
  for (const one of all.flatMap(flat)) {
    if (one.op !== "predicate" || one.sum.terms.length !== 1) continue
    const [{ channel, factor }] = one.sum.terms
    const { least, most } = own[channel]
    const edge = -one.sum.constant / factor
    own[channel] = factor > 0 ? { least: Math.max(least, edge), most } : { least, most: Math.min(most, edge) }
  }
  return own
}

const flat = (formula: Formula): ReadonlyArray<Formula> =>
  formula.op === "and" ? formula.of.flatMap(flat) : [formula]
