/** An approved variant as a candidate for replicas: its place, and what its constraints ask of the canaries. */
import type { ParamSpace } from "../domain/ParamSpace.ts"
import type { Problem } from "../domain/errors.ts"
import { didYouMean, problem, show } from "../domain/problems.ts"
import { readShape } from "../domain/Shape.ts"
import { isSelectable, type VariantConstraint, VariantRecordShape } from "../domain/Variant.ts"
import { type CanaryBound, UNBOUNDED, type VariantTrial } from "./Canary.ts"
import { readCandidate } from "./readCandidate.ts"
import type { GroupReading } from "./SideBySide.ts"

/** What replicas report of what a constraint can be about. */
const CHANNELS: Readonly<Record<string, keyof GroupReading>> = {
  objective: "loss",
  errorRate: "errorRate",
  latencyP99Us: "p99Us",
  constraintMargin: "margin",
}

/** The candidate, or every problem of the variant. `sign`: -1 where the objective is maximised; `base`: for knobs that it does not name. */
export function readVariant(
  input: unknown,
  space: ParamSpace,
  { base, sign }: { readonly base: Float64Array; readonly sign: number },
):
  | { readonly units: Float64Array; readonly trial: VariantTrial }
  | { readonly problems: ReadonlyArray<Problem> } {
  const read = readShape(VariantRecordShape, input, { at: ["variant"] })
  if (!read.ok) return { problems: read.problems }
  const { name, state, content } = read.value
  const { values, constraints = [], rollback } = content
  const place = readCandidate(values, space, base, ["variant", "content", "values"])
  const problems = [
    ...(isSelectable(state)
      ? []
      : [
          problem(
            ["variant", "state"],
            `is ${show(state)}.`,
            "Only approved and promoted variants are rolled out.",
          ),
        ]),
    ...("problems" in place ? place.problems : []),
    ...constraints.flatMap((one, i) => constraintProblems(one, i)),
  ]
  if (problems.length > 0 || "problems" in place) return { problems }
  const bounds = constraints.map((one) => boundOf(one, sign))
  return { units: place.units, trial: { name, bounds, afterBreaches: rollback?.afterBreaches ?? 1 } }
}

function constraintProblems({ channel, of }: VariantConstraint, i: number): ReadonlyArray<Problem> {
  const at = ["variant", "content", "constraints", i]
  const known = Object.keys(CHANNELS)
  return [
    ...(Object.hasOwn(CHANNELS, channel)
      ? []
      : [
          problem(
            [...at, "channel"],
            `is not reported by replicas: ${show(channel)}.`,
            didYouMean(channel, known),
          ),
        ]),
    ...(of === "outcome"
      ? []
      : [
          problem(
            [...at, "of"],
            "is the context, which replicas do not report.",
            'Only constraints of the "outcome" can be held.',
          ),
        ]),
  ]
}

function boundOf({ channel, atLeast, atMost }: VariantConstraint, sign: number): CanaryBound {
  const of = CHANNELS[channel]
  const [least, most] = [atLeast ?? -UNBOUNDED, atMost ?? UNBOUNDED]
  // A loss is what is maximised with its sign turned.
  return of === "loss" && sign < 0 ? { of, least: -most, most: -least } : { of, least, most }
}
