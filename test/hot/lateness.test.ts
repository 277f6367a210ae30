/**
 * Effects that show a window late, by themselves: what the tuner reads then are its own sides swapped, so that it climbs. Readings are made
 * of a window at a place; what shows in it is the place of so many windows before.
 */
import fc from "fast-check"
import { describe, expect, it } from "vitest"
import { MOST_LATE } from "../../src/hot/lateness.ts"
import { LOOK_OFF } from "../../src/hot/lookAheadLayout.ts"
import type { SpsaSettings } from "../../src/hot/spsaSettings.ts"
import { TrendBench } from "./trendBench.ts"

const CYCLES = 250

/** A bowl around .7 whose answer comes so many windows late, and what a load adds to it, by cycle. */
function tuned(late: number, knobs: number, settings: Partial<SpsaSettings>, load = (_cycle: number) => 0) {
  const bench = new TrendBench(knobs, settings)
  bench.noise = 0.02
  /** Places window by window, the last one first. */
  let places: ReadonlyArray<Float64Array> = []
  const bowl = (place: Float64Array): number => place.reduce((sum, x) => sum + 40 * (x - 0.7) ** 2, 1)
  bench.run(
    CYCLES,
    (place, cycle) => {
      for (let window = 0; window < bench.windows; window++) places = [place.slice(), ...places.slice(0, 8)]
      return { level: bowl(places[late] ?? place) + load(cycle), slope: 0 }
    },
    true,
  )
  return { bench, left: bench.kernel.late(bench.state) }
}

describe("an effect that shows a window late", () => {
  it.each([1, 2, 4])("is detected, its window is skipped, and the optimum of %i knobs is found", (knobs) => {
    for (const seed of [1, 2, 3, 4, 5]) {
      const { bench, left } = tuned(1, knobs, { seed })
      expect(left).toBe(1)
      for (const x of bench.base) expect(Math.abs(x - 0.7)).toBeLessThan(0.1)
    }
  })

  it("leads uphill with look-ahead off", () => {
    const { bench, left } = tuned(1, 1, { lookAhead: false })
    expect(left).toBe(0)
    expect(Math.abs(bench.base[0] - 0.7)).toBeGreaterThan(0.2)
  })
})

describe("no window is skipped", () => {
  const draws = { seed: fc.integer({ min: 1, max: 1_000 }), knobs: fc.constantFrom(1, 2, 4, 16) }

  it("if applies show at once", () => {
    fc.assert(
      fc.property(fc.record(draws), ({ seed, knobs }) => {
        expect(tuned(0, knobs, { seed }).left).toBe(0)
      }),
      { numRuns: 60 },
    )
  })

  it("if a load keeps rising or falling", () => {
    fc.assert(
      fc.property(fc.record({ ...draws, by: fc.integer({ min: -20, max: 20 }) }), ({ seed, knobs, by }) => {
        expect(tuned(0, knobs, { seed }, (cycle) => (by / 20) * cycle).left).toBe(0)
      }),
      { numRuns: 60 },
    )
  })
})

describe("the state", () => {
  it("does not change with readings whose squares overflow", () => {
    const bench = new TrendBench(2)
    bench.noise = 0
    bench.run(60, (_, cycle) => ({
      level: cycle % 7 === 3 ? 1e300 * (cycle % 2 === 0 ? 1 : -1) : cycle,
      slope: 0,
    }))
    expect([...bench.state].every(Number.isFinite)).toBe(true)
  })

  it("never asks for more than three windows", () => {
    const { bench } = tuned(1, 1, {})
    expect(MOST_LATE).toBe(3)
    expect(bench.kernel.lookAhead(bench.state)).toBe(LOOK_OFF)
    expect(bench.windows).toBe(2)
    expect(bench.kernel.windowsLeftOut(bench.state)).toBe(1)
  })
})
