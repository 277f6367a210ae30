/** The figures of `npm run bench:cluster`, each from processes of its own. */
import { Agent, createServer, request } from "node:http"
import { setTimeout as sleep } from "node:timers/promises"
import * as Effect from "effect/Effect"
import { type OwnerRow, postgres } from "../../src/cluster/index.node.ts"
import { bucketOf } from "../../src/cluster/Fleets.ts"
import { allOwners } from "../../src/cluster/owners.ts"
import { migrate } from "../../src/cluster/Storage.ts"
import { SqlClient } from "effect/sql/SqlClient"
import { freePort } from "../../test/adapters/freePort.ts"
import { startPostgres } from "../../test/adapters/startPostgres.ts"
import { TcpProxy } from "../drills/TcpProxy.ts"
import { used } from "./asked.ts"
import { bytesOfAnAgent, bytesOfAnEngine } from "./memory.ts"
import { FLEET, keyOf, type RunnerOrders, type Usage } from "./orders.ts"
import { Part } from "./Part.ts"

/** One figure; null: no bound for it. */
export interface Row {
  readonly name: string
  readonly value: number
  readonly unit: string
  readonly bound: number | null
}

const row = (name: string, value: number, unit: string, bound: number | null = null): Row => ({
  name,
  value,
  unit,
  bound,
})

const LOCKS = { expirationMs: 15_000, refreshMs: 5_000 }

/** What can be measured by itself, in the order of the page. `short`: with fewer of everything, for CI. */
export const PARTS = {
  report: (short: boolean) => reportRows(short ? 3 : 20),
  digest: (short: boolean) => digestRows(short ? 3 : 15),
  memory: async (short: boolean) => [
    row("memory of a replica's agent", (await bytesOfAnAgent(short ? 40 : 400)) / 1024, "KiB", 150),
    row("memory of an engine in a bucket of 244", bytesOfAnEngine(short ? 4 : 40) / 1024, "KiB", 16.5),
  ],
  tenants: (short: boolean) =>
    tenantRows(short ? 3_000 : 100_000, short ? { begin: 10, put: 5, window: 5, join: 10 } : LONG),
} as const satisfies Readonly<Record<string, (short: boolean) => Promise<ReadonlyArray<Row>>>>

const between = (before: Usage, after: Usage): number => after.cpuUs - before.cpuUs

/** Forty replicas in one process report ten times a second to a gateway in another one, through a connection that counts bytes. */
async function reportRows(seconds: number): Promise<ReadonlyArray<Row>> {
  const port = await freePort()
  const orders: RunnerOrders = { url: null, nodePort: port, locks: LOCKS, buckets: 1 }
  const proxy = new TcpProxy(port)
  const parts: Array<Part> = []
  try {
    const runner = await Part.start("runner.ts", orders)
    parts.push(runner)
    const idle = await runner.usage()
    await sleep(2000)
    const idleUs = between(idle, await runner.usage()) / 2
    const at = `http://127.0.0.1:${await proxy.listen()}`
    const replicas = await Part.start("replicas.ts", { at, count: 40 })
    parts.push(replicas)
    await sleep(2000)
    const before = [await runner.usage(), await replicas.usage()] as const
    const bytes = proxy.sent + proxy.received
    await sleep(seconds * 1000)
    // What the rows below wait for is not in the time of the reports.
    const passed = proxy.sent + proxy.received - bytes
    const after = [await runner.usage(), await replicas.usage()] as const
    const reports = after[0].reports - before[0].reports
    if (reports < seconds * 100) throw new Error(`only ${reports} reports in ${seconds} s`)
    return [
      row("processor time of a report in the replica", between(before[1], after[1]) / reports, "us", 100),
      row(
        "processor time of a report in the gateway, with its tuner",
        (between(before[0], after[0]) - idleUs * seconds) / reports,
        "us",
        120,
      ),
      row("processor time of an empty request, client and server", await emptyRequestUs(seconds / 4), "us"),
      row("bytes of a report both ways", passed / reports, "B", 900),
    ]
  } finally {
    for (const one of parts) one.end()
    proxy.close()
  }
}

/** What `node:http` takes for a request to a server that says `{}`, at the pace of the reports. */
async function emptyRequestUs(seconds: number): Promise<number> {
  const server = createServer((question, answer) => {
    question.resume()
    question.once("end", () => answer.end("{}"))
  })
  const agent = new Agent({ keepAlive: true })
  const port = await freePort()
  await new Promise<void>((resolve) => server.listen(port, "127.0.0.1", resolve))
  const count = { sent: 0, answered: 0 }
  const timer = setInterval(() => {
    for (let i = 0; i < 4; i++) {
      count.sent++
      request({ port, host: "127.0.0.1", agent, method: "POST" }, (answer) => {
        answer.resume()
        answer.once("end", () => count.answered++)
      }).end(" ".repeat(200))
    }
  }, 10)
  await sleep(1000)
  const before = { answered: count.answered, ...used() }
  await sleep(seconds * 1000)
  const us = (used().cpuUs - before.cpuUs) / (count.answered - before.answered)
  clearInterval(timer)
  // A request that is cut off would end the process.
  while (count.answered < count.sent) await sleep(10)
  agent.destroy()
  server.close()
  return us
}

/** A PostgreSQL with so many runners. */
class Runners {
  readonly parts: Array<Part> = []
  private readonly ports: Array<number> = []
  private readonly buckets: number
  private readonly database: Awaited<ReturnType<typeof startPostgres>>

  private constructor(database: Awaited<ReturnType<typeof startPostgres>>, buckets: number) {
    this.database = database
    this.buckets = buckets
  }

  static async start(count: number, buckets: number): Promise<Runners> {
    const runners = new Runners(await startPostgres(), buckets)
    await Effect.runPromise(migrate(runners.storage))
    for (let i = 0; i < count; i++) await runners.join()
    return runners
  }

  async join(): Promise<Part> {
    const nodePort = await freePort()
    const { url } = this
    const part = await Part.start("runner.ts", { url, nodePort, locks: LOCKS, buckets: this.buckets })
    this.parts.push(part)
    this.ports.push(nodePort)
    return part
  }

  /** Who owns which bucket. */
  owners(): Promise<ReadonlyArray<OwnerRow>> {
    return this.query(allOwners)
  }

  /** Which of them that is. */
  indexOf({ runner }: OwnerRow): number {
    return this.ports.findIndex((port) => runner.includes(`:${port} `))
  }

  /** Rows of engines that were written since the database began. */
  async saved(): Promise<number> {
    const rows = await this.query(
      (sql) => sql<{ n: unknown }>`
        SELECT n_tup_ins + n_tup_upd AS n FROM pg_stat_user_tables WHERE relname = 'arqon_engine'`,
    )
    return Number(rows[0]?.n ?? 0)
  }

  usage(): Promise<ReadonlyArray<Usage>> {
    return Promise.all(this.parts.map((part) => part.usage()))
  }

  async stop(): Promise<void> {
    for (const part of this.parts) part.end()
    await this.database.stop()
  }

  private get url(): string {
    return `postgres://arqon@127.0.0.1:${this.database.port}/postgres`
  }

  private get storage() {
    return postgres({ url: this.url })
  }

  private query<A, E>(ask: (sql: SqlClient) => Effect.Effect<A, E>): Promise<A> {
    return Effect.runPromise(Effect.flatMap(SqlClient, ask).pipe(Effect.provide(this.storage.connect)))
  }
}

/** One runner sends digests, in batches of 100, for keys that the other one owns. */
async function digestRows(seconds: number): Promise<ReadonlyArray<Row>> {
  const BUCKETS = 64
  const PER_SECOND = 20_000
  const all = await Runners.start(2, BUCKETS)
  try {
    const [sender] = all.parts
    // One key for each bucket, so that every batch is full.
    const keys = Array.from({ length: BUCKETS }, (_, bucket) => {
      let key = 0
      while (bucketOf(keyOf(key), BUCKETS) !== bucket) key++
      return key
    })
    let remote: ReadonlyArray<number> = []
    // A runner that has just joined is given its share with the next refresh of the locks.
    for (let round = 0; round < 15 && remote.length < 8; round++) {
      await sender.ask({ ask: "send", keys, perSecond: 1000, seconds: 2 })
      const away = new Set(
        (await all.owners()).filter((one) => all.indexOf(one) === 1).map(({ name }) => name),
      )
      remote = keys.filter((_, bucket) => away.has(`${FLEET}/${bucket}`)).slice(0, 8)
    }
    if (remote.length < 8) throw new Error(`only ${remote.length} buckets are away`)
    await sender.ask({ ask: "send", keys: remote, perSecond: PER_SECOND, seconds: 2 })
    const before = await all.usage()
    await sender.ask({ ask: "send", keys: remote, perSecond: PER_SECOND, seconds })
    const after = await all.usage()
    const taken = after[0].taken - before[0].taken
    if (taken < 0.9 * seconds * PER_SECOND) throw new Error(`only ${taken} digests were taken`)
    const [sentUs, heardUs] = [0, 1].map((i) => between(before[i], after[i]) / taken)
    return [
      row("processor time of a digest in a batch of 100: sender", sentUs, "us"),
      row("processor time of a digest in a batch of 100: owner", heardUs, "us"),
      row("processor time of a digest in a batch of 100: both", sentUs + heardUs, "us", 12),
    ]
  } finally {
    await all.stop()
  }
}

/** How long each part of it takes, seconds. */
interface Phases {
  /** Every tenant reports once. */
  readonly begin: number
  readonly put: number
  readonly window: number
  readonly join: number
}

/** A tenant is put away after 64 s, and saved within a minute. */
const LONG: Phases = { begin: 180, put: 90, window: 60, join: 30 }

/** Three runners with so many tenants, of whom a tenth goes on to report once a second; then a fourth runner joins. */
async function tenantRows(tenants: number, phases: Phases): Promise<ReadonlyArray<Row>> {
  const buckets = Math.ceil(tenants / 244)
  const all = await Runners.start(3, buckets)
  try {
    // Those of a bucket come together, so that a batch has more than one digest.
    const keys = Array.from({ length: tenants }, (_, i) => [bucketOf(keyOf(i), buckets), i])
      .sort(([a], [b]) => a - b)
      .map(([, key]) => key)
    const thirds = [0, 1, 2].map((part) => keys.filter((key) => key % 3 === part))
    const awake = thirds.map((third) => third.filter((_, i) => i % 10 === 0))
    const send = (of: ReadonlyArray<ReadonlyArray<number>>, perSecond: number, forSeconds: number) =>
      Promise.all(
        of.map((some, i) => all.parts[i].ask({ ask: "send", keys: some, perSecond, seconds: forSeconds })),
      )
    await send(thirds, tenants / 3 / phases.begin, phases.begin)
    const first = await all.usage()
    const taken = first.reduce((sum, one) => sum + one.taken, 0)
    if (taken < 0.98 * tenants) throw new Error(`only ${taken} digests of ${tenants} tenants were taken`)
    // The others are put away, saved and dropped meanwhile.
    await send(awake, awake[0].length, phases.put)
    const savedBefore = await all.saved()
    await send(awake, awake[0].length, phases.window)
    const rows = (await all.saved()) - savedBefore
    const usage = await all.usage()
    const rss = usage.reduce((sum, { rss }) => sum + rss, 0)
    const heap = usage.reduce((sum, { heap }) => sum + heap, 0)
    const moved = await joinRows(all, awake, phases.join)
    return [
      row(`memory of three runners with ${tenants} tenants, a tenth awake`, rss / 2 ** 20, "MiB", 2048),
      row("of that in use after a collection", heap / 2 ** 20, "MiB"),
      row("rows saved a second, by runner", rows / phases.window / 3, "", 250),
      ...moved,
    ]
  } finally {
    await all.stop()
  }
}

/** By each runner. */
const FOLLOWED = 100

/** So many of them, at equal distances. */
const spread = (keys: ReadonlyArray<number>, count: number): ReadonlyArray<number> =>
  Array.from({ length: Math.min(count, keys.length) }, (_, i) => keys[Math.floor((i * keys.length) / count)])

async function joinRows(
  all: Runners,
  awake: ReadonlyArray<ReadonlyArray<number>>,
  seconds: number,
): Promise<ReadonlyArray<Row>> {
  await Promise.all(awake.map((some, i) => all.parts[i].ask({ ask: "follow", keys: spread(some, FOLLOWED) })))
  const epochs = new Map((await all.owners()).map(({ name, epoch }) => [name, epoch]))
  const watched = all.parts.map((part) => part.unanswered(seconds))
  await all.join()
  const found = await Promise.all(watched)
  const owners = await all.owners()
  const moves = owners.map(({ name, epoch }) => epoch - (epochs.get(name) ?? epoch))
  return [
    row("buckets that a fourth runner takes over when it joins", moves.filter((n) => n > 0).length, ""),
    row("buckets that move twice then", moves.filter((n) => n > 1).length, "", 0),
    row("longest time unanswered then", Math.max(...found.map(({ longestMs }) => longestMs)), "ms", 2000),
    row(
      "followed keys that lost their lease then",
      found.reduce((sum, one) => sum + one.held, 0),
      "",
      0,
    ),
  ]
}
