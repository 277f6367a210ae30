import * as fc from "fast-check"
import { describe, expect, it } from "vitest"
import { alphaRungs, CURVES } from "../../../src/morph/grafting/alpha.ts"

describe("alpha", () => {
  it("never falls, is above 0 after the first boundary of a short climb, and is exactly 1 at the end", () => {
    fc.assert(
      fc.property(fc.constantFrom(...CURVES), fc.integer({ min: 1, max: 2_000 }), (curve, boundaries) => {
        const rungs = alphaRungs(curve, boundaries)
        expect(rungs).toHaveLength(boundaries)
        expect(rungs.at(-1)).toBe(1)
        expect(rungs.every((rung, i) => rung >= (i === 0 ? 0 : rungs[i - 1]) && rung <= 1)).toBe(true)
        if (boundaries <= 100) expect(rungs[0]).toBeGreaterThan(0)
      }),
    )
  })

  it("is symmetric on every curve: as far from 0 on the way up as from 1 before the end", () => {
    for (const curve of CURVES) {
      const rungs = [0, ...alphaRungs(curve, 10)]
      for (let i = 0; i <= 10; i++) expect(rungs[i] + rungs[10 - i]).toBeCloseTo(1, 5)
    }
  })

  it("rises slowest at both ends on a sigmoid and a cosine, and evenly on a line", () => {
    const steps = (curve: (typeof CURVES)[number]) => {
      const rungs = [0, ...alphaRungs(curve, 10)]
      return rungs.slice(1).map((rung, i) => rung - rungs[i])
    }
    for (const step of steps("linear")) expect(step).toBeCloseTo(0.1, 5)
    for (const curve of ["cosine", "sigmoid"] as const) {
      const [first, , , , middle] = steps(curve)
      expect(first).toBeLessThan(middle / 2)
    }
    expect(steps("sigmoid")[4]).toBeGreaterThan(steps("cosine")[4])
  })

  it("is a number that a float holds, so that no host rounds it", () => {
    for (const curve of CURVES)
      for (const rung of alphaRungs(curve, 137)) expect(Math.fround(rung)).toBe(rung)
  })
})
