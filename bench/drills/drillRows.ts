/**
 * What drills have shown, as figures with their bounds: for a person, for docs/benchmarks.md, and for the exit code of `npm run drills`.
 * Bounds of times are those of the plan, for the locks that the drill had.
 */
import type { Row } from "../../scripts/section.ts"
import type { DrillCounts } from "./Drill.ts"
import { FAULTS_A_ROUND, type OwnerFault } from "./faults.ts"
import { DRILL_LEASE_MS, MEASURE_MS } from "./orders.ts"

export interface DrillFindings {
  readonly rounds: number
  readonly expirationMs: number
  readonly selfFence: boolean
  /** Rounds that did not end, and what else went wrong, in words. */
  readonly failures: ReadonlyArray<string>
  /** Until another owner answered, milliseconds, each time. */
  readonly rehomedMs: Readonly<Record<OwnerFault, ReadonlyArray<number>>>
  /** Of each frozen database: until all tuners were answered once it was back, and answers while nobody could be confirmed. */
  readonly frozen: ReadonlyArray<{ readonly backMs: number; readonly answered: number }>
  /** Longest that a tuner was unanswered while a gateway was away. */
  readonly gatewayGapMs: number
  /** Of each set of processes and database: a round that failed is followed by new ones. */
  readonly counts: ReadonlyArray<DrillCounts>
}

/** What a runner that was killed may take beyond the life of its locks until its tuners have another owner. */
const KILL_BEYOND_MS = 1000
const STOP_MS = 2000
/** A replica and whoever looks at it each look at the time so often. */
const GRANULARITY_MS = 2 * MEASURE_MS

/** The value that a share `q` of them does not exceed (nearest rank); NaN: there are none. */
export function quantile(values: ReadonlyArray<number>, q: number): number {
  const sorted = values.toSorted((a, b) => a - b)
  return sorted[Math.max(0, Math.ceil(q * sorted.length) - 1)] ?? Number.NaN
}

const whole = (ms: number): number => Math.ceil(ms)

/** Bounds are compared with what was measured, and not with what is shown of it. */
export function drillRows(found: DrillFindings): ReadonlyArray<Row> {
  const { rounds, expirationMs, selfFence, failures, rehomedMs, frozen, gatewayGapMs, counts } = found
  const sum = (name: keyof DrillCounts): number => counts.reduce((total, one) => total + one[name], 0)
  const none = (what: string, value: number): Row => ({ what, value, unit: "", most: 0 })
  const waits = (what: string, fault: OwnerFault, mostMs?: number): ReadonlyArray<Row> => {
    const of = (q: number): number => whole(quantile(rehomedMs[fault], q))
    return [
      { what: `another owner after ${what}, p50`, value: of(0.5), unit: "ms" },
      {
        what: `another owner after ${what}, p99`,
        value: of(0.99),
        unit: "ms",
        ...(mostMs !== undefined && { most: mostMs }),
      },
      { what: `another owner after ${what}, worst`, value: of(1), unit: "ms" },
    ]
  }
  return [
    { what: "faults", value: FAULTS_A_ROUND * rounds, unit: "" },
    none("failures", failures.length),
    ...waits("a kill", "SIGKILL", expirationMs + KILL_BEYOND_MS),
    ...waits("a freeze", "SIGSTOP"),
    ...waits("a stop", "SIGTERM", STOP_MS),
    ...waits("a runner was cut off from the database", "cutOff", expirationMs + KILL_BEYOND_MS),
    {
      what: "all tuners answered after the database came back, worst",
      value: whole(
        quantile(
          frozen.map(({ backMs }) => backMs),
          1,
        ),
      ),
      unit: "ms",
    },
    { what: "without an answer while a gateway was away, worst", value: whole(gatewayGapMs), unit: "ms" },
    {
      what: "on a perturbation without contact, worst",
      value: whole(
        quantile(
          counts.map(({ longestOffMs }) => longestOffMs),
          1,
        ),
      ),
      unit: "ms",
      most: DRILL_LEASE_MS + GRANULARITY_MS,
    },
    none("values of an older owner that a replica took", sum("olderTaken")),
    // Owners without the self-fence answer until SQL refuses them: replicas and SQL are what is left.
    ...(selfFence
      ? [
          none("answers of two owners", sum("answersOfTwoOwners")),
          none(
            "answers while nobody could be confirmed",
            frozen.reduce((total, { answered }) => total + answered, 0),
          ),
          { what: "stale writes, all refused", value: sum("fencedWrites"), unit: "" },
        ]
      : [{ what: "stale writes, all refused", value: sum("fencedWrites"), unit: "", least: 1 }]),
    { what: "commands acknowledged", value: sum("commands"), unit: "", least: 1 },
    none("of these lost", sum("commandsLost")),
    none("of these done twice", sum("commandsTwice")),
    { what: "records of keys", value: sum("keyRecords"), unit: "", least: 1 },
    none("keys without records", sum("keysWithoutRecords")),
    none("tuners and keys whose records are not one whole chain", sum("recordsBroken")),
  ]
}

/** What is outside its bounds, in words. What was never measured is, too. */
export const outside = (rows: ReadonlyArray<Row>): ReadonlyArray<string> =>
  rows.flatMap(({ what, value, unit, most = Infinity, least = -Infinity }) =>
    value <= most && value >= least ? [] : [`${what}: ${value} ${unit}`.trimEnd()],
  )
