/** The embedded form as a user has it: one process, a file of SQLite, real time; and what is refused before anything begins. */
import { linkSync, mkdirSync, mkdtempSync, rmSync, symlinkSync } from "node:fs"
import { createServer, Server } from "node:net"
import { tmpdir } from "node:os"
import { join } from "node:path"
import * as Effect from "effect/Effect"
import { afterAll, describe, expect, it, vi } from "vitest"
import { ClusterError, type ClusterOptions, createCluster, sqlite } from "../../src/cluster/index.ts"
import { effectProblems, effectVersion } from "../../src/cluster/node/effectVersion.ts"
import { freePort } from "../adapters/freePort.ts"
import { bowl, PLANT } from "./Troop.ts"

const folder = mkdtempSync(join(tmpdir(), "arqon-cluster-"))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const QUICK = { ...PLANT, replicas: { reportMs: 100, windowMs: 1000, minSamples: 1 } }
const clusterOn = (file: string) =>
  createCluster({ storage: sqlite(join(folder, file)), tuners: { checkout: QUICK } })

/** What `createCluster` refuses, as lines. */
function refusals(options: unknown): ReadonlyArray<string> {
  try {
    createCluster(options as ClusterOptions)
    return []
  } catch (error) {
    const { problems } = error as { problems: ReadonlyArray<{ path: string; message: string }> }
    return problems.map(({ path, message }) => `${path} ${message}`)
  }
}

const until = async (holds: () => Promise<boolean>): Promise<void> => {
  while (!(await holds())) await new Promise((resolve) => setTimeout(resolve, 20))
}

describe("createCluster", () => {
  it("tunes replicas of its own process, keeps what people asked of it, and goes on after a stop", async () => {
    const first = clusterOn("one.db")
    await first.start()
    const replicas = [0, 1, 2, 3].map((i) => first.replica("checkout", { name: `replica-${i}` }))
    await Promise.all(replicas.map((replica) => replica.start()))
    const measuring = setInterval(() => {
      for (const { values, observe } of replicas)
        observe({ objective: bowl(values["rate"], values["share"]) })
    }, 2)
    const tuner = first.tuner("checkout")
    await until(async () => (await tuner.status()).cycles >= 2)
    const done = await tuner.pause({ by: "ada", note: "look", key: "p" })
    expect(done).toMatchObject({ key: "p", command: "pause", by: "ada", note: "look", epoch: 1 })
    expect(await tuner.pause({ key: "p" })).toEqual(done)
    const { base } = await tuner.status()
    expect((await tuner.replicas()).map(({ replica }) => replica).toSorted()).toEqual(
      replicas.map((_, i) => `replica-${i}`),
    )
    expect((await tuner.replicas()).some(({ weight }) => weight !== null && weight > 0)).toBe(true)
    clearInterval(measuring)
    await Promise.all(replicas.map((replica) => replica.stop()))
    await first.stop()

    const second = clusterOn("one.db")
    await second.start()
    expect(await second.tuner("checkout").status()).toMatchObject({ epoch: 2, base, safeMode: null })
    expect(await second.tuner("checkout").commands()).toEqual([done])
    expect((await second.status()).owners).toMatchObject([{ kind: "tuner", name: "checkout", epoch: 2 }])
    const { nowMs, turns } = await second.tuner("checkout").owners()
    expect(turns).toMatchObject([
      { epoch: 1, began: "first", leftMs: null },
      { epoch: 2, began: "wentOn", endedMs: null },
    ])
    const [one, two] = turns
    const order = [one.sinceMs, two.leftMs, one.endedMs, two.sinceMs, nowMs].map((ms) => ms ?? Number.NaN)
    expect(order.every(Number.isFinite)).toBe(true)
    expect(order).toEqual(order.toSorted((a, b) => a - b))
    expect(two.runner).toBe((await second.status()).runner)
    await second.stop()
  })

  it("refuses a second process on one file, and leaves the first alone", async () => {
    const first = clusterOn("two.db")
    await first.start()
    const second = clusterOn("two.db")
    await expect(second.start()).rejects.toMatchObject({ _tag: "StorageError", reason: "locked" })
    expect((await first.tuner("checkout").status()).epoch).toBe(1)
    await first.stop()
  })

  // The lock used to lie beside the path as it was given, so each path to one file had a lock of its own.
  it("refuses a second process whose path leads to the same file over a link, whether the file is there yet or not", async () => {
    for (const part of ["shared", "rel-1", "rel-2"]) mkdirSync(join(folder, part))
    symlinkSync("../shared/linked.db", join(folder, "rel-1/arqon.db"))
    symlinkSync("../rel-1/arqon.db", join(folder, "rel-2/arqon.db"))
    symlinkSync(join(folder, "shared"), join(folder, "current"))
    const first = clusterOn("rel-1/arqon.db")
    await first.start()
    for (const path of ["rel-1/arqon.db", "rel-2/arqon.db", "current/linked.db", "shared/linked.db"])
      await expect(clusterOn(path).start()).rejects.toMatchObject({ _tag: "StorageError", reason: "locked" })
    await first.stop()
    const second = clusterOn("shared/linked.db")
    await second.start()
    await expect(clusterOn("rel-2/arqon.db").start()).rejects.toMatchObject({ reason: "locked" })
    await second.stop()
  })

  it("refuses a file that has a second name, because the other name has a lock of its own", async () => {
    const first = clusterOn("named.db")
    await first.start()
    await first.stop()
    linkSync(join(folder, "named.db"), join(folder, "other.db"))
    await expect(clusterOn("other.db").start()).rejects.toMatchObject({
      _tag: "StorageError",
      reason: "failed",
      detail: expect.stringMatching(/hard link[^]*Remove the other name/),
    })
  })

  it("tunes keys of a fleet, reads the knobs of followed ones locally, and keeps them over a stop", async () => {
    const fleets = {
      tenants: { engine: { ...PLANT.engine, window: { digests: 4, us: 100_000 } }, buckets: 2 },
    }
    const clusterOf = () => createCluster({ storage: sqlite(join(folder, "fleet.db")), fleets })
    const first = clusterOf()
    await first.start()
    const tenants = first.fleet("tenants")
    const acme = tenants.follow("acme")
    expect({ ...acme.values }).toEqual({ rate: 0.2, share: 0.9 })
    const measuring = setInterval(() => {
      acme.observe({ objective: bowl(acme.values["rate"], acme.values["share"]) })
      tenants.observe("beta", { objective: 1 })
    }, 5)
    await until(() => Promise.resolve(acme.state === "following" && acme.at[1] > 2))
    clearInterval(measuring)
    await tenants.flush()
    expect(tenants.counts()).toMatchObject({ full: 0, invalid: 0, dropped: 0, unreachable: 0 })
    expect(tenants.counts().taken).toBeGreaterThan(10)
    expect(await tenants.bucket("acme")).toMatchObject({ epoch: 1, full: 0 })
    expect(() => first.fleet("tenant")).toThrow(/Did you mean/)
    const [, generation] = acme.at
    await first.stop()

    const second = clusterOf()
    await second.start()
    const again = second.fleet("tenants").follow("acme")
    await until(() => Promise.resolve(again.at[0] === 2))
    expect(again.at[1]).toBeGreaterThan(generation)
    await second.stop()
  })

  it("serves while it drains, is not ready then, and ends with the last of its gateway", async () => {
    const cluster = createCluster({
      storage: sqlite(":memory:"),
      gateway: { port: 0 },
      tuners: { checkout: QUICK },
    })
    await cluster.start()
    const url = cluster.url ?? ""
    const statusOf = async (path: string, init?: RequestInit) => (await fetch(`${url}${path}`, init)).status
    const drain = (body: string) => statusOf("/arqon/cluster/drain", { method: "POST", body })
    expect(await statusOf("/readyz")).toBe(200)
    expect(await drain('{"waitMs":-1}')).toBe(400)
    await expect(cluster.drain(1e9)).rejects.toMatchObject({ problems: [{ path: "waitMs" }] })
    expect(await statusOf("/readyz")).toBe(200)
    expect(await drain('{"waitMs":60000}')).toBe(202)
    expect(await statusOf("/readyz")).toBe(503)
    expect(await statusOf("/healthz")).toBe(200)
    expect(await cluster.status()).toMatchObject({ state: "draining" })
    expect(await cluster.tuner("checkout").status()).toMatchObject({ epoch: 1 })
    // Asked again, it does not wait for the rest of the minute.
    await cluster.drain()
    await cluster.ended
    await expect(fetch(`${url}/healthz`)).rejects.toThrow()
    await expect(cluster.status()).rejects.toThrow("stopped")
  })

  it("lists every problem of its options at once", () => {
    expect(
      refusals({
        tunrs: {},
        tuners: {
          "a b": { engine: { params: { x: { min: 2, max: 1 } } } },
          c: { engine: { params: {} }, replicas: { leaseMs: 1 } },
        },
        node: { host: "10.0.0.1", port: 0, tls: undefined },
        locks: { expirationMs: 1, refreshMs: 9 },
      }),
    ).toEqual([
      expect.stringMatching(/^locks.expirationMs must be from/),
      expect.stringMatching(/^locks.refreshMs must be/),
      expect.stringMatching(/^node.port must be a port/),
      expect.stringMatching(/^node.tls is missing: without it/),
      expect.stringMatching(/^tuners.c.engine.params /),
      expect.stringMatching(/^tuners.c.replicas.leaseMs /),
      expect.stringMatching(/^tuners\["a b"\].engine.params.x/),
      expect.stringMatching(/^tunrs is not an option/),
    ])
    expect(["4.1.0", "4.1.12", "4.1.3-beta.1", null].flatMap(effectProblems)).toEqual([])
    for (const version of ["4.0.9", "4.1.0-rc.2", "4.2.0", "5.1.0"])
      expect(effectProblems(version)).toEqual([
        {
          path: "effect",
          message: `must be >=4.1.0 <4.2 for a cluster, and ${version} is installed.`,
          suggestion: 'Run: npm install "effect@>=4.1.0 <4.2"',
        },
      ])
    expect(effectVersion()).toMatch(/^4\.1\./)
    expect(refusals({ tuners: {} })).toEqual([
      "tuners must have at least one tuner by its name, or `fleets` a fleet.",
    ])
    expect(refusals({ fleets: { a: { engine: PLANT.engine, buckets: 0 } } })).toEqual([
      "fleets.a.buckets must be a whole number from 1 to 65536.",
    ])
    expect(() => clusterOn("three.db").tuner("chekout" as "checkout")).toThrow(/Did you mean/)
  })
})

describe("a cluster that is stopped while it starts", () => {
  it("closes the gateway that opens meanwhile", async () => {
    const cluster = createCluster({
      storage: sqlite(":memory:"),
      gateway: { port: 0 },
      tuners: { checkout: QUICK },
    })
    const { listen } = Server.prototype
    let stopping = Promise.resolve()
    const spied = vi.spyOn(Server.prototype, "listen").mockImplementationOnce(function (
      this: Server,
      ...all
    ) {
      stopping = Promise.resolve().then(cluster.stop)
      return Reflect.apply(listen, this, all)
    })
    await expect(cluster.start()).rejects.toMatchObject({ _tag: "ClusterError", reason: "notRunning" })
    spied.mockRestore()
    await stopping
    expect(cluster.url).toMatch(/^http:/)
    await expect(fetch(`${cluster.url}/healthz`)).rejects.toThrow()
  })

  it("does not start", async () => {
    const cluster = clusterOn("early.db")
    const starting = cluster.start()
    await cluster.stop()
    await expect(starting).rejects.toThrow(ClusterError)
    await expect(cluster.status()).rejects.toThrow("The cluster is stopped.")
  })
})

// One runtime was made for good: it remembered its first failure, and whoever called `start` once more was told that all was well.
describe("the start of a cluster", () => {
  const STOPPED = { _tag: "ClusterError", reason: "notRunning", message: /stopped.*create another one/ }

  it("that has failed at its storage is tried again by the next call", async () => {
    const first = clusterOn("again.db")
    await first.start()
    const second = clusterOn("again.db")
    for (const _ of [1, 2]) await expect(second.start()).rejects.toMatchObject({ reason: "locked" })
    await expect(second.status()).rejects.toThrow("The cluster is idle.")
    await first.stop()
    await second.start()
    expect(await second.status()).toMatchObject({ state: "running" })
    expect(await second.tuner("checkout").status()).toMatchObject({ epoch: 1 })
    await second.stop()
  })

  it("that has failed at the port of its gateway leaves nothing open, and is tried again by the next call", async () => {
    const taken = createServer()
    const port = await freePort()
    await new Promise<void>((resolve) => taken.listen(port, "127.0.0.1", resolve))
    const wrote: Array<unknown> = []
    let closed = 0
    const sink = {
      name: "counting",
      write: (records: ReadonlyArray<unknown>) => Effect.sync(() => void wrote.push(...records)),
      close: Effect.sync(() => void closed++),
    }
    const storage = sqlite(join(folder, "port.db"))
    const fleets = { tenants: { engine: PLANT.engine, buckets: 1, sinks: [sink] } }
    const cluster = createCluster({ storage, gateway: { port }, tuners: { checkout: QUICK }, fleets })
    for (const _ of [1, 2])
      await expect(cluster.start()).rejects.toMatchObject({
        _tag: "StorageError",
        detail: expect.stringMatching(/cannot listen on port/),
      })
    expect(cluster.url).toBeNull()
    await expect(cluster.status()).rejects.toThrow("The cluster is idle.")
    // Nobody holds the file.
    const other = clusterOn("port.db")
    await other.start()
    await other.stop()
    await new Promise((resolve) => taken.close(resolve))
    await cluster.start()
    expect((await fetch(`${cluster.url}/readyz`)).status).toBe(200)
    await cluster.fleet("tenants").key("acme").trip()
    expect(closed).toBe(0)
    await cluster.stop()
    expect(wrote.length).toBeGreaterThan(0)
    expect(closed).toBe(1)
  })

  it("is one for all calls, and has nothing to do while the cluster runs", async () => {
    const cluster = clusterOn("once.db")
    await Promise.all([cluster.start(), cluster.start()])
    expect(await cluster.status()).toMatchObject({ state: "running" })
    await cluster.start()
    expect(await cluster.tuner("checkout").status()).toMatchObject({ epoch: 1 })
    const draining = cluster.drain(60_000)
    await expect(cluster.start()).rejects.toThrow(/draining.*create another one/)
    await cluster.stop()
    await draining
    await expect(cluster.start()).rejects.toMatchObject(STOPPED)
  })

  it("is refused after a stop, also where it never ran and where a start has failed before", async () => {
    const fresh = clusterOn("fresh.db")
    await fresh.stop()
    await expect(fresh.start()).rejects.toMatchObject(STOPPED)
    const first = clusterOn("held.db")
    await first.start()
    const second = clusterOn("held.db")
    const failing = second.start()
    await expect(failing).rejects.toMatchObject({ reason: "locked" })
    await second.stop()
    await second.ended
    await first.stop()
    await expect(second.start()).rejects.toMatchObject(STOPPED)
  })
})
