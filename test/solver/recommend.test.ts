import fc from "fast-check"
import { describe, expect, it } from "vitest"
import { Draw } from "../../src/solver/Draw.ts"
import { Readings } from "../../src/solver/Readings.ts"
import { recommend, recommendations } from "../../src/solver/recommend.ts"
import { circle, cube, spaceOf } from "./strategyRig.ts"

function readingsOf(points: ReadonlyArray<readonly [ReadonlyArray<number>, number]>): Readings {
  const readings = new Readings(points[0][0].length)
  points.forEach(([point, loss], id) => readings.add(id, Float64Array.from(point), loss))
  return readings
}

describe("the recommendation", () => {
  it("is empty before the first reading", () => {
    expect(recommend(new Readings(2), cube(2), 0)).toBeNull()
    expect(recommendations(new Readings(2), cube(2), 0.1, 5)).toEqual([])
  })

  it("is the lowest reading if readings are exact, and the first among equals", () => {
    const readings = readingsOf([
      [[0.1], 3],
      [[0.2], 1],
      [[0.3], 1],
    ])
    expect(recommend(readings, cube(1), 0)).toEqual({ index: 1, loss: 1, standardError: null, readings: 1 })
  })

  it("is not the luckiest reading under noise, but the best neighbourhood, with its mean and standard error", () => {
    const readings = readingsOf([
      [[0.1], 1],
      [[0.12], 9],
      [[0.5], 2],
      [[0.52], 4],
      [[0.9], 10],
    ])
    // Pairs of neighbours: (1, 9), (2, 4) and those of 10. The second have mean 3. All five have mean 5.2 and the sum of
    // squares 4.2² + 3.8² + 3.2² + 1.2² + 4.8² = 66.8: variance 16.7.
    const { index, loss, standardError, readings: count } = recommend(readings, cube(1), 0.1) ?? {}
    expect({ index, loss, count }).toEqual({ index: 2, loss: 3, count: 2 })
    expect(standardError).toBeCloseTo(Math.sqrt(16.7 / 2 + 0.75 * 2.2 ** 2), 12)
  })

  it("counts every reading of a point that was read again", () => {
    const readings = readingsOf([
      [[0.5], 0],
      [[0.9], 3],
      [[0.5], 6],
      [[0.5], 6],
      [[0.95], 3.2],
    ])
    const best = recommend(readings, cube(1), 0.1)
    // At 0.5: (0 + 6 + 6 + 3) / 4. At 0.9: (3 + 3.2) / 2.
    expect(best?.index).toBe(1)
    expect(best?.loss).toBeCloseTo(3.1, 12)
    const all = recommendations(readings, cube(1), 0.1, 5)
    expect(all.map(({ index }) => index)).toEqual([1, 4, 0])
    expect(all[2].readings).toBe(4)
    expect(all[2].loss).toBeCloseTo(15 / 4, 12)
    // All five have mean 3.64 and the sum of squares 3.64² + .64² + 2 * 2.36² + .44² = 24.992: variance 6.248.
    expect(all[2].standardError).toBeCloseTo(Math.sqrt(6.248 / 4 + 0.75 * 0.11 ** 2), 12)
  })

  it("takes neighbours across the seam of a circle", () => {
    const readings = readingsOf([
      [[0.01], 1],
      [[0.3], 1.5],
      [[0.99], 1],
      [[0.45], 1.5],
    ])
    expect(recommend(readings, spaceOf([circle]), 0.1)?.loss).toBe(1)
    expect(recommend(readings, cube(1), 0.1)?.loss).not.toBe(1)
  })

  it("is always a point that was read, with a mean between the lowest and the highest loss", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 5 }),
        fc.integer({ min: 1, max: 60 }),
        fc.nat(1000),
        (d, n, seed) => {
          const draw = new Draw(seed, 1)
          const readings = new Readings(d)
          const unit = new Float64Array(d)
          for (let r = 0; r < n; r++) {
            if (r % 4 > 0) for (let i = 0; i < d; i++) unit[i] = draw.uniform()
            readings.add(r, unit, draw.normal())
          }
          const losses = readings.losses.slice(0, n)
          const all = recommendations(readings, cube(d), 0.1, n)
          const means = all.map(({ loss }) => loss)
          expect(means).toEqual([...means].sort((a, b) => a - b))
          expect(all[0]).toEqual(recommend(readings, cube(d), 0.1))
          for (const { index, loss } of all) {
            expect(index).toBeGreaterThanOrEqual(0)
            expect(index).toBeLessThan(n)
            expect(loss).toBeGreaterThanOrEqual(Math.min(...losses) - 1e-12)
            expect(loss).toBeLessThanOrEqual(Math.max(...losses) + 1e-12)
          }
        },
      ),
    )
  })

  it("is on average nearer to the true optimum than the lowest of noisy readings", () => {
    const d = 2
    let byMean = 0
    let byLuck = 0
    for (let seed = 0; seed < 60; seed++) {
      const draw = new Draw(seed, 6)
      const readings = new Readings(d)
      const unit = new Float64Array(d)
      for (let r = 0; r < 150; r++) {
        for (let i = 0; i < d; i++) unit[i] = draw.uniform()
        readings.add(r, unit, (unit[0] - 0.5) ** 2 + (unit[1] - 0.5) ** 2 + 0.1 * draw.normal())
      }
      const truth = (index: number): number => {
        readings.read(index, unit)
        return (unit[0] - 0.5) ** 2 + (unit[1] - 0.5) ** 2
      }
      byMean += truth(recommend(readings, cube(d), 0.5)?.index ?? 0)
      byLuck += truth(readings.lowest)
    }
    expect(byMean).toBeLessThan(0.8 * byLuck)
  })

  it("has the true value within two standard errors in nine of ten runs, although it was selected by its mean", () => {
    for (const [d, sigma] of [
      [1, 0.1],
      [2, 0.02],
      [3, 0.1],
      [6, 0.3],
    ] as const) {
      let within = 0
      const runs = 100
      for (let seed = 0; seed < runs; seed++) {
        const draw = new Draw(seed, 7)
        const readings = new Readings(d)
        const unit = new Float64Array(d)
        const truth = (): number => unit.reduce((sum, x) => sum + (x - 0.5) ** 2, 0)
        // Ever closer to the optimum, as a search is.
        for (let r = 0; r < 100; r++) {
          for (let i = 0; i < d; i++) unit[i] = 0.5 + (draw.uniform() - 0.5) * 0.97 ** r
          readings.add(r, unit, truth() + sigma * draw.normal())
        }
        const best = recommend(readings, cube(d), 0.5)
        readings.read(best?.index ?? 0, unit)
        if (Math.abs((best?.loss ?? Number.NaN) - truth()) <= 2 * (best?.standardError ?? 0)) within++
      }
      expect(within).toBeGreaterThanOrEqual(0.9 * runs)
    }
  })
})
