/**
 * Time that is told: from no time to days between two digests, stamps that are none, digests out of order. Nothing healthy is
 * started anew, no bad stamp moves time or stops it, SafeMode's timer ends when its time has come, and a replay is the same run.
 */
import * as fc from "fast-check"
import { describe, expect, it } from "vitest"
import { DIGEST_OBJECTIVE } from "../../src/hot/codes.ts"
import type { ArqonEngine } from "../../src/index.ts"
import { replay } from "../../src/journal/replay/replay.ts"
import { bowl, drive, type Knob, manual, wobble } from "./plant.ts"
import { record } from "./recordedRun.ts"

const SECOND = 1_000_000
const DAY = 86_400 * SECOND
const YEAR = 366 * DAY
/** The year 2112. */
const LAST = 2 ** 52

const gap = fc.oneof(
  fc.constant(0),
  fc.integer({ min: 1, max: 100_000 }),
  fc.integer({ min: 1, max: 10 * SECOND }),
  fc.integer({ min: 1, max: 3600 * SECOND }),
  fc.integer({ min: 1, max: 7 * DAY }),
)
const noTime = fc.constantFrom(Number.NaN, Number.POSITIVE_INFINITY, -1, -8e15, LAST + 1, 8e15, 1.7e18)
const noObjective = fc.constantFrom(Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY)

const step = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      do: fc.constant("digests" as const),
      count: fc.integer({ min: 1, max: 12 }),
      gap,
    }),
  },
  { weight: 3, arbitrary: fc.record({ do: fc.constant("tick" as const), gap }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant("late" as const), gap }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant("stamp" as const), stamp: noTime }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant("invalid" as const), gap, objective: noObjective }) },
  {
    weight: 1,
    arbitrary: fc.record({ do: fc.constant("leap" as const), by: fc.integer({ min: 1, max: DAY }) }),
  },
  { weight: 1, arbitrary: fc.constant({ do: "emergency" as const }) },
  {
    weight: 1,
    arbitrary: fc.constantFrom("rollback", "reset", "setBaseline").map((call) => ({
      do: "call" as const,
      call,
    })),
  },
)
type Step = typeof step extends fc.Arbitrary<infer S> ? S : never

/** Does it, and returns what time it must be afterwards. */
function take(engine: ArqonEngine<Knob>, one: Step, i: number): number {
  const objective = bowl(engine.values) + wobble(i, 0.01)
  const { nowUs } = engine
  switch (one.do) {
    case "digests":
      for (let k = 1; k <= one.count; k++) engine.observe({ objective, timestampUs: nowUs + k * one.gap })
      return nowUs + one.count * one.gap
    case "tick":
      engine.tick(nowUs + one.gap)
      return nowUs + one.gap
    case "late":
      engine.observe({ objective, timestampUs: Math.max(0, nowUs - one.gap) })
      return nowUs
    case "stamp":
      engine.observe({ objective, timestampUs: one.stamp })
      return nowUs
    case "invalid":
      engine.observe({ objective: one.objective, timestampUs: nowUs + one.gap })
      return nowUs
    case "leap":
      engine.observe({ objective, timestampUs: nowUs + YEAR + one.by })
      return nowUs
    case "emergency":
      engine.observe({ objective, constraintMargin: -1 })
      return nowUs
    case "call":
      engine[one.call]()
      return nowUs
  }
}

const options = fc.record({
  seed: fc.nat(),
  guardrails: fc.constantFrom("conservative" as const, "balanced" as const, "aggressive" as const),
  safeMode: fc.constant({ exit: "timer" as const }),
  window: fc.record({
    digests: fc.integer({ min: 1, max: 5 }),
    us: fc.constantFrom(500_000, 5 * SECOND, 3600 * SECOND),
  }),
})

describe("manual time", () => {
  it("follows its input, and no gap, bad stamp or disorder stops or restarts anything", async () => {
    let timers = 0
    await fc.assert(
      fc.asyncProperty(options, fc.array(step, { minLength: 20, maxLength: 120 }), async (config, steps) => {
        const recorded = await record((engine) => {
          // Any first time would do.
          engine.tick(1)
          for (const [i, one] of steps.entries()) {
            const before = engine.getSnapshot().safeMode
            const expected = take(engine, one, i)
            expect(engine.nowUs).toBe(expected)
            const { safeMode, counters, fault } = engine.getSnapshot()
            expect([counters.restarts, fault]).toEqual([[], null])
            if (before?.exit !== "timer" || before.deadlineUs === null) continue
            if (expected < before.deadlineUs && one.do !== "call" && one.do !== "emergency") {
              expect(safeMode).toEqual(before)
            } else if (one.do === "tick") {
              expect(safeMode).toEqual(before)
            } else if (one.do !== "call" && safeMode?.sinceUs !== before.sinceUs) timers++
          }
        }, config)
        expect(recorded.words.filter(({ kind }) => kind === "violation")).toEqual([])
        const run = {
          run: recorded.words[0].run,
          config: JSON.parse(JSON.stringify(recorded.words[0].start?.["config"])),
          records: recorded.records.map(({ numbers }) => numbers),
        }
        expect(replay(run)).toMatchObject({ verdict: "identical", difference: null })
      }),
      { numRuns: 40 },
    )
    // It did come to the end of timers.
    expect(timers).toBeGreaterThan(10)
  })

  it("advances with any input: the cycle wakes after any number of waiting deadlines", async () => {
    const engine = manual({ guardrails: { preset: "balanced", rollbacksPerHour: 100 } })
    await engine.start()
    drive(engine, { digests: 100 })
    for (let k = 0; k < 20; k++) {
      engine.tick(engine.nowUs + SECOND)
      engine.rollback()
    }
    const over = engine.nowUs + 30 * SECOND
    const applies = (): number => engine.getSnapshot().counters.applies
    const before = applies()
    engine.tick(over - 1)
    expect(applies()).toBe(before)
    engine.tick(over)
    expect(applies()).toBe(before + 1)
    await engine.stop()
  })

  it("accepts every digest if no tick drains the audit, whatever its effect", async () => {
    const recorded = await record(
      (engine) => {
        for (let i = 0; i < 3000; i++) {
          const objective = i % 3 === 0 ? Number.NaN : 1
          expect(engine.observe({ objective, timestampUs: i })).toBe(true)
          engine.digest.fill(Number.NaN)
          engine.digest[DIGEST_OBJECTIVE] = objective
          engine.observeDigest()
        }
        expect(engine.audit.state().dropped).toBe(0)
      },
      { audit: { capacity: 512 }, window: { digests: 100_000, us: DAY } },
    )
    expect(recorded.words.filter(({ kind }) => kind === "digest")).toHaveLength(6000)
  })

  it("refuses invalid times, with the field and the remedy, and does not change", async () => {
    const engine = manual()
    await engine.start()
    engine.tick(SECOND)
    for (const none of [
      -1,
      Number.NaN,
      Number.POSITIVE_INFINITY,
      LAST + 1,
      8e15,
      Number.MAX_SAFE_INTEGER,
      1.7e18,
      "5",
    ]) {
      expect(() => engine.tick(none as number)).toThrow(/nowUs.*microseconds.*Date\.now\(\) \* 1000/s)
      expect(engine.nowUs).toBe(SECOND)
    }
    engine.tick(1.7e15)
    expect(engine.nowUs).toBe(1.7e15)
    await engine.stop()
  })
})
