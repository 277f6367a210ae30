/** Thresholds of the gates of a piece of a service, each with its default, and the demands that follow from them. */
import { GrowthError } from "../../domain/GrowthError.ts"
import { tidy } from "../../domain/problems.ts"
import { readTotally } from "../../domain/readInput.ts"
import { above0, between, list, object, oneOf, optional, type ShapeType, whole } from "../../domain/Shape.ts"
import type { Check, Host } from "../contracts/Host.ts"

const margin = optional(between(0.0001, 10))

const Options = object({
  /** The candidate's share of calls, step by step. A duel needs an incumbent's call for each of its own: at most .5. */
  shares: optional(
    list(above0(0.5), {
      expected: "a list of 1 to 100 shares up to 0.5, each above the one before it",
      holds: (shares) =>
        shares.length >= 1 &&
        shares.length <= 100 &&
        shares.every((share, i) => i === 0 || Number(share) > Number(shares[i - 1])),
    }),
  ),
  /** The share of calls that still duel on probation. */
  probationDuels: optional(above0(0.5)),
  /** The share of calls on probation whose input both sides get once more, one right after the other, to compare times (0 for none). */
  probationTimed: optional(between(0, 1)),
  /** Pairs before the share rises by a step. */
  pairsPerStep: optional(whole(1, 1_000_000)),
  /** What evidence has to reach: to cull, and to pass. A false cull has a chance of one in `fail`, for each channel and stage. */
  fail: optional(between(2, 1e12)),
  pass: optional(between(2, 1e12)),
  /** How much worse is good enough: shares for times and cost, .05 being 5 %; a difference of rates for errors. */
  margins: optional(
    object({ latency: margin, errors: optional(between(0.0001, 0.9)), end: margin, cost: margin }),
  ),
  /**
   * Milliseconds by which a candidate may be slower and still counts as equal; 0 for none. What is called more often is compiled
   * further, and the candidate of a small share is called less often.
   */
  resolutionMs: optional(between(0, 1_000)),
  /** G0: calls that the candidate is tried with. */
  trialCalls: optional(whole(1, 10_000)),
  /** G1: share of calls that are mirrored, how many at once, how many are compared, and how many agree. */
  training: optional(
    object({
      share: optional(above0(1)),
      atOnce: optional(whole(1, 1_000)),
      compared: optional(whole(1, 10_000_000)),
      agreement: optional(between(0.01, 1)),
    }),
  ),
  /**
   * G3: agreement to be shown, at least so many mirrors, how many at once, the share that is not dropped, the loop's lag, and the share
   * whose input the incumbent answers once more, to compare times under that load (0 for none).
   */
  shadowing: optional(
    object({
      compared: optional(whole(1, 10_000_000)),
      agreement: optional(between(0.01, 0.999999)),
      atOnce: optional(whole(1, 10_000)),
      mirrored: optional(between(0, 1)),
      lag: optional(between(1, 1_000)),
      timed: optional(between(0, 1)),
    }),
  ),
  /** G4: calls that the candidate has answered. The ten minutes are `grafting.stays.probationary`. */
  probationCalls: optional(whole(0, 1_000_000_000)),
  /** The incumbent's time beside a candidate, against alone: above this the ramp waits. */
  interference: optional(between(1, 100)),
  /**
   * Mirrors that run in the service's own thread: `idle` begins them in turns of the loop without callers, or between callers with a
   * fiftieth of its time where there is no such turn, so that some calls have none; `all` mirrors every call, whatever that costs callers.
   */
  mirrors: optional(oneOf(["idle", "all"])),
  /** Mirrors that wait. What comes beyond is dropped and counted. */
  mirrorQueue: optional(whole(1, 1_000_000)),
})

/** What may be set, every field of it optional. */
export type PipelineGates = ShapeType<typeof Options>

type Full<T> =
  T extends ReadonlyArray<unknown>
    ? T
    : T extends object
      ? { readonly [K in keyof T]-?: Full<Exclude<T[K], undefined>> }
      : T
export type PipelineThresholds = Full<PipelineGates>

export const DEFAULT_PIPELINE: PipelineThresholds = {
  shares: [0.01, 0.02, 0.05, 0.1, 0.25],
  probationDuels: 0.05,
  probationTimed: 0.01,
  pairsPerStep: 50,
  fail: 100,
  pass: 20,
  margins: { latency: 0.05, errors: 0.005, end: 0.05, cost: 0.05 },
  resolutionMs: 0.01,
  trialCalls: 20,
  training: { share: 0.1, atOnce: 4, compared: 200, agreement: 0.99 },
  shadowing: { compared: 1_000, agreement: 0.999, atOnce: 64, mirrored: 0.99, lag: 1.1, timed: 0.1 },
  probationCalls: 10_000,
  interference: 1.1,
  mirrors: "idle",
  mirrorQueue: 256,
}

/** The thresholds with their defaults. Throws a `GrowthError` with every problem. */
export function readThresholds(input: unknown): PipelineThresholds {
  const read = readTotally(Options, input ?? {}, { at: ["gates"] })
  if (!read.ok) throw new GrowthError({ problems: tidy(read.problems) })
  const given = read.value
  const d = DEFAULT_PIPELINE
  return {
    ...filled(d, given),
    margins: filled(d.margins, given.margins ?? {}),
    training: filled(d.training, given.training ?? {}),
    shadowing: filled(d.shadowing, given.shadowing ?? {}),
  }
}

const filled = <T extends object>(defaults: T, given: object): T => ({
  ...defaults,
  ...Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined)),
})

/** Critical events that are one too many: the third culls at once. */
export const MOST_CRITICAL = 2

/** The demands on a candidate, by the state that they lead out of. */
export function pipelineChecks(t: PipelineThresholds): NonNullable<Host["checks"]> {
  const hold = (figure: string, min: number): Check => ({ figure, min, outside: "hold" })
  const fail = (figure: string, max: number): Check => ({ figure, max, outside: "fail" })
  const none = (figure: string): Check => ({ figure, max: 0, outside: "hold" })
  const criticals = fail("criticals", MOST_CRITICAL)
  /** A record from before there was a resolution has none, and its verdicts are as they were. */
  const isTimed = (figure: string): boolean =>
    t.resolutionMs > 0 && (figure === "latencyWorse" || figure === "endWorse")
  const note = `slower by ${t.resolutionMs} ms counts as equal`
  const worse = ["latencyWorse", "errorsWorse", "endWorse", "costWorse"].map((figure) => ({
    ...fail(figure, t.fail),
    ...(isTimed(figure) ? { note } : {}),
  }))
  return {
    dormant: [hold("declared", 1)],
    germinated: [criticals, fail("trialFailures", 0), fail("written", 0), none("trialMissing")],
    training: [
      criticals,
      fail("written", 0),
      none("comparisonsMissing"),
      { figure: "agreement", min: t.training.agreement, outside: "fail" },
      fail("errorsWorse", t.fail),
    ],
    blending: [
      criticals,
      ...worse,
      { figure: "interference", max: t.interference, outside: "hold" },
      hold("held", 1),
      hold("within", t.pass),
    ],
    shadowing: [
      criticals,
      none("comparisonsMissing"),
      fail("agreementTooLow", t.fail),
      ...worse,
      none("agreementMissing"),
      hold("mirroredShare", t.shadowing.mirrored),
      { figure: "lagRatio", max: t.shadowing.lag, outside: "hold" },
    ],
    probationary: [criticals, ...worse, hold("calls", t.probationCalls), hold("within", t.pass)],
    // How many streams were left to those who read them holds nothing up; it is said.
    resetting: [none("callsInFlight"), hold("streamsLeft", 0)],
  }
}
