/** The records of a fleet's keys, in virtual time over a file of SQLite: one chain for each bucket over all its owners, and a journal for each key. */
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
import { bucketLayer } from "../../../src/cluster/bucketEntity.ts"
import type { BucketOwner } from "../../../src/cluster/BucketOwner.ts"
import { Epochs } from "../../../src/cluster/Epochs.ts"
import { bucketOf, Fleets } from "../../../src/cluster/Fleets.ts"
import type { KeyCommandName } from "../../../src/cluster/keyStanding.ts"
import { readFleets } from "../../../src/cluster/node/clusterFleets.ts"
import { copyRecords } from "../../../src/cluster/node/copyRecords.ts"
import { recordsPlace } from "../../../src/cluster/node/recordsOptions.ts"
import { sqlite } from "../../../src/cluster/node/sqlite.ts"
import { claim } from "../../../src/cluster/owners.ts"
import { LOCK_TIMES, singleRunner } from "../../../src/cluster/runners.ts"
import { agree, bucketsSetting } from "../../../src/cluster/settings.ts"
import { ready, type Storage } from "../../../src/cluster/Storage.ts"
import { readJournal, verifyJournal } from "../../../src/journal/read/readJournal.ts"
import { replayKey } from "../../../src/cluster/records/replayKey.ts"
import { replayJournal } from "../../../src/journal/replay/replayJournal.ts"
import { whyChanged } from "../../../src/journal/read/whyChanged.ts"
import { bowl, PLANT } from "../Troop.ts"

const folder = mkdtempSync(join(tmpdir(), "arqon-fleet-records-"))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const BUCKETS = 2
const KEYS = ["acme", "bolt", "cargo", "echo"]

/** One start of a process, over the database that stays. */
const started = (storage: Storage, runner: string, more: object = {}, here?: Map<string, BucketOwner>) => {
  const engine = { ...PLANT.engine, window: { digests: 4, us: 1e6, settleUs: 0 } }
  const { settings } = readFleets({ tenants: { engine, buckets: BUCKETS, ...more } })
  return Fleets.layer.pipe(
    Layer.provideMerge(bucketLayer(settings, here, recordsPlace(storage, true))),
    Layer.provideMerge(Epochs.layer({ runner, expirationMs: LOCK_TIMES.expirationMs })),
    Layer.provide(
      singleRunner(LOCK_TIMES).pipe(
        Layer.provide(Layer.effectDiscard(agree(storage.name, [bucketsSetting("tenants", BUCKETS)]))),
      ),
    ),
  )
}

/** Asks a bucket while time stands still but for what the database takes. */
const asked = <A>(work: (fleets: Fleets["Service"]) => Effect.Effect<A, unknown>) =>
  Effect.gen(function* () {
    const fleets = yield* Fleets
    const fiber = yield* Effect.forkChild(work(fleets))
    yield* TestClock.adjust("1 millis")
    // The first question makes the owner, which takes seconds, and one of a new key waits a moment for others to be read with it.
    for (let i = 0; i < 40 && fiber.pollUnsafe() === undefined; i++)
      yield* TestClock.adjust(i < 20 ? "5 millis" : "500 millis")
    return yield* Fiber.join(fiber)
  })

/** Lets so many seconds pass, in which each key is measured ten times a second. */
const run = (seconds: number, keys = KEYS) =>
  Effect.gen(function* () {
    yield* TestClock.adjust("5 seconds")
    for (let turn = 0; turn < 10 * seconds; turn++) {
      yield* TestClock.adjust("99 millis")
      for (const key of keys) {
        const bucket = bucketOf(key, BUCKETS)
        const followed = yield* asked((fleets) => fleets.follow("tenants", bucket, [key]))
        assert.isNotNull(followed)
        const [{ values, at }] = followed ?? []
        const objective = bowl(values["rate"], values["share"])
        yield* asked((fleets) => fleets.observe("tenants", bucket, [[key, { objective }, at]]))
      }
    }
  })

const command = (engine: string, command: KeyCommandName) =>
  asked((fleets) =>
    fleets.command("tenants", bucketOf(engine, BUCKETS), {
      engine,
      key: command,
      command,
      by: "ada",
      note: "a release",
    }),
  )

let copies = 0
const copied = (storage: Storage, key: string) =>
  Effect.promise(async () => {
    const directory = join(folder, `copy-${copies++}`)
    const copy = await copyRecords({ storage, name: "tenants", key, directory })
    await copy.close()
    return { directory, chain: copy.chain ?? "" }
  })

describe("the records of a fleet in a cluster", () => {
  it.effect("are one chain for each bucket over its owners, and a run for each owner of a key", () => {
    const storage = sqlite(join(folder, "moved.db"))
    return Effect.gen(function* () {
      const sql = yield* SqlClient.SqlClient
      for (const runner of ["one", "two", "three"])
        yield* run(10).pipe(Effect.provide(started(storage, runner, { records: "decisions" })))
      for (const key of KEYS) {
        const { directory, chain } = yield* copied(storage, key)
        const [whole, own] = [verifyJournal(chain), verifyJournal(directory)]
        assert.strictEqual(whole.status, "whole")
        assert.lengthOf(whole.runs, 3)
        assert.deepStrictEqual([own.status, own.problems], ["whole", []])
        assert.deepStrictEqual(
          own.runs.map(({ run, ended }) => [run, ended]),
          [1, 2, 3].map((epoch) => [`tenants-${epoch}/${key}`, true]),
        )
        assert.isBelow(own.records, whole.records)
        // Each says where its engine began: where the one before stood.
        assert.deepStrictEqual(
          own.runs.map(({ run }) => readJournal(directory, { run }).records[0].kind),
          ["engineStarted", "engineStarted", "engineStarted"],
        )
        const why = whyChanged(directory, "rate", null)
        assert.strictEqual(why?.run, `tenants-3/${key}`)
      }
      const [{ rows, records }] = yield* sql<{ rows: number; records: number }>`
        SELECT count(*) AS rows, sum(records) AS records FROM arqon_record`
      assert.isAbove(records, 3 * rows)
    }).pipe(Effect.provide(ready(storage)))
  })

  it.effect("replay bit for bit, owner by owner, through commands, a rest, a passivation and a kill", () => {
    const storage = sqlite(join(folder, "again.db"))
    return Effect.gen(function* () {
      const more = { records: "digests", passivateAfterUs: 64e6 }
      const life = Effect.gen(function* () {
        yield* run(6)
        // It rests, and goes on.
        yield* TestClock.adjust("10 seconds")
        yield* run(2)
        for (const word of ["trip", "reset", "setBaseline", "rollback"] as const) yield* command("acme", word)
        yield* run(2)
        // It is put away, forgotten, and loaded again.
        yield* TestClock.adjust("200 seconds")
        yield* run(6)
      })
      for (const runner of ["one", "two"]) yield* life.pipe(Effect.provide(started(storage, runner, more)))
      // As after a kill: what was saved last says that its owner was at work.
      const sql = yield* SqlClient.SqlClient
      yield* sql`UPDATE arqon_engine SET standing = replace(standing, '"ended":true', '"ended":false')`
      yield* run(20).pipe(Effect.provide(started(storage, "three", more)))
      for (const key of KEYS) {
        const { directory } = yield* copied(storage, key)
        const { runs, status, problems } = verifyJournal(directory)
        assert.deepStrictEqual([status, problems], ["whole", []])
        assert.lengthOf(runs, 5)
        for (const nth of runs.keys()) {
          const { verdict, text, inputs } = replayJournal(directory, { nth }, replayKey)
          assert.strictEqual(verdict, "identical", text)
          assert.isAbove(inputs, 50)
        }
      }
      // Another configuration decides something else.
      const { directory } = yield* copied(storage, "acme")
      const other = replayJournal(directory, { nth: 0 }, (recorded, onSeq, start) =>
        replayKey({ ...recorded, config: { ...(recorded.config as object), seed: 99 } }, onSeq, start),
      )
      assert.strictEqual(other.verdict, "different")
    }).pipe(Effect.provide(ready(storage)))
  })

  it.effect(
    "hold what concerns safety alone, unless all decisions are asked for; a key without any is refused",
    () => {
      const storage = sqlite(join(folder, "safety.db"))
      return Effect.gen(function* () {
        yield* Effect.andThen(run(5), command("acme", "trip")).pipe(Effect.provide(started(storage, "one")))
        const { directory } = yield* copied(storage, "acme")
        const { records } = readJournal(directory)
        assert.deepStrictEqual(
          records.map(({ seq, kind }) => [seq, kind]),
          [
            [1, "engineStarted"],
            [2, "baselineSet"],
            [3, "safeModeEntered"],
            // Two returns to the base: by the trip, and by the end.
            [4, "rollback"],
            [5, "rollback"],
            [6, "engineStopped"],
          ],
        )
        assert.strictEqual(records[2].note, "by ada: a release")
        const none = join(folder, "none")
        const refused = (name: string, key: string) =>
          Effect.promise(() =>
            copyRecords({ storage, name, key, directory: none }).then(
              () => "",
              (error: Error) => error.message,
            ),
          )
        assert.match(
          yield* refused("tenants", "nobody"),
          /key: must be a key that records are kept of: nothing of it is in/,
        )
        assert.match(yield* refused("tenant", "acme"), /name: must be a fleet of .*tenants/s)
      }).pipe(Effect.provide(ready(storage)))
    },
  )

  it.effect("of an owner whose place was taken are refused", () => {
    const storage = sqlite(join(folder, "taken.db"))
    return Effect.gen(function* () {
      const sql = yield* SqlClient.SqlClient
      const more = { records: "decisions", buckets: BUCKETS }
      const rows = sql<{ n: number }>`SELECT count(*) AS n FROM arqon_record`
      const kept = yield* Effect.gen(function* () {
        yield* run(10, ["acme"])
        yield* claim(sql, { kind: "bucket", name: `tenants/${bucketOf("acme", BUCKETS)}` }, "another")
        const before = yield* rows
        yield* TestClock.adjust("5 seconds")
        return before
      }).pipe(Effect.provide(started(storage, "one", more)))
      assert.isAbove(kept[0].n, 3)
      assert.deepStrictEqual(yield* rows, kept)
      yield* run(5, ["acme"]).pipe(Effect.provide(started(storage, "three", more)))
      const { directory, chain } = yield* copied(storage, "acme")
      assert.strictEqual(verifyJournal(chain).status, "whole")
      const { status, runs } = verifyJournal(directory)
      assert.strictEqual(status, "whole")
      assert.deepStrictEqual(
        runs.map(({ run, ended }) => [run, ended]),
        [
          ["tenants-1/acme", false],
          ["tenants-3/acme", true],
        ],
      )
    }).pipe(Effect.provide(ready(storage)))
  })
})
