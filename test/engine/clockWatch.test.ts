/** A clock that sleeps for ever: found by the digests that go on coming, treated as hung, started anew. */
import { assert, describe, it } from "@effect/vitest"
import * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import { ClockWatch } from "../../src/engine/supervision/ClockWatch.ts"
import { Engine } from "../../src/index.effect.ts"
import { knobs } from "./plant.ts"

/** A clock whose hands a test moves, and whose alarms ring only where it wants them to. */
function handMoved() {
  const hand = { ms: 1_700_000_000_000, deaf: false }
  const sleepers: Array<{ readonly at: number; readonly wake: () => void }> = []
  const nanos = (): bigint => BigInt(Math.round(hand.ms * 1e6))
  const clock: Clock.Clock = {
    currentTimeMillisUnsafe: () => hand.ms,
    currentTimeMillis: Effect.sync(() => hand.ms),
    currentTimeNanosUnsafe: nanos,
    currentTimeNanos: Effect.sync(nanos),
    monotonicTimeNanosUnsafe: nanos,
    monotonicTimeNanos: Effect.sync(nanos),
    sleep: (duration) =>
      Effect.callback<void>((resume) => {
        if (hand.deaf) return
        sleepers.push({ at: hand.ms + Duration.toMillis(duration), wake: () => resume(Effect.void) })
      }),
  }
  const pass = (ms: number): void => {
    hand.ms += ms
    for (let i = sleepers.length - 1; i >= 0; i--)
      if (sleepers[i].at <= hand.ms) sleepers.splice(i, 1)[0].wake()
  }
  return { clock, hand, pass }
}

const turns = Effect.gen(function* () {
  for (let i = 0; i < 40; i++) yield* Effect.yieldNow
})

describe("a clock that stops forever", () => {
  it.effect("is detected through digests; the plant goes to its baseline, and a new clock ticks", () => {
    const { clock, hand, pass } = handMoved()
    return Effect.gen(function* () {
      const engine = yield* Engine.make({ params: knobs, seed: 3 })
      const step = Effect.gen(function* () {
        pass(100)
        engine.observeUnsafe({ objective: 1 })
        yield* turns
        return (yield* engine.snapshot).counters.restarts
      })
      for (let i = 0; i < 30; i++) assert.deepStrictEqual(yield* step, [])
      // The sleep that is under way still ends; the next one never does.
      hand.deaf = true
      let steps = 0
      while ((yield* step).length === 0 && ++steps < 100);
      assert.isAbove(steps, 8)
      assert.isBelow(steps, 20)
      const { counters, values, baseline, mode } = yield* engine.snapshot
      assert.deepStrictEqual(counters.restarts, [{ child: "clock", reason: "hung", count: 1 }])
      assert.deepStrictEqual<unknown>({ values, mode }, { values: baseline, mode: "adapting" })
      hand.deaf = false
      // The new one was deaf as well, is found in its turn, and the one after it ticks.
      for (let i = 0; i < 30; i++) yield* step
      assert.deepStrictEqual((yield* engine.snapshot).counters.restarts[0].count, 2)
      for (let i = 0; i < 60; i++) yield* step
      assert.deepStrictEqual((yield* engine.snapshot).counters.restarts[0].count, 2)
    }).pipe(Effect.scoped, Effect.provideService(Clock.Clock, clock))
  })

  it.effect("is distinguished from a busy thread: due work runs first", () => {
    const { clock, hand, pass } = handMoved()
    return Effect.gen(function* () {
      const engine = yield* Engine.make({ params: knobs, seed: 3 })
      yield* turns
      for (let i = 0; i < 20; i++) {
        // Ten seconds without a turn for anybody, digests amid them.
        for (let j = 0; j < 100; j++) {
          hand.ms += 100
          engine.observeUnsafe({ objective: 1 })
        }
        pass(0)
        yield* turns
      }
      assert.deepStrictEqual((yield* engine.snapshot).counters.restarts, [])
    }).pipe(Effect.scoped, Effect.provideService(Clock.Clock, clock))
  })
})

describe("the watch over the clock", () => {
  it("reports a silence once, and again after a tick", () => {
    const watch = new ClockWatch(20_000)
    let told = 0
    watch.onSilence = () => void told++
    const now = Float64Array.of(0)
    const at = (us: number): number => {
      now[0] = us
      watch.look(now)
      return told
    }
    assert.strictEqual(at(1e12), 0)
    watch.ticked(now)
    assert.strictEqual(at(1e12 + watch.patienceUs), 0)
    assert.strictEqual(at(1e12 + watch.patienceUs + 1), 1)
    assert.strictEqual(at(2e12), 1)
    watch.ticked(now)
    assert.strictEqual(at(3e12), 2)
  })

  it("reports nothing in manual time", () => {
    const watch = new ClockWatch(null)
    watch.onSilence = () => assert.fail("there is no clock")
    watch.ticked(Float64Array.of(0))
    watch.look(Float64Array.of(1e15))
  })
})
