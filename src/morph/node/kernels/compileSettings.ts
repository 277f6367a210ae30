/** Reads the option `compile` of a growing host: every problem at once, before anything is started. */
import { GrowthError } from "../../../domain/GrowthError.ts"
import type { Problem } from "../../../domain/Problem.ts"
import { didYouMean, problem, show } from "../../../domain/problems.ts"
import type { CompileMode } from "../../compile/ArtifactStore.ts"
import type { CompileOption, CompileSettings } from "../../service/kernelsView.ts"

const MODES: ReadonlyArray<unknown> = ["standard", "aggressive"] satisfies ReadonlyArray<CompileMode>
const FIELDS: ReadonlyArray<string> = ["mode", "prewarm", "signal", "key"]

/** @param isKept whether the host has a folder */
export function compileSettings(given: CompileOption, isKept: boolean): CompileSettings {
  if (given === "standard" || given === "aggressive") return { mode: given }
  if (typeof given !== "object" || given === null)
    throw new GrowthError({
      problems: [
        problem(["compile"], `must be standard or aggressive, not ${show(given)}.`, "Leave it out."),
      ],
    })
  const problems: Array<Problem> = Object.keys(given)
    .filter((name) => !FIELDS.includes(name))
    .map((name) => problem(["compile", name], "is not an option.", didYouMean(name, FIELDS)))
  const { mode, prewarm, signal, key } = given as { readonly [K in keyof CompileSettings]: unknown }
  const wrong = (name: string, message: string, remedy = "Leave it out."): void => {
    problems.push(problem(["compile", name], message, remedy))
  }
  if (!MODES.includes(mode))
    wrong("mode", `must be standard or aggressive, not ${show(mode)}.`, 'Give mode: "standard".')
  if (prewarm !== undefined && prewarm !== "all" && prewarm !== "asked")
    wrong("prewarm", `must be all or asked, not ${show(prewarm)}.`)
  if (signal !== undefined && !(signal instanceof AbortSignal))
    wrong("signal", `must be an AbortSignal, not ${show(signal)}.`)
  if (key !== undefined && (typeof key !== "string" || key === ""))
    wrong("key", `must be the path of a file, not ${show(key)}.`)
  if (!isKept)
    for (const [name, value] of [
      ["prewarm", prewarm],
      ["key", key],
    ] as const)
      if (value !== undefined) wrong(name, "needs a library, which is in the host's folder.", "Give `state`.")
  if (problems.length > 0) throw new GrowthError({ problems })
  return given
}
