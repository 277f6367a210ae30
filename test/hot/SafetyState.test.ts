/** What Tier 1 counts and shows: rollbacks of the hour under any policy, budgets used, and what becomes of them under another policy. */
import { describe, expect, it } from "vitest"
import { RECORD_KIND } from "../../src/hot/AuditRing.ts"
import { ACCEPTED, AUDIT_GUARDRAILS_SET, BUDGET_EXHAUSTED, PLUS, UPDATE } from "../../src/hot/codes.ts"
import { balanced, drained, linear, makeRig, type Rig, unlimited } from "./rig.ts"

const SECOND = 1e6
const three = [linear(), linear(), linear()]

/** So many rollbacks, a second apart, from the second `from` on. */
const rollBack = (rig: Rig, times: number, from = 1): Rig => {
  rig.at(0).setBaseline()
  for (let k = 0; k < times; k++) rig.at((from + k) * SECOND).rollback()
  return rig
}

describe("the rollbacks of an hour", () => {
  it("are counted up to one more than the policy allows, however many that is", () => {
    for (const allowed of [0, 1, 4, 15, 16, 17, 20, 40, 1000]) {
      const rig = rollBack(makeRig([linear()], { ...unlimited, rollbacksPerHour: allowed }), allowed)
      expect(rig.executor.rollbacksThisHour).toBe(allowed)
      for (let more = 0; more < 2; more++) rig.at(2000 * SECOND).rollback()
      expect(rig.executor.rollbacksThisHour).toBe(allowed + 1)
    }
  })

  it("have no limit if the policy lifts it", () => {
    const rig = makeRig([linear()], { ...unlimited, rollbacksPerHour: Number.POSITIVE_INFINITY })
    expect(rollBack(rig, 50).executor.rollbacksThisHour).toBe(50)
  })

  it("are counted as far as a looser policy needs, from its first moment", () => {
    const rig = rollBack(makeRig([linear()], { ...unlimited, rollbacksPerHour: 2 }), 3)
    rig.at(4 * SECOND).setGuardrails({ ...unlimited, rollbacksPerHour: 30 })
    expect(rig.executor.rollbacksThisHour).toBe(3)
    rollBack(rig, 28, 5)
    expect(rig.executor.rollbacksThisHour).toBe(31)
  })

  it("are all kept, however few an intermediate policy allowed", () => {
    const rig = rollBack(makeRig([linear()], { ...unlimited, rollbacksPerHour: 2 }), 30)
    rig.at(40 * SECOND).setGuardrails({ ...unlimited, rollbacksPerHour: 100 })
    expect(rig.executor.rollbacksThisHour).toBe(30)
    rollBack(rig, 25, 50)
    rig.at(80 * SECOND).setGuardrails({ ...unlimited, rollbacksPerHour: 1 })
    rollBack(rig, 5, 90)
    rig.at(100 * SECOND).setGuardrails({ ...unlimited, rollbacksPerHour: 100 })
    expect(rig.executor.rollbacksThisHour).toBe(60)
  })
})

describe("a new policy", () => {
  it("starts no cooldown without a rollback", () => {
    const rig = makeRig([linear()], unlimited)
    rig.at(SECOND).setGuardrails({ ...unlimited, cooldownUs: 30 * SECOND })
    expect(rig.executor.cooldownUntilUs).toBe(Number.NEGATIVE_INFINITY)
    expect(rig.ask(PLUS, 2 * SECOND, [0.52])).toBe(ACCEPTED)
  })

  it("does not move a plant that is on its base, whatever its knobs", () => {
    const rig = makeRig(three, unlimited, [0.2, 0.5, 0.8])
    rig.ask(UPDATE, SECOND, [0.25, 0.45, 0.85])
    const { generation } = rig.config
    drained(rig.audit)
    rig.at(2 * SECOND).setGuardrails(balanced)
    expect(rig.config.generation).toBe(generation)
    expect(drained(rig.audit).map((record) => record[RECORD_KIND])).toEqual([AUDIT_GUARDRAILS_SET])
    expect(rig.executor.onBase).toBe(true)
  })

  it("ends a perturbation of any one knob", () => {
    for (const knob of [0, 1, 2]) {
      const rig = makeRig(three, unlimited, [0.5, 0.5, 0.5])
      const probe = [0.5, 0.5, 0.5]
      probe[knob] = 0.55
      rig.ask(PLUS, SECOND, probe)
      expect(rig.executor.onBase).toBe(false)
      rig.at(2 * SECOND).setGuardrails(balanced)
      expect([...rig.live()]).toEqual([0.5, 0.5, 0.5])
    }
  })

  it("names no knob in a refusal without one, whatever the last refusal was about", () => {
    const rig = makeRig(three, unlimited)
    rig.ask(PLUS, SECOND, [0.5, 0.9, 0.5])
    expect(rig.executor.knob).toBe(1)
    rig.at(2 * SECOND).setGuardrails(balanced)
    expect([rig.executor.knob, rig.executor.value, rig.executor.limit]).toEqual([-1, Number.NaN, Number.NaN])
  })
})

describe("the state of Tier 1", () => {
  it("shows what each knob has used of its minute, which a later time returns", () => {
    const rig = makeRig(three, unlimited)
    for (const [k, to] of [0.6, 0.65, 0.55].entries())
      expect(rig.ask(UPDATE, (k + 1) * SECOND, [to, 0.5, 0.5])).toBe(ACCEPTED)
    const used = new Float64Array(9)
    rig.executor.budgetUsage(3 * SECOND, used)
    expect([...used.subarray(0, 3)]).toEqual([0, expect.closeTo(0.15, 9), expect.closeTo(0.25, 9)])
    expect([...used.subarray(3)]).toEqual([0, 0, 0, 0, 0, 0])
    rig.executor.budgetUsage(90 * SECOND, used)
    expect([...used]).toEqual(Array.from(used, () => 0))
  })

  it("shows what a base may do at the requested time, not at the last call's", () => {
    const rig = makeRig([linear()], { ...unlimited, rangePerMinute: 0.1 })
    expect(rig.ask(UPDATE, SECOND, [0.6])).toBe(ACCEPTED)
    expect(rig.ask(UPDATE, 2 * SECOND, [0.65])).toBe(BUDGET_EXHAUSTED)
    const band = new Float64Array(2)
    rig.at(3 * SECOND).band(band)
    expect(band[1] + 0).toBeCloseTo(0, 6)
    rig.at(70 * SECOND).band(band)
    expect(band[1]).toBeCloseTo(0.1, 6)
  })

  it("writes as many places as there are knobs, and none beyond", () => {
    const rig = makeRig(three, unlimited)
    const out = new Float64Array(8).fill(7)
    rig.executor.stepLimits(out)
    expect(out[2]).toBeCloseTo(unlimited.maxStep, 9)
    expect([...out.subarray(3)]).toEqual([7, 7, 7, 7, 7])
    out.fill(7)
    rig.executor.band(out)
    expect([...out.subarray(6)]).toEqual([7, 7])
  })
})
