/**
 * Traces of a report's way to an OpenTelemetry collector, as OTLP over HTTP in JSON: the gateway, the call to the owner on any runner, the
 * decision, the statements of the database. They go on from the replica's own trace where a report brings one. Without `telemetry` nothing
 * is measured, not even by Effect.
 */
import * as Effect from "effect/Effect"
import * as FetchHttpClient from "effect/http/FetchHttpClient"
import * as HttpTraceContext from "effect/http/HttpTraceContext"
import * as Headers from "effect/http/Headers"
import * as Layer from "effect/Layer"
import * as OtlpExporter from "effect/observability/OtlpExporter"
import * as OtlpSerialization from "effect/observability/OtlpSerialization"
import * as OtlpTracer from "effect/observability/OtlpTracer"
import * as Option from "effect/Option"
import * as References from "effect/References"
import * as Tracer from "effect/Tracer"
import type { Problem } from "../../domain/errors.ts"
import { problem } from "../../domain/problems.ts"
import type { Hearing } from "../../replica/TunerHost.ts"
import { partProblems } from "../../replica/replicaProblems.ts"
import { Traced, UNSEEN } from "../spans.ts"
import type { Tuners } from "../Tuners.ts"

/** Where traces go. */
export interface TelemetryOptions {
  /** Root of the collector's OTLP over HTTP, without `/v1/traces`: `http://localhost:4318`. */
  readonly url: string
  /** Sent along with every request: for a collector that wants a key. */
  readonly headers?: Readonly<Record<string, string>>
  /** `service.name`; default `arqon`. */
  readonly service?: string
  /** Share of the reports that are traced, of those that bring no trace of their own; default 0.01. */
  readonly share?: number
}

const OPTIONS = ["url", "headers", "service", "share"] as const satisfies ReadonlyArray<
  keyof TelemetryOptions
>
const DEFAULT_SHARE = 0.01
/** How long the last spans may take when a runner ends: its hand-over is done by then. */
const LAST_EXPORT = "2 seconds"

/** The span of a report at the gateway: with its parent in the replica, or the first of its trace. */
const REPORT = "arqon.report"

/** What is wrong with the options. */
export function telemetryProblems(given: TelemetryOptions | undefined): ReadonlyArray<Problem> {
  if (given === undefined) return []
  return partProblems(["telemetry"], given, OPTIONS, () => {
    const { url, headers = {}, service = "arqon", share = DEFAULT_SHARE } = given
    const at = typeof url === "string" ? URL.parse(url) : null
    const texts = typeof headers === "object" && headers !== null ? Object.entries(headers) : [["", null]]
    return [
      ...(at === null || !/^https?:$/.test(at.protocol)
        ? [problem(["telemetry", "url"], "must be an HTTP address.", "Write http://localhost:4318.")]
        : at.username !== "" || at.password !== ""
          ? [problem(["telemetry", "url"], "must be without a name or a password.", "Give it in headers.")]
          : []),
      ...(texts.every(([, text]) => typeof text === "string")
        ? []
        : [problem(["telemetry", "headers"], "must be an object of texts.")]),
      ...(typeof service === "string" && service !== ""
        ? []
        : [problem(["telemetry", "service"], "must be a name.")]),
      ...(typeof share === "number" && share >= 0 && share <= 1
        ? []
        : [problem(["telemetry", "share"], "must be from 0 to 1.", "0.01 traces one report in a hundred.")]),
    ]
  })
}

/** What every part of a runner makes its spans with. */
export function telemetryLayer(options: TelemetryOptions | undefined, runner: string): Layer.Layer<never> {
  // Effect would make spans of calls and statements all the same, and send their ids along.
  if (options === undefined) return Layer.succeed(References.TracerEnabled, false)
  const { url, headers, service = "arqon" } = options
  const exporter = OtlpTracer.make({
    url: `${url.replace(/\/+$/, "")}/v1/traces`,
    resource: { serviceName: service, attributes: { "service.instance.id": runner } },
    headers,
    shutdownTimeout: LAST_EXPORT,
  })
  return Layer.mergeAll(
    Layer.effect(Tracer.Tracer, Effect.map(exporter, ofReports)),
    Layer.succeed(Traced, true),
  ).pipe(
    Layer.provide([
      OtlpExporter.layerFlusher,
      OtlpSerialization.layerJson,
      FetchHttpClient.layer,
      // A redirect would carry keys to an address that nobody configured.
      Layer.succeed(FetchHttpClient.RequestInit, { redirect: "manual" }),
    ]),
  )
}

/** Drops what begins elsewhere: locks, confirmations and saves go on all the time, and say nothing of a report. */
const ofReports = (tracer: Tracer.Tracer): Tracer.Tracer =>
  Tracer.make({
    ...(tracer.context && { context: tracer.context }),
    span: (options) =>
      tracer.span(
        Option.isNone(options.parent) && options.name !== REPORT ? { ...options, sampled: false } : options,
      ),
  })

/** Puts the hearing of a report into a span. */
export type TraceReport = (
  hearing: Effect.Effect<Hearing, never, Tuners>,
  tuner: string,
  traceparent: string | undefined,
) => Effect.Effect<Hearing, never, Tuners>

/** Null: nobody asked for traces. */
export function reportTracing(options: TelemetryOptions | undefined): TraceReport | null {
  if (options === undefined) return null
  const { share = DEFAULT_SHARE } = options
  let due = 0
  /** Every so many, evenly: no draw could be repeated. */
  const isDue = (): boolean => {
    due += share
    if (due < 1) return false
    due -= 1
    return true
  }
  return (hearing, tuner, traceparent) => {
    const parent = Option.getOrUndefined(HttpTraceContext.w3c(Headers.fromInput({ traceparent })))
    const heard = Effect.tap(hearing, ({ status }) =>
      Effect.annotateCurrentSpan("http.response.status_code", status),
    )
    return Effect.withSpan(heard, REPORT, {
      ...UNSEEN,
      kind: "server",
      attributes: { "arqon.tuner": tuner },
      ...(parent === undefined ? { sampled: isDue() } : { parent }),
    })
  }
}
