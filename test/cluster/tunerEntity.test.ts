/** A tuner in a cluster of one runner over a real SQLite, in virtual time: who may answer, what survives whom, and what happens once. */
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as SqlClient from "effect/sql/SqlClient"
import { TestClock } from "effect/testing"
import { Epochs } from "../../src/cluster/Epochs.ts"
import { claim } from "../../src/cluster/owners.ts"
import { MOST_TURNS, noteBegun, turnsOf } from "../../src/cluster/turnRows.ts"
import { sqlite } from "../../src/cluster/node/sqlite.ts"
import { LOCK_TIMES, singleRunner } from "../../src/cluster/runners.ts"
import { ready } from "../../src/cluster/Storage.ts"
import type { NearTuner } from "../../src/cluster/tunerEntity.ts"
import { hearHere, Tuners } from "../../src/cluster/Tuners.ts"
import type { Hearing } from "../../src/replica/TunerHost.ts"
import { PLANT, Troop } from "./Troop.ts"

const storage = ready(sqlite(":memory:"))

const THING = { kind: "tuner", name: "checkout" } as const

/** How reports come to a tuner of their own runner: by messages as to any other one, or without, where that can be. */
const WAYS = ["by messages", "without messages"] as const
type Way = (typeof WAYS)[number]

/** What the last process owns, and how many reports it has heard without a message. */
const near = { tuners: new Map<string, NearTuner>(), heard: 0 }

/** One start of a process, over the database that stays. */
const started = (runner: string, expirationMs: number = LOCK_TIMES.expirationMs) => {
  near.tuners = new Map()
  near.heard = 0
  return Tuners.layer(new Map([["checkout", PLANT]]), near.tuners).pipe(
    Layer.provideMerge(Epochs.layer({ runner, expirationMs })),
    Layer.provide(singleRunner(LOCK_TIMES)),
  )
}

/** A report on its way to its tuner. */
const sent = (way: Way, report: unknown): Effect.Effect<Hearing, never, Tuners> =>
  Effect.suspend(() => {
    const tuner = near.tuners.get("checkout")
    const heard = way === "by messages" || tuner === undefined ? null : hearHere(tuner, report)
    if (heard === null) return Effect.flatMap(Tuners, (all) => all.report("checkout", report))
    near.heard++
    return Effect.isEffect(heard) ? heard : Effect.succeed(heard)
  })

const nowUs = Effect.clockWith((clock) => Effect.sync(() => clock.currentTimeMillisUnsafe() * 1000))

/** Lets so many seconds pass, in which each replica reports twice. */
const run = (troop: Troop, seconds: number, way: Way = "by messages") =>
  Effect.gen(function* () {
    for (let turn = 0; turn < 2 * seconds; turn++) {
      yield* TestClock.adjust("500 millis")
      const now = yield* nowUs
      for (const { report, heard } of troop.reports(now)) {
        const fiber = yield* Effect.forkChild(sent(way, report))
        yield* TestClock.adjust("1 millis")
        const { status, body } = yield* Fiber.join(fiber)
        heard(status, body, yield* nowUs)
      }
    }
  })

const command = (key: string, name: "trip" | "setBaseline") =>
  Effect.gen(function* () {
    const tuners = yield* Tuners
    const fiber = yield* Effect.forkChild(
      tuners.command("checkout", { key, command: name, by: "ada", note: "" }),
    )
    yield* TestClock.adjust("1 seconds")
    return yield* Fiber.join(fiber)
  })

const row = Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  const [one] = yield* sql<{ epoch: number; runner: string; standing: string }>`SELECT * FROM arqon_owner`
  return one
})

describe("a tuner in a cluster", () => {
  it.effect.each(WAYS)(
    "tunes %s, is saved before a baseline counts, and goes on in the next process where it stood",
    (way) =>
      Effect.gen(function* () {
        const troop = new Troop("checkout")
        const stood = yield* Effect.gen(function* () {
          yield* TestClock.adjust("5 seconds")
          yield* run(troop, 10, way)
          assert.strictEqual(near.heard > 80, way === "without messages")
          const { epoch, standing } = yield* row
          assert.strictEqual(epoch, 1)
          assert.deepStrictEqual(JSON.parse(standing).cohort.resumption.baseline, { rate: 0.2, share: 0.9 })
          return (yield* (yield* Tuners).view("checkout")).status
        }).pipe(Effect.provide(started("one")))
        assert.strictEqual(JSON.parse((yield* row).standing).cohort.resumption.from.ended, true)
        yield* Effect.gen(function* () {
          yield* TestClock.adjust("5 seconds")
          yield* run(troop, 1, way)
          const { status, replicas } = yield* (yield* Tuners).view("checkout")
          assert.strictEqual(status.epoch, 2)
          assert.strictEqual(status.safeMode, null)
          assert.notDeepEqual(stood.base, { rate: 0.2, share: 0.9 })
          assert.strictEqual(replicas.length, 6)
          assert.isTrue(replicas.every(({ confirmed }) => confirmed[0] === 2))
        }).pipe(Effect.provide(started("two")))
        assert.deepStrictEqual([...troop.statuses.keys()], [200])
      }).pipe(Effect.provide(storage)),
  )

  it.effect(
    "a process that dies is followed on the baseline in SafeMode, and its commands stay carried out once",
    () =>
      Effect.gen(function* () {
        const troop = new Troop("checkout")
        const atDeath = yield* Effect.gen(function* () {
          yield* TestClock.adjust("5 seconds")
          yield* run(troop, 10)
          const done = yield* command("b", "setBaseline")
          assert.strictEqual(done.epoch, 1)
          return yield* row
        }).pipe(Effect.provide(started("one")))
        const sql = yield* SqlClient.SqlClient
        // What a process that is killed does not do.
        yield* sql`UPDATE arqon_owner SET standing = ${atDeath.standing}`
        yield* Effect.gen(function* () {
          yield* TestClock.adjust("5 seconds")
          yield* run(troop, 1)
          const again = yield* command("b", "setBaseline")
          assert.strictEqual(again.epoch, 1)
          const { status, commands } = yield* (yield* Tuners).view("checkout")
          assert.strictEqual(status.safeMode, "engineFault")
          assert.deepStrictEqual(status.base, JSON.parse(atDeath.standing).cohort.resumption.baseline)
          const { turns } = yield* turnsOf(sql, THING)
          assert.deepStrictEqual(
            turns.map(({ epoch, runner, began }) => [epoch, runner, began]),
            [
              [1, "one", "first"],
              [2, "two", "baseline"],
            ],
          )
          assert.deepStrictEqual(
            commands.map(({ key, by }) => [key, by]),
            [["b", "ada"]],
          )
        }).pipe(Effect.provide(started("two")))
      }).pipe(Effect.provide(storage)),
  )

  it.effect("the last owners are remembered, and one that has lost its place adds nothing", () =>
    Effect.gen(function* () {
      const sql = yield* SqlClient.SqlClient
      for (let epoch = 1; epoch <= MOST_TURNS + 3; epoch++) {
        yield* claim(sql, THING, `start-${epoch}`)
        assert.isTrue(yield* noteBegun(sql, THING, epoch, "baseline"))
        // Its answer was lost, so it is sent again.
        assert.isTrue(yield* noteBegun(sql, THING, epoch, "baseline"))
      }
      assert.isFalse(yield* noteBegun(sql, THING, MOST_TURNS, "wentOn"))
      const { turns } = yield* turnsOf(sql, THING)
      assert.deepStrictEqual(
        turns.map(({ epoch, runner, began }) => [epoch, runner, began]),
        Array.from({ length: MOST_TURNS }, (_, i) => [i + 4, `start-${i + 4}`, "baseline"]),
      )
    }).pipe(Effect.provide(storage)),
  )

  it.effect.each(WAYS)(
    "an owner whose place was taken writes nothing, answers nothing %s, and leaves the plant alone",
    (way) =>
      Effect.gen(function* () {
        const troop = new Troop("checkout", 2)
        yield* Effect.gen(function* () {
          yield* TestClock.adjust("5 seconds")
          yield* run(troop, 3, way)
          const sql = yield* SqlClient.SqlClient
          const taken = yield* claim(sql, THING, "another")
          assert.strictEqual(taken.epoch, 2)
          const tuners = yield* Tuners
          const waiting = yield* Effect.forkChild(
            tuners.command("checkout", { key: "t", command: "trip", by: "", note: "" }),
          )
          yield* TestClock.adjust("1 seconds")
          assert.strictEqual((yield* row).standing, taken.standing)
          assert.isUndefined(waiting.pollUnsafe())
          troop.statuses.clear()
          yield* run(troop, 1, way)
          assert.deepStrictEqual([...troop.statuses.keys()], [503])
          // They are told nothing: by themselves they are back on the base.
          assert.isTrue(troop.cores.every(({ standing }) => standing === "holding"))
          assert.strictEqual((yield* Epochs).counts().fencedWrites, 1)
        }).pipe(Effect.provide(started("one")))
        assert.strictEqual((yield* row).runner, "another")
      }).pipe(Effect.provide(storage)),
  )

  it.effect.each(WAYS)(
    "an owner that was not confirmed for six tenths of the expiration answers nothing %s until it is",
    (way) =>
      Effect.gen(function* () {
        const troop = new Troop("checkout", 2)
        yield* Effect.gen(function* () {
          yield* TestClock.adjust("5 seconds")
          yield* run(troop, 2, way)
          const sql = yield* SqlClient.SqlClient
          yield* sql`ALTER TABLE arqon_owner RENAME TO away`
          yield* run(troop, 5, way)
          assert.deepStrictEqual([...troop.statuses.keys()], [200])
          yield* run(troop, 4, way)
          troop.statuses.clear()
          yield* run(troop, 2, way)
          assert.deepStrictEqual([...troop.statuses.keys()], [503])
          yield* sql`ALTER TABLE away RENAME TO arqon_owner`
          yield* TestClock.adjust("4 seconds")
          troop.statuses.clear()
          yield* run(troop, 1, way)
          assert.deepStrictEqual([...troop.statuses.keys()], [200])
        }).pipe(Effect.provide(started("one")))
      }).pipe(Effect.provide(storage)),
  )

  it.effect.each(WAYS)("what a report %s has led to is saved before it is answered", (way) =>
    Effect.gen(function* () {
      const troop = new Troop("checkout", 2)
      yield* Effect.gen(function* () {
        yield* TestClock.adjust("5 seconds")
        yield* run(troop, 2, way)
        const sql = yield* SqlClient.SqlClient
        yield* sql`ALTER TABLE arqon_owner RENAME TO away`
        const report = troop.reports(yield* nowUs)[0].report as { readonly at: unknown }
        const emergency = { ...report, emergency: { at: report.at, margin: -1 } }
        const answered = yield* Effect.forkChild(sent(way, emergency))
        yield* TestClock.adjust("1 seconds")
        assert.isUndefined(answered.pollUnsafe())
        yield* sql`ALTER TABLE away RENAME TO arqon_owner`
        yield* TestClock.adjust("1 seconds")
        assert.deepInclude((yield* Fiber.join(answered)).body, { safeMode: "constraintEmergency" })
        assert.include((yield* row).standing, "constraintEmergency")
      }).pipe(Effect.provide(started("one")))
    }).pipe(Effect.provide(storage)),
  )

  it.effect("an owner that hears reports without messages stays, as long as they come", () =>
    Effect.gen(function* () {
      const troop = new Troop("checkout", 2)
      yield* Effect.gen(function* () {
        yield* TestClock.adjust("5 seconds")
        yield* run(troop, 180, "without messages")
        assert.isAbove(near.heard, 600)
        assert.strictEqual((yield* row).epoch, 1)
        // Nobody asks: it is put away, and saved.
        yield* TestClock.adjust("3 minutes")
        assert.strictEqual(near.tuners.size, 0)
        assert.strictEqual(JSON.parse((yield* row).standing).cohort.resumption.from.ended, true)
      }).pipe(Effect.provide(started("one")))
    }).pipe(Effect.provide(storage)),
  )

  it.effect("an unknown tuner is said to be one", () =>
    Effect.gen(function* () {
      const { status, body } = yield* (yield* Tuners).report("chekout", {})
      assert.strictEqual(status, 404)
      assert.match(JSON.stringify(body), /Did you mean/)
    }).pipe(Effect.provide(started("one")), Effect.provide(storage)),
  )
})
