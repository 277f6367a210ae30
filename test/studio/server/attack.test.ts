/**
 * Somebody without the token, on the same machine or another, against somebody who has it: over real HTTP, from outside.
 *
 * The root causes were two. The number of wrong tokens was looked at before the token, and counted for everybody together, so that ten
 * of them shut the right one out. And connections were counted together too, so that whoever opened enough of them, saying nothing, left
 * no room for anybody else.
 */
import { once } from "node:events"
import { createConnection, Socket } from "node:net"
import { describe, expect, it, onTestFinished } from "vitest"
import { WebSocket } from "ws"
import { ConnectionRoom } from "../../../src/studio/server/ConnectionRoom.ts"
import { peerOf } from "../../../src/studio/server/peers.ts"
import { WrongTokens } from "../../../src/studio/server/WrongTokens.ts"
import { type Answer, ask, listen, openRig, post } from "./rig.ts"

const TOKEN = "0123456789abcdef0123"
const authorization = `Bearer ${TOKEN}`
const FLOOD = 300

/** So many connections that each send the bytes and then nothing, and keep their end open whatever the server does. */
async function flood(url: string, bytes: string, host = new URL(url).hostname): Promise<void> {
  const sockets: Array<Socket> = []
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy()
  })
  for (let i = 0; i < FLOOD; i++) {
    const socket = createConnection({ host, port: Number(new URL(url).port), allowHalfOpen: true })
    sockets.push(socket)
    socket.on("error", () => {})
    await once(socket, "connect")
    socket.write(bytes)
  }
}

/** What somebody with the token can do: look, listen, inspect, scrape, log in, steer. */
async function served(url: string): Promise<ReadonlyArray<unknown>> {
  const headers = { authorization }
  const session = await ask(url, "/api/session", { headers })
  const metrics = await ask(url, "/metrics", { headers })
  const { engines } = session.json() as unknown as { engines: ReadonlyArray<{ id: string }> }
  const stream = await listen(url, headers)
  const { event } = await stream.next("hello")
  const viewer = new WebSocket(`${url.replace("http", "ws")}inspect`, { headers })
  onTestFinished(() => viewer.terminate())
  await once(viewer, "open")
  const login = await post(url, "/api/login", { token: TOKEN })
  const link = await ask(url, `/?token=${TOKEN}`)
  const trip = await post(
    url,
    "/api/actions",
    { engine: engines[0].id, action: "trip", reason: "a test", confirm: true },
    headers,
  )
  return [session.status, metrics.status, event, login.status, link.status, trip.status]
}
const EVERYTHING = [200, 200, "hello", 204, 303, 200]

describe("wrong tokens", () => {
  it("do not lock out a caller with the right one, on any path, however many came before", async () => {
    const { url, engine } = await openRig({ token: TOKEN })
    const statuses = new Set<number>()
    for (let i = 0; i < 12; i++) {
      const wrong = { headers: { authorization: `Bearer wrong${i}` } }
      for (const path of ["/metrics", "/api/session", "/api/events"]) {
        statuses.add((await ask(url, path, wrong)).status)
      }
      statuses.add((await post(url, "/api/login", { token: `wrong${i}` })).status)
      statuses.add((await ask(url, `/?token=wrong${i}`)).status)
    }
    expect(statuses).toEqual(new Set([401, 429]))
    expect(await served(url)).toEqual(EVERYTHING)
    expect(engine.getSnapshot().mode).toBe("safe")
  })

  it("are answered with how long to wait, and end their connection", async () => {
    const { url } = await openRig({ token: TOKEN })
    const wrong = (): Promise<Answer> => post(url, "/api/login", { token: "wrong" })
    for (let i = 0; i < 10; i++) {
      const { status, headers } = await wrong()
      expect([status, headers["www-authenticate"]]).toEqual([401, "Bearer"])
    }
    const { status, headers } = await wrong()
    expect([status, headers["connection"]]).toEqual([429, "close"])
    expect(Number(headers["retry-after"])).toBeGreaterThan(0)
    expect(Number(headers["retry-after"])).toBeLessThanOrEqual(60)
  })

  it("count only against their sender, in whichever form its address appears", async () => {
    const { url } = await openRig({ token: TOKEN, host: "::" })
    const { port } = new URL(url)
    const wrong = async (host: string): Promise<number> => {
      const address = `http://${host}:${port}/`
      return (await post(address, "/api/login", { token: "wrong" })).status
    }
    for (let i = 0; i < 11; i++) await wrong("127.0.0.1")
    expect(await wrong("127.0.0.1")).toBe(429)
    expect(await wrong("[::1]")).toBe(401)
  })

  it("expire after a minute, and are kept for a bounded number of peers", () => {
    const wrong = new WrongTokens()
    for (let i = 0; i < 10; i++) expect(wrong.add("a", i)).toBe(0)
    expect([wrong.add("a", 59_000), wrong.add("b", 59_000), wrong.add("a", 60_000)]).toEqual([1000, 0, 0])
    const others = new WrongTokens()
    for (let i = 0; i <= 10; i++) others.add("first", 0)
    for (let i = 0; i < 5000; i++) others.add(`peer ${i}`, 1)
    expect(others.add("first", 2)).toBe(0)
  })

  it("count as one peer in whatever form the address is written, and for all addresses of one network", () => {
    expect(peerOf("::ffff:127.0.0.1")).toBe(peerOf("127.0.0.1"))
    expect(peerOf("2001:db8::1")).toBe(peerOf("2001:db8:0:0:ffff:1:2:3"))
    expect(peerOf("fe80::1%eth0")).toBe(peerOf("fe80::2"))
    const different = ["10.0.0.1", "10.0.0.2", "::1", "2001:db8::1", "2001:db8:0:1::1", undefined]
    expect(new Set(different.map(peerOf)).size).toBe(different.length)
  })
})

describe("connections without the token", () => {
  const shapes: ReadonlyArray<readonly [string, string]> = [
    ["say nothing", ""],
    ["never end their headers", "GET /metrics HTTP/1.1\r\nHost: localhost\r\nX-More: "],
    [
      "never end their body",
      "POST /api/login HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 9000\r\n\r\n{",
    ],
    ["are kept alive after the page was had", "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"],
    [
      "were refused a WebSocket and do not close",
      "GET /inspect HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n",
    ],
    [
      "were refused with a wrong token",
      "GET /metrics HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer wrong\r\n\r\n",
    ],
  ]

  it.each(shapes)("leave room for a caller with it when three hundred %s", async (_, bytes) => {
    const { url, engine } = await openRig({ token: TOKEN })
    const earlier = await listen(url, { authorization })
    await earlier.next("hello")
    await flood(url, bytes)
    expect(await served(url)).toEqual(EVERYTHING)
    expect(engine.getSnapshot().mode).toBe("safe")
    // Who was there before is still there, and hears of it.
    let mode: unknown
    while (mode !== "safe") mode = (await earlier.next("snapshot")).data["mode"]
  })

  it("leave room if the server listens on every address, including IPv6", async () => {
    const { url } = await openRig({ token: TOKEN, host: "::" })
    const { port } = new URL(url)
    await flood(url, "", "127.0.0.1")
    await flood(url, "", "::1")
    for (const host of ["127.0.0.1", "[::1]"]) {
      const answer = await ask(`http://${host}:${port}/`, "/metrics", { headers: { authorization } })
      expect([host, answer.status]).toEqual([host, 200])
    }
  })

  it("are closed oldest first for the peer with the most, and never once let in", () => {
    const room = new ConnectionRoom()
    const socketOf = (remoteAddress: string): Socket => {
      const socket = Object.assign(new Socket(), {})
      Object.defineProperty(socket, "remoteAddress", { value: remoteAddress })
      room.enter(socket)
      return socket
    }
    const guest = socketOf("10.0.0.1")
    room.welcome(guest)
    const lonely = socketOf("10.0.0.2")
    const many = Array.from({ length: 200 }, (_, i) => socketOf(i % 2 === 0 ? "10.0.0.1" : "::ffff:10.0.0.1"))
    expect([guest.destroyed, lonely.destroyed]).toEqual([false, false])
    const left = many.filter(({ destroyed }) => !destroyed)
    expect(left).toEqual(many.slice(-left.length))
    expect(left.length).toBeGreaterThan(10)
    expect(left.length).toBeLessThan(100)
    room.clear()
    expect([guest, lonely, ...left].every(({ destroyed }) => destroyed)).toBe(true)
  })

  it("are also bounded with the token, and release their room", async () => {
    const room = new ConnectionRoom()
    const guests = Array.from({ length: 256 }, () => {
      const socket = new Socket()
      room.enter(socket)
      room.welcome(socket)
      return socket
    })
    const next = new Socket()
    room.enter(next)
    expect(() => room.welcome(next)).toThrow("Close a page")
    guests[0].destroy()
    await once(guests[0], "close")
    room.welcome(next)
    room.clear()
  })
})
