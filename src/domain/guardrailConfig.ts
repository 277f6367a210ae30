/**
 * A guardrail policy as a user writes it: a preset by name, or a preset with numbers of one's own. Needed where one comes in by
 * itself, for an engine that runs; `Config.ts` reads it as part of a configuration, by the same rules.
 */
import * as Result from "effect/Result"
import type { GuardrailNumbers } from "../hot/Guardrails.ts"
import type { GuardrailConfig } from "./configSchema.ts"
import { GuardrailsShape, PRESETS } from "./configSchema.ts"
import { ConfigError, type Problem } from "./errors.ts"
import { GUARDRAILS } from "./guardrailPresets.ts"
import { problem, tidy } from "./problems.ts"
import { object, readShape } from "./Shape.ts"

const Alone = object({ guardrails: GuardrailsShape })

/** The policy, or a ConfigError with everything that is wrong with it, as the option `guardrails` has it. Total. */
export function parseGuardrails(input: unknown): GuardrailConfig | ConfigError {
  const tried = Result.try(() => ({
    read: readShape(Alone, { guardrails: input }),
    cross: guardrailProblems(input),
  }))
  if (Result.isFailure(tried))
    return new ConfigError({
      problems: [problem(["guardrails"], "could not be read.", "Give a preset or a plain object.")],
    })
  const { read, cross } = tried.success
  if (read.ok && cross.length === 0) return read.value.guardrails
  const found = read.ok ? [] : read.problems
  return new ConfigError({ problems: tidy([...found, ...cross]) })
}

/** A user's numbers against each other and against those of the preset below them. */
export function guardrailProblems(guardrails: unknown): ReadonlyArray<Problem> {
  if (typeof guardrails !== "object" || guardrails === null || Array.isArray(guardrails)) return []
  const own = guardrails as Readonly<Record<string, unknown>>
  const preset = PRESETS.find((name) => name === own.preset) ?? "balanced"
  const number = (key: keyof GuardrailNumbers): number => {
    const value = own[key]
    return typeof value === "number" && !Number.isNaN(value) ? value : GUARDRAILS[preset][key]
  }
  const given = (a: string, b: string): string => (own[a] === undefined ? b : a)
  const problems: Array<Problem> = []
  if (number("pathPerMinute") < number("rangePerMinute")) {
    const key = given("pathPerMinute", "rangePerMinute")
    problems.push(
      problem(
        ["guardrails", key],
        `lets a path be shorter than its range (${number("pathPerMinute")} < ${number("rangePerMinute")}).`,
        "A path is never shorter than the range it covers: give both.",
      ),
    )
  }
  if (number("rollbackRegressions") > number("regressionsToTrip")) {
    const key = given("rollbackRegressions", "regressionsToTrip")
    problems.push(
      problem(
        ["guardrails", key],
        `trips before it rolls back (${number("regressionsToTrip")} < ${number("rollbackRegressions")}).`,
        "Keep rollbackRegressions at most regressionsToTrip: give both.",
      ),
    )
  }
  return problems
}
