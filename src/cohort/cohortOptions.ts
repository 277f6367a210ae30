/** What may be said about how an owner works with its replicas, with the defaults. Times in microseconds. */
import type { ComparisonPolicy } from "../control/comparison.ts"
import type { Problem } from "../domain/errors.ts"
import { didYouMean, problem, show } from "../domain/problems.ts"
import {
  about,
  above0,
  between,
  list,
  object,
  oneOf,
  optional,
  type ShapeType,
  string,
  whole,
} from "../domain/Shape.ts"
import { MILLISECOND_US, SECOND_US } from "../domain/Units.ts"
import { DESIGNS } from "./designs.ts"
import {
  LEAST_REPORT_MS,
  MOST_BASELINE_AFTER_MS,
  MOST_LEASE_MS,
  MOST_REPORT_MS,
  MOST_SETTLE_MS,
} from "./protocol.ts"

const share = between(0, 1)
/** An hour: a stage that has not closed by then measures another time of day. */
const MOST_WINDOW_MS = 3_600_000

/** The `replicas` of a tuner, as a user writes them. Times in milliseconds. */
export const CohortShape = object({
  design: optional(about(oneOf(DESIGNS), "How a pair is spread over replicas and time.")),
  shared: optional(
    about(
      list(string()),
      "Knobs that must be equal on all replicas: their pairs are tried on all of them in turns.",
    ),
  ),
  exposure: optional(about(share, "Largest share of the replicas off the base at once.")),
  control: optional(about(share, "Share that stays on the baseline.")),
  canary: optional(about(whole(1, 10_000), "Replicas that meet a candidate first.")),
  quorum: optional(about(share, "Share of each side that must have measured enough.")),
  minSamples: optional(about(whole(1, 1e9), "Measurements of a replica that are enough.")),
  windowMs: optional(about(above0(MOST_WINDOW_MS), "Longest stage.")),
  reportMs: optional(about(between(LEAST_REPORT_MS, MOST_REPORT_MS), "How often a replica reports.")),
  leaseMs: optional(about(above0(MOST_LEASE_MS), "How long an answer may be used.")),
  baselineAfterMs: optional(
    about(above0(MOST_BASELINE_AFTER_MS), "How long the base may be used after that."),
  ),
  settleMs: optional(
    about(between(0, MOST_SETTLE_MS), "Work that starts this soon after a change does not count."),
  ),
})
export interface CohortConfig extends ShapeType<typeof CohortShape> {}

/** The same with every default filled in. */
export interface CohortSettings {
  readonly design: (typeof DESIGNS)[number]
  /** Names of the knobs that must be equal on all replicas. */
  readonly shared: ReadonlyArray<string>
  readonly exposure: number
  readonly control: number
  readonly canary: number
  /** How control replicas are compared with as many on the base; null: they are not. */
  readonly comparison: ComparisonPolicy | null
  readonly quorum: number
  readonly minSamples: number
  readonly windowUs: number
  readonly reportUs: number
  readonly leaseUs: number
  readonly baselineAfterUs: number
  readonly settleUs: number
}

/** How long a cluster may take to give a tuner a new owner: a shorter deadline would make a fall of each such move. */
const LEAST_BASELINE_AFTER_MS = 20_000
/** A lease must outlast a report that is lost, or each loss would end the stage for a replica. */
const REPORTS_IN_LEASE = 2
/** Reports within which a stage must be able to close: one brings it, one confirms it, two measure. */
const REPORTS_IN_WINDOW = 4

/** How the numbers stand to each other, and to the knobs. */
export function cohortProblems(
  config: CohortConfig,
  knobs: ReadonlyArray<string>,
  compares = false,
): ReadonlyArray<Problem> {
  const { reportUs, leaseUs, windowUs, baselineAfterUs } = cohortSettings(config)
  const { shared = [], design = "auto" } = config
  const say = (key: string, message: string, remedy: string): Problem =>
    problem(["replicas", key], message, remedy)
  const allShared = shared.length > 0 && knobs.every((name) => shared.includes(name))
  const differs = allShared && design !== "auto" && design !== "together"
  return [
    ...(compares && !((config.control ?? 0) > 0)
      ? [
          say(
            "control",
            "names no replicas to compare with.",
            "Give 0.1 for a tenth of them, or leave engine.comparison out.",
          ),
        ]
      : []),
    ...(differs
      ? [
          say(
            "design",
            "is for knobs that may differ between replicas, and all are shared.",
            'Take "together", or leave it out.',
          ),
        ]
      : []),
    ...shared.flatMap((name, i) =>
      knobs.includes(name)
        ? []
        : [problem(["replicas", "shared", i], `is not a knob: ${show(name)}.`, didYouMean(name, knobs))],
    ),
    ...(leaseUs < REPORTS_IN_LEASE * reportUs
      ? [say("leaseMs", "is over before a lost report can be repeated.", "Make it at least twice reportMs.")]
      : []),
    ...(windowUs < REPORTS_IN_WINDOW * reportUs
      ? [say("windowMs", "is over before replicas can report.", "Make it at least four times reportMs.")]
      : []),
    ...(baselineAfterUs < LEAST_BASELINE_AFTER_MS * MILLISECOND_US
      ? [
          say(
            "baselineAfterMs",
            "is over before a tuner can get a new owner.",
            `Make it at least ${LEAST_BASELINE_AFTER_MS}.`,
          ),
        ]
      : []),
  ]
}

/** The settings of a configuration that has no problems. */
export function cohortSettings(config: CohortConfig): CohortSettings {
  const reportMs = config.reportMs ?? 500
  return {
    design: config.design ?? "auto",
    shared: config.shared ?? [],
    exposure: config.exposure ?? 1,
    control: config.control ?? 0,
    canary: config.canary ?? 1,
    comparison: null,
    quorum: config.quorum ?? 0.75,
    minSamples: config.minSamples ?? 5,
    windowUs: (config.windowMs ?? 2 * REPORTS_IN_WINDOW * reportMs) * MILLISECOND_US,
    reportUs: reportMs * MILLISECOND_US,
    leaseUs: (config.leaseMs ?? 2 * REPORTS_IN_LEASE * reportMs) * MILLISECOND_US,
    baselineAfterUs:
      config.baselineAfterMs === undefined ? 60 * SECOND_US : config.baselineAfterMs * MILLISECOND_US,
    settleUs: (config.settleMs ?? 10) * MILLISECOND_US,
  }
}
