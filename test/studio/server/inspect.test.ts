/** Inspection with Stately's own receiver and its own local server at the other end. */
import { createServer } from "node:http"
import { type AddressInfo, createConnection } from "node:net"
import { once } from "node:events"
import { createWebSocketReceiver, type StatelyInspectionEvent } from "@statelyai/inspect"
import { createInspectorServer } from "@statelyai/inspect/server"
import { describe, expect, it, onTestFinished } from "vitest"
import { WebSocket } from "ws"
import { createEngine } from "../../../src/index.node.ts"
import { StatelyFeed } from "../../../src/studio/server/statelyFeed.ts"
import { engineWithCore } from "../../../src/engine/createEngine.ts"
import { memoryPlatform } from "../../../src/engine/contract/Platform.ts"
import { openRig } from "./rig.ts"

/** Every event that Stately's receiver hears at an address. */
function receive(server: string): ReadonlyArray<StatelyInspectionEvent> {
  const heard: Array<StatelyInspectionEvent> = []
  const { unsubscribe } = createWebSocketReceiver({ server }).subscribe((event) => void heard.push(event))
  onTestFinished(unsubscribe)
  return heard
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1")
  await once(server, "listening")
  const { port } = server.address() as AddressInfo
  await new Promise((resolve) => server.close(resolve))
  return port
}

describe("Stately's receiver at a studio", () => {
  it("receives every actor with its definition, then events and snapshots", async () => {
    const { url, work } = await openRig()
    const heard = receive(`${url.replace("http", "ws")}inspect`)
    await expect
      .poll(() => heard.filter(({ type }) => type === "@xstate.actor").length)
      .toBeGreaterThanOrEqual(5)
    const actors = heard.filter((event) => event.type === "@xstate.actor")
    expect(actors.map(({ name }) => name)).toEqual(
      expect.arrayContaining([
        "engine",
        "engine/hotPath",
        "engine/latch",
        "engine/cycle",
        "engine/telemetry",
      ]),
    )
    const latch = actors.find(({ name }) => name === "engine/latch")
    expect(JSON.parse(latch?.definition ?? "")).toMatchObject({ id: "safeMode", initial: "armed" })
    expect(latch?.snapshot).toMatchObject({ status: "active", value: "armed" })
    expect(latch?.parentId).toBe(actors[0].sessionId)
    work(1)
    const isWindow = (event: StatelyInspectionEvent): boolean =>
      event.type === "@xstate.event" && event.event.type === "window"
    await expect.poll(() => heard.some(isWindow)).toBe(true)
    await expect.poll(() => heard.some(({ type }) => type === "@xstate.snapshot")).toBe(true)
    for (const event of heard)
      expect(event).toMatchObject({ _version: expect.any(String), rootId: actors[0].sessionId })
  })

  it("gets small contexts without code and without the engine's memory", async () => {
    const { url, work } = await openRig()
    const texts: Array<string> = []
    const socket = new WebSocket(`${url.replace("http", "ws")}inspect`)
    onTestFinished(() => socket.terminate())
    socket.on("message", (data: Buffer) => void texts.push(data.toString()))
    await once(socket, "open")
    work(30)
    await expect.poll(() => texts.length).toBeGreaterThan(50)
    for (const text of texts) expect(text.length).toBeLessThan(32_000)
    expect(texts.join("")).not.toContain("function")
  })

  it("is sent a bounded amount per second, and the rest is counted", async () => {
    const { core, engine } = engineWithCore(memoryPlatform, {
      params: { a: { min: 0, max: 1 } },
      seed: 1,
      clock: "manual",
      window: { digests: 1 },
    })
    await engine.start()
    const sent: Array<string> = []
    const feed = new StatelyFeed(core, (message) => void sent.push(message))
    const actors = sent.length
    for (let i = 1; sent.length < 3000 && feed.skipped === 0; i++) {
      engine.observe({ timestampUs: i * 100_000, objective: 1 })
      engine.tick(i * 100_000)
    }
    expect(feed.skipped).toBeGreaterThan(0)
    expect(sent.length).toBeLessThanOrEqual(actors + 2 * 300)
    feed.stop()
    const stopped = sent.length
    engine.trip()
    expect(sent).toHaveLength(stopped)
    await engine.stop()
  })

  it("is refused to another site's page, or without the token", async () => {
    const { url } = await openRig({ token: "0123456789abcdef" })
    const address = `${url.replace("http", "ws")}inspect`
    const failing = async (headers: Record<string, string>): Promise<string> => {
      const socket = new WebSocket(address, { headers })
      const [error] = (await once(socket, "error")) as [Error]
      return error.message
    }
    const authorization = "Bearer 0123456789abcdef"
    expect(await failing({})).toContain("401")
    expect(await failing({ authorization, origin: "https://evil.example" })).toContain("403")
    const let_in = new WebSocket(address, { headers: { authorization } })
    await once(let_in, "open")
    let_in.terminate()
  })
})

describe("a studio with the address of Stately's local server", () => {
  it("sends it everything, so that the viewer behind it sees the engine", async () => {
    const port = await freePort()
    const server = createInspectorServer({ port, autoOpen: false })
    onTestFinished(() => server.stop())
    await expect.poll(() => reachable(port)).toBe(true)
    const heard = receive(`ws://localhost:${port}`)
    const { work } = await openRig({ inspectAt: `ws://localhost:${port}` })
    await expect.poll(() => heard.some(({ type }) => type === "@xstate.actor")).toBe(true)
    work(1)
    await expect.poll(() => heard.some(({ type }) => type === "@xstate.event")).toBe(true)
  })

  it("sends nothing beyond this machine", async () => {
    const engine = createEngine({ params: { a: { min: 0, max: 1 } }, seed: 1, clock: "manual" })
    for (const inspectAt of ["ws://example.com:8080", "http://localhost:8080", "nonsense"]) {
      await expect(engine.studio({ inspectAt })).rejects.toThrow("inspectAt")
    }
  })
})

const reachable = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = createConnection({ host: "localhost", port })
    socket.on("connect", () => {
      socket.destroy()
      resolve(true)
    })
    socket.on("error", () => resolve(false))
  })
