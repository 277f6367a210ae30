/** Campaigns in a cluster of one runner over a real SQLite, in virtual time: days of waiting, processes that end, and what happens once. */
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as SqlClient from "effect/sql/SqlClient"
import { TestClock } from "effect/testing"
import { Campaigns, type CampaignStatus } from "../../src/cluster/campaign/Campaigns.ts"
import type { CampaignOptions } from "../../src/cluster/campaign/campaignOptions.ts"
import { CampaignStore } from "../../src/cluster/campaign/CampaignStore.ts"
import { Epochs } from "../../src/cluster/Epochs.ts"
import { sqlite } from "../../src/cluster/node/sqlite.ts"
import { LOCK_TIMES, singleRunner } from "../../src/cluster/runners.ts"
import { ready } from "../../src/cluster/Storage.ts"
import { Study } from "../../src/cluster/study/Study.ts"
import { Tuners } from "../../src/cluster/Tuners.ts"
import { bowl, PLANT, Troop } from "./Troop.ts"

const storage = ready(sqlite(":memory:"))

const BOUNDS = { rate: { min: 0, max: 1 }, share: { min: 0, max: 1 } }
const CONFIG = { budget: 30, seed: 5, bounds: BOUNDS }
const NIGHTLY: CampaignOptions = {
  name: "nightly",
  tuner: "checkout",
  study: "search",
  by: "ada",
  why: "the load has changed",
}
const EVIDENCE = {
  source: "replay of Monday",
  mean: 0.01,
  standardError: 0.001,
  readings: 20,
  constraintsHeld: true,
}
const CARL = { by: "carl", why: "too risky" }
const BOB = { by: "bob", why: "the evidence is sound" }

const TUNERS = { checkout: PLANT }

/** One start of a process, over the database that stays. */
const started = (runner: string) =>
  Campaigns.layer("SQLite in memory", TUNERS).pipe(
    Layer.provideMerge(Tuners.layer(new Map(Object.entries(TUNERS)))),
    Layer.provideMerge(Epochs.layer({ runner, expirationMs: LOCK_TIMES.expirationMs })),
    Layer.provide(singleRunner(LOCK_TIMES)),
  )

const nowUs = Effect.clockWith((clock) => Effect.sync(() => clock.currentTimeMillisUnsafe() * 1000))

/** What else is under way in this process has its turn: digests are made outside of virtual time. */
const breathe = Effect.promise(() => new Promise((resolve) => void setImmediate(resolve)))

/** What comes of it, while time passes. */
const meanwhile = <A, E, R>(work: Effect.Effect<A, E, R>) =>
  Effect.gen(function* () {
    const fiber = yield* Effect.forkChild(work)
    for (let i = 0; i < 1000 && fiber.pollUnsafe() === undefined; i++) {
      yield* TestClock.adjust("1 seconds")
      yield* breathe
    }
    return yield* Fiber.join(fiber)
  })

/** The first of what is looked at again and again that holds. */
const firstThat = <A, E, R>(look: Effect.Effect<A, E, R>, holds: (seen: A) => boolean) =>
  meanwhile(
    Effect.gen(function* () {
      for (;;) {
        const seen = yield* look
        if (holds(seen)) return seen
        yield* Effect.sleep("1 seconds")
      }
    }),
  )

const status = Effect.flatMap(Campaigns, (all) => all.status("nightly"))
const start = (options: object = {}) =>
  Effect.gen(function* () {
    yield* TestClock.adjust("5 seconds")
    return yield* meanwhile((yield* Campaigns).start({ ...NIGHTLY, config: CONFIG, ...options }))
  })

/** A worker that evaluates all of the study. */
const evaluateAll = Effect.gen(function* () {
  const study = yield* Study.watch(yield* SqlClient.SqlClient, {
    storage: { name: "SQLite in memory" },
    name: "search",
  })
  while (!study.done) {
    const trials = yield* study.ask(1)
    yield* study.tell(
      trials.map(({ id, params }) => ({ id, value: bowl(Number(params["rate"]), Number(params["share"])) })),
    )
  }
})

const until = (state: CampaignStatus["state"], name = "nightly") =>
  Effect.gen(function* () {
    return yield* firstThat((yield* Campaigns).status(name), (seen) => seen.state === state)
  })

/** Lets replicas report until the campaign has ended. */
const runUntilEnd = (troop: Troop, most = 600) =>
  Effect.gen(function* () {
    const tuners = yield* Tuners
    for (let turn = 0; turn < most; turn++) {
      const { state } = yield* status
      if (state === "rolledOut" || state === "back") return
      yield* TestClock.adjust("500 millis")
      const now = yield* nowUs
      for (const { report, heard } of troop.reports(now)) {
        const fiber = yield* Effect.forkChild(tuners.report("checkout", report))
        yield* TestClock.adjust("1 millis")
        const { status: code, body } = yield* Fiber.join(fiber)
        heard(code, body, yield* nowUs)
      }
    }
  })

const proposed = Effect.gen(function* () {
  yield* start()
  yield* evaluateAll
  yield* until("waiting")
  return yield* meanwhile((yield* Campaigns).evaluate("nightly", EVIDENCE, { by: "ada", why: "measured" }))
})

const stepsOf = ({ steps }: CampaignStatus) => steps.map(({ step }) => step)

/** One process after the other over the same database. */
const process = <A, E>(runner: string, work: Effect.Effect<A, E, Campaigns | Tuners | SqlClient.SqlClient>) =>
  Effect.provide(work, started(runner))

const approve = Effect.gen(function* () {
  yield* TestClock.adjust("5 seconds")
  return yield* meanwhile((yield* Campaigns).decide("nightly", "approve", BOB))
})

const cancel = Effect.gen(function* () {
  const said = { by: "eve", why: "not now" }
  return yield* meanwhile((yield* Campaigns).cancel("nightly", said))
})

const refusedNow = <A, E extends object, R>(work: Effect.Effect<A, E, R>) =>
  Effect.match(work, {
    onSuccess: () => null,
    onFailure: (error) => ("reason" in error ? error.reason : null),
  })

/** What a call was refused with. */
const refused = <A, E extends { readonly _tag: string }, R>(work: Effect.Effect<A, E, R>) =>
  Effect.map(
    meanwhile(
      Effect.match(work, {
        onSuccess: () => null,
        onFailure: (error) => error as E & { reason?: string; problems?: ReadonlyArray<{ path: string }> },
      }),
    ),
    (error) => [error?._tag, error?.reason, ...(error?.problems ?? []).map(({ path }) => path)],
  )

const trialsNow = Effect.flatMap(Tuners, (tuners) =>
  Effect.map(tuners.view("checkout"), ({ commands }) =>
    commands.flatMap(({ key, end }) => (end === undefined ? [] : [`${key} ${end}`])),
  ),
)

const RESET = { key: "r", command: "reset", by: "ada", note: "" } as const

/** Waits until these are the trials of the tuner. */
const expectTrials = (...expected: ReadonlyArray<string>) =>
  firstThat(trialsNow, (trials) => trials.join() === expected.join())

const history = Effect.flatMap(Campaigns, ({ variants }) =>
  Effect.map(variants.history("nightly"), (steps) => steps.map(({ action, by }) => `${action} ${by}`)),
)

describe("a campaign", () => {
  it.effect(
    "waits for the study, for days for a person, tries the candidate on canaries and rolls it out, in other processes each time",
    () =>
      Effect.gen(function* () {
        yield* process(
          "one",
          Effect.gen(function* () {
            assert.strictEqual((yield* start()).state, "studying")
            yield* evaluateAll
          }),
        )
        yield* process(
          "two",
          Effect.gen(function* () {
            yield* TestClock.adjust("5 seconds")
            const waiting = yield* until("waiting")
            assert.deepStrictEqual(stepsOf(waiting), ["study", "draft"])
            assert.deepStrictEqual(waiting.candidate?.authors, ["ada"])
            yield* meanwhile((yield* Campaigns).evaluate("nightly", EVIDENCE, { by: "ada", why: "measured" }))
          }),
        )
        // Nothing runs.
        yield* TestClock.setTime((yield* nowUs) / 1000 + 3 * 86_400_000)
        yield* process(
          "three",
          Effect.gen(function* () {
            const approved = yield* approve
            assert.strictEqual(approved.state, "trying")
            assert.strictEqual(approved.candidate?.approval?.by, "bob")
          }),
        )
        yield* process(
          "four",
          Effect.gen(function* () {
            yield* TestClock.adjust("5 seconds")
            yield* runUntilEnd(new Troop("checkout"))
            const ended = yield* status
            assert.strictEqual(ended.state, "rolledOut")
            assert.strictEqual(ended.candidate?.state, "promoted")
            assert.strictEqual(
              (yield* trialsNow).at(-1),
              `campaign nightly/${stepsOf(ended).length - 3} rolledOut`,
            )
            assert.deepStrictEqual(yield* history, [
              "draft ada",
              "evaluate ada",
              "evaluate ada",
              "approve bob",
              "promote campaign nightly",
            ])
          }),
        )
      }).pipe(Effect.provide(storage)),
  )

  it.effect(
    "goes on with a trial in the next process, and begins it again where its owner was killed, so many times",
    () =>
      Effect.gen(function* () {
        const sql = yield* SqlClient.SqlClient
        const standing = Effect.map(
          sql<{ standing: string }>`SELECT standing FROM arqon_owner`,
          ([one]) => one.standing,
        )
        yield* process(
          "one",
          Effect.gen(function* () {
            yield* start({ attempts: 2 })
            yield* evaluateAll
            yield* until("waiting")
            yield* meanwhile((yield* Campaigns).evaluate("nightly", EVIDENCE, { by: "ada", why: "measured" }))
            yield* approve
            yield* expectTrials("campaign nightly/1 null")
          }),
        )
        let atDeath = yield* process(
          "two",
          Effect.gen(function* () {
            yield* TestClock.adjust("20 seconds")
            yield* expectTrials("campaign nightly/1 null")
            return yield* standing
          }),
        )
        // What a process that is killed does not do.
        yield* sql`UPDATE arqon_owner SET standing = ${atDeath}`
        atDeath = yield* process(
          "three",
          Effect.gen(function* () {
            // Nobody measures, so a person leads out of SafeMode.
            yield* expectTrials("campaign nightly/1 withdrawn")
            yield* meanwhile((yield* Tuners).command("checkout", RESET))
            yield* expectTrials("campaign nightly/1 withdrawn", "campaign nightly/2 null")
            return yield* standing
          }),
        )
        yield* sql`UPDATE arqon_owner SET standing = ${atDeath}`
        yield* process(
          "four",
          Effect.gen(function* () {
            const ended = yield* until("back")
            assert.deepStrictEqual(stepsOf(ended), ["study", "draft", "decision/1", "trial/1", "trial/2"])
            assert.match(ended.reason ?? "", /withdrawn/)
            assert.strictEqual(ended.candidate?.state, "evaluated")
            assert.strictEqual((yield* history).at(-1), "withdraw campaign nightly")
          }),
        )
      }).pipe(Effect.provide(storage)),
  )

  it.effect("is approved by another person than who proposed it, on evidence, and once", () =>
    Effect.gen(function* () {
      const all = yield* Campaigns
      assert.deepStrictEqual(yield* refused(all.decide("nightly", "approve", BOB)), [
        "CampaignError",
        "unknown",
      ])
      yield* start()
      assert.deepStrictEqual(yield* refused(all.decide("nightly", "approve", BOB)), [
        "CampaignError",
        "notNow",
      ])
      yield* evaluateAll
      const { missing } = yield* until("waiting")
      // One reading of a study that repeats itself.
      assert.deepStrictEqual(
        missing.map(({ path }) => path),
        ["evidence"],
      )
      assert.deepStrictEqual(yield* refused(all.decide("nightly", "approve", BOB)), [
        "VariantError",
        "refused",
        "evidence",
      ])
      yield* meanwhile(all.evaluate("nightly", EVIDENCE, { by: "ada", why: "measured" }))
      assert.deepStrictEqual(yield* refused(all.decide("nightly", "approve", { by: " ADA", why: "mine" })), [
        "VariantError",
        "refused",
        "by",
      ])
      assert.deepStrictEqual(yield* refused(all.decide("nightly", "approve", { by: "", why: "" })), [
        "VariantError",
        "refused",
        "by",
        "why",
      ])
      assert.deepStrictEqual(stepsOf(yield* status), ["study", "draft"])
      const [first, second] = yield* meanwhile(
        Effect.all(
          [all.decide("nightly", "approve", BOB), refusedNow(all.decide("nightly", "reject", CARL))],
          {
            concurrency: 2,
          },
        ),
      )
      assert.strictEqual(first.state, "trying")
      assert.strictEqual(second, "decided")
      assert.deepStrictEqual(yield* refused(all.decide("nightly", "approve", CARL)), [
        "CampaignError",
        "notNow",
      ])
    }).pipe(Effect.provide(started("one")), Effect.provide(storage)),
  )

  it.effect("goes back where it is rejected, and where nobody has approved it in time", () =>
    Effect.gen(function* () {
      yield* proposed
      const rejected = yield* meanwhile((yield* Campaigns).decide("nightly", "reject", CARL))
      assert.deepStrictEqual([rejected.state, rejected.reason], ["back", "Rejected by carl: too risky"])
      assert.strictEqual(rejected.candidate?.state, "draft")
      yield* meanwhile(
        (yield* Campaigns).start({ ...NIGHTLY, name: "again", variant: "again", approveWithinMs: 120_000 }),
      )
      const late = yield* until("back", "again")
      assert.deepStrictEqual([late.state, late.reason], ["back", "Nobody has approved it in time."])
      assert.strictEqual(late.candidate?.state, "draft")
    }).pipe(Effect.provide(started("one")), Effect.provide(storage)),
  )

  it.effect("is cancelled while it studies, and its study goes on", () =>
    Effect.gen(function* () {
      yield* start()
      const { state, reason, candidate } = yield* cancel
      assert.deepStrictEqual([state, reason, candidate], ["back", "Cancelled by eve: not now", null])
      yield* evaluateAll
      assert.deepStrictEqual(yield* refused((yield* Campaigns).cancel("nightly", BOB)), [
        "CampaignError",
        "notNow",
      ])
    }).pipe(Effect.provide(started("one")), Effect.provide(storage)),
  )

  it.effect("is cancelled while it waits for a person, and while its candidate is on canaries", () =>
    Effect.gen(function* () {
      yield* proposed
      assert.strictEqual((yield* cancel).candidate?.state, "draft")
      const all = yield* Campaigns
      yield* meanwhile(all.start({ ...NIGHTLY, name: "again", variant: "again" }))
      yield* until("waiting", "again")
      yield* meanwhile(all.evaluate("again", EVIDENCE, { by: "ada", why: "measured" }))
      yield* meanwhile(all.decide("again", "approve", BOB))
      yield* expectTrials("campaign again/1 null")
      const ended = yield* meanwhile(all.cancel("again", { by: "eve", why: "not now" }))
      yield* expectTrials("campaign again/1 withdrawn")
      assert.deepStrictEqual(
        [ended.state, ended.candidate?.state, stepsOf(ended).at(-1)],
        ["back", "evaluated", "trial/1"],
      )
    }).pipe(Effect.provide(started("one")), Effect.provide(storage)),
  )

  it.effect("is refused with every problem at once, and has begun nothing then", () =>
    Effect.gen(function* () {
      const all = yield* Campaigns
      const bounds = { rate: { min: 0, max: 2 }, speed: { min: 0, max: 1 }, share: { choices: ["a", "b"] } }
      const refusal = (options: object) => refused(all.start({ ...NIGHTLY, ...options }))
      assert.deepStrictEqual(yield* refusal({ tuner: "chekout" }), ["ConfigError", undefined, "tuner"])
      assert.deepStrictEqual(yield* refusal({ by: "", why: 7, name: "", attempts: 0 }), [
        "ConfigError",
        undefined,
        "attempts",
        "by",
        "name",
        "why",
      ])
      assert.deepStrictEqual(yield* refusal({}), ["StudyError", "unknown"])
      assert.deepStrictEqual(yield* refusal({ config: { budget: 9, bounds, objective: "maximize" } }), [
        "ConfigError",
        undefined,
        "study",
        "study.bounds.rate",
        "study.bounds.share",
        "study.bounds.speed",
      ])
      // The study that was not good enough was not made.
      assert.deepStrictEqual(yield* refusal({}), ["StudyError", "unknown"])
      assert.deepStrictEqual(yield* all.all, [])
      const begun = yield* start()
      assert.deepStrictEqual(yield* start(), begun)
      assert.deepStrictEqual(yield* refusal({ why: "another" }), ["CampaignError", "exists"])
    }).pipe(Effect.provide(started("one")), Effect.provide(storage)),
  )

  it.effect("takes a step once, however many processes take it", () =>
    Effect.gen(function* () {
      yield* start()
      const store = new CampaignStore(yield* SqlClient.SqlClient)
      let effects = 0
      const take = store.once("nightly", "step", () => Effect.sync(() => ({ body: ++effects })))
      assert.deepStrictEqual(yield* Effect.all([take, take, take], { concurrency: 3 }), [1, 1, 1])
      assert.strictEqual(effects, 1)
    }).pipe(Effect.provide(started("one")), Effect.provide(storage)),
  )
})
