/** The arena's judges, its search for the best place, and the competitors that think in sequences. */
import { describe, expect, it } from "vitest"
import { actedRun } from "../../bench/arena/actedRun.ts"
import { Bench } from "../../bench/arena/benches.ts"
import { nelderMead, rereadingClimb } from "../../bench/arena/climbers.ts"
import { nothing, ours, rivals } from "../../bench/arena/contenders.ts"
import { runGuarded } from "../../bench/arena/guarded.ts"
import { judge, levels, middleOf, referenceOf, unsafety } from "../../bench/arena/judges.ts"
import { loopedRun, standing } from "../../bench/arena/memoryRun.ts"
import { GUARDRAILS } from "../../src/domain/guardrailPresets.ts"
import { withUseless } from "../../src/testing/MemoryPlant.ts"
import { inFlight, staffing } from "../../src/testing/memoryPlants.ts"
import { quadratic } from "../../src/testing/plants.ts"
import { loadedBowl } from "../../src/testing/servicePlants.ts"
import { meanOf } from "../../src/testing/simulate.ts"

const series = (...parts: ReadonlyArray<readonly [number, number]>): Float64Array =>
  Float64Array.from(parts.flatMap(([value, count]) => Array.from({ length: count }, () => value)))

describe("a judge", () => {
  it("takes levels from five windows, so that a single spike does not count", () => {
    const paid = series([1, 10], [100, 1], [1, 10])
    expect([...levels(paid)]).toEqual(Array.from({ length: 21 }, () => 1))
  })

  it("counts windows above twice the reference, the longest spell, and the time until it is safe again", () => {
    const flat = series([1, 100])
    const paid = series([1, 20], [3, 10], [1.5, 10], [1, 20], [3, 20], [1, 20])
    // Medians of five lag by two windows: the first spell's level comes down to 1.5, which is not safe yet.
    const { unsafe, longest, untilSafe } = unsafety(paid, flat)
    expect(unsafe).toBeCloseTo(0.3, 12)
    expect(longest).toBe(20)
    expect(untilSafe).toBe(21)
    expect(unsafety(series([1, 50], [3, 50]), flat).untilSafe).toBe(Number.POSITIVE_INFINITY)
  })

  it("does not count what the reference also pays at the same time", () => {
    const storm = series([1, 40], [10, 20], [1, 40])
    expect(unsafety(storm, referenceOf(storm)).unsafe).toBe(0)
  })

  it("compares a run with the best place and with doing nothing, as a whole and by thirds", () => {
    const yardsticks = { best: series([2, 90]), nothing: series([4, 90]), reference: series([4, 90]) }
    const seen = judge(series([2, 30], [8, 30], [4, 30]), yardsticks)
    expect(seen).toMatchObject({ lastThird: 2, worstThird: 4, lastToNothing: 1 })
    expect(seen.whole).toBeCloseTo(14 / 6, 12)
    expect(seen.toNothing).toBeCloseTo(14 / 12, 12)
  })

  it("gives a median with the ranks that contain it in 95 of 100 cases", () => {
    const values = Array.from({ length: 20 }, (_, i) => 20 - i)
    expect(middleOf(values)).toEqual({ median: 10.5, low: 6, high: 15 })
    expect(middleOf([3, 1, 2])).toEqual({ median: 2, low: 1, high: 3 })
    expect(middleOf([5])).toEqual({ median: 5, low: 5, high: 5 })
  })
})

describe("the best fixed place", () => {
  it("is found by enumeration and by search, despite useless knobs", () => {
    const { best: _one, ...one } = loadedBowl(1, 0.2, 0.05)
    const { best: _two, ...two } = withUseless(loadedBowl(2, 0.2, 0.05), 3)
    expect(new Bench(one, 60).best[0]).toBeCloseTo(0.6, 1)
    const bench = new Bench(two, 60)
    const [first, second] = two.useful ?? []
    expect(bench.best[first]).toBeCloseTo(0.6, 1)
    expect(bench.best[second]).toBeCloseTo(0.6, 1)
  })

  it("pays less than the start on a plant that remembers, and nothing beats it by more than luck", () => {
    const bench = new Bench(staffing(40), 300)
    expect(meanOf(bench.optimum(1))).toBeLessThan(meanOf(bench.nothing(1)))
    expect(meanOf(standing(bench.plant, [0.5], 1, 300))).toBeGreaterThan(meanOf(bench.optimum(1)))
  })

  it("normalises readings to 0, and the start to 1", () => {
    const bench = new Bench(loadedBowl(1, 0.2, 0), 60)
    expect(bench.units.zero).toBeCloseTo(1, 6)
    expect(bench.units.zero + bench.units.unit).toBeCloseTo(1.16, 6)
  })

  it("lowers the reference from the window in which a better baseline is set", () => {
    const bench = new Bench(loadedBowl(1, 0.2, 0), 60)
    const reference = bench.reference(1, [
      { from: 0, unit: Float64Array.of(0.2) },
      { from: 20, unit: Float64Array.of(0.6) },
      { from: 40, unit: Float64Array.of(0.9) },
      // Worse than the start: nobody is forgiven for that.
      { from: 50, unit: Float64Array.of(0) },
    ])
    expect([reference[19], reference[20], reference[40], reference[50]]).toEqual(
      [1.16, 1, 1.09, 1.16].map((level) => expect.closeTo(level, 9)),
    )
  })
})

describe("runs on plants that remember", () => {
  it("cost the same, window by window, with and without the engine's actors", async () => {
    for (const plant of [inFlight, staffing(22)]) {
      const acted = await actedRun(plant, 3, 250)
      const looped = loopedRun(plant, 3, 250)
      expect(acted.paid).toEqual(looped.paid)
      expect(acted.guard).toEqual(looped.guard)
    }
  })

  it("give the same figures again for every competitor", () => {
    const bench = new Bench(inFlight, 120)
    for (const contender of [ours, ...rivals]) {
      const once = contender.run(bench, 5)
      expect(once?.paid).toHaveLength(120)
      expect(contender.run(bench, 5)).toEqual(once)
    }
  })

  it("include limiters only if the knob is a limit", () => {
    const bench = new Bench(staffing(22), 20)
    const absent = rivals.filter((rival) => rival.run(bench, 1) === null).map(({ name }) => name)
    expect(absent).toEqual(["Gradient2", "Vegas", "AIMD"])
  })

  it("without a tuner cost what staying at the start costs", () => {
    const bench = new Bench(staffing(22), 60)
    expect(nothing.run(bench, 4)?.paid).toEqual(standing(bench.plant, bench.plant.start, 4, 60))
  })
})

describe("competitors that work in sequences", () => {
  const end = (make: Parameters<typeof runGuarded>[1], level: number): number => {
    const plant = quadratic(2)
    const noise = { kind: level === 0 ? "none" : "gaussian", level } as const
    const { baseLosses, refused } = runGuarded(plant, make, noise, GUARDRAILS.balanced, 600, 1)
    expect(refused).toBe(0)
    return baseLosses[599]
  }

  it("find the optimum of a bowl without noise", () => {
    expect(end(rereadingClimb(0.1), 0)).toBeLessThan(1e-3)
    expect(end(nelderMead(0.1), 0)).toBeLessThan(1e-3)
  })

  it("come close under noise if they re-read the incumbent", () => {
    expect(end(rereadingClimb(0.1), 0.005)).toBeLessThan(0.02)
  })
})
