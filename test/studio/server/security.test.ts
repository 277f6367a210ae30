/** Who may not talk to a studio: every case over real HTTP. */
import type { IncomingMessage } from "node:http"
import { createConnection } from "node:net"
import { describe, expect, it } from "vitest"
import { ConfigError, type StudioOptions } from "../../../src/index.ts"
import { Access } from "../../../src/studio/server/access.ts"
import { MOST_BODY_BYTES, PATHS } from "../../../src/studio/protocol/protocol.ts"
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

  it("is left alone by a password that a proxy before it asks for", async () => {
    const { url } = await openRig({ token: TOKEN })
    const [cookie] = (await post(url, "/api/login", { token: TOKEN })).headers["set-cookie"] ?? []
    const headers = { authorization: "Basic b25lOnR3bw==", cookie: cookie.split(";")[0] }
    expect((await ask(url, "/api/session", { headers })).status).toBe(200)
  })

  it("shares a browser with another studio at the same address", async () => {
    const [one, other] = [await openRig({ token: TOKEN }), await openRig({ token: TOKEN })]
    const names = await Promise.all(
      [one, other].map(async ({ url }) => {
        const { headers } = await post(url, "/api/login", { token: TOKEN })
        return headers["set-cookie"]?.[0]?.split("=")[0]
      }),
    )
    expect(new Set(names).size).toBe(2)
  })

  it("may be asked for on any host, must not be short, and must fit into a header", async () => {
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

describe("a studio that was opened without a word about a token", () => {
  it("makes one of its own, unlike any other, and lets nobody in without it", async () => {
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

  it("turns its link into a session and an address without the token", async () => {
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

  it("shows the page that asks for the token to whoever comes with another, and gives no session", async () => {
    const { url } = await openRig({ token: TOKEN })
    const wrong = await ask(url, `/?token=${TOKEN}x`)
    expect([wrong.status, wrong.headers["set-cookie"], wrong.headers["content-type"]]).toEqual([
      401,
      undefined,
      "text/html; charset=utf-8",
    ])
  })

  it("keeps a token that was given out of its address, which may come into logs", async () => {
    const { url, studio } = await openRig({ token: TOKEN })
    expect([url, studio.token]).toEqual([expect.not.stringContaining(TOKEN), TOKEN])
    const { studio: open } = await openRig({ token: false })
    expect(open.token).toBeNull()
  })

  it("writes into the audit how somebody was identified, whoever they say they are", async () => {
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
  it("that there is not is 404, with the token and without it", async () => {
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

  it("that is asked by another method is 405 and says which it takes", async () => {
    const { url } = await openRig()
    const posts: ReadonlyArray<string> = [PATHS.login, PATHS.actions, PATHS.fleetActions]
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

  it("that speaks WebSocket alone says so", async () => {
    const { url } = await openRig()
    const { status, headers } = await ask(url, PATHS.inspect)
    expect([status, headers.upgrade]).toEqual([426, "websocket"])
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
    expect(engine.getSnapshot().mode).toBe("adapting")
  })
})
