/** One side of a pair, read in one window or in several: the same as one long window, without the windows that came too early. */
import fc from "fast-check"
import { describe, expect, it } from "vitest"
import {
  DIGEST_CONSTRAINT_MARGIN,
  DIGEST_OBJECTIVE,
  DIGEST_THROUGHPUT_RPS,
  DIGEST_WIDTH,
  FIRST_CHANNEL,
} from "../../src/hot/codes.ts"
import {
  COVARIATE_MINUS,
  COVARIATE_PLUS,
  LOSS_MINUS,
  LOSS_PLUS,
  MARGIN_MINUS,
  MARGIN_PLUS,
  READINGS,
  SIDE_COVARIATE,
  SIDE_WINDOWS,
  TREND_MINUS,
  TREND_PLUS,
} from "../../src/hot/readings.ts"
import { closeSide, joinWindow, windowsRead } from "../../src/hot/sideReading.ts"
import { measureTrend, TREND_CELLS } from "../../src/hot/trend.ts"

interface Window {
  readonly objective: number
  readonly margin: number
  readonly load: number
}
const value = fc.integer({ min: -1000, max: 1000 }).map((k) => k / 64)
const windows = fc.array(fc.record<Window>({ objective: value, margin: value, load: value }), {
  minLength: 1,
  maxLength: 9,
})

const meansOf = ({ objective, margin, load }: Window): Float64Array => {
  const means = new Float64Array(DIGEST_WIDTH - FIRST_CHANNEL).fill(Number.NaN)
  means[DIGEST_OBJECTIVE - FIRST_CHANNEL] = objective
  means[DIGEST_CONSTRAINT_MARGIN - FIRST_CHANNEL] = margin
  means[DIGEST_THROUGHPUT_RPS - FIRST_CHANNEL] = load
  return means
}
/** Four digests of a window, on a line of its own. */
const digestsOf = (at: number, { objective, load }: Window) =>
  [0, 1, 2, 3].map((k) => ({ stamp: 1_000 * (4 * at + k), reading: objective + (k - 1.5) * load }))
const trendOf = (digests: ReadonlyArray<{ readonly stamp: number; readonly reading: number }>, sign = 1) => {
  const out = new Float64Array(TREND_CELLS)
  const stamps = Float64Array.from(digests, ({ stamp }) => stamp)
  const readings = Float64Array.from(digests, ({ reading }) => sign * reading)
  measureTrend(stamps, readings, digests.length, out)
  return out
}
const mean = (values: ReadonlyArray<number>): number => values.reduce((sum, x) => sum + x, 0) / values.length

function readSide(all: ReadonlyArray<Window>, sign: number, late: number, covariate: number): Float64Array {
  const readings = new Float64Array(READINGS).fill(Number.NaN)
  all.forEach((one, at) =>
    joinWindow(readings, meansOf(one), trendOf(digestsOf(at, one)), sign, late, covariate),
  )
  return readings
}

describe("the reading of a side", () => {
  it("is the mean of its windows and the line through all their digests, except skipped ones", () => {
    fc.assert(
      fc.property(
        windows,
        fc.constantFrom(1, -1),
        fc.integer({ min: 0, max: 3 }),
        fc.boolean(),
        fc.constantFrom(0, DIGEST_THROUGHPUT_RPS),
        (all, sign, late, isPlus, covariate) => {
          const readings = readSide(all, sign, late, covariate)
          expect(windowsRead(readings)).toBe(all.length)
          closeSide(readings, isPlus)
          expect(windowsRead(readings)).toBe(0)
          const counted = all.slice(late)
          if (counted.length === 0) return
          const near = (at: number, expected: number): void => expect(readings[at]).toBeCloseTo(expected, 9)
          near(isPlus ? LOSS_PLUS : LOSS_MINUS, sign * mean(counted.map(({ objective }) => objective)))
          near(isPlus ? MARGIN_PLUS : MARGIN_MINUS, mean(counted.map(({ margin }) => margin)))
          const digests = all.flatMap((one, at) => digestsOf(at, one)).slice(4 * late)
          trendOf(digests, sign).forEach((cell, i) => {
            const got = readings[(isPlus ? TREND_PLUS : TREND_MINUS) + i]
            expect(Math.abs(got - cell)).toBeLessThanOrEqual(1e-9 * Math.max(1, Math.abs(cell)))
          })
          if (covariate === 0) expect(readings[SIDE_COVARIATE]).toBeNaN()
          else near(isPlus ? COVARIATE_PLUS : COVARIATE_MINUS, mean(counted.map(({ load }) => load)))
          // The other side is as it was: not read yet.
          for (const at of isPlus
            ? [LOSS_MINUS, MARGIN_MINUS, COVARIATE_MINUS]
            : [LOSS_PLUS, MARGIN_PLUS, COVARIATE_PLUS])
            expect(readings[at]).toBeNaN()
          for (let i = 0; i < TREND_CELLS; i++)
            expect(readings[(isPlus ? TREND_MINUS : TREND_PLUS) + i]).toBeNaN()
        },
      ),
    )
  })

  it("is empty after the previous one closed, whatever that read", () => {
    const one = { objective: 3, margin: 1, load: 2 }
    const readings = readSide([{ objective: 50, margin: -9, load: 8 }], 1, 0, DIGEST_THROUGHPUT_RPS)
    closeSide(readings, true)
    joinWindow(readings, meansOf(one), trendOf(digestsOf(0, one)), 1, 0, DIGEST_THROUGHPUT_RPS)
    closeSide(readings, false)
    expect([readings[LOSS_MINUS], readings[MARGIN_MINUS], readings[COVARIATE_MINUS]]).toEqual([3, 1, 2])
    expect([...readings.subarray(TREND_MINUS, TREND_MINUS + TREND_CELLS)]).toEqual([
      ...trendOf(digestsOf(0, one)),
    ])
    expect(readings[SIDE_WINDOWS]).toBe(0)
  })
})
