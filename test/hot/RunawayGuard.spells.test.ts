/** What the runaway guard makes of levels that come and go: spells, bursts, and the spread of the first windows. */
import { describe, expect, it } from "vitest"
import { GUARD_BLAME, GUARD_RETREAT, GUARD_SUSPICIOUS, GUARD_WORLD } from "../../src/hot/codes.ts"
import { about, GuardBench, type LevelAt } from "./guardBench.ts"

/** High for `high` of every `period` windows, and 10 otherwise. */
const jumping = (window: number, period: number, high: number): number => (window % period < high ? 40 : 10)

function learnt(seed: number, base: number): GuardBench {
  const bench = new GuardBench()
  bench.run(
    39,
    about(seed, () => 10),
  )
  bench.base = base
  return bench
}

describe("a plant that jumps between two states, each calm in itself", () => {
  it("goes to its baseline although no spell lasts, and the tuned configuration is blamed if there are none there", () => {
    const bench = learnt(41, 0.8)
    const level = about(41, (place, window) => (place > 0.7 ? jumping(window, 10, 4) : 10))
    expect(bench.until(150, level)).toBe(GUARD_RETREAT)
    expect(bench.standsAt).toBe(0.5)
    expect(bench.until(60, level)).toBe(GUARD_BLAME)
  })

  it("returns to the tuned base if it also jumps on the baseline, and does not leave again for that for hundreds of windows", () => {
    const bench = learnt(42, 0.8)
    const level = about(42, (_, window) => jumping(window, 10, 4))
    expect(bench.until(150, level)).toBe(GUARD_RETREAT)
    expect(bench.until(60, level)).toBe(GUARD_WORLD)
    expect(bench.standsAt).toBe(0.8)
    expect(bench.run(300, level)).toEqual([])
  })

  it("is left alone after a reset while it is on trial, unless the spells get higher", () => {
    const bench = learnt(48, 0.8)
    const level = about(48, (place, window) => (place > 0.7 ? jumping(window, 10, 4) : 10))
    expect(bench.until(150, level)).toBe(GUARD_RETREAT)
    bench.run(10, level)
    expect(bench.guard.letGo(bench.state)).toBe(GUARD_WORLD)
    bench.leave()
    expect(bench.run(150, level)).toEqual([])
    const higher: LevelAt = (place, window) => 10 + 3 * (level(place, window) - 10)
    expect(bench.until(150, higher)).toBe(GUARD_RETREAT)
  })

  it("is left alone if the spells are rare, or if probes alone cross the threshold", () => {
    for (const level of [
      (_: number, window: number) => jumping(window, 60, 8),
      (_: number, window: number) => (window % 2 === 0 ? 13 : 7),
    ]) {
      const bench = learnt(43, 0.8)
      expect(bench.run(600, about(43, level))).toEqual([])
    }
  })
})

describe("a burst", () => {
  /** A burst that began six windows before the guard retreats, and ends just after. */
  const burst = (
    places: (place: number) => boolean,
  ): { readonly level: LevelAt; readonly bench: GuardBench } => {
    const bench = learnt(44, 0.8)
    let ends = Number.POSITIVE_INFINITY
    const level: LevelAt = (place, window) => {
      if (bench.standsAt === 0.5 && ends === Number.POSITIVE_INFINITY) ends = window
      return window > 45 && window <= ends && places(place) ? 40 + 2 * (window - 45) : 10
    }
    return { level: about(44, level), bench }
  }

  it("that ends by itself is no evidence against the tuned configuration", () => {
    const { level, bench } = burst(() => true)
    expect(bench.until(60, level)).toBe(GUARD_RETREAT)
    expect(bench.until(10, level)).toBe(GUARD_WORLD)
    expect(bench.standsAt).toBe(0.8)
    expect(bench.run(100, level)).toEqual([])
  })

  it("that recurs as soon as the plant is back is blamed on the tuned configuration without patience", () => {
    const bench = learnt(45, 0.8)
    const level = about(45, (place, window) => (place > 0.7 && window > 45 ? 40 + 0.5 * (window - 45) : 10))
    expect(bench.until(60, level)).toBe(GUARD_RETREAT)
    expect(bench.until(10, level)).toBe(GUARD_WORLD)
    const backAt = bench.window
    expect(bench.until(60, level)).toBe(GUARD_RETREAT)
    expect(bench.window - backAt).toBeLessThan(8)
    expect(bench.until(10, level)).toBe(GUARD_BLAME)
  })

  // Root cause: an empty store costs hundreds of times what is known, and was waited for as an optimum that jumped, then acquitted as a burst.
  it("without a known cause is waited for less long, and is not a burst if it ends at once on the baseline", () => {
    /** Windows until the retreat from a level so far above, and the verdict. */
    const after = (height: number) => {
      const bench = new GuardBench()
      bench.run(
        40,
        about(15, () => 10),
      )
      bench.base = 0.8
      const level = about(15, (place) => (place === 0.8 ? 10 + height : 10))
      const since = bench.window
      expect(bench.until(60, level)).toBe(GUARD_RETREAT)
      const waited = bench.window - since
      return { waited, verdict: bench.until(60, level) }
    }
    const dear = after(10)
    const gross = after(1_000)
    // The level crosses the threshold with the third window.
    expect(dear.waited).toBe(22)
    expect(gross.waited).toBe(17)
    expect(gross.verdict).toBe(GUARD_BLAME)
  })

  it("that stays at its height is not an explosion", () => {
    const bench = learnt(46, 0.8)
    let retreats = 0
    for (let window = 0; window < 600; window++) {
      const inBurst = window % 120 < 10
      if (bench.step(about(46, () => (inBurst ? 40 : 10))) === GUARD_RETREAT) retreats++
    }
    expect(retreats).toBe(0)
  })
})

describe("the first windows", () => {
  // Root cause: without noise, and before anything was earned, the threshold was the reference itself, so that probes were suspicious.
  it("show how far probes alone spread the level, and only more than that is suspicious", () => {
    const bench = new GuardBench()
    for (const level of [10, 10, 10.4, 10]) bench.step(() => level)
    for (let i = 0; i < 40; i++) {
      bench.step(() => 10.3)
      expect(bench.phase).not.toBe(GUARD_SUSPICIOUS)
    }
    for (let i = 0; i < 6; i++) bench.step(() => 10.6)
    expect(bench.phase).toBe(GUARD_SUSPICIOUS)
  })
})
