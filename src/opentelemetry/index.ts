/**
 * `arqon/opentelemetry`: digests from OpenTelemetry metrics. `@opentelemetry/sdk-metrics` is an optional peer.
 *
 * Stability: unstable.
 */
export { MetricDigestReader } from "./MetricDigestReader.ts"
export type { MetricPick, MetricTake } from "../adapters/metricSpan.ts"
export type { MetricSourceOptions, MetricSourceState } from "../adapters/MetricSource.ts"
