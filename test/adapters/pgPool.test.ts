import pg from "pg"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { attach } from "../../src/adapters/Adapter.ts"
import { pgPoolSize } from "../../src/adapters/pgPool.ts"
import { FakeEngine, until } from "./FakeEngine.ts"
import { startPostgres } from "./startPostgres.ts"

let server: Awaited<ReturnType<typeof startPostgres>>
beforeAll(async () => {
  server = await startPostgres()
})
afterAll(() => server.stop())

describe("a pool of node-postgres", () => {
  it("has as many clients as the knob says, up and down, and is measured", async () => {
    const pool = new pg.Pool({
      host: "127.0.0.1",
      port: server.port,
      user: "arqon",
      database: "postgres",
      max: 2,
    })
    // The pool says that it has ended before its connections have: the server must outlive them.
    let open = 0
    pool.on("connect", (client) => {
      open++
      client.once("end", () => open--)
    })
    const adapter = pgPoolSize(pool, { digest: { everyCount: 3, everyUs: 1_000 } })
    const engine = new FakeEngine(adapter)
    expect(engine.values.poolSize).toBe(2)
    const attached = attach(engine, adapter)

    const held: Array<pg.PoolClient> = []
    const all = Array.from({ length: 8 }, () => pool.connect().then((client) => held.push(client)))
    await until(() => held.length === 2)
    expect(pool.waitingCount).toBe(6)
    // Those who wait already get the new ones.
    engine.set({ poolSize: 5 })
    await until(() => held.length === 5)
    expect(pool.totalCount).toBe(5)
    expect(adapter.meter.inFlight).toBe(5)

    engine.set({ poolSize: 3 })
    for (let served = 0; served < 8; served++) {
      await until(() => held.length > 0)
      const client = held.shift()
      const { rows } = (await client?.query("select 6 * 7 as answer")) ?? { rows: [] }
      expect(rows).toEqual([{ answer: 42 }])
      client?.release()
      expect(pool.totalCount).toBeLessThanOrEqual(Math.max(3, 5 - served))
    }
    await Promise.all(all)
    await until(() => pool.totalCount <= 3 && pool.idleCount === pool.totalCount)
    expect(adapter.meter.inFlight).toBe(0)

    // Back at its size it keeps its clients, and queries are measured without being wrapped.
    const before = pool.totalCount
    for (let i = 0; i < 50; i++) await pool.query("select 1")
    expect(pool.totalCount).toBe(before)
    expect(engine.digests.length).toBeGreaterThan(0)
    await expect(pool.query("no sql")).rejects.toThrow("syntax")
    expect(adapter.meter.inFlight).toBe(0)
    attached.stop()
    await pool.end()
    await until(() => open === 0)
  })

  it("counts refused connections and timed-out waits as failures", async () => {
    const full = await startPostgres(["max_connections=5", "superuser_reserved_connections=0"])
    const pool = new pg.Pool({
      host: "127.0.0.1",
      port: full.port,
      user: "arqon",
      database: "postgres",
      max: 8,
      connectionTimeoutMillis: 2_000,
    })
    pool.on("error", () => undefined)
    const adapter = pgPoolSize(pool)
    const engine = new FakeEngine(adapter)
    attach(engine, adapter)
    const told: Array<boolean> = []
    const end = adapter.meter.end.bind(adapter.meter)
    adapter.meter.end = (work, ok) => {
      told.push(ok)
      end(work, ok)
    }
    const clients: Array<pg.PoolClient> = []
    while (clients.length < 5) clients.push(await pool.connect())
    // By either form, and the error is the pool's own.
    await expect(pool.connect()).rejects.toMatchObject({ code: "53300" })
    await expect(pool.query("select 1")).rejects.toMatchObject({ code: "53300" })
    expect(told).toEqual([false, false])
    expect(adapter.meter.inFlight).toBe(5)
    for (const client of clients) client.release()
    expect(told.slice(2)).toEqual([true, true, true, true, true])
    expect(adapter.meter.inFlight).toBe(0)
    await pool.end()
    await expect(pool.connect()).rejects.toThrow("after calling end")
    // What is tuned when it has ended is let be.
    engine.set({ poolSize: 3 })
    await full.stop()
  })

  it("starts at its current size, with room for four times that", () => {
    const boundsOf = (max?: number) => {
      const { initial, max: most } = pgPoolSize(new pg.Pool(max === undefined ? {} : { max })).params.poolSize
      return [initial, most]
    }
    expect(boundsOf()).toEqual([10, 40])
    expect(boundsOf(200)).toEqual([200, 800])
  })
})
