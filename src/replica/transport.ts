/** How an agent reaches the owner of its tuner: over HTTP, or within the process. */
import type { Report } from "../cohort/protocol.ts"

/** Sends a report and brings what came back for it, as parsed JSON; rejects where nothing did. */
export type Transport = (report: Report, timeoutMs: number) => Promise<unknown>

/** The owner answered, but not with a configuration. */
export class RefusedReport extends Error {
  override readonly name = "RefusedReport"
  /** Whether the report itself is at fault: sent again, it would be refused again. */
  readonly malformed: boolean

  constructor(status: number, why: unknown) {
    super(`the tuner answered ${status}${typeof why === "string" ? `: ${why.slice(0, 200)}` : ""}`)
    this.malformed = status === 400 || status === 413
  }
}

/** The path of reports below an address. */
export const REPORT_PATH = "/arqon/report"

/** One request a report, JSON both ways. After a failure the next address is tried at the next report. */
export function httpTransport(addresses: ReadonlyArray<string>, token: string | undefined): Transport {
  let turn = 0
  const headers: Record<string, string> = { "content-type": "application/json" }
  if (token !== undefined) headers["authorization"] = `Bearer ${token}`
  return (report, timeoutMs) => {
    const at = addresses[turn % addresses.length].replace(/\/+$/, "")
    const sent = fetch(at + REPORT_PATH, {
      method: "POST",
      headers,
      body: JSON.stringify(report),
      // A redirect would carry the report, and trust in the answer, to an address that nobody configured.
      redirect: "error",
      signal: AbortSignal.timeout(timeoutMs),
    }).then(async (response) => {
      if (response.ok) return response.json() as Promise<unknown>
      const body = (await response.json().catch(() => null)) as { readonly error?: unknown } | null
      throw new RefusedReport(response.status, body?.error)
    })
    sent.then(undefined, () => turn++)
    return sent
  }
}
