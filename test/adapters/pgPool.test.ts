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
})
