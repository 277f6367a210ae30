/** The mean of a side: one replica that is broken, or lies, cannot lead the tuner. */
import * as fc from "fast-check"
import { describe, expect, it } from "vitest"
import { robustSpread, sideMean } from "../../src/cohort/sideMean.ts"
import { gaussianAt } from "../../src/testing/noise.ts"

const honest = (n: number, seed: number) =>
  Array.from({ length: n }, (_, i) => ({ mean: 10 + gaussianAt(seed, i), n: 20 }))

describe("the mean of a side", () => {
  it("is the plain mean of a few replicas that measured equally much", () => {
    const side = [1, 2, 6].map((mean) => ({ mean, n: 5 }))
    expect(sideMean(side, robustSpread([side]))).toBe(3)
  })

  it("moves by less than three spreads whatever one replica of five or more says, and however much it measured", () => {
    const lie = fc.record({
      mean: fc.double({ min: -1e12, max: 1e12, noNaN: true }),
      n: fc.integer({ min: 1, max: 1e9 }),
    })
    fc.assert(
      fc.property(fc.integer({ min: 5, max: 40 }), fc.nat({ max: 1000 }), lie, (n, seed, liar) => {
        const side = honest(n, seed)
        const other = honest(n, seed + 5000)
        const before = sideMean(side, robustSpread([side, other]))
        const lied = [liar, ...side.slice(1)]
        const after = sideMean(lied, robustSpread([lied, other]))
        expect(Math.abs(after - before)).toBeLessThan(3 * robustSpread([lied, other]))
      }),
    )
  })

  it("counts a replica for at most three times the median of what they measured", () => {
    const side = [1, 1, 1].map((mean) => ({ mean, n: 10 }))
    const heavy = [...side, { mean: 2, n: 1e6 }]
    expect(sideMean(heavy, 10)).toBe((10 + 10 + 10 + 2 * 30) / 60)
  })

  it("leaves out a tenth at either end", () => {
    const side = [-9, 1, 2, 3, 4, 5, 6, 7, 8, 99].map((mean) => ({ mean, n: 1 }))
    expect(sideMean(side, 1000)).toBe(4.5)
  })

  it("is no number where nobody is on the side", () => {
    expect(sideMean([], 1)).toBeNaN()
  })
})
