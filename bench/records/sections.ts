/** The sections of `npm run bench:records`. Bounds are those of the plan; the server syncs each commit, as a user's does. */
import { spawn } from "node:child_process"
import { mkdtempSync, readFileSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { setTimeout as sleep } from "node:timers/promises"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import { SqlClient } from "effect/sql/SqlClient"
import type { Row, Section } from "../../scripts/section.ts"
import {
  copyRecords,
  postgres,
  postgresJournal,
  type PostgresJournal,
  sqlite,
  type Storage,
} from "../../src/cluster/index.ts"
import { migrate, ready } from "../../src/cluster/Storage.ts"
import { verifyJournal } from "../../src/journal/read/readJournal.ts"
import { startPostgres } from "../../test/adapters/startPostgres.ts"
import { Stream, tunerRecords } from "./Stream.ts"

const RATE = 20_000
const BATCH = 250
const WRITERS = 8
const SECONDS = 10
const KILLS = 10

type Server = Awaited<ReturnType<typeof startPostgres>>

const round = (value: number, digits: number): number => Number(value.toFixed(digits))

/** With a server of its own, whose tables are there. */
async function withServer(
  work: (storage: Storage, server: Server) => Promise<ReadonlyArray<Row>>,
): Promise<ReadonlyArray<Row>> {
  const server = await startPostgres(["fsync=on"])
  try {
    const storage = postgres({ url: urlOf(server), maxConnections: WRITERS })
    await Effect.runPromise(migrate(storage))
    return await work(storage, server)
  } finally {
    await server.stop()
  }
}

const urlOf = ({ port }: Server): string => `postgres://arqon@127.0.0.1:${port}/postgres`

const asked = <A>(storage: Storage, work: (sql: SqlClient) => Effect.Effect<A, unknown>): Promise<A> =>
  Effect.runPromise(Effect.flatMap(SqlClient, work).pipe(Effect.provide(ready(storage))))

/** Processor time of the server: of its processes that live, and of those that have ended, us. */
function cpuOf({ pid }: Server): number {
  const numbers = (of: number | string): ReadonlyArray<string> =>
    readFileSync(`/proc/${of}/stat`, "utf8")
      .replace(/^.*\) /, "")
      .split(" ")
  const children = readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8").trim().split(/\s+/)
  const ticks = children.reduce((sum, one) => {
    const fields = numbers(one)
    return sum + Number(fields[11]) + Number(fields[12])
  }, 0)
  const own = numbers(pid)
  return (ticks + [11, 12, 13, 14].reduce((sum, i) => sum + Number(own[i]), 0)) * TICK_US
}
const TICK_US = 10_000

const ownCpuUs = (): number => {
  const { user, system } = process.cpuUsage()
  return user + system
}

/** What is in the table under a name. */
async function verified(storage: Storage, name: string) {
  const folder = mkdtempSync(join(tmpdir(), "arqon-bench-records-"))
  try {
    const directory = join(folder, "copy")
    await (await copyRecords({ storage, name, directory })).close()
    return verifyJournal(directory)
  } finally {
    rmSync(folder, { recursive: true })
  }
}

const write = (sink: PostgresJournal, { words, exact }: ReturnType<Stream["next"]>) =>
  Effect.runPromise(sink.write(words, exact))

/** So many batches of a stream. */
const made = (stream: Stream, size: number, count: number): ReadonlyArray<ReturnType<Stream["next"]>> =>
  Array.from({ length: count }, () => stream.next(size))

/** Writers at their pace: so many records of each, every so often; the sum is `RATE` a second. */
const rateRows = (): Promise<ReadonlyArray<Row>> =>
  withServer(async (storage, server) => {
    const records = await tunerRecords()
    const open = (name: string): Promise<PostgresJournal> => postgresJournal({ storage, name })
    const sinks = await Promise.all(Array.from({ length: WRITERS }, (_, i) => open(`paced-${i}`)))
    const streams = sinks.map(() => new Stream(records))
    const everyMs = (1000 * WRITERS * BATCH) / RATE
    const turns = (SECONDS * 1000) / everyMs
    // First, so that what follows is compiled code, as in a service that runs for days.
    const many = made(new Stream(records), BATCH, 400)
    const fastest = await open("fastest")
    const from = performance.now()
    for (const batch of many) await write(fastest, batch)
    const one = (400 * BATCH * 1000) / (performance.now() - from)
    // What making up a stream costs is no part of it.
    await Promise.all(sinks.map((sink, i) => write(sink, streams[i].next(BATCH))))
    const paced = streams.map((stream) => made(stream, BATCH, turns))
    const before = { own: ownCpuUs(), server: cpuOf(server), ms: performance.now() }
    await Promise.all(
      sinks.map(async (sink, i) => {
        for (let turn = 0; turn < turns; turn++) {
          await sleep(Math.max(0, before.ms + (turn + i / WRITERS) * everyMs - performance.now()))
          await write(sink, paced[i][turn])
        }
      }),
    )
    const ms = performance.now() - before.ms
    const count = turns * WRITERS * BATCH
    const own = (ownCpuUs() - before.own) / count
    const database = (cpuOf(server) - before.server) / count
    const few = made(streams[0], 8, 1000)
    const fewFrom = ownCpuUs()
    for (const batch of few) await write(sinks[0], batch)
    const fewUs = (ownCpuUs() - fewFrom) / 8000
    const { bytes } = await asked(storage, (sql) =>
      Effect.map(
        sql<{
          bytes: number
        }>`SELECT (sum(length(frames)) / sum(records))::float8 AS bytes FROM arqon_record`,
        ([row]) => row,
      ),
    )
    for (const sink of [...sinks, fastest]) await Effect.runPromise(sink.close)
    const whole = await verified(storage, "paced-0")
    return [
      {
        what: `${WRITERS} tuners in one process at their pace: records`,
        value: Math.round((1000 * count) / ms),
        unit: "a second",
        least: 0.98 * RATE,
      },
      { what: "processor time of a record, writer", value: round(own, 2), unit: "us", most: 5 },
      { what: "processor time of a record, database", value: round(database, 2), unit: "us" },
      { what: "one tuner as fast as it can: records", value: Math.round(one), unit: "a second", least: RATE },
      {
        what: "processor time of a record in batches of eight, writer",
        value: round(fewUs, 1),
        unit: "us",
      },
      { what: "bytes of a record", value: round(bytes, 0), unit: "B" },
      { what: "records that do not verify", value: whole.status === "whole" ? 0 : 1, unit: "", most: 0 },
    ]
  })

/** The same over a file: no server, each commit on disk before it counts. */
const fileRows = async (): Promise<ReadonlyArray<Row>> => {
  const folder = mkdtempSync(join(tmpdir(), "arqon-bench-records-"))
  try {
    const storage = sqlite(join(folder, "records.db"))
    const stream = new Stream(await tunerRecords())
    const sink = await postgresJournal({ storage, name: "file" })
    await write(sink, stream.next(BATCH))
    const batches = made(stream, BATCH, 400)
    const before = { own: ownCpuUs(), ms: performance.now() }
    for (const batch of batches) await write(sink, batch)
    const count = 400 * BATCH
    const perSecond = (1000 * count) / (performance.now() - before.ms)
    const own = (ownCpuUs() - before.own) / count
    await Effect.runPromise(sink.close)
    const { status } = await verified(storage, "file")
    return [
      { what: "one tuner as fast as it can: records", value: Math.round(perSecond), unit: "a second" },
      { what: "processor time of a record, with SQLite's", value: round(own, 2), unit: "us" },
      { what: "records that do not verify", value: status === "whole" ? 0 : 1, unit: "", most: 0 },
    ]
  } finally {
    rmSync(folder, { recursive: true })
  }
}

/** Owners that have lost their place go on writing, beside the one that has it. */
const fenceRows = (): Promise<ReadonlyArray<Row>> =>
  withServer(async (storage) => {
    const records = await tunerRecords()
    const stale: Array<readonly [PostgresJournal, Stream]> = []
    let tried = 0
    let written = 0
    for (let epoch = 1; epoch <= 20; epoch++) {
      const sink = await postgresJournal({ storage, name: "fence" })
      const stream = new Stream(records)
      await write(sink, stream.next(BATCH))
      for (const [old, its] of stale) {
        const { words, exact } = its.next(BATCH)
        tried++
        if (Exit.isSuccess(await Effect.runPromiseExit(old.write(words, exact)))) written++
      }
      stale.push([sink, stream])
    }
    const rows = await asked(
      storage,
      (sql) => sql<{ n: number }>`SELECT sum(records)::integer AS n FROM arqon_record GROUP BY epoch`,
    )
    for (const [sink] of stale) await Effect.runPromise(Effect.ignore(sink.close))
    const { status } = await verified(storage, "fence")
    const foreign = rows.reduce((sum, { n }) => sum + n - BATCH, 0)
    return [
      { what: "batches that stale owners tried to write", value: tried, unit: "", least: 1 },
      { what: "of these taken", value: written, unit: "", most: 0 },
      { what: "records of stale owners in the table", value: foreign, unit: "", most: 0 },
      { what: "chains that do not verify", value: status === "whole" ? 0 : 1, unit: "", most: 0 },
    ]
  })

/** One process after another writes under one name, and is killed in the midst of it. */
const killRows = (): Promise<ReadonlyArray<Row>> =>
  withServer(async (storage, server) => {
    let lost = 0
    let torn = 0
    let most = 0
    for (let kill = 1; kill <= KILLS; kill++) {
      const [epoch, said] = await killed(urlOf(server), "killed", 20 + 13 * kill)
      const { status, runs } = await verified(storage, "killed")
      if (status !== "whole") torn++
      const kept = runs.at(-1)?.lastSeq ?? 0
      if (kept < said || runs.length !== epoch) lost++
      most = Math.max(most, kept - said)
    }
    return [
      { what: "processes killed while they wrote", value: KILLS, unit: "" },
      { what: "kills after which the chain did not verify", value: torn, unit: "", most: 0 },
      { what: "kills that lost a record which was answered for", value: lost, unit: "", most: 0 },
      { what: "records behind the last answer, at most", value: most, unit: "" },
    ]
  })

/** Epoch and number of the last record that a writer said was kept, before it was killed after so many batches. */
function killed(url: string, name: string, batches: number): Promise<readonly [number, number]> {
  const child = spawn(process.execPath, [join(import.meta.dirname, "writer.ts"), url, name], {
    stdio: ["ignore", "pipe", "inherit"],
  })
  let text = ""
  child.stdout.setEncoding("utf8").on("data", (more: string) => {
    text += more
    if (text.split("\n").length > batches) child.kill("SIGKILL")
  })
  return new Promise((resolve) => {
    child.once("close", () => {
      // The last line may be cut off.
      const [epoch, seq] = (text.split("\n").at(-2) ?? "0 0").split(" ").map(Number)
      resolve([epoch, seq])
    })
  })
}

/** In the order in which they run. */
export const sections: ReadonlyArray<Section> = [
  {
    name: "rate",
    title: `${RATE.toLocaleString("en")} records a second into PostgreSQL, which syncs, in batches of ${BATCH}`,
    measure: rateRows,
  },
  { name: "file", title: "The same into a file of SQLite", measure: fileRows },
  { name: "fence", title: "Twenty owners of one name, all of which go on writing", measure: fenceRows },
  {
    name: "kill",
    title: "One writer after another, each killed with SIGKILL in the midst",
    measure: killRows,
  },
]
