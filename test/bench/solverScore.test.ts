import { describe, expect, it } from "vitest"
import { arenaOf, type Raw } from "../../bench/solver/arena.ts"
import type { Row } from "../../bench/solver/rows.ts"
import { meanRanks, quantile, ranksOf, regretOf, spreadOf } from "../../bench/solver/score.ts"
import { instanceOf, testFunctions } from "../../src/testing/functions.ts"

describe("quantiles", () => {
  it("interpolate between neighbours and need no order", () => {
    expect(quantile([4, 1, 3, 2], 0.5)).toBe(2.5)
    expect(quantile([5, 1, 3], 0.5)).toBe(3)
    expect(spreadOf([10, 20, 30, 40, 50])).toEqual({ median: 30, q1: 20, q3: 40 })
    expect(quantile([7], 0.9)).toBe(7)
  })
})

describe("ranks by median", () => {
  it("count from 1, the lowest first", () => {
    expect(ranksOf([0.3, 0.1, 2, 0.2])).toEqual([3, 1, 4, 2])
  })

  it("are shared by equals", () => {
    expect(ranksOf([0.2, 0.1, 0.2, 5])).toEqual([2.5, 1, 2.5, 4])
    expect(ranksOf([1, 1, 1, 1])).toEqual([2.5, 2.5, 2.5, 2.5])
  })

  it("are shared by all solvers below 1e-6, however far below", () => {
    expect(ranksOf([1e-9, 1e-40, 9.9e-7, 1e-5])).toEqual([2, 2, 2, 4])
  })

  it("are averaged over rows, by solver", () => {
    const table = [
      [1, 2, 3, 4],
      [4, 1, 2, 3],
      [1e-9, 1e-8, 1, 2],
    ]
    expect(meanRanks(table)).toEqual([6.5 / 3, 4.5 / 3, 8 / 3, 11 / 3])
  })
})

describe("regret to the best of its own strategies", () => {
  it("is the share by which it is worse", () => {
    expect(regretOf(3, [2, 4], 0)).toBeCloseTo(0.5, 12)
  })

  it("is 0 when none is better", () => {
    expect(regretOf(1, [2, 4], 0)).toBe(0)
    expect(regretOf(1, [], 0)).toBe(0)
  })

  it("ignores differences below the floor", () => {
    expect(regretOf(0.009, [1e-12], 0.01)).toBe(0)
    expect(regretOf(0.012, [1e-12], 0.01)).toBeCloseTo(0.2, 12)
  })

  it("ignores differences below the solved level, whatever the floor", () => {
    expect(regretOf(1e-9, [1e-40], 0)).toBe(0)
  })
})

describe("an arena's result", () => {
  const fn = testFunctions[0]
  const rowOf = (name: string, variant: "o" | "s"): Row => ({
    name,
    variant,
    dimensions: 2,
    instance: (seed) => instanceOf(fn, variant, seed),
  })
  const rows = [rowOf("one:o", "o"), rowOf("two:s", "s")]
  const figures = (one: ReadonlyArray<number>, two: ReadonlyArray<number>) => ({ "one:o": one, "two:s": two })
  const raw: Raw = {
    own: {
      arqon: figures([1, 2, 9], [3, 3, 3]),
      tpe: figures([1, 1, 1], [8, 8, 8]),
      random: figures([5, 5, 5], [9, 9, 9]),
    },
    random: figures([10, 10, 10], [400, 400, 400]),
    peers: {
      optunaTpe: figures([4, 4, 4], [2, 2, 2]),
      nelderMeadMultistart: figures([0.5, 0.5, 0.5], [5, 5, 5]),
      bobyqaMultistart: figures([3, 3, 3], [7, 7, 7]),
    },
    labels: { "one:o": ["curved", "curved", "quadratic"], "two:s": ["noisy", "noisy", "noisy"] },
  }
  const arena = arenaOf(rows, raw)

  it("ranks the default among the three peers by median", () => {
    // Row one: 0.5, 2, 3, 4; row two: 2, 3, 5, 7.
    expect(arena.meanRank).toEqual({
      arqon: 2,
      optunaTpe: 2.5,
      nelderMeadMultistart: 2,
      bobyqaMultistart: 3.5,
    })
    expect(arena.meanRankByVariant?.s).toEqual({
      arqon: 2,
      optunaTpe: 1,
      nelderMeadMultistart: 3,
      bobyqaMultistart: 4,
    })
    expect(arena.functions.map(({ rank }) => rank)).toEqual([2, 2])
  })

  it("names the best strategy of each row and counts the rows near it", () => {
    expect(arena.functions.map(({ oracle }) => oracle)).toEqual(["tpe", "arqon"])
    // Row one is 2 against 1. Row two is best itself.
    expect(arena.functions[0].regret).toEqual([1, 1])
    expect(arena.rowsWithinRegret20).toBe(1)
    expect(arena.rows).toBe(2)
  })

  it("names the default if a strategy only equals it", () => {
    const own = { ...raw.own, tpe: figures([2, 2, 2], [3, 3, 3]) }
    expect(arenaOf(rows, { ...raw, own }).functions.map(({ oracle }) => oracle)).toEqual(["arqon", "arqon"])
  })

  it("takes the floor from random search on the same row", () => {
    const easy = arenaOf(rows, { ...raw, random: figures([200, 200, 200], [400, 400, 400]) })
    // A hundredth of 200 is 2: the difference between 1 and 2 is below it. A ten-thousandth is not.
    expect(easy.functions[0].regret).toEqual([0, 1])
    expect(easy.regret.map(({ rowsWithin20 }) => rowsWithin20)).toEqual([2, 1])
  })

  it("counts the labels that were found", () => {
    expect(arena.functions[0].labels).toEqual({ curved: 2, quadratic: 1 })
  })

  it("reports no ranks without peers", () => {
    const alone = arenaOf(rows, { ...raw, peers: null })
    expect(alone.meanRank).toBeNull()
    expect(alone.functions[0].rank).toBeNull()
    expect(alone.rowsWithinRegret20).toBe(1)
  })
})
