/**
 * Which pages may report from a browser. A browser asks first, without a token, whether a page of another origin may post JSON with one;
 * only reports are allowed, so that no page can look at a tuner or steer it with a token that it was given by mistake.
 */
import type { IncomingMessage, ServerResponse } from "node:http"
import type { Problem } from "../../domain/errors.ts"
import { problem } from "../../domain/problems.ts"
import { REPORT_PATH } from "../../replica/transport.ts"

/** How long a browser may remember the answer, seconds; some keep it for two hours at most. */
const REMEMBER_S = 7200

const isReport = (path: string): boolean =>
  path === REPORT_PATH || /^\/arqon\/fleets\/[^/]+\/report$/.test(path)

/** What is wrong with `gateway.origins`. */
export function originProblems(origins: unknown): ReadonlyArray<Problem> {
  if (!Array.isArray(origins))
    return [problem(["gateway", "origins"], "must be a list of origins.", 'Give ["https://shop.example"].')]
  return origins.flatMap((one: unknown, i) =>
    typeof one === "string" && URL.parse(one)?.origin === one
      ? []
      : [
          problem(
            ["gateway", "origins", i],
            "must be an origin: scheme, host and port, and nothing behind them.",
            "Write https://shop.example.",
          ),
        ],
  )
}

/** Says to a browser that the page may read the answer to its report; true: the request was the browser's own question. */
export function answerOrigin(
  origins: ReadonlyArray<string>,
  path: string,
  { method, headers: { origin } }: IncomingMessage,
  response: ServerResponse,
): boolean {
  if (origins.length === 0 || !isReport(path)) return false
  // Caches keep answers for several pages apart.
  response.setHeader("vary", "origin")
  const known = origin !== undefined && origins.includes(origin)
  if (known) response.setHeader("access-control-allow-origin", origin)
  if (method !== "OPTIONS") return false
  if (known) {
    response.setHeader("access-control-allow-methods", "POST")
    response.setHeader("access-control-allow-headers", "authorization, content-type")
    response.setHeader("access-control-max-age", String(REMEMBER_S))
  }
  response.writeHead(204).end()
  return true
}
