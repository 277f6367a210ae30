/**
 * Formulas of temporal logic over named channels, as plain data, with the functions that build them. Bounds count digests or
 * microseconds. A formula has a robustness: how far it holds (positive) or fails (negative), in the unit of the channel that
 * decides (Donzé, Maler, "Robust Satisfaction of Temporal Logic over Real-Valued Signals", FORMATS 2010).
 */
import { ConfigError } from "../../domain/errors.ts"
import { problem, show } from "../../domain/problems.ts"

/** From `from` to `to`, both included, in digests or microseconds. `to` may be Infinity. */
export interface Bound {
  readonly from: number
  readonly to: number
  readonly unit: "digests" | "us"
}

/** A sum of channels, each times a factor, and a constant. */
export interface Sum {
  readonly terms: ReadonlyArray<{ readonly channel: string; readonly factor: number }>
  readonly constant: number
}

/** A formula as plain data. The functions below build one, and `parseFormula` reads one from text. */
export type Formula =
  /** Holds while the sum is positive; its robustness is the sum. */
  | { readonly op: "predicate"; readonly sum: Sum }
  | { readonly op: "constant"; readonly holds: boolean }
  | { readonly op: "not"; readonly of: Formula }
  | { readonly op: "and" | "or"; readonly of: ReadonlyArray<Formula> }
  /** At the end of a recorded trace a weak next holds and a strong one fails. */
  | { readonly op: "next"; readonly strong: boolean; readonly of: Formula }
  | { readonly op: OneSided; readonly bound: Bound; readonly of: Formula }
  | { readonly op: TwoSided; readonly bound: Bound; readonly left: Formula; readonly right: Formula }

/** Operators that look at one formula over a bound. */
export type OneSided = "always" | "eventually" | "historically" | "once"
/** Operators that look at two formulas over a bound. */
export type TwoSided = "until" | "release" | "since"

const FOREVER: Bound = { from: 0, to: Number.POSITIVE_INFINITY, unit: "digests" }

/** What a bound may be given as: everything from now on, a bound, or two numbers of digests. */
export type BoundInput = Bound | readonly [from: number, to: number]

function boundOf(input: BoundInput): Bound {
  const { from, to, unit } =
    "from" in input ? input : { from: input[0], to: input[1], unit: "digests" as const }
  const whole =
    unit === "us" || (Number.isInteger(from) && (Number.isInteger(to) || to === Number.POSITIVE_INFINITY))
  if (from >= 0 && to >= from && Number.isFinite(from) && whole) return { from, to, unit }
  const message = `must be two ${unit === "us" ? "times" : "whole numbers of digests"} from 0 upwards, the smaller one first, got [${show(from)}, ${show(to)}].`
  throw new ConfigError({ problems: [problem(["bound"], message)] })
}

/** A bound in seconds. */
export const seconds = (from: number, to: number): Bound =>
  boundOf({ from: from * 1e6, to: to * 1e6, unit: "us" })

/** A channel or knob by name, to compare with a number of its own unit. */
export const channel = (name: string) => ({
  above: (level: number): Formula => positive([{ channel: name, factor: 1 }], 0 - level),
  below: (level: number): Formula => positive([{ channel: name, factor: -1 }], level),
})

/** Holds while the sum of the terms and the constant is above 0. */
export const positive = (terms: Sum["terms"], constant = 0): Formula => ({
  op: "predicate",
  sum: { terms, constant },
})

/** Always true, or always false: robustness Infinity or -Infinity. */
export const constant = (holds: boolean): Formula => ({ op: "constant", holds })
/** Robustness with the other sign. */
export const not = (of: Formula): Formula => ({ op: "not", of })
/** All of them: the least robustness. */
export const and = (...of: ReadonlyArray<Formula>): Formula => ({ op: "and", of })
/** At least one of them: the greatest robustness. */
export const or = (...of: ReadonlyArray<Formula>): Formula => ({ op: "or", of })
/** `right` wherever `left` holds. */
export const implies = (left: Formula, right: Formula): Formula => or(not(left), right)
/** At the next digest; holds where a recorded trace ends. */
export const next = (of: Formula): Formula => ({ op: "next", strong: false, of })
/** There is a next digest, and it holds there. */
export const strongNext = (of: Formula): Formula => ({ op: "next", strong: true, of })

const oneSided =
  (op: OneSided) =>
  (of: Formula, bound: BoundInput = FOREVER): Formula => ({ op, bound: boundOf(bound), of })
const twoSided =
  (op: TwoSided) =>
  (left: Formula, right: Formula, bound: BoundInput = FOREVER): Formula => ({
    op,
    bound: boundOf(bound),
    left,
    right,
  })

/** At every digest of the bound, from now on. */
export const always = oneSided("always")
/** At some digest of the bound, from now on. */
export const eventually = oneSided("eventually")
/** At every digest of the bound, looking back. */
export const historically = oneSided("historically")
/** At some digest of the bound, looking back. */
export const once = oneSided("once")
/** `right` at some digest of the bound, and `left` at every digest from now to the one before it. */
export const until = twoSided("until")
/** `right` at every digest of the bound, up to and including the first at which `left` holds. */
export const release = twoSided("release")
/** `right` at some digest of the bound in the past, and `left` at every digest after it. */
export const since = twoSided("since")

/** The formulas directly inside one. */
export function inside(formula: Formula): ReadonlyArray<Formula> {
  if ("left" in formula) return [formula.left, formula.right]
  if (!("of" in formula)) return []
  return Array.isArray(formula.of) ? formula.of : [formula.of as Formula]
}

/** The channels that a formula reads, in the order in which they appear. */
export function channelsOf(formula: Formula): ReadonlyArray<string> {
  const own = formula.op === "predicate" ? formula.sum.terms.map((term) => term.channel) : []
  return [...new Set([...own, ...inside(formula).flatMap(channelsOf)])]
}

const UNITS = [
  ["h", 3_600e6],
  ["min", 60e6],
  ["s", 1e6],
  ["ms", 1e3],
  ["us", 1],
] as const

const timeText = (us: number): string => {
  if (us === 0 || us === Number.POSITIVE_INFINITY) return us === 0 ? "0" : "inf"
  const [unit, size] = UNITS.find(([, size]) => us % size === 0) ?? ["us", 1]
  return `${us / size}${unit}`
}

function boundText({ from, to, unit }: Bound): string {
  if (from === 0 && to === Number.POSITIVE_INFINITY) return ""
  const text = unit === "us" ? timeText : (n: number) => (n === Number.POSITIVE_INFINITY ? "inf" : `${n}`)
  // A bound of two bare zeros would read as digests.
  return `[${text(from)},${unit === "us" && to === 0 ? "0us" : text(to)}]`
}

function sumText({ terms, constant }: Sum): string {
  const [only] = terms
  if (terms.length === 1 && only.factor === -1) return `${only.channel} < ${constant}`
  if (terms.length === 1 && only.factor === 1) return `${only.channel} > ${0 - constant}`
  const parts = terms.map(({ channel, factor }, i) => {
    const size = Math.abs(factor) === 1 ? "" : `${Math.abs(factor)} * `
    const sign = factor < 0 ? (i === 0 ? "-" : " - ") : i === 0 ? "" : " + "
    return `${sign}${size}${channel}`
  })
  return `${parts.join("")} > ${0 - constant}`
}

/** A formula as text, which `parseFormula` reads back as the same formula. */
export function formulaText(formula: Formula): string {
  switch (formula.op) {
    case "predicate":
      return sumText(formula.sum)
    case "constant":
      return `${formula.holds}`
    case "not":
      return `not (${formulaText(formula.of)})`
    case "and":
    case "or":
      if (formula.of.length === 0) return formula.op === "and" ? "true" : "false"
      return formula.of.map((one) => `(${formulaText(one)})`).join(` ${formula.op} `)
    case "next":
      return `${formula.strong ? "strongNext" : "next"} (${formulaText(formula.of)})`
    case "until":
    case "release":
    case "since":
      return `(${formulaText(formula.left)}) ${formula.op}${boundText(formula.bound)} (${formulaText(formula.right)})`
    default:
      return `${formula.op}${boundText(formula.bound)} (${formulaText(formula.of)})`
  }
}
