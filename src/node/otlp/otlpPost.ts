/**
 * How telemetry leaves for an OpenTelemetry collector: OTLP over HTTP, as JSON. Shared by the sinks for logs and traces and by
 * the exporter of metrics.
 */
import * as Effect from "effect/Effect"
import * as FetchHttpClient from "effect/http/FetchHttpClient"
import type * as HttpBody from "effect/http/HttpBody"
import * as HttpClient from "effect/http/HttpClient"
import * as HttpClientRequest from "effect/http/HttpClientRequest"
import * as OtlpResource from "effect/observability/OtlpResource"
import { AuditError } from "../../domain/errors.ts"
import { packageVersion } from "../cli/version.ts"

/** Where to send it. */
export interface OtlpOptions {
  /** Root of the collector's OTLP over HTTP, without `/v1/...`; default `http://localhost:4318`. */
  readonly url?: string
  /** Sent along with every request: for a collector that wants a key. */
  readonly headers?: Readonly<Record<string, string>>
  /** `service.name`; default `arqon`. */
  readonly service?: string
  /** Further attributes of the resource. */
  readonly attributes?: Readonly<Record<string, string | number | boolean>>
}

export const DEFAULT_URL = "http://localhost:4318"
/** A collector that does not answer in this time has not taken the batch. */
const TIMEOUT = "10 seconds"

export const SCOPE = { name: "arqon", version: packageVersion() }

export const resourceOf = ({ service = "arqon", attributes = {} }: OtlpOptions): OtlpResource.Resource =>
  OtlpResource.make({ serviceName: service, attributes: { ...attributes } })

/** The address of a signal. */
export const signalUrl = (
  { url = DEFAULT_URL }: OtlpOptions,
  signal: "logs" | "metrics" | "traces",
): string => `${url.replace(/\/+$/, "")}/v1/${signal}`

/** Engine time as OTLP has it: nanoseconds as text, because a double has not enough digits. */
export const nanos = (atUs: number): string => `${Math.max(0, Math.floor(atUs))}000`

/** Done when the collector has taken it; an AuditError otherwise, so that the same batch is offered again. */
export const post = (
  sink: string,
  url: string,
  headers: OtlpOptions["headers"],
  body: HttpBody.HttpBody,
): Effect.Effect<void, AuditError> =>
  HttpClient.execute(
    HttpClientRequest.post(url, { body, ...(headers === undefined ? {} : { headers }) }),
  ).pipe(
    Effect.flatMap((response) =>
      Effect.andThen(Effect.ignore(response.arrayBuffer), Effect.succeed(response.status)),
    ),
    Effect.timeout(TIMEOUT),
    Effect.mapError((error) => failure(sink, error.message)),
    Effect.flatMap((status) =>
      status >= 200 && status < 300
        ? Effect.void
        : Effect.fail(failure(sink, `the collector answered ${status}`)),
    ),
    Effect.provide(FetchHttpClient.layer),
  )

const failure = (sink: string, detail: string): AuditError =>
  new AuditError({ reason: "write", sink, detail })
