import fc from "fast-check"
import { describe, expect, it } from "vitest"
import { circularMean01, diff01, wrap01 } from "../../src/hot/circle.ts"

const position = fc.double({ min: 0, max: 1, noNaN: true, maxExcluded: true })
const anywhere = fc.double({ min: -1e6, max: 1e6, noNaN: true })

describe("the circle of circumference 1", () => {
  it("wraps every number to one place in [0, 1), whole turns aside", () => {
    fc.assert(
      fc.property(anywhere, (x) => {
        const w = wrap01(x)
        const turns = x - w
        return w >= 0 && w < 1 && Math.abs(turns - Math.round(turns)) < 1e-9
      }),
    )
    expect(wrap01(-1e-300)).toBe(0)
    expect(wrap01(1)).toBe(0)
  })

  it("measures the short way from one to the other", () => {
    fc.assert(
      fc.property(position, position, (a, b) => {
        const d = diff01(a, b)
        const miss = Math.abs(diff01(wrap01(a + d), b))
        return Math.abs(d) <= 0.5 && miss < 1e-12
      }),
    )
    expect(diff01(0.95, 0.05)).toBeCloseTo(0.1, 12)
    expect(diff01(0.05, 0.95)).toBeCloseTo(-0.1, 12)
    expect(diff01(0, 0.5)).toBe(0.5)
    expect(diff01(0.5, 0)).toBe(-0.5)
  })

  it("averages across the seam, and turns with what it averages", () => {
    expect(wrap01(circularMean01([0.9, 0.1]) + 0.5)).toBeCloseTo(0.5, 12)
    fc.assert(
      fc.property(fc.array(position, { minLength: 1, maxLength: 8 }), position, (points, turn) => {
        // Within a quarter turn of each other, so that the mean is well determined.
        const near = points.map((p) => p / 4)
        const plain = circularMean01(near)
        const turned = circularMean01(near.map((p) => wrap01(p + turn)))
        return Math.abs(diff01(wrap01(plain + turn), turned)) < 1e-9
      }),
    )
    expect(circularMean01([0.1, 0.3], [1, 0])).toBeCloseTo(0.1, 12)
  })

  it("has no mean if the positions cancel out", () => {
    expect(circularMean01([0, 0.5])).toBeNaN()
    expect(circularMean01([])).toBeNaN()
    // Whatever the weights are measured in.
    for (const weight of [1e-9, 1, 1e9]) {
      expect(circularMean01([0, 0.5], [weight, weight])).toBeNaN()
      expect(circularMean01([0, 0.5], [weight, 2 * weight])).toBe(0.5)
    }
  })
})
