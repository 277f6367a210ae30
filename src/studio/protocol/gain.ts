/**
 * What tuning has brought, from the time line alone: the latest readings against those of the baseline that is visited now and then, or, once
 * that has become the tuned configuration, against those at the start. Pure functions, so that a recorded run says the same as a live one.
 */
import type { StartReading } from "./protocol.ts"

/** Latest readings that count as "now", and baseline readings that count. */
const RECENT = 20
const PAIRS = 12
const LEAST_PAIRS = 3
/** Rows between a baseline reading and a tuned one that still make a pair. */
const NEAR = 4
/** A throughput that differs by more than this share is told. */
const SAME_LOAD = 0.25

export interface Gain {
  /** Mean of the latest readings, and of what they are compared with. */
  readonly now: number
  readonly before: number
  readonly against: "baseline" | "start"
  /** Change as a share of `before`, below 0 where it fell; null where that is 0. */
  readonly share: number | null
  /** Two standard errors of the share. */
  readonly margin: number
  /** Throughput as a multiple of that at the start, where it is another; else null. */
  readonly load: number | null
}

/** What is needed of a time line. */
export interface Readings {
  readonly times: ReadonlyArray<number>
  readonly objective: ReadonlyArray<number | null>
  readonly baseline: ReadonlyArray<number | null>
  readonly throughput: ReadonlyArray<number | null>
  readonly marks: ReadonlyArray<{ readonly kind: string; readonly atUs: number }>
  readonly start: StartReading | null
}

type Numbers = ReadonlyArray<number>

const mean = (values: Numbers): number => values.reduce((sum, one) => sum + one, 0) / values.length

/** Standard error of a mean; of a single value that of the spread given. */
function errorOf(values: Numbers): number {
  if (values.length < 2) return 0
  const middle = mean(values)
  const spread = values.reduce((sum, one) => sum + (one - middle) ** 2, 0) / (values.length - 1)
  return Math.sqrt(spread / values.length)
}

/** The last values of a column at or before a row, newest first. */
function latest(column: ReadonlyArray<number | null>, from: number, most: number, since = 0): Array<number> {
  const found: Array<number> = []
  for (let i = from; i >= since && found.length < most; i--) {
    const value = column[i]
    if (value !== null && value !== undefined) found.push(i)
  }
  return found
}

const values = (column: ReadonlyArray<number | null>, rows: Numbers): Array<number> =>
  rows.map((row) => column[row] ?? Number.NaN)

/** How things stand at a moment (the end where none is given); null before anything was read. */
export function gainOf(of: Readings, atUs: number | null): Gain | null {
  const end = atUs === null ? of.times.length - 1 : of.times.findLastIndex((time) => time <= atUs)
  const recent = latest(of.objective, end, RECENT)
  if (recent.length === 0) return null
  const set = of.marks.filter(({ kind, atUs }) => kind === "baseline" && atUs <= of.times[end])
  const start = againstStart(of, recent)
  const baseline = againstBaseline(of, end, set.at(-1)?.atUs ?? 0)
  // The first baseline is the start. A later one is what tuning has found: to be as good as that is no news. An engine's first one
  // leaves no mark where nobody looked yet.
  const since = of.times[of.objective.findIndex((value) => value !== null)]
  const found = set.length > 1 || set.some(({ atUs }) => atUs > since)
  if (start !== null && start.load === null && (found || baseline === null)) return start
  return baseline ?? start
}

/** By pairs of readings since the baseline was set. */
function againstBaseline(of: Readings, end: number, setUs: number): Gain | null {
  const { times, objective, baseline } = of
  const since = times.findIndex((time) => time >= setUs)
  const pairs = latest(baseline, end, PAIRS, Math.max(0, since)).flatMap((row) => {
    const beside = objective
      .slice(Math.max(0, row - NEAR), row + NEAR + 1)
      .filter((value): value is number => value !== null)
    return beside.length === 0 ? [] : [{ tuned: mean(beside), base: baseline[row] ?? 0 }]
  })
  if (pairs.length < LEAST_PAIRS) return null
  const before = mean(pairs.map(({ base }) => base))
  const now = mean(pairs.map(({ tuned }) => tuned))
  const differences = pairs.map(({ tuned, base }) => tuned - base)
  return gain(now, before, "baseline", errorOf(differences), null)
}

function againstStart({ objective, throughput, start }: Readings, recent: Numbers): Gain | null {
  const now = values(objective, recent)
  if (start === null) return null
  const own = errorOf(now)
  // The start had few windows; their spread is taken to be that of the latest, in proportion.
  const scale = mean(now) === 0 ? 1 : Math.abs(start.objective / mean(now))
  const theirs = own * Math.sqrt(now.length / start.windows) * scale
  return gain(mean(now), start.objective, "start", Math.hypot(own, theirs), loadOf(throughput, recent, start))
}

function loadOf(
  throughput: Readings["throughput"],
  recent: Numbers,
  { throughputRps }: StartReading,
): number | null {
  const loads = values(throughput, recent).filter((one) => Number.isFinite(one))
  if (throughputRps === null || throughputRps === 0 || loads.length === 0) return null
  const times = mean(loads) / throughputRps
  return Math.abs(times - 1) > SAME_LOAD ? times : null
}

const gain = (
  now: number,
  before: number,
  against: Gain["against"],
  error: number,
  load: number | null,
): Gain => ({
  now,
  before,
  against,
  share: before === 0 ? null : (now - before) / Math.abs(before),
  margin: before === 0 ? 0 : (2 * error) / Math.abs(before),
  load,
})
