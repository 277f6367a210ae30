/** What a campaign is begun with: read, checked against its tuner and its study, and made into a candidate. Pure. */
import type { Problem } from "../../domain/errors.ts"
import type { ParamSpace } from "../../domain/ParamSpace.ts"
import { didYouMean, problem } from "../../domain/problems.ts"
import { readTotally } from "../../domain/readInput.ts"
import {
  anything,
  maybe,
  numberThat,
  object,
  type Reading,
  type ShapeType,
  string,
  whole,
} from "../../domain/Shape.ts"
import {
  type Evidence,
  MAX_BY,
  MAX_WHY,
  type VariantContent,
  VariantContentShape,
  VariantName,
} from "../../domain/Variant.ts"
import type { Best } from "../../solver/Solver.ts"
import type { SolverConfig } from "../../solver/SolverConfig.ts"

const words = (most: number) =>
  string({
    expected: `a text of 1 to ${most} characters`,
    holds: (value) => value.trim() !== "" && value.length <= most,
    json: { minLength: 1, maxLength: most },
  })

const DAY_MS = 86_400_000
/** Longest wait for a person. */
const MOST_APPROVAL_MS = 365 * DAY_MS
const APPROVAL_MS = 7 * DAY_MS
const ATTEMPTS = 3

const OptionsShape = object({
  name: VariantName,
  /** The tuner that gets the candidate. */
  tuner: string(),
  /** Name of the shared study in the cluster's own storage. */
  study: words(200),
  /** Makes the study where there is none, as for `openStudy`. */
  config: maybe(anything),
  /** Who proposes the candidate, and why. */
  by: words(MAX_BY),
  why: words(MAX_WHY),
  /** What the candidate is called in the catalogue; the campaign's name where it is left out. */
  variant: maybe(VariantName),
  constraints: VariantContentShape.fields.constraints,
  rollback: VariantContentShape.fields.rollback,
  /** How long it waits for a person, ms; a week. */
  approveWithinMs: maybe(
    numberThat(`a number from 1 to ${MOST_APPROVAL_MS}`, (n) => n >= 1 && n <= MOST_APPROVAL_MS, {
      minimum: 1,
      maximum: MOST_APPROVAL_MS,
    }),
  ),
  /** Trials on canaries at most, where one was lost with its owner or withdrawn; 3. */
  attempts: maybe(whole(1, 100)),
})

/** What a campaign is begun with. */
export interface CampaignOptions extends ShapeType<typeof OptionsShape> {}

/** The same with every default filled in, as it is kept. */
export interface CampaignSettings {
  readonly name: string
  readonly tuner: string
  readonly study: string
  readonly by: string
  readonly why: string
  readonly variant: string
  readonly constraints: NonNullable<VariantContent["constraints"]>
  readonly rollback: NonNullable<VariantContent["rollback"]>
  readonly approveWithinMs: number
  readonly attempts: number
}

/** An hour: a candidate that had to be left is not taken again at once. */
const ROLLBACK = { to: "previous", afterBreaches: 2, quarantineUs: 3_600_000_000 }

/** What somebody asks for, or every problem of it. `config` is read by the study. */
export function readCampaign(
  input: unknown,
  tuners: ReadonlyArray<string>,
): Reading<{ readonly settings: CampaignSettings; readonly config: unknown }> {
  const read = readTotally(OptionsShape, input)
  if (!read.ok) return read
  const { config, variant = read.value.name, constraints = [], rollback = ROLLBACK, ...given } = read.value
  const { approveWithinMs = APPROVAL_MS, attempts = ATTEMPTS, tuner } = given
  if (!tuners.includes(tuner))
    return { ok: false, problems: [problem(["tuner"], "is not known here.", didYouMean(tuner, tuners))] }
  const { name, study, by, why } = given
  const settings = { name, tuner, study, by, why, variant, constraints, rollback, approveWithinMs, attempts }
  return { ok: true, value: { settings, config } }
}

/** What of a study cannot become a configuration of the tuner. */
export function studyProblems(
  { bounds, objective }: SolverConfig,
  { names, table }: ParamSpace,
  minimizes: boolean,
): ReadonlyArray<Problem> {
  return [
    ...((objective === "minimize") === minimizes
      ? []
      : [
          problem(
            ["study"],
            `has the objective ${objective}, and the tuner has the other one.`,
            "Take another study.",
          ),
        ]),
    ...Object.entries(bounds).flatMap(([name, bound]): ReadonlyArray<Problem> => {
      const at = ["study", "bounds", name]
      const i = names.indexOf(name)
      if (i < 0) return [problem(at, "is not a knob of the tuner.", didYouMean(name, names))]
      if (!("min" in bound)) return [problem(at, "must be a number, because knobs are.", "Leave it out.")]
      const [min, max] = [table.min[i], table.max[i]]
      return bound.min >= min && bound.max <= max
        ? []
        : [problem(at, `must be within the knob's bounds, ${min} to ${max}.`, "Narrow it.")]
    }),
  ]
}

/** The candidate: the study's recommendation, as the catalogue keeps it. */
export const candidateOf = (
  { study, constraints, rollback }: CampaignSettings,
  { params }: Best,
): VariantContent => ({
  values: params,
  description: `What the study ${study} recommends.`.slice(0, MAX_WHY),
  constraints,
  rollback,
})

/** What the study says for it. A study reads the objective alone: only constraints on that can be broken by it. */
export function evidenceOf(
  { study, constraints }: CampaignSettings,
  { value, standardError, readings, id }: Best,
  minimizes: boolean,
): Evidence {
  const outcomes = constraints.filter(({ of }) => of === "outcome")
  const own = outcomes.filter(({ channel }) => channel === "objective")
  const held = own.every(
    ({ atLeast, atMost }) =>
      value >= (atLeast ?? Number.NEGATIVE_INFINITY) && value <= (atMost ?? Number.POSITIVE_INFINITY),
  )
  const unread = outcomes.filter(({ channel }) => channel !== "objective").map(({ channel }) => channel)
  const trial = id === null ? [] : [`Trial ${id}.`]
  const repeats = standardError === null ? ["The study found that readings repeat exactly."] : []
  const left = unread.length === 0 ? [] : [`Not measured: ${unread.join(", ")}. The canaries measure them.`]
  return {
    source: `study ${study}`,
    mean: minimizes ? value : -value,
    standardError: standardError ?? 0,
    readings: Math.max(1, readings),
    constraintsHeld: held,
    note: [...trial, ...repeats, ...left].join(" ").slice(0, MAX_WHY) || "From the study's own log.",
  }
}
