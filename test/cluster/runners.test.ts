/** Two runners over a real PostgreSQL, in one process: how they know each other, and what they refuse of each other. */
import { mkdtempSync, rmSync } from "node:fs"
import { once } from "node:events"
import { type AddressInfo, connect as connectPlain, createServer } from "node:net"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { setTimeout as sleep } from "node:timers/promises"
import { connect } from "node:tls"
import * as RunnerAddress from "effect/cluster/RunnerAddress"
import { RunnerStorage } from "effect/cluster/RunnerStorage"
import * as ShardId from "effect/cluster/ShardId"
import * as ShardingConfig from "effect/cluster/ShardingConfig"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import { SqlClient } from "effect/sql/SqlClient"
import { afterAll, beforeAll, expect, it } from "vitest"
import { createCluster, postgres } from "../../src/cluster/index.ts"
import { Epochs } from "../../src/cluster/Epochs.ts"
import { claim, endAll } from "../../src/cluster/owners.ts"
import { runnerStorage, shardingConfig } from "../../src/cluster/runners.ts"
import { migrate } from "../../src/cluster/Storage.ts"
import { StorageError } from "../../src/cluster/StorageError.ts"
import { freePort } from "../adapters/freePort.ts"
import { startPostgres } from "../adapters/startPostgres.ts"
import { selfSigned } from "./selfSigned.ts"
import { PLANT } from "./Troop.ts"

const LOCKS = { expirationMs: 3000, refreshMs: 1000 }
/** So many that two runners always have some each: their places come from their ports, and six fell to one in 2 % of all pairs. */
const TUNERS = Object.fromEntries(Array.from({ length: 24 }, (_, i) => [`tuner-${i}`, PLANT]))

let server: Awaited<ReturnType<typeof startPostgres>>
let folder: string
let url: string
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "arqon-runners-"))
  server = await startPostgres()
  url = `postgres://arqon@127.0.0.1:${server.port}/postgres`
  await Effect.runPromise(migrate(postgres({ url })))
})
afterAll(async () => {
  await server.stop()
  rmSync(folder, { recursive: true })
})

/** What is said to whoever connects to a runner and speaks: nothing, and the connection ends. */
const heard = (socket: ReturnType<typeof connectPlain>): Promise<string> =>
  new Promise((resolve) => {
    let text = ""
    socket.on("data", (piece: Uint8Array) => (text += String(piece)))
    socket.on("error", () => undefined)
    socket.once("close", () => resolve(text))
    socket.write('{"_tag":"Ping"}\n')
  })

it("speak over mutual TLS, reach each other's tuners, and answer nobody with another authority or without", async () => {
  const own = selfSigned(folder, "arqon")
  const foreign = selfSigned(folder, "foreign")
  const ports = [await freePort(), await freePort()]
  const runners = ports.map((port) =>
    createCluster({
      storage: postgres({ url }),
      node: { host: "127.0.0.1", port, tls: { ...own, ca: own.cert } },
      locks: LOCKS,
      tuners: TUNERS,
    }),
  )
  try {
    await Promise.all(runners.map((runner) => runner.start()))
    const epochsOf = (i: number) =>
      Promise.all(Object.keys(TUNERS).map(async (name) => (await runners[i].tuner(name).status()).epoch))
    let owners: ReadonlyArray<string> = []
    for (; new Set(owners).size < 2; await sleep(50)) {
      await epochsOf(0)
      owners = (await runners[0].status()).owners.map(({ runner }) => runner)
    }
    expect(await epochsOf(0)).toEqual(await epochsOf(1))
    const at = { host: "127.0.0.1", port: ports[0] }
    expect(await heard(connect({ ...at, ...foreign, ca: own.cert }))).toBe("")
    expect(await heard(connect({ ...at, ca: own.cert }))).toBe("")
    expect(await heard(connectPlain(at))).toBe("")
    // Who has a certificate of the authority is let in, so that the silence above is for want of one.
    const welcome = connect({ ...at, ...own, ca: own.cert })
    const open = await new Promise((resolve) => {
      welcome.once("secureConnect", () => setTimeout(() => resolve(!welcome.destroyed), 200))
      welcome.once("close", () => resolve(false))
    })
    welcome.destroy()
    expect(open).toBe(true)
  } finally {
    await Promise.all(runners.map((runner) => runner.stop()))
  }
}, 30_000)

it("are refused the address of another one, on this machine or where its name leads to", async () => {
  const other = createServer().listen(0, "127.0.0.1")
  await once(other, "listening")
  const { port } = other.address() as AddressInfo
  const runner = createCluster({
    storage: postgres({ url }),
    node: { host: "127.0.0.1", listen: "127.0.0.2", port },
    locks: LOCKS,
    tuners: TUNERS,
  })
  const error = await runner.start().then(
    () => null,
    (cause: unknown) => cause,
  )
  expect(error).toBeInstanceOf(StorageError)
  expect((error as StorageError).message).toBe(
    `This runner: node.host and node.port must be its own: another process answers on 127.0.0.1:${port} already. Give every runner an address under which only it is reached.`,
  )
  await runner.stop()
  other.close()
}, 30_000)

it("give locks back in one statement, after which another runner gets them, and keep the others", async () => {
  const storageOf = (port: number) =>
    runnerStorage.pipe(
      Layer.provide(
        ShardingConfig.layer({
          ...shardingConfig(LOCKS),
          runnerAddress: Option.some(RunnerAddress.make("127.0.0.1", port)),
        }),
      ),
      Layer.provide(postgres({ url }).connect),
      Layer.fresh,
      Layer.build,
      Effect.map(Context.get(RunnerStorage)),
    )
  await Effect.gen(function* () {
    const sql = yield* SqlClient
    const locks = Effect.map(
      sql<{ objid: unknown; query: string }>`
          SELECT objid, query FROM pg_locks JOIN pg_stat_activity USING (pid)
          WHERE locktype = 'advisory' AND granted ORDER BY objid`,
      (rows) => ({ numbers: rows.map(({ objid }) => Number(objid)), last: rows.at(-1)?.query }),
    )
    const addresses = [1, 2].map((port) => RunnerAddress.make("127.0.0.1", port))
    const shards = Array.from({ length: 6 }, (_, i) => ShardId.make("default", i + 1))
    const [one, two] = [yield* storageOf(1), yield* storageOf(2)]
    expect(yield* one.acquire(addresses[0], shards)).toHaveLength(6)
    expect(yield* two.acquire(addresses[1], shards.slice(0, 4))).toEqual([])
    yield* Effect.all(
      shards.slice(0, 5).map((shard) => one.release(addresses[0], shard)),
      { concurrency: "unbounded" },
    )
    expect(new Set(yield* two.acquire(addresses[1], shards.slice(0, 4)))).toEqual(new Set(shards.slice(0, 4)))
    const { numbers, last } = yield* locks
    expect(numbers).toEqual([1, 2, 3, 4, 6].map((id) => 1_000_000 + id))
    // Its last one, and only once: the others were given back with it.
    expect(last).toMatch(/^WITH held.*1000001, 1000002, 1000003, 1000004, 1000005\)/s)
    expect(yield* one.refresh(addresses[0], shards)).toEqual([shards[5]])
  }).pipe(Effect.scoped, Effect.provide(postgres({ url }).connect), Effect.runPromise)
}, 30_000)

it("trust a new owner only once the last one is silent: where it has not said that it ended and its runner is there, after six tenths of the locks' life", async () => {
  const thing = (name: string) => ({ kind: "tuner", name }) as const
  await Effect.gen(function* () {
    const sql = yield* SqlClient
    const isThere = (address: string, secondsAgo: number) => sql`
      INSERT INTO arqon_runners (address, runner, last_heartbeat, healthy)
      VALUES (${address}, '{}', NOW() - make_interval(secs => ${secondsAgo}), true)
      ON CONFLICT (address) DO UPDATE SET last_heartbeat = excluded.last_heartbeat`
    const first = yield* claim(sql, thing("a"), "10.0.0.1:1 x", 15_000)
    expect(first.mayBeAnswered).toBe(false)
    yield* isThere("10.0.0.1:1", 3)
    // Its lock was lost, and its runner does not know it yet.
    expect((yield* claim(sql, thing("a"), "10.0.0.2:1 y", 15_000)).mayBeAnswered).toBe(true)
    yield* isThere("10.0.0.2:1", 3)
    // Another start of the same runner: the one before is gone.
    expect((yield* claim(sql, thing("a"), "10.0.0.2:1 z", 15_000)).mayBeAnswered).toBe(false)
    yield* endAll(sql, [{ ...thing("a"), epoch: 2 }])
    expect((yield* claim(sql, thing("a"), "10.0.0.1:1 x", 15_000)).mayBeAnswered).toBe(true)
    yield* endAll(sql, [{ ...thing("a"), epoch: 4 }])
    expect((yield* claim(sql, thing("a"), "10.0.0.2:1 z", 15_000)).mayBeAnswered).toBe(false)
    // A runner that was killed or frozen is in the list for as long as its locks live.
    yield* isThere("10.0.0.2:1", 16)
    expect((yield* claim(sql, thing("a"), "10.0.0.1:1 x", 15_000)).mayBeAnswered).toBe(false)

    const owning = (name: string) =>
      Effect.scoped(
        Effect.gen(function* () {
          const { own } = yield* Epochs
          const { trusted, end } = yield* own(thing(name))
          const isTrusted = trusted()
          yield* end
          return isTrusted
        }),
      ).pipe(Effect.provide(Epochs.layer({ runner: "10.0.0.3:1 w", expirationMs: 15_000 })))
    expect(yield* owning("a")).toBe(false)
    expect(yield* owning("a")).toBe(true)
  }).pipe(Effect.scoped, Effect.provide(postgres({ url }).connect), Effect.runPromise)
}, 30_000)
