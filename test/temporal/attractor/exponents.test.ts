import * as fc from "fast-check"
import { correlationDimension } from "../../../src/temporal/attractor/correlationDimension.ts"
import { exponentSpectrum } from "../../../src/temporal/attractor/exponentSpectrum.ts"
import { describe, expect, it } from "vitest"
import {
  delayByAutocorrelation,
  delayByInformation,
  dimensionByNeighbours,
  largestExponent,
  zeroOneTest,
} from "../../../src/temporal/attractor/index.ts"
import { gaussianAt } from "../../../src/testing/noise.ts"
import { henon, henonSeries, logistic, logisticSeries, lorenz, lorenzSeries } from "./systems.ts"

const map = { dimension: 2, delay: 1 }
const noise = (n: number, seed = 1): Float64Array =>
  Float64Array.from({ length: n }, (_, i) => gaussianAt(seed, i))

describe("the exponents of known equations", () => {
  it("are ln 2 for the logistic map at 4, and -0.9163 at 3.2", () => {
    expect(exponentSpectrum(logistic(4), 100_000)[0]).toBeCloseTo(Math.LN2, 2)
    expect(exponentSpectrum(logistic(3.2), 10_000)[0]).toBeCloseTo(-0.9163, 3)
  })

  it("are 0.419 and ln 0.3 - 0.419 for the map of Hénon", () => {
    const [first, second] = exponentSpectrum(henon, 50_000)
    expect(Math.abs(first - 0.419)).toBeLessThan(0.01)
    // The map shrinks areas to three tenths, always.
    expect(first + second).toBeCloseTo(Math.log(0.3), 9)
  })

  it("are 0.906, 0 and -14.57 for Lorenz's equations, and sum to -13.667", () => {
    const h = 0.01
    const spectrum = exponentSpectrum(lorenz(h), 25_000).map((value) => value / h)
    expect(Math.abs(spectrum[0] - 0.906)).toBeLessThan(0.03)
    expect(Math.abs(spectrum[1])).toBeLessThan(0.03)
    expect(Math.abs(spectrum[2] + 14.57)).toBeLessThan(0.05)
    expect(spectrum[0] + spectrum[1] + spectrum[2]).toBeCloseTo(-(10 + 1 + 8 / 3), 2)
  })
})

describe("the largest exponent of a series", () => {
  it("is within a tenth of ln 2 for 128 points of the logistic map at 4, wherever it starts", () => {
    fc.assert(
      fc.property(fc.double({ min: 0.11, max: 0.39, noNaN: true }), (start) => {
        const { value, reliable } = largestExponent(logisticSeries(4, 128, start), map)
        expect(reliable).toBe(true)
        expect(Math.abs(value / Math.LN2 - 1)).toBeLessThan(0.1)
      }),
      { numRuns: 50 },
    )
  })

  it("is within a twentieth of 0.419 for the map of Hénon", () => {
    expect(Math.abs(largestExponent(henonSeries(2_000), map).value / 0.419 - 1)).toBeLessThan(0.05)
  })

  it("is within a tenth of 0.906 for Lorenz's equations, once a mean period is skipped", () => {
    const series = lorenzSeries(3_000, 0.01, 1)
    const { value } = largestExponent(series, { dimension: 3, delay: 11, theiler: 100, skip: 75, steps: 250 })
    expect(Math.abs(value / 0.01 / 0.906 - 1)).toBeLessThan(0.1)
  })

  it("does not depend on scale and offset", () => {
    const series = logisticSeries(4, 256)
    const { value } = largestExponent(series, map)
    for (const [scale, offset] of [
      [1_024, 0],
      [0.5, 3],
      [-2, 100],
    ])
      expect(
        largestExponent(
          series.map((x) => scale * x + offset),
          map,
        ).value,
      ).toBeCloseTo(value, 6)
  })

  it("is not reliable for a short series, a constant one, gaps, or a swing without divergence", () => {
    expect(largestExponent(logisticSeries(4, 100), map)).toMatchObject({
      reliable: false,
      doubts: ["tooShort"],
    })
    expect(largestExponent(new Float64Array(200).fill(3), map)).toMatchObject({ doubts: ["constant"] })
    const gaps = logisticSeries(4, 200)
    gaps[77] = Number.NaN
    expect(largestExponent(gaps, map)).toMatchObject({ value: Number.NaN, doubts: ["gaps"] })
    const swing = Float64Array.from({ length: 300 }, (_, i) => Math.sin(i / 7) + 0.01 * gaussianAt(3, i))
    expect(largestExponent(swing, { dimension: 3, delay: 8 }).reliable).toBe(false)
  })
})

describe("the correlation dimension", () => {
  it("is 1.22 for the map of Hénon, within what short series allow", () => {
    const { value } = correlationDimension(henonSeries(5_000), {
      dimension: 4,
      delay: 1,
      shares: [0.003, 0.2],
    })
    expect(Math.abs(value - 1.22)).toBeLessThan(0.04)
  })

  it("is 2.05 for Lorenz's equations", () => {
    const { value } = correlationDimension(lorenzSeries(5_000, 0.01, 5), {
      dimension: 4,
      delay: 3,
      theiler: 50,
    })
    expect(Math.abs(value - 2.05)).toBeLessThan(0.03)
  })

  it("is the dimension of the embedding for noise", () => {
    for (const dimension of [1, 2]) {
      const { value } = correlationDimension(noise(2_000), { dimension, delay: 1 })
      expect(Math.abs(value - dimension)).toBeLessThan(0.1)
    }
  })

  it("is not reliable with too few points", () => {
    expect(correlationDimension(noise(64), map)).toMatchObject({ reliable: false, doubts: ["tooShort"] })
  })
})

describe("an embedding", () => {
  it("of a swing is delayed by a quarter of its period", () => {
    const swing = Float64Array.from({ length: 800 }, (_, i) => Math.sin((2 * Math.PI * i) / 40))
    expect(Math.abs(delayByAutocorrelation(swing) - 10)).toBeLessThanOrEqual(1)
  })

  it("of Lorenz's equations is delayed by 0.16, where mutual information has its first minimum", () => {
    const delay = delayByInformation(lorenzSeries(2_000, 0.01, 1), 40)
    expect(Math.abs(delay * 0.01 - 0.16)).toBeLessThan(0.04)
  })

  it("needs one copy for the logistic map, two for Hénon's, and three for Lorenz's equations", () => {
    expect(dimensionByNeighbours(logisticSeries(4, 1_000), 1)).toBe(1)
    expect(dimensionByNeighbours(henonSeries(1_000), 1)).toBe(2)
    expect(dimensionByNeighbours(lorenzSeries(1_000, 0.01, 2), 8)).toBe(3)
  })
})

describe("the 0-1 test", () => {
  it("is near 1 for chaos and near 0 for a swing", () => {
    expect(zeroOneTest(logisticSeries(4, 1_000)).value).toBeGreaterThan(0.9)
    const swing = Float64Array.from({ length: 1_000 }, (_, i) => Math.sin(i / 3) + Math.sin(i / 7))
    expect(zeroOneTest(swing).value).toBeLessThan(0.1)
  })

  it("classifies noise as chaos, which is why it raises no alarm", () => {
    expect(zeroOneTest(noise(1_000)).value).toBeGreaterThan(0.9)
  })

  it("is unknown with gaps", () => {
    const series = noise(200)
    series[5] = Number.POSITIVE_INFINITY
    expect(zeroOneTest(series)).toEqual({ value: Number.NaN, reliable: false, doubts: ["gaps"] })
  })
})
