/** Keys of a cluster's fleet as people meet them: commands from the program and over HTTP, once for their word, and records in sinks. */
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import * as Effect from "effect/Effect"
import { setTimeout as sleep } from "node:timers/promises"
import { afterAll, describe, expect, it } from "vitest"
import { type AccessToken, createCluster, sqlite } from "../../src/cluster/index.ts"
import type { AuditRecord } from "../../src/domain/AuditRecord.ts"
import { followFleet } from "../../src/replica/index.node.ts"
import { PLANT } from "./Troop.ts"

const folder = mkdtempSync(join(tmpdir(), "arqon-keys-"))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const TOKENS: ReadonlyArray<AccessToken> = [
  { token: "steer-steer-steer", fleet: "tenants", right: "steer" },
  { token: "read-read-read-read", fleet: "*", right: "read" },
  { token: "other-other-other", fleet: "routes", right: "steer" },
  { token: "report-report-report", fleet: "tenants", right: "report" },
]

const clusterOver = (file: string, kept: Array<AuditRecord> = [], closed = { times: 0 }) =>
  createCluster({
    storage: sqlite(file),
    gateway: { port: 0, tokens: TOKENS },
    fleets: {
      tenants: {
        engine: { ...PLANT.engine, startIsBaseline: false },
        buckets: 4,
        sinks: [
          {
            name: "kept",
            write: (batch) => Effect.sync(() => void kept.push(...batch)),
            close: Effect.sync(() => void closed.times++),
          },
        ],
      },
      routes: { engine: PLANT.engine, buckets: 1 },
    },
  })

describe("a key of a fleet", () => {
  it("takes commands once for their word, keeps them over a stop, and has them in its records with who and why", async () => {
    const file = join(folder, "keys.db")
    const [kept, closed] = [[] as Array<AuditRecord>, { times: 0 }]
    const first = clusterOver(file, kept, closed)
    await first.start()
    const acme = first.fleet("tenants").key("acme")
    const done = await acme.trip({ by: "ada", note: "a release", key: "t" })
    expect(done).toMatchObject({ key: "t", command: "trip", by: "ada", refused: null, epoch: 1 })
    expect(await acme.trip({ key: "t" })).toEqual(done)
    // The word of one key is not the word of another.
    expect(await first.fleet("tenants").key("beta").rollback({ key: "t" })).toMatchObject({
      refused: "noBaseline",
    })
    await first.stop()
    expect(closed.times).toBe(1)
    expect(kept.find(({ kind }) => kind === "safeModeEntered")).toMatchObject({
      run: "tenants-1/acme",
      note: "by ada: a release",
    })

    const second = clusterOver(file)
    await second.start()
    expect(await second.fleet("tenants").key("acme").status()).toMatchObject({
      key: "acme",
      commands: [done],
    })
    await second.stop()
  })

  it("is looked at and steered over the gateway by who may", async () => {
    const cluster = clusterOver(join(folder, "gateway.db"))
    await cluster.start()
    const ask = async (method: string, path: string, token: string, body?: object) => {
      const response = await fetch(`${cluster.url}/arqon/fleets/${path}`, {
        method,
        headers: { authorization: `Bearer ${token}` },
        ...(body && { body: JSON.stringify(body) }),
      })
      return { status: response.status, json: (await response.json()) as object }
    }
    const [steer, read, other] = TOKENS.map(({ token }) => token)
    const told = await ask("POST", "tenants/keys/a%2Fb/trip", steer, { by: "ada", key: "t" })
    expect(told).toMatchObject({ status: 200, json: { command: "trip", by: "ada", refused: null } })
    expect(await ask("POST", "tenants/keys/a%2Fb/trip", steer, { key: "t" })).toEqual(told)
    expect(await ask("GET", "tenants/keys/a%2Fb", read)).toMatchObject({
      status: 200,
      json: { key: "a/b", safeMode: "manualTrigger", values: { rate: 0.2 }, commands: [{ key: "t" }] },
    })
    expect(await ask("POST", "tenants/keys/a/rollback", steer)).toMatchObject({
      status: 409,
      json: { error: expect.stringContaining("no baseline"), done: { refused: "noBaseline" } },
    })
    for (const [method, path, token, status] of [
      ["GET", "tenants/keys/a", "wrong-wrong-wrong", 401],
      ["GET", "tenants/keys/a", other, 403],
      ["POST", "tenants/keys/a/trip", read, 403],
      ["GET", "tenantz/keys/a", read, 404],
      ["POST", "tenants/keys/a/tripp", steer, 404],
      ["POST", "tenants/keys/a", steer, 405],
      ["GET", "tenants/keys/a/trip", steer, 405],
      ["GET", "tenants/keys/%ff", read, 404],
      ["GET", "tenants/kees/a", read, 404],
    ] as const)
      expect([path, (await ask(method, path, token)).status]).toEqual([path, status])
    expect(await ask("POST", "tenants/keys/a/trip", steer, { note: "x".repeat(70_000) })).toMatchObject({
      status: 413,
      json: {
        error: "the body of /arqon/fleets/tenants/keys/a/trip is too large",
        problems: [{ message: expect.stringContaining("65536 bytes") }],
      },
    })
    await cluster.stop()
  })

  it("is tuned from another process over the gateway, with every loss counted and every refusal said", async () => {
    const cluster = clusterOver(join(folder, "outside.db"))
    await cluster.start()
    const url = cluster.url ?? ""
    const { params } = PLANT.engine
    const outside = followFleet({
      fleet: "tenants",
      at: ["http://127.0.0.1:1", url],
      token: "report-report-report",
      params,
    })
    const acme = outside.follow("acme")
    expect({ ...acme.values }).toEqual({ rate: 0.2, share: 0.9 })
    const until = async (holds: () => boolean) => {
      for (; !holds(); await sleep(20)) acme.observe({ objective: acme.values.rate })
    }
    await until(() => acme.state === "following" && acme.at[1] > 0 && outside.counts().taken > 0)
    // What no gateway would read costs the others nothing.
    outside.observe("", { objective: 1 })
    outside.observe("acme", { objective: Number.NaN, latencyP99Us: 1 })
    outside.observe("acme", { objective: 1, latencyP99Us: Number.NaN, timestampUs: 9e15 })
    await outside.flush()
    expect(outside.counts()).toMatchObject({ invalid: 2, full: 0, dropped: 0 })
    expect(outside.failure()).toBeNull()
    expect((await cluster.fleet("tenants").bucket("acme"))?.taken).toBe(outside.counts().taken)
    const post = async (body: object, token = "report-report-report", fleet = "tenants") => {
      const response = await fetch(`${url}/arqon/fleets/${fleet}/report`, {
        method: "POST",
        headers: { authorization: `Bearer ${token}` },
        body: JSON.stringify(body),
      })
      return { status: response.status, json: (await response.json()) as object }
    }
    const whole = { protocol: 1, table: "0", digests: [], follow: [] }
    expect(await post({ ...whole, digests: [{ key: "", objective: null }], follow: [1] })).toMatchObject({
      status: 400,
      json: {
        problems: [{ path: "digests[0].key" }, { path: "digests[0].objective" }, { path: "follow[0]" }],
      },
    })
    expect(await post(whole)).toMatchObject({ status: 409, json: { problems: [{ path: "table" }] } })
    expect(await post(whole, "steer-steer-steer")).toMatchObject({ status: 403 })
    expect(await post(whole, "read-read-read-read", "nobody")).toMatchObject({ status: 403 })
    const other = followFleet({
      fleet: "routes",
      at: [url],
      token: "other-other-other",
      params: { x: { min: 0, max: 1 } },
    })
    other.observe("a", { objective: 1 })
    await other.flush()
    expect(other.counts().unreachable).toBe(1)
    expect(other.failure()).toBe(
      'the tuner answered 403: the token does not allow this: give one for fleet "routes" with the right report',
    )
    await Promise.all([outside.stop(), other.stop(), cluster.stop()])
  })

  it("is followed from outside with options that make sense, or not at all", () => {
    const refused = () =>
      followFleet({
        fleet: "a b",
        at: ["ftp://x"],
        token: "\n",
        params: { x: { min: 2, max: 1 } },
        nam: 1,
      } as never)
    expect(refused).toThrow(
      expect.objectContaining({
        problems: ["at[0]", "fleet", "nam", "params.x", "token"].map((path) =>
          expect.objectContaining({ path: expect.stringContaining(path) }),
        ),
      }),
    )
  })

  it("is refused to tokens for a fleet that is not there, or for nothing", () => {
    const tokens = [
      { token: "steer-steer-steer", fleet: "tenantz", right: "read" },
      { token: "steer-steer-steer", right: "read" },
      { token: "steer-steer-steer", tuner: "*", fleet: "tenants", right: "read" },
    ] as const
    expect(() =>
      createCluster({ gateway: { port: 0, tokens }, fleets: { tenants: { engine: PLANT.engine } } }),
    ).toThrow(
      expect.objectContaining({
        problems: [
          expect.objectContaining({ path: "gateway.tokens[0].fleet" }),
          expect.objectContaining({ path: "gateway.tokens[1]" }),
          expect.objectContaining({ path: "gateway.tokens[2]" }),
        ],
      }),
    )
  })
})
