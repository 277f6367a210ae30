import { describe, expect, it } from "vitest"
import { Resolution } from "../../src/solver/strategies/Resolution.ts"

const begun = (radius: number, final = 1e-8): Resolution => {
  const resolution = new Resolution(final)
  resolution.begin(radius)
  return resolution
}

describe("the lengths of a trust region", () => {
  it("grow after an accurate prediction, but never past half the cube", () => {
    const resolution = begun(0.1)
    resolution.judge(0.9, 0.1)
    expect(resolution.delta).toBe(0.2)
    resolution.judge(0.9, 0.05)
    expect(resolution.delta).toBe(0.2)
    for (let k = 0; k < 9; k++) resolution.judge(1, resolution.delta)
    expect(resolution.delta).toBe(0.5)
    expect(resolution.rho).toBe(0.1)
  })

  it("shrink after an inaccurate one, but never below the resolution", () => {
    const resolution = begun(0.01)
    for (let k = 0; k < 4; k++) resolution.judge(1, resolution.delta)
    expect(resolution.delta).toBe(0.16)
    resolution.judge(0.5, 0.02)
    expect(resolution.delta).toBe(0.08)
    resolution.judge(-1, 0.08)
    expect(resolution.delta).toBe(0.04)
    resolution.judge(-1, 0.001)
    // A quarter would be next to the resolution: then it is the resolution.
    expect(resolution.delta).toBe(0.01)
    resolution.narrow(0.1)
    expect(resolution.delta).toBe(0.01)
  })

  it("become finer by factors of ten, reach the finest in two last steps, and then report the end", () => {
    const resolution = begun(0.3)
    const seen: Array<number> = []
    while (resolution.refine()) {
      seen.push(resolution.rho)
      expect(resolution.delta).toBeGreaterThanOrEqual(resolution.rho)
    }
    expect(seen.length).toBe(8)
    for (let k = 0; k < 5; k++) expect(seen[k]).toBeCloseTo(0.3 * 0.1 ** (k + 1), 12)
    expect(seen.at(-1)).toBe(1e-8)
    expect(begun(0.5, 0.5).refine()).toBe(false)
  })
})
