/** The limiter in front of HTTP/2, whose responses tell of their end in other words than those of HTTP/1. */
import fastify from "fastify"
import {
  type ClientHttp2Stream,
  connect,
  createServer,
  type Http2ServerRequest,
  type Http2ServerResponse,
} from "node:http2"
import type { AddressInfo } from "node:net"
import { afterEach, describe, expect, it } from "vitest"
import { type InFlightLimiter, inFlightLimiter } from "../../src/adapters/InFlightLimiter.ts"
import { expressLimiter } from "../../src/adapters/express.ts"
import { fastifyLimiter } from "../../src/adapters/fastify.ts"
import { until } from "./FakeEngine.ts"

const held: Array<() => unknown> = []
/** Callers first, then servers: a server waits for its callers. */
const closing: Array<() => unknown> = []

afterEach(async () => {
  for (const close of closing.splice(0).toReversed()) await close()
  held.length = 0
})

describe("HTTP/2", () => {
  /** What the meter was told of the end of each. */
  const ends = (limiter: InFlightLimiter): ReadonlyArray<boolean> => {
    const told: Array<boolean> = []
    const end = limiter.meter.end.bind(limiter.meter)
    limiter.meter.end = (work, ok) => {
      told.push(ok)
      end(work, ok)
    }
    return told
  }
  const stream = (port: number, path: string): ClientHttp2Stream => {
    const session = connect(`http://127.0.0.1:${port}`)
    closing.push(() => session.destroy())
    const asked = session.request({ ":path": path })
    asked.on("error", () => undefined)
    return asked.resume()
  }
  const listen = async (
    handler: (request: Http2ServerRequest, response: Http2ServerResponse) => void,
  ): Promise<number> => {
    const server = createServer(handler)
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve))
    closing.push(() => new Promise((resolve) => server.close(resolve)))
    return (server.address() as AddressInfo).port
  }

  it("releases the slot of a caller who hangs up, as a failure, and counts served ones", async () => {
    const limiter = inFlightLimiter({ initial: 1 })
    const told = ends(limiter)
    const guard = expressLimiter(limiter)
    const port = await listen((request, response) =>
      guard(request, response, () => {
        if (request.url === "/hang") return void held.push(() => response.end())
        response.statusCode = request.url === "/broken" ? 500 : 200
        response.end("done")
      }),
    )
    for (const path of ["/well", "/broken"]) {
      stream(port, path)
      await until(() => told.length === (path === "/well" ? 1 : 2))
    }
    const hanging = stream(port, "/hang")
    await until(() => held.length === 1)
    hanging.close(8)
    await until(() => told.length === 3)
    expect(told).toEqual([true, false, false])
    expect(limiter.inFlight).toBe(0)
  })

  it("admits no caller who has already hung up", async () => {
    const limiter = inFlightLimiter({ initial: 1 })
    const calls: Array<string> = []
    const guard = expressLimiter(limiter)
    const port = await listen((request, response) => {
      calls.push("asked")
      // As behind a middleware that takes its time.
      response.once("close", () =>
        setImmediate(() => {
          guard(request, response, () => calls.push("entered"))
          calls.push("guarded")
        }),
      )
    })
    const gone = stream(port, "/")
    await until(() => calls.length === 1)
    gone.close(8)
    await until(() => calls.length > 1)
    expect(calls).toEqual(["asked", "guarded"])
    expect(limiter.inFlight).toBe(0)
  })

  it("works under Fastify", async () => {
    const limiter = inFlightLimiter({ initial: 1 })
    const told = ends(limiter)
    const app = fastify({ http2: true })
    app.addHook("onRequest", fastifyLimiter(limiter))
    app.get("/wait", () => new Promise((resolve) => held.push(() => resolve("done"))))
    await app.listen({ port: 0, host: "127.0.0.1" })
    closing.push(() => app.close())
    const { port } = app.server.address() as AddressInfo
    const statuses: Array<unknown> = []
    const waiting = stream(port, "/wait").on("response", (headers) => statuses.push(headers[":status"]))
    await until(() => held.length === 1)
    const second = stream(port, "/wait").on("response", (headers) => statuses.push(headers[":status"]))
    await until(() => second.closed)
    held.shift()?.()
    await until(() => waiting.closed && told.length === 1)
    expect(statuses).toEqual([503, 200])
    expect(told).toEqual([true])
  })
})
