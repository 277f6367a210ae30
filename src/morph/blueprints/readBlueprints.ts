/** Reads the blueprints that a caller brings: what could not be built, priced or named is refused before anything is planted. */
import type { Problem } from "../../domain/errors.ts"
import { problem, show } from "../../domain/problems.ts"
import { TIERS } from "../contracts/enums.ts"
import type { Blueprint } from "./Blueprint.ts"

/** The blueprints that can be used, and every problem of the others. `known` are the names that are taken. */
export function readBlueprints(
  given: unknown,
  known: ReadonlyArray<string>,
): { readonly blueprints: ReadonlyArray<Blueprint>; readonly problems: ReadonlyArray<Problem> } {
  if (!Array.isArray(given))
    return {
      blueprints: [],
      problems: [problem(["blueprints"], `must be a list, not ${show(given)}.`, "Give [] or leave it out.")],
    }
  const taken = new Set(known)
  const problems = given.flatMap((one: unknown, i) => {
    const wrong = problemsOf(one, ["blueprints", i], taken)
    if (wrong.length === 0) taken.add((one as Blueprint).name)
    return wrong
  })
  return { blueprints: problems.length === 0 ? (given as ReadonlyArray<Blueprint>) : [], problems }
}

function problemsOf(
  given: unknown,
  at: ReadonlyArray<PropertyKey>,
  taken: ReadonlySet<string>,
): ReadonlyArray<Problem> {
  if (typeof given !== "object" || given === null)
    return [problem(at, `must be a blueprint, not ${show(given)}.`)]
  const { name, tier, risk, parameters, build, cost, kernel, quarantineOnly } = given as Partial<
    Record<keyof Blueprint, unknown>
  >
  const problems: Array<Problem> = []
  const want = (holds: boolean, field: string, wanted: string, value: unknown): void => {
    if (!holds) problems.push(problem([...at, field], `must be ${wanted}, not ${show(value)}.`))
  }
  want(typeof name === "string" && name !== "", "name", "a name", name)
  if (typeof name === "string" && taken.has(name))
    problems.push(problem([...at, "name"], `is ${show(name)}, which is known already.`, "Take another name."))
  want(
    TIERS.some((one) => one !== "unknown" && one === tier),
    "tier",
    "safe, experimental or highRisk",
    tier,
  )
  want(typeof risk === "number" && risk >= 0 && risk <= 1, "risk", "a number from 0 to 1", risk)
  want(
    isBounds(parameters),
    "parameters",
    "bounds by name, with min, max, scale, step and initial",
    parameters,
  )
  want(quarantineOnly === false, "quarantineOnly", "false", quarantineOnly)
  want(typeof build === "function", "build", "a function", build)
  want(typeof cost === "function", "cost", "a function", cost)
  want(kernel === undefined || typeof kernel === "function", "kernel", "a function or left out", kernel)
  return problems
}

const isBounds = (given: unknown): boolean =>
  typeof given === "object" &&
  given !== null &&
  Object.values(given).every((bound: unknown) => {
    if (typeof bound !== "object" || bound === null) return false
    const { min, max, scale, step, initial } = bound as Readonly<Record<string, unknown>>
    return (
      [min, max, step, initial].every((n) => Number.isSafeInteger(n)) &&
      (scale === "linear" || (scale === "log" && Number(min) > 0)) &&
      Number(step) > 0 &&
      Number(min) <= Number(initial) &&
      Number(initial) <= Number(max)
    )
  })
