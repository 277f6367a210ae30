/** What the runaway guard makes of slopes: a climb, an acquittal while the level rises, a start that rises less. */
import { describe, expect, it } from "vitest"
import {
  GUARD_BLAME,
  GUARD_BLAME_START,
  GUARD_NOTHING,
  GUARD_RELEASE,
  GUARD_RETREAT,
  GUARD_SUSPICIOUS,
  GUARD_TRY_START,
  GUARD_WORLD,
} from "../../src/hot/codes.ts"
import { G_ACQUITTED, G_LOOK_AGAIN, G_REFERENCE, G_WORLD } from "../../src/hot/guardLayout.ts"
import { about, GuardBench, type LevelAt } from "./guardBench.ts"

/** Rises at the pace of the place, window by window. */
function rising(pace: (place: number) => number): LevelAt {
  let risen = 0
  return (place) => {
    risen += pace(place)
    return 10 + risen
  }
}

/** A guard that has learnt the level at .5, tuned to `base`. */
function learnt(seed: number, base: number, baseline = 0.5): GuardBench {
  const bench = new GuardBench()
  bench.run(
    40,
    about(seed, () => 10),
  )
  bench.base = base
  bench.baseline = baseline
  return bench
}

describe("a guard that sees a climb", () => {
  /** Windows above the threshold until the guard retreats. */
  function patience(level: LevelAt): number {
    const bench = learnt(31, 0.4)
    let above = 0
    for (let i = 0; i < 100; i++) {
      if (bench.step(about(31, level)) === GUARD_RETREAT) return above + 1
      if (bench.phase === GUARD_SUSPICIOUS) above++
    }
    return Number.POSITIVE_INFINITY
  }

  it("does not wait for it to recover, but does wait for a level that is only high", () => {
    expect(patience(rising(() => 0.2))).toBeLessThanOrEqual(8)
    expect(patience(() => 14)).toBe(20)
  })
})

describe("a guard that acquits while the level rises", () => {
  it("continues from the baseline, not from where the level rose", () => {
    const bench = learnt(32, 0.8)
    const level = about(
      32,
      rising((place) => (place === 0.5 ? 0.3 : 0.5)),
    )
    expect(bench.until(100, level)).toBe(GUARD_RETREAT)
    expect(bench.until(100, level)).toBe(GUARD_WORLD)
    expect(bench.standsAt).toBe(0.5)
  })

  it("checks again after one more rise of that size, and after two and a half of a step", () => {
    const room = (level: LevelAt): number => {
      const bench = learnt(33, 0.8)
      expect(bench.until(100, about(33, level))).toBe(GUARD_RETREAT)
      expect(bench.until(100, about(33, level))).toBe(GUARD_WORLD)
      return bench.state[G_ACQUITTED] / bench.state[G_WORLD]
    }
    expect(room(rising(() => 0.3))).toBeCloseTo(1, 6)
    expect(room((_, window) => (window > 60 ? 30 : 10))).toBeCloseTo(2.5, 6)
  })
})

describe("a guard that has acquitted a step", () => {
  /** The load doubles the level in window 60; from the acquittal on the level climbs by `pace` a window, by where the plant stands. */
  function acquitted(seed: number, pace: (place: number) => number): readonly [GuardBench, LevelAt] {
    const bench = learnt(seed, 0.8)
    let risen = 0
    const level = about(seed, (place, window) => {
      if (window > 60) risen += pace(place)
      return window > 60 ? 30 + risen : 10
    })
    expect(bench.until(100, level)).toBe(GUARD_RETREAT)
    expect(bench.until(100, level)).toBe(GUARD_WORLD)
    expect(bench.standsAt).toBe(0.8)
    return [bench, level]
  }

  it("looks again where the level climbs on the tuned base and did not climb where it was acquitted", () => {
    const [bench, level] = acquitted(40, () => 0)
    let risen = 0
    const climbing: LevelAt = (place, window) => level(place, window) + (place === 0.8 ? (risen += 0.5) : 0)
    expect(bench.until(60, climbing)).toBe(GUARD_RETREAT)
  })

  it("leaves alone what climbs no faster than it did there, up to the room that was acquitted", () => {
    const [bench, level] = acquitted(41, () => 0.3)
    expect(bench.until(60, level)).toBe(GUARD_NOTHING)
  })

  it("looks again once, and not long after", () => {
    const [bench, level] = acquitted(42, () => 0)
    expect(bench.until(130, level)).toBe(GUARD_NOTHING)
    let risen = 0
    const climbing: LevelAt = (place, window) => level(place, window) + (place === 0.8 ? (risen += 0.5) : 0)
    expect(bench.until(40, climbing)).toBe(GUARD_NOTHING)
    const [other, plain] = acquitted(43, () => 0)
    let climbed = 0
    const everywhere: LevelAt = (place, window) =>
      plain(place, window) + (place === 0.8 ? (climbed += 0.5) : climbed)
    expect(other.until(60, everywhere)).toBe(GUARD_RETREAT)
    expect(other.state[G_LOOK_AGAIN]).toBe(0)
  })
})

describe("a step of the load", () => {
  it("is not a rise, however steep the line through it: the plant returns to the tuned base", () => {
    const bench = learnt(39, 0.8)
    const level = about(39, (_, window) => (window > 45 ? Math.min(46, 40 + 0.5 * (window - 45)) : 10))
    expect(bench.until(100, level)).toBe(GUARD_RETREAT)
    expect(bench.until(100, level)).toBe(GUARD_WORLD)
    expect(bench.standsAt).toBe(0.8)
  })

  it("is judged after twelve windows, even if the level creeps up behind it", () => {
    const bench = learnt(40, 0.8)
    const level: LevelAt = (_, window) => (window > 45 ? 30 + 0.001 * (window - 45) : 10)
    expect(bench.until(100, level)).toBe(GUARD_RETREAT)
    const retreatedAt = bench.window
    expect(bench.until(100, level)).toBe(GUARD_WORLD)
    expect(bench.window - retreatedAt).toBe(12)
    expect(bench.standsAt).toBe(0.8)
  })
})

describe("a guard that tries the start", () => {
  it("stays there if the level rises less than on the baseline, even if it is no lower", () => {
    const bench = learnt(34, 0.9, 0.3)
    const level = about(
      34,
      rising((place) => (place === 0.5 ? 0.05 : 0.5)),
    )
    expect(bench.until(100, level)).toBe(GUARD_RETREAT)
    expect(bench.until(100, level)).toBe(GUARD_TRY_START)
    expect(bench.until(100, level)).toBe(GUARD_BLAME_START)
    expect(bench.baseline).toBe(0.5)
  })

  // Root cause: a storm that broke out on the earned baseline had not been rising when the tuned base was left. So its rise counted
  // for nothing, and after six windows on the start, a little lower than the baseline would have been, the world was blamed.
  it("stays there if it rises less, and the level began to rise only on the baseline", () => {
    const bench = learnt(47, 0.9, 0.3)
    let risen = 0
    const level = about(47, (place, window) => {
      if (place === 0.3) risen += 2
      return window > 45 ? 30 + risen + (place === 0.5 ? 8 : 0) : 10
    })
    expect(bench.until(100, level)).toBe(GUARD_RETREAT)
    expect(bench.until(100, level)).toBe(GUARD_TRY_START)
    expect(bench.until(100, level)).toBe(GUARD_BLAME_START)
    expect(bench.baseline).toBe(0.5)
  })

  it("blames nothing if the level rises equally fast everywhere", () => {
    const bench = learnt(35, 0.9, 0.3)
    const level = about(
      35,
      rising(() => 0.5),
    )
    expect(bench.until(100, level)).toBe(GUARD_RETREAT)
    expect(bench.until(100, level)).toBe(GUARD_TRY_START)
    expect(bench.until(100, level)).toBe(GUARD_WORLD)
    expect(bench.standsAt).toBe(0.3)
  })
})

describe("an acquittal", () => {
  it("ends with the load: its part of the level follows down, and the room above it stays for two hundred windows", () => {
    const bench = learnt(36, 0.6)
    const load = about(36, (_, window) => (window > 45 && window < 150 ? 30 : 10))
    expect(bench.until(100, load)).toBe(GUARD_RETREAT)
    expect(bench.until(100, load)).toBe(GUARD_WORLD)
    expect(bench.state[G_WORLD]).toBeGreaterThan(18)
    bench.run(340 - bench.window, load)
    expect(bench.state[G_WORLD]).toBeLessThan(2)
    expect(bench.state[G_ACQUITTED]).toBeGreaterThan(25)
    bench.run(360 - bench.window, load)
    expect(bench.state[G_ACQUITTED]).toBe(0)
  })

  // Root cause of what these three hold: what was acquitted halved in 1,200 windows and no sooner. For a day after one large load nothing
  // as high was seen, and if it was seen after all, the start was not tried.
  it("hides nothing of the same height once its load has long been gone", () => {
    const bench = learnt(44, 0.6)
    const load = about(44, (place, window) =>
      (window > 45 && window < 150) || (window > 400 && place === 0.6) ? 30 : 10,
    )
    expect(bench.until(100, load)).toBe(GUARD_RETREAT)
    expect(bench.until(100, load)).toBe(GUARD_WORLD)
    expect(bench.until(400 - bench.window, load)).toBe(GUARD_NOTHING)
    expect(bench.until(30, load)).toBe(GUARD_RETREAT)
    expect(bench.until(10, load)).toBe(GUARD_BLAME)
  })

  it("is checked again while the level stays: the load may have gone, and left the tuned configuration behind", () => {
    const bench = learnt(46, 0.8)
    const level = about(46, (place, window) => (window > 45 && (window < 200 || place === 0.8) ? 30 : 10))
    expect(bench.until(100, level)).toBe(GUARD_RETREAT)
    expect(bench.until(100, level)).toBe(GUARD_WORLD)
    expect(bench.until(400, level)).toBe(GUARD_NOTHING)
    expect(bench.until(250, level)).toBe(GUARD_RETREAT)
    expect(bench.until(10, level)).toBe(GUARD_BLAME)
  })

  it("says nothing about the start once its load has long been gone", () => {
    const bench = learnt(45, 0.8, 0.7)
    const load = about(45, (place, window) =>
      (window > 45 && window < 150) || (window > 400 && place !== 0.5) ? 30 : 10,
    )
    expect(bench.until(100, load)).toBe(GUARD_RETREAT)
    expect(bench.until(100, load)).toBe(GUARD_TRY_START)
    expect(bench.until(100, load)).toBe(GUARD_WORLD)
    expect(bench.until(400 - bench.window, load)).toBe(GUARD_NOTHING)
    expect(bench.until(30, load)).toBe(GUARD_RETREAT)
    expect(bench.until(30, load)).toBe(GUARD_TRY_START)
    expect(bench.until(30, load)).toBe(GUARD_BLAME_START)
  })

  it("is dropped when the tuned configuration is blamed after all", () => {
    const bench = learnt(37, 0.6)
    const load = about(37, (place, window) => (window < 45 ? 10 : place > 0.8 ? 200 : 30))
    expect(bench.until(100, load)).toBe(GUARD_RETREAT)
    expect(bench.until(100, load)).toBe(GUARD_WORLD)
    bench.base = 0.9
    expect(bench.until(100, load)).toBe(GUARD_RETREAT)
    expect(bench.until(100, load)).toBe(GUARD_BLAME)
    expect(bench.state[G_ACQUITTED]).toBe(0)
  })

  it("covers a backlog that falls no further: the hold ends without another suspicion", () => {
    const bench = learnt(38, 0.4)
    let waiting = 0
    const level = about(38, (place) => {
      waiting += place < 0.5 ? 0.5 : waiting > 3 ? -0.1 : 0
      return 10 + waiting
    })
    expect(bench.until(100, level)).toBe(GUARD_RETREAT)
    expect(bench.until(100, level)).toBe(GUARD_BLAME)
    expect(bench.until(400, level)).toBe(GUARD_RELEASE)
    expect(bench.state[G_REFERENCE] + bench.state[G_WORLD]).toBeGreaterThan(12.8)
    expect(bench.run(100, level)).toEqual([])
  })
})
