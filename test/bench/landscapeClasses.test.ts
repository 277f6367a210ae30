import { describe, expect, it } from "vitest"
import { CHOOSING_SEED, landscapeClasses, problemOf, PUBLISHED_SEED } from "../../bench/solver/classes.ts"
import { uniformAt } from "../../src/testing/noise.ts"

const places = (d: number, count: number): ReadonlyArray<Float64Array> =>
  Array.from({ length: count }, (_, k) =>
    Float64Array.from({ length: d }, (_, i) => 10 * (uniformAt(7, k * d + i) - 0.5)),
  )

describe("the classes of landscapes that the solver is measured on", () => {
  it("are 24, each with its own name", () => {
    expect(new Set(landscapeClasses.map(({ name }) => name)).size).toBe(24)
  })

  it.each(landscapeClasses)("$name is 0 where it is lowest, inside the bounds, and above elsewhere", (of) => {
    for (const d of [2, 5, 20]) {
      for (const number of [0, 1]) {
        const problem = problemOf(of, d, number, CHOOSING_SEED)
        for (const x of problem.lowestAt) expect(Math.abs(x)).toBeLessThan(5)
        expect(problem.trueValue(problem.lowestAt)).toBeLessThan(1e-9)
        for (const place of places(d, 50)) {
          const value = problem.trueValue(place)
          expect(Number.isFinite(value)).toBe(true)
          expect(value).toBeGreaterThan(0)
        }
      }
    }
  })

  it("are the same for the same numbers, and different for another instance or set", () => {
    const [place] = places(3, 1)
    for (const of of landscapeClasses) {
      const value = (number: number, seed: number): number => problemOf(of, 3, number, seed).trueValue(place)
      expect(value(2, PUBLISHED_SEED)).toBe(value(2, PUBLISHED_SEED))
      expect(value(2, PUBLISHED_SEED)).not.toBe(value(2, CHOOSING_SEED))
      expect(value(2, PUBLISHED_SEED)).not.toBe(value(3, PUBLISHED_SEED))
    }
  })

  it("are read with noise if they are noisy, identical for the same seed and evaluation", () => {
    const [place] = places(3, 1)
    for (const of of landscapeClasses) {
      const problem = problemOf(of, 3, 0, CHOOSING_SEED)
      expect(problem.reading(place, 1, 4)).toBe(problem.reading(place, 1, 4))
      expect(problem.reading(place, 1, 4) === problem.trueValue(place)).toBe(of.noise === undefined)
    }
  })
})
