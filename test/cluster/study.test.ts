/** A shared study: several workers over one log, each of which may die at any moment, and all of which come to the same solver. */
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as SqlClient from "effect/sql/SqlClient"
import { ConnectionError, SqlError } from "effect/sql/SqlError"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { openStudy, type SharedStudy } from "../../src/cluster/node/openStudy.ts"
import { postgres } from "../../src/cluster/node/postgres.ts"
import type { RunningTrial } from "../../src/cluster/node/trials.ts"
import { sqlite } from "../../src/cluster/node/sqlite.ts"
import { PAGE } from "../../src/cluster/study/StudyStore.ts"
import { ready, type Storage } from "../../src/cluster/Storage.ts"
import { rerun } from "../../src/solver/rerun.ts"
import { random } from "../../src/solver/strategies/RandomSearch.ts"
import { startPostgres } from "../adapters/startPostgres.ts"

let server: Awaited<ReturnType<typeof startPostgres>>
let folder: string
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "arqon-study-"))
  server = await startPostgres()
})
afterAll(async () => {
  await server.stop()
  rmSync(folder, { recursive: true, force: true })
})

const config = { seed: 3, budget: 40, bounds: { x: { min: -10, max: 10 }, y: { min: 0, max: 4 } } } as const
const bowl = ({ x, y }: { readonly x: number; readonly y: number }): number => (x - 2) ** 2 + (y - 1) ** 2

const kinds: ReadonlyArray<readonly [string, () => Storage]> = [
  ["SQLite", () => sqlite(join(folder, "studies.db"))],
  [
    "PostgreSQL",
    () => postgres({ url: `postgres://arqon@127.0.0.1:${server.port}/postgres`, migrate: true }),
  ],
]

/** As if every lease had run out. */
const expire = (storage: Storage, name: string): Promise<unknown> =>
  Effect.runPromise(
    Effect.flatMap(
      SqlClient.SqlClient,
      (sql) => sql`UPDATE arqon_trial SET lease_until_ms = 1 WHERE study = ${name}`,
    ).pipe(Effect.provide(ready(storage))),
  )

/** A storage that commits, but whose answer is lost where the test says so. */
const losing = (storage: Storage) => {
  let next = false
  const state = {
    lost: 0,
    loseNext: () => {
      next = true
    },
    storage: {
      ...storage,
      connect: Layer.effect(
        SqlClient.SqlClient,
        Effect.map(
          SqlClient.SqlClient,
          (sql) =>
            new Proxy(sql, {
              get: (target, key) =>
                key === "withTransaction"
                  ? <A, E, R>(work: Effect.Effect<A, E, R>) =>
                      Effect.tap(target.withTransaction(work), () => {
                        if (!next) return Effect.void
                        next = false
                        state.lost++
                        return Effect.fail(
                          new SqlError({ reason: new ConnectionError({ cause: new Error("cut off") }) }),
                        )
                      })
                  : Reflect.get(target, key),
            }),
        ),
      ).pipe(Layer.provide(storage.connect)),
    },
  }
  return state
}

const text = async (study: SharedStudy<never>): Promise<string> => JSON.stringify(await study.artifact())

it("a study goes on when PostgreSQL ends its sessions, as a restart does, in the middle of a step too", async () => {
  const url = `postgres://arqon@127.0.0.1:${server.port}/postgres`
  const study = await openStudy({ storage: postgres({ url, migrate: true }), name: "restarted", config })
  const admin = <A>(work: (sql: SqlClient.SqlClient) => Effect.Effect<A, SqlError>): Promise<A> =>
    Effect.runPromise(
      Effect.flatMap(SqlClient.SqlClient, work).pipe(Effect.provide(postgres({ url }).connect)),
    )
  const [trial] = await study.ask()
  let told: Promise<unknown> = Promise.resolve()
  await admin((sql) =>
    sql.withTransaction(
      Effect.gen(function* () {
        yield* sql`SELECT name FROM arqon_study WHERE name = 'restarted' FOR UPDATE`
        told = study.tell({ id: trial.id, value: 1 })
        // It waits for the row.
        const waiting = sql<{ pid: number }>`SELECT pid FROM pg_stat_activity WHERE wait_event_type = 'Lock'`
        while ((yield* waiting).length === 0) yield* Effect.sleep("5 millis")
        yield* sql`SELECT pg_terminate_backend(pid) FROM pg_stat_activity
          WHERE application_name = 'arqon' AND pid <> pg_backend_pid() AND wait_event_type IN ('Lock', 'Client')`
      }),
    ),
  )
  expect(await told).toEqual(["told"])
  expect(study.progress).toMatchObject({ told: 1, duplicates: 0 })
  await study.close()
})

it("a trial stays with its worker while its result waits for the study's lock, however long that takes", async () => {
  const url = `postgres://arqon@127.0.0.1:${server.port}/postgres`
  const study = await openStudy({
    storage: postgres({ url, migrate: true }),
    name: "queued",
    config: { ...config, budget: 1 },
    leaseMs: 300,
  })
  const loop = study.trials()
  const { value: trial } = await loop.next()
  let ended: Promise<unknown> = Promise.resolve()
  await Effect.runPromise(
    Effect.gen(function* () {
      const sql = yield* SqlClient.SqlClient
      const until = Effect.map(
        sql<{ until: string }>`SELECT lease_until_ms AS until FROM arqon_trial WHERE study = 'queued'`,
        ([row]) => Number(row.until),
      )
      yield* sql.withTransaction(
        Effect.gen(function* () {
          yield* sql`SELECT name FROM arqon_study WHERE name = 'queued' FOR UPDATE`
          yield* Effect.promise(() => (trial as RunningTrial<never>).run(() => 1))
          ended = loop.next()
          const waiting = sql`SELECT pid FROM pg_stat_activity WHERE wait_event_type = 'Lock'`
          while ((yield* waiting).length === 0) yield* Effect.sleep("5 millis")
          const before = yield* until
          while ((yield* until) <= before + 300) yield* Effect.sleep("5 millis")
        }),
      )
    }).pipe(Effect.provide(postgres({ url }).connect)),
  )
  expect(await ended).toMatchObject({ done: true })
  expect(study.progress).toMatchObject({ told: 1, retried: 0, duplicates: 0 })
  await study.close()
})

describe.each(kinds)("a study shared over %s", (_kind, make) => {
  let count = 0
  const fresh = (): string => `study ${++count}`
  const open = (name: string, more: object = {}) =>
    openStudy({ storage: make(), name, config, leaseMs: 60_000, retries: 1, ...more })

  it("goes on where a worker has missed more of the log than is read at once", async () => {
    const name = fresh()
    const large = { ...config, budget: PAGE, strategy: "random" } as const
    const [one, other] = [await open(name, { config: large }), await open(name, { config: large })]
    const asked = await one.ask(PAGE - 1)
    await one.tell(asked.map(({ id, params }) => ({ id, value: bowl(params) })))
    // Twice as many events as trials.
    const [last] = await other.ask()
    expect(last.id).toBe(PAGE - 1)
    expect(other.progress).toMatchObject({ asked: PAGE, told: PAGE - 1, out: 1 })
    const late = await openStudy({ storage: make(), name })
    expect(late.progress).toEqual(other.progress)
    expect(await text(one as never)).toBe(await text(late as never))
    for (const study of [one, other, late]) await study.close()
  })

  it("is done by several workers, who all end with the same artifact, which repeats", async () => {
    const name = fresh()
    const workers = await Promise.all([1, 2, 3].map(() => open(name)))
    await Promise.all(
      workers.map(async (study) => {
        for await (const trial of study.trials({ parallel: 2 })) await trial.run(bowl)
      }),
    )
    const artifacts = await Promise.all(workers.map((one) => text(one as never)))
    expect(new Set(artifacts).size).toBe(1)
    // One who reads the log from its beginning.
    const late = await openStudy({ storage: make(), name })
    expect(await text(late as never)).toBe(artifacts[0])
    expect(rerun(JSON.parse(artifacts[0]))).toMatchObject({ identical: true })
    expect(late.progress).toMatchObject({
      asked: 40,
      told: 40,
      out: 0,
      failed: 0,
      duplicates: 0,
      phase: "done",
    })
    expect(late.best?.value).toBeLessThan(0.01)
    await Promise.all([...workers, late].map((one) => one.close()))
  })

  it("gives a lost trial to another, as often as it says, and then calls it failed", async () => {
    const name = fresh()
    const [first, second] = [await open(name), await open(name)]
    const [mine] = await first.ask()
    await expire(make(), name)
    const [again] = await second.ask()
    expect(again).toEqual({ ...mine, attempt: 2 })
    await expire(make(), name)
    // A new trial: the first one has been given out as often as it may.
    expect((await first.ask())[0].id).toBe(1)
    expect(first.progress).toMatchObject({ told: 1, failed: 1, lost: 1, retried: 1, out: 1 })
    expect((await first.artifact()).history[0]).toMatchObject({ eval_id: 0, status: "failed", error: "lost" })
    await first.close()
    await second.close()
  })

  it("takes the first result of a trial, late ones and strangers' too, and counts the others as duplicates", async () => {
    const name = fresh()
    const [first, second, third] = [await open(name), await open(name), await open(name)]
    const [a, b] = await first.ask(2)
    await expire(make(), name)
    expect((await second.ask())[0].id).toBe(a.id)
    expect(await first.tell({ id: a.id, value: 1 })).toEqual(["late"])
    expect(await second.tell({ id: a.id, value: 1.5 })).toEqual(["duplicate"])
    expect(await third.tell({ id: b.id, value: 2 })).toEqual(["stranger"])
    expect(await third.tell([{ id: b.id, value: 2 }])).toEqual(["duplicate"])
    await third.artifact()
    expect(third.progress).toMatchObject({ told: 2, duplicates: 2, late: 1, strangers: 1, out: 0 })
    await expect(third.tell({ id: 99, value: 1 })).rejects.toThrow(
      "must name a trial, got 99. Trials so far: 0 to 1.",
    )
    expect(await text(first as never)).toBe(await text(third as never))
    await Promise.all([first, second, third].map((one) => one.close()))
  })

  it("hands back what a loop did not finish, and that attempt does not count", async () => {
    const name = fresh()
    const [first, second] = [await open(name), await open(name)]
    const stop = new AbortController()
    const seen: Array<number> = []
    for await (const trial of first.trials({ signal: stop.signal, parallel: 2 })) {
      seen.push(trial.id)
      await trial.run(
        (_params, { signal }) =>
          new Promise((_resolve, reject) => {
            signal.addEventListener("abort", () => reject(new Error("broken off")))
            if (seen.length === 2) stop.abort()
          }),
      )
    }
    expect(seen).toEqual([0, 1])
    expect((await second.ask(2)).map(({ id, attempt }) => [id, attempt])).toEqual([
      [0, 1],
      [1, 1],
    ])
    expect(second.progress).toMatchObject({ retried: 0, failed: 0 })
    await first.close()
    await second.close()
  })

  it("keeps an evaluation that throws as a failed trial with its reason, and evaluates it again when asked to", async () => {
    const name = fresh()
    const study = await open(name)
    let calls = 0
    for await (const trial of study.trials()) {
      await trial.run(() => {
        if (++calls === 2) throw new Error("no disk")
        return calls
      })
      if (calls === 3) break
    }
    await study.artifact()
    expect(study.progress).toMatchObject({ told: 3, failed: 1 })
    expect((await study.artifact()).history[1]).toMatchObject({ status: "failed", error: "no disk" })
    expect(await study.retry()).toBe(1)
    const [again] = await study.ask()
    expect(again.id).toBe(1)
    expect(await study.tell({ id: 1, value: 5 })).toEqual(["told"])
    expect(study.progress).toMatchObject({ told: 3, failed: 0 })
    expect(rerun(await study.artifact())).toMatchObject({ identical: true })
    await study.close()
  })

  it("goes on with a raised budget, and ends when stopped, in every worker", async () => {
    const name = fresh()
    const [first, second] = [await open(name), await open(name)]
    for await (const trial of first.trials()) {
      await trial.run(bowl)
      if (trial.id === 9) break
    }
    const [out] = await second.ask()
    await expect(second.raise(5)).rejects.toMatchObject({ reason: "budget" })
    await second.raise(60)
    expect(await second.tell({ id: out.id, value: bowl(out.params) })).toEqual(["told"])
    for await (const trial of first.trials({ parallel: 3 })) {
      await trial.run(bowl)
      if (trial.id === 30) await second.stop()
    }
    expect(await second.ask()).toEqual([])
    expect(first.progress).toMatchObject({ budget: 60, stopped: true, out: 0 })
    await second.resume()
    for await (const trial of second.trials()) await trial.run(bowl)
    expect(second.progress).toMatchObject({ asked: 60, told: 60, phase: "done" })
    expect(await text(first as never)).toBe(await text(second as never))
    expect(rerun(await first.artifact())).toMatchObject({ identical: true })
    await first.close()
    await second.close()
  })

  it("refuses another configuration, an unknown name, and a worker without the strategy", async () => {
    const name = fresh()
    const study = await open(name)
    await expect(open(name, { config: { ...config, seed: 4 } })).rejects.toMatchObject({
      reason: "otherConfig",
      detail: expect.stringContaining("seed: 3 there, 4 here"),
    })
    await expect(openStudy({ storage: make(), name: "none" })).rejects.toMatchObject({ reason: "unknown" })
    await expect(open(name, { leaseMs: 1 })).rejects.toMatchObject({ reason: "badOptions" })
    await expect(open("bad", { config: { budget: 0, bounds: {} } })).rejects.toMatchObject({
      _tag: "ConfigError",
    })
    const own = { ...random, name: "mine" }
    const theirs = fresh()
    const made = await open(theirs, { config: { ...config, strategy: "mine" }, strategies: [own] })
    await expect(openStudy({ storage: make(), name: theirs })).rejects.toMatchObject({
      reason: "lacksStrategy",
      detail: expect.stringContaining('"mine"'),
    })
    await study.close()
    await made.close()
  })

  it("does not take a step twice whose answer was lost on the way", async () => {
    const name = fresh()
    const lossy = losing(make())
    const study = await openStudy({ storage: lossy.storage, name, config, retries: 1 })
    const [trial] = await study.ask()
    lossy.loseNext()
    expect(await study.tell({ id: trial.id, value: 1 })).toEqual(["told"])
    lossy.loseNext()
    expect((await study.ask(2)).map(({ id }) => id)).toEqual([1, 2])
    await study.artifact()
    expect(lossy.lost).toBe(2)
    expect(study.progress).toMatchObject({ asked: 3, told: 1, out: 2, duplicates: 0 })
    await study.close()
  })

  it("refuses to take part where it would ask for other points", async () => {
    const name = fresh()
    const own = { ...random, name: "mine" }
    const first = await open(name, { config: { ...config, strategy: "mine" }, strategies: [own] })
    for await (const trial of first.trials()) {
      await trial.run(bowl)
      if (trial.id === 20) break
    }
    const other = {
      ...own,
      make: (context: Parameters<typeof own.make>[0]) => {
        const strategy = own.make(context)
        const ask = strategy.ask.bind(strategy)
        strategy.ask = (id, out) => {
          const asked = ask(id, out)
          out[0] = 1 - out[0]
          return asked
        }
        return strategy
      },
    }
    await expect(openStudy({ storage: make(), name, strategies: [other] })).rejects.toMatchObject({
      reason: "diverged",
    })
    await first.close()
  })

  it("shows who works on what", async () => {
    const name = fresh()
    const study = await open(name, { worker: "anna" })
    const [trial] = await study.ask()
    const status = await study.status()
    expect(status.workers.map(({ worker }) => worker)).toEqual([study.worker])
    expect(status.trials).toMatchObject([{ id: trial.id, attempt: 1, worker: study.worker }])
    expect(status.trials[0].leftMs).toBeGreaterThan(50_000)
    expect(await study.renew([trial.id, 7])).toEqual([7])
    await study.close()
    const later = await open(name)
    expect((await later.status()).workers.map(({ worker }) => worker)).toEqual([later.worker])
    await later.close()
  })
})
