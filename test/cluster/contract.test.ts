/**
 * What Arqon relies on of `effect/cluster`, which is unstable: a new version of Effect that changes any of it fails here and not in a
 * cluster. One owner for each lock session, handoff, persisted replay, and one effect for each key.
 */
import { assert, describe, it } from "@effect/vitest"
import * as ClusterSchema from "effect/cluster/ClusterSchema"
import * as Entity from "effect/cluster/Entity"
import * as TestRunner from "effect/cluster/TestRunner"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as Rpc from "effect/rpc/Rpc"
import * as Schema from "effect/Schema"
import { TestClock } from "effect/testing"

const Ask = Rpc.make("Ask", { success: Schema.Number })
const Say = Rpc.make("Say", {
  payload: { key: Schema.String },
  primaryKey: ({ key }) => key,
  success: Schema.String,
}).annotate(ClusterSchema.Persisted, true)
const Thing = Entity.make("test/thing", [Ask, Say])

interface Diary {
  readonly begun: Array<string>
  readonly ended: Array<string>
  readonly said: Array<string>
}

const diary = (): Diary => ({ begun: [], ended: [], said: [] })

const thingLayer = (
  { begun, ended, said }: Diary,
  runner = "one",
  onSay: Effect.Effect<void> = Effect.void,
) =>
  Thing.toLayer(
    Effect.gen(function* () {
      begun.push(runner)
      yield* Effect.addFinalizer(() => Effect.sync(() => void ended.push(runner)))
      return Thing.of({
        Ask: () => Effect.succeed(begun.length),
        Say: ({ payload }) =>
          Effect.as(
            Effect.andThen(
              Effect.sync(() => void said.push(payload.key)),
              onSay,
            ),
            runner,
          ),
      })
    }),
    { maxIdleTime: "1 minute" },
  )

describe("what is relied on of effect/cluster", () => {
  it.effect("an entity begins with its first message, once, and ends after its idle time", () => {
    const seen = diary()
    return Effect.gen(function* () {
      yield* TestClock.adjust("5 seconds")
      const thing = (yield* Thing.client)("a")
      assert.deepStrictEqual(yield* Effect.all([thing.Ask(), thing.Ask()], { concurrency: 2 }), [1, 1])
      yield* TestClock.adjust("3 minutes")
      assert.deepStrictEqual(seen.ended, ["one"])
      assert.strictEqual(yield* thing.Ask(), 2)
    }).pipe(Effect.provide(thingLayer(seen).pipe(Layer.provideMerge(TestRunner.layer))))
  })

  it.effect("a persisted message of one key has one effect, and each sender gets its answer", () => {
    const seen = diary()
    return Effect.gen(function* () {
      yield* TestClock.adjust("5 seconds")
      const thing = (yield* Thing.client)("a")
      const first = yield* thing.Say({ key: "k" })
      const fiber = yield* Effect.forkChild(thing.Say({ key: "k" }))
      yield* TestClock.adjust("30 seconds")
      assert.deepStrictEqual([first, yield* Fiber.join(fiber)], ["one", "one"])
      yield* thing.Say({ key: "other" })
      assert.deepStrictEqual(seen.said, ["k", "other"])
    }).pipe(Effect.provide(thingLayer(seen).pipe(Layer.provideMerge(TestRunner.layer))))
  })

  it.effect("a handler that dies is built again, and its persisted message is carried out again", () => {
    const seen = diary()
    const failOnce = Effect.suspend(() => (seen.said.length === 1 ? Effect.die("once") : Effect.void))
    return Effect.gen(function* () {
      yield* TestClock.adjust("5 seconds")
      const thing = (yield* Thing.client)("a")
      const fiber = yield* Effect.forkChild(thing.Say({ key: "k" }))
      yield* TestClock.adjust("30 seconds")
      assert.strictEqual(yield* Fiber.join(fiber), "one")
      assert.deepStrictEqual(seen, { begun: ["one", "one"], ended: ["one"], said: ["k", "k"] })
    }).pipe(Effect.provide(thingLayer(seen, "one", failOnce).pipe(Layer.provideMerge(TestRunner.layer))))
  })
})
