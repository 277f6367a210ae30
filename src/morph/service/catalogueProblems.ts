/** Whether a catalogue of variants can be used: asked before the code that uses it is loaded. */
import type { Problem } from "../../domain/Problem.ts"
import { problem, show } from "../../domain/problems.ts"

/** What is wrong with a catalogue, by field. */
export function catalogueProblems(catalogue: unknown): ReadonlyArray<Problem> {
  const given = catalogue as Partial<Record<string, unknown>> | null | undefined
  const missing = ["draft", "revise", "evaluate", "get"].filter((call) => typeof given?.[call] !== "function")
  if (missing.length === 0) return []
  return [
    problem(
      ["variants"],
      `must be a catalogue of variants, not ${show(catalogue)}.`,
      "Give what createVariantCatalogue makes, or leave it out.",
    ),
  ]
}
