import { describe, expect, it } from "vitest"
import {
  RECORD_CODE,
  RECORD_DETAIL,
  RECORD_GENERATION,
  RECORD_KIND,
  RECORD_KNOB,
  RECORD_LIMIT,
} from "../../src/hot/AuditRing.ts"
import {
  RECORD_POINT,
  RECORD_PROPOSAL_ID,
  RECORD_TIMESTAMP_US,
  RECORD_VALUE,
} from "../../src/hot/AuditRing.ts"
import {
  ACCEPTED,
  AUDIT_APPLY,
  AUDIT_BASELINE_SET,
  AUDIT_QUEUE_FULL,
  AUDIT_ROLLBACK,
  AUDIT_SAFE_MODE_ENTERED,
  AUDIT_SAFE_MODE_EXITED,
  AUDIT_VIOLATION,
  BUDGET_EXHAUSTED,
  CONSTRAINT_VIOLATION,
  COOLDOWN_ACTIVE,
  DELTA_TOO_LARGE,
  MINUS,
  NO_BASELINE,
  OBJECTIVE_REGRESSION,
  OUT_OF_BOUNDS,
  PLUS,
  RATE_LIMIT_EXCEEDED,
  RETURN_TO_BASE,
  ROLLBACK,
  SAFE_MODE_OPEN,
  STALE_GENERATION,
  THRASHING,
  TRIP_MANUAL,
  UNKNOWN_PARAMETER,
  UPDATE,
} from "../../src/hot/codes.ts"
import {
  balanced,
  bits,
  concurrency,
  drained,
  linear,
  makeRig,
  periodic,
  type Rig,
  unlimited,
} from "./rig.ts"

const SECOND = 1e6
const two = [linear(), linear()]

/** Asks, expects this refusal with its details, and that nothing but the count and the audit changed. */
const expectRefusal = (rig: Rig, status: number, ask: () => number, knob = -1): void => {
  const before = { units: bits(rig.live()), generation: rig.config.generation, base: bits(rig.executor.base) }
  const counted = rig.executor.refused[status]
  expect(ask()).toBe(status)
  expect(bits(rig.live())).toEqual(before.units)
  expect(bits(rig.executor.base)).toEqual(before.base)
  expect(rig.config.generation).toBe(before.generation)
  expect(rig.executor.knob).toBe(knob)
  expect(rig.executor.refused[status]).toBe(counted + 1)
}

describe("SafetyExecutor accepts", () => {
  it("a plus, a minus and an update of one cycle, and only the update moves the base", () => {
    const rig = makeRig(two)
    expect(rig.ask(PLUS, 0, [0.54, 0.46])).toBe(ACCEPTED)
    expect([...rig.executor.base]).toEqual([0.5, 0.5])
    expect(rig.ask(MINUS, 100_000, [0.46, 0.54])).toBe(ACCEPTED)
    expect(rig.ask(UPDATE, 200_000, [0.52, 0.5])).toBe(ACCEPTED)
    expect([...rig.executor.base]).toEqual([0.52, 0.5])
    expect([...rig.live()]).toEqual([0.52, 0.5])
    expect(rig.config.generation).toBe(4)
    expect(rig.executor.baseGeneration).toBe(4)
    expect(rig.executor.applies).toBe(3)
  })

  it("a target off the grid, at its grid point", () => {
    const rig = makeRig([concurrency], balanced, [0.5])
    expect(rig.config.value(0)).toBe(16)
    expect(rig.ask(PLUS, 0, [0.516])).toBe(ACCEPTED)
    expect(rig.config.value(0)).toBe(17)
    expect(rig.config.unit(0)).toBe(rig.table.encode(0, 17))
  })

  it("the neighbours of a coarse knob everywhere, however small the step", () => {
    const policy = { ...unlimited, maxStep: 0.001, rangePerMinute: 0.001 }
    for (let value = 1; value <= 256; value++) {
      for (const neighbour of [value - 1, value + 1]) {
        if (neighbour < 1 || neighbour > 256) continue
        const start = makeRig([concurrency]).table.encode(0, value)
        const target = makeRig([concurrency]).table.encode(0, neighbour)
        for (const kind of [PLUS, UPDATE]) {
          const rig = makeRig([concurrency], policy, [start], 16)
          expect(rig.ask(kind, 0, [target])).toBe(ACCEPTED)
          expect(rig.config.value(0)).toBe(neighbour)
        }
        const across = makeRig([concurrency], policy, [start], 16)
        across.ask(PLUS, 0, [target])
        const other = 2 * value - neighbour
        if (other >= 1 && other <= 256) {
          expect(across.ask(MINUS, 1, [across.table.encode(0, other)])).toBe(ACCEPTED)
        }
      }
    }
  })

  it("a step across the seam of a circle as the short way", () => {
    const rig = makeRig([periodic()], balanced, [0.97])
    expect(rig.ask(UPDATE, 0, [1.03])).toBe(ACCEPTED)
    expect(rig.config.unit(0)).toBeCloseTo(0.03, 12)
    expect(rig.ask(UPDATE, SECOND, [0.97])).toBe(ACCEPTED)
    expect(rig.config.value(0)).toBeCloseTo(0.97 * 360, 9)
  })
})

describe("SafetyExecutor refuses", () => {
  it("an apply while SafeMode is open", () => {
    const rig = makeRig(two)
    rig.executor.openLatch(TRIP_MANUAL)
    for (const kind of [PLUS, MINUS, UPDATE]) {
      expectRefusal(rig, SAFE_MODE_OPEN, () => rig.ask(kind, SECOND, [0.5, 0.5]))
    }
    rig.executor.closeLatch()
    expect(rig.ask(PLUS, SECOND, [0.5, 0.5])).toBe(ACCEPTED)
  })

  it("a proposal made for another generation: older, newer or none", () => {
    const rig = makeRig(two)
    for (const generation of [0, 2, 1.5, Number.NaN, Number.POSITIVE_INFINITY]) {
      expectRefusal(rig, STALE_GENERATION, () => rig.ask(PLUS, 0, [0.5, 0.5], { generation }))
    }
    expect(rig.executor.limit).toBe(1)
  })

  it("more applies a second than allowed, and states when the next one may come", () => {
    const rig = makeRig(two, { ...balanced, appliesPerSecond: 2 })
    rig.ask(PLUS, 0, [0.5, 0.5])
    expectRefusal(rig, RATE_LIMIT_EXCEEDED, () => rig.ask(MINUS, 99_999, [0.5, 0.5]))
    expect(rig.executor.nextApplyUs).toBe(100_000)
    expect(rig.ask(MINUS, 100_000, [0.5, 0.5])).toBe(ACCEPTED)
    expectRefusal(rig, RATE_LIMIT_EXCEEDED, () => rig.ask(MINUS, 999_999, [0.5, 0.5]))
    expect(rig.executor.nextApplyUs).toBe(SECOND)
    expect(rig.ask(MINUS, rig.executor.nextApplyUs, [0.5, 0.5])).toBe(ACCEPTED)
  })

  it("targets out of bounds: beyond an end, infinite, not a number", () => {
    const rig = makeRig(two)
    for (const outside of [
      -1e-12,
      1 + 1e-12,
      Number.NaN,
      Number.POSITIVE_INFINITY,
      Number.NEGATIVE_INFINITY,
    ]) {
      expectRefusal(rig, OUT_OF_BOUNDS, () => rig.ask(PLUS, 0, [0.5, outside]), 1)
    }
    expect(Object.is(rig.executor.value, Number.NEGATIVE_INFINITY)).toBe(true)
    expect(rig.executor.limit).toBe(0)
  })

  it("a wrong number of targets, and an unknown kind", () => {
    const rig = makeRig(two)
    for (const length of [0, 1, 3, Number.NaN]) {
      expectRefusal(rig, UNKNOWN_PARAMETER, () => rig.ask(PLUS, 0, [0.5, 0.5], { length }))
    }
    expectRefusal(rig, UNKNOWN_PARAMETER, () => rig.ask(ROLLBACK, 0, [0.5, 0.5]))
    expectRefusal(rig, UNKNOWN_PARAMETER, () => rig.ask(-1, 0, [0.5, 0.5]))
  })

  it("a step longer than the policy's, and all of a proposal in which one knob steps too far", () => {
    const rig = makeRig(two)
    expectRefusal(rig, DELTA_TOO_LARGE, () => rig.ask(PLUS, 0, [0.55, 0.61]), 1)
    expect(rig.executor.value).toBeCloseTo(0.11, 12)
    expect(rig.executor.limit).toBeCloseTo(0.1, 9)
  })

  it("a step longer than the knob's own limit", () => {
    const rig = makeRig([{ ...linear(), maxStep: 0.01 }, linear()])
    expectRefusal(rig, DELTA_TOO_LARGE, () => rig.ask(PLUS, 0, [0.511, 0.5]), 0)
    expect(rig.ask(PLUS, 0, [0.5099, 0.55])).toBe(ACCEPTED)
  })

  it("a row of perturbations that walks away from the base", () => {
    const rig = makeRig(two)
    expect(rig.ask(PLUS, 0, [0.59, 0.5])).toBe(ACCEPTED)
    expectRefusal(rig, DELTA_TOO_LARGE, () => rig.ask(PLUS, SECOND, [0.68, 0.5]), 0)
  })

  it("a base that keeps turning", () => {
    const rig = makeRig([linear()], { ...balanced, maxStep: 0.1, appliesPerSecond: 1000, minIntervalUs: 0 })
    const walk = [0.59, 0.65, 0.56, 0.54, 0.6, 0.65, 0.56, 0.54]
    let now = 0
    for (const target of walk) expect(rig.ask(UPDATE, (now += 10_000), [target])).toBe(ACCEPTED)
    expect(rig.ask(UPDATE, (now += 10_000), [0.6])).toBe(ACCEPTED)
    expectRefusal(rig, THRASHING, () => rig.ask(UPDATE, (now += 10_000), [0.65]), 0)
    expect(rig.executor.limit).toBe(3)
  })

  it("a base that covers more range in a minute than allowed", () => {
    const rig = makeRig([linear()], balanced, [0.4])
    for (let i = 1; i <= 5; i++) expect(rig.ask(UPDATE, i * SECOND, [0.4 + i * 0.0999])).toBe(ACCEPTED)
    expectRefusal(rig, BUDGET_EXHAUSTED, () => rig.ask(UPDATE, 6 * SECOND, [0.901]), 0)
    expect(rig.executor.limit).toBe(0.5)
    expect(rig.executor.value).toBeCloseTo(0.5, 2)
  })

  it("updates, but not perturbations, while regressions are at the limit", () => {
    const rig = makeRig(two)
    rig.executor.noteRegressions(5)
    expectRefusal(rig, OBJECTIVE_REGRESSION, () => rig.ask(UPDATE, 0, [0.5, 0.5]))
    expect(rig.ask(PLUS, 0, [0.5, 0.5])).toBe(ACCEPTED)
    rig.executor.noteRegressions(0)
    expect(rig.ask(UPDATE, SECOND, [0.5, 0.5])).toBe(ACCEPTED)
  })

  it("every proposal while the latest margin is in the emergency range", () => {
    const rig = makeRig(two)
    rig.executor.noteMargin(Float64Array.of(9, -0.51), 1)
    expectRefusal(rig, CONSTRAINT_VIOLATION, () => rig.ask(PLUS, 0, [0.5, 0.5]))
    rig.executor.noteMargin(Float64Array.of(-0.4), 0)
    expect(rig.ask(PLUS, 0, [0.5, 0.5])).toBe(ACCEPTED)
  })

  it("proposals within the cooldown of a rollback", () => {
    const rig = makeRig(two)
    rig.at(0).setBaseline()
    rig.at(SECOND).rollback()
    expectRefusal(rig, COOLDOWN_ACTIVE, () => rig.ask(PLUS, 31 * SECOND - 1, [0.5, 0.5]))
    expect(rig.executor.nextApplyUs).toBe(31 * SECOND)
    expect(rig.ask(PLUS, 31 * SECOND, [0.5, 0.5])).toBe(ACCEPTED)
  })

  it("applies once the audit has no room, while safety actions still have their reserve", () => {
    const rig = makeRig(two, unlimited, [0.5, 0.5], 16)
    rig.executor.setBaseline()
    for (let i = 0; i < 7; i++) expect(rig.ask(PLUS, i, [0.5, 0.5])).toBe(ACCEPTED)
    expectRefusal(rig, AUDIT_QUEUE_FULL, () => rig.ask(PLUS, 8, [0.5, 0.5]))
    expect(rig.executor.rollback()).toBe(ACCEPTED)
    expect(rig.executor.returnToBase()).toBe(ACCEPTED)
    expect(rig.audit.dropped).toBe(0)
    drained(rig.audit)
    expect(rig.ask(PLUS, 9, [0.5, 0.5])).toBe(ACCEPTED)
  })

  it("checks in a fixed order: the latch first, bounds before the step", () => {
    const rig = makeRig(two)
    rig.ask(PLUS, 0, [0.5, 0.5])
    const wrong = { generation: 9, length: 3 }
    expect(rig.ask(PLUS, 1, [9, 9], wrong)).toBe(STALE_GENERATION)
    expect(rig.ask(PLUS, 1, [9, 9], { length: 3 })).toBe(RATE_LIMIT_EXCEEDED)
    expect(rig.ask(PLUS, SECOND, [9, 9], { length: 3 })).toBe(UNKNOWN_PARAMETER)
    expect(rig.ask(PLUS, SECOND, [0.9, 9])).toBe(OUT_OF_BOUNDS)
    rig.executor.openLatch(TRIP_MANUAL)
    expect(rig.ask(PLUS, SECOND, [9, 9], wrong)).toBe(SAFE_MODE_OPEN)
  })
})

describe("SafetyExecutor goes back", () => {
  it("to the baseline bit for bit, under a new generation, while SafeMode is open and rates are spent", () => {
    const rig = makeRig([linear(-3, 7), concurrency, periodic()], balanced, [1 / 3, 0.37, 0.99])
    const units = bits(rig.live())
    const values = new Float64Array(3)
    rig.config.readValues(values)
    rig.at(0).setBaseline()
    expect(rig.config.baselineGeneration).toBe(1)
    rig.ask(UPDATE, SECOND, [0.4, 0.4, 0.03])
    rig.ask(PLUS, 2 * SECOND, [0.45, 0.42, 0.01])
    rig.executor.openLatch(TRIP_MANUAL)
    expect(rig.at(2 * SECOND).rollback()).toBe(ACCEPTED)
    const back = new Float64Array(3)
    rig.config.readValues(back)
    expect(bits(rig.live())).toEqual(units)
    expect(bits(rig.executor.base)).toEqual(units)
    expect(bits(back)).toEqual(bits(values))
    expect(rig.config.generation).toBe(4)
  })

  it("not to a baseline that was never set", () => {
    const rig = makeRig(two)
    expectRefusal(rig, NO_BASELINE, () => rig.at(0).rollback())
    expect(rig.config.hasBaseline).toBe(false)
  })

  it("to the base from a perturbation, bit for bit", () => {
    const rig = makeRig([linear(), concurrency], balanced, [1 / 3, 0.37])
    const units = bits(rig.live())
    rig.ask(PLUS, 0, [0.36, 0.4])
    expect(rig.at(1).returnToBase()).toBe(ACCEPTED)
    expect(bits(rig.live())).toEqual(units)
    expect(rig.config.generation).toBe(3)
    expect(rig.executor.lastKind).toBe(RETURN_TO_BASE)
  })

  it("makes the base the baseline, never the perturbation that is live", () => {
    const rig = makeRig(two)
    rig.ask(PLUS, 0, [0.55, 0.55])
    rig.executor.setBaseline()
    const baseline = new Float64Array(2)
    rig.config.baselineUnits(baseline)
    expect([...baseline]).toEqual([0.5, 0.5])
    expect(rig.config.baselineGeneration).toBe(1)
  })

  it("counts the rollbacks of the last hour up to one more than allowed", () => {
    const rig = makeRig(two)
    rig.executor.setBaseline()
    for (let i = 0; i < 6; i++) rig.at(i * SECOND).rollback()
    expect(rig.executor.rollbacksThisHour).toBe(5)
    rig.at(3600 * SECOND + 4 * SECOND).returnToBase()
    expect(rig.executor.rollbacksThisHour).toBe(1)
    expect(rig.executor.rollbacks).toBe(6)
  })

  it("begins range budgets at the baseline", () => {
    const rig = makeRig([linear()], { ...balanced, cooldownUs: 0 })
    rig.executor.setBaseline()
    for (let i = 1; i <= 5; i++) rig.ask(UPDATE, i * SECOND, [0.5 + i * 0.0999])
    rig.at(6 * SECOND).rollback()
    const band = new Float64Array(2)
    rig.executor.band(band)
    expect(band[0]).toBeCloseTo(-0.5, 6)
    expect(band[1]).toBeCloseTo(0.5, 6)
  })
})

describe("SafetyExecutor holds the clock", () => {
  it("when it goes back, is not a number or is beyond all time, and counts each such reading once", () => {
    const rig = makeRig(two)
    rig.ask(PLUS, 10 * SECOND, [0.5, 0.5])
    for (const now of [SECOND, -5, Number.NaN, Number.POSITIVE_INFINITY, 2 ** 60]) {
      const held = rig.executor.clockHeld
      expect(rig.ask(PLUS, now, [0.5, 0.5])).toBe(RATE_LIMIT_EXCEEDED)
      expect(rig.executor.nowUs).toBe(10 * SECOND)
      expect(rig.executor.clockHeld).toBe(held + 1)
    }
    expect(rig.ask(PLUS, 10 * SECOND + 100_000, [0.5, 0.5])).toBe(ACCEPTED)
  })

  it("and counts one bad reading once, however many calls use it", () => {
    for (const now of [SECOND, Number.NaN]) {
      const rig = makeRig(two)
      rig.ask(PLUS, 10 * SECOND, [0.5, 0.5])
      for (let call = 0; call < 3; call++) rig.at(now).returnToBase()
      expect(rig.executor.clockHeld).toBe(1)
      rig.at(11 * SECOND).returnToBase()
      rig.at(2 * SECOND).returnToBase()
      expect(rig.executor.clockHeld).toBe(2)
    }
  })
})

describe("SafetyExecutor records", () => {
  it("an apply with what is live after it", () => {
    const rig = makeRig([linear(), concurrency], balanced, [0.5, 0.5])
    rig.ask(PLUS, 7, [0.55, 0.516], { id: 42 })
    const [record] = drained(rig.audit)
    expect(record[RECORD_KIND]).toBe(AUDIT_APPLY)
    expect(record[RECORD_CODE]).toBe(ACCEPTED)
    expect(record[RECORD_DETAIL]).toBe(PLUS)
    expect(record[RECORD_TIMESTAMP_US]).toBe(7)
    expect(record[RECORD_GENERATION]).toBe(2)
    expect(record[RECORD_PROPOSAL_ID]).toBe(42)
    expect(record[RECORD_KNOB]).toBe(-1)
    expect(bits(record.slice(RECORD_POINT, RECORD_POINT + 2))).toEqual(bits(rig.live()))
  })

  it("a violation with the request and the limit that it broke", () => {
    const rig = makeRig(two)
    rig.ask(MINUS, 7, [0.5, Number.NaN], { id: 43 })
    const [record] = drained(rig.audit)
    expect(record[RECORD_KIND]).toBe(AUDIT_VIOLATION)
    expect(record[RECORD_CODE]).toBe(OUT_OF_BOUNDS)
    expect(record[RECORD_DETAIL]).toBe(MINUS)
    expect(record[RECORD_PROPOSAL_ID]).toBe(43)
    expect(record[RECORD_KNOB]).toBe(1)
    expect(record[RECORD_POINT]).toBe(0.5)
    expect(record[RECORD_POINT + 1]).toBeNaN()
    expect(record[RECORD_VALUE]).toBeNaN()
    expect(record[RECORD_LIMIT]).toBe(1)
    expect(record[RECORD_GENERATION]).toBe(1)
  })

  it("rollback, return, baseline and SafeMode once each, and opening for the same reason twice as one", () => {
    const rig = makeRig(two)
    rig.executor.setBaseline()
    rig.executor.openLatch(TRIP_MANUAL)
    rig.executor.openLatch(TRIP_MANUAL)
    rig.executor.rollback()
    rig.executor.returnToBase()
    rig.executor.closeLatch(2)
    rig.executor.closeLatch()
    const records = drained(rig.audit)
    expect(records.map((record) => record[RECORD_KIND])).toEqual([
      AUDIT_BASELINE_SET,
      AUDIT_SAFE_MODE_ENTERED,
      AUDIT_ROLLBACK,
      AUDIT_ROLLBACK,
      AUDIT_SAFE_MODE_EXITED,
    ])
    expect(records.map((record) => record[RECORD_DETAIL]).slice(2, 4)).toEqual([ROLLBACK, RETURN_TO_BASE])
    expect(records[4][RECORD_CODE]).toBe(TRIP_MANUAL)
    expect(records[4][RECORD_VALUE]).toBe(2)
    expect(records[2][RECORD_PROPOSAL_ID]).toBeNaN()
  })
})

describe("SafetyExecutor's band", () => {
  it("ends on grid points, so that a snapped target stays inside it", () => {
    const rig = makeRig([concurrency], balanced, [0.5])
    const band = new Float64Array(2)
    rig.executor.band(band)
    for (const offset of band) {
      const unit = rig.executor.base[0] + offset
      expect(rig.table.snap(0, unit)).toBeCloseTo(unit, 12)
    }
    expect(band[1]).toBeGreaterThan(0.4)
    expect(band[1]).toBeLessThanOrEqual(0.5)
  })

  it("always holds the neighbours of a fresh base", () => {
    for (const value of [1, 2, 3, 10, 255, 256]) {
      const probe = makeRig([concurrency]).table
      const rig = makeRig([concurrency], { ...balanced, rangePerMinute: 0.001, maxStep: 0.001 }, [
        probe.encode(0, value),
      ])
      const band = new Float64Array(2)
      rig.executor.band(band)
      const at = (offset: number) => probe.decode(0, rig.executor.base[0] + offset)
      if (value > 1) expect(at(band[0])).toBeLessThanOrEqual(value - 1)
      if (value < 256) expect(at(band[1])).toBeGreaterThanOrEqual(value + 1)
    }
  })
})

describe("SafetyExecutor is not built", () => {
  it("with a policy nothing could work with, or parts of different sizes", () => {
    expect(() => makeRig(two, { ...balanced, maxStep: 0 })).toThrow(/maxStep/)
    expect(() => makeRig(two, { ...balanced, cooldownUs: Number.NaN })).toThrow(/cooldownUs/)
    expect(() => makeRig(two, { ...balanced, emergencyMargin: 0 })).toThrow(/emergencyMargin/)
    expect(() => makeRig(two, balanced, [0.5])).toThrow(RangeError)
    expect(() => makeRig(two, balanced, [0.5, 2])).toThrow(RangeError)
  })
})
