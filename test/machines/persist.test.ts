import { createActor, type Snapshot } from "xstate"
import { describe, expect, it } from "vitest"
import { cycleSummary } from "../../machines/cycleReport.ts"
import { engineMachine } from "../../machines/engine.machine.ts"
import { makeHotPath } from "../../machines/makeHotPath.ts"
import { type Json, persist, revive, safeUnits } from "../../machines/persist.ts"
import { type CyclePhase, cyclePhase } from "../../machines/spsaCycle.machine.ts"
import type { HotPathOptions } from "../../src/hot/HotPath.ts"
import { hotPath, POLICY, WINDOW, quadratic, Rig, rig, SECOND_US } from "./rig.ts"

const SLOW = { policy: { ...POLICY, minIntervalUs: 300_000 } }
const PHASES: ReadonlyArray<CyclePhase> = [
  "ready",
  "applyingPlus",
  "waitingPlus",
  "applyingMinus",
  "waitingMinus",
  "computing",
]

const throughText = (rigged: Rig): Json => JSON.parse(JSON.stringify(persist(rigged.engine)))

/** What a process that starts after a crash does with the text the old one left. */
function restart(data: Json, options: Partial<HotPathOptions> = {}): Rig {
  const initialUnit = safeUnits(data)
  const hot = hotPath({ ...SLOW, ...options, ...(initialUnit === null ? {} : { initialUnit }) })
  const engine = createActor(engineMachine, { input: { hot, seed: 42 }, snapshot: revive(data, { hot }) })
  return new Rig(engine.start(), hot)
}

function phaseOf(at: Rig): CyclePhase | undefined {
  const cycle = at.engine.getSnapshot().children.cycle
  return cycle === undefined ? undefined : cyclePhase(cycle.getSnapshot())
}

function rigIn(phase: CyclePhase): Rig {
  const at = rig({}, SLOW)
  at.run(3_000)
  for (let n = 0; n < 2_000 && phaseOf(at) !== phase; n++) at.run(1)
  expect(phaseOf(at)).toBe(phase)
  return at
}

const baselineOf = (at: Rig): ReadonlyArray<number> => {
  const out = new Float64Array(2)
  at.hot.config.baselineUnits(out)
  return Array.from(out)
}

describe("an engine after a restart", () => {
  for (const phase of PHASES) {
    it(`that was ${phase} is on the baseline, knows what it had learned, and continues`, () => {
      const before = rigIn(phase)
      const learnt = cycleSummary(before.engine.getSnapshot().children.cycle!.getSnapshot().context)
      const baseline = baselineOf(before)
      const data = throughText(before)
      before.engine.stop()

      const after = restart(data)
      after.drain()
      expect(after.mode).toBe('{"running":"adapting"}')
      // Nothing but the return to its base, unless the first perturbation is already allowed.
      expect(after.written[0].units).toEqual(baseline)
      expect(baselineOf(after)).toEqual(baseline)
      const cycle = after.engine.getSnapshot().children.cycle!.getSnapshot().context
      expect(cycleSummary(cycle)).toMatchObject({ k: learnt.k, eta: learnt.eta, noise: learnt.noise })
      expect(after.nowUs).toBeGreaterThanOrEqual(before.nowUs)

      const applies = after.hot.executor.applies
      after.run(6_000)
      expect(after.hot.executor.applies).toBeGreaterThan(applies + 100)
      expect(Array.from(after.hot.executor.refused).reduce((a, b) => a + b)).toBe(0)
      expect(Math.abs(after.base[0] - 0.7)).toBeLessThan(0.06)
    })
  }

  it("that was proving its base is on the baseline, and tunes again", () => {
    const before = rig({}, { policy: { ...SLOW.policy, minStableUs: Infinity } })
    before.run(3_000)
    before.engine.send({ type: "prove", pairs: 100, nowUs: before.nowUs })
    before.run(50)
    expect(before.mode).toBe('{"running":"proving"}')
    const baseline = baselineOf(before)
    const data = throughText(before)
    before.engine.stop()

    const after = restart(data)
    after.drain()
    expect(after.mode).toBe('{"running":"adapting"}')
    expect(after.engine.getSnapshot().children.proof).toBeUndefined()
    expect(after.written[0].units).toEqual(baseline)
    const applies = after.hot.executor.applies
    after.run(3_000)
    expect(after.hot.executor.applies).toBeGreaterThan(applies + 50)
  })

  it("that had not been started waits to be started", () => {
    const hot = hotPath()
    const engine = createActor(engineMachine, { input: { hot, seed: 1 } }).start()
    const after = restart(JSON.parse(JSON.stringify(persist(engine))))
    expect(after.mode).toBe('"idle"')
    expect(after.hot.executor.applies).toBe(0)
    after.engine.send({ type: "start", nowUs: 0 })
    after.run(100)
    expect(after.hot.executor.applies).toBeGreaterThan(2)
  })

  it("that had been stopped stays stopped", () => {
    const before = rigIn("waitingPlus")
    before.engine.send({ type: "stop", nowUs: before.nowUs })
    const data = throughText(before)
    const hot = hotPath()
    const engine = createActor(engineMachine, {
      input: { hot, seed: 1 },
      snapshot: revive(data, { hot }),
    }).start()
    expect(engine.getSnapshot().status).toBe("done")
    expect(hot.config.generation).toBe(1)
  })

  it("whose SafeMode was open until a time opens it again and leaves at that time", () => {
    const before = rigIn("waitingPlus")
    const trippedUs = before.nowUs
    before.engine.send({ type: "trip", reason: "thrashing", nowUs: trippedUs })
    before.run(100)
    const after = restart(throughText(before))
    expect(after.mode).toBe('{"running":"safe"}')
    expect(Atomics.load(after.hot.executor.latch, 0)).toBeGreaterThan(0)
    while (after.mode === '{"running":"safe"}' && after.nowUs < trippedUs + 2 * POLICY.cooldownUs)
      after.run(1)
    expect(after.nowUs - trippedUs).toBeGreaterThanOrEqual(POLICY.cooldownUs)
    expect(after.nowUs - trippedUs).toBeLessThan(POLICY.cooldownUs + SECOND_US)
    after.run(200)
    expect(after.hot.executor.applies).toBeGreaterThan(2)
  })

  it("leaves SafeMode with the first window after that time, and not without telemetry", () => {
    const before = rigIn("waitingPlus")
    const trippedUs = before.nowUs
    before.engine.send({ type: "trip", reason: "thrashing", nowUs: trippedUs })
    // No window expires and no apply is waited for.
    const after = restart(throughText(before), {
      window: { ...WINDOW, windowUs: Number.POSITIVE_INFINITY },
      policy: { ...POLICY, minIntervalUs: 0, appliesPerSecond: 1_000 },
    })
    after.hot.nowCell[0] = trippedUs + POLICY.cooldownUs - 1
    after.hot.tick()
    expect(after.mode).toBe('{"running":"safe"}')
    after.hot.nowCell[0] = trippedUs + POLICY.cooldownUs
    after.hot.tick()
    after.run(100, () => ({ objective: Number.NaN }))
    expect(after.mode).toBe('{"running":"safe"}')
    expect(after.hot.executor.applies).toBe(0)
    for (let i = 0; i < 100 && after.mode === '{"running":"safe"}'; i++) after.run(1)
    expect(after.mode).toBe('{"running":"adapting"}')
  })

  it("whose SafeMode waited for a person still waits for one", () => {
    const before = rigIn("waitingMinus")
    before.engine.send({ type: "trip", reason: "manualTrigger", nowUs: before.nowUs })
    const after = restart(throughText(before))
    after.run(5_000)
    expect(after.mode).toBe('{"running":"safe"}')
    expect(after.hot.executor.applies).toBe(0)
    after.engine.send({ type: "reset", nowUs: after.nowUs })
    after.run(200)
    expect(after.hot.executor.applies).toBeGreaterThan(2)
  })
})

describe("the text of a snapshot", () => {
  it("keeps every bit of numbers JSON cannot write", () => {
    const numbers = [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, -0, 0.1, 5e-324]
    const snapshot = { status: "active", array: Float64Array.from(numbers), list: numbers }
    const data = JSON.parse(
      JSON.stringify(persist({ getPersistedSnapshot: () => snapshot as unknown as Snapshot<unknown> })),
    )
    const back: unknown = revive(data)
    expect(back).toEqual(snapshot)
    expect(Object.is((back as typeof snapshot).list[3], -0)).toBe(true)
  })

  it("of one run is the same text when written again after reviving", () => {
    const at = rigIn("waitingPlus")
    const first = throughText(at)
    const hot = hotPath(SLOW)
    const copy = createActor(engineMachine, { input: { hot, seed: 1 }, snapshot: revive(first, { hot }) })
    const second: Json = JSON.parse(JSON.stringify(persist(copy)))
    // Not started, so nothing but what describes the new hot path and the new port may differ.
    const without = (data: Json): string =>
      JSON.stringify(data, (key, value) => (["restored", "hot", "port", "bind"].includes(key) ? null : value))
    expect(without(second)).toBe(without(first))
  })

  it("names what does not fit if revived with a hot path of other knobs", () => {
    const { hot } = makeHotPath({ knobs: { a: { min: 0, max: 1 } } })
    expect(() => revive(throughText(rigIn("ready")), { hot })).toThrow(/hot: .* 1 knobs, not 2/)
  })

  it("has nothing of the shared configuration in it", () => {
    const at = rig()
    at.run(200, quadratic)
    const text = JSON.stringify(persist(at.engine))
    expect(text.length).toBeLessThan(20_000)
    expect(text).not.toContain("buffer")
  })
})
