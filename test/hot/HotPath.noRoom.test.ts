/** What cannot be recorded is not decided and is counted once; an emergency is dealt with all the same, and recorded where that can be. */
import { describe, expect, it } from "vitest"
import { RECORD_KIND } from "../../src/hot/AuditRing.ts"
import {
  ACCEPTED,
  AUDIT_DIGEST,
  AUDIT_TICK,
  DEADLINE,
  EMERGENCY,
  MEAN,
  NOT_TRIPPED,
  NOTHING_DUE,
  RING_FULL,
  UPDATE,
  WINDOW_CLOSED,
} from "../../src/hot/codes.ts"
import { HotPath, type HotPathOptions } from "../../src/hot/HotPath.ts"
import { KnobTable } from "../../src/hot/KnobTable.ts"
import { P_EXPECTED_GENERATION, P_LENGTH, P_NOW_US, P_TARGET } from "../../src/hot/SafetyExecutor.ts"
import { bits, drained, linear, unlimited } from "./rig.ts"

const START = 0.5

const hotPath = (more: Partial<HotPathOptions> = {}): HotPath =>
  new HotPath({
    table: new KnobTable([linear()]),
    policy: unlimited,
    initialUnit: Float64Array.of(START),
    window: { windowDigests: 3, windowUs: 1e6, settleUs: 0, maxAgeUs: 1e6, aggregate: MEAN, trim: 0 },
    auditCapacity: 16,
    journalDigests: true,
    manualTime: true,
    ...more,
  })

const see = (hot: HotPath, us: number, constraintMargin = 1): number =>
  hot.observeObject({ timestampUs: us, objective: 1, constraintMargin })

const fill = ({ audit }: HotPath): void => {
  while (audit.push());
}

const baselineAt = (hot: HotPath, unit: number): void => {
  const { executor, config } = hot
  executor.proposal[P_NOW_US] = hot.nowUs
  executor.proposal[P_EXPECTED_GENERATION] = config.generation
  executor.proposal[P_LENGTH] = 1
  executor.proposal[P_TARGET] = unit
  expect(hot.apply(UPDATE)).toBe(ACCEPTED)
  executor.setBaseline()
}

describe("a digest that finds no room", () => {
  it("in the audit is in no window, and is counted", () => {
    const hot = hotPath()
    fill(hot)
    const before = hot.audit.dropped
    for (let k = 1; k <= 3; k++) {
      expect(see(hot, k)).toBe(RING_FULL)
      expect(hot.window.count).toBe(0)
      expect(hot.audit.dropped).toBe(before + k)
    }
    drained(hot.audit)
    expect(see(hot, 9)).toBe(NOTHING_DUE)
    expect(hot.window.count).toBe(1)
  })

  it("and shows an emergency moves the plant to safety even without a place left, and changes no record", () => {
    const hot = hotPath()
    while (hot.audit.size < hot.audit.capacity) hot.executor.setBaseline()
    const whole = hot.audit.block.slice(0, hot.audit.capacity * hot.audit.width)
    expect(see(hot, 1, -0.9)).toBe(EMERGENCY)
    expect(hot.config.latch).not.toBe(NOT_TRIPPED)
    // The digest, the rollback and SafeMode.
    expect(hot.audit.dropped).toBe(3)
    expect(bits(hot.audit.block.slice(0, whole.length))).toEqual(bits(whole))
  })

  it("and shows an emergency is recorded before its consequences if the reserve has a place", () => {
    const hot = hotPath()
    fill(hot)
    drained(hot.audit)
    fill(hot)
    const waiting = hot.audit.size
    expect(see(hot, 1, -0.9)).toBe(EMERGENCY)
    expect(drained(hot.audit)[waiting][RECORD_KIND]).toBe(AUDIT_DIGEST)
  })
})

describe("time that passes while the audit has no room", () => {
  it("lets no deadline pass unrecorded: it waits until there is room", () => {
    const hot = hotPath()
    hot.wakeAt(5)
    fill(hot)
    hot.nowCell[0] = 6
    expect([hot.tick(), hot.tick()]).toEqual([RING_FULL, RING_FULL])
    drained(hot.audit)
    expect([hot.tick(), hot.tick()]).toEqual([DEADLINE, NOTHING_DUE])
    expect(drained(hot.audit).map((record) => record[RECORD_KIND])).toEqual([AUDIT_TICK])
  })
})

describe("an emergency that continues at the start", () => {
  /** In SafeMode, at the start, which took the place of a baseline with a margin of -0.9. */
  const atStart = (): HotPath => {
    const hot = hotPath({ auditCapacity: 64 })
    baselineAt(hot, 0.45)
    expect([see(hot, 1, -0.9), see(hot, 2, -0.9)]).toEqual([EMERGENCY, EMERGENCY])
    expect(hot.config.unit(0)).toBe(START)
    return hot
  }

  it("is settled by the first accepted digest: if it is no worse, the plant stays at the start", () => {
    const hot = atStart()
    see(hot, 3, -0.8)
    see(hot, 4, -5)
    expect(hot.config.unit(0)).toBe(START)
  })

  it("is not settled by a refused digest, because a replay would lack it", () => {
    const hot = atStart()
    fill(hot)
    expect(see(hot, 3, -0.8)).toBe(RING_FULL)
    drained(hot.audit)
    expect(see(hot, 4, -5)).toBe(EMERGENCY)
    expect(hot.config.unit(0)).toBe(0.45)
  })

  it("can follow a refused digest, and ends on a baseline that was better", () => {
    const hot = hotPath({ auditCapacity: 64 })
    baselineAt(hot, 0.45)
    see(hot, 1, -0.9)
    fill(hot)
    expect(see(hot, 2, -0.9)).toBe(EMERGENCY)
    expect(hot.config.unit(0)).toBe(START)
    drained(hot.audit)
    expect(see(hot, 3, -5)).toBe(EMERGENCY)
    expect(hot.config.unit(0)).toBe(0.45)
  })

  it("has its own window from the moment that a window showed the baseline unfit", () => {
    const hot = hotPath({ auditCapacity: 64 })
    baselineAt(hot, 0.45)
    see(hot, 1, -0.9)
    const seen: Array<number> = []
    hot.onDue = (code) => {
      if (code !== WINDOW_CLOSED) seen.push(hot.window.generation, hot.window.count)
    }
    for (let us = 2; us <= 4; us++) see(hot, us, -0.3)
    expect(hot.config.unit(0)).toBe(START)
    expect(seen).toEqual([hot.config.generation, 0])
  })
})
