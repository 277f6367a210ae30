/** What stays behind of safety actions: their records, their counts, and what is left of the refusal before them. */
import { describe, expect, it } from "vitest"
import { AtomicConfig } from "../../src/hot/AtomicConfig.ts"
import {
  AuditRing,
  RECORD_CODE,
  RECORD_DETAIL,
  RECORD_KIND,
  RECORD_KNOB,
  RECORD_LIMIT,
  RECORD_POINT,
  RECORD_TIMESTAMP_US,
  RECORD_VALUE,
} from "../../src/hot/AuditRing.ts"
import {
  ACCEPTED,
  AUDIT_BASELINE_SET,
  AUDIT_GUARDRAILS_SET,
  AUDIT_ROLLBACK,
  AUDIT_SAFE_MODE_ENTERED,
  AUDIT_SAFE_MODE_EXITED,
  AUDIT_VIOLATION,
  DELTA_TOO_LARGE,
  NO_BASELINE,
  NOT_TRIPPED,
  PLUS,
  RETURN_TO_BASE,
  ROLLBACK,
  UPDATE,
} from "../../src/hot/codes.ts"
import { TRIP_REASONS } from "../../src/domain/words.ts"
import { KnobTable } from "../../src/hot/KnobTable.ts"
import { SafetyExecutor } from "../../src/hot/SafetyExecutor.ts"
import { balanced, concurrency, drained, linear, makeRig, type Rig, stepped } from "./rig.ts"

const SECOND = 1e6
const two = [linear(), linear()]
const pointOf = (record: Float64Array): ReadonlyArray<number> => [
  ...record.subarray(RECORD_POINT, RECORD_POINT + 2),
]

/** On a perturbation of base (0.5, 0.5), with the details of a refusal left over. */
const perturbed = (): Rig => {
  const rig = makeRig(two)
  expect(rig.ask(PLUS, SECOND, [0.55, 0.45])).toBe(ACCEPTED)
  expect(rig.ask(PLUS, 2 * SECOND, [0.9, 0.45])).toBe(DELTA_TOO_LARGE)
  expect(rig.executor.knob).toBe(0)
  drained(rig.audit)
  return rig
}
const only = (rig: Rig): Float64Array => {
  const records = drained(rig.audit)
  expect(records).toHaveLength(1)
  return records[0]
}

describe("a safety action", () => {
  const actions: ReadonlyArray<
    readonly [string, (rig: Rig) => unknown, number, ReadonlyArray<number>, ReadonlyArray<number>]
  > = [
    [
      "return",
      (rig) => rig.at(3 * SECOND).returnToBase(),
      AUDIT_ROLLBACK,
      [ACCEPTED, RETURN_TO_BASE],
      [0.5, 0.5],
    ],
    [
      "baseline",
      (rig) => rig.at(3 * SECOND).setBaseline(),
      AUDIT_BASELINE_SET,
      [ACCEPTED, Number.NaN],
      [0.5, 0.5],
    ],
    [
      "trip",
      (rig) => rig.at(3 * SECOND).openLatch(4),
      AUDIT_SAFE_MODE_ENTERED,
      [4, Number.NaN],
      [0.55, 0.45],
    ],
  ]
  it.each(actions)(
    "%s: leaves one record with its time and its point, and none of the refusal's details",
    (_, act, kind, [code, detail], point) => {
      const rig = perturbed()
      act(rig)
      const record = only(rig)
      expect([record[RECORD_KIND], record[RECORD_TIMESTAMP_US]]).toEqual([kind, 3 * SECOND])
      expect([record[RECORD_CODE], record[RECORD_DETAIL]]).toEqual([code, detail])
      expect([record[RECORD_KNOB], record[RECORD_VALUE], record[RECORD_LIMIT]]).toEqual([
        -1,
        Number.NaN,
        Number.NaN,
      ])
      expect(pointOf(record)).toEqual(point)
    },
  )

  it("rollback: the same, and a rollback without a target names no knob and states where the plant is", () => {
    const rig = perturbed()
    expect(rig.at(3 * SECOND).rollback()).toBe(NO_BASELINE)
    const refused = only(rig)
    expect([refused[RECORD_KIND], refused[RECORD_CODE], refused[RECORD_DETAIL]]).toEqual([
      AUDIT_VIOLATION,
      NO_BASELINE,
      ROLLBACK,
    ])
    expect([refused[RECORD_KNOB], refused[RECORD_VALUE], refused[RECORD_LIMIT]]).toEqual([
      -1,
      Number.NaN,
      Number.NaN,
    ])
    expect(pointOf(refused)).toEqual([0.55, 0.45])
    rig.executor.setBaseline()
    drained(rig.audit)
    expect(rig.executor.rollback()).toBe(ACCEPTED)
    expect(pointOf(only(rig))).toEqual([0.5, 0.5])
    expect([rig.executor.knob, rig.executor.value, rig.executor.limit]).toEqual([-1, Number.NaN, Number.NaN])
  })

  it("end of SafeMode: states what opened it, how and when it ended, and where the plant is", () => {
    const rig = perturbed()
    rig.executor.openLatch(4)
    drained(rig.audit)
    rig.at(9 * SECOND).closeLatch(2)
    const record = only(rig)
    expect([record[RECORD_KIND], record[RECORD_CODE], record[RECORD_VALUE]]).toEqual([
      AUDIT_SAFE_MODE_EXITED,
      4,
      2,
    ])
    expect(record[RECORD_TIMESTAMP_US]).toBe(9 * SECOND)
    expect(pointOf(record)).toEqual([0.55, 0.45])
    rig.executor.closeLatch()
    expect(drained(rig.audit)).toEqual([])
  })

  it.each([
    ["rollback", (rig: Rig) => rig.executor.rollback()],
    ["return", (rig: Rig) => rig.executor.returnToBase()],
    ["baseline", (rig: Rig) => rig.executor.setBaseline()],
    ["other baseline", (rig: Rig) => rig.executor.moveBaseline(Float64Array.of(0.2, 0.3))],
    ["policy", (rig: Rig) => rig.executor.setGuardrails({ ...balanced, maxStep: 0.05 })],
  ])("%s: is made at the time it is asked for, and nothing is left to be told of the refusal", (_, act) => {
    const rig = perturbed()
    rig.executor.setBaseline()
    rig.ask(PLUS, 2.5 * SECOND, [0.9, 0.45])
    expect(rig.executor.knob).toBe(0)
    drained(rig.audit)
    rig.at(3 * SECOND)
    act(rig)
    const { knob, value, limit, nowUs } = rig.executor
    expect([knob, value, limit, nowUs]).toEqual([-1, Number.NaN, Number.NaN, 3 * SECOND])
    for (const record of drained(rig.audit)) {
      expect(record[RECORD_TIMESTAMP_US]).toBe(3 * SECOND)
      if (record[RECORD_KIND] !== AUDIT_GUARDRAILS_SET)
        expect([record[RECORD_KNOB], record[RECORD_VALUE], record[RECORD_LIMIT]]).toEqual([
          -1,
          Number.NaN,
          Number.NaN,
        ])
    }
  })

  it("to another baseline: makes it live at that time, and starts its cooldown then", () => {
    const rig = makeRig(two)
    rig.at(3 * SECOND).moveBaseline(Float64Array.of(0.2, 0.3))
    expect([...rig.live()]).toEqual([0.2, 0.3])
    expect(rig.config.committedUs).toBe(3 * SECOND)
    expect(rig.executor.cooldownUntilUs).toBe(3 * SECOND + balanced.cooldownUs)
  })

  it("is counted by what it is", () => {
    const rig = makeRig(two)
    const { executor } = rig
    expect([executor.lastKind, executor.knob]).toEqual([-1, -1])
    executor.returnToBase()
    executor.returnToBase()
    expect([executor.returns, executor.lastKind]).toEqual([2, RETURN_TO_BASE])
    executor.openLatch(3)
    executor.openLatch(3)
    executor.openLatch(5)
    expect([executor.trips[3], executor.trips[5]]).toEqual([1, 1])
    executor.setBaseline()
    executor.rollback()
    expect([executor.rollbacks, executor.lastKind]).toEqual([1, ROLLBACK])
  })

  it("is counted under every reason there is", () => {
    const { executor } = makeRig(two)
    const reasons = TRIP_REASONS.map((_, code) => code).filter((code) => code !== NOT_TRIPPED)
    for (const code of reasons) executor.openLatch(code)
    expect(reasons.map((code) => executor.trips[code])).toEqual(reasons.map(() => 1))
  })

  it("that finds even the reserve full is carried out, and counted as dropped", () => {
    const rig = makeRig(two, balanced, [0.5, 0.5], 16)
    const { executor, audit } = rig
    rig.ask(PLUS, SECOND, [0.55, 0.45])
    while (audit.size < 16) executor.setBaseline()
    expect(audit.dropped).toBe(0)
    executor.returnToBase()
    expect([...rig.live()]).toEqual([0.5, 0.5])
    executor.openLatch(2)
    executor.closeLatch()
    executor.setBaseline()
    expect([audit.dropped, audit.size]).toEqual([4, 16])
    expect(rig.ask(PLUS, 9 * SECOND, [0.55, 0.45])).not.toBe(ACCEPTED)
    const bare = makeRig(two, balanced, [0.5, 0.5], 16)
    while (bare.audit.size < 16) {
      bare.executor.openLatch(2)
      bare.executor.closeLatch()
    }
    expect(bare.executor.rollback()).toBe(NO_BASELINE)
    expect(bare.audit.dropped).toBe(1)
  })
})

describe("the state that Tier 1 reports", () => {
  it("has the step limit of each knob, and that of a coarse one follows its base", () => {
    const rig = makeRig([linear(), stepped(0, 4, 1), concurrency], balanced, [0.5, 0.5, 0])
    const limits = new Float64Array(3)
    rig.executor.stepLimits(limits)
    expect(limits[0]).toBeCloseTo(0.1, 9)
    expect(limits[1]).toBeCloseTo(0.5, 6)
    const near = limits[2]
    // One step up the grid of a log knob its neighbours lie further apart than at the bound.
    const up = rig.table.gridUnit(2, 1)
    expect(rig.ask(UPDATE, SECOND, [0.5, 0.5, up])).toBe(ACCEPTED)
    rig.executor.stepLimits(limits)
    expect(limits[2]).toBeGreaterThan(near)
    expect(limits[2]).toBeCloseTo(rig.table.neighbourSpan(2, up), 6)
    rig.executor.setBaseline()
    expect(rig.ask(UPDATE, 2 * SECOND, [0.5, 0.5, rig.table.gridUnit(2, 2)])).toBe(ACCEPTED)
    rig.executor.rollback()
    rig.executor.stepLimits(limits)
    expect(limits[2]).toBeCloseTo(rig.table.neighbourSpan(2, up), 6)
  })

  it("is not built from parts of different sizes", () => {
    const [one, other] = [two, [linear()]].map((knobs) => new KnobTable(knobs))
    const [config, short] = [one, other].map((table) => new AtomicConfig(table, new Float64Array(table.size)))
    const wrong = "config and audit: must be for the 2 knobs of the table"
    expect(() => new SafetyExecutor(one, short, new AuditRing(2, 64), balanced)).toThrow(wrong)
    expect(() => new SafetyExecutor(one, config, new AuditRing(1, 64), balanced)).toThrow(wrong)
    expect(() => new SafetyExecutor(one, config, new AuditRing(2, 64), balanced)).not.toThrow()
  })
})
