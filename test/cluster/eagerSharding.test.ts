/** How often a runner looks for locks that it waits for: twenty times a second, and everything else as often as it says. */
import { assert, describe, it } from "@effect/vitest"
import * as RunnerAddress from "effect/cluster/RunnerAddress"
import * as RunnerHealth from "effect/cluster/RunnerHealth"
import * as Runners from "effect/cluster/Runners"
import * as RunnerStorage from "effect/cluster/RunnerStorage"
import * as MessageStorage from "effect/cluster/MessageStorage"
import * as Sharding from "effect/cluster/Sharding"
import * as ShardingConfig from "effect/cluster/ShardingConfig"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import { TestClock } from "effect/testing"
import { eagerSharding } from "../../src/cluster/eagerSharding.ts"
import { shardingConfig } from "../../src/cluster/runners.ts"

/** How often a runner looks for its locks within this time, where somebody else has them. */
const looksWithin = (ms: number, refreshMs: number, eager = true): Effect.Effect<number> =>
  Effect.gen(function* () {
    let looks = 0
    const storage = Layer.effect(
      RunnerStorage.RunnerStorage,
      Effect.map(RunnerStorage.RunnerStorage, (memory) => ({
        ...memory,
        acquire: () => Effect.sync(() => (looks++, [])),
      })),
    ).pipe(Layer.provide(RunnerStorage.layerMemory))
    const sharding = Sharding.layer.pipe(
      Layer.provide(eager ? eagerSharding(refreshMs) : Layer.empty),
      Layer.provide(Runners.layerNoop),
      Layer.provide(MessageStorage.layerNoop),
      Layer.provide([storage, RunnerHealth.layerNoop]),
      Layer.provide(
        ShardingConfig.layer({
          ...shardingConfig({ expirationMs: 3 * refreshMs, refreshMs }),
          runnerAddress: Option.some(RunnerAddress.make("127.0.0.1", 1)),
        }),
      ),
    )
    yield* Layer.build(sharding)
    yield* TestClock.adjust("5 seconds")
    const before = looks
    yield* TestClock.adjust(ms)
    return looks - before
  }).pipe(Effect.scoped)

describe("a runner that waits for locks", () => {
  it.effect("looks for them twenty times a second", () =>
    Effect.gen(function* () {
      assert.strictEqual(yield* looksWithin(3000, 5000, false), 3)
      assert.strictEqual(yield* looksWithin(3000, 5000), 60)
    }),
  )

  it.effect("looks as often as by itself where its deadlines cannot be told from its rests", () =>
    Effect.gen(function* () {
      assert.strictEqual(yield* looksWithin(3000, 1000), 3)
    }),
  )

  it.effect("is hurried in nothing else", () =>
    Effect.gen(function* () {
      const other = yield* Effect.forkChild(Effect.provide(Effect.sleep(1000), eagerSharding(5000)))
      yield* TestClock.adjust(999)
      assert.isUndefined(other.pollUnsafe())
      yield* TestClock.adjust(1)
      yield* Fiber.join(other)
    }),
  )
})
