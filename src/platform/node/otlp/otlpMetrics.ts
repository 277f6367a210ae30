/**
 * An engine's metrics to an OpenTelemetry collector, every so often: the same that `/metrics` shows, read when they are sent. A
 * push that fails is made up for by the next, since every count is a sum since the start.
 */
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as HttpBody from "effect/http/HttpBody"
import * as Layer from "effect/Layer"
import * as OtlpExporter from "effect/observability/OtlpExporter"
import * as OtlpResource from "effect/observability/OtlpResource"
import * as Scope from "effect/Scope"
import type { Metric } from "../../../engine/metrics/Metric.ts"
import { shownNumber } from "../../../engine/metrics/metrics.ts"
import { addressOf, httpLayer, nanos, type OtlpOptions, resourceOf, SCOPE } from "./otlpPost.ts"

/** Options of `otlpMetrics`: where the collector is, and how often it is told. */
export interface OtlpMetricsOptions extends OtlpOptions {
  /** Milliseconds between two; default 10,000. */
  readonly everyMs?: number
}

/** What has metrics and a time: an engine. */
export interface Measured {
  readonly runId: string
  readonly name?: string | null
  readonly nowUs: number
  readonly readMetrics: () => ReadonlyArray<Metric>
}

const DEFAULT_MS = 10_000
/** AGGREGATION_TEMPORALITY_CUMULATIVE. */
const CUMULATIVE = 2

/** Begins to send; `stop` sends once more, waits for it up to three seconds, and ends. */
export function otlpMetrics(
  engine: Measured,
  options: OtlpMetricsOptions = {},
): { readonly stop: () => Promise<void> } {
  const scope = Scope.makeUnsafe()
  const fromUs = engine.nowUs
  const resource = resourceOf(options)
  const layer = Layer.merge(httpLayer, OtlpExporter.layerFlusher)
  const exporting = OtlpExporter.make({
    url: addressOf(options, "metrics").url,
    headers: options.headers,
    label: "arqon-metrics",
    exportInterval: options.everyMs ?? DEFAULT_MS,
    // Nothing is kept between two: each is read at its time.
    maxBatchSize: "disabled",
    exportEmpty: true,
    body: () => {
      const metrics = engine.readMetrics().map((metric) => metricOf(metric, engine, fromUs))
      return [
        HttpBody.jsonUnsafe({ resourceMetrics: [{ resource, scopeMetrics: [{ scope: SCOPE, metrics }] }] }),
        Effect.void,
      ]
    },
    shutdownTimeout: "3 seconds",
  }).pipe(Effect.andThen(Effect.never), Effect.scoped, Effect.provide(layer), Effect.forkIn(scope))
  Effect.runSync(exporting)
  let stopping: Promise<void> | null = null
  return { stop: () => (stopping ??= Effect.runPromise(Scope.close(scope, Exit.void))) }
}

function metricOf(metric: Metric, { runId, name: engine, nowUs }: Measured, fromUs: number): object {
  const { name, help, unit } = metric
  const common = { startTimeUnixNano: nanos(fromUs), timeUnixNano: nanos(nowUs) }
  const named = typeof engine === "string" ? { engine } : {}
  const attributes = (labels: Readonly<Record<string, string>>): Array<OtlpResource.KeyValue> =>
    OtlpResource.entriesToAttributes([
      ["arqon.run", runId],
      ...Object.entries({ ...named, ...labels }).map(([label, word]): [string, unknown] => [
        `arqon.${label}`,
        word,
      ]),
    ])
  const head = { name, description: help, unit: unit === "" ? "1" : unit }
  if (metric.kind === "histogram") {
    const { bounds, counts, sum, count } = metric.histogram
    const point = {
      ...common,
      attributes: attributes({}),
      count,
      sum: shownNumber(sum),
      bucketCounts: counts,
      explicitBounds: bounds,
    }
    return { ...head, histogram: { dataPoints: [point], aggregationTemporality: CUMULATIVE } }
  }
  const dataPoints = metric.samples.map(({ labels, value }) => ({
    ...common,
    attributes: attributes(labels),
    // JSON has no word of its own for these, and a null would make a collector refuse all of it.
    asDouble: Number.isFinite(value) ? shownNumber(value) : String(value),
  }))
  return metric.kind === "gauge"
    ? { ...head, gauge: { dataPoints } }
    : { ...head, sum: { dataPoints, aggregationTemporality: CUMULATIVE, isMonotonic: true } }
}
