/**
 * Digests from the metrics of a prom-client registry, read in the process: no HTTP, no Prometheus server. Only the chosen
 * metrics are collected.
 */
import type { MetricNow, MetricReading, MetricSeries } from "./metricSpan.ts"
import { keyOf } from "./metricSpan.ts"
import { MetricSource, type MetricSourceOptions } from "./MetricSource.ts"
import { methodProblems, refuse } from "./checkOptions.ts"

interface PromValue {
  readonly value: number
  readonly labels: object
  readonly metricName?: string
}

/** The part of a prom-client `Registry` that is used. */
export interface PromRegistryLike {
  getSingleMetric(
    name: string,
  ): { get(): Promise<{ readonly type: unknown; readonly values: ReadonlyArray<PromValue> }> } | undefined
  getMetricsAsArray(): ReadonlyArray<{ readonly name: string }>
}

/**
 * A source of digests over a prom-client registry; an adapter without knobs, for `attach` and `tune`. Throws a
 * ConfigError if `registry` is not a registry, or for invalid options.
 *
 * @example
 * const source = promDigests(register, {
 *   read: { latency: { metric: "http_request_duration_seconds", take: "mean" } },
 *   digest: ({ latency }) => ({ objective: latency }),
 * })
 * attach(engine, source)
 */
export function promDigests<const N extends string>(
  registry: PromRegistryLike,
  options: MetricSourceOptions<N>,
): MetricSource<N> {
  refuse(
    methodProblems(
      registry,
      ["registry"],
      ["getSingleMetric", "getMetricsAsArray"],
      "a registry of prom-client",
      'import { register } from "prom-client" is the default one.',
    ),
  )
  return new MetricSource(options, (metrics) => readRegistry(registry, metrics))
}

async function readRegistry(
  registry: PromRegistryLike,
  wanted: ReadonlyArray<string>,
): Promise<MetricReading> {
  const read = await Promise.all(
    wanted.map(async (name) => {
      const values = await registry.getSingleMetric(name)?.get()
      return values === undefined ? [] : [[name, metricOf(name, String(values.type), values.values)] as const]
    }),
  )
  return { metrics: new Map(read.flat()), names: registry.getMetricsAsArray().map(({ name }) => name) }
}

function metricOf(name: string, type: string, values: ReadonlyArray<PromValue>): MetricNow {
  const kind = type === "histogram" || type === "summary" || type === "counter" ? type : "gauge"
  const series = kind === "counter" || kind === "gauge" ? values.map(plain) : groups(name, values)
  return { kind, delta: false, series }
}

const NOTHING = { since: "", value: 0, count: 0, sum: 0, bounds: [], counts: [] }

const plain = ({ labels, value }: PromValue): MetricSeries => ({
  ...NOTHING,
  labels: labels as MetricSeries["labels"],
  value,
})

/** Buckets, sum and count of one series are separate values with the same labels, `le` apart. */
function groups(name: string, values: ReadonlyArray<PromValue>): ReadonlyArray<MetricSeries> {
  const all = new Map<string, Group>()
  for (const { labels, metricName, value } of values) {
    const { le, quantile, ...own } = labels as Readonly<Record<string, unknown>>
    if (quantile !== undefined && metricName === undefined) continue
    const empty = { ...NOTHING, labels: own, below: [] }
    const group: Group = all.get(keyOf(empty)) ?? empty
    all.set(keyOf(empty), group)
    if (metricName === `${name}_sum`) group.sum = value
    else if (metricName === `${name}_count`) group.count = value
    else group.below.push([le === "+Inf" ? Number.POSITIVE_INFINITY : Number(le), value])
  }
  return [...all.values()].map(({ below, ...series }) => {
    const ascending = below.toSorted(([a], [b]) => a - b)
    return {
      ...series,
      bounds: ascending.map(([bound]) => bound).filter(Number.isFinite),
      counts: ascending.map(([, count], i) => count - (ascending[i - 1]?.[1] ?? 0)),
    }
  })
}

/** A series that is being put together. `below` has how many observations are at most so large. */
type Group = { -readonly [K in keyof MetricSeries]: MetricSeries[K] } & {
  readonly below: Array<readonly [number, number]>
}
