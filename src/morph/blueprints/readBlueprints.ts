/** Reads the blueprints that a caller brings: what could not be built, priced or named is refused before anything is planted. */
import type { Problem } from "../../domain/errors.ts"
import { problem, show } from "../../domain/problems.ts"
import { readTotally } from "../../domain/readInput.ts"
import { between, list, object, oneOf, optional, record, string, whole } from "../../domain/Shape.ts"
import type { Blueprint, Bound } from "./Blueprint.ts"

const MOST = 1e9
const positive = whole(1, MOST)
const any = whole(-MOST, MOST)

const Bounds = record(
  object(
    { min: any, max: any, scale: oneOf(["linear", "log"]), step: positive, initial: any },
    {
      expected: "min <= initial <= max in steps, above 0 if log",
      holds: (bound) => {
        // Its fields are right where this is asked.
        const { min, max, scale, step, initial } = bound as object as Bound
        return (
          min <= initial && initial <= max && (initial - min) % step === 0 && (scale === "linear" || min > 0)
        )
      },
    },
  ),
)

const Read = object({
  name: string({ expected: "a name", holds: (name) => name !== "" }),
  tier: oneOf(["safe", "experimental", "highRisk"]),
  risk: between(0, 1),
  quarantineOnly: oneOf([false]),
  parameters: Bounds,
  axes: optional(positive),
  tags: optional(list(string())),
})

/** The blueprints that can be used, and every problem of the others. `known` are the names that are taken. */
export function readBlueprints(
  given: unknown,
  known: ReadonlyArray<string>,
): { readonly blueprints: ReadonlyArray<Blueprint>; readonly problems: ReadonlyArray<Problem> } {
  if (!Array.isArray(given))
    return {
      blueprints: [],
      problems: [problem(["blueprints"], `must be a list, not ${show(given)}.`, "Leave it out.")],
    }
  const taken = new Set(known)
  const problems = given.flatMap((one: unknown, i) => {
    const at = ["blueprints", i]
    const read = readTotally(Read, one, { at, excess: "drop" })
    if (!read.ok) return read.problems
    const { name } = read.value
    const wrong = (["build", "cost", "kernel"] as const).flatMap((field) => {
      const code: unknown = (one as Partial<Blueprint>)[field]
      return typeof code === "function" || (field === "kernel" && code === undefined)
        ? []
        : [problem([...at, field], `must be a function, not ${show(code)}.`)]
    })
    if (taken.has(name))
      wrong.push(problem([...at, "name"], `is taken: ${show(name)}.`, "Take another name."))
    taken.add(name)
    return wrong
  })
  return { blueprints: problems.length === 0 ? (given as ReadonlyArray<Blueprint>) : [], problems }
}
