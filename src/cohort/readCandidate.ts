/** A candidate configuration as a person gives it, read against the knobs of a tuner. */
import type { ParamSpace } from "../domain/ParamSpace.ts"
import type { Problem } from "../domain/errors.ts"
import { didYouMean, problem, show } from "../domain/problems.ts"

/** Its place in unit space, on the grid, or every problem that it has. `base` stands in for knobs that are not named, `at` is where the values were given. */
export function readCandidate(
  values: unknown,
  { names, table }: ParamSpace,
  base: Float64Array,
  at: ReadonlyArray<PropertyKey> = ["values"],
): { readonly units: Float64Array } | { readonly problems: ReadonlyArray<Problem> } {
  if (
    typeof values !== "object" ||
    values === null ||
    Array.isArray(values) ||
    Object.keys(values).length === 0
  )
    return { problems: [problem(at, "must name at least one knob.", `Knobs: ${names.join(", ")}.`)] }
  const units = base.slice()
  const problems = Object.entries(values).flatMap(
    ([name, value]: [string, unknown]): ReadonlyArray<Problem> => {
      const i = names.indexOf(name)
      const path = [...at, name]
      if (i < 0) return [problem(path, "is not a knob.", didYouMean(name, names))]
      const [min, max] = [table.min[i], table.max[i]]
      if (typeof value !== "number" || !(value >= min && value <= max))
        return [problem(path, `must be from ${min} to ${max}, not ${show(value)}.`)]
      units[i] = table.snap(i, table.encode(i, value))
      return []
    },
  )
  return problems.length > 0 ? { problems } : { units }
}
