/** Other guardrails for an engine that runs: what follows from them, what is refused, what is recorded and repeated. */
import * as Effect from "effect/Effect"
import * as fc from "fast-check"
import { describe, expect, it } from "vitest"
import { type ArqonEngine, ConfigError, createEngine, EngineStateError } from "../../src/index.ts"
import { replay } from "../../src/journal/replay/replay.ts"
import { whatIf } from "../../src/journal/replay/whatIf.ts"
import { Engine } from "../../src/index.effect.ts"
import { PRESETS } from "../../src/domain/configSchema.ts"
import { GUARDRAILS } from "../../src/domain/guardrailPresets.ts"
import { bowl, drive, type Knob, manual, wobble } from "./plant.ts"
import { record, type Recorded } from "./recordedRun.ts"

const runOf = ({ words, records }: Recorded) => ({
  run: words[0].run,
  config: JSON.parse(JSON.stringify(words[0].start?.["config"])),
  records: records.map(({ numbers }) => numbers),
})

const started = async (options: Parameters<typeof manual>[0] = {}): Promise<ArqonEngine<Knob>> => {
  const engine = manual(options)
  await engine.start()
  return engine
}

/** Largest distance of an apply to what was live before it, unit space of the linear knob. */
const largestMove = (engine: ArqonEngine<Knob>, after: number): number => {
  let last = Number.NaN
  let most = 0
  for (const { kind, seq, values } of engine.audit.records()) {
    const now = values?.timeout ?? Number.NaN
    if (kind === "apply" && seq > after && Math.abs(now - last) / 10 > most) most = Math.abs(now - last) / 10
    if (kind === "apply" || kind === "rollback") last = now
  }
  return most
}

/** Number of the last record. */
const newest = (engine: ArqonEngine<Knob>): number => engine.audit.records().at(-1)?.seq ?? 0

describe("new guardrails", () => {
  it("hold from the next apply, for the tuner too, which is never refused", async () => {
    const engine = await started({ guardrails: "aggressive", guard: false })
    let next = drive(engine, { digests: 400 })
    expect(largestMove(engine, 0)).toBeGreaterThan(0.1)
    engine.setGuardrails("conservative", "the sale begins")
    const from = newest(engine)
    next = drive(engine, { digests: 2500, from: next })
    expect(largestMove(engine, from)).toBeLessThanOrEqual(0.05 + 1e-9)
    expect(largestMove(engine, from)).toBeGreaterThan(0.01)
    engine.setGuardrails({ preset: "aggressive", maxStep: 0.15 })
    drive(engine, { digests: 400, from: next, objective: (values, i) => 1 - bowl(values) + wobble(i, 0.002) })
    const { counters, guardrails, mode } = engine.getSnapshot()
    expect(mode).toBe("adapting")
    expect(Object.values(counters.refused).reduce((sum, count) => sum + count, 0)).toBe(0)
    expect(guardrails).toEqual({ preset: null, policy: { ...GUARDRAILS.aggressive, maxStep: 0.15 } })
    await engine.stop()
  })

  it("end a perturbation, keep base, baseline and bounds, and are recorded with their note", async () => {
    const engine = await started()
    let next = drive(engine, { digests: 30 })
    while (engine.getSnapshot().values.timeout === engine.getSnapshot().base.timeout)
      next = drive(engine, { digests: 1, from: next })
    const before = engine.getSnapshot()
    engine.setGuardrails("conservative", "ann: on call alone")
    const after = engine.getSnapshot()
    expect(after.values).toEqual(before.base)
    expect(after).toMatchObject({ base: before.base, baseline: before.baseline, mode: "adapting" })
    expect(after.guardrails.preset).toBe("conservative")
    // Not even half of what an apply may do is for the probe alone, or no step would be left.
    engine.setGuardrails({ maxStep: 0.02 })
    expect(engine.getSnapshot().cycle?.probe).toBeLessThanOrEqual(0.01)
    const said = engine.audit.records().find(({ kind }) => kind === "guardrailsSet")
    expect(said).toMatchObject({
      note: "ann: on call alone",
      preset: "conservative",
      guardrails: { ...GUARDRAILS.conservative },
    })
    await engine.stop()
  })

  it("are refused with every problem at once, and nothing is changed", async () => {
    const engine = await started()
    drive(engine, { digests: 30 })
    const before = [engine.getSnapshot(), newest(engine)]
    const wrong = { preset: "bold", maxStep: 2, patPerMinute: 1, rollbackRegressions: 9 }
    const refusal = (input: unknown): unknown => {
      try {
        engine.setGuardrails(input as "balanced")
      } catch (error) {
        return error
      }
      return null
    }
    const error = refusal(wrong)
    expect(error).toBeInstanceOf(ConfigError)
    const option = (): unknown => manual({ guardrails: wrong as unknown as "balanced" })
    expect(option).toThrow((error as ConfigError).message)
    expect((error as ConfigError).problems.map(({ path }) => path)).toEqual([
      "guardrails.maxStep",
      "guardrails.patPerMinute",
      "guardrails.preset",
      "guardrails.rollbackRegressions",
    ])
    for (const none of [undefined, null, 7, [], "ballanced"])
      expect(refusal(none)).toBeInstanceOf(ConfigError)
    expect([engine.getSnapshot(), newest(engine)]).toEqual(before)
    await engine.stop()
    expect(() => engine.setGuardrails("balanced")).toThrow(EngineStateError)
    expect(() => manual().setGuardrails("balanced")).toThrow(EngineStateError)
  })

  it("keep an open SafeMode open until its deadline, and hold when it closes", async () => {
    const engine = await started({ safeMode: { exit: "timer" } })
    drive(engine, { digests: 200 })
    for (let k = 1; k <= 3; k++) engine.tick(engine.nowUs + 600_000)
    const { safeMode } = engine.getSnapshot()
    expect(safeMode?.reason).toBe("telemetryLost")
    const { generation } = engine
    engine.setGuardrails("aggressive")
    expect(engine.getSnapshot()).toMatchObject({ safeMode, generation })
    engine.tick((safeMode?.deadlineUs ?? 0) - 1)
    expect(engine.getSnapshot().mode).toBe("safe")
    drive(engine, { from: Math.ceil(engine.nowUs / 20_000), digests: 50 })
    expect(engine.getSnapshot()).toMatchObject({ mode: "adapting", guardrails: { preset: "aggressive" } })
    // The next timer is the new policy's.
    for (let k = 1; k <= 4; k++) engine.tick(engine.nowUs + 600_000)
    const again = engine.getSnapshot().safeMode
    expect((again?.deadlineUs ?? 0) - (again?.sinceUs ?? 0)).toBe(GUARDRAILS.aggressive.cooldownUs)
    await engine.stop()
  })

  it("trip at once if too many regressions were counted", async () => {
    const engine = await started({
      guard: false,
      guardrails: { preset: "aggressive", rollbackRegressions: 8 },
    })
    let next = drive(engine, { digests: 300 })
    let worse = 1
    const exploding = (values: Readonly<Record<Knob, number>>, i: number): number => {
      worse *= 1.1
      return bowl(values) + worse + wobble(i, 0.002)
    }
    const regressions = (): number =>
      engine.actor.getSnapshot().children.cycle?.getSnapshot().context.regressions ?? 0
    for (let k = 0; k < 400 && regressions() < 4; k++)
      next = drive(engine, { digests: 1, from: next, objective: exploding })
    expect(regressions()).toBe(4)
    expect(engine.getSnapshot().mode).toBe("adapting")
    engine.setGuardrails("conservative")
    expect(engine.getSnapshot().safeMode?.reason).toBe("objectiveRegression")
    await engine.stop()
  })

  it("may be set by a listener, during an event", async () => {
    const engine = await started()
    let asked = false
    engine.subscribe(({ counters }) => {
      if (asked || counters.applies < 3) return
      asked = true
      engine.setGuardrails("conservative", "heard enough")
    })
    drive(engine, { digests: 100 })
    expect(engine.getSnapshot()).toMatchObject({ guardrails: { preset: "conservative" }, mode: "adapting" })
    expect(engine.audit.records().filter(({ note }) => note === "heard enough")).toHaveLength(1)
    await engine.stop()
  })

  it("update the list of coarse knobs", async () => {
    const engine = await started()
    const places = (): string => JSON.stringify(engine.coarse)
    const before = places()
    engine.setGuardrails("conservative")
    expect(places()).not.toBe(before)
    expect(places()).toBe(JSON.stringify(manual({ guardrails: "conservative" }).coarse))
    await engine.stop()
  })

  it("are set by an Effect of the service, with errors in its channel", async () => {
    const program = Effect.gen(function* () {
      const engine = yield* Engine.make({ params: { speed: { min: 0, max: 1 } }, clock: "manual" })
      yield* engine.setGuardrails("aggressive", "a quiet night")
      const failed = yield* Effect.flip(engine.setGuardrails({ maxStep: -1 }))
      const { guardrails } = yield* engine.snapshot
      return [failed._tag, guardrails.preset]
    })
    const { memoryPlatform, Platform } = await import("../../src/engine/contract/Platform.ts")
    const run = Effect.scoped(program).pipe(Effect.provideService(Platform, memoryPlatform))
    expect(await Effect.runPromise(run)).toEqual(["ConfigError", "aggressive"])
  })
})

const policy = fc.oneof(
  fc.constantFrom(...PRESETS),
  fc.record({
    preset: fc.constantFrom(...PRESETS),
    maxStep: fc.double({ min: 0.01, max: 0.4, noNaN: true }),
  }),
)

/** A run with changes at any moment, among other commands. */
const steps = fc.array(
  fc.oneof(
    { weight: 4, arbitrary: fc.integer({ min: 1, max: 60 }).map((digests) => ({ digests })) },
    {
      weight: 3,
      arbitrary: fc.record({ guardrails: policy }),
    },
    {
      weight: 1,
      arbitrary: fc.constantFrom("rollback", "trip", "reset", "setBaseline").map((call) => ({ call })),
    },
  ),
  { minLength: 4, maxLength: 30 },
)
type Step = typeof steps extends fc.Arbitrary<ReadonlyArray<infer S>> ? S : never

const carryOut = (engine: ArqonEngine<Knob>, list: ReadonlyArray<Step>): void => {
  let next = 0
  for (const one of list) {
    if ("digests" in one) next = drive(engine, { digests: one.digests, from: next })
    else if ("guardrails" in one) engine.setGuardrails(one.guardrails, "as the dice fell")
    else if (one.call === "rollback") engine.rollback()
    else if (one.call === "trip") engine.trip()
    else if (one.call === "reset") engine.reset()
    else engine.setBaseline()
  }
}

describe("a run whose guardrails were changed", () => {
  it("repeats, and replays byte for byte", async () => {
    await fc.assert(
      fc.asyncProperty(steps, async (list) => {
        const recorded = await record((engine) => carryOut(engine, list))
        const again = await record((engine) => carryOut(engine, list))
        expect(again).toEqual(recorded)
        expect(replay(runOf(recorded))).toMatchObject({ verdict: "identical", difference: null })
      }),
      { numRuns: 10 },
    )
  })

  it("never refuses its tuner, whatever the change and whenever it comes", async () => {
    await fc.assert(
      fc.asyncProperty(steps, async (list) => {
        const engine = await started()
        carryOut(engine, list)
        expect(engine.audit.records().filter(({ kind }) => kind === "violation")).toEqual([])
        await engine.stop()
      }),
      { numRuns: 25 },
    )
  })

  it("never refuses its tuner, whatever changes during events, once or several times at once", async () => {
    const change = fc.record({
      in: fc.oneof(
        { weight: 3, arbitrary: fc.constant(1) },
        { weight: 1, arbitrary: fc.integer({ min: 2, max: 20 }) },
      ),
      to: fc.array(policy, { minLength: 1, maxLength: 2 }),
    })
    await fc.assert(
      fc.asyncProperty(fc.array(change, { minLength: 10, maxLength: 60 }), async (list) => {
        const engine = await started({ safeMode: { exit: "timer" }, window: { digests: 2 } })
        const left = Array.from(list)
        let wait = left[0].in
        engine.subscribe(() => {
          if (--wait > 0 || left.length === 0) return
          const [{ to }] = left.splice(0, 1)
          wait = left[0]?.in ?? 0
          for (const guardrails of to) engine.setGuardrails(guardrails)
        })
        // Now and then telemetry is lost, and SafeMode comes and goes.
        for (let round = 0; left.length > 0 && round < 200; round++) {
          for (let digests = 0; digests < 10; digests++) {
            engine.tick(engine.nowUs + 60_000)
            engine.observe({ objective: bowl(engine.values) + wobble(digests, 0.002) })
          }
          for (let windows = 0; windows < 4; windows++) engine.tick(engine.nowUs + 600_000)
          engine.tick((engine.getSnapshot().safeMode?.deadlineUs ?? engine.nowUs) + 20_000)
        }
        expect(left).toEqual([])
        expect(engine.audit.records().filter(({ kind }) => kind === "violation")).toEqual([])
        expect(engine.getSnapshot().fault).toBe(null)
        await engine.stop()
      }),
      { numRuns: 80 },
    )
  })

  it("answers what-if questions with other guardrails from its start, and others with the guardrails it had", async () => {
    const recorded = await record((engine) => {
      const next = drive(engine, { digests: 3 })
      engine.setGuardrails("conservative")
      drive(engine, { digests: 900, from: next })
    })
    const same = whatIf(runOf(recorded), {})
    expect(same.replayed).toEqual(same.recorded)
    const bold = whatIf(runOf(recorded), { guardrails: "aggressive" })
    expect(bold.replayed?.violations).toEqual({})
    expect(bold.replayed?.largestMove.timeout ?? 0).toBeGreaterThan(0.06)
  })
})

describe("a change that cannot be recorded", () => {
  it("does not take effect", async () => {
    const engine = createEngine({
      params: { speed: { min: 0, max: 1 } },
      clock: "manual",
      audit: { capacity: 64 },
      sinks: [
        {
          name: "stuck",
          write: () => Effect.never,
          close: Effect.void,
        },
      ],
    })
    await engine.start()
    for (let i = 0; i < 3000 && engine.getSnapshot().mode === "adapting"; i++) {
      engine.tick((i + 1) * 20_000)
      engine.observe({ objective: engine.values.speed, timestampUs: (i + 1) * 20_000 })
    }
    expect(engine.getSnapshot().safeMode?.reason).toBe("auditQueueFull")
    const { guardrails } = engine.getSnapshot()
    expect(() => engine.setGuardrails("aggressive")).toThrow("no room")
    expect(engine.getSnapshot().guardrails).toEqual(guardrails)
  })
})
