/** Looking at the studies of a storage: what the log says of each trial and worker, without a solver and without a part in any study. */
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as SqlClient from "effect/sql/SqlClient"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { openStudy } from "../../src/cluster/node/openStudy.ts"
import { sqlite } from "../../src/cluster/node/sqlite.ts"
import { openStudyShelf } from "../../src/cluster/node/studyShelf.ts"
import { ready, type Storage } from "../../src/cluster/Storage.ts"

let folder: string
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "arqon-shelf-"))
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const config = { seed: 3, budget: 12, bounds: { x: { min: -10, max: 10 }, y: { min: 0, max: 4 } } } as const

/** As if every lease had run out. */
const expire = (storage: Storage): Promise<unknown> =>
  Effect.runPromise(
    Effect.flatMap(SqlClient.SqlClient, (sql) => sql`UPDATE arqon_trial SET lease_until_ms = 1`).pipe(
      Effect.provide(ready(storage)),
    ),
  )

/** A storage that takes its time to read a log. */
const slow = (storage: Storage): Storage => ({
  ...storage,
  connect: Layer.effect(
    SqlClient.SqlClient,
    Effect.map(
      SqlClient.SqlClient,
      (sql) =>
        new Proxy(sql, {
          apply: (target, self, given: Parameters<typeof sql>) => {
            const statement: unknown = Reflect.apply(target, self, given)
            return (given as unknown as readonly [ReadonlyArray<string>])[0][0].startsWith("SELECT events")
              ? Effect.andThen(Effect.sleep(1), statement as Effect.Effect<unknown>)
              : statement
          },
        }),
    ),
  ).pipe(Layer.provide(storage.connect)),
})

describe("the studies of a storage", () => {
  it("stand as their workers say, whatever happened on the way", async () => {
    const storage = sqlite(join(folder, "one.db"))
    await using ann = await openStudy({ storage, name: "limits", config, worker: "ann", retries: 1 })
    await using bob = await openStudy({ storage, name: "limits", worker: "bob" })
    const shelf = await openStudyShelf(storage)
    const [first, second, third] = await ann.ask(3)
    await ann.tell([
      { id: first.id, value: 4 },
      { id: second.id, failed: "connection refused" },
    ])
    const look = await shelf.look("limits")
    expect(look.config).toMatchObject({ budget: 12, objective: "minimize" })
    expect(
      look.ledger.trials.map(({ id, state, value, failed, worker }) => [id, state, value, failed, worker]),
    ).toEqual([
      [0, "told", 4, null, ann.worker],
      [1, "failed", null, "connection refused", ann.worker],
      [2, "out", null, null, ann.worker],
    ])
    expect(look.out).toEqual([expect.objectContaining({ id: third.id, worker: ann.worker, attempt: 1 })])
    expect(look.workers.map(({ worker }) => worker).toSorted()).toEqual([ann.worker, bob.worker].toSorted())

    // Bob takes over what ann does not tell; ann's result comes late and does not count.
    await expire(storage)
    const [again] = await bob.ask(1)
    expect([again.id, again.attempt]).toEqual([third.id, 2])
    await bob.handBack([third.id])
    expect(await bob.ask(1)).toEqual([again])
    await bob.tell({ id: third.id, value: 2 })
    await ann.tell({ id: third.id, value: 9 })
    // Handed back, it is nobody's loss.
    const [spare] = await bob.ask(1)
    await bob.handBack([spare.id])
    const [given] = await ann.ask(1)
    expect(given.id).toBe(spare.id)
    await expire(storage)
    // Lost once more than there are retries.
    await bob.ask(1)
    await expire(storage)
    await ann.ask(1)
    await ann.retry(second.id)
    await ann.raise(20)
    await bob.stop()

    const { ledger, workers } = await shelf.look("limits")
    const status = await ann.status()
    const { told, failed, retried, lost, duplicates, budget, stopped } = status
    expect({ ...ledger.counts, budget: ledger.budget, stopped: ledger.stopped }).toEqual({
      told,
      failed,
      retried,
      lost,
      duplicates,
      budget,
      stopped,
    })
    expect({ lost, duplicates, retried, stopped }).toEqual({
      lost: 1,
      duplicates: 1,
      retried: 3,
      stopped: true,
    })
    expect(ledger.trials.filter(({ state }) => state === "out")).toHaveLength(status.out)
    expect(ledger.order).toEqual([first.id, third.id, spare.id])
    expect(ledger.workers.get(ann.worker)).toMatchObject({ told: 2, failed: 1, lost: 2 })
    expect(ledger.workers.get(bob.worker)).toMatchObject({ told: 1, failed: 0, lost: 1 })
    // Who looks is no worker.
    expect(workers).toHaveLength(2)
    await shelf.close()
  })

  it("are read on from where they were read last, by two who look at once too", async () => {
    const storage = sqlite(join(folder, "two.db"))
    const shelf = await openStudyShelf(slow(storage))
    expect(await shelf.list()).toEqual([])
    await using study = await openStudy({ storage, name: "limits", config })
    const [trial] = await study.ask(1)
    await shelf.look("limits")
    await study.tell({ id: trial.id, value: 1 })
    const looks = await Promise.all([shelf.look("limits"), shelf.look("limits"), shelf.look("limits")])
    expect(looks.map(({ ledger }) => [ledger.applied, ledger.counts.told])).toEqual([
      [2, 1],
      [2, 1],
      [2, 1],
    ])
    expect((await shelf.list()).map(({ name }) => name)).toEqual(["limits"])
    await expect(shelf.look("other")).rejects.toMatchObject({ _tag: "StudyError", reason: "unknown" })
    await shelf.close()
  })
})
