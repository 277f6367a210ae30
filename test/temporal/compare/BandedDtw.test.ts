/** Warping against the recurrence as it stands in the literature, over the whole table and without a shortcut. */
import fc from "fast-check"
import { describe, expect, it } from "vitest"
import { BandedDtw } from "../../../src/temporal/compare/BandedDtw.ts"
import { of, pair, sample, square, warped } from "./naive.ts"

describe("warping within a band", () => {
  it("aligns one series with the other at the least cost", () => {
    const a = of(0, 0, 1, 2, 1, 0, 1, 0, 0)
    const b = of(0, 1, 2, 0, 0, 0, 0, 0, 0)
    expect(new BandedDtw({ length: 9 }).distance(a, b)).toBe(Math.SQRT2)
    expect(new BandedDtw({ length: 9, cost: "absolute" }).distance(a, b)).toBe(2)
    const dtw = new BandedDtw({ length: 7 })
    expect(dtw.distance(of(0, 0, 2, 1, 1, 0, 0), of(0, 1, 1, 1, 0, 0, 0))).toBe(1)
  })

  it("is Euclid's distance with band 0", () => {
    fc.assert(
      fc.property(pair, ([a, b]) => {
        const sum = a.reduce((all, x, i) => all + square(x - b[i]), 0)
        const dtw = new BandedDtw({ length: a.length, band: 0 })
        expect(dtw.distance(of(...a), of(...b))).toBe(Math.sqrt(sum))
      }),
    )
  })

  it("is the full table's distance if the band is as wide", () => {
    fc.assert(
      fc.property(pair, fc.boolean(), ([a, b], squared) => {
        const cost = squared ? ("squared" as const) : ("absolute" as const)
        const least = warped(a, b, Number.POSITIVE_INFINITY, squared ? square : Math.abs)
        const dtw = new BandedDtw({ length: a.length, cost })
        expect(dtw.distance(of(...a), of(...b))).toBe(squared ? Math.sqrt(least) : least)
      }),
    )
  })

  it("is the table's distance with any band and any two lengths, again and again", () => {
    const dtws = Array.from({ length: 15 }, (_, band) => new BandedDtw({ length: 14, band }))
    const any = fc.array(sample, { minLength: 1, maxLength: 14 })
    fc.assert(
      fc.property(any, any, fc.integer({ min: 0, max: 14 }), (a, b, band) => {
        expect(dtws[band].distance(of(...a), of(...b))).toBe(Math.sqrt(warped(a, b, band, square)))
      }),
    )
  })

  it("is given up above a limit, and never below it", () => {
    fc.assert(
      fc.property(
        pair,
        fc.integer({ min: 0, max: 5 }),
        fc.double({ min: 0, max: 30, noNaN: true }),
        ([a, b], band, limit) => {
          const dtw = new BandedDtw({ length: a.length, band })
          const whole = dtw.distance(of(...a), of(...b))
          const limited = dtw.distance(of(...a), of(...b), limit)
          if (whole <= limit) expect(limited).toBe(whole)
          else expect([whole, Number.POSITIVE_INFINITY]).toContain(limited)
          if (limit < whole * (1 - 1e-12) && band === 0 && a.length === 1)
            expect(limited).toBe(Number.POSITIVE_INFINITY)
        },
      ),
    )
  })

  it("is unknown if a sample is missing, and for series that are empty or too long", () => {
    const dtw = new BandedDtw({ length: 3, band: 1 })
    for (const gap of [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]) {
      expect(dtw.distance(of(1, gap, 3), of(1, 2, 3))).toBeNaN()
      expect(dtw.distance(of(1, 2, 3), of(1, 2, gap))).toBeNaN()
    }
    expect(dtw.distance(of(), of(1))).toBeNaN()
    expect(dtw.distance(of(1, 2, 3, 4), of(1))).toBeNaN()
    // A gap leaves nothing behind.
    expect(dtw.distance(of(1, 2, 3), of(1, 2, 3))).toBe(0)
  })

  it("refuses options that cannot be used, with every field and its remedy", () => {
    const wrong = { length: 0, band: -1, cost: "squares" } as never
    expect(() => new BandedDtw(wrong)).toThrow(
      expect.objectContaining({
        _tag: "ConfigError",
        problems: [
          expect.objectContaining({ path: "band" }),
          expect.objectContaining({ path: "cost", suggestion: 'Did you mean "squared"?' }),
          expect.objectContaining({ path: "length" }),
        ],
      }),
    )
  })
})
