/**
 * A stop that proves its base first: pairs of windows on base and baseline decide where the plant stays, and whatever ends the proof
 * before its last pair leaves it on the baseline.
 */
import { assert, it as effectIt } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as TestClock from "effect/testing/TestClock"
import { describe, expect, it } from "vitest"
import {
  type ArqonEngine,
  ConfigError,
  createEngine,
  type DigestInput,
  type EngineOptions,
} from "../../src/index.ts"
import { RECORD_DETAIL, RECORD_KIND } from "../../src/hot/AuditRing.ts"
import { AUDIT_ROLLBACK, ROLLBACK } from "../../src/hot/codes.ts"
import { Engine } from "../../src/index.effect.ts"
import { Standing } from "../../src/journal/format/Standing.ts"
import { replay } from "../../src/journal/replay/replay.ts"
import { recorder } from "./recordedRun.ts"

const STEP_US = 100_000

const likes = (best: number) => (a: number) => (a - best) ** 2

/** An engine over one knob that has tuned for a while on a plant which likes `best`, from 0.5, which is its baseline. */
async function tuned(options: Partial<EngineOptions<"a">> = {}) {
  const engine: ArqonEngine<"a"> = createEngine({
    params: { a: { min: 0, max: 1, initial: 0.5 } },
    seed: 5,
    clock: "manual",
    window: { us: 1_000_000, settleUs: 0, digests: 2 },
    // So the baseline stays where tuning began.
    guardrails: { minStableUs: 86_400_000_000 },
    ...options,
  })
  await engine.start()
  let nowUs = 0
  const report = (windows: number, plant: (a: number) => DigestInput): void => {
    for (let i = 0; i < 2 * windows && engine.getSnapshot().status === "running"; i++) {
      nowUs += STEP_US
      engine.tick(nowUs)
      if (engine.getSnapshot().status === "running")
        engine.observe({ timestampUs: nowUs, ...plant(engine.values.a) })
    }
  }
  const run = (windows: number, cost: (a: number) => number): void =>
    report(windows, (a) => ({ objective: cost(a) }))
  const silence = (seconds: number): void => {
    for (let i = 0; i < seconds * 10 && engine.getSnapshot().status === "running"; i++)
      engine.tick((nowUs += STEP_US))
  }
  const verdicts = () => engine.audit.records().filter(({ reason }) => reason === "closingProof")
  run(60, likes(0.8))
  return { engine, report, run, silence, verdicts }
}

describe("a stop that proves its base", () => {
  it("stays on the base if it is lower, and reports its numbers", async () => {
    const { engine, run, verdicts } = await tuned()
    const stopped = engine.stop({ prove: 5 })
    const { base } = engine.getSnapshot()
    run(40, likes(0.8))
    await stopped
    expect(base.a).not.toBe(0.5)
    expect(engine.values.a).toBe(base.a)
    expect(verdicts()).toHaveLength(1)
    const [verdict] = verdicts()
    expect(verdict).toMatchObject({ action: "pass", value: 5, limit: 5 })
    expect(verdict.difference).toBeCloseTo((base.a - 0.8) ** 2 - 0.3 ** 2, 12)
  })

  it("goes to the baseline if that is lower at that time", async () => {
    const { engine, run, verdicts } = await tuned()
    const stopped = engine.stop({ prove: 5 })
    run(40, likes(0.45))
    await stopped
    expect(engine.values.a).toBe(0.5)
    expect(verdicts()[0]).toMatchObject({ action: "fail", value: 5 })
    expect(verdicts()[0].difference).toBeGreaterThan(0)
  })

  it.each([
    { pairs: 8, stays: true },
    { pairs: 7, stays: false },
  ])(
    "stays if three of four pairs find it lower, despite two wild windows among $pairs",
    async ({ pairs, stays }) => {
      const { engine, run } = await tuned()
      const stopped = engine.stop({ prove: pairs })
      let wild = 2
      const { base } = engine.getSnapshot()
      run(60, (a) => {
        if (a === base.a && wild > 0) {
          wild -= 0.5
          return 1_000
        }
        return likes(0.8)(a)
      })
      await stopped
      expect(wild).toBe(0)
      expect(engine.values.a).toBe(stays ? base.a : 0.5)
    },
  )

  it.each([1, -1])(
    "does not mistake a drift of %s a digest for a gain, because the order of the pairs alternates",
    async (drift) => {
      const { engine, run, verdicts } = await tuned()
      const stopped = engine.stop({ prove: 6 })
      const { base } = engine.getSnapshot()
      let level = 0
      // Both places cost the same all the time.
      run(60, () => (level += drift))
      await stopped
      expect(base.a).not.toBe(0.5)
      expect(verdicts()[0]).toMatchObject({ action: "fail", value: 6 })
      expect(engine.values.a).toBe(0.5)
    },
  )

  it.each([
    { constraint: true, stays: false },
    { constraint: false, stays: true },
  ])(
    "leaves a cheaper base that breaks a steering constraint: $constraint",
    async ({ constraint, stays }) => {
      const { engine, report, verdicts } = await tuned({ constraint })
      const stopped = engine.stop({ prove: 5 })
      const { base } = engine.getSnapshot()
      report(40, (a) => ({ objective: likes(0.8)(a), constraintMargin: a === base.a ? -0.1 : 0.1 }))
      await stopped
      expect(engine.values.a).toBe(stays ? base.a : 0.5)
      expect(verdicts()[0].difference).toBeLessThan(0)
      if (!stays) expect(verdicts()[0].margin).toBeCloseTo(-0.1, 12)
    },
  )

  it("stays on a dearer base if the baseline breaks the constraint", async () => {
    const { engine, report, verdicts } = await tuned()
    const stopped = engine.stop({ prove: 5 })
    const { base } = engine.getSnapshot()
    report(40, (a) => ({ objective: likes(0.45)(a), constraintMargin: a === base.a ? 0.1 : -0.1 }))
    await stopped
    expect(engine.values.a).toBe(base.a)
    expect(verdicts()[0]).toMatchObject({ action: "pass" })
  })

  it("shows its progress", async () => {
    const { engine, run } = await tuned()
    expect(engine.getSnapshot().proof).toBeNull()
    const stopped = engine.stop({ prove: 5 })
    expect(engine.getSnapshot()).toMatchObject({
      status: "running",
      proof: { wanted: 5, read: 0, difference: null },
    })
    run(5, likes(0.8))
    const { proof } = engine.getSnapshot()
    expect(proof?.read).toBe(2)
    expect(proof?.difference).toBeLessThan(0)
    run(40, likes(0.8))
    await stopped
    expect(engine.getSnapshot()).toMatchObject({ status: "stopped", proof: null })
  })

  it("repeats an expired window, and chooses the baseline if no reports arrive", async () => {
    const { engine, run, silence, verdicts } = await tuned()
    const stopped = engine.stop({ prove: 3 })
    run(1, likes(0.8))
    silence(1.5)
    run(2, likes(0.8))
    expect(engine.getSnapshot().status).toBe("running")
    silence(10)
    await stopped
    expect(engine.values.a).toBe(0.5)
    expect(verdicts()).toMatchObject([{ action: "hold", value: 1, limit: 3 }])
    expect(engine.audit.records().some(({ kind }) => kind === "safeModeEntered")).toBe(false)
  })

  it("ends at once if SafeMode is open, or if base and baseline are equal", async () => {
    const open = await tuned()
    open.engine.trip()
    const { base } = open.engine.getSnapshot()
    await open.engine.stop({ prove: 12 })
    expect(open.engine.values).toEqual(base)
    expect(open.verdicts()).toEqual([])
    const same = await tuned()
    same.engine.setBaseline()
    await same.engine.stop({ prove: 12 })
    expect(same.verdicts()).toEqual([])
    const early = createEngine({ params: { a: { min: 0, max: 1 } }, clock: "manual" })
    await early.stop({ prove: 12 })
    expect(early.getSnapshot().status).toBe("stopped")
  })

  const cuts: ReadonlyArray<readonly [string, (engine: ArqonEngine<"a">) => unknown]> = [
    ["a second stop", (engine) => void engine.stop()],
    ["a rollback", (engine) => engine.rollback()],
    [
      "an emergency",
      (engine) => engine.observe({ timestampUs: engine.nowUs + 1, objective: 1, constraintMargin: -1 }),
    ],
  ]
  it.each(cuts)("%s ends it, with the plant on its baseline", async (_, cut) => {
    const { engine, run, verdicts } = await tuned()
    const stopped = engine.stop({ prove: 8 })
    run(5, likes(0.8))
    cut(engine)
    await stopped
    expect(engine.values.a).toBe(0.5)
    expect(verdicts()).toMatchObject([{ action: "hold", limit: 8 }])
    expect(verdicts()[0].value).toBeLessThan(8)
  })

  it("a trip ends it and is recorded; a baseline set by hand ends it on the base", async () => {
    const tripped = await tuned()
    const first = tripped.engine.stop({ prove: 8 })
    tripped.run(3, likes(0.8))
    tripped.engine.trip("enough")
    await first
    const records = tripped.engine.audit.records()
    expect(records.findLast(({ kind }) => kind === "safeModeEntered")).toMatchObject({ note: "enough" })
    expect(records.at(-1)?.kind).toBe("engineStopped")
    const kept = await tuned()
    const second = kept.engine.stop({ prove: 8 })
    const { base } = kept.engine.getSnapshot()
    kept.run(3, likes(0.8))
    kept.engine.setBaseline()
    await second
    expect(kept.engine.values).toEqual(base)
  })

  it("waits for Tier 1's pace if that is slower than its windows", async () => {
    const guardrails = { minIntervalUs: 700_000, minStableUs: 86_400_000_000 }
    const { engine, run, verdicts } = await tuned({ guardrails })
    const stopped = engine.stop({ prove: 4 })
    run(60, likes(0.8))
    expect(engine.getSnapshot().status).toBe("stopped")
    await stopped
    expect(verdicts()).toMatchObject([{ value: 4, limit: 4 }])
    expect(engine.getSnapshot().counters.refused).toMatchObject({ rateLimitExceeded: 0 })
  })

  it("a change of guardrails during it voids only one pair", async () => {
    const { engine, run, verdicts } = await tuned()
    const stopped = engine.stop({ prove: 4 })
    run(3, likes(0.8))
    engine.setGuardrails("conservative")
    run(60, likes(0.8))
    await stopped
    expect(verdicts()).toMatchObject([{ action: "pass", value: 4 }])
  })

  it("is awaited by a second stop that asks for one", async () => {
    const { engine, run, verdicts } = await tuned()
    const both = Promise.all([engine.stop({ prove: 3 }), engine.stop({ prove: 30 })])
    run(30, likes(0.8))
    await both
    expect(verdicts()).toMatchObject([{ value: 3, limit: 3 }])
  })

  it.each([0, -1, 1.5, Number.NaN, 1001, "12", {}])("refuses %s pairs and goes on", async (prove) => {
    const { engine } = await tuned()
    const refused = engine.stop({ prove: prove as number })
    await expect(refused).rejects.toBeInstanceOf(ConfigError)
    await expect(refused).rejects.toThrow(/prove: must be a whole number of pairs from 1 to 1000/)
    expect(engine.getSnapshot().status).toBe("running")
    await engine.stop()
  })

  it("stops with any other argument", async () => {
    const { engine, verdicts } = await tuned()
    const stop = engine.stop as (signal: unknown) => Promise<void>
    await stop("SIGTERM")
    expect(engine.getSnapshot().status).toBe("stopped")
    expect(verdicts()).toEqual([])
  })
})

/** A run with digests on record, stopped so. */
async function recordedProof(cut: boolean) {
  const { sink, recorded } = recorder()
  const { engine, run } = await tuned({ sinks: [sink], audit: { digests: true } })
  const stopped = engine.stop({ prove: 6 })
  run(cut ? 5 : 40, likes(0.45))
  if (cut) await engine.stop()
  await stopped
  return recorded
}

it.each([false, true])("a stop that proves its base is replayed to the bit, cut short: %s", async (cut) => {
  const { words, records } = await recordedProof(cut)
  expect(words.some(({ action }) => action === "prove")).toBe(true)
  expect(words.at(-1)?.kind).toBe("engineStopped")
  const config: unknown = JSON.parse(JSON.stringify(words[0].start?.["config"]))
  const run = { run: words[0].run, config, records: records.map(({ numbers }) => numbers) }
  expect(replay(run)).toMatchObject({ verdict: "identical" })
})

it("does not count the rollback of a stop towards rollbacksPerHour: a person asked for it", async () => {
  const { records } = await recordedProof(false)
  const standing = new Standing(1)
  for (const { numbers } of records) standing.take(numbers)
  expect(
    records.some(
      ({ numbers }) => numbers[RECORD_KIND] === AUDIT_ROLLBACK && numbers[RECORD_DETAIL] === ROLLBACK,
    ),
  ).toBe(true)
  expect(standing.data.rollbacksUs).toEqual([])
})

effectIt.effect("the Effect service proves too: stopWith ends when the pairs are read", () =>
  Effect.scoped(
    Effect.gen(function* () {
      const engine = yield* Engine.make({
        params: { a: { min: 0, max: 1, initial: 0.5 } },
        seed: 5,
        window: { settleUs: 0, digests: 2 },
        guardrails: { minStableUs: 86_400_000_000 },
      })
      const refused = yield* Effect.flip(engine.stopWith({ prove: 0 }))
      assert.strictEqual(refused._tag, "ConfigError")
      const observe = Effect.gen(function* () {
        yield* TestClock.adjust(100)
        yield* Effect.ignore(engine.observe({ objective: likes(0.8)(engine.values.a) }))
        yield* Effect.ignore(engine.observe({ objective: likes(0.8)(engine.values.a) }))
      })
      for (let i = 0; i < 60; i++) yield* observe
      const { base } = yield* engine.snapshot
      const stopped = yield* Effect.forkChild(engine.stopWith({ prove: 4 }))
      for (let i = 0; i < 400 && (yield* engine.snapshot).status === "running"; i++) yield* observe
      yield* Fiber.join(stopped)
      assert.strictEqual((yield* engine.snapshot).status, "stopped")
      assert.deepStrictEqual(engine.values, base)
      const said = (yield* engine.auditRecords).find(({ reason }) => reason === "closingProof")
      assert.strictEqual(said?.action, "pass")
    }),
  ),
)
