/** The mean of a side: one replica that is broken, or lies, cannot lead the tuner. */
import * as fc from "fast-check"
import { describe, expect, it } from "vitest"
import { robustSpread, sideMean, weighSide } from "../../src/cohort/sideMean.ts"
import { readStage } from "../../src/cohort/sideReadings.ts"
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

describe("the weights of a side", () => {
  const reading = fc.record({
    mean: fc.double({ min: -1e6, max: 1e6, noNaN: true }),
    n: fc.integer({ min: 1, max: 1e6 }),
  })
  const sides = fc.array(reading, { minLength: 1, maxLength: 40 })
  const sum = (weights: ReadonlyArray<number>): number => weights.reduce((a, b) => a + b, 0)

  it("add up to 1, and a tenth of them at either end is 0", () => {
    fc.assert(
      fc.property(sides, (side) => {
        const { weights } = weighSide(side, robustSpread([side]))
        expect(weights).toHaveLength(side.length)
        expect(sum(weights)).toBeCloseTo(1, 12)
        expect(weights.filter((weight) => weight === 0)).toHaveLength(2 * Math.floor(0.1 * side.length))
      }),
    )
  })

  it("are as what was measured, but for what is more than three times the median, and make the mean", () => {
    fc.assert(
      fc.property(sides, (side) => {
        // So wide that no reading is moved.
        const { mean, weights } = weighSide(side, 1e7)
        const sorted = side.map(({ n }) => n).toSorted((a, b) => a - b)
        const half = sorted.length >> 1
        const middle = sorted.length % 2 === 1 ? sorted[half] : (sorted[half - 1] + sorted[half]) / 2
        const parts = side.map(({ n }, i) => (weights[i] === 0 ? 0 : Math.min(n, 3 * middle)))
        weights.forEach((weight, i) => expect(weight).toBeCloseTo(parts[i] / sum(parts), 12))
        const means = side.map((one, i) => weights[i] * one.mean)
        expect(Math.abs(mean - sum(means))).toBeLessThan(1e-6)
      }),
    )
  })

  it("are each side's own in a stage, in the order of its readings, and none where a replica is on no side", () => {
    const sides = ["minus", "control", "plus", "base", "minus", "plus", "canary", "plus"] as const
    const readings = sides.map((side, i) => ({ key: `r${i}`, side, n: 4 + i, mean: i, margin: Number.NaN }))
    const { weights } = readStage(readings, null)
    const [plus, minus] = [6 + 9 + 11, 4 + 8]
    const expected = [4 / minus, null, 6 / plus, null, 8 / minus, 9 / plus, null, 11 / plus]
    expect(weights).toEqual(expected)
  })

  it("are in the order of the side, whatever the order of its readings", () => {
    const means = [99, 4, 5, -9, 6, 2, 8, 3, 7, 1]
    const { weights } = weighSide(
      means.map((mean) => ({ mean, n: 2 })),
      1000,
    )
    expect(weights).toEqual(means.map((mean) => (mean === 99 || mean === -9 ? 0 : 1 / 8)))
  })
})
