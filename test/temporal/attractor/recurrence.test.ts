import * as fc from "fast-check"
import { describe, expect, it } from "vitest"
import { recurrenceOf } from "../../../src/temporal/attractor/index.ts"
import { surrogateOf, surrogateZ } from "../../../src/temporal/attractor/surrogates.ts"
import { gaussianAt } from "../../../src/testing/noise.ts"
import { henonSeries, logisticSeries } from "./systems.ts"

/** The statistics read off the whole plot, line by line. */
function offThePlot(series: ReadonlyArray<number>, radius: number, theiler: number, shortest: number) {
  const n = series.length
  const close = (i: number, j: number): boolean =>
    i >= 0 &&
    j >= 0 &&
    i < n &&
    j < n &&
    Math.abs(i - j) >= theiler &&
    Math.abs(series[i] - series[j]) <= radius
  const cells = series.flatMap((_, i) => series.map((__, j) => [i, j] as const))
  const recurrences = cells.filter(([i, j]) => close(i, j)).length
  const lines = (di: number, dj: number): ReadonlyArray<number> =>
    cells
      .filter(([i, j]) => close(i, j) && !close(i - di, j - dj))
      .map(([i, j]) => {
        let length = 1
        while (close(i + length * di, j + length * dj)) length++
        return length
      })
      .filter((length) => length >= shortest)
  const total = (all: ReadonlyArray<number>): number => all.reduce((sum, one) => sum + one, 0)
  const [diagonal, vertical] = [lines(1, 1), lines(0, 1)]
  const shares = [...new Set(diagonal)].map(
    (length) => diagonal.filter((one) => one === length).length / diagonal.length,
  )
  return {
    rate: recurrences / (n * n),
    determinism: total(diagonal) / recurrences,
    meanDiagonal: total(diagonal) / diagonal.length,
    longestDiagonal: Math.max(0, ...diagonal),
    entropy: shares.reduce((sum, share) => sum - share * Math.log(share), 0),
    laminarity: total(vertical) / recurrences,
    trappingTime: total(vertical) / vertical.length,
  }
}

describe("the recurrence plot", () => {
  it("has the statistics that are counted line by line", () => {
    const series = fc.array(fc.integer({ min: 0, max: 4 }), { minLength: 2, maxLength: 16 })
    fc.assert(
      fc.property(
        series,
        fc.constantFrom(0, 1),
        fc.constantFrom(1, 2),
        fc.constantFrom(2, 3),
        (values, radius, theiler, shortest) => {
          const found = recurrenceOf(Float64Array.from(values), {
            dimension: 1,
            delay: 1,
            radius,
            theiler,
            shortest,
          })
          for (const [name, value] of Object.entries(offThePlot(values, radius, theiler, shortest)))
            if (Number.isNaN(value)) expect(found[name as "rate"], name).toBeNaN()
            else expect(found[name as "rate"], name).toBeCloseTo(value, 12)
        },
      ),
      { numRuns: 500 },
    )
  })

  it("of a swing is all lines, and of noise has hardly any", () => {
    const swing = Float64Array.from({ length: 200 }, (_, i) => Math.sin((2 * Math.PI * i) / 25))
    const noise = Float64Array.from({ length: 200 }, (_, i) => gaussianAt(4, i))
    const options = { dimension: 2, delay: 6, radius: 0.2, shortest: 4 }
    expect(recurrenceOf(swing, options).determinism).toBeGreaterThan(0.95)
    expect(recurrenceOf(noise, options).determinism).toBeLessThan(0.3)
  })

  it("reports when it is not reliable", () => {
    expect(recurrenceOf(Float64Array.of(1, 2, 3), { dimension: 1, delay: 1, radius: 1 })).toMatchObject({
      reliable: false,
      doubts: ["tooShort"],
    })
  })
})

describe("a surrogate", () => {
  const power = (series: Float64Array): ReadonlyArray<number> =>
    Array.from({ length: series.length >> 1 }, (_, k) => {
      let [re, im] = [0, 0]
      for (const [i, x] of series.entries()) {
        re += x * Math.cos((2 * Math.PI * (k + 1) * i) / series.length)
        im += x * Math.sin((2 * Math.PI * (k + 1) * i) / series.length)
      }
      return Math.hypot(re, im)
    })

  it.each([64, 65])("of %i points has the mean and the spectrum of its series, but other values", (n) => {
    const series = logisticSeries(4, n)
    const surrogate = surrogateOf(series, 7, 0)
    for (const [k, value] of power(surrogate).entries()) expect(value).toBeCloseTo(power(series)[k], 8)
    const mean = (all: Float64Array): number => all.reduce((sum, x) => sum + x / n, 0)
    expect(mean(surrogate)).toBeCloseTo(mean(series), 10)
    expect(surrogate).not.toEqual(series)
  })

  it("is the same for the same seed and number, and differs for others", () => {
    const series = logisticSeries(4, 64)
    expect(surrogateOf(series, 7, 3)).toEqual(surrogateOf(series, 7, 3))
    expect(surrogateOf(series, 7, 4)).not.toEqual(surrogateOf(series, 7, 3))
    expect(surrogateOf(series, 8, 3)).not.toEqual(surrogateOf(series, 7, 3))
  })

  it("distinguishes a series with a direction of time from one that is only correlated", () => {
    // The third moment of the steps: zero for a linear process, whichever way time runs.
    const asymmetry = (series: Float64Array): number => {
      let sum = 0
      for (let i = 1; i < series.length; i++) sum += (series[i] - series[i - 1]) ** 3
      return sum / series.length
    }
    let level = 0
    const correlated = Float64Array.from({ length: 200 }, (_, i) => (level = 0.7 * level + gaussianAt(5, i)))
    expect(Math.abs(surrogateZ(asymmetry, henonSeries(256), 1))).toBeGreaterThan(4)
    expect(Math.abs(surrogateZ(asymmetry, correlated, 1))).toBeLessThan(3)
  })
})
