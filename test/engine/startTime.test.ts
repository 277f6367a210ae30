/** Manual time may begin anywhere: `start` says where, and then nothing is measured, perturbed or lost before it. */
import * as Effect from "effect/Effect"
import { describe, expect, it } from "vitest"
import { createActor } from "xstate"
import { createFleet, type EngineStateError } from "../../src/index.ts"
import { createEngine } from "../../src/index.node.ts"
import { engineMachine } from "../../machines/engine.machine.ts"
import { makeHotPath } from "../../machines/makeHotPath.ts"
import { SpsaKernel } from "../../src/hot/SpsaKernel.ts"
import { DEFAULT_SPSA } from "../../src/hot/spsaSettings.ts"
import { SharedBudget } from "../../src/hot/SharedBudget.ts"
import { HotLoop } from "../../src/hot/HotLoop.ts"
import { NOTHING_DUE } from "../../src/hot/codes.ts"
import { Engine, Fleet, memoryPlatform, Platform } from "../../src/index.effect.ts"
import { replay } from "../../src/journal/replay/replay.ts"
import { drive, knobs, manual, trajectory } from "./plant.ts"
import { recorder } from "./recordedRun.ts"

/** An ordinary one: microseconds since 1970. */
const NOW_US = 1.7e15
const params = { speed: { min: 0, max: 1 } }

describe("an engine with a start time", () => {
  it("begins then, with no apply before, and the first tick costs no window", async () => {
    const { sink, recorded } = recorder()
    const engine = manual({ sinks: [sink], audit: { digests: true } })
    await engine.start(NOW_US)
    expect(engine.nowUs).toBe(NOW_US)
    engine.tick(NOW_US + 20_000)
    expect(engine.getSnapshot().counters).toMatchObject({ applies: 1, windowsExpired: 0 })
    expect(new Set(engine.audit.records().map(({ atUs }) => atUs))).toEqual(new Set([NOW_US]))
    drive(engine, { digests: 200, from: NOW_US / 20_000 })
    expect(engine.getSnapshot().counters).toMatchObject({ windowsExpired: 0, restarts: [] })
    expect(engine.getSnapshot().counters.applies).toBeGreaterThan(20)
    await engine.stop()
    const run = {
      run: recorded.words[0].run,
      config: JSON.parse(JSON.stringify(recorded.words[0].start?.["config"])),
      records: recorded.records.map(({ numbers }) => numbers),
    }
    expect(replay(run)).toMatchObject({ verdict: "identical", difference: null })
  })

  it("makes the same decisions as one that began at 0, only later", async () => {
    // Whole seconds, so that budgets are counted over the same buckets.
    const later = 64_000_000 * 1000
    const decisions = async (nowUs: number) => {
      const engine = manual()
      await engine.start(nowUs)
      drive(engine, { digests: 400, from: nowUs / 20_000, objective: ({ timeout }) => (timeout - 7) ** 2 })
      await engine.stop()
      return engine.audit.records().map(({ kind, atUs, values }) => [kind, atUs - nowUs, values])
    }
    expect(await decisions(later)).toEqual(await decisions(0))
  })

  it("refuses an invalid time, and any time with a system clock, and can still be started", async () => {
    const engine = manual()
    for (const none of [-1, Number.NaN, 8e15, "5", {}])
      await expect(engine.start(none as number)).rejects.toMatchObject({ _tag: "DigestError" })
    expect(engine.getSnapshot()).toMatchObject({ status: "idle", nowUs: 0 })
    await engine.start(5)
    expect(engine.nowUs).toBe(5)
    await engine.stop()
    const known = createEngine({ params })
    const refused: EngineStateError = await known.start(NOW_US).then(
      () => Promise.reject(new Error("was started")),
      (error: unknown) => error as EngineStateError,
    )
    expect(refused).toMatchObject({ _tag: "EngineStateError", reason: "notManual", call: "start" })
    expect(refused.message).toContain('clock: "manual"')
    await known.start()
    await known.stop()
  })

  it("does the same in a worker", async () => {
    const inline = manual()
    const placed = createEngine({ params: knobs, seed: 42, clock: "manual", placement: "worker" })
    await expect(placed.start(Number.NaN)).rejects.toMatchObject({ _tag: "DigestError" })
    await Promise.all([inline.start(NOW_US), placed.start(NOW_US)])
    expect(placed.nowUs).toBe(NOW_US)
    drive(inline, { digests: 60, from: NOW_US / 20_000 })
    drive(placed as unknown as typeof inline, { digests: 60, from: NOW_US / 20_000 })
    expect(trajectory(placed as unknown as typeof inline)).toBe(trajectory(inline))
    await Promise.all([inline.stop(), placed.stop()])
  })

  it("does the same as an actor, also if it must wait before its first apply", () => {
    const { hot } = makeHotPath({ knobs: params, manualTime: true })
    const actor = createActor(engineMachine, { input: { hot, seed: 1 } })
    actor.start()
    const open = { reason: "manualTrigger", exit: "manualReset", sinceUs: NOW_US, deadlineUs: null } as const
    actor.send({ type: "start", nowUs: NOW_US, resumed: { rollbacksUs: [], open } })
    hot.nowCell[0] = NOW_US + 499_999
    expect(hot.tick()).toBe(NOTHING_DUE)
    actor.stop()
  })

  it("does the same as a loop without actors", () => {
    const { hot } = makeHotPath({ knobs: params, manualTime: true })
    const kernel = new SpsaKernel(hot.table, { ...DEFAULT_SPSA, seed: 1, maxStep: 0.1 })
    const loop = new HotLoop(hot, kernel)
    // Another one has the only seat.
    loop.shared = new SharedBudget({ probing: 1, appliesPerSecond: 1 })
    loop.shared.applied({ seated: false, waiting: false, behind: null })
    hot.nowCell[0] = NOW_US
    loop.start()
    expect(hot.executor.applies).toBe(0)
    hot.nowCell[0] = NOW_US + 499_999
    expect(hot.tick()).toBe(NOTHING_DUE)
  })
})

describe("a fleet with a start time", () => {
  it("begins then, and so do its engines", async () => {
    const fleet = createFleet({ engine: { params, clock: "manual" } })
    await expect(fleet.start(-1)).rejects.toMatchObject({ _tag: "DigestError" })
    await fleet.start(NOW_US)
    const engine = fleet.spawn("a")
    fleet.tick(NOW_US + 20_000)
    engine.observe({ objective: 1 })
    expect(new Set(fleet.audit.records().map(({ atUs }) => atUs))).toEqual(new Set([NOW_US]))
    await fleet.stop()
    const known = createFleet({ engine: { params } })
    await expect(known.start(NOW_US)).rejects.toMatchObject({ reason: "notManual", subject: "fleet" })
    await known.start()
    await known.stop()
  })
})

describe("the services", () => {
  const run = <A, E>(effect: Effect.Effect<A, E>): Promise<A> => Effect.runPromise(effect)
  const alone = Effect.provideService(Platform, memoryPlatform)

  it("begin at the option startUs", async () => {
    const engine = Effect.gen(function* () {
      const made = yield* Engine.make({ params, clock: "manual" }, { startUs: NOW_US })
      yield* made.tick(NOW_US + 20_000)
      const { counters } = yield* made.snapshot
      return [counters.applies, counters.windowsExpired, (yield* made.auditRecords)[0].atUs]
    })
    expect(await run(Effect.scoped(engine).pipe(alone))).toEqual([1, 0, NOW_US])
    const fleet = Effect.gen(function* () {
      const made = yield* Fleet.make({ engine: { params, clock: "manual" } }, { startUs: NOW_US })
      made.spawn("a")
      return made.audit.records()[0].atUs
    })
    expect(await run(Effect.scoped(fleet))).toBe(NOW_US)
  })

  it("refuse an invalid time, and any time with a system clock", async () => {
    for (const [clock, startUs, told] of [
      ["manual", -1, "microseconds"],
      ["manual", 8e15, "microseconds"],
      ["system", NOW_US, 'clock: "manual"'],
    ] as const) {
      const errors = [
        await run(Effect.scoped(Effect.flip(Engine.make({ params, clock }, { startUs }))).pipe(alone)),
        await run(Effect.scoped(Effect.flip(Fleet.make({ engine: { params, clock } }, { startUs })))),
      ]
      for (const error of errors) {
        expect(error._tag).toBe("ConfigError")
        expect(error.message).toContain("startUs")
        expect(error.message).toContain(told)
      }
    }
  })
})
