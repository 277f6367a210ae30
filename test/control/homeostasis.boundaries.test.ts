/** Where the memory of homeostasis turns over: what is near enough, long enough, worse enough and old enough, to the last bit. */
import fc from "fast-check"
import { describe, expect, it } from "vitest"
import { distanceOf, type Features, fingerprintOf } from "../../src/control/fingerprint.ts"
import { HomeostasisCache } from "../../src/control/HomeostasisCache.ts"
import {
  EMPTY_HOMEOSTASIS,
  forgetStay,
  nearestRegime,
  noteBase,
  noteContext,
  presentContext,
  scoreOf,
} from "../../src/control/homeostasis.ts"
import type { HomeostasisPolicy, HomeostasisState, Regime } from "../../src/control/relocationTypes.ts"
import { VariantSelector } from "../../src/control/VariantSelector.ts"
import { KnobTable } from "../../src/hot/KnobTable.ts"
import { unitKnob } from "../../src/testing/Plant.ts"
import { freshRegime } from "./freshRegime.ts"

const policy: HomeostasisPolicy = {
  capacity: 4,
  radius: 30,
  windows: 4,
  stableUs: 100,
  cycles: 3,
  still: 0.25,
  maxAgeUs: 10_000,
}
const LINE = [false]
const table = new KnobTable([unitKnob])

/** Shares are compared by difference, in hundredths where nothing scatters: a load that distances can be read off. */
const load = (errorRate: number): Features => ({ errorRate })
const printOf = (errorRate: number) =>
  fingerprintOf(Array.from({ length: policy.windows }, () => load(errorRate)))

const under = (errorRate: number, state: HomeostasisState = EMPTY_HOMEOSTASIS, windows = policy.windows) =>
  Array.from({ length: windows }).reduce<HomeostasisState>(
    (now) => noteContext(now, { nowUs: 0, loss: 1, features: load(errorRate) }, policy),
    state,
  )

const regimeOf = (id: number, errorRate: number, unit: number, more: Partial<Regime> = {}): Regime =>
  freshRegime({
    id,
    unit: [unit],
    fingerprint: printOf(errorRate),
    loss: { mean: 1, variance: 0 },
    cycles: 10,
    ...more,
  })
const knowing = (...regimes: ReadonlyArray<Regime>): HomeostasisState => ({
  ...EMPTY_HOMEOSTASIS,
  regimes,
  nextId: regimes.length + 1,
})

interface Cycle {
  readonly nowUs: number
  readonly loss?: number
  readonly at?: number
}
/** Folds cycles in, one after the other, and says what came of the last. */
const cycled = (
  state: HomeostasisState,
  cycles: ReadonlyArray<Cycle>,
  own: Partial<HomeostasisPolicy> = {},
  periodic: ReadonlyArray<boolean> = LINE,
) => {
  let last = { state, stored: null as number | null, evictions: [] as ReadonlyArray<unknown> }
  for (const { nowUs, loss = 1, at = 0.5 } of cycles)
    last = noteBase(last.state, { nowUs, loss, base: [at], periodic }, { ...policy, ...own })
  return last
}
/** A whole stay, long enough to be remembered. */
const stay = (at: number, losses: ReadonlyArray<number>, fromUs = 0): ReadonlyArray<Cycle> =>
  losses.map((loss, k) => ({ nowUs: fromUs + 100 * k, loss, at }))

describe("the score of a regime", () => {
  it("lies between 0 and 1, and grows with its cycles and successful returns", () => {
    const count = fc.integer({ min: 0, max: 200 })
    fc.assert(
      fc.property(count, count, count, (cycles, kept, lost) => {
        const score = (more: Partial<Regime>) =>
          scoreOf(regimeOf(1, 0.1, 0.5, { cycles: cycles + 1, kept, lost, ...more }))
        expect(score({})).toBeGreaterThan(0)
        expect(score({})).toBeLessThan(1)
        expect(score({ cycles: cycles + 2 })).toBeGreaterThan(score({}))
        expect(score({ lost: lost + 1 })).toBeLessThan(score({}))
        if (lost > 0) expect(score({ kept: kept + 1 })).toBeGreaterThan(score({}))
      }),
    )
    expect(scoreOf(regimeOf(1, 0.1, 0.5, { cycles: 20 }))).toBe(0.5)
  })
})

describe("the context of now", () => {
  it("needs as many windows as a fingerprint, and then uses the latest ones", () => {
    const own = { ...policy, windows: 5 }
    const at = (windows: number) => presentContext(under(0.2, EMPTY_HOMEOSTASIS, windows), own)
    // `under` keeps four: one too few for five.
    expect(at(4)).toBeNull()
    expect(presentContext(under(0.2), policy)?.windows).toBe(4)
  })

  it("ignores a window without a measurement", () => {
    const state = under(0.2)
    for (const loss of [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY])
      expect(noteContext(state, { nowUs: 0, loss, features: load(0.9) }, policy)).toBe(state)
  })
})

describe("the nearest regime", () => {
  const present = under(0)
  const match = (regimes: ReadonlyArray<Regime>, own: Partial<HomeostasisPolicy> = {}) =>
    nearestRegime({ ...present, regimes }, LINE, { ...policy, ...own })
  const distance = (errorRate: number): number => distanceOf(printOf(0), printOf(errorRate))

  it("may be exactly at the radius, but no further", () => {
    const far = distance(0.125)
    const regimes = [regimeOf(1, 0.125, 0.5)]
    expect(match(regimes, { radius: far }).regime?.id).toBe(1)
    expect(match(regimes, { radius: far * (1 - 1e-15) })).toEqual({
      regime: null,
      why: "none",
      distance: far,
    })
    expect(match([])).toEqual({ regime: null, why: "none", distance: Number.POSITIVE_INFINITY })
  })

  it("is ambiguous if a second one within the radius, at most twice as far, leads elsewhere", () => {
    const near = regimeOf(1, 0.125, 0.25)
    const second = (errorRate: number, unit: number) => regimeOf(2, errorRate, unit)
    const both = { radius: distance(0.25) }
    const doubted = { regime: null, why: "ambiguous", distance: distance(0.125) }
    expect(match([near, second(0.25, 0.75)], both)).toEqual(doubted)
    expect(match([second(0.25, 0.75), near], both)).toEqual(doubted)
    // Beyond the radius, more than twice as far, or as good as the same place: nothing is in doubt.
    expect(match([near, second(0.25, 0.75)], { radius: distance(0.25) * (1 - 1e-15) }).regime?.id).toBe(1)
    expect(match([near, second(0.26, 0.75)]).regime?.id).toBe(1)
    expect(match([near, second(0.2, 0.5)]).regime?.id).toBe(1)
    expect(match([near, second(0.2, 0.51)])).toEqual(doubted)
  })
})

describe("a stay", () => {
  it("is remembered once it is long enough in cycles and in time", () => {
    const at = (...timesUs: ReadonlyArray<number>) =>
      cycled(
        under(0.1),
        timesUs.map((nowUs) => ({ nowUs })),
      ).stored
    expect(at(50, 100)).toBeNull()
    expect(at(50, 100, 149)).toBeNull()
    expect(at(50, 100, 150)).toBe(1)
    expect(at(50, 150)).toBeNull()
    expect(at(50, 60, 70, 149, 150)).toBe(1)
    expect(at(1000, 1001, 1002)).toBeNull()
  })

  it("starts over when the base moves too far, or the context changes", () => {
    const known = under(0.1)
    expect(
      cycled(known, [
        { nowUs: 0, at: 0.25 },
        { nowUs: 50, at: 0.5 },
        { nowUs: 100, at: 0 },
      ]).stored,
    ).toBe(1)
    expect(
      cycled(known, [
        { nowUs: 0, at: 0.25 },
        { nowUs: 50, at: 0.51 },
        { nowUs: 100, at: 0.25 },
      ]).stored,
    ).toBeNull()
    const begun = cycled(known, [{ nowUs: 0 }, { nowUs: 50 }]).state
    const radius = distanceOf(printOf(0.1), printOf(0.2))
    const moved = under(0.2, begun)
    expect(cycled(moved, [{ nowUs: 100 }], { radius }).stored).toBe(1)
    expect(cycled(moved, [{ nowUs: 100 }], { radius: radius * (1 - 1e-15) }).stored).toBeNull()
  })

  it("is dropped when something else moves the base", () => {
    const begun = cycled(under(0.1), [{ nowUs: 0 }, { nowUs: 50 }]).state
    const forgotten = forgetStay(begun)
    expect(forgotten.stay).toBeNull()
    expect({ ...forgotten, stay: begun.stay }).toEqual(begun)
    expect(forgetStay(forgotten)).toBe(forgotten)
    expect(cycled(forgotten, [{ nowUs: 100 }]).stored).toBeNull()
  })

  it("has the mean of its losses and its squared standard error", () => {
    const grains = fc.array(fc.integer({ min: -64, max: 64 }), { minLength: 3, maxLength: 3 })
    fc.assert(
      fc.property(grains, (losses) => {
        const { state } = cycled(under(0.1), stay(0.5, losses), { stableUs: 0 })
        const mean = losses.reduce((sum, x) => sum + x, 0) / 3
        const squares = losses.reduce((sum, x) => sum + (x - mean) ** 2, 0)
        expect(state.regimes[0].loss.mean).toBeCloseTo(mean, 9)
        expect(state.regimes[0].loss.variance).toBeCloseTo(squares / 3 / 2, 6)
      }),
    )
    // Of one cycle nothing is known of the scatter, and rounding makes no variance negative.
    const once = cycled(under(0.1), [{ nowUs: 0, loss: 0.1 }], { cycles: 1, stableUs: 0 })
    expect(once.state.regimes[0].loss.variance).toBe(0)
    const alike = cycled(under(0.1), stay(0.5, [0.1, 0.1, 0.1]))
    expect(alike.state.regimes[0].loss.variance).toBeGreaterThanOrEqual(0)
  })

  it("on a circle is at its circular mean, on either side of the seam", () => {
    for (const [around, middle] of [
      [[0.95, 0.05, 0.05], 0.0166667],
      [[0.05, 0.95, 0.95], 0.9833333],
      [[0.2, 0.3, 0.4], 0.3],
    ] as const) {
      const cycles = around.map((at, k) => ({ nowUs: 100 * k, at }))
      const { state } = cycled(under(0.1), cycles, {}, [true])
      expect(state.regimes[0].unit[0]).toBeCloseTo(middle, 6)
    }
  })
})

describe("a regime met again", () => {
  const loss = { mean: 1, variance: 0.01 }
  const known = under(0.1, knowing(regimeOf(1, 0.1, 0.25, { loss, metUs: 5, kept: 3, lost: 1, retryUs: 77 })))
  const after = (at: number, losses: ReadonlyArray<number>, state = known) => cycled(state, stay(at, losses))

  it("moves to the tuner's new place, unless that is clearly worse and elsewhere", () => {
    // Alike, better, and worse within two standard errors of both together: elsewhere is as good.
    for (const level of [1, 0.5, 1.19]) {
      const { state, stored } = after(0.75, [level, level, level])
      expect(stored).toBe(1)
      expect(state.regimes[0]).toMatchObject({ unit: [0.75], cycles: 13, metUs: 200, contradicted: 0 })
      expect(state.regimes[0].loss.mean).toBeCloseTo(level, 9)
    }
    // The scatter of the stay counts as much as that of the memory.
    expect(after(0.75, [0, 1.3, 2.6]).stored).toBe(1)
    // Far worse, but the same place: the level has moved, the place has not.
    for (const at of [0.25, 0.5]) expect(after(at, [9, 9, 9]).stored).toBe(1)
    for (const worse of [1.21, 9]) {
      const { state, stored } = after(0.75, [worse, worse, worse])
      expect(stored).toBeNull()
      expect(state.regimes[0]).toMatchObject({ unit: [0.25], loss, contradicted: 1, metUs: 200 })
    }
    expect(after(0.51, [9, 9, 9]).stored).toBeNull()
  })

  it("on exactly the same level is not worse, without noise", () => {
    const exact = under(0.1, knowing(regimeOf(1, 0.1, 0.25)))
    expect(after(0.75, [1, 1, 1], exact).stored).toBe(1)
  })

  it("is dropped at the third contradicting stay in a row, and the context keeps its record", () => {
    let now: ReturnType<typeof cycled> = { state: known, stored: null, evictions: [] }
    for (let doubts = 1; doubts <= 2; doubts++) {
      now = cycled(now.state, stay(0.75, [9, 9, 9], 1000 * doubts))
      expect(now.stored).toBeNull()
      expect(now.state.regimes).toMatchObject([{ id: 1, contradicted: doubts }])
    }
    now = cycled(now.state, stay(0.75, [9, 9, 9], 3000))
    expect(now.stored).toBe(2)
    expect(now.evictions).toMatchObject([{ id: 1, reason: "contradicted" }])
    expect(now.state.regimes).toMatchObject([
      { id: 2, unit: [0.75], kept: 3, lost: 1, retryUs: 77, contradicted: 0, storedUs: 3200 },
    ])
    expect(now.state.evicted.contradicted).toBe(1)
  })

  it("that was contradicted twice is trusted again after one stay that agrees", () => {
    let state = known
    for (const [at, level] of [
      [0.75, 9],
      [0.75, 9],
      [0.25, 1],
      [0.75, 9],
      [0.75, 9],
    ])
      state = cycled(state, stay(at, [level, level, level])).state
    expect(state.regimes).toMatchObject([{ id: 1, contradicted: 2 }])
  })

  it("matches none if two are possible, and nothing is stored or changed", () => {
    const two = knowing(regimeOf(1, 0.05, 0.2), regimeOf(2, 0.15, 0.9))
    const { state, stored, evictions } = cycled(under(0.1, two), stay(0.5, [1, 1, 1]))
    expect([stored, evictions]).toEqual([null, []])
    expect(state.regimes).toEqual(two.regimes)
  })
})

describe("a regime is evicted", () => {
  it("when it was not met for longer than the policy allows, to the microsecond; otherwise the state is unchanged", () => {
    const state = under(0.1, knowing(regimeOf(1, 0.9, 0.5, { metUs: 7 })))
    expect(cycled(state, [{ nowUs: 10_007 }]).evictions).toEqual([])
    expect(cycled(state, [{ nowUs: 10_008 }]).evictions).toMatchObject([
      { id: 1, reason: "expired", atUs: 10_008 },
    ])
  })

  it("when it was not met for thirty days, by default", () => {
    const day = 24 * 3_600_000_000
    const gone = (nowUs: number) => {
      const cache = new HomeostasisCache(table, { maxStep: 0.1 })
      const known = { ...cache.toJSON(), memory: knowing(regimeOf(1, 0.9, 0.5)) }
      return new HomeostasisCache(table, { maxStep: 0.1 }, known).cycle({ nowUs, loss: 1, base: [0.5] })
    }
    expect(gone(30 * day)).toEqual([])
    expect(gone(30 * day + 1)).toMatchObject([{ id: 1, reason: "expired" }])
  })

  it("for lack of room when it is the weakest, and among equals the one not met for longest", () => {
    const full = (...metUs: ReadonlyArray<number>) =>
      under(0.1, knowing(...metUs.map((us, k) => regimeOf(k + 1, 0.9, 0.5, { metUs: us }))))
    const gone = (state: HomeostasisState) =>
      cycled(state, stay(0.5, [1, 1, 1]), { maxAgeUs: Number.POSITIVE_INFINITY, capacity: 3 }).evictions
    expect(gone(full(30, 10, 20))).toMatchObject([{ id: 2, reason: "capacity" }])
    expect(gone(full(10, 30, 20))).toMatchObject([{ id: 1 }])
    expect(gone(full(20, 30, 10))).toMatchObject([{ id: 3 }])
    expect(gone(full(20, 30))).toEqual([])
  })
})

describe("an empty memory", () => {
  it("has no window, no regime, no switch and no arm", () => {
    const { memory, trip } = new HomeostasisCache(table, { maxStep: 0.1 }).toJSON()
    expect([memory.recent, memory.regimes, memory.stay, trip]).toEqual([[], [], null, null])
    const { switchesUs, quarantine, bandit, live } = new VariantSelector().toJSON()
    expect([switchesUs, quarantine, bandit.arms, live]).toEqual([[], [], [], null])
  })
})
