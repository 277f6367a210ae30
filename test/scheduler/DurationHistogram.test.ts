import * as fc from "fast-check"
import { describe, expect, it } from "vitest"
import { DurationHistogram } from "../../src/scheduler/DurationHistogram.ts"

const filled = (all: ReadonlyArray<number>): DurationHistogram => {
  const histogram = new DurationHistogram()
  for (const ns of all) histogram.add(ns)
  return histogram
}

describe("a histogram of durations", () => {
  it("has no quantile of nothing", () => {
    expect(filled([]).quantileNs(0.99)).toBeNaN()
    expect(filled([]).maxNs).toBe(0)
  })

  it("gives quantiles at or above the true ones, by at most a quarter of an octave", () => {
    const durations = fc.array(fc.integer({ min: 1, max: 1e12 }), { minLength: 1, maxLength: 60 })
    fc.assert(
      fc.property(durations, fc.constantFrom(0.01, 0.5, 0.9, 0.99, 1), (all, q) => {
        const exact = all.toSorted((a, b) => a - b)[Math.ceil(q * all.length) - 1]
        const given = filled(all).quantileNs(q)
        expect(given).toBeGreaterThanOrEqual(exact * (1 - 1e-12))
        expect(given).toBeLessThanOrEqual(exact * 2 ** 0.25 * (1 + 1e-12))
      }),
    )
  })

  it("has the longest duration exactly, and rounds shorter ones up to a nanosecond", () => {
    const histogram = filled([0, 0.2, 12_345])
    expect(histogram.maxNs).toBe(12_345)
    expect(histogram.rows()[0]).toEqual({ upToNs: 1, count: 2 })
    expect(histogram.rows().reduce((sum, { count }) => sum + count, 0)).toBe(histogram.count)
  })

  it("is empty after it is cleared", () => {
    const histogram = filled([5, 6])
    histogram.clear()
    expect([histogram.count, histogram.maxNs, histogram.rows().length]).toEqual([0, 0, 0])
  })
})
