/** Another policy in a running Tier 1: what was spent stays spent, what cannot be recorded or worked with changes nothing. */
import * as fc from "fast-check"
import { describe, expect, it } from "vitest"
import { RECORD_KIND } from "../../src/hot/AuditRing.ts"
import {
  ACCEPTED,
  AUDIT_GUARDRAILS_SET,
  AUDIT_QUEUE_FULL,
  AUDIT_ROLLBACK,
  BUDGET_EXHAUSTED,
  CONSTRAINT_VIOLATION,
  COOLDOWN_ACTIVE,
  DELTA_TOO_LARGE,
  EMERGENCY,
  MEAN,
  NOTHING_DUE,
  PLUS,
  RATE_LIMIT_EXCEEDED,
  THRASHING,
  UPDATE,
} from "../../src/hot/codes.ts"
import { readGuardrails } from "../../src/hot/guardrailRecord.ts"
import { HotPath } from "../../src/hot/HotPath.ts"
import { KnobTable } from "../../src/hot/KnobTable.ts"
import { RateWindow } from "../../src/hot/RateWindow.ts"
import { P_NOW_US } from "../../src/hot/SafetyExecutor.ts"
import { balanced, drained, linear, makeRig, unlimited } from "./rig.ts"

const SECOND = 1e6
const MINUTE = 60 * SECOND

describe("a new policy", () => {
  it("counts the range and path of the last minute, and lets the knob stay where it is", () => {
    for (const strict of [{ rangePerMinute: 0.25 }, { pathPerMinute: 0.25 }]) {
      const rig = makeRig([linear(), linear()], unlimited)
      for (let k = 1; k <= 4; k++) expect(rig.ask(UPDATE, k * SECOND, [0.5 + 0.1 * k, 0.5])).toBe(ACCEPTED)
      expect(rig.at(5 * SECOND).setGuardrails({ ...unlimited, ...strict })).toBe(ACCEPTED)
      // Not even back, and not one bit; the other knob has spent nothing.
      expect(rig.ask(UPDATE, 6 * SECOND, [0.85, 0.5])).toBe(BUDGET_EXHAUSTED)
      expect(rig.executor.knob).toBe(0)
      expect(rig.ask(UPDATE, 7 * SECOND, [0.9, 0.55])).toBe(ACCEPTED)
      const band = new Float64Array(4)
      rig.at(7 * SECOND).band(band)
      expect(Math.abs(band[0]) + Math.abs(band[1])).toBe(0)
      expect(band[3]).toBeGreaterThan(0.1)
      // The minute is over.
      expect(rig.ask(UPDATE, 5 * SECOND + MINUTE + 4 * SECOND, [0.8, 0.55])).toBe(ACCEPTED)
    }
  })

  it("allows what a looser one permits beyond what was spent, and no more", () => {
    const rig = makeRig([linear()], { ...unlimited, pathPerMinute: 0.2 }, [0.1])
    expect(rig.ask(UPDATE, SECOND, [0.2])).toBe(ACCEPTED)
    expect(rig.ask(UPDATE, 2 * SECOND, [0.299])).toBe(ACCEPTED)
    expect(rig.ask(UPDATE, 3 * SECOND, [0.35])).toBe(BUDGET_EXHAUSTED)
    rig.at(3 * SECOND).setGuardrails({ ...unlimited, pathPerMinute: 0.3 })
    expect(rig.ask(UPDATE, 4 * SECOND, [0.399])).toBe(ACCEPTED)
    expect(rig.ask(UPDATE, 5 * SECOND, [0.41])).toBe(BUDGET_EXHAUSTED)
    expect(rig.executor.limit).toBeCloseTo(0.3, 9)
  })

  it("counts turns made under the previous one, and defines turns by its own step", () => {
    const rig = makeRig([linear()], { ...unlimited, turnsPerMinute: 5 })
    let us = 0
    const move = (to: number): number => rig.ask(UPDATE, (us += SECOND), [to])
    // Up, back and up again by more than a step: two turns.
    for (const to of [0.6, 0.65, 0.55, 0.52, 0.62, 0.65]) expect(move(to)).toBe(ACCEPTED)
    rig.at(us).setGuardrails({ ...unlimited, turnsPerMinute: 2 })
    expect(move(0.56)).toBe(ACCEPTED)
    expect(move(0.53)).toBe(THRASHING)
    const still = makeRig([linear()], { ...unlimited, turnsPerMinute: 0 })
    for (const [k, to] of [0.6, 0.65].entries()) expect(still.ask(UPDATE, k, [to])).toBe(ACCEPTED)
    // What was no retrace is one now.
    still.at(2).setGuardrails({ ...unlimited, maxStep: 0.05, turnsPerMinute: 0 })
    expect(still.ask(UPDATE, 3, [0.61])).toBe(ACCEPTED)
    expect(still.ask(UPDATE, 4, [0.595])).toBe(THRASHING)
  })

  it("limits steps at once, from the base and from the live configuration", () => {
    const rig = makeRig([linear()], unlimited)
    rig.at(0).setGuardrails({ ...unlimited, maxStep: 0.05 })
    expect(rig.ask(UPDATE, SECOND, [0.56])).toBe(DELTA_TOO_LARGE)
    expect(rig.ask(PLUS, SECOND, [0.55])).toBe(ACCEPTED)
    expect(rig.ask(PLUS, SECOND, [0.45])).toBe(DELTA_TOO_LARGE)
    expect(rig.ask(UPDATE, SECOND, [0.54])).toBe(ACCEPTED)
    rig.at(SECOND).setGuardrails({ ...unlimited, maxStep: 0.2 })
    expect(rig.ask(UPDATE, 2 * SECOND, [0.7])).toBe(ACCEPTED)
    const steps = new Float64Array(1)
    rig.executor.stepLimits(steps)
    expect(steps[0]).toBeCloseTo(0.2, 9)
  })

  it("counts earlier applies, and restarts the interval", () => {
    const rig = makeRig([linear()], { ...unlimited, appliesPerSecond: 20, minIntervalUs: 50_000 })
    for (let k = 0; k < 5; k++) expect(rig.ask(PLUS, k * 100_000, [0.5 + 0.01 * k])).toBe(ACCEPTED)
    rig.at(400_000).setGuardrails({ ...unlimited, appliesPerSecond: 2, minIntervalUs: 50_000 })
    // The last two were at 0.3 s and 0.4 s.
    expect(rig.ask(PLUS, 1_299_999, [0.5])).toBe(RATE_LIMIT_EXCEEDED)
    expect(rig.ask(PLUS, 1_300_000, [0.5])).toBe(ACCEPTED)
    rig.at(1_310_000).setGuardrails({ ...unlimited, appliesPerSecond: 20, minIntervalUs: 50_000 })
    expect(rig.ask(PLUS, 1_359_999, [0.5])).toBe(RATE_LIMIT_EXCEEDED)
    expect(rig.ask(PLUS, 1_360_000, [0.5])).toBe(ACCEPTED)
    expect(rig.executor.appliesInWindow(1_360_000)).toBe(3)
  })

  it("allows no extra applies after an intermediate stricter policy", () => {
    const rig = makeRig([linear()], { ...unlimited, appliesPerSecond: 10 })
    let applies = 0
    for (let us = 0; us < SECOND; us += 10_000) {
      if (us === 500_000) {
        rig.at(us).setGuardrails({ ...unlimited, appliesPerSecond: 1 })
        rig.at(us).setGuardrails({ ...unlimited, appliesPerSecond: 10 })
      }
      if (rig.ask(PLUS, us, [us % 20_000 === 0 ? 0.51 : 0.49]) === ACCEPTED) applies++
    }
    expect(applies).toBe(10)
  })

  it("never shortens a cooldown, and extends it as a stricter one requires", () => {
    const rig = makeRig([linear()], { ...unlimited, cooldownUs: 30 * SECOND })
    rig.at(0).setBaseline()
    rig.at(SECOND).rollback()
    rig.at(2 * SECOND).setGuardrails({ ...unlimited, cooldownUs: 10 * SECOND })
    expect(rig.ask(PLUS, 31 * SECOND - 1, [0.5])).toBe(COOLDOWN_ACTIVE)
    rig.at(31 * SECOND - 1).setGuardrails({ ...unlimited, cooldownUs: 60 * SECOND })
    expect(rig.executor.cooldownUntilUs).toBe(61 * SECOND)
    expect(rig.ask(PLUS, 61 * SECOND, [0.5])).toBe(ACCEPTED)
  })

  it("keeps rollbacks that a stricter one would not have kept", () => {
    const rig = makeRig([linear()], { ...unlimited, rollbacksPerHour: 10 })
    rig.at(0).setBaseline()
    for (let k = 1; k <= 5; k++) rig.at(k * SECOND).rollback()
    rig.at(6 * SECOND).setGuardrails({ ...unlimited, rollbacksPerHour: 1 })
    expect(rig.executor.rollbacksThisHour).toBe(2)
    rig.at(7 * SECOND).setGuardrails({ ...unlimited, rollbacksPerHour: 10 })
    expect(rig.executor.rollbacksThisHour).toBe(5)
  })

  it("checks the known margin against its own emergency limit", () => {
    const rig = makeRig([linear()], unlimited)
    rig.executor.noteMargin(Float64Array.of(-0.3), 0)
    expect(rig.ask(PLUS, 0, [0.52])).toBe(ACCEPTED)
    rig.at(SECOND).returnToBase()
    rig.executor.noteMargin(Float64Array.of(-0.3), 0)
    rig.at(2 * SECOND).setGuardrails({ ...unlimited, emergencyMargin: -0.2 })
    expect(rig.ask(PLUS, 3 * SECOND, [0.52])).toBe(CONSTRAINT_VIOLATION)
  })

  it("ends a perturbation, and is recorded bit for bit before that", () => {
    const rig = makeRig([linear()])
    rig.ask(PLUS, 0, [0.53])
    drained(rig.audit)
    const policy = { ...balanced, maxStep: 0.1 / 3, pathPerMinute: Number.POSITIVE_INFINITY, cooldownUs: 0 }
    expect(rig.at(SECOND).setGuardrails(policy)).toBe(ACCEPTED)
    const [record, back, ...others] = drained(rig.audit)
    expect([record[RECORD_KIND], back[RECORD_KIND]]).toEqual([AUDIT_GUARDRAILS_SET, AUDIT_ROLLBACK])
    expect(others).toEqual([])
    expect(readGuardrails(record, 0)).toEqual(policy)
    expect([...rig.live()]).toEqual([0.5])
  })

  it("is refused without a change if it is unusable or cannot be recorded", () => {
    const rig = makeRig([linear()], balanced, [0.5], 16)
    rig.ask(PLUS, 0, [0.53])
    while (rig.audit.push());
    const { policy } = rig.executor
    const { generation } = rig.config
    expect(rig.at(SECOND).setGuardrails(unlimited)).toBe(AUDIT_QUEUE_FULL)
    expect(rig.executor.policy).toBe(policy)
    drained(rig.audit)
    expect(() => rig.at(SECOND).setGuardrails({ ...balanced, maxStep: Number.NaN })).toThrow(RangeError)
    expect(rig.executor.policy).toBe(policy)
    expect(rig.config.generation).toBe(generation)
    expect(rig.audit.size).toBe(0)
  })
})

describe("a new policy of the hot path", () => {
  const MS = 1000
  const hotPath = (): HotPath =>
    new HotPath({
      table: new KnobTable([linear()]),
      policy: unlimited,
      initialUnit: Float64Array.of(0.5),
      window: { windowDigests: 3, windowUs: SECOND, settleUs: 0, maxAgeUs: SECOND, aggregate: MEAN, trim: 0 },
      auditCapacity: 16,
      manualTime: true,
    })
  const see = (hot: HotPath, us: number, constraintMargin = 1): number =>
    hot.observeObject({ timestampUs: us, objective: 1, constraintMargin })
  const at = (hot: HotPath, us: number): HotPath => {
    hot.executor.proposal[P_NOW_US] = us
    return hot
  }

  it("uses its emergency margin from the next digest on, in both directions", () => {
    const hot = hotPath()
    expect(at(hot, 0).setGuardrails({ ...unlimited, emergencyMargin: -0.8 })).toBe(ACCEPTED)
    expect(see(hot, 1, -0.7)).toBe(NOTHING_DUE)
    expect(at(hot, 2).setGuardrails({ ...unlimited, emergencyMargin: -0.6 })).toBe(ACCEPTED)
    expect(see(hot, 3, -0.7)).toBe(EMERGENCY)
  })

  it("continues the window if the plant was on its base, and starts one if it was moved there", () => {
    const hot = hotPath()
    see(hot, 1 * MS)
    at(hot, 2 * MS).setGuardrails({ ...unlimited, maxStep: 0.08 })
    expect([hot.window.count, hot.window.generation]).toEqual([1, 1])
    const { proposal } = hot.executor
    proposal.set([3 * MS, 1, 1, 1, 0.55])
    expect(hot.apply(PLUS)).toBe(ACCEPTED)
    see(hot, 4 * MS)
    at(hot, 5 * MS).setGuardrails(unlimited)
    expect([hot.window.count, hot.window.generation, hot.nowUs]).toEqual([0, 3, 5 * MS])
    expect(hot.config.unit(0)).toBe(0.5)
  })

  it("changes nothing if it cannot be recorded", () => {
    const hot = hotPath()
    while (hot.audit.push());
    expect(at(hot, 0).setGuardrails({ ...unlimited, emergencyMargin: -0.1 })).toBe(AUDIT_QUEUE_FULL)
    expect(see(hot, 1, -0.2)).toBe(NOTHING_DUE)
    expect(hot.executor.policy).toBe(unlimited)
  })
})

describe("a rate window under new limits", () => {
  it("counts the last one for all that it did not need to count", () => {
    const now = new Float64Array(1)
    const window = RateWindow.perSecond(Number.POSITIVE_INFINITY, 0, now)
    for (let k = 1; k <= 3; k++) {
      now[0] = k
      window.record()
    }
    window.relimitPerSecond(2, 0)
    expect(window.allows()).toBe(false)
    now[0] = SECOND + 3
    expect(window.allows()).toBe(true)
  })

  it("keeps to the current limit, whatever came before, however briefly", () => {
    const rate = fc.constantFrom(0.1, 0.5, 1, 2, 3, 10, 20, Number.POSITIVE_INFINITY)
    const gap = fc.oneof(fc.integer({ min: 0, max: 120_000 }), fc.integer({ min: 0, max: 12 * SECOND }))
    const step = fc.record({ gap, rate: fc.option(rate, { nil: null, freq: 8 }) })
    fc.assert(
      fc.property(rate, fc.array(step, { maxLength: 200 }), (first, steps) => {
        const now = new Float64Array(1)
        const window = RateWindow.perSecond(first, 0, now)
        const taken: Array<number> = []
        let inForce = first
        // Without a limit not every time is remembered, and the latest that is not stands for those before it.
        let exact = Number.isFinite(first)
        for (const { gap: us, rate: other } of steps) {
          now[0] += us
          if (other !== null) {
            window.relimitPerSecond(other, 0)
            inForce = other
            exact &&= Number.isFinite(other)
          }
          const [count, length] = inForce < 1 ? [1, SECOND / inForce] : [inForce, SECOND]
          const within = taken.filter((time) => time > now[0] - length).length < count
          if (exact) expect(window.allows()).toBe(within)
          else if (window.allows()) expect(within).toBe(true)
          if (!window.allows()) continue
          window.record()
          taken.push(now[0])
        }
      }),
      { numRuns: 300 },
    )
  })

  it("knows the latest ones in order, however many it keeps", () => {
    const now = new Float64Array(1)
    const window = new RateWindow(3, 100, 0, now)
    for (const us of [10, 20, 30, 40]) {
      now[0] = us
      window.record()
    }
    window.relimit(2, 100, 0)
    const next = new Float64Array(1)
    window.nextInto(next, 0)
    expect(next[0]).toBe(130)
    window.relimit(5, 100, 0)
    now[0] = 41
    expect(window.allows()).toBe(true)
    window.record()
    expect(window.allows()).toBe(false)
    window.nextInto(next, 0)
    expect(next[0]).toBe(110)
  })
})
