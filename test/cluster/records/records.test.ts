/** The records of a tuner and of an engine in a database: both kinds of it pass the same tests. */
import { existsSync, mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import * as Effect from "effect/Effect"
import * as ManagedRuntime from "effect/ManagedRuntime"
import { SqlClient } from "effect/sql/SqlClient"
import { SqlError, UnknownError } from "effect/sql/SqlError"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { copyRecords, type CopyRecordsOptions } from "../../../src/cluster/node/copyRecords.ts"
import { postgres } from "../../../src/cluster/node/postgres.ts"
import { postgresJournal } from "../../../src/cluster/node/postgresJournal.ts"
import { sqlite } from "../../../src/cluster/node/sqlite.ts"
import { recordsFormat } from "../../../src/cluster/node/recordsOptions.ts"
import type { Ownership } from "../../../src/cluster/Epochs.ts"
import * as owners from "../../../src/cluster/owners.ts"
import { RecordsWriter } from "../../../src/cluster/records/RecordsWriter.ts"
import { makeWeeks, removeWeeks, weekOf } from "../../../src/cluster/records/weeks.ts"
import { ready, type Storage } from "../../../src/cluster/Storage.ts"
import type { AuditRecord } from "../../../src/domain/AuditRecord.ts"
import type { ConfigError } from "../../../src/domain/errors.ts"
import type { AuditSink } from "../../../src/engine/audit/AuditSink.ts"
import { createEngine } from "../../../src/index.ts"
import { lastStanding } from "../../../src/journal/read/lastStanding.ts"
import { readJournal, verifyJournal } from "../../../src/journal/read/readJournal.ts"
import { replayJournal } from "../../../src/journal/replay/replayJournal.ts"
import { startPostgres } from "../../adapters/startPostgres.ts"

let server: Awaited<ReturnType<typeof startPostgres>>
let folder: string
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "arqon-records-"))
  server = await startPostgres()
})
afterAll(async () => {
  await server.stop()
  rmSync(folder, { recursive: true, force: true })
})

const kinds: ReadonlyArray<readonly [string, () => Storage]> = [
  ["SQLite", () => sqlite(join(folder, "a.db"))],
  [
    "PostgreSQL",
    () => postgres({ url: `postgres://arqon@127.0.0.1:${server.port}/postgres`, migrate: true }),
  ],
]

const params = { batch: { min: 1, max: 101, initial: 21 } }

/** An engine in manual time whose digests are journaled, for so many of them. */
async function run(storage: Storage, name: string, digests: number, more: object = {}): Promise<void> {
  const sink = await postgresJournal({ storage, name, ...more })
  const engine = createEngine({ params, seed: 4, clock: "manual", audit: { digests: true }, sinks: [sink] })
  await engine.start()
  for (let i = 0; i < digests; i++) {
    const timestampUs = (i + 1) * 20_000
    engine.tick(timestampUs)
    engine.observe({ objective: ((engine.values.batch - 71) / 100) ** 2, timestampUs })
  }
  await engine.stop()
}

/** The records of a run, as a sink is handed them. */
async function recordedRun(): Promise<{ words: Array<AuditRecord>; exact: Array<Float64Array> }> {
  const words: Array<AuditRecord> = []
  const exact: Array<Float64Array> = []
  const sink: AuditSink = {
    name: "recorder",
    exact: true,
    write: () => Effect.void,
    writeNow: (batch, numbers = []) => {
      words.push(...batch)
      exact.push(...numbers)
      return null
    },
    close: Effect.void,
  }
  const engine = createEngine({ params, seed: 4, clock: "manual", audit: { digests: true }, sinks: [sink] })
  await engine.start()
  for (let i = 0; i < 300; i++) {
    engine.tick((i + 1) * 20_000)
    engine.observe({ objective: ((engine.values.batch - 71) / 100) ** 2, timestampUs: (i + 1) * 20_000 })
  }
  return { words, exact }
}

let copies = 0
const copied = async (storage: Storage, name: string): Promise<string> => {
  const directory = join(folder, `copy-${copies++}`)
  const copy = await copyRecords({ storage, name, directory })
  await copy.close()
  return directory
}

const asked = async <A>(
  storage: Storage,
  work: (sql: SqlClient) => Effect.Effect<A, SqlError>,
): Promise<A> => {
  const runtime = ManagedRuntime.make(ready(storage))
  try {
    return await runtime.runPromise(Effect.flatMap(SqlClient, work))
  } finally {
    await runtime.dispose()
  }
}

describe.each(kinds)("records in %s", (_kind, make) => {
  it("of an engine that ran three times verify as one chain, and each run replays bit for bit", async () => {
    const storage = make()
    for (const digests of [300, 500, 200]) await run(storage, "engine", digests, { segmentBytes: 4096 })
    const directory = await copied(storage, "engine")
    const report = verifyJournal(directory)
    expect(report).toMatchObject({ status: "whole", problems: [], beginsLater: false })
    expect(report.segments).toBeGreaterThan(3)
    expect(report.runs.map(({ ended }) => ended)).toEqual([true, true, true])
    const inputs = report.runs.map((_, nth) => {
      const replayed = replayJournal(directory, { nth })
      expect(replayed.verdict).toBe("identical")
      return replayed.inputs
    })
    expect(inputs[1]).toBeGreaterThan(inputs[0])
    expect(inputs[0]).toBeGreaterThan(inputs[2])
    const { records } = readJournal(directory)
    expect(records.filter(({ kind }) => kind === "engineStopped")).toHaveLength(3)
    expect(records.filter(({ kind }) => kind === "digest")).toHaveLength(1000)
  })

  it("of who has lost its place are refused: not a row of them is there, and the chain goes on without them", async () => {
    const storage = make()
    const { words, exact } = await recordedRun()
    const write = ({ write }: AuditSink, from: number, to: number) =>
      Effect.runPromiseExit(write(words.slice(from, to), exact.slice(from, to)))
    const first = await postgresJournal({ storage, name: "taken" })
    expect(await write(first, 0, 100)).toMatchObject({ _tag: "Success" })
    const second = await postgresJournal({ storage, name: "taken" })
    expect([first.epoch, second.epoch]).toEqual([1, 2])
    for (let again = 0; again < 2; again++) {
      const refused = await write(first, 100, 200)
      expect(JSON.stringify(refused)).toContain("epoch 1 is over, because another owner has taken its place")
    }
    expect(first.trouble?.()).toContain("epoch 1 is over")
    expect(await write(second, 0, 50)).toMatchObject({ _tag: "Success" })
    await Effect.runPromise(Effect.ignore(first.close))
    await Effect.runPromise(second.close)
    expect(
      await asked(
        storage,
        (sql) =>
          sql`SELECT sum(records) AS n FROM arqon_record WHERE name = 'taken' GROUP BY epoch ORDER BY epoch`,
      ),
    ).toMatchObject([
      { n: expect.toSatisfy((n) => Number(n) === 100) },
      { n: expect.toSatisfy((n) => Number(n) === 50) },
    ])
    const report = verifyJournal(await copied(storage, "taken"))
    expect(report).toMatchObject({ status: "whole", records: 150, segments: 2 })
    expect(report.runs.map(({ ended, lastSeq }) => [ended, lastSeq])).toEqual([
      [false, 100],
      [true, 50],
    ])
  })

  it("are there once where the answer to a batch was lost, however the batch has grown since", async () => {
    const storage = make()
    const { words, exact } = await recordedRun()
    const lost = new SqlError({ reason: new UnknownError({ cause: null, message: "cut off" }) })
    const faults = [true, false, true, true, false]
    await asked(storage, (sql) =>
      Effect.gen(function* () {
        const thing = { kind: "engine", name: "lossy" } as const
        const { epoch } = yield* owners.claim(sql, thing, "me")
        const ownership = {
          epoch,
          read: (work: (sql: SqlClient) => Effect.Effect<never>) => work(sql),
          write: (work: (sql: SqlClient, epoch: number) => Effect.Effect<boolean, SqlError>) =>
            Effect.flatMap(work(sql, epoch), (mine) => {
              expect(mine).toBe(true)
              return faults.shift() === true ? Effect.fail(lost) : Effect.void
            }),
        } as unknown as Ownership
        const writer = new RecordsWriter(thing, ownership, recordsFormat({ segmentBytes: 4096 }), () => 0)
        for (let to = 20; to <= words.length; to += 20) {
          const from = Math.max(0, to - 100)
          yield* Effect.ignore(writer.write(words.slice(from, to), exact.slice(from, to)))
        }
        yield* writer.write(words.slice(-120), exact.slice(-120))
        yield* Effect.orDie(writer.close())
      }).pipe(Effect.orDie),
    )
    expect(faults).toEqual([])
    const report = verifyJournal(await copied(storage, "lossy"))
    expect(report).toMatchObject({ status: "whole", records: words.length })
    expect(report.segments).toBeGreaterThan(2)
  })

  it("begin with a whole segment that says where the run stood, once older weeks were removed", async () => {
    const storage = make()
    await run(storage, "old", 600, { segmentBytes: 4096 })
    const before = lastStanding(await copied(storage, "old"))
    const aged = (weeks: number, segments: number) =>
      asked(
        storage,
        (sql) =>
          sql`UPDATE arqon_record SET week = week - ${weeks} WHERE name = 'old' AND segment <= ${segments}`,
      )
    const removed = (days: number) => asked(storage, (sql) => removeWeeks(sql, days))
    await aged(3, 2)
    expect(await removed(30)).toBe(0)
    expect(await removed(13)).toBe(1)
    const directory = await copied(storage, "old")
    expect(verifyJournal(directory)).toMatchObject({ status: "whole", beginsLater: true })
    expect(lastStanding(directory)).toEqual(before)
  })

  it("are damaged where a batch was changed, or one was taken out of the midst", async () => {
    const storage = make()
    await run(storage, "forged", 400, { segmentBytes: 4096 })
    const parts = (what: "part" | "segment") =>
      asked(storage, (sql) =>
        what === "part"
          ? sql`DELETE FROM arqon_record WHERE name = 'forged' AND segment = 1 AND part = 1`
          : sql`UPDATE arqon_record SET frames = (SELECT frames FROM arqon_record WHERE name = 'forged' AND segment = 2 AND part = 1)
              WHERE name = 'forged' AND segment = 3 AND part = 1`,
      )
    await parts("segment")
    expect(verifyJournal(await copied(storage, "forged")).status).toBe("damaged")
    await parts("part")
    expect(verifyJournal(await copied(storage, "forged")).status).toBe("damaged")
  })

  it("are copied anew as they come, and a name without records is refused with the nearest one", async () => {
    const storage = make()
    await run(storage, "grows", 100)
    const directory = join(folder, `copy-${copies++}`)
    const copy = await copyRecords({ storage, name: "engine:grows", directory })
    const { records } = verifyJournal(directory)
    expect(await copy.update()).toBe(0)
    await run(storage, "grows", 100)
    expect(await copy.update()).toBeGreaterThan(0)
    expect(verifyJournal(directory)).toMatchObject({ status: "whole", records: 2 * records })
    await copy.close()
    await expect(copyRecords({ storage, name: "engine:grows", directory })).rejects.toThrow(
      /directory: must be a directory without a journal/,
    )
    await expect(copyRecords({ storage, name: "grow", directory })).rejects.toThrow(/grows/)
  })

  it("are not copied where options are missing or unknown: each is named, and nothing is made", async () => {
    const pathsOf = (options: unknown): Promise<unknown> =>
      copyRecords(options as CopyRecordsOptions).then(
        () => "copied",
        (error: ConfigError) => error.problems.map(({ path }) => path),
      )
    expect(await pathsOf(undefined)).toEqual(["directory", "name", "storage"])
    const directory = join(folder, `copy-${copies++}`)
    const wrong = { storage: make(), name: "", key: 7, directory, signal: 1, Name: "grows" }
    expect(await pathsOf(wrong)).toEqual(["Name", "key", "name", "signal"])
    expect(existsSync(directory)).toBe(false)
  })
})

describe("weeks in PostgreSQL", () => {
  it("have a partition each, ahead of their time, and one for what has none; removing a week drops its own", async () => {
    const storage = kinds[1][1]()
    await run(storage, "weekly", 100)
    const partitions = () =>
      asked(
        storage,
        (sql) => sql<{ name: string; rows: number }>`
          SELECT tableoid::regclass::text AS name, count(*)::integer AS rows FROM arqon_record WHERE name = 'weekly' GROUP BY 1`,
      )
    const [{ name }] = await partitions()
    const week = Number(/^arqon_record_w(\d+)$/.exec(name)?.[1])
    expect(week).toBe(weekOf(Date.now()))
    const there = () =>
      asked(
        storage,
        (sql) =>
          sql<{
            n: number
          }>`SELECT count(*)::integer AS n FROM pg_inherits WHERE inhparent = 'arqon_record'::regclass`,
      )
    const [{ n }] = await there()
    expect(n).toBeGreaterThanOrEqual(12)
    await asked(storage, (sql) =>
      Effect.gen(function* () {
        yield* sql`UPDATE arqon_record SET week = week + 100 WHERE name = 'weekly'`
        yield* sql.unsafe(
          `CREATE TABLE arqon_record_w9 PARTITION OF arqon_record FOR VALUES FROM (9) TO (10)`,
        )
        expect(yield* removeWeeks(sql, 7)).toBe(1)
        expect(yield* makeWeeks(sql)).toBe(0)
      }),
    )
    expect(await partitions()).toMatchObject([{ name: "arqon_record_rest" }])
    expect(await there()).toEqual([{ n }])
  })
})
