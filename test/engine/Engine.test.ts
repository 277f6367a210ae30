/**
 * The engine under Effect: its lifetime is a scope's, its time is TestClock's, and whatever breaks beneath it, the plant is
 * safe before anybody hears of it.
 */
import { assert, describe, it } from "@effect/vitest"
import * as Clock from "effect/Clock"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Ref from "effect/Ref"
import * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import * as TestClock from "effect/testing/TestClock"
import {
  AuditError,
  type AuditRecord,
  type AuditSink,
  Engine,
  type EngineService,
} from "../../src/index.effect.ts"
import { bowl, type Knob, knobs, wobble } from "./plant.ts"

const config = { params: knobs, seed: 42 } as const

/** The plant reports every 20 ms of virtual time. */
const live = Effect.fn(function* (engine: EngineService<Knob>, digests: number) {
  for (let i = 0; i < digests; i++) {
    yield* TestClock.adjust(20)
    yield* engine.observe({ objective: bowl(engine.values) + wobble(i, 0.002) })
  }
})

/** A window's worth of digests every 100 ms: many decisions in few steps of the clock. */
const bursts = Effect.fn(function* (engine: EngineService<Knob>, count: number) {
  for (let i = 0; i < count; i++) {
    yield* TestClock.adjust(100)
    for (let j = 0; j < 5; j++)
      yield* engine.observe({ objective: bowl(engine.values) + wobble(5 * i + j, 0.002) })
  }
})

/** A sink that keeps what it gets, and fails while `broken` is true. */
const recordingSink = (
  broken: Ref.Ref<boolean>,
): { readonly sink: AuditSink; readonly taken: Array<AuditRecord> } => {
  const taken: Array<AuditRecord> = []
  return {
    taken,
    sink: {
      name: "recording",
      write: (batch) =>
        Effect.flatMap(Ref.get(broken), (isBroken) =>
          isBroken
            ? Effect.fail(new AuditError({ reason: "write", sink: "recording", detail: "no space" }))
            : Effect.sync(() => void taken.push(...batch)),
        ),
      close: Effect.void,
    },
  }
}

describe("Engine.make", () => {
  it.effect("tunes on the clock it is given", () =>
    Effect.gen(function* () {
      const engine = yield* Engine.make({ ...config, tickUs: 100_000 })
      const before = bowl(engine.values)
      yield* bursts(engine, 600)
      const { counters, base, nowUs } = yield* engine.snapshot
      assert.isAbove(counters.cycles, 100)
      assert.isBelow(bowl(base), before / 4)
      assert.strictEqual(nowUs, 60_000_000)
    }),
  )

  it.effect("fails with everything that is wrong with its configuration", () =>
    Effect.gen(function* () {
      const error = yield* Effect.flip(Engine.make({ params: { a: { min: 1, max: 0 } }, seed: -1 }))
      assert.strictEqual(error._tag, "ConfigError")
      assert.lengthOf(error._tag === "ConfigError" ? error.problems : [], 2)
    }),
  )

  it.effect("needs no disk if none is configured", () =>
    Effect.gen(function* () {
      const error = yield* Effect.flip(Engine.make({ ...config, state: "./state" }))
      assert.include(error.message, "needs a disk")
    }),
  )

  it.effect("leaves the plant on its base when its scope ends, at any point of a cycle", () =>
    Effect.gen(function* () {
      let perturbed = 0
      for (let digests = 0; digests < 20; digests++) {
        const scope = yield* Scope.make()
        const engine = yield* Scope.provide(Engine.make(config), scope)
        yield* live(engine, digests)
        const before = yield* engine.snapshot
        if (JSON.stringify(before.values) !== JSON.stringify(before.base)) perturbed++
        yield* Scope.close(scope, Exit.void)
        const after = yield* engine.snapshot
        assert.deepStrictEqual(after.values, before.base)
        assert.strictEqual(after.status, "stopped")
        assert.strictEqual((yield* engine.auditRecords).at(-1)?.kind, "engineStopped")
        const error = yield* Effect.flip(engine.observe({ objective: 1 }))
        assert.strictEqual(error._tag, "EngineStateError")
      }
      assert.isAbove(perturbed, 5)
    }),
  )

  it.effect("leaves the plant on its base when the program that made it is interrupted or dies", () =>
    Effect.gen(function* () {
      for (const ending of ["interrupt", "die"] as const) {
        const made = yield* Deferred.make<EngineService<Knob>>()
        const program = Effect.scoped(
          Effect.gen(function* () {
            const engine = yield* Engine.make(config)
            yield* live(engine, 3)
            yield* Deferred.succeed(made, engine)
            return yield* ending === "die" ? Effect.die("mine") : Effect.never
          }),
        )
        const fiber = yield* Effect.forkChild(program)
        const engine = yield* Deferred.await(made)
        yield* ending === "die" ? Fiber.await(fiber) : Fiber.interrupt(fiber)
        const { values, base, status } = yield* engine.snapshot
        assert.strictEqual(status, "stopped")
        assert.deepStrictEqual(values, base)
      }
    }),
  )

  it.effect("stops on request, and may be stopped twice", () =>
    Effect.gen(function* () {
      const engine = yield* Engine.make(config)
      yield* live(engine, 7)
      yield* engine.stop
      yield* engine.stop
      const { values, base } = yield* engine.snapshot
      assert.deepStrictEqual(values, base)
    }),
  )

  it.effect("detects lost telemetry by itself, and resumes when it returns", () =>
    Effect.gen(function* () {
      const engine = yield* Engine.make(config)
      yield* live(engine, 20)
      yield* TestClock.adjust("2 seconds")
      const lost = yield* engine.snapshot
      assert.strictEqual(lost.safeMode?.reason, "telemetryLost")
      assert.deepStrictEqual(lost.values, lost.base)
      yield* TestClock.adjust("1 hour")
      const silent = yield* engine.snapshot
      assert.deepStrictEqual([silent.mode, silent.generation], ["safe", lost.generation])
      yield* live(engine, 20)
      assert.strictEqual((yield* engine.snapshot).mode, "adapting")
    }),
  )

  it.effect("checks stamps against its clock, also between two ticks", () =>
    Effect.gen(function* () {
      const engine = yield* Engine.make({ ...config, tickUs: 1_000_000 })
      const { generation } = yield* engine.snapshot
      yield* TestClock.adjust("500 millis")
      const report = (timestampUs: number): void => {
        engine.digest.fill(Number.NaN)
        engine.digest.set([timestampUs, generation, 1])
        engine.observeDigestUnsafe()
      }
      report(499_000)
      report(500_900)
      report(505_000)
      yield* engine.observe({ objective: 1, timestampUs: 498_000 })
      yield* engine.observe({ objective: 1, timestampUs: 700_000 })
      const { digests } = (yield* engine.snapshot).counters
      assert.deepStrictEqual([digests.valid, digests.invalid], [3, 2])
    }),
  )

  it.effect("is a service", () =>
    Effect.gen(function* () {
      const engine = yield* Engine
      yield* engine.trip("from a service")
      assert.strictEqual((yield* engine.snapshot).safeMode?.reason, "manualTrigger")
      yield* engine.reset()
      assert.include(yield* engine.metrics, 'arqon_trip_count_total{reason="manualTrigger"} 1')
    }).pipe(Effect.provide(Engine.layer(config))),
  )

  it.effect("streams its states until it ends", () =>
    Effect.gen(function* () {
      const engine = yield* Engine.make({ ...config, clock: "manual" })
      const states = yield* Effect.forkChild(Stream.runCollect(engine.changes), { startImmediately: true })
      yield* engine.trip()
      yield* engine.reset()
      yield* engine.stop
      const modes = Array.from(yield* Fiber.join(states), ({ mode, status }) => `${status} ${mode}`)
      assert.include(modes, "running safe")
      assert.strictEqual(modes.at(-1), "stopped adapting")
    }),
  )
})

describe("the audit of an engine", () => {
  it.effect("goes to its sinks, every record once and in order", () =>
    Effect.gen(function* () {
      const broken = yield* Ref.make(false)
      const { sink, taken } = recordingSink(broken)
      const engine = yield* Engine.make(config, { sinks: [sink] })
      yield* live(engine, 300)
      yield* engine.stop
      const records = yield* engine.auditRecords
      assert.isAbove(records.length, 50)
      assert.deepStrictEqual(taken, [...records])
    }),
  )

  it.effect("halts adaptation while it cannot be written, and resumes when it can, without loss", () =>
    Effect.gen(function* () {
      const broken = yield* Ref.make(true)
      const { sink, taken } = recordingSink(broken)
      const engine = yield* Engine.make(
        { ...config, audit: { capacity: 64 }, tickUs: 100_000 },
        { sinks: [sink] },
      )
      yield* bursts(engine, 700)
      const full = yield* engine.snapshot
      assert.strictEqual(full.safeMode?.reason, "auditQueueFull")
      assert.strictEqual(full.safeMode?.exit, "auditDrained")
      assert.deepStrictEqual(full.values, full.base)
      assert.isTrue(full.audit.highWater)
      assert.strictEqual(full.audit.dropped, 0)
      assert.isAbove(full.audit.sinks[0].failures, 1)
      assert.strictEqual(taken.length, 0)
      yield* bursts(engine, 40)
      assert.strictEqual((yield* engine.snapshot).generation, full.generation)

      yield* Ref.set(broken, false)
      // The sink is tried again within five seconds; the plant goes on reporting meanwhile.
      yield* bursts(engine, 60)
      const drained = yield* engine.snapshot
      assert.strictEqual(drained.mode, "adapting")
      yield* live(engine, 100)
      assert.isAbove((yield* engine.snapshot).generation, full.generation)
      yield* engine.stop
      assert.deepStrictEqual(
        taken.map(({ seq }) => seq),
        taken.map((_, i) => i + 1),
      )
      assert.strictEqual(taken.length, (yield* engine.snapshot).audit.written)
      const exits = taken.filter(({ kind }) => kind === "safeModeExited")
      assert.deepStrictEqual(
        exits.map(({ reason }) => reason),
        ["auditQueueFull"],
      )
    }),
  )

  it.effect("reports records that could not be written at the end, with the plant on its base", () =>
    Effect.gen(function* () {
      const { sink } = recordingSink(yield* Ref.make(true))
      const engine = yield* Engine.make(config, { sinks: [sink] })
      yield* live(engine, 50)
      const stopping = yield* Effect.forkChild(Effect.flip(engine.stop), { startImmediately: true })
      yield* TestClock.adjust("1 minute")
      const error = yield* Fiber.join(stopping)
      assert.strictEqual(error._tag, "AuditError")
      assert.match(error.message, /\d+ records were left unwritten \(.*no space/)
      const { values, base } = yield* engine.snapshot
      assert.deepStrictEqual(values, base)
    }),
  )

  it.effect("survives a sink that throws", () =>
    Effect.gen(function* () {
      let calls = 0
      const taken: Array<AuditRecord> = []
      const sink: AuditSink = {
        name: "throwing",
        write: (batch) =>
          Effect.sync(() => {
            if (calls++ === 0) throw new Error("once")
            taken.push(...batch)
          }),
        close: Effect.void,
      }
      const engine = yield* Engine.make(config, { sinks: [sink] })
      yield* live(engine, 50)
      yield* TestClock.adjust("1 second")
      const { mode, audit } = yield* engine.snapshot
      assert.strictEqual(mode, "adapting")
      assert.strictEqual(audit.sinks[0].failures, 1)
      yield* engine.stop
      assert.strictEqual(taken.length, (yield* engine.auditRecords).length)
    }),
  )
})

describe("a defect under an engine", () => {
  /** A clock that tells the time and breaks when asked to wait, while `broken`. */
  const breakingClock = Effect.fn(function* (broken: { now: boolean }) {
    const clock = yield* Clock.Clock
    const breaking: Clock.Clock = {
      currentTimeMillisUnsafe: () => clock.currentTimeMillisUnsafe(),
      currentTimeNanosUnsafe: () => clock.currentTimeNanosUnsafe(),
      monotonicTimeNanosUnsafe: () => clock.monotonicTimeNanosUnsafe(),
      currentTimeMillis: clock.currentTimeMillis,
      currentTimeNanos: clock.currentTimeNanos,
      monotonicTimeNanos: clock.monotonicTimeNanos,
      sleep: (duration) =>
        Effect.andThen(
          clock.sleep(duration),
          Effect.suspend(() => (broken.now ? Effect.die(new Error("the timer broke")) : Effect.void)),
        ),
    }
    return breaking
  })

  it.effect("puts the plant on its baseline and restarts the child, and the engine adapts again", () =>
    Effect.gen(function* () {
      const broken = { now: false }
      const clock = yield* breakingClock(broken)
      const engine = yield* Engine.make(config).pipe(Effect.provideService(Clock.Clock, clock))
      yield* live(engine, 150)
      const heard: Array<string> = []
      engine.actor.subscribe({
        next: (state) => heard.push(JSON.stringify(state.value)),
        error: () => heard.push("error"),
      })
      broken.now = true
      yield* TestClock.adjust(20)
      broken.now = false
      const { mode, values, baseline, fault, audit, counters, nowUs } = yield* engine.snapshot
      assert.include(heard, '{"running":"safe"}')
      assert.strictEqual(mode, "adapting")
      assert.deepStrictEqual(values, baseline)
      assert.isNull(fault)
      assert.strictEqual(audit.dropped, 0)
      assert.deepStrictEqual(counters.restarts, [{ child: "clock", reason: "threw", count: 1 }])
      assert.include(yield* engine.metrics, 'arqon_restart_count_total{child="clock",reason="threw"} 1')
      const told = (yield* engine.auditRecords).slice(-4).map(({ kind, reason, action, note }) => ({
        kind,
        what: reason ?? action,
        ...(note === undefined ? {} : { note }),
      }))
      assert.deepInclude(told, { kind: "command", what: "restart", note: "clock: Error: the timer broke" })
      assert.deepInclude(told, { kind: "safeModeExited", what: "engineFault" })
      yield* TestClock.adjust("1 second")
      assert.strictEqual((yield* engine.snapshot).nowUs, nowUs + 1_000_000)
      // The cooldown after the rollback, and then cycles again.
      yield* bursts(engine, 400)
      assert.isAbove((yield* engine.snapshot).counters.cycles, counters.cycles + 10)
    }),
  )

  it.effect("escalates when it recurs too often, and waits for a person", () =>
    Effect.gen(function* () {
      const broken = { now: true }
      const clock = yield* breakingClock(broken)
      const engine = yield* Engine.make(config).pipe(Effect.provideService(Clock.Clock, clock))
      const fault = yield* Effect.forkChild(Effect.flip(engine.awaitFault), { startImmediately: true })
      yield* TestClock.adjust("1 second")
      const error = yield* Fiber.join(fault)
      assert.strictEqual(error._tag, "EngineFaultError")
      assert.strictEqual(error.detail, "clock: Error: the timer broke")
      broken.now = false
      const { safeMode, values, baseline, counters } = yield* engine.snapshot
      assert.deepStrictEqual([safeMode?.reason, safeMode?.exit], ["engineFault", "manualReset"])
      assert.deepStrictEqual(values, baseline)
      assert.strictEqual(counters.restarts[0].count, 3)
      // Who asks later hears it too.
      assert.strictEqual((yield* Effect.flip(engine.awaitFault)).detail, error.detail)
      const { nowUs } = yield* engine.snapshot
      yield* TestClock.adjust("1 hour")
      assert.strictEqual((yield* engine.snapshot).nowUs, nowUs)
      yield* engine.reset("looked at it")
      yield* TestClock.adjust("1 second")
      const after = yield* engine.snapshot
      assert.deepStrictEqual([after.mode, after.fault], ["adapting", null])
      assert.strictEqual(after.nowUs, 3_602_000_000)
    }),
  )

  it.effect(
    "in the machine itself is handled by Tier 1 directly; a new machine replaces it, up to three times",
    () =>
      Effect.gen(function* () {
        const engine = yield* Engine.make(config)
        yield* live(engine, 12)
        const { baseline } = yield* engine.snapshot
        const fault = yield* Effect.forkChild(Effect.flip(engine.awaitFault), { startImmediately: true })
        for (let death = 1; death <= 4; death++) {
          const root = engine.actor
          // An event that no machine expects: its time throws when it is read.
          root.send({
            type: "tick",
            get nowUs(): number {
              throw new Error("the machine broke")
            },
          })
          const snapshot = yield* engine.snapshot
          assert.strictEqual(snapshot.safeMode?.reason, "engineFault")
          assert.deepStrictEqual(snapshot.values, baseline)
          yield* TestClock.adjust(20)
          assert.strictEqual((yield* engine.snapshot).mode, death <= 3 ? "adapting" : "safe")
          assert.strictEqual(engine.actor === root, death > 3)
        }
        const error = yield* Fiber.join(fault)
        assert.include(error.detail, "the machine broke")
        const kinds = (yield* engine.auditRecords).map(({ kind }) => kind)
        assert.includeMembers(kinds, ["safeModeEntered", "rollback"])
        // A person may let even this go on: the tree is grown again.
        yield* engine.reset()
        assert.strictEqual((yield* engine.snapshot).mode, "adapting")
        yield* bursts(engine, 400)
        assert.isAbove((yield* engine.snapshot).counters.cycles, 10)
        yield* engine.stop
        assert.deepStrictEqual((yield* engine.snapshot).values, (yield* engine.snapshot).base)
        assert.strictEqual((yield* engine.auditRecords).at(-1)?.kind, "engineStopped")
      }),
  )
})
