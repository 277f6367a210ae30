/** The records of a cluster's tuner, in virtual time over a file of SQLite: one chain over all its owners, and none of who has lost its place. */
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as SqlClient from "effect/sql/SqlClient"
import { TestClock } from "effect/testing"
import { afterAll } from "vitest"
import { Epochs } from "../../../src/cluster/Epochs.ts"
import { copyRecords } from "../../../src/cluster/node/copyRecords.ts"
import { recordsPlace } from "../../../src/cluster/node/recordsOptions.ts"
import { sqlite } from "../../../src/cluster/node/sqlite.ts"
import { claim } from "../../../src/cluster/owners.ts"
import { LOCK_TIMES, singleRunner } from "../../../src/cluster/runners.ts"
import { ready, type Storage } from "../../../src/cluster/Storage.ts"
import { Tuners } from "../../../src/cluster/Tuners.ts"
import { readJournal, verifyJournal } from "../../../src/journal/read/readJournal.ts"
import { replayJournal } from "../../../src/journal/replay/replayJournal.ts"
import { whyChanged } from "../../../src/journal/read/whyChanged.ts"
import { PLANT, Troop } from "../Troop.ts"

const folder = mkdtempSync(join(tmpdir(), "arqon-tuner-records-"))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

/** One start of a process, over the database that stays. */
const started = (storage: Storage, runner: string) =>
  Tuners.layer(new Map([["checkout", PLANT]]), undefined, recordsPlace(storage, true)).pipe(
    Layer.provideMerge(Epochs.layer({ runner, expirationMs: LOCK_TIMES.expirationMs })),
    Layer.provide(singleRunner(LOCK_TIMES)),
  )

/** Lets so many seconds pass, in which each replica reports twice. */
const run = (troop: Troop, seconds: number) =>
  Effect.gen(function* () {
    const tuners = yield* Tuners
    yield* TestClock.adjust("5 seconds")
    for (let turn = 0; turn < 2 * seconds; turn++) {
      yield* TestClock.adjust("500 millis")
      const now = yield* Effect.clockWith((clock) =>
        Effect.sync(() => clock.currentTimeMillisUnsafe() * 1000),
      )
      for (const { report, heard } of troop.reports(now)) {
        const fiber = yield* Effect.forkChild(tuners.report("checkout", report))
        yield* TestClock.adjust("1 millis")
        const { status, body } = yield* Fiber.join(fiber)
        heard(status, body, now)
      }
    }
  })

const copied = (storage: Storage, name: string) =>
  Effect.promise(async () => {
    const directory = join(folder, name)
    await (await copyRecords({ storage, name: "checkout", directory })).close()
    return directory
  })

describe("the records of a tuner in a cluster", () => {
  it.effect("are one chain over its owners, and say of each step what both sides read", () => {
    const storage = sqlite(join(folder, "moved.db"))
    return Effect.gen(function* () {
      const troop = new Troop("checkout")
      for (const runner of ["one", "two", "three"])
        yield* run(troop, 10).pipe(Effect.provide(started(storage, runner)))
      const directory = yield* copied(storage, "moved")
      const report = verifyJournal(directory)
      assert.strictEqual(report.status, "whole")
      assert.deepStrictEqual(
        report.runs.map(({ run, ended }) => [run, ended]),
        [1, 2, 3].map((epoch) => [`checkout-${epoch}`, true]),
      )
      // Of each owner every decision follows again from its records.
      for (const nth of report.runs.keys())
        assert.strictEqual(replayJournal(directory, { nth }).verdict, "identical")
      const why = whyChanged(directory, "rate", null)
      assert.strictEqual(why?.run, "checkout-3")
      assert.match(why?.text ?? "", /two halves read/)
      // Another head than the one that an earlier check gave is not found.
      assert.strictEqual(verifyJournal(directory, { head: "0".repeat(64) }).headDiffers, true)
    }).pipe(Effect.provide(ready(storage)))
  })

  it.effect(
    "of an owner whose place was taken are refused, and hold up neither its end nor the next owner",
    () => {
      const storage = sqlite(join(folder, "taken.db"))
      return Effect.gen(function* () {
        const troop = new Troop("checkout")
        const sql = yield* SqlClient.SqlClient
        const rows = sql<{ n: number }>`SELECT count(*) AS n FROM arqon_record`
        const kept = yield* Effect.gen(function* () {
          yield* run(troop, 10)
          yield* claim(sql, { kind: "tuner", name: "checkout" }, "another")
          const before = yield* rows
          yield* run(troop, 5)
          return before
        }).pipe(Effect.provide(started(storage, "one")))
        assert.isAbove(kept[0].n, 3)
        assert.deepStrictEqual(yield* rows, kept)
        yield* run(troop, 5).pipe(Effect.provide(started(storage, "three")))
        const directory = yield* copied(storage, "taken")
        const report = verifyJournal(directory)
        assert.strictEqual(report.status, "whole")
        assert.deepStrictEqual(
          report.runs.map(({ run, ended }) => [run, ended]),
          [
            ["checkout-1", false],
            ["checkout-3", true],
          ],
        )
        assert.isNotEmpty(readJournal(directory, { run: "checkout-3" }).records)
      }).pipe(Effect.provide(ready(storage)))
    },
  )
})
