/** Who may not talk to a studio: every case over real HTTP. */
import { createConnection } from "node:net"
import { describe, expect, it } from "vitest"
import { ConfigError } from "../../../src/index.ts"
import { Access } from "../../../src/node/studio/access.ts"
import { MOST_BODY_BYTES } from "../../../src/node/studio/protocol.ts"
import { ask, openRig, post } from "./rig.ts"

const TOKEN = "0123456789abcdef0123"

describe("a studio and pages of other sites", () => {
  it("refuses a request that another site's page made, whatever it asks", async () => {
    const { url, act, engine } = await openRig()
    const headers = { origin: "http://evil.example" }
    for (const path of ["/", "/api/session", "/api/events", "/metrics"]) {
      expect((await ask(url, path, { headers })).status).toBe(403)
    }
    expect((await act({ action: "trip" }, headers)).status).toBe(403)
    expect((await act({ action: "trip" }, { "sec-fetch-site": "cross-site" })).status).toBe(403)
    expect((await act({ action: "trip" }, { origin: "null" })).status).toBe(403)
    expect(engine.getSnapshot().mode).toBe("adapting")
  })

  it("takes no foreign name for its own, so that no name server can make it one", async () => {
    const { url } = await openRig()
    for (const host of [
      "evil.example",
      `evil.example:${new URL(url).port}`,
      "127.0.0.1.evil.example",
      "localhost.evil.example",
    ]) {
      const answer = await ask(url, "/api/session", { headers: { host } })
      expect([host, answer.status]).toEqual([host, 403])
    }
    for (const host of [new URL(url).host, "localhost", "[::1]:80"]) {
      expect((await ask(url, "/api/session", { headers: { host } })).status).toBe(200)
    }
  })

  it("answers its own page, and names that it was given", async () => {
    const { url, act } = await openRig({ allowedHosts: ["Studio.internal"] })
    const { host } = new URL(url)
    expect((await act({ action: "trip" }, { host, origin: `http://${host}` })).status).toBe(200)
    const named = await ask(url, "/api/session", { headers: { host: "studio.internal" } })
    expect(named.status).toBe(200)
  })

  it("is steered through a proxy that speaks TLS, whichever name the proxy passes on", async () => {
    const { url, act } = await openRig({ allowedHosts: ["studio.example"] })
    const origin = "https://studio.example"
    const own = new URL(url).host
    expect((await act({ action: "trip" }, { host: "studio.example", origin })).status).toBe(200)
    expect((await act({ action: "reset" }, { host: own, origin: `${origin}:8443` })).status).toBe(200)
    for (const other of [
      "https://evil.example",
      "https://studio.example.evil.example",
      "https://evil.example/studio.example",
      "https://studio.example@evil.example",
      "file://studio.example",
      "null",
    ]) {
      expect([other, (await act({ action: "trip" }, { host: own, origin: other })).status]).toEqual([
        other,
        403,
      ])
    }
  })

  it("forbids its page every source but itself", async () => {
    const { url } = await openRig()
    const { headers } = await ask(url, "/")
    expect(headers["content-security-policy"]).toContain("default-src 'none'")
    expect(headers["content-security-policy"]).not.toMatch(/unsafe|http|\*/)
    expect(headers["x-content-type-options"]).toBe("nosniff")
    expect(headers["access-control-allow-origin"]).toBeUndefined()
  })

  it("takes no action from a form, which any page may send", async () => {
    const { url, engine } = await openRig()
    const answer = await ask(url, "/api/actions", {
      method: "POST",
      headers: { "content-type": "text/plain" },
      body: JSON.stringify({ engine: engine.runId, action: "trip", reason: "x", confirm: true }),
    })
    expect(answer.status).toBe(400)
    expect(engine.getSnapshot().mode).toBe("adapting")
  })
})

describe("a studio with a token", () => {
  it("answers nobody without it, the page's own files apart", async () => {
    const { url, act } = await openRig({ token: TOKEN })
    for (const path of [
      "/api/session",
      "/api/machines",
      "/api/audit",
      "/api/history",
      "/api/events",
      "/metrics",
    ]) {
      const answer = await ask(url, path)
      expect([path, answer.status, answer.json()["error"]]).toEqual([path, 401, "unauthorised"])
    }
    expect((await act({ action: "trip" })).status).toBe(401)
    expect((await ask(url, "/")).status).toBe(200)
  })

  it("takes it in a header, and not a wrong one, nor in the address", async () => {
    const { url } = await openRig({ token: TOKEN })
    const withHeader = (authorization: string) => ask(url, "/metrics", { headers: { authorization } })
    expect((await withHeader(`Bearer ${TOKEN}`)).status).toBe(200)
    for (const wrong of [`Bearer ${TOKEN}x`, `Bearer ${TOKEN.slice(1)}`, "Bearer", `Basic ${TOKEN}`]) {
      expect((await withHeader(wrong)).status).toBe(401)
    }
    expect((await ask(url, `/metrics?token=${TOKEN}`)).status).toBe(401)
  })

  it("gives a cookie for it that scripts cannot read and other sites do not send, and that is not the token", async () => {
    const { url } = await openRig({ token: TOKEN })
    expect((await post(url, "/api/login", { token: "wrong" })).status).toBe(401)
    const login = await post(url, "/api/login", { token: TOKEN })
    expect(login.status).toBe(204)
    const [cookie] = login.headers["set-cookie"] ?? []
    expect(cookie).toMatch(/; HttpOnly; SameSite=Strict; Path=\/;/)
    expect(cookie).not.toContain(TOKEN)
    expect(cookie).not.toContain("Secure")
    const { host } = new URL(url)
    const overTls = await post(url, "/api/login", { token: TOKEN }, { origin: `https://${host}` })
    expect(overTls.headers["set-cookie"]).toEqual([expect.stringMatching(/; Secure$/)])
    const [pair] = cookie.split(";")
    expect((await ask(url, "/api/session", { headers: { cookie: pair } })).status).toBe(200)
    expect((await ask(url, "/api/session", { headers: { cookie: `${pair}x` } })).status).toBe(401)
  })

  it("hears nobody for the rest of a minute after ten wrong ones", () => {
    let now = 0
    const access = new Access({ host: "127.0.0.1", token: TOKEN, allowedHosts: [], now: () => now })
    for (let i = 0; i < 10; i++) expect(() => access.login("wrong")).toThrow("not the token")
    expect(() => access.login(TOKEN)).toThrow("Too many")
    now = 60_001
    expect(access.login(TOKEN)).toContain("HttpOnly")
  })

  it("lets a browser in for half a day", () => {
    let now = 0
    const access = new Access({ host: "127.0.0.1", token: TOKEN, allowedHosts: [], now: () => now })
    const [cookie] = access.login(TOKEN).split(";")
    const request = { headers: { cookie } } as Parameters<typeof access.admit>[0]
    expect(access.admit(request)).toBe("token")
    now = 12 * 3600 * 1000
    expect(() => access.admit(request)).toThrow("token first")
  })

  it("is what other machines need, and must not be short", async () => {
    const { engine } = await openRig()
    await expect(engine.studio({ host: "0.0.0.0" })).rejects.toThrow(ConfigError)
    await expect(engine.studio({ token: "short" })).rejects.toThrow(/at least 16/)
    await expect(engine.studio({ host: "0.0.0.0", token: "short", port: -1 })).rejects.toThrow(
      /2 problems|port[\s\S]*token/,
    )
  })
})

describe("a studio and requests that are none", () => {
  it("has no path that leads to a file beside the page's own", async () => {
    const { url } = await openRig()
    for (const path of [
      "/../package.json",
      "/..%2f..%2fpackage.json",
      "/%2e%2e/%2e%2e/package.json",
      "/assets/../../../package.json",
      "/....//package.json",
      "//etc/passwd",
      "/%00",
    ]) {
      const answer = await ask(url, path)
      expect([path, answer.status >= 400]).toEqual([path, true])
      expect(answer.text).not.toContain("devDependencies")
    }
  })

  it("reads no body beyond its limit", async () => {
    const { act, engine } = await openRig()
    const answer = await act({ action: "trip", reason: "x".repeat(MOST_BODY_BYTES) })
    expect([answer.status, answer.json()["error"]]).toEqual([413, "tooLarge"])
    expect(engine.getSnapshot().mode).toBe("adapting")
  })

  it("survives what is no HTTP", async () => {
    const { url } = await openRig()
    const { hostname, port } = new URL(url)
    for (const bytes of [
      "\u0000\u0001\u0002\r\n\r\n",
      "GET http://other/ HTTP/1.1\r\nHost: localhost\r\n\r\n",
      "GET / HTTP/1.1\r\n\r\n",
    ]) {
      const answer = await new Promise<string>((resolve) => {
        const socket = createConnection({ host: hostname, port: Number(port) }, () => socket.end(bytes))
        let text = ""
        socket.on("data", (chunk) => (text += chunk.toString()))
        socket.on("error", () => resolve(text))
        socket.on("close", () => resolve(text))
      })
      expect(answer).toMatch(/^HTTP\/1\.1 4\d\d /)
    }
    expect((await ask(url, "/api/session")).status).toBe(200)
  })

  it("names everything that is wrong with an action at once, and does nothing", async () => {
    const { url, engine } = await openRig()
    const answer = await post(url, "/api/actions", { action: "explode", reason: " \n", by: 3 })
    expect(answer.status).toBe(400)
    const message = String(answer.json()["message"])
    for (const field of ["action", "engine", "reason", "by", "confirm"])
      expect(message).toContain(`${field} `)
    expect(
      (
        await ask(url, "/api/actions", {
          method: "POST",
          headers: { "content-type": "application/json" },
          body: "{",
        })
      ).status,
    ).toBe(400)
    expect((await ask(url, "/api/session", { method: "DELETE" })).status).toBe(400)
    expect(engine.getSnapshot().mode).toBe("adapting")
  })
})
