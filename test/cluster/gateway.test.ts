/** The gateway over real HTTP and TLS: who may do what, what is refused, and that nothing of it says a secret. */
import { mkdirSync, mkdtempSync, rmSync } from "node:fs"
import { request } from "node:https"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { type ClusterOptions, createCluster, sqlite } from "../../src/cluster/index.ts"
import { access, gatewayProblems } from "../../src/cluster/node/access.ts"
import { certificateProblems } from "../../src/cluster/node/certificates.ts"
import { openGateway, type Behind } from "../../src/cluster/node/gateway.ts"
import { LoopLag } from "../../src/cluster/node/LoopLag.ts"
import { ClusterError } from "../../src/cluster/ClusterError.ts"
import { StorageError } from "../../src/cluster/StorageError.ts"
import { unreadReport } from "../../src/cluster/Tuners.ts"
import { selfSigned, signed } from "./selfSigned.ts"
import { PLANT, Troop } from "./Troop.ts"

const folder = mkdtempSync(join(tmpdir(), "arqon-gateway-"))
const SECRETS = {
  report: "report-report-report",
  read: "read-read-read-read",
  steer: "steer-steer-steer",
  all: "all-all-all-all-all",
  search: "search-search-search",
}
const TOKENS = [
  { token: SECRETS.report, tuner: "checkout", right: "report" },
  { token: SECRETS.read, tuner: "checkout", right: "read" },
  { token: SECRETS.steer, tuner: "checkout", right: "steer" },
  { token: SECRETS.search, tuner: "search", right: "steer" },
  { token: SECRETS.all, tuner: "*", right: "read" },
] as const

const clusterWith = (more: Partial<ClusterOptions>) =>
  createCluster({ storage: sqlite(":memory:"), tuners: { checkout: PLANT, search: PLANT }, ...more })

const SHOP = "https://shop.example"
const cluster = clusterWith({ gateway: { port: 0, tokens: TOKENS, origins: [SHOP] } })
beforeAll(() => cluster.start())
afterAll(async () => {
  await cluster.stop()
  rmSync(folder, { recursive: true, force: true })
})

interface Answered {
  readonly status: number
  readonly text: string
  readonly json: Readonly<Record<string, unknown>>
}

async function ask(method: string, path: string, token: string | null, body?: unknown): Promise<Answered> {
  const response = await fetch(`${cluster.url}${path}`, {
    method,
    headers: token === null ? {} : { authorization: `Bearer ${token}` },
    ...(body === undefined ? {} : { body: typeof body === "string" ? body : JSON.stringify(body) }),
  })
  const text = await response.text()
  for (const secret of Object.values(SECRETS)) expect(text).not.toContain(secret)
  // A busy machine makes the runner shed reports: come again, as it says.
  if (response.status === 429) return ask(method, path, token, body)
  const json = text.startsWith("{") ? (JSON.parse(text) as Record<string, unknown>) : {}
  return { status: response.status, text, json }
}

const report = () => new Troop("checkout", 1).reports(1e6)[0].report as Record<string, unknown>

describe("a gateway", () => {
  it("hands reports to the owner, and commands once for their key", async () => {
    expect((await ask("POST", "/arqon/report", SECRETS.report, report())).json).toMatchObject({
      protocol: 1,
      role: "base",
    })
    const first = await ask("POST", "/arqon/tuners/checkout/pause", SECRETS.steer, {
      key: "k",
      by: "ada",
      note: "a release",
    })
    expect(first).toMatchObject({
      status: 200,
      json: { key: "k", command: "pause", by: "ada", note: "a release" },
    })
    expect((await ask("POST", "/arqon/tuners/checkout/pause", SECRETS.steer, { key: "k" })).json).toEqual(
      first.json,
    )
    const owners = "/arqon/tuners/checkout/owners"
    expect((await ask("GET", owners, SECRETS.read)).json).toMatchObject({ turns: [{ epoch: 1 }] })
    expect((await ask("GET", owners, SECRETS.report)).status).toBe(403)
    expect((await ask("POST", owners, SECRETS.steer)).status).toBe(405)
    expect((await ask("GET", "/arqon/tuners/checkout", SECRETS.read)).json).toMatchObject({
      status: { epoch: 1 },
      replicas: [{ replica: "replica-0" }],
      commands: [first.json],
    })
    expect((await ask("GET", "/arqon/cluster", SECRETS.all)).json).toMatchObject({
      state: "running",
      owners: [{ kind: "tuner", name: "checkout", epoch: 1 }],
    })
    expect((await ask("GET", "/metrics", SECRETS.all)).text).toContain(
      'arqon_cluster_reports_total{status="200"} 1',
    )
  })

  it("rolls candidates out, and says everything that is wrong with one", async () => {
    const path = "/arqon/tuners/search"
    const refused = await ask("POST", `${path}/rollOut`, SECRETS.search, { values: { rate: 2, rata: 1 } })
    expect(refused).toMatchObject({
      status: 409,
      json: {
        error: "the tuner refuses to rollOut",
        problems: [{ path: "values.rata" }, { path: "values.rate" }],
      },
    })
    expect(await ask("POST", `${path}/rollOut`, SECRETS.search)).toMatchObject({
      status: 409,
      json: { problems: [{ path: "values" }] },
    })
    expect(await ask("POST", `${path}/rollOutVariant`, SECRETS.search)).toMatchObject({
      status: 409,
      json: { problems: [{ path: "variant" }] },
    })
    const end = cluster.tuner("search").rollOut({ rate: 0.6 }, { by: "ada", key: "out" })
    const begun = await ask("POST", `${path}/rollOut`, SECRETS.search, { values: { rate: 0.6 }, key: "out" })
    expect(begun).toMatchObject({ status: 200, json: { command: "rollOut", by: "ada", end: null } })
    expect((await ask("GET", path, SECRETS.search)).json).toMatchObject({
      status: { canary: { values: { rate: 0.6 }, end: null } },
    })
    expect(await ask("POST", `${path}/withdraw`, SECRETS.search)).toMatchObject({ status: 200 })
    expect(await end).toBe("withdrawn")
    expect(await cluster.tuner("search").rollOut({ rate: 0.6 }, { key: "out" })).toBe("withdrawn")
    await expect(cluster.tuner("search").rollOut({ rate: 7 })).rejects.toMatchObject({
      _tag: "ConfigError",
      problems: [{ path: "values.rate" }],
    })
  })

  it("answers health to everybody, and readiness while it serves", async () => {
    expect(await ask("GET", "/healthz", null)).toMatchObject({ status: 200 })
    expect(await ask("GET", "/readyz", null)).toMatchObject({ status: 200 })
  })

  it.each([
    ["no token", "POST", "/arqon/report", null, 401],
    ["a wrong one", "POST", "/arqon/report", "wrong-wrong-wrong-wrong", 401],
    ["a token for less", "POST", "/arqon/tuners/checkout/trip", SECRETS.read, 403],
    ["a token that reports", "GET", "/arqon/tuners/checkout", SECRETS.report, 403],
    ["a token that steers, for a report", "POST", "/arqon/report", SECRETS.steer, 403],
    ["another tuner's", "GET", "/arqon/tuners/search", SECRETS.read, 403],
    ["a tuner's, for the cluster", "GET", "/arqon/cluster", SECRETS.read, 403],
    ["a tuner's, for the metrics", "GET", "/metrics", SECRETS.steer, 403],
    ["an unknown tuner", "GET", "/arqon/tuners/chekout", SECRETS.all, 404],
    ["an unknown command", "POST", "/arqon/tuners/checkout/tripp", SECRETS.steer, 404],
    ["a command by GET", "GET", "/arqon/tuners/checkout/trip", SECRETS.steer, 405],
    ["another path", "GET", "/arqon/tuners/a/b/c", SECRETS.all, 404],
    ["a name that cannot be decoded", "GET", "/arqon/tuners/%ff", SECRETS.all, 404],
  ])("refuses %s", async (_what, method, path, token, status) => {
    expect((await ask(method, path, token, method === "POST" ? report() : undefined)).status).toBe(status)
  })

  it.each([
    ["no JSON, by nobody who may", "{", 401],
    ["nothing, by nobody who may", {}, 401],
    ["more than 64 KiB", `"${"x".repeat(70_000)}"`, 413],
    ["another tuner's report", { ...report(), tuner: "search" }, 403],
    ["an unknown tuner's", { ...report(), tuner: "nobody" }, 403],
    ["NaN", { ...report(), seq: null }, 400],
    ["nothing", {}, 400],
    ["a list", [], 400],
    ["no object", "7", 400],
    ["broken JSON", "{", 400],
    ["a tuner that is no text", { ...report(), tuner: 3 }, 400],
    ["an unknown tuner's, malformed", { tuner: "nobody" }, 400],
    ["another table of knobs", { ...report(), table: "other" }, 409],
  ])("refuses as a report: %s", async (_what, body, status) => {
    const token = status === 401 ? "wrong-wrong-wrong-wrong" : SECRETS.report
    const { tuner } = body as { readonly tuner?: string }
    const refused = await ask("POST", "/arqon/report", token, body)
    expect(refused.status).toBe(status)
    // Who may report is told what to do about it.
    if (status === 400) expect(refused.json).toMatchObject({ error: "this is no report" })
    if (status === 400) expect(refused.json["problems"]).not.toEqual([])
    if (status === 403)
      expect(refused.json).toMatchObject({
        error: `the token does not allow this: give one for tuner "${tuner}" with the right report`,
      })
    if (status === 413)
      expect(refused.json).toMatchObject({ problems: [{ suggestion: expect.stringContaining("Merge") }] })
  })

  it("lets pages of its origins report from a browser, and no page do anything else", async () => {
    const asks = async (path: string, origin: string) => {
      const asked = { "access-control-request-method": "POST", origin }
      const { status, headers } = await fetch(`${cluster.url}${path}`, { method: "OPTIONS", headers: asked })
      const allowed = headers.get("access-control-allow-origin")
      return `${status} ${allowed} ${headers.get("access-control-allow-headers")} ${headers.get("vary")}`
    }
    const allowed = `204 ${SHOP} authorization, content-type origin`
    expect(await asks("/arqon/report", SHOP)).toBe(allowed)
    expect(await asks("/arqon/fleets/tenants/report", SHOP)).toBe(allowed)
    expect(await asks("/arqon/report", "https://elsewhere.example")).toBe("204 null null origin")
    expect(await asks("/arqon/tuners/checkout/trip", SHOP)).toMatch(/^40\d null null null$/)
    expect(await asks("/metrics", SHOP)).toMatch(/^40\d null null null$/)
    // A page can read why it was refused.
    const refused = await fetch(`${cluster.url}/arqon/report`, { method: "POST", headers: { origin: SHOP } })
    await refused.text()
    expect(refused.status).toBe(401)
    expect(refused.headers.get("access-control-allow-origin")).toBe(SHOP)
  })

  it("counts what it has answered to reports, refusals included", async () => {
    const count = async (status: number) => {
      const { text } = await ask("GET", "/metrics", SECRETS.all)
      return Number(new RegExp(`reports_total\\{status="${status}"\\} (\\d+)`).exec(text)?.[1] ?? 0)
    }
    const before = [await count(401), await count(413)]
    await ask("POST", "/arqon/report", "wrong-wrong-wrong-wrong", report())
    await ask("POST", "/arqon/report", SECRETS.report, `"${"x".repeat(70_000)}"`)
    expect([await count(401), await count(413)]).toEqual(before.map((n) => n + 1))
  })

  it.each([["{"], [{ by: 1 }], [{ key: "" }], [[1]], [{ note: "x".repeat(1001) }]])(
    "refuses as a command's body: %j",
    async (body) => {
      expect((await ask("POST", "/arqon/tuners/checkout/trip", SECRETS.steer, body)).status).toBe(400)
    },
  )

  it("shows and ends campaigns of a token's tuner, and no others", async () => {
    const config = { budget: 9, bounds: { rate: { min: 0, max: 1 } } }
    const begun = { by: "ada", why: "load", config }
    for (const tuner of ["checkout", "search"])
      await cluster.campaigns.start({ ...begun, name: `of ${tuner}`, tuner, study: tuner })
    const at = (tuner: string, command = "") =>
      `/arqon/campaigns/${encodeURIComponent(`of ${tuner}`)}${command}`
    const word = { by: "bob", why: "not now" }
    expect(await ask("GET", at("checkout"), SECRETS.read)).toMatchObject({
      status: 200,
      json: { state: "studying" },
    })
    expect((await ask("POST", at("checkout", "/cancel"), SECRETS.read, word)).status).toBe(403)
    for (const [token, status] of [
      [null, 401],
      [SECRETS.read, 403],
      [SECRETS.steer, 403],
    ] as const) {
      expect((await ask("GET", at("search"), token)).status).toBe(status)
      expect((await ask("POST", at("search", "/cancel"), token, word)).status).toBe(status)
      expect((await ask("GET", at("nothing"), token)).status).toBe(status)
      expect((await ask("GET", "/arqon/campaigns", token)).status).toBe(status)
      expect((await ask("POST", "/arqon/campaigns", token, { ...begun, name: "x" })).status).toBe(status)
    }
    expect((await ask("GET", "/arqon/campaigns", SECRETS.all)).text).toContain("of search")
    expect((await ask("GET", at("nothing"), SECRETS.all)).status).toBe(404)
    for (const [path, body, status] of [
      ["/cancel", "[]", 400],
      ["/approve", word, 409],
      ["/aprove", word, 404],
      ["", word, 405],
      ["/cancel", { by: "", why: "" }, 400],
      ["/cancel", word, 200],
      ["/cancel", word, 409],
    ] as const)
      expect([path, (await ask("POST", at("checkout", path), SECRETS.steer, body)).status]).toEqual([
        path,
        status,
      ])
  })

  it("speaks TLS where it has a certificate", async () => {
    const tls = selfSigned(folder, "localhost")
    const secure = clusterWith({ gateway: { port: 0, tls } })
    await secure.start()
    const status = await new Promise((resolve, reject) => {
      request(`${secure.url}/healthz`, { ca: tls.cert }, (response) => {
        response.resume()
        resolve(response.statusCode)
      })
        .once("error", reject)
        .end()
    })
    expect(status).toBe(200)
    await secure.stop()
  })

  it.each([
    {
      away: new StorageError({
        reason: "unreachable",
        storage: "PostgreSQL db:5432/x",
        detail: "it cannot be reached.",
      }),
      error: "the database of this runner does not answer, or refuses it",
    },
    {
      away: new ClusterError({
        reason: "unreachable",
        detail: "The owner of checkout cannot be reached (MailboxFull).",
      }),
      error: "the owner of checkout cannot be reached (MailboxFull)",
    },
  ])(
    "passes on that something is away: $error, and when to come again, and not that the request is to blame",
    async ({ away, error }) => {
      const behind = { state: () => "running", status: () => Promise.reject(away) } as unknown as Behind
      const gateway = await openGateway({ port: 0 }, behind)
      const refused = await fetch(`${gateway.url}/arqon/cluster`)
      expect([refused.status, await refused.json()]).toEqual([
        503,
        { error, problems: [], retryAfterMs: 1000 },
      ])
      await gateway.close()
    },
  )

  it("says what is wrong with a report that cannot be sent on to an owner on another runner", () => {
    const sum = Number("1e400")
    const windows = [{ at: [1, 1], n: 5, sum, sum2: 1, errors: 0 }]
    expect(unreadReport({ ...report(), windows })).toMatchObject({
      status: 400,
      body: { problems: [{ path: "windows[0].sum" }] },
    })
    expect(unreadReport(report())).toMatchObject({ status: 503, body: { retryAfterMs: 1000 } })
  })

  it("says that its port is taken, and leaves nothing open", async () => {
    const other = clusterWith({ gateway: { port: Number(new URL(cluster.url ?? "").port) } })
    await expect(other.start()).rejects.toMatchObject({
      _tag: "StorageError",
      message: /cannot listen on port/,
    })
  })
})

describe("the options of a gateway", () => {
  it("must have TLS and tokens off the loopback address, and no token that can be guessed", () => {
    const paths = (options: Parameters<typeof gatewayProblems>[0]) =>
      gatewayProblems(options, ["checkout"]).map(({ path }) => path)
    expect(paths({ port: 7070 })).toEqual([])
    expect(paths({ host: "0.0.0.0", port: 7070 })).toEqual(["gateway.tls", "gateway.tokens"])
    expect(
      paths({
        port: -1,
        tls: { key: "x", cert: "-----BEGIN CERTIFICATE-----" },
        tokens: [{ token: "short", tuner: "chekout", right: "all" as "read" }],
      }),
    ).toEqual([
      "gateway.port",
      "gateway.tls.key",
      "gateway.tokens[0].token",
      "gateway.tokens[0].tuner",
      "gateway.tokens[0].right",
    ])
  })

  it("are refused with a certificate that has ended, has not begun, is another key's or is none, without showing a key", () => {
    const own = selfSigned(folder, "own")
    const other = selfSigned(folder, "other")
    const now = Date.now()
    const day = 86_400_000
    const found = (tls: { key: string; cert: string; ca?: string }, nowMs = now) => {
      const parts = tls.ca === undefined ? (["key", "cert"] as const) : (["key", "cert", "ca"] as const)
      const problems = certificateProblems(["node", "tls"], tls, parts, nowMs)
      expect(JSON.stringify(problems)).not.toContain("PRIVATE KEY")
      return problems.map(({ path, message }) => `${path} ${message}`)
    }
    expect(found({ ...own, ca: own.cert })).toEqual([])
    expect(found({ ...own, ca: own.cert }, now + 2 * day)).toEqual([
      expect.stringMatching(/^node\.tls\.cert must be valid now, and ended on /),
      expect.stringMatching(/^node\.tls\.ca must be valid now, and ended on /),
    ])
    expect(found(own, now - 2 * day)).toEqual([
      expect.stringMatching(/^node\.tls\.cert must be valid now, and begins on /),
    ])
    expect(found({ key: other.key, cert: own.cert })).toEqual([
      "node.tls.key must be the key of this certificate.",
    ])
    expect(found({ key: own.cert, cert: own.key })).toEqual(["node.tls.cert must be a certificate in PEM."])
    expect(found({ key: "x", cert: own.cert, ca: "" })).toEqual([
      "node.tls.key must be a PEM text.",
      "node.tls.ca must be a PEM text.",
    ])
  })

  it("are refused with a certificate of another authority than that of the other runners", () => {
    const root = selfSigned(folder, "root")
    const foreign = selfSigned(folder, "foreign")
    const leaf = signed(folder, "leaf", "root")
    const middle = signed(folder, "middle", "root", true)
    const far = signed(folder, "far", "middle")
    const found = (tls: { key: string; cert: string; ca: string }) =>
      certificateProblems(["node", "tls"], tls, ["key", "cert", "ca"], Date.now()).map(
        ({ path, message }) => `${path} ${message}`,
      )
    expect(found({ ...leaf, ca: root.cert })).toEqual([])
    expect(found({ ...leaf, ca: `${foreign.cert}${root.cert}` })).toEqual([])
    expect(found({ ...far, cert: `${far.cert}${middle.cert}`, ca: root.cert })).toEqual([])
    expect(found({ ...leaf, ca: foreign.cert })).toEqual([
      "node.tls.cert must be of the authority in `ca`: it was issued by CN=root, and `ca` has CN=foreign.",
    ])
    // The one between is missing, or only claims to be of that name.
    expect(found({ ...far, ca: root.cert })).toHaveLength(1)
    const liars = join(folder, "liars")
    mkdirSync(liars)
    expect(found({ ...leaf, ca: selfSigned(liars, "root").cert })).toHaveLength(1)
  })

  it("allow by one token no more than it is for", () => {
    const about = (name: string | null) => (name === null ? null : ({ kind: "tuner", name } as const))
    expect(access([], "", about("checkout"), "steer")).toBe("allowed")
    const given = (token: string, tuner: string | null, right: "report" | "read" | "steer") =>
      access(TOKENS, `Bearer ${token}`, about(tuner), right)
    expect(given(SECRETS.steer, "checkout", "read")).toBe("allowed")
    expect(given(SECRETS.steer, "search", "read")).toBe("forbidden")
    expect(given(SECRETS.all, null, "read")).toBe("allowed")
    expect(given(SECRETS.report, null, "report")).toBe("forbidden")
    expect(given("", null, "read")).toBe("unknown")
  })
})

describe("a runner whose loop lags", () => {
  it("refuses reports for a second after it was more than 200 ms behind", () => {
    const lag = new LoopLag()
    lag.note(200, 1000)
    expect(lag.shedsForMs(1000)).toBe(0)
    lag.note(250, 1000)
    expect([lag.shedsForMs(1000), lag.shedsForMs(1900), lag.shedsForMs(2000)]).toEqual([1000, 100, 0])
    expect(lag.mostMs).toBe(250)
  })
})
