/**
 * Every scenario of `arqon/testing` with the default rule, the default guardrails and one setting for all. Bands are
 * about one and a half times what was measured when they were written, or the bar where there is one.
 */
import { describe, expect, it } from "vitest"
import { judgeScenario, scenarios } from "../../src/testing/scenarios.ts"

describe.each(scenarios)("$name", (scenario) => {
  const verdict = judgeScenario(scenario)

  it.each(verdict.bands)("$band.measure.kind ($band.of) is at most $band.most", ({ band, value }) => {
    expect(value).toBeLessThanOrEqual(band.most)
  })

  it("proposes nothing that Tier 1 refuses, and stays in bounds", () => {
    const { refused, outOfBounds } = verdict
    expect({ refused, outOfBounds }).toEqual({ refused: 0, outOfBounds: 0 })
  })

  it("causes at most three retreats of the runaway guard in all runs without load jumps", () => {
    // The queue's loads treble and fall back; looking at the baseline then is what the guard is for.
    expect(verdict.trips).toBeLessThanOrEqual(scenario.name.startsWith("M/M/c/K") ? 40 : 3)
  })
})

describe("the list of scenarios", () => {
  it("names each scenario once and gives each at least one band", () => {
    expect(new Set(scenarios.map(({ name }) => name)).size).toBe(scenarios.length)
    for (const { bands } of scenarios) expect(bands.length).toBeGreaterThan(0)
  })

  it("runs the same way twice", () => {
    const [scenario] = scenarios
    expect(judgeScenario(scenario, 2)).toEqual(judgeScenario(scenario, 2))
  })
})
