/**
 * Reads the rules that a user writes down for an engine: checks each, names what is wrong with its place in the text, and refuses
 * what could never be judged or never hold. Needed where a configuration with rules comes in.
 */
import { ConfigError, type Problem } from "../domain/errors.ts"
import { problem, show } from "../domain/problems.ts"
import type { RuleAction } from "../domain/Rule.ts"
import {
  DIGEST_CONSTRAINT_MARGIN,
  DIGEST_ERROR_RATE,
  DIGEST_EXTRA_0,
  DIGEST_LATENCY_P99_US,
  DIGEST_OBJECTIVE,
  DIGEST_THROUGHPUT_RPS,
} from "../hot/codes.ts"
import { and, channelsOf, type Formula } from "../temporal/logic/formula.ts"
import { FormulaMonitor } from "../temporal/logic/FormulaMonitor.ts"
import { type ChannelUnit, parseFormula } from "../temporal/logic/parseFormula.ts"
import { either, object, optional, oneOf, readShape, string, whole, between } from "../domain/Shape.ts"
import { highest, type Range } from "./ruleRange.ts"

/** What the rules of an engine may name. */
export interface RuleWorld {
  readonly extras: ReadonlyArray<string>
  readonly space: {
    readonly names: ReadonlyArray<string>
    readonly knobs: ReadonlyArray<{ readonly min: number; readonly max: number }>
  }
}

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
}

interface Channel extends Range {
  readonly unit: ChannelUnit
  readonly source: number
}

const MOST_RULES = 64
const LONGEST_TEXT = 2_000
const DEFAULT_PATIENCE_US = 30_000_000
const DEFAULT_DIGESTS = 4_096
const YEAR_US = 365 * 24 * 3_600_000_000

const ANY: Range = { least: Number.NEGATIVE_INFINITY, most: Number.POSITIVE_INFINITY }
const POSITIVE: Range = { least: 0, most: Number.POSITIVE_INFINITY }

/** Channels that every digest may have, by each name. */
const BUILT_IN: Readonly<Record<string, Channel>> = {
  objective: { unit: "number", source: DIGEST_OBJECTIVE, ...ANY },
  latencyP99Us: { unit: "us", source: DIGEST_LATENCY_P99_US, ...POSITIVE },
  p99: { unit: "us", source: DIGEST_LATENCY_P99_US, ...POSITIVE },
  throughputRps: { unit: "number", source: DIGEST_THROUGHPUT_RPS, ...POSITIVE },
  rps: { unit: "number", source: DIGEST_THROUGHPUT_RPS, ...POSITIVE },
  errorRate: { unit: "number", source: DIGEST_ERROR_RATE, least: 0, most: 1 },
  err: { unit: "number", source: DIGEST_ERROR_RATE, least: 0, most: 1 },
  constraintMargin: { unit: "number", source: DIGEST_CONSTRAINT_MARGIN, ...ANY },
}

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
    formula: text,
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
    const read = readRule(one, i, channels)
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

function channelsIn({ extras, space }: RuleWorld): Readonly<Record<string, Channel>> {
  const knobs = space.names.map((name, i): [string, Channel] => [
    name,
    { unit: "number", source: -1 - i, least: space.knobs[i].min, most: space.knobs[i].max },
  ])
  const own = extras.map((name, i): [string, Channel] => [
    name,
    { unit: "number", source: DIGEST_EXTRA_0 + i, ...ANY },
  ])
  // A channel of the digest keeps its name; a knob of the same name is `knobs.name`.
  return Object.fromEntries([
    ...knobs,
    ...Object.entries(BUILT_IN),
    ...own,
    ...knobs.map(([name, one]) => [`knobs.${name}`, one] as const),
  ])
}

function readRule(
  input: unknown,
  i: number,
  channels: Readonly<Record<string, Channel>>,
): Rule | ReadonlyArray<Problem> {
  const read = readShape(RuleShape, input)
  const own = typeof input === "string" ? ["rules", i] : ["rules", i, "formula"]
  if (!read.ok)
    return read.problems.map(({ path, ...rest }) => ({
      ...rest,
      path: `rules[${i}]${path === "" || path.startsWith("[") ? "" : "."}${path}`,
    }))
  const config = typeof read.value === "string" ? { formula: read.value } : read.value
  const { mostDigests = DEFAULT_DIGESTS } = config
  try {
    const units = Object.fromEntries(Object.entries(channels).map(([name, { unit }]) => [name, unit]))
    const written = parseFormula(config.formula, { channels: units })
    const names = channelsOf(written)
    const formula = atEveryDigest(written)
    // What cannot be watched is refused there.
    const { formula: watched } = new FormulaMonitor(formula, { channels: names, mostDigests: 1 })
    if (highest(watched, channels) < 0)
      return [problem(own, "can never hold.", "Check its numbers and units, and the bounds of the knobs.")]
    return {
      name: config.name ?? config.formula,
      text: config.formula,
      formula,
      onViolation: config.onViolation ?? "trip",
      patienceUs: config.patienceUs ?? DEFAULT_PATIENCE_US,
      mostDigests,
      channels: names,
      sources: Int32Array.from(names, (name) => channels[name].source),
    }
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error
    return error.problems.map(({ message, suggestion }) => problem(own, message, suggestion))
  }
}

/**
 * A rule holds at every digest anyway, so an outermost `always` from now on says nothing more, with or without an end. Without it the
 * verdict of a digest is there with the digest.
 */
function atEveryDigest(formula: Formula): Formula {
  if (formula.op === "always" && formula.bound.from === 0) return atEveryDigest(formula.of)
  return formula.op === "and" ? and(...formula.of.map(atEveryDigest)) : formula
}
