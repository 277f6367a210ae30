/**
 * A handler for `node:http` that serves an engine's metrics to Prometheus. Takes anything with `metrics()`, so that one
 * page can serve several engines.
 */
import type { IncomingMessage, ServerResponse } from "node:http"
import { PROMETHEUS_CONTENT_TYPE } from "../../engine/metrics/prometheus.ts"

/** Anything with a page of metrics: an engine, or several joined. */
export interface HasMetrics {
  readonly metrics: () => string
}

/**
 * Answers GET and HEAD; anything else is refused with 405. Use it for one path of a server of yours. Where `metrics()` throws, as one of
 * your own may, the answer is 500 and the server goes on: a scrape must not end a service.
 */
export const metricsHandler =
  (engine: HasMetrics) =>
  (request: IncomingMessage, response: ServerResponse): void => {
    if (request.method !== "GET" && request.method !== "HEAD") {
      response.writeHead(405, { allow: "GET, HEAD" }).end()
      return
    }
    const text = pageOf(engine)
    if (text === null) {
      response
        .writeHead(500, { "content-type": "text/plain; charset=utf-8" })
        .end("The metrics cannot be read.\n")
      return
    }
    response.writeHead(200, {
      "content-type": PROMETHEUS_CONTENT_TYPE,
      "content-length": Buffer.byteLength(text),
      "cache-control": "no-store",
    })
    response.end(request.method === "HEAD" ? undefined : text)
  }

function pageOf(engine: HasMetrics): string | null {
  try {
    return engine.metrics()
  } catch {
    return null
  }
}
