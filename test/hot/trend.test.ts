/** The line through the digests of a window, and windows joined into longer ones. */
import fc from "fast-check"
import { describe, expect, it } from "vitest"
import {
  joinTrend,
  measureTrend,
  TREND_CELLS,
  TREND_CENTRE,
  TREND_COUNT,
  TREND_MEAN,
  TREND_XX,
  TREND_XY,
  TREND_YY,
} from "../../src/hot/trend.ts"

const trendOf = (stamps: ReadonlyArray<number>, readings: ReadonlyArray<number>): Float64Array => {
  const out = new Float64Array(TREND_CELLS)
  measureTrend(Float64Array.from(stamps), Float64Array.from(readings), stamps.length, out)
  return out
}

const point = fc.record({
  at: fc.integer({ min: 0, max: 100_000_000 }),
  // No subnormal numbers, whose last bits a factor would change.
  y: fc.integer({ min: -100_000, max: 100_000 }).map((k) => k / 1_000),
})
const window = fc.array(point, { minLength: 1, maxLength: 12 })

const near = (a: number, b: number, scale: number): boolean => Math.abs(a - b) <= 1e-9 * scale

describe("the trend of a window", () => {
  it("is the slope and the centre of the line of the readings, however they are spaced", () => {
    const stamps = [1e12, 1e12 + 30, 1e12 + 700, 1e12 + 710]
    const trend = trendOf(
      stamps,
      stamps.map((at) => 5 + 0.25 * (at - 1e12)),
    )
    expect(trend[TREND_COUNT]).toBe(4)
    expect(trend[TREND_CENTRE]).toBe(1e12 + 360)
    expect(trend[TREND_MEAN]).toBe(95)
    expect(trend[TREND_XY] / trend[TREND_XX]).toBeCloseTo(0.25, 12)
    // Nothing is left about the line.
    expect(trend[TREND_YY] - trend[TREND_XY] ** 2 / trend[TREND_XX]).toBeCloseTo(0, 6)
  })

  it("has no slope if all digests have one stamp, or if there is only one", () => {
    expect(trendOf([7, 7, 7], [1, 2, 3])[TREND_XX]).toBe(0)
    expect(trendOf([7], [1])[TREND_XX]).toBe(0)
  })

  it("is all zeros without digests, whatever the previous one was", () => {
    const out = new Float64Array(TREND_CELLS).fill(3)
    measureTrend(new Float64Array(4), new Float64Array(4), 0, out)
    expect([...out]).toEqual([0, 0, 0, 0, 0, 0])
  })

  it("keeps its bits when the objective is scaled by a power of two", () => {
    fc.assert(
      fc.property(window, (points) => {
        const stamps = points.map(({ at }) => at)
        const plain = trendOf(
          stamps,
          points.map(({ y }) => y),
        )
        const scaled = trendOf(
          stamps,
          points.map(({ y }) => 1024 * y),
        )
        expect(scaled[TREND_XX]).toBe(plain[TREND_XX])
        expect(scaled[TREND_XY]).toBe(1024 * plain[TREND_XY])
        expect(scaled[TREND_YY]).toBe(1024 * 1024 * plain[TREND_YY])
      }),
    )
  })
})

describe("joined windows", () => {
  it("have the trend of all their digests together, whatever sign the objective is given", () => {
    fc.assert(
      fc.property(
        fc.array(window, { minLength: 1, maxLength: 8 }),
        fc.constantFrom(1, -1),
        (windows, sign) => {
          const at = 2
          const joined = new Float64Array(at + TREND_CELLS)
          for (const points of windows) {
            const one = trendOf(
              points.map((point) => point.at),
              points.map((point) => point.y),
            )
            joinTrend(joined, at, one, sign)
          }
          const points = windows.flat()
          const whole = trendOf(
            points.map((point) => point.at),
            points.map((point) => sign * point.y),
          )
          const n = points.length
          expect(joined[at + TREND_COUNT]).toBe(n)
          expect(near(joined[at + TREND_CENTRE], whole[TREND_CENTRE], 1e8)).toBe(true)
          expect(near(joined[at + TREND_MEAN], whole[TREND_MEAN], 100)).toBe(true)
          expect(near(joined[at + TREND_XX], whole[TREND_XX], n * 1e16)).toBe(true)
          expect(near(joined[at + TREND_XY], whole[TREND_XY], n * 1e10)).toBe(true)
          expect(near(joined[at + TREND_YY], whole[TREND_YY], n * 1e4)).toBe(true)
        },
      ),
    )
  })
})
