/**
 * Reads the rules that a user writes down for an engine: checks each, names what is wrong with its place in the text, and refuses
 * what could never be judged or never hold. Needed where a configuration with rules comes in.
 */
import { ConfigError, type Problem } from "../domain/errors.ts"
import { problem, show } from "../domain/problems.ts"
import type { RuleAction, RuleWarning } from "../domain/Rule.ts"
import { and, channelsOf, type Formula } from "../temporal/logic/formula.ts"
import { FormulaMonitor } from "../temporal/logic/FormulaMonitor.ts"
import { parseFormula } from "../temporal/logic/parseFormula.ts"
import {
  anything,
  between,
  either,
  numberThat,
  object,
  oneOf,
  optional,
  readShape,
  string,
  whole,
} from "../domain/Shape.ts"
import { highest } from "./ruleRange.ts"
import { type Channel, channelsIn, type RuleWorld } from "./ruleWorld.ts"
import { readShield, type RuleShield } from "./shieldBook.ts"

/** A checked rule. */
export interface Rule {
  readonly name: string
  /** As it was written. */
  readonly text: string
  /** What must hold at every digest: the formula without what this makes superfluous. */
  readonly formula: Formula
  readonly onViolation: RuleAction
  readonly patienceUs: number
  readonly mostDigests: number
  /** The channels that it reads, and where each comes from: a place in the digest, or a knob as `-1 - id`. */
  readonly channels: ReadonlyArray<string>
  readonly sources: Int32Array
  /** What keeps proposals from breaking it; null: nothing. */
  readonly shield: RuleShield | null
  /** What foretells a violation; null: nothing. */
  readonly warning: RuleWarning | null
}

const MOST_RULES = 64
const LONGEST_TEXT = 2_000
const DEFAULT_PATIENCE_US = 30_000_000
const DEFAULT_DIGESTS = 4_096
const YEAR_US = 365 * 24 * 3_600_000_000

const text = string({
  expected: `a formula of 1 to ${LONGEST_TEXT} characters`,
  holds: (one) => one.trim() !== "" && one.length <= LONGEST_TEXT,
})
const label = string({
  expected: "1 to 64 characters without control characters or white space around it",
  holds: (one) => one === one.trim() && /^[^\p{C}\p{Zl}\p{Zp}]{1,64}$/u.test(one),
})

/** A rule as it may be written. */
export const RuleShape = either(
  text,
  object({
    formula: optional(text),
    shield: optional(anything),
    warning: optional(
      object({
        horizon: optional(whole(1, 10_000)),
        warnFrom: optional(numberThat("a number above 0 and below 1", (n) => n > 0 && n < 1)),
        onWarning: optional(oneOf(["warn", "hold", "rollback"])),
      }),
    ),
    name: optional(label),
    onViolation: optional(oneOf(["trip", "rollback", "warn"])),
    patienceUs: optional(between(0, YEAR_US)),
    mostDigests: optional(whole(1, 65_536)),
  }),
)

/** The rules, or everything that is wrong with them. */
export function readRules(
  input: ReadonlyArray<unknown>,
  world: RuleWorld,
): { readonly rules: ReadonlyArray<Rule>; readonly problems: ReadonlyArray<Problem> } {
  const rules: Array<Rule> = []
  const problems: Array<Problem> = []
  if (input.length > MOST_RULES)
    problems.push(problem(["rules"], `are ${input.length}, more than ${MOST_RULES}.`, "Join some with and."))
  const channels = channelsIn(world)
  for (const [i, one] of input.slice(0, MOST_RULES).entries()) {
    const read = readRule(one, i, channels, world)
    if (!("formula" in read)) problems.push(...read)
    else if (rules.some(({ name }) => name === read.name))
      problems.push(problem(["rules", i], `repeats ${show(read.name)}.`, "Name every rule once."))
    else rules.push(read)
  }
  return { rules, problems }
}

/** As `readRules`, for those who want an exception. */
export function requireRules(input: ReadonlyArray<unknown>, world: RuleWorld): ReadonlyArray<Rule> {
  const { rules, problems } = readRules(input, world)
  if (problems.length > 0) throw new ConfigError({ problems })
  return rules
}

function readRule(
  input: unknown,
  i: number,
  channels: Readonly<Record<string, Channel>>,
  { space }: RuleWorld,
): Rule | ReadonlyArray<Problem> {
  const read = readShape(RuleShape, input)
  if (!read.ok)
    return read.problems.map(({ path, ...rest }) => ({
      ...rest,
      path: `rules[${i}]${path === "" || path.startsWith("[") ? "" : "."}${path}`,
    }))
  const config: Exclude<typeof read.value, string> =
    typeof read.value === "string" ? { formula: read.value } : read.value
  const { mostDigests = DEFAULT_DIGESTS } = config
  if ((config.formula === undefined) === (config.shield === undefined)) return [eitherOr(i, config.formula)]
  const guarded = config.shield === undefined ? null : readShield(config.shield, i, channels, space)
  if (Array.isArray(guarded)) return guarded
  const shield = guarded as RuleShield | null
  const written = config.formula ?? shield?.shield.table.rule ?? ""
  const own = typeof input === "string" ? ["rules", i] : ["rules", i, shield === null ? "formula" : "shield"]
  try {
    const units = Object.fromEntries(Object.entries(channels).map(([name, { unit }]) => [name, unit]))
    const parsed = parseFormula(written, { channels: units })
    const names = channelsOf(parsed)
    const formula = atEveryDigest(parsed)
    // What cannot be watched is refused there.
    const { formula: watched } = new FormulaMonitor(formula, { channels: names, mostDigests: 1 })
    if (highest(watched, channels) < 0)
      return [problem(own, "can never hold.", "Check its numbers and units, and the bounds of the knobs.")]
    return {
      name: config.name ?? written,
      text: written,
      formula,
      onViolation: config.onViolation ?? "trip",
      patienceUs: config.patienceUs ?? DEFAULT_PATIENCE_US,
      mostDigests,
      channels: names,
      sources: Int32Array.from(names, (name) => channels[name].source),
      shield,
      warning: config.warning ?? null,
    }
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error
    return error.problems.map(({ message, suggestion }) => problem(own, message, suggestion))
  }
}

const eitherOr = (i: number, formula: string | undefined): Problem =>
  formula === undefined
    ? problem(["rules", i], "has neither a formula nor a shield.", "Give one of them.")
    : problem(["rules", i, "formula"], "stands beside a shield, which has its own.", "Leave one of them out.")

/**
 * A rule holds at every digest anyway, so an outermost `always` from now on says nothing more, with or without an end. Without it the
 * verdict of a digest is there with the digest.
 */
function atEveryDigest(formula: Formula): Formula {
  if (formula.op === "always" && formula.bound.from === 0) return atEveryDigest(formula.of)
  return formula.op === "and" ? and(...formula.of.map(atEveryDigest)) : formula
}
