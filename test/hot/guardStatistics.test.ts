/** The statistics of the runaway guard against their textbook forms, over rings that have gone round. */
import fc from "fast-check"
import { describe, expect, it } from "vitest"
import {
  G_DIFFERENCES,
  G_LEVELS,
  G_NOISES,
  G_SEEN,
  guardStateLength,
  LEVELS,
  NOISES,
} from "../../src/hot/guardLayout.ts"
import {
  GuardStatistics,
  OUT_DEVIATION,
  OUT_MEDIAN,
  OUT_SLOPE,
  OUT_SLOPE_ERROR,
} from "../../src/hot/guardStatistics.ts"
import { median } from "./guardReference.ts"

const value = fc.integer({ min: -1000, max: 1000 }).map((k) => k / 8)
const many = fc.array(value, { minLength: 1, maxLength: 130, size: "max" })

/** A state whose rings have taken these in, one after the other. */
const stateOf = (levels: ReadonlyArray<number>, differences: ReadonlyArray<number> = []): Float64Array => {
  const state = new Float64Array(guardStateLength(1))
  levels.forEach((y, k) => (state[G_LEVELS + (k % LEVELS)] = y))
  state[G_SEEN] = levels.length
  differences.forEach((y, k) => (state[G_NOISES + (k % NOISES)] = y))
  state[G_DIFFERENCES] = differences.length
  return state
}

describe("the statistics of the guard", () => {
  const statistics = new GuardStatistics()
  const { out } = statistics

  it("give the median of any run of kept levels, however old", () => {
    fc.assert(
      fc.property(many, fc.nat(), fc.nat(), (levels, a, b) => {
        const kept = Math.min(levels.length, LEVELS)
        const back = a % kept
        const count = 1 + (b % (kept - back))
        statistics.median(stateOf(levels), count, back)
        const end = levels.length - back
        expect(out[OUT_MEDIAN]).toBe(median(levels.slice(end - count, end)))
      }),
    )
  })

  it("take the deviation of a reading from the latest differences, or none without any", () => {
    statistics.median(stateOf([7]), 1, 0)
    statistics.deviation(stateOf([1, 2]))
    expect(out[OUT_MEDIAN]).toBe(0)
    fc.assert(
      fc.property(many, (differences) => {
        const sizes = differences.map(Math.abs)
        statistics.deviation(stateOf([], sizes))
        // The median of normal differences is .6745 of their deviation, which is that of two readings.
        const expected = (1.4826 * median(sizes.slice(-NOISES))) / Math.SQRT2
        expect(out[OUT_MEDIAN]).toBeCloseTo(expected, 9)
      }),
    )
  })

  it("fit a line of least squares, with the error of its slope", () => {
    fc.assert(
      fc.property(many, fc.nat(), (levels, a) => {
        const count = 3 + (a % 46)
        fc.pre(levels.length >= count)
        statistics.slope(stateOf(levels), count)
        const y = levels.slice(-count)
        const mean = y.reduce((sum, one) => sum + one, 0) / count
        const x = y.map((_, k) => k - (count - 1) / 2)
        const spread = x.reduce((sum, one) => sum + one * one, 0)
        const slope = y.reduce((sum, one, k) => sum + one * x[k], 0) / spread
        const left = y.reduce((sum, one, k) => sum + (one - mean - slope * x[k]) ** 2, 0)
        expect(out[OUT_SLOPE]).toBeCloseTo(slope, 9)
        expect(out[OUT_DEVIATION]).toBeCloseTo(Math.sqrt(left / (count - 2)), 6)
        expect(out[OUT_SLOPE_ERROR]).toBeCloseTo(Math.sqrt(left / (count - 2) / spread), 6)
      }),
    )
  })

  it("give no slope for fewer than three levels, and no noise if all are on the line", () => {
    for (const count of [0, 1, 2]) {
      statistics.slope(stateOf([1, 5, 3]), count)
      expect([out[OUT_SLOPE], out[OUT_SLOPE_ERROR], out[OUT_DEVIATION]]).toEqual([
        0,
        Number.POSITIVE_INFINITY,
        0,
      ])
    }
    statistics.slope(stateOf([2, 4, 6, 8]), 4)
    expect([out[OUT_SLOPE], out[OUT_SLOPE_ERROR], out[OUT_DEVIATION]]).toEqual([2, 0, 0])
  })
})
