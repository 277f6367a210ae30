/**
 * Digests from what a program measures with OpenTelemetry: a reader of the SDK beside the one that exports. It has a state
 * of its own in the SDK, so neither disturbs the other.
 */
import {
  AggregationTemporality,
  DataPointType,
  type MetricData,
  MetricReader,
  type MetricReaderOptions,
} from "@opentelemetry/sdk-metrics"
import type { Adapter, Meter } from "../adapters/Adapter.ts"
import { keyOf, type MetricNow, type MetricReading, type MetricSeries } from "../adapters/metricSpan.ts"
import { ConfigError } from "../domain/errors.ts"
import { problem } from "../domain/problems.ts"
import { MetricSource, type MetricSourceOptions, type MetricSourceState } from "../adapters/MetricSource.ts"

/** A callback of an observable instrument that takes longer is given up, milliseconds. */
const COLLECT_MS = 5_000

/**
 * A `MetricReader` that turns chosen instruments into digests; an adapter without knobs, for `attach` and `tune`. Give it
 * to the `MeterProvider` in `readers`. Throws a ConfigError for invalid options.
 *
 * @example
 * const reader = new MetricDigestReader({
 *   read: { latency: { metric: "http.server.request.duration", take: "mean" } },
 *   digest: ({ latency }) => ({ objective: latency }),
 * })
 * const provider = new MeterProvider({ readers: [reader] })
 * attach(engine, reader)
 */
export class MetricDigestReader<const N extends string = string>
  extends MetricReader
  implements Adapter<never>
{
  readonly params = {}
  readonly meter: Meter
  readonly apply: () => void
  /** Reads once, now; for engines with a manual clock, and for tests. Never rejects. */
  readonly read: () => Promise<void>
  /** What it has done so far. */
  readonly state: () => MetricSourceState
  /** Series with delta temporality by metric: the SDK leaves out those that were silent. */
  private readonly known = new Map<string, MetricNow>()
  private isBound = false

  constructor(options: MetricSourceOptions<N>, readerOptions: MetricReaderOptions = {}) {
    super(readerOptions)
    const source = new MetricSource(options, (metrics) => this.readAll(metrics))
    this.meter = source.meter
    this.apply = source.apply
    this.read = source.read
    this.state = source.state
  }

  protected override onInitialized(): void {
    this.isBound = true
  }

  protected override async onShutdown(): Promise<void> {
    this.meter.bind(null)
  }

  /** Nothing waits to be sent: a span that is cut short would say less than a whole one. */
  protected override async onForceFlush(): Promise<void> {}

  private async readAll(wanted: ReadonlyArray<string>): Promise<MetricReading> {
    if (!this.isBound)
      throw new ConfigError({
        problems: [
          problem(
            ["reader"],
            "belongs to no MeterProvider.",
            "Give it to one: new MeterProvider({ readers: [reader] }).",
          ),
        ],
      })
    const { resourceMetrics, errors } = await this.collect({ timeoutMillis: COLLECT_MS })
    const all = resourceMetrics.scopeMetrics.flatMap(({ scope, metrics }) =>
      metrics.map((metric) => ({ metric, meter: scope.name })),
    )
    const metrics = new Map<string, MetricNow>()
    for (const { metric, meter } of all) {
      const { name } = metric.descriptor
      if (!wanted.includes(name)) continue
      const now = metricOf(metric, meter)
      const other = metrics.get(name)
      // Several meters may have an instrument of this name; of another kind it is another metric.
      if (other !== undefined && other.kind !== now.kind) continue
      metrics.set(name, { ...now, series: [...(other?.series ?? []), ...now.series] })
    }
    for (const name of wanted) {
      const now = withSilent(metrics.get(name), this.known.get(name))
      if (now === undefined) continue
      metrics.set(name, now)
      if (now.delta) this.known.set(name, now)
    }
    return { metrics, names: all.map(({ metric }) => metric.descriptor.name), errors }
  }
}

/** The attribute with the name of the meter, for `where`. */
const METER = "otel.scope.name"

/** Most series of a metric that are remembered: as many as the SDK itself keeps. */
const MOST_SERIES = 2_000

/** Of a metric that tells only what is new, the silent series too: nothing was added to them. */
function withSilent(now: MetricNow | undefined, known: MetricNow | undefined): MetricNow | undefined {
  if (known === undefined || now?.delta === false) return now
  const spoken = new Set(now?.series.map(keyOf))
  const silent = known.series.filter((one) => !spoken.has(keyOf(one)))
  const series = [...(now?.series ?? []), ...silent.map((one) => silenced(one, known.kind === "gauge"))]
  return { ...known, series: series.slice(0, MOST_SERIES) }
}

/** A gauge keeps its value when nothing is said of it. */
const silenced = (one: MetricSeries, isGauge: boolean): MetricSeries =>
  isGauge ? one : { ...one, value: 0, count: 0, sum: 0, counts: one.counts.map(() => 0) }

function metricOf(metric: MetricData, meter: string): MetricNow {
  const delta = metric.aggregationTemporality === AggregationTemporality.DELTA
  return { kind: kindOf(metric), delta, series: seriesOf(metric, meter) }
}

function kindOf(metric: MetricData): MetricNow["kind"] {
  switch (metric.dataPointType) {
    case DataPointType.HISTOGRAM:
      return "histogram"
    case DataPointType.EXPONENTIAL_HISTOGRAM:
      return "exponentialHistogram"
    case DataPointType.SUM:
      return metric.isMonotonic ? "counter" : "upDownCounter"
    default:
      return "gauge"
  }
}

function seriesOf(metric: MetricData, meter: string): ReadonlyArray<MetricSeries> {
  const blank = { value: 0, count: 0, sum: 0, bounds: [], counts: [] }
  const told = ({ attributes, startTime }: MetricData["dataPoints"][number]) => ({
    // Two meters may have an instrument of one name. Exporters to Prometheus tell them apart in the same way.
    labels: { [METER]: meter, ...attributes },
    since: startTime.join("."),
  })
  switch (metric.dataPointType) {
    case DataPointType.HISTOGRAM:
      return metric.dataPoints.map((point) => {
        const { buckets, count, sum = Number.NaN } = point.value
        return {
          ...blank,
          ...told(point),
          count,
          sum,
          bounds: [...buckets.boundaries],
          counts: [...buckets.counts],
        }
      })
    case DataPointType.EXPONENTIAL_HISTOGRAM:
      return metric.dataPoints.map((point) => {
        const { count, sum = Number.NaN } = point.value
        return { ...blank, ...told(point), count, sum }
      })
    default:
      return metric.dataPoints.map((point) => ({ ...blank, ...told(point), value: point.value }))
  }
}
