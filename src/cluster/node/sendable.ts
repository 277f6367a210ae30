/** A candidate on its way to the owner, which may be on another runner: what JSON cannot carry is refused here, the rest is for the owner to judge. */
import { ConfigError, type Problem } from "../../domain/errors.ts"
import { problem, show, tidy } from "../../domain/problems.ts"
import { attempt, unreadable } from "../../domain/readInput.ts"
import type { Candidate } from "../RollOuts.ts"
import type { CandidateField } from "./commandNote.ts"

/** A copy, as the owner will get it. Throws a ConfigError with every problem. */
export function sendable(field: CandidateField, given: unknown): Candidate {
  const whole = typeof given === "function" || given === undefined ? null : given
  // Too deep, or in a circle.
  const problems = attempt(() => problemsIn(whole, [field])) ?? [unreadable([field])]
  if (problems.length > 0) throw new ConfigError({ problems: tidy(problems) })
  return { [field]: JSON.parse(JSON.stringify(whole)) as unknown }
}

function problemsIn(value: unknown, path: ReadonlyArray<string>): ReadonlyArray<Problem> {
  switch (typeof value) {
    case "string":
    case "boolean":
      return []
    case "object":
      return Object.entries(value ?? {}).flatMap(([name, inner]) => problemsIn(inner, [...path, name]))
    case "number":
      if (Number.isFinite(value)) return []
      break
    case "undefined":
      // A field of a variant that may be left out; a knob may not be.
      if (path[0] === "variant") return []
  }
  return [problem(path, `must be a finite number, got ${show(value)}.`)]
}
