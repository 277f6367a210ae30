/**
 * A pool of node-postgres that finds its own size under load. Needs a PostgreSQL: `DATABASE_URL` says where.
 *
 * Run: DATABASE_URL=postgres://localhost/postgres npm run example cookbook/pg-pool
 */
import { setTimeout as sleep } from "node:timers/promises"
import { pgPoolSize, tune } from "arqon/adapters"
import pg from "pg"
import { openLoop } from "./openLoop.ts"

const pool = new pg.Pool({ connectionString: process.env["DATABASE_URL"], max: 30 })
// `max` times your processes must stay below the server's max_connections (100 by default), less a few for people.
const { engine, stop } = await tune(pgPoolSize(pool, { max: 60 }), { seed: 2 })

let failed = 0
const load = openLoop(150, async () => {
  // Five milliseconds of waiting and a little work, as a query with a look at the disk.
  const query = "select pg_sleep(0.005), count(*) from generate_series(1, 5000)"
  await pool.query(query).catch(() => failed++)
})
while (engine.getSnapshot().counters.cycles < 2) await sleep(50)
await load.stop()
const { base, counters } = engine.getSnapshot()
console.log(`pool of 30 became ${base.poolSize} in ${counters.cycles} cycles, ${counters.applies} applies`)
console.log(`${failed} queries failed`)
await stop()
await pool.end()
