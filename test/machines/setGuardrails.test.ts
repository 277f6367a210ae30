/** Another guardrail policy by an event of plain XState: who follows it, when it changes nothing, what a restored engine goes by. */
import { createActor } from "xstate"
import { describe, expect, it } from "vitest"
import { engineMachine } from "../../machines/engine.machine.ts"
import { persist, revive, safeUnits } from "../../machines/persist.ts"
import { GUARDRAILS } from "../../src/domain/guardrailPresets.ts"
import { AUDIT_GUARDRAILS_SET } from "../../src/hot/codes.ts"
import { hotPath, POLICY, type Rig, rig, SECOND_US } from "./rig.ts"

const { conservative } = GUARDRAILS

const partsOf = (engine: Rig["engine"]) => {
  const { context, children } = engine.getSnapshot()
  return {
    maxStep: context.settings.maxStep,
    cycle: children.cycle?.getSnapshot().context.kernel.get().settings.maxStep,
    regressionsToTrip: children.cycle?.getSnapshot().context.limits.regressionsToTrip,
    rollbacksPerHour: children.latch?.getSnapshot().context.policy.rollbacksPerHour,
  }
}
const CONSERVATIVE = {
  maxStep: 0.05,
  cycle: 0.05,
  regressionsToTrip: 3,
  rollbacksPerHour: 2,
}

describe("a new policy for an engine machine", () => {
  it("is followed by the cycle, the latch and the baselines, except for explicit options", () => {
    const at = rig()
    at.run(100)
    at.engine.send({ type: "setGuardrails", policy: conservative, nowUs: at.nowUs })
    expect(partsOf(at.engine)).toEqual(CONSERVATIVE)
    at.run(300)
    expect(at.kinds(AUDIT_GUARDRAILS_SET)).toHaveLength(1)
    const told = rig({ limits: { regressionsToTrip: 9 }, safeMode: { rollbacksPerHour: 7 } })
    told.run(10)
    told.engine.send({ type: "setGuardrails", policy: conservative, nowUs: told.nowUs })
    expect(partsOf(told.engine)).toEqual({ ...CONSERVATIVE, regressionsToTrip: 9, rollbacksPerHour: 7 })
  })

  it("changes nothing if it is unusable, or if the audit has no room", () => {
    const at = rig({}, { auditCapacity: 16 })
    at.run(20)
    const before = partsOf(at.engine)
    const { policy } = at.hot.executor
    at.engine.send({ type: "setGuardrails", policy: { ...conservative, maxStep: 0 }, nowUs: at.nowUs })
    while (at.hot.audit.push());
    at.engine.send({ type: "setGuardrails", policy: conservative, nowUs: at.nowUs })
    expect(partsOf(at.engine)).toEqual(before)
    expect(at.hot.executor.policy).toBe(policy)
    expect(at.engine.getSnapshot().status).toBe("active")
  })

  it("belongs to its hot path: a restored engine follows the one it is built with", () => {
    const at = rig()
    at.run(100)
    at.engine.send({ type: "setGuardrails", policy: conservative, nowUs: at.nowUs })
    const data = JSON.parse(JSON.stringify(persist(at.engine)))
    at.engine.stop()
    const hot = hotPath({ initialUnit: safeUnits(data) ?? new Float64Array(2) })
    const engine = createActor(engineMachine, { input: { hot, seed: 42 }, snapshot: revive(data, { hot }) })
    engine.start()
    expect(partsOf(engine)).toEqual({
      maxStep: POLICY.maxStep,
      cycle: POLICY.maxStep,
      regressionsToTrip: POLICY.regressionsToTrip,
      rollbacksPerHour: POLICY.rollbacksPerHour,
    })
    hot.nowCell[0] += SECOND_US
    hot.tick()
    engine.stop()
  })
})
