/** Extremes, envelopes and bounds: by the definition, and never above what they bound. */
import fc from "fast-check"
import { describe, expect, it } from "vitest"
import { BandedDtw } from "../../../src/temporal/compare/BandedDtw.ts"
import { Envelope, lbKeogh, lbKim, lowerBoundTail } from "../../../src/temporal/compare/lowerBounds.ts"
import { SlidingExtremes } from "../../../src/temporal/compare/SlidingExtremes.ts"
import { of, pair, sample, square, warped } from "./naive.ts"

const tubeAround = (series: Float64Array, band: number) => {
  const lower = new Float64Array(series.length)
  const upper = new Float64Array(series.length)
  new Envelope(band).around(series, lower, upper)
  return { lower, upper }
}

describe("the extremes of a sliding window", () => {
  it("are those of its last samples, gaps left out, also after a new beginning", () => {
    const sampleOrGap = fc.oneof({ weight: 5, arbitrary: sample }, fc.constant(Number.NaN))
    fc.assert(
      fc.property(
        fc.array(sampleOrGap, { maxLength: 40 }),
        fc.integer({ min: 1, max: 9 }),
        (series, width) => {
          const extremes = new SlidingExtremes({ width })
          for (let round = 0; round < 2; round++) {
            series.forEach((x, i) => {
              extremes.push(x)
              const seen = series.slice(Math.max(0, i + 1 - width), i + 1).filter((y) => !Number.isNaN(y))
              expect(extremes.least).toBe(seen.length === 0 ? Number.NaN : Math.min(...seen))
              expect(extremes.largest).toBe(seen.length === 0 ? Number.NaN : Math.max(...seen))
            })
            extremes.clear()
            expect([extremes.least, extremes.largest]).toEqual([Number.NaN, Number.NaN])
          }
        },
      ),
    )
  })

  it("refuse a window without samples", () => {
    expect(() => new SlidingExtremes({ width: 0 })).toThrow(/width: must be a whole number from 1/)
  })
})

describe("an envelope", () => {
  it("is the least and the largest sample within the band of each place", () => {
    fc.assert(
      fc.property(pair, fc.integer({ min: 0, max: 16 }), ([series], band) => {
        const { lower, upper } = tubeAround(of(...series), band)
        const near = (i: number) => series.slice(Math.max(0, i - band), i + band + 1)
        expect([...lower]).toEqual(series.map((_, i) => Math.min(...near(i))))
        expect([...upper]).toEqual(series.map((_, i) => Math.max(...near(i))))
      }),
    )
  })
})

describe("a lower bound", () => {
  it("of Keogh's is what exceeds the envelope", () => {
    const { lower, upper } = tubeAround(of(3, 4, 3, 0), 1)
    expect(lbKeogh(of(1, 2, 1, 3), lower, upper)).toBe(Math.sqrt(5))
    expect(lbKeogh(of(1, 2, 1, 3), lower, upper, 2)).toBe(Number.POSITIVE_INFINITY)
    const tail = new Float64Array(5)
    expect(lowerBoundTail(of(1, 2, 1, 3), lower, upper, tail)).toBe(Math.sqrt(5))
    expect([...tail]).toEqual([5, 1, 0, 0, 0])
  })

  it("of Kim's pays for the ends, and once where both are one sample", () => {
    expect(lbKim(of(0, 9, 1), of(3, 7, 5))).toBe(5)
    expect(lbKim(of(1), of(4))).toBe(3)
  })

  it("is never above the distance, with any band up to the envelope's", () => {
    fc.assert(
      fc.property(pair, fc.integer({ min: 0, max: 14 }), ([a, b], band) => {
        const distance = Math.sqrt(warped(a, b, band, square))
        const { lower, upper } = tubeAround(of(...b), band)
        const most = distance * (1 + 1e-12)
        expect(lbKim(of(...a), of(...b))).toBeLessThanOrEqual(most)
        expect(lbKeogh(of(...a), lower, upper)).toBeLessThanOrEqual(most)
      }),
    )
  })

  it("lets warping be given up sooner and never wrongly", () => {
    fc.assert(
      fc.property(
        pair,
        fc.integer({ min: 0, max: 14 }),
        fc.double({ min: 0, max: 20, noNaN: true }),
        (both, band, limit) => {
          const [a, b] = both.map((one) => of(...one))
          const dtw = new BandedDtw({ length: a.length, band })
          const { lower, upper } = tubeAround(b, band)
          const tail = new Float64Array(a.length + 1)
          lowerBoundTail(a, lower, upper, tail)
          const whole = dtw.distance(a, b)
          expect(dtw.distance(a, b, whole * (1 + 1e-12), tail)).toBe(whole)
          const limited = dtw.distance(a, b, limit, tail)
          if (whole <= limit * (1 - 1e-12)) expect(limited).toBe(whole)
          if (limit < lbKeogh(a, lower, upper) * (1 - 1e-12)) expect(limited).toBe(Number.POSITIVE_INFINITY)
        },
      ),
    )
  })

  it("is unknown where a sample is missing", () => {
    const { lower, upper } = tubeAround(of(3, 4), 1)
    expect(lbKeogh(of(1, Number.NaN), lower, upper)).toBeNaN()
    expect(lbKim(of(1, Number.NaN), of(3, 4))).toBeNaN()
  })
})
