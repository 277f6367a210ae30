import { createServer, type ServerResponse } from "node:http"
import type { AddressInfo } from "node:net"
import { Agent, type Dispatcher, fetch, getGlobalDispatcher, Pool, setGlobalDispatcher } from "undici"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { attach } from "../../src/adapters/Adapter.ts"
import { undiciConnections } from "../../src/adapters/undici.ts"
import { FakeEngine, until } from "./FakeEngine.ts"

const held: Array<ServerResponse> = []
const server = createServer((request, response) => {
  if (request.url === "/break") request.socket.destroy()
  else if (request.url === "/now") response.end("now")
  else if (request.url === "/echo") request.pipe(response)
  else if (request.url?.startsWith("/status/") === true) {
    response.statusCode = Number(request.url.slice(8))
    response.end("said")
  } else held.push(response)
})
let connections = 0
server.on("connection", (socket) => {
  connections++
  socket.on("close", () => connections--)
})
let origin = ""

beforeAll(async () => {
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve))
  origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
})
afterAll(() => {
  server.closeAllConnections()
  server.close()
})

describe("connections of an undici pool", () => {
  it("are as many as the knob says, and are measured", async () => {
    const adapter = undiciConnections({ initial: 2, digest: { everyCount: 3, everyUs: 1_000 } })
    const pool = new Pool(origin)
    const dispatcher = pool.compose(adapter.interceptor)
    const engine = new FakeEngine(adapter)
    const attached = attach(engine, adapter)
    const get = (path: string) => dispatcher.request({ path, method: "GET" }).then(({ body }) => body.text())

    const all = Array.from({ length: 10 }, () => get("/"))
    await until(() => held.length === 2)
    expect(connections).toBe(2)
    expect(adapter.waiting).toBe(8)
    engine.set({ connections: 4 })
    await until(() => held.length === 4)
    expect(connections).toBe(4)
    let most = 0
    await until(() => {
      most = Math.max(most, held.length)
      held.shift()?.end("later")
      return adapter.inFlight === 0
    })
    expect(await Promise.all(all)).toEqual(Array.from({ length: 10 }, () => "later"))
    expect(most).toBe(4)
    expect(engine.digests.length).toBeGreaterThan(0)

    attached.stop()
    await pool.close()
  })

  it("are released after requests that break, are aborted, or were never sent", async () => {
    const adapter = undiciConnections({ initial: 1 })
    const pool = new Pool(origin)
    const dispatcher = pool.compose(adapter.interceptor)
    await expect(dispatcher.request({ path: "/break", method: "GET" })).rejects.toThrow()
    expect(adapter.inFlight).toBe(0)

    const controller = new AbortController()
    const first = dispatcher.request({ path: "/", method: "GET", signal: controller.signal })
    await until(() => held.length === 1)
    const queued = dispatcher.request({ path: "/", method: "GET", signal: controller.signal })
    controller.abort()
    await expect(first).rejects.toThrow()
    await expect(queued).rejects.toThrow()
    await until(() => adapter.inFlight === 0)
    held.length = 0
    // A path that undici refuses to send: it throws within the dispatch.
    await expect(dispatcher.request({ path: "no slash", method: "GET" })).rejects.toThrow()
    await until(() => adapter.inFlight === 0)
    const { body } = await dispatcher.request({ path: "/now", method: "GET" })
    expect(await body.text()).toBe("now")
    expect(adapter.inFlight).toBe(0)
    await pool.close()
  })

  it("count overload responses as failures", async () => {
    const adapter = undiciConnections({ initial: 1, digest: { everyCount: 1, everyUs: 1 } })
    const engine = new FakeEngine(adapter)
    attach(engine, adapter)
    const pool = new Pool(origin)
    const dispatcher = pool.compose(adapter.interceptor)
    const rates: Array<number | undefined> = []
    for (const status of [200, 404, 429, 503, 200, 500]) {
      engine.digests.length = 0
      for (let i = 0; i < 8; i++) {
        const { body } = await dispatcher.request({ path: `/status/${status}`, method: "GET" })
        await body.dump()
      }
      rates.push(engine.digests.at(-1)?.errorRate)
    }
    expect(rates).toEqual([0, 0, 1, 1, 0, 1])
    await pool.close()
  })

  it("report an interceptor that throws to the caller only", async () => {
    const adapter = undiciConnections({ initial: 1 })
    const pool = new Pool(origin)
    const broken: Dispatcher.DispatcherComposeInterceptor = (dispatch) => (options, handler) => {
      if (options.path === "/throw") throw new TypeError("interceptor")
      return dispatch(options, handler)
    }
    const dispatcher = pool.compose(broken, adapter.interceptor)
    await expect(dispatcher.request({ path: "/throw", method: "GET" })).rejects.toThrow("interceptor")
    expect(adapter.inFlight).toBe(0)
    const { body } = await dispatcher.request({ path: "/now", method: "GET" })
    expect(await body.text()).toBe("now")
    await pool.close()
  })

  it("work with fetch, of undici and Node, with bodies both ways and abort signals", async () => {
    const adapter = undiciConnections({ initial: 2 })
    const agent = new Agent()
    const dispatcher = agent.compose(adapter.interceptor)
    const wanted = { dispatcher, method: "POST", body: "there and back" }
    expect(await (await fetch(`${origin}/echo`, wanted)).text()).toBe("there and back")
    const before = getGlobalDispatcher()
    setGlobalDispatcher(dispatcher)
    const answer = await globalThis.fetch(`${origin}/echo`, { method: "POST", body: "there and back" })
    expect(await answer.text()).toBe("there and back")
    const controller = new AbortController()
    const gone = globalThis.fetch(origin, { signal: controller.signal })
    await until(() => adapter.inFlight === 1)
    controller.abort()
    await expect(gone).rejects.toMatchObject({ name: "AbortError" })
    setGlobalDispatcher(before)
    await until(() => adapter.inFlight === 0)
    held.length = 0
    await agent.close()
  })
})
