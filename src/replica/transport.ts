/** How an agent reaches the owner of its tuner: over HTTP, or within the process. */
import type { Report } from "../cohort/protocol.ts"

/** Sends a report and brings what came back for it, as parsed JSON; rejects where nothing did. */
export type Transport = (report: Report, timeoutMs: number) => Promise<unknown>

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
      signal: AbortSignal.timeout(timeoutMs),
    }).then((response) => {
      if (!response.ok) throw new Error(`the tuner answered ${response.status}`)
      return response.json() as Promise<unknown>
    })
    sent.then(undefined, () => turn++)
    return sent
  }
}
