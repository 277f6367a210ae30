/**
 * What a replica and the owner of its tuner say to each other: one report, one answer. One request is telemetry, distribution,
 * membership and confirmation. The shapes are written as JSON Schemas in `schemas/`, so that a service in any language can take part.
 *
 * Both sides drop fields they do not know, so that a newer one can talk to an older one of the same protocol.
 */
import { type Problem } from "../domain/errors.ts"
import { problem, tidy } from "../domain/problems.ts"
import { attempt, unreadable } from "../domain/readInput.ts"
import {
  about,
  above0,
  between,
  boolean,
  list,
  maybe,
  number,
  numberThat,
  object,
  oneOf,
  type Reading,
  readShape,
  record,
  type Shape,
  type ShapeType,
  string,
  text,
  whole,
} from "../domain/Shape.ts"
import type { Pair } from "./order.ts"

/** The version of this protocol. */
export const PROTOCOL = 1

/** Windows in one report. What is older than the newest ones is of no use to the owner. */
export const MOST_WINDOWS = 8

/** Why a replica did not take what it was told. */
export const REFUSALS = ["older", "outOfBounds", "step", "table", "values"] as const
export type Refusal = (typeof REFUSALS)[number]

/** What a replica is for in the stage under way. */
export const ROLES = ["base", "plus", "minus", "control", "canary"] as const
export type Role = (typeof ROLES)[number]

const LARGEST = Number.MAX_SAFE_INTEGER

/**
 * The longest times that a replica takes from an owner, milliseconds. Whatever an owner says, a replica that loses it leaves a
 * perturbation within ten minutes, asks again within one, and stands on its baseline a day later.
 */
export const MOST_LEASE_MS = 600_000
export const MOST_BASELINE_AFTER_MS = 86_400_000
export const MOST_REPORT_MS = 60_000
export const MOST_SETTLE_MS = 60_000
/** Reports closer together than this are refused by the owner's limits. */
export const LEAST_REPORT_MS = 100

/** A text that is not empty. */
export const word = (expected: string, longest: number): Shape<string> =>
  string({
    expected: `${expected} of 1 to ${longest} characters`,
    holds: ({ length }) => length > 0 && length <= longest,
    json: { minLength: 1, maxLength: longest },
  })

export const PairShape = about(
  list(whole(0, LARGEST), {
    expected: "two numbers, epoch and generation",
    holds: ({ length }) => length === 2,
    json: { minItems: 2, maxItems: 2 },
  }) as Shape<Pair>,
  "Epoch and generation.",
)

/** Larger ones come from no measurement, and overflow where they are added and squared. */
export const LARGEST_SUM = 1e150
// NaN is refused as no number before it is compared.
const moderate = numberThat(
  `a number from -${LARGEST_SUM} to ${LARGEST_SUM}`,
  (n) => !(Math.abs(n) > LARGEST_SUM),
  {
    minimum: -LARGEST_SUM,
    maximum: LARGEST_SUM,
  },
)
const atLeast0 = numberThat("at least 0", (n) => n >= 0, { minimum: 0 })

/** What was measured under one configuration. */
export const WindowShape = about(
  object({
    at: PairShape,
    n: about(whole(0, 1e12), "Measurements; they started under this configuration."),
    sum: about(moderate, "Sum of the objective over them."),
    sum2: about(atLeast0, "Sum of its squares."),
    p99: about(maybe(atLeast0), "99th percentile of the latency, microseconds."),
    errors: about(whole(0, 1e12), "Measurements that failed."),
    margin: about(maybe(moderate), "Mean constraint margin; below 0 the constraint is broken."),
  }),
  { name: "window", description: "What was measured under one configuration." },
)
export interface ReplicaWindow extends ShapeType<typeof WindowShape> {}

/** What a replica says. */
export const ReportShape = about(
  object({
    protocol: about(whole(PROTOCOL, PROTOCOL), "Version of this protocol."),
    tuner: about(word("a name", 128), "Name of the tuner."),
    replica: about(word("a name", 128), "Name of the replica: the same after a restart."),
    boot: about(word("a word", 64), "A word that no other start of any replica has."),
    seq: about(whole(0, LARGEST), "Number of this report within the boot. The same number is counted once."),
    table: about(word("a word", 32), "Hash of the knobs."),
    zone: about(maybe(text(64)), "Where it runs. Sides are balanced by zone."),
    version: about(maybe(text(64)), "What it runs. Sides are balanced by version."),
    at: about(PairShape, "The configuration that is in place."),
    windows: about(
      list(WindowShape, {
        expected: `at most ${MOST_WINDOWS} windows`,
        holds: ({ length }) => length <= MOST_WINDOWS,
        json: { maxItems: MOST_WINDOWS },
      }),
      "What was measured since the last report that was answered.",
    ),
    emergency: about(
      maybe(object({ at: PairShape, margin: about(moderate, "The worst margin that was measured.") })),
      "A constraint margin fell below the emergency margin, and under which configuration.",
    ),
    refused: about(maybe(oneOf(REFUSALS)), "Why the last answer was not taken, if it was not."),
    seen: about(
      maybe(PairShape),
      "With `refused`, needed where that is `older`: the newest configuration that was ever taken. The next epochs have to be above its.",
    ),
    leaving: about(maybe(boolean), "This is the last report: the replica stops."),
  }),
  "What a replica of Arqon reports to the owner of its tuner.",
)
export interface Report extends ShapeType<typeof ReportShape> {}

const values = record(number())

/** What the owner answers. Values are in user units, by the knob's name. */
export const AnswerShape = about(
  object({
    protocol: about(whole(PROTOCOL, PROTOCOL), "Version of this protocol."),
    at: PairShape,
    role: about(oneOf(ROLES), "What the replica is for in the stage under way."),
    values: about(values, "What to run now."),
    base: about(values, "What to run when the lease has passed."),
    baseline: about(values, "What to run when `baselineAfterMs` has passed after that."),
    leaseMs: about(above0(MOST_LEASE_MS), "How long the values may be used, from when the report was sent."),
    baselineAfterMs: about(above0(MOST_BASELINE_AFTER_MS), "How long the base may be used after the lease."),
    reportMs: about(between(LEAST_REPORT_MS, MOST_REPORT_MS), "When to report again."),
    settleMs: about(
      between(0, MOST_SETTLE_MS),
      "Work that starts this soon after a change of values does not count.",
    ),
    emergencyMargin: about(number(), "A margin below this sends the replica to its base at once."),
    safeMode: about(maybe(text(64)), "Why nothing is tuned, if nothing is."),
  }),
  "What the owner of a tuner of Arqon answers to a report.",
)
export interface Answer extends ShapeType<typeof AnswerShape> {}

/** What else can be wrong with a window: numbers that cannot come from measurements. */
const windowProblems = (window: ReplicaWindow, i: number): ReadonlyArray<Problem> => {
  const { n, sum, sum2, errors, margin } = window
  const at = (key: string, message: string): Problem => problem(["windows", i, key], message)
  return [
    ...(errors > n ? [at("errors", `must be at most n, ${n}, got ${errors}.`)] : []),
    ...(n === 0 && (sum !== 0 || sum2 !== 0 || margin !== undefined)
      ? [at("n", "is 0, and yet something was measured.")]
      : []),
    // By Cauchy and Schwarz; a little of it is rounding.
    ...(n > 0 && sum * sum > n * sum2 * (1 + 1e-6) ? [at("sum2", "is too small for n and sum.")] : []),
  ]
}

/** A report, or all that is wrong with it. Total: no input makes it throw. */
export function readReport(input: unknown): Reading<Report> {
  const tried = attempt(() => readShape(ReportShape, input, { excess: "drop" }))
  if (tried === null) return { ok: false, problems: [unreadable()] }
  if (!tried.ok) return { ok: false, problems: tidy(tried.problems) }
  const problems = tried.value.windows.flatMap(windowProblems)
  return problems.length === 0 ? { ok: true, value: tried.value } : { ok: false, problems: tidy(problems) }
}

/** An answer, or all that is wrong with it. Total: no input makes it throw. */
export function readAnswer(input: unknown): Reading<Answer> {
  const tried = attempt(() => readShape(AnswerShape, input, { excess: "drop" }))
  return tried ?? { ok: false, problems: [unreadable()] }
}
