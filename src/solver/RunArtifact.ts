/**
 * The record of a run: everything a state holds, and what was found. What to keep beside a result, to plot from, and to
 * run again: apart from timings and environment, the same configuration and answers give the same artifact bit for bit.
 * The seeds' artifacts (run_id, seed, budget, history) are read as they are; they name no bounds, so their `config` is null.
 */
import { ArtifactError, type Problem } from "../domain/errors.ts"
import { problem, tidy } from "../domain/problems.ts"
import { MAX_SEED } from "../domain/Units.ts"
import type { Classification, LabelChange, LandscapeFeatures, LandscapeLabel } from "./Classification.ts"
import { MAX_BUDGET, SolverConfigShape } from "./configSchema.ts"
import { SCHEMA_VERSION, versionProblem } from "./schemaVersion.ts"
import {
  about,
  boolean,
  either,
  list,
  maybe,
  nullOr,
  number,
  object,
  oneOf,
  optionalOrNull,
  readShape,
  record,
  string,
  text,
  whole,
} from "../domain/Shape.ts"
import { problemsOf } from "../domain/readInput.ts"
import { count, fullEntry, ParamNames, ParamsShape, RUN_PHASES } from "./history.ts"
import { plainData, objectOf } from "./plainData.ts"
import type { Params } from "./SearchSpace.ts"
import { readConfig, type SolverConfig, type StrategyName } from "./SolverConfig.ts"
import { runFields, runProblems, type SolverState } from "./SolverState.ts"

/** A figure that could not be measured is null. */
const figure = (description: string) => about(nullOr(number()), { description })

const Features = object({
  keptPromises: figure(
    "Share of the later trust-region steps whose actual gain was above a tenth of the predicted one, 0 to 1.",
  ),
  variance: figure("Variance of the losses over the squared spread (75 % quantile minus minimum)."),
  residualDecay: figure(
    "Slope of log residual against step along the descent; negative: the residual decays.",
  ),
  quadraticFit: figure("R squared of a separable quadratic model, adjusted for its terms."),
  dispersion: figure("Mean distance among the best fifth of the points over the mean distance of all."),
  distanceCorrelation: figure("Correlation of loss with distance to the best point, -1 to 1."),
  separability: figure("Share of the fit that needs no cross terms, 0 to 1."),
  noise: figure("Noise of one reading as a share of the probe's spread."),
})

const Label = oneOf(["quadratic", "curved", "noisy"])

export const ClassificationShape = object({
  label: about(Label, "What the classify phase found, and what the selection begins with."),
  score: figure("What decided the label: the share of accurate steps, or the noise."),
  readings: about(count, "Readings behind that decision."),
  stencil: about(boolean, "False if the budget was too small for the quadratic model's first points."),
  features: about(Features, "What explains the label."),
  changes: maybe(
    about(
      list(
        object({
          label: about(Label, "The label from then on."),
          readings: about(count, "Readings at that time."),
          reason: about(text(200), "Why."),
        }),
      ),
      { description: "How later steps revoked the label, oldest first." },
    ),
  ),
})

export const BestShape = object({
  params: ParamsShape,
  value: about(number(), "The reading, or under noise the mean it rests on, in the objective's own units."),
  standard_error: figure(
    "Standard error of the value, in the objective's own units; null if readings repeat.",
  ),
  eval_id: about(nullOr(count), "The trial at that point."),
  readings: about(count, "Readings that the value rests on."),
})

const PhaseShape = object({
  phase: about(oneOf(RUN_PHASES), "The phase; every run has all three."),
  evaluations: about(count, "Trials that the phase asked for."),
  elapsed_ms: figure("Time from its begin to its end, in milliseconds; null without a clock."),
})

const EnvironmentShape = record(nullOr(either(string(), number(), boolean)))

const artifactFields = {
  ...runFields,
  seed: about(whole(0, MAX_SEED), "The seed of the configuration."),
  budget: about(whole(1, MAX_BUDGET), "The budget of the configuration, in evaluations."),
  classification: optionalOrNull(about(ClassificationShape, "What the classify phase found.")),
  noise: optionalOrNull(about(number(), "Noise of one reading as a share of the probe's spread.")),
  best: optionalOrNull(about(BestShape, "The recommended point.")),
  phases: optionalOrNull(about(list(PhaseShape), "How long each phase took.")),
  notes: optionalOrNull(about(list(text(2000)), "Notes for the reader, in sentences.")),
  environment: optionalOrNull(about(EnvironmentShape, "Where it ran: versions, platform, processor.")),
}

export const RunArtifactShape = about(
  object({
    ...artifactFields,
    config: optionalOrNull(SolverConfigShape),
  }),
  {
    name: "RunArtifact",
    title: "Arqon run artifact",
    description: "The record of an offline search. docs/reference/solver-files.md describes all of it.",
  },
)

export interface ArtifactClassification {
  readonly label: LandscapeLabel
  readonly score: number | null
  readonly readings: number
  readonly stencil: boolean
  readonly features: { readonly [K in keyof LandscapeFeatures]: number | null }
  /** How later steps revoked the label, oldest first; absent in records of older builds. */
  readonly changes?: ReadonlyArray<LabelChange>
}

export interface ArtifactBest {
  readonly params: Params
  readonly value: number
  readonly standard_error: number | null
  readonly eval_id: number | null
  readonly readings: number
}

export interface PhaseTiming {
  readonly phase: (typeof RUN_PHASES)[number]
  readonly evaluations: number
  readonly elapsed_ms: number | null
}

/** Where a run took place; any flat record. */
export interface Environment {
  readonly [key: string]: string | number | boolean | null
}

/** A checked artifact with everything filled in; itself a valid input. */
export interface RunArtifact extends Omit<SolverState, "config"> {
  /** Null in the seeds' artifacts. */
  readonly config: SolverConfig | null
  readonly seed: number
  readonly budget: number
  readonly classification: ArtifactClassification | null
  readonly noise: number | null
  readonly best: ArtifactBest | null
  readonly phases: ReadonlyArray<PhaseTiming>
  readonly notes: ReadonlyArray<string>
  readonly environment: Environment | null
}

/** A classification as JSON has it: what could not be measured is null. */
export function describeClassification(
  found: Classification | null,
  changes: ReadonlyArray<LabelChange> = [],
): ArtifactClassification | null {
  if (found === null) return null
  const known = (x: number): number | null => (Number.isFinite(x) ? x + 0 : null)
  const { label, score, readings, stencil, features } = found
  return {
    label,
    score: known(score),
    readings,
    stencil,
    features: {
      keptPromises: known(features.keptPromises),
      variance: known(features.variance),
      residualDecay: known(features.residualDecay),
      quadraticFit: known(features.quadraticFit),
      dispersion: known(features.dispersion),
      distanceCorrelation: known(features.distanceCorrelation),
      separability: known(features.separability),
      noise: known(features.noise),
    },
    changes: changes.slice(),
  }
}

/** All but the configuration, which is read with its own word for each problem. */
const DocumentShape = object(artifactFields)

/**
 * The artifact, or an ArtifactError. Total: no input makes it throw.
 *
 * @param strategies further strategies that the configuration may name
 */
export function parseRunArtifact(
  input: unknown,
  strategies: ReadonlyArray<StrategyName | string> = [],
): RunArtifact | ArtifactError {
  const plain = plainData(input)
  const refuse = (problems: ReadonlyArray<Problem>): ArtifactError =>
    new ArtifactError({ document: "artifact", problems: tidy(problems) })
  if (plain.problems.length > 0) return refuse(plain.problems)
  const newer = versionProblem(plain.value, [])
  if (newer !== null) return refuse([newer])
  const document = objectOf(plain.value)
  const { config: rawConfig, ...rest } = document ?? {}
  const given = rawConfig !== undefined && rawConfig !== null
  const config = given ? readConfig(rawConfig, ["config"], strategies) : null
  const read = readShape(DocumentShape, document === null ? plain.value : rest)
  if (!read.ok || Array.isArray(config))
    return refuse([...problemsOf(read), ...(Array.isArray(config) ? config : [])])
  const { history, pending, counts, seed, budget, best, ...more } = read.value
  const run = { history, pending: pending ?? [], counts: counts ?? null }
  const problems = [...runProblems(run, budget, config)]
  if (config !== null) {
    const same = { seed: [seed, config.seed], budget: [budget, config.budget] } as const
    for (const [key, [here, there]] of Object.entries(same)) {
      if (here !== there)
        problems.push(
          problem([key], `is ${here}; in the configuration it is ${there}.`, "Make them the same."),
        )
    }
    if (best !== undefined && best !== null)
      new ParamNames(config.space).check(best.params, ["best", "params"], problems)
  }
  if (problems.length > 0) return refuse(problems)
  return {
    schema_version: SCHEMA_VERSION,
    run_id: more.run_id,
    seed,
    budget,
    config: config === null ? null : config.config,
    classification: more.classification ?? null,
    noise: more.noise ?? null,
    best: best ?? null,
    ...(run.counts === null ? {} : { counts: run.counts }),
    phases: more.phases ?? [],
    notes: more.notes ?? [],
    environment: more.environment ?? null,
    pending: run.pending,
    history: history.map(fullEntry),
  }
}
