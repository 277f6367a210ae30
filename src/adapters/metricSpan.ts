/**
 * What metrics say of a span of time: the difference of two readings of a histogram, summary or counter, or the latest
 * value of a gauge. Pure; `MetricSource` asks it for the values of each digest.
 *
 * Series are compared one by one, so that the reset of one is not hidden by the growth of another.
 */
import type { Problem } from "../domain/errors.ts"
import { closest } from "../domain/closest.ts"
import { problem } from "../domain/problems.ts"

/** What is taken of a metric in a span. */
export type MetricTake = "mean" | "rate" | "value" | `p${number}`

/** Which metric, and what of it. */
export interface MetricPick {
  /** The metric's full name. */
  readonly metric: string
  /**
   * `"mean"` of a histogram or summary; `"p99"` (or any percentile) of a histogram; `"rate"` per second of a counter, or
   * of the observations of a histogram or summary; `"value"` of a gauge. Units are the metric's own.
   */
  readonly take: MetricTake
  /** Only series with these labels (attributes). Default: all series together. */
  readonly where?: Readonly<Record<string, string | number | boolean>> | undefined
  /**
   * The value while no such series exists. A counter of errors often does not exist before the first error: then it is 0.
   * Default: nothing is reported meanwhile.
   */
  readonly absent?: number | undefined
}

type MetricKind = "histogram" | "exponentialHistogram" | "summary" | "counter" | "upDownCounter" | "gauge"

/** One series of a metric. */
export interface MetricSeries {
  readonly labels: Readonly<Record<string, unknown>>
  /** Tells two lives of one series apart, where the source knows; else always the same. */
  readonly since: string
  /** Of counters and gauges. */
  readonly value: number
  /** Of histograms and summaries. */
  readonly count: number
  readonly sum: number
  /** Upper bounds of the buckets but the last one, ascending, and how many observations are in each bucket. */
  readonly bounds: ReadonlyArray<number>
  readonly counts: ReadonlyArray<number>
}

/** A metric as it is at one time. */
export interface MetricNow {
  readonly kind: MetricKind
  /** Whether its numbers are since the last reading instead of since the beginning. */
  readonly delta: boolean
  readonly series: ReadonlyArray<MetricSeries>
}

/** Every metric that was asked for and exists; and the names of all that exist, for suggestions. */
export interface MetricReading {
  readonly metrics: ReadonlyMap<string, MetricNow>
  readonly names: ReadonlyArray<string>
  /** What failed while they were read, though not the whole reading. */
  readonly errors?: ReadonlyArray<unknown>
}

const WORDS: Readonly<Record<MetricKind, string>> = {
  histogram: "a histogram",
  exponentialHistogram: "an exponential histogram",
  summary: "a summary",
  counter: "a counter",
  upDownCounter: "an up-down counter",
  gauge: "a gauge",
}

const TAKES: Readonly<Record<MetricKind, ReadonlyArray<string>>> = {
  histogram: ["mean", "rate", "p99"],
  exponentialHistogram: ["mean", "rate"],
  summary: ["mean", "rate"],
  counter: ["rate"],
  upDownCounter: ["value"],
  gauge: ["value"],
}

/** The share of observations below, of a percentile; NaN of anything else. */
export const shareOf = (take: unknown): number =>
  typeof take === "string" && /^p\d{1,2}(\.\d+)?$/.test(take) && Number(take.slice(1)) > 0
    ? Number(take.slice(1)) / 100
    : Number.NaN

/** The series of `where`. */
const matching = ({ series }: MetricNow, { where = {} }: MetricPick): ReadonlyArray<MetricSeries> =>
  series.filter(({ labels }) =>
    Object.entries(where).every(([name, value]) => String(labels[name]) === String(value)),
  )

/** Why a pick can be read from nothing that a reading has; null where it can. */
export function pickProblem(name: string, pick: MetricPick, reading: MetricReading): Problem | null {
  const { metric, take } = pick
  const at = ["read", name]
  const now = reading.metrics.get(metric)
  if (now === undefined) {
    const near = closest(metric, reading.names)
    const remedy =
      near === null
        ? "Check its name. If it only begins with the first event, say what to read until then: absent: 0."
        : `Did you mean "${near}"?`
    return pick.absent === undefined
      ? problem([...at, "metric"], `"${metric}" does not exist.`, remedy)
      : null
  }
  const allowed = TAKES[now.kind]
  const wanted = Number.isNaN(shareOf(take)) ? take : "p99"
  if (!allowed.includes(wanted))
    return problem(
      [...at, "take"],
      `"${take}" cannot be taken of "${metric}", which is ${WORDS[now.kind]}.`,
      `Take ${allowed.map((one) => `"${one}"`).join(" or ")}.`,
    )
  if (now.delta && now.kind === "upDownCounter")
    return problem(
      [...at, "metric"],
      `"${metric}" is an up-down counter that reports only its changes.`,
      "Read it with cumulative temporality.",
    )
  const series = matching(now, pick)
  if (series.length === 0 && pick.absent === undefined)
    return problem(
      [...at, "where"],
      `"${metric}" has no series with the labels ${textOf(pick.where)}.`,
      "Check them. If the series only begins with the first event, say what to read until then: absent: 0.",
    )
  if (now.kind === "gauge" && series.length > 1)
    return problem(
      [...at, "where"],
      `"${metric}" is a gauge with ${series.length} series, and their sum would mean nothing.`,
      `Choose one by its labels, such as where: ${textOf(series[0]?.labels)}.`,
    )
  if (wanted === "p99" && series.some(({ bounds }) => !isSame(bounds, series[0]?.bounds ?? [])))
    return problem(
      [...at, "where"],
      `"${metric}" has series with different buckets.`,
      "Choose one by its labels, or give all of them the same buckets.",
    )
  return null
}

const textOf = (labels: Readonly<Record<string, unknown>> = {}): string =>
  JSON.stringify(labels).slice(0, 200)

const isSame = (a: ReadonlyArray<number>, b: ReadonlyArray<number>): boolean =>
  a.length === b.length && a.every((x, i) => x === b[i])

/** A value; or none, because nothing was observed or a series was reset. */
export type Taken = number | "empty" | "reset"

/** What a pick reads in the span between two readings; both must be free of problems. */
export function takeOf(pick: MetricPick, before: MetricReading, after: MetricReading, spanUs: number): Taken {
  const now = after.metrics.get(pick.metric)
  const series = now === undefined ? [] : matching(now, pick)
  const then = before.metrics.get(pick.metric)
  const old = then === undefined ? [] : matching(then, pick)
  if (now === undefined || series.length === 0)
    return old.length === 0 || then?.delta === true || pick.take === "value"
      ? (pick.absent ?? "empty")
      : "reset"
  // A gauge may go to NaN, which its engine counts as invalid.
  if (pick.take === "value") return series.reduce((sum, { value }) => sum + value, 0)
  const grown = now.delta ? series : growth(old, series)
  if (grown === "reset") return "reset"
  const add = (read: (one: MetricSeries) => number): number => grown.reduce((sum, one) => sum + read(one), 0)
  const count = add((one) => one.count)
  if (pick.take === "rate") {
    const events = now.kind === "counter" ? add(({ value }) => value) : count
    return spanUs > 0 ? (events * 1e6) / spanUs : "empty"
  }
  if (count <= 0) return "empty"
  return pick.take === "mean" ? add(({ sum }) => sum) / count : quantile(grown, shareOf(pick.take))
}

/** What each series has gained. */
function growth(
  old: ReadonlyArray<MetricSeries>,
  series: ReadonlyArray<MetricSeries>,
): ReadonlyArray<MetricSeries> | "reset" {
  const before = new Map(old.map((one) => [keyOf(one), one]))
  const grown = series.map((one) => {
    const was = before.get(keyOf(one))
    before.delete(keyOf(one))
    return was === undefined ? one : gain(was, one)
  })
  // What is gone would have been counted from its beginning, had it come back.
  if (before.size > 0 || grown.includes(null)) return "reset"
  return grown as ReadonlyArray<MetricSeries>
}

/** Tells the series of a metric apart. */
export const keyOf = ({ labels }: MetricSeries): string =>
  JSON.stringify(Object.entries(labels).toSorted(([a], [b]) => (a < b ? -1 : 1)))

function gain(was: MetricSeries, is: MetricSeries): MetricSeries | null {
  const counts = is.counts.map((count, i) => count - (was.counts[i] ?? 0))
  const value = is.value - was.value
  const count = is.count - was.count
  const wasReset = was.since !== is.since || !isSame(was.bounds, is.bounds)
  if (wasReset || value < 0 || count < 0 || counts.some((one) => one < 0)) return null
  return { ...is, value, count, sum: is.sum - was.sum, counts }
}

/** Straight within a bucket, as Prometheus has it. Beyond the largest bound it is that bound: the true value is more. */
function quantile(grown: ReadonlyArray<MetricSeries>, share: number): number {
  const { bounds, counts } = grown[0]
  const merged = counts.map((_, i) => grown.reduce((sum, one) => sum + one.counts[i], 0))
  let wanted = share * merged.reduce((sum, count) => sum + count, 0)
  for (let i = 0; i < bounds.length; i++) {
    const count = merged[i]
    const low = i > 0 ? bounds[i - 1] : Math.min(0, bounds[0])
    if (count > 0 && wanted <= count) return low + (bounds[i] - low) * (wanted / count)
    wanted -= count
  }
  return bounds.at(-1) ?? Number.NaN
}

/** Why a percentile that was taken is only a lower bound; null where it is not. */
export function boundProblem(
  name: string,
  pick: MetricPick,
  value: number,
  after: MetricReading,
): Problem | null {
  const now = after.metrics.get(pick.metric)
  if (now === undefined || Number.isNaN(shareOf(pick.take))) return null
  const largest = matching(now, pick)[0]?.bounds.at(-1) ?? Number.NaN
  return value < largest
    ? null
    : problem(
        ["read", name, "take"],
        `"${pick.take}" of "${pick.metric}" is at least ${largest}, its largest bucket bound.`,
        "Give it buckets beyond that.",
      )
}
