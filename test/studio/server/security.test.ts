/** Who may not talk to a studio: every case over real HTTP. */
import type { IncomingMessage } from "node:http"
import { createConnection } from "node:net"
import { describe, expect, it } from "vitest"
import { ConfigError, type StudioOptions } from "../../../src/index.ts"
import { Access } from "../../../src/studio/server/access.ts"
import { PATHS } from "../../../src/studio/protocol/paths.ts"
import { MOST_BODY_BYTES } from "../../../src/studio/protocol/protocol.ts"
import { ask, openRig, post } from "./rig.ts"

const TOKEN = "0123456789abcdef0123"

describe("a studio and pages of other sites", () => {
  it("refuses any request from another site's page", async () => {
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

  it("accepts no foreign host name, so that DNS rebinding fails", async () => {
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

  it("answers its own page, and its configured names", async () => {
    const { url, act } = await openRig({ allowedHosts: ["Studio.internal"] })
    const { host } = new URL(url)
    expect((await act({ action: "trip" }, { host, origin: `http://${host}` })).status).toBe(200)
    const named = await ask(url, "/api/session", { headers: { host: "studio.internal" } })
    expect(named.status).toBe(200)
  })

  it("can be steered through a TLS proxy, whichever name the proxy passes on", async () => {
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

  it("accepts no action from a form, which any page may send", async () => {
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
  it("answers nobody without it, except with the page's own files", async () => {
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

  it("accepts it in a header, but no wrong one, and none in the address", async () => {
    const { url } = await openRig({ token: TOKEN })
    const withHeader = (authorization: string) => ask(url, "/metrics", { headers: { authorization } })
    expect((await withHeader(`Bearer ${TOKEN}`)).status).toBe(200)
    for (const wrong of [`Bearer ${TOKEN}x`, `Bearer ${TOKEN.slice(1)}`, "Bearer", `Basic ${TOKEN}`]) {
      expect((await withHeader(wrong)).status).toBe(401)
    }
    expect((await ask(url, `/metrics?token=${TOKEN}`)).status).toBe(401)
  })

  it("exchanges it for a cookie that scripts cannot read, other sites do not send, and that is not the token", async () => {
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

  it("lets a browser in for half a day", () => {
    let now = 0
    const access = new Access({ host: "127.0.0.1", token: TOKEN, allowedHosts: [], now: () => now })
    const request = (headers: Record<string, string>): IncomingMessage =>
      ({ headers, socket: { localPort: 1, remoteAddress: "127.0.0.1" } }) as unknown as IncomingMessage
    const [cookie] = access.login(request({}), TOKEN).split(";")
    expect(access.admit(request({ cookie }))).toBe("token")
    now = 12 * 3600 * 1000
    expect(() => access.admit(request({ cookie }))).toThrow("needs its token")
  })

  it("is not affected by a proxy's own password", async () => {
    const { url } = await openRig({ token: TOKEN })
    const [cookie] = (await post(url, "/api/login", { token: TOKEN })).headers["set-cookie"] ?? []
    const headers = { authorization: "Basic b25lOnR3bw==", cookie: cookie.split(";")[0] }
    expect((await ask(url, "/api/session", { headers })).status).toBe(200)
  })

  it("works next to another studio at the same address in one browser", async () => {
    const [one, other] = [await openRig({ token: TOKEN }), await openRig({ token: TOKEN })]
    const names = await Promise.all(
      [one, other].map(async ({ url }) => {
        const { headers } = await post(url, "/api/login", { token: TOKEN })
        return headers["set-cookie"]?.[0]?.split("=")[0]
      }),
    )
    expect(new Set(names).size).toBe(2)
  })

  it("may be required on any host, must not be short, and must fit into a header", async () => {
    const { engine } = await openRig()
    await expect(engine.studio({ host: "0.0.0.0", token: false })).rejects.toThrow(ConfigError)
    await expect(engine.studio({ host: "" })).rejects.toThrow(/host/)
    for (const token of [
      "short",
      "",
      "sixteen letters and spaces",
      "x".repeat(513),
      "sechzehn Zeichen ä",
      null,
      true,
    ]) {
      await expect(engine.studio({ token: token as string })).rejects.toThrow(/token: must be 16 to 512/)
    }
    await expect(engine.studio({ host: "0.0.0.0", token: "short", port: -1 })).rejects.toThrow(
      /2 problems|port[\s\S]*token/,
    )
    for (const host of ["127.0.0.1", "127.0.0.2", "::1", "::ffff:127.0.0.1", "localhost"]) {
      const studio = await engine.studio({ host, token: false })
      await studio.stop()
    }
  })
})

describe("a studio opened without a token option", () => {
  it("creates a unique token, and lets nobody in without it", async () => {
    const { engine } = await openRig()
    const studios = [await engine.studio(), await engine.studio()]
    for (const { url, token } of studios) {
      const { searchParams } = new URL(url)
      expect([searchParams.get("token"), token]).toEqual([token, expect.stringMatching(/^[\da-f]{48}$/)])
      expect((await ask(url, "/api/session")).status).toBe(401)
      const trip = { engine: engine.runId, action: "trip", reason: "x", by: "its owner", confirm: true }
      expect((await post(url, "/api/actions", trip)).status).toBe(401)
    }
    expect(studios[0].token).not.toBe(studios[1].token)
    expect(engine.getSnapshot().mode).toBe("adapting")
    for (const studio of studios) await studio.stop()
  })

  it("exchanges its link for a session and an address without the token", async () => {
    const { engine } = await openRig()
    const studio = await engine.studio()
    const { pathname, search } = new URL(studio.url)
    const link = await ask(studio.url, `${pathname}${search}`)
    expect([link.status, link.headers.location, link.headers["cache-control"]]).toEqual([
      303,
      "./",
      "no-store",
    ])
    const [kept] = link.headers["set-cookie"] ?? []
    expect(kept).toMatch(/; HttpOnly; SameSite=Strict; Path=\/;/)
    expect(kept).not.toContain(studio.token)
    const [cookie] = kept.split(";")
    expect((await ask(studio.url, "/api/session", { headers: { cookie } })).status).toBe(200)
    expect((await ask(studio.url, "/metrics", { headers: { cookie } })).status).toBe(200)
    // Another path takes it in no address.
    expect((await ask(studio.url, `/metrics${search}`)).status).toBe(401)
    await studio.stop()
  })

  it("shows the token page to a caller with another token, and gives no session", async () => {
    const { url } = await openRig({ token: TOKEN })
    const wrong = await ask(url, `/?token=${TOKEN}x`)
    expect([wrong.status, wrong.headers["set-cookie"], wrong.headers["content-type"]]).toEqual([
      401,
      undefined,
      "text/html; charset=utf-8",
    ])
  })

  it("keeps a given token out of its address, which may appear in logs", async () => {
    const { url, studio } = await openRig({ token: TOKEN })
    expect([url, studio.token]).toEqual([expect.not.stringContaining(TOKEN), TOKEN])
    const { studio: open } = await openRig({ token: false })
    expect(open.token).toBeNull()
  })

  it("records how a person was identified, whatever name they give", async () => {
    const who = async (options: StudioOptions, headers: Record<string, string>): Promise<unknown> => {
      const { act } = await openRig(options)
      return (await act({ action: "trip" }, headers)).json()["note"]
    }
    expect(await who({ token: false }, {})).toBe("trip by ann (studio, no token): a test")
    expect(await who({ token: TOKEN }, { authorization: `Bearer ${TOKEN}` })).toBe(
      "trip by ann (studio, token): a test",
    )
  })
})

describe("a path of a studio", () => {
  it("that does not exist is 404, with and without the token", async () => {
    for (const options of [{ token: TOKEN }, { token: false as const }]) {
      const { url } = await openRig(options)
      for (const path of [
        "/nowhere",
        "/api",
        "/api/",
        "/api/nothing",
        "/metrics/",
        "//etc/passwd",
        "/__proto__",
      ]) {
        for (const method of ["GET", "POST", "DELETE"]) {
          const answer = await ask(url, path, { method })
          expect([path, method, answer.status, answer.json()["error"]]).toEqual([
            path,
            method,
            404,
            "notFound",
          ])
        }
      }
    }
  })

  it("requested with another method is 405 and states which it accepts", async () => {
    const { url } = await openRig()
    const { login, actions, fleetActions, growthActions, campaignActions } = PATHS
    const posts: ReadonlyArray<string> = [login, actions, fleetActions, growthActions, campaignActions]
    for (const path of ["/", "/index.html", ...Object.values(PATHS)]) {
      const allow = posts.includes(path) ? "POST" : "GET, HEAD"
      for (const method of ["PUT", "DELETE", "OPTIONS", posts.includes(path) ? "GET" : "POST"]) {
        const answer = await ask(url, path, { method })
        expect([path, method, answer.status, answer.headers.allow, answer.json()["error"]]).toEqual([
          path,
          method,
          405,
          allow,
          "wrongMethod",
        ])
      }
    }
  })

  it("answers HEAD as GET without a body, the live stream included", async () => {
    const { url } = await openRig()
    for (const path of ["/", PATHS.session, PATHS.metrics, PATHS.events]) {
      const { status, text } = await ask(url, path, { method: "HEAD" })
      expect([path, status, text]).toEqual([path, 200, ""])
    }
  })

  it("for WebSockets alone answers so", async () => {
    const { url } = await openRig()
    const { status, headers } = await ask(url, PATHS.inspect)
    expect([status, headers.upgrade]).toEqual([426, "websocket"])
  })
})

describe("a studio and malformed requests", () => {
  it("serves no file other than the page's own", async () => {
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

  it("survives bytes that are not HTTP", async () => {
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

  it("lists every problem of an action at once, and does nothing", async () => {
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
    expect(engine.getSnapshot().mode).toBe("adapting")
  })
})
