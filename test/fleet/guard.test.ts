/**
 * The runaway guard of an engine of a fleet, judged from outside. Root cause of what the first one holds: each engine's guard and fallback
 * knew the start of the fleet's configuration, and not the one that the engine was spawned with.
 */
import { describe, expect, it } from "vitest"
import { fleetOf, STEP_US, wobble } from "./rig.ts"

const guardActs = (fleet: ReturnType<typeof fleetOf>, fromUs = 0): ReadonlyArray<string> =>
  fleet.audit
    .records()
    .flatMap(({ kind, action, atUs }) => (kind === "guard" && atUs >= fromUs ? [action ?? ""] : []))

describe("the guard of an engine of a fleet", () => {
  it("tries the start that this engine was given, and not the fleet's", async () => {
    const fleet = fleetOf({ auditMemory: 100_000 })
    await fleet.start()
    const engine = fleet.spawn("one", { initial: { x: 0.9 }, seed: 5 })
    let storm = 0
    let worst = 0
    for (let step = 0; step < 40_000; step++) {
      const timestampUs = (step + 1) * STEP_US
      fleet.tick(timestampUs)
      const { x } = engine.values
      // Less of x is cheaper, until something feeds a storm wherever less is left than at the engine's own start.
      if (step >= 20_000) storm = x > 0.85 ? 0.9 * storm : Math.min(8, storm + 0.02)
      if (step >= 36_000) worst = Math.max(worst, storm)
      engine.observe({ objective: x + storm + wobble(step), timestampUs })
    }
    expect(guardActs(fleet)).toContain("tryStart")
    expect(worst).toBeLessThan(1)
  })

  it("still knows after having been put away what the baseline delivers", async () => {
    const fleet = fleetOf({ auditMemory: 100_000 })
    await fleet.start()
    const engine = fleet.spawn("one", { initial: { x: 0.9 }, seed: 5 })
    let nowUs = 0
    const run = (steps: number, level: (x: number) => number): void => {
      for (let step = 0; step < steps; step++) {
        nowUs += STEP_US
        fleet.tick(nowUs)
        engine.observe({ objective: level(engine.values.x) + wobble(step), timestampUs: nowUs })
      }
    }
    run(20_000, (x) => x)
    const before = engine.values.x
    expect(before).toBeLessThan(0.5)
    // A night without reports.
    for (let minutes = 0; minutes < 120; minutes++) fleet.tick((nowUs += 60_000_000))
    expect(engine.getSnapshot().status).toBe("passive")
    const morningUs = nowUs
    // In the morning all but the engine's start is ruin, from the first window on: who learned the level now would find it normal.
    run(3_000, (x) => (x > 0.85 ? x : 40))
    expect(guardActs(fleet, morningUs).slice(0, 2)).toEqual(["retreat", "tryStart"])
    expect(engine.values.x).toBeGreaterThan(0.8)
  })
})
