/** Re-entry through Tier 1 with every guardrail on: nothing is refused, what is remembered is regained sooner, a lie is found out. */
import { describe, expect, it } from "vitest"
import { plants } from "../../bench/homeostasis/plants.ts"
import { type Key, run } from "../../bench/homeostasis/run.ts"
import { quantileOf } from "../../src/testing/simulate.ts"

const plantCalled = (title: RegExp) => {
  const plant = plants.find((one) => title.test(one.title))
  if (plant === undefined) throw new Error(`no plant is called ${title.source}`)
  return plant
}
const SEEDS = [0, 1, 2, 3]

describe("the control loop with the homeostasis cache", () => {
  it("regains known regimes in less than half the time, without refusals", () => {
    const plant = plantCalled(/^four knobs, two loads in turn, noise 0.01/)
    const median = (key: Key) => {
      const runs = SEEDS.map((seed) => run(plant, seed, key))
      expect(runs.map(({ refused }) => refused)).toEqual(SEEDS.map(() => 0))
      return quantileOf(
        runs.flatMap(({ regainS }) => regainS.slice(3)),
        0.5,
      )
    }
    expect(median("features")).toBeLessThan(0.5 * median(null))
  })

  it("detects that a remembered optimum is gone, and returns", () => {
    const plant = plantCalled(/optimum never/)
    for (const seed of SEEDS) {
      const { plans, refused } = run(plant, seed, "features")
      expect(refused).toBe(0)
      expect((plans["lost"] ?? 0) + (plans["undecided"] ?? 0)).toBeGreaterThan(0)
      expect(plans["reverted"] ?? 0).toBeGreaterThan(0)
    }
  })

  it("is the same run again from the same seed", () => {
    const plant = plantCalled(/three loads in turn, noise 0.05/)
    expect(run(plant, 5, "features")).toEqual(run(plant, 5, "features"))
  })
})
