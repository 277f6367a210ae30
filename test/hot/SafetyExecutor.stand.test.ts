/** What the runaway guard and a person ask of Tier 1 beyond proposals: standing somewhere, a reset that is demanded, rollbacks that count. */
import { describe, expect, it } from "vitest"
import {
  RECORD_CODE,
  RECORD_DETAIL,
  RECORD_GENERATION,
  RECORD_KIND,
  RECORD_KNOB,
  RECORD_LIMIT,
  RECORD_POINT,
  RECORD_TIMESTAMP_US,
  RECORD_VALUE,
} from "../../src/hot/AuditRing.ts"
import {
  ACCEPTED,
  AUDIT_ROLLBACK,
  AUDIT_RANGE_EARNED,
  AUDIT_RESET_DEMANDED,
  DELTA_TOO_LARGE,
  PLUS,
  RETREAT,
  RETURN_TO_TUNED,
  TRIP_CONSTRAINT_EMERGENCY,
  TRIP_OBJECTIVE_REGRESSION,
  UPDATE,
} from "../../src/hot/codes.ts"
import { balanced, bits, concurrency, drained, linear, makeRig, type Rig, unlimited } from "./rig.ts"

const SECOND = 1_000_000
const HOUR = 3600 * SECOND

/** Tuned to (.68, a grid point), on a probe of that, with a refusal as its last word. */
function tuned(policy = unlimited): Rig {
  const rig = makeRig([linear(), concurrency], policy, [0.5, 0.5])
  rig.at(0).setBaseline()
  for (const k of [1, 2]) rig.ask(UPDATE, k * SECOND, [0.5 + 0.09 * k, rig.executor.base[1]])
  rig.ask(PLUS, 3 * SECOND, [0.7, rig.executor.base[1]])
  expect(rig.ask(UPDATE, 4 * SECOND, [0.99, rig.executor.base[1]])).toBe(DELTA_TOO_LARGE)
  rig.executor.noteRegressions(2)
  drained(rig.audit)
  return rig
}

describe("a place to which the runaway guard moves the plant", () => {
  it.each([RETREAT, RETURN_TO_TUNED])(
    "is live and the base, on the grid, however far away, for kind %i",
    (kind) => {
      const rig = tuned()
      const { config, executor } = rig
      const baseline = new Float64Array(2)
      config.baselineUnits(baseline)
      const { generation } = config
      rig.at(9 * SECOND).stand(Float64Array.of(0.05, 0.91), kind)
      expect(rig.live()[0]).toBe(0.05)
      expect(Number.isInteger(config.value(1))).toBe(true)
      expect(bits(executor.base)).toEqual(bits(rig.live()))
      expect([config.generation, executor.lastKind, executor.regressions]).toEqual([generation + 1, kind, 0])
      // Nothing was blamed: no rollback, no cooldown, the baseline is what it was.
      expect([executor.rollbacks, executor.rollbacksThisHour]).toEqual([0, 0])
      expect(executor.cooldownUntilUs).toBe(Number.NEGATIVE_INFINITY)
      const after = new Float64Array(2)
      config.baselineUnits(after)
      expect(bits(after)).toEqual(bits(baseline))
    },
  )

  it("is recorded with what was done and when, and nothing of the refusal before it", () => {
    const rig = tuned()
    rig.at(9 * SECOND).stand(Float64Array.of(0.05, 0), RETREAT)
    const [record] = drained(rig.audit)
    expect([record[RECORD_KIND], record[RECORD_CODE], record[RECORD_DETAIL]]).toEqual([
      AUDIT_ROLLBACK,
      ACCEPTED,
      RETREAT,
    ])
    expect([record[RECORD_TIMESTAMP_US], record[RECORD_GENERATION]]).toEqual([
      9 * SECOND,
      rig.config.generation,
    ])
    expect([record[RECORD_VALUE], record[RECORD_LIMIT], record[RECORD_KNOB]]).toEqual([
      Number.NaN,
      Number.NaN,
      -1,
    ])
    expect(record[RECORD_POINT]).toBe(0.05)
  })

  it("restarts the budgets, so that tuning is free to continue from there", () => {
    const rig = tuned({ ...balanced, rangePerMinute: 0.2, minIntervalUs: 0 })
    rig.at(9 * SECOND).stand(Float64Array.of(0, 0), RETREAT)
    expect(rig.ask(UPDATE, 10 * SECOND, [0.09, 0])).toBe(ACCEPTED)
    expect(rig.ask(UPDATE, 11 * SECOND, [0.18, 0])).toBe(ACCEPTED)
  })

  it("is stamped with the latest known time if the clock has gone back", () => {
    const rig = tuned()
    rig.at(9 * SECOND).stand(Float64Array.of(0.1, 0), RETREAT)
    rig.at(2 * SECOND).stand(Float64Array.of(0.2, 0), RETURN_TO_TUNED)
    expect(drained(rig.audit).map((record) => record[RECORD_TIMESTAMP_US])).toEqual([9 * SECOND, 9 * SECOND])
  })
})

describe("a required reset", () => {
  it("is recorded once each time SafeMode opens, and not while it is closed", () => {
    const rig = tuned()
    const { executor } = rig
    const demands = (): number =>
      drained(rig.audit).filter((record) => record[RECORD_KIND] === AUDIT_RESET_DEMANDED).length
    rig.at(5 * SECOND).demandReset()
    expect([executor.resetDemanded, demands()]).toEqual([false, 0])
    for (const trip of [TRIP_OBJECTIVE_REGRESSION, TRIP_CONSTRAINT_EMERGENCY]) {
      rig.at(6 * SECOND).openLatch(trip)
      expect(executor.resetDemanded).toBe(false)
      rig.at(7 * SECOND).demandReset()
      rig.at(8 * SECOND).demandReset()
      expect([executor.resetDemanded, demands()]).toEqual([true, 1])
      rig.at(9 * SECOND).closeLatch()
      expect(executor.resetDemanded).toBe(false)
    }
  })

  it("names why SafeMode is open, where the plant is and since when, never before the latest known time", () => {
    const rig = tuned()
    rig.at(6 * SECOND).openLatch(TRIP_OBJECTIVE_REGRESSION)
    rig.at(3 * SECOND).demandReset()
    const record = drained(rig.audit).at(-1)
    expect(record?.[RECORD_CODE]).toBe(TRIP_OBJECTIVE_REGRESSION)
    expect(record?.[RECORD_TIMESTAMP_US]).toBe(6 * SECOND)
    expect(record?.[RECORD_POINT]).toBe(rig.live()[0])
  })
})

describe("rollbacks", () => {
  it("count for an hour, except those that a person requested", () => {
    const rig = tuned()
    const { executor } = rig
    rig.at(10 * SECOND).rollback()
    rig.at(20 * SECOND).rollback(true)
    rig.at(30 * SECOND).rollback()
    expect([executor.rollbacks, executor.rollbacksCounted, executor.rollbacksThisHour]).toEqual([3, 2, 2])
    expect(executor.rollbackTimes()).toEqual([10 * SECOND, 30 * SECOND])
    expect(executor.rollbacksInHour(HOUR + 20 * SECOND)).toBe(1)
    expect(executor.rollbacksInHour(HOUR + 40 * SECOND)).toBe(0)
  })

  it("of a replaced executor keep counting", () => {
    const before = tuned()
    for (const k of [10, 20, 30]) before.at(k * SECOND).rollback()
    const after = tuned()
    after.executor.recallRollbacks(before.executor.rollbackTimes())
    expect(after.executor.rollbacksInHour(40 * SECOND)).toBe(3)
    expect(after.executor.rollbackTimes()).toEqual(before.executor.rollbackTimes())
  })
})

describe("earned range", () => {
  it("is recorded at the latest known time, without the refusal before it, and hides none after it", () => {
    const rig = tuned()
    const { executor } = rig
    rig.at(2 * SECOND).earn()
    const [record] = drained(rig.audit)
    expect([record[RECORD_KIND], record[RECORD_TIMESTAMP_US], record[RECORD_KNOB]]).toEqual([
      AUDIT_RANGE_EARNED,
      4 * SECOND,
      -1,
    ])
    expect([record[RECORD_VALUE], record[RECORD_LIMIT]]).toEqual([
      2 * unlimited.rangePerMinute,
      2 * unlimited.turnsPerMinute,
    ])
    expect([executor.knob, executor.value, executor.limit]).toEqual([-1, Number.NaN, Number.NaN])
  })
})

describe("the state of Tier 1", () => {
  it("counts a change of policy, which ends earned range", () => {
    const rig = makeRig([linear()], { ...balanced, rangePerMinute: 0.15, minIntervalUs: 0 }, [0])
    const { executor } = rig
    rig.at(0).earn()
    expect(rig.ask(UPDATE, SECOND, [0.09])).toBe(ACCEPTED)
    executor.setGuardrails({ ...balanced, rangePerMinute: 0.15, minIntervalUs: 0 })
    expect(executor.policies).toBe(1)
    expect(rig.ask(UPDATE, 2 * SECOND, [0.18])).not.toBe(ACCEPTED)
    expect(executor.regressions).toBe(0)
    executor.noteRegressions(3)
    expect(executor.regressions).toBe(3)
  })
})
