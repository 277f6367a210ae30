/** Reads the learning rates that somebody gives: every field within its bounds, and none that is not known. */
import type { Problem } from "../../domain/errors.ts"
import { readTotally } from "../../domain/readInput.ts"
import { above0, between, object, oneOf, optional, whole } from "../../domain/Shape.ts"
import type { RateChange } from "./LearningRates.ts"

const epochs = (least: number) => optional(whole(least, 1_000_000))

/** What each schedule is made of. */
const FIELDS: Readonly<Record<string, ReadonlyArray<string>>> = {
  constant: ["kind"],
  cosine: ["epochs", "kind", "least"],
  step: ["every", "factor", "kind"],
}

const Schedule = object(
  {
    kind: oneOf(["constant", "cosine", "step"]),
    epochs: epochs(1),
    least: optional(between(0, 1)),
    every: epochs(1),
    factor: optional(above0(1)),
  },
  {
    expected: "constant, cosine with epochs and least, or step with every and factor",
    holds: (schedule) =>
      Object.keys(schedule)
        .filter((name) => schedule[name] !== undefined)
        .sort()
        .join() === FIELDS[String(schedule["kind"])].join(),
  },
)

const Rates = object({
  /** 0 holds the host as it is. */
  rate: optional(between(0, 10)),
  schedule: optional(Schedule),
  warmUp: epochs(0),
  graftShare: optional(between(0, 10)),
  graftWarmUp: epochs(0),
})

/** What is given, without fields that are undefined; or its problems. `at` says where a person wrote it. */
export function readRates(
  given: unknown,
  at: ReadonlyArray<string>,
): { readonly change: RateChange; readonly problems: ReadonlyArray<Problem> } {
  const read = readTotally(Rates, given, { at })
  if (!read.ok) return { change: {}, problems: read.problems }
  const named = Object.entries(read.value).filter(([, value]) => value !== undefined)
  return { change: Object.fromEntries(named) as RateChange, problems: [] }
}
