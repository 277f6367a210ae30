/** Metrics over HTTP from a server of one's own: as Prometheus wants them, and never the end of that server. */
import { once } from "node:events"
import { createServer } from "node:http"
import type { AddressInfo } from "node:net"
import { describe, expect, it, onTestFinished } from "vitest"
import { createEngine } from "../../../src/index.node.ts"
import { type HasMetrics, metricsHandler } from "../../../src/platform/node/index.ts"

async function serve(engine: HasMetrics): Promise<string> {
  const server = createServer(metricsHandler(engine)).listen(0, "127.0.0.1")
  await once(server, "listening")
  onTestFinished(() => void server.close())
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/metrics`
}

describe("metrics on the user's own server", () => {
  it("are the engine's, in the text format whatever else a scraper accepts", async () => {
    const engine = createEngine({ params: { a: { min: 0, max: 1 } }, clock: "manual", runId: "r" })
    await engine.start()
    const url = await serve(engine)
    // What Prometheus itself asks for.
    const accept = "application/openmetrics-text;version=1.0.0;q=0.8,text/plain;version=0.0.4;q=0.5,*/*;q=0.1"
    const got = await fetch(url, { headers: { accept } })
    expect([got.status, got.headers.get("content-type")]).toEqual([
      200,
      "text/plain; version=0.0.4; charset=utf-8",
    ])
    expect(await got.text()).toBe(engine.metrics())
    const head = await fetch(url, { method: "HEAD" })
    expect([head.status, head.headers.get("content-length"), await head.text()]).toEqual([
      200,
      String(Buffer.byteLength(engine.metrics())),
      "",
    ])
    const posted = await fetch(url, { method: "POST" })
    expect([posted.status, posted.headers.get("allow")]).toEqual([405, "GET, HEAD"])
    await engine.stop()
  })

  it("answer 500 if they cannot be read, and the server continues", async () => {
    let broken = true
    const url = await serve({
      metrics: () => {
        if (broken) throw new Error("secret detail")
        return "a 1\n"
      },
    })
    const failed = await fetch(url)
    expect([failed.status, await failed.text()]).toEqual([500, "The metrics cannot be read.\n"])
    broken = false
    expect(await (await fetch(url)).text()).toBe("a 1\n")
  })
})
