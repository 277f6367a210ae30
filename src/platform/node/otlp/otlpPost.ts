/**
 * How telemetry leaves for an OpenTelemetry collector: OTLP over HTTP, as JSON. Shared by the sinks for logs and traces and by
 * the exporter of metrics. What a header or an address holds that is secret is in no message.
 */
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as FetchHttpClient from "effect/http/FetchHttpClient"
import type * as HttpBody from "effect/http/HttpBody"
import * as HttpClient from "effect/http/HttpClient"
import * as HttpClientRequest from "effect/http/HttpClientRequest"
import * as OtlpResource from "effect/observability/OtlpResource"
import * as Layer from "effect/Layer"
import { AuditError, ConfigError } from "../../../domain/errors.ts"
import { problem } from "../../../domain/problems.ts"
import { packageVersion } from "../../../system/version.ts"
import { plainText } from "../../../system/plainText.ts"

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
/** A collector that wants to be left alone for longer is asked all the same. */
const LONGEST_WAIT_MS = 300_000
/** Of what a collector says, in characters. */
const MOST_SAID = 200

export const SCOPE = { name: "arqon", version: packageVersion() }

export const resourceOf = ({ service = "arqon", attributes = {} }: OtlpOptions): OtlpResource.Resource =>
  OtlpResource.make({ serviceName: service, attributes: { ...attributes } })

/**
 * Fetch that follows no redirection: it would send headers with keys elsewhere, and take a page that is found there for an answer of
 * the collector.
 */
export const httpLayer = Layer.merge(
  FetchHttpClient.layer,
  Layer.succeed(FetchHttpClient.RequestInit, { redirect: "manual" }),
)

export interface Address {
  /** What is called. */
  readonly url: string
  /** What may be shown: without a query, which may hold a key. */
  readonly shown: string
}

/** The address of a signal; a ConfigError where there is none. */
export function addressOf(
  { url = DEFAULT_URL }: OtlpOptions,
  signal: "logs" | "metrics" | "traces",
): Address {
  const root = URL.canParse(url) ? new URL(url) : null
  if (root === null || !/^https?:$/.test(root.protocol))
    throw new ConfigError({
      problems: [problem(["url"], "must be an HTTP address.", `Write it in full, such as ${DEFAULT_URL}.`)],
    })
  if (root.username !== "" || root.password !== "")
    throw new ConfigError({
      problems: [
        problem(
          ["url"],
          "contains a name or a password.",
          "Give it as a header: headers: { authorization: ... }.",
        ),
      ],
    })
  root.pathname = `${root.pathname.replace(/\/+$/, "")}/v1/${signal}`
  root.hash = ""
  return { url: root.href, shown: root.origin + root.pathname }
}

/** Engine time as OTLP has it: nanoseconds as text, because a double has not enough digits. */
export const nanos = (atUs: number): string => `${Math.max(0, Math.floor(atUs))}000`

/** One sink's way to its collector. */
export interface Poster {
  /** Done when the collector has taken it; an AuditError otherwise, so that the same batch is offered again. */
  readonly post: (body: HttpBody.HttpBody) => Effect.Effect<void, AuditError>
  /** What a collector took and did not keep: it must not be sent again, and somebody should know. Null while there is nothing. */
  readonly trouble: () => string | null
}

export function poster(sink: string, { url, shown }: Address, headers: OtlpOptions["headers"]): Poster {
  let waitUntilMs = 0
  let refused = 0
  let why = ""
  const clean = cleaner(url, shown, headers)
  const failure = (detail: string): AuditError =>
    new AuditError({ reason: "write", sink, detail: clean(detail) })
  const post = Effect.fnUntraced(function* (body: HttpBody.HttpBody) {
    const pause = waitUntilMs - (yield* Clock.currentTimeMillis)
    if (pause > 0) yield* Effect.sleep(pause)
    const { status, text, retryAfter } = yield* answerOf(url, headers, body).pipe(
      Effect.timeout(TIMEOUT),
      Effect.mapError((error) => failure(reasonOf(error))),
    )
    if (retryAfter !== null) {
      const nowMs = yield* Clock.currentTimeMillis
      waitUntilMs = nowMs + Math.min(waitMs(retryAfter, nowMs), LONGEST_WAIT_MS)
    }
    if (status < 200 || status > 299) return yield* failure(`the collector answered ${status}${saidIn(text)}`)
    // Whoever answers with a page is no collector: nobody has kept anything.
    if (/^\s*</.test(text)) return yield* failure(`${shown} answered with a page: is it a collector?`)
    const rejected = rejectedIn(text)
    refused += rejected
    if (rejected > 0) why = clean(saidIn(text))
  })
  return {
    post: (body) => Effect.provide(post(body), httpLayer),
    trouble: () => (refused === 0 ? null : `the collector took ${refused} and did not keep them${why}`),
  }
}

/** What is at the bottom of it: "Transport error" alone says nothing to whoever looks for it at night. */
function reasonOf(error: Error): string {
  let bottom: unknown = error
  for (let deeper: unknown = error; typeof deeper === "object" && deeper !== null; ) {
    if (deeper instanceof Error && deeper.message !== "") bottom = deeper
    const { reason, cause } = deeper as { readonly reason?: unknown; readonly cause?: unknown }
    deeper = reason ?? cause
  }
  return bottom instanceof Error && bottom !== error ? `${error.message}: ${bottom.message}` : error.message
}

const answerOf = Effect.fnUntraced(function* (
  url: string,
  headers: OtlpOptions["headers"],
  body: HttpBody.HttpBody,
) {
  const request = HttpClientRequest.post(url, { body, ...(headers === undefined ? {} : { headers }) })
  const response = yield* HttpClient.execute(request)
  // An answer that breaks off is one all the same: its status says whether the batch was taken.
  const text = yield* Effect.catch(response.text, () => Effect.succeed(""))
  return { status: response.status, text, retryAfter: response.headers["retry-after"] ?? null }
})

/** Seconds, or a date. */
function waitMs(retryAfter: string, nowMs: number): number {
  const ms = /^\s*\d+\s*$/.test(retryAfter) ? Number(retryAfter) * 1000 : Date.parse(retryAfter) - nowMs
  return ms > 0 ? ms : 0
}

/** Nothing secret, nothing that instructs a terminal, and not too much of it. */
const cleaner =
  (url: string, shown: string, headers: OtlpOptions["headers"] = {}) =>
  (text: string): string => {
    const secrets = Object.values(headers).flatMap((value) => [value, ...value.split(/\s+/)])
    const hidden = secrets
      .filter((secret) => secret.length > 3)
      .reduce((hiding, secret) => hiding.replaceAll(secret, "…"), text.replaceAll(url, shown))
    return plainText(hidden)
  }

interface Said {
  readonly message?: unknown
  readonly partialSuccess?: Readonly<Record<string, unknown>>
}

function jsonOf(text: string): Said {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === "object" && value !== null ? value : {}
  } catch {
    return {}
  }
}

/** What a collector says of an error or of what it did not keep, behind a colon. */
function saidIn(text: string): string {
  const { message, partialSuccess } = jsonOf(text)
  const said = [message, partialSuccess?.["errorMessage"]].find(
    (one) => typeof one === "string" && one !== "",
  )
  return typeof said === "string" ? `: ${said.slice(0, MOST_SAID)}` : ""
}

const REJECTED = ["rejectedLogRecords", "rejectedSpans"]

function rejectedIn(text: string): number {
  const { partialSuccess } = jsonOf(text)
  return REJECTED.reduce((sum, name) => sum + (Number(partialSuccess?.[name] ?? 0) || 0), 0)
}
