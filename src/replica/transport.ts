/** How an agent reaches the owner of its tuner: over HTTP, or within the process. */
import { attempt } from "../domain/readInput.ts"
import { MOST_REPORT_MS, type Report } from "../cohort/protocol.ts"

/** Sends a report and brings what came back for it, as parsed JSON; rejects where nothing did. */
export type Transport = (report: Report, timeoutMs: number, traceparent?: string) => Promise<unknown>

/**
 * A span of one's own around each report. It calls `send` at once with its id as a W3C `traceparent`, so that the owner's spans have it as
 * their parent; `send` resolves once the report is answered, and rejects where it is not.
 */
export type TraceReport = (send: (traceparent?: string) => Promise<void>) => unknown

/** The owner answered, but not with a configuration. */
export class RefusedReport extends Error {
  override readonly name = "RefusedReport"
  readonly status: number
  /** Whether the report itself is at fault: sent again, it would be refused again. */
  readonly malformed: boolean
  /** When the owner wants to be asked again, at most a minute from now; null where it does not say. */
  readonly retryAfterMs: number | null

  /** `body` is what came with the status, whatever it is. */
  constructor(status: number, body: unknown) {
    const { error, retryAfterMs } = (typeof body === "object" && body !== null ? body : {}) as {
      readonly error?: unknown
      readonly retryAfterMs?: unknown
    }
    super(`the tuner answered ${status}${typeof error === "string" ? `: ${error.slice(0, 200)}` : ""}`)
    this.status = status
    this.malformed = status === 400 || status === 413
    this.retryAfterMs =
      typeof retryAfterMs === "number" && retryAfterMs >= 0 ? Math.min(retryAfterMs, MOST_REPORT_MS) : null
  }
}

/** The path of reports below an address. */
export const REPORT_PATH = "/arqon/report"

/** The addresses that lead to an owner, in the order in which they are asked. */
export interface Addresses {
  readonly count: number
  /** Which of them is asked now, from 0. */
  readonly at: number
  /** Goes on from this address to the next. Of requests that failed together only the first moves. */
  readonly moveOn: (from: number) => void
}

/** A transport has one address. */
export const ONE_ADDRESS: Addresses = Object.freeze({ count: 1, at: 0, moveOn: () => {} })

/** A way to the owner, which may have several addresses. */
export interface Link {
  readonly send: Transport
  readonly addresses: Addresses
}

/** What came back for a request, whatever its status. */
export interface Posted {
  readonly status: number
  readonly text: string
}

/** Posts a JSON text; rejects where nothing comes back in time. It follows no redirect. */
export type Post = (
  url: string,
  headers: Readonly<Record<string, string>>,
  body: string,
  timeoutMs: number,
) => Promise<Posted>

/** Works everywhere. Under Node `postByHttp` costs half. */
export const postByFetch: Post = async (url, headers, body, timeoutMs) => {
  const response = await fetch(url, {
    method: "POST",
    headers,
    body,
    // A redirect would carry the report, and trust in the answer, to an address that nobody configured.
    redirect: "error",
    signal: AbortSignal.timeout(timeoutMs),
  })
  return { status: response.status, text: await response.text() }
}

/** JSON both ways, to one path below several addresses. */
export interface JsonLink {
  readonly send: (body: object, timeoutMs: number, traceparent?: string) => Promise<unknown>
  readonly addresses: Addresses
}

/** One request a report, JSON both ways. */
export function httpLink(
  addresses: ReadonlyArray<string>,
  token: string | undefined,
  post: Post,
  path = REPORT_PATH,
): JsonLink {
  let turn = 0
  const count = addresses.length
  const headers: Record<string, string> = { "content-type": "application/json" }
  if (token !== undefined) headers["authorization"] = `Bearer ${token}`
  return {
    send: async (report, timeoutMs, traceparent) => {
      const at = addresses[turn].replace(/\/+$/, "")
      const sent = traceparent === undefined ? headers : { ...headers, traceparent }
      const { status, text } = await post(at + path, sent, JSON.stringify(report), timeoutMs)
      if (status >= 200 && status < 300) return JSON.parse(text) as unknown
      throw new RefusedReport(
        status,
        attempt(() => JSON.parse(text) as unknown),
      )
    },
    addresses: {
      count,
      get at() {
        return turn
      },
      moveOn: (from) => {
        if (from === turn) turn = (turn + 1) % count
      },
    },
  }
}
