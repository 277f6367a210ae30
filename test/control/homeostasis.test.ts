/** What the cache remembers, what it takes for the same, what it forgets and why, and how it goes back. */
import * as fc from "fast-check"
import { describe, expect, it } from "vitest"
import {
  distanceOf,
  type Features,
  fingerprintOf,
  isSettled,
  mergedFingerprint,
} from "../../src/control/fingerprint.ts"
import { HomeostasisCache } from "../../src/control/HomeostasisCache.ts"
import type { ReentryPlan } from "../../src/control/reentry.ts"
import type { ReentryState } from "../../src/control/relocationTypes.ts"
import { LINEAR, LOG, PERIODIC } from "../../src/hot/codes.ts"
import { KnobTable } from "../../src/hot/KnobTable.ts"
import { gaussianAt } from "../../src/testing/noise.ts"
import { unitKnob } from "../../src/testing/Plant.ts"

const SECOND_US = 1_000_000
const MAX_STEP = 0.1

/** Knobs of every kind: continuous, a coarse grid, a circle. */
const table = new KnobTable([
  unitKnob,
  { min: 1, max: 8, scale: LOG, step: 1, maxStep: 0 },
  { min: 0, max: 360, scale: PERIODIC, step: 0, maxStep: 0 },
])
const snapped = (units: ReadonlyArray<number>) => units.map((x, i) => table.snap(i, x))
const HOME = snapped([0.2, 0, 0.95])
const AWAY = snapped([0.7, 1, 0.15])

/** A cache driven through loads; `lossAt` is what the plant says at a base under a load. */
function world(
  options: Partial<ConstructorParameters<typeof HomeostasisCache>[1]> = {},
  saved?: ReentryState,
) {
  const cache = new HomeostasisCache(
    table,
    { maxStep: MAX_STEP, windows: 4, cycles: 3, stableUs: SECOND_US, ...options },
    saved,
  )
  let nowUs = 0
  let index = 0
  const window = (load: number | null, loss: number) => {
    nowUs += SECOND_US
    cache.observe({
      nowUs,
      loss,
      features: { throughputRps: load === null ? null : load * (1 + 0.01 * gaussianAt(1, index++)) },
    })
  }
  return {
    cache,
    get nowUs() {
      return nowUs
    },
    window,
    wait: (seconds: number) => {
      nowUs += seconds * SECOND_US
    },
    /** The tuner stands still at a base under a load. */
    stay: (load: number, base: ReadonlyArray<number>, loss: number, cycles = 12) => {
      const evictions = Array.from({ length: cycles }, () => {
        window(load, loss + 0.001 * gaussianAt(2, index))
        return cache.cycle({ nowUs, loss, base })
      })
      return evictions.flat()
    },
    /** Plans and moves as it says until it is no longer busy; every window reads what `lossAt` says. */
    follow: (load: number, from: ReadonlyArray<number>, lossAt: (base: ReadonlyArray<number>) => number) => {
      let base = from
      const plans: Array<ReentryPlan> = []
      const bases: Array<ReadonlyArray<number>> = [base]
      do {
        const plan = cache.plan(nowUs, base)
        plans.push(plan)
        if (plan.target !== null) {
          base = plan.target
          bases.push(base)
        }
        if (plan.busy) window(load, lossAt(base) + 0.001 * gaussianAt(3, index))
      } while (cache.busy && plans.length < 200)
      return { plans, bases, base, reasons: plans.map(({ reason }) => reason) }
    },
  }
}

/** Both loads known: 100 belongs to HOME, 300 to AWAY; the tuner stands at HOME and 300 has just come back. */
function returned(options: Parameters<typeof world>[0] = {}) {
  const made = world(options)
  made.stay(100, HOME, 1)
  made.stay(300, AWAY, 1)
  made.stay(100, HOME, 1)
  for (let i = 0; i < 4; i++) made.window(300, 3 + 0.001 * gaussianAt(4, i))
  return made
}
const better = (base: ReadonlyArray<number>) => 1 + 2 * Math.abs(base[0] - AWAY[0])
const worse = (base: ReadonlyArray<number>) => 3 + 2 * Math.abs(base[0] - HOME[0])

describe("a fingerprint", () => {
  const around = (mean: number, n = 6): ReadonlyArray<Features> =>
    Array.from({ length: n }, (_, i) => ({
      throughputRps: mean * (1 + 0.02 * gaussianAt(5, i)),
      errorRate: 0.01,
    }))

  it("is near for the same load and far for another, by ratio", () => {
    const at = (mean: number) => fingerprintOf(around(mean))
    expect(distanceOf(at(100), at(102))).toBeLessThan(1)
    expect(distanceOf(at(100), at(150))).toBeGreaterThan(4)
    expect(distanceOf(at(1e4), at(1.5e4))).toBeCloseTo(distanceOf(at(1e3), at(1.5e3)), 3)
  })

  it("never matches one with other features: missing data is not a match", () => {
    const one = fingerprintOf([{ a: 1, b: 2 }])
    for (const other of [{ a: 1 }, { a: 1, b: null }, { a: 1, b: Number.NaN }, { a: 1, c: 2 }, {}])
      expect(distanceOf(one, fingerprintOf([other]))).toBe(Number.POSITIVE_INFINITY)
    expect(distanceOf(fingerprintOf([]), fingerprintOf([]))).toBe(Number.POSITIVE_INFINITY)
    expect(distanceOf(one, fingerprintOf([{ b: 2, a: 1 }]))).toBe(0)
  })

  it("is settled when both halves look alike", () => {
    expect(isSettled(around(100))).toBe(true)
    expect(isSettled([...around(100, 3), ...around(200, 3)])).toBe(false)
    expect(isSettled(around(100, 3))).toBe(false)
    for (let n = 4; n < 12; n++)
      expect(isSettled(around(100, n).map((_, i) => ({ throughputRps: 100 * 1.1 ** i })))).toBe(false)
  })

  it("merges to roughly the fingerprint of all windows together", () => {
    const [a, b] = [around(100, 6), around(110, 6)]
    const merged = mergedFingerprint(fingerprintOf(a), fingerprintOf(b), 60)
    const whole = fingerprintOf([...a, ...b])
    expect(merged.windows).toBe(12)
    merged.features.forEach(({ mean, spread }, i) => {
      expect(mean).toBeCloseTo(whole.features[i].mean, 9)
      expect(spread).toBeCloseTo(whole.features[i].spread, 2)
    })
  })
})

describe("a regime", () => {
  it("is remembered with its place and loss once base and context stay the same", () => {
    const { cache, stay } = world()
    stay(100, HOME, 2, 4)
    expect(cache.regimes).toHaveLength(0)
    stay(100, HOME, 2, 8)
    const [regime] = cache.regimes
    expect(regime.loss.mean).toBeCloseTo(2, 9)
    regime.unit.forEach((x, i) => expect(Math.abs(table.difference(i, x, HOME[i]))).toBeLessThan(1e-9))
    expect(regime.score).toBeGreaterThan(0)
  })

  it("is not remembered while the base or the load moves, or the load is unknown", () => {
    const wandering = world()
    for (let i = 0; i < 20; i++) wandering.stay(100, [0.1 + 0.04 * i, HOME[1], HOME[2]], 1, 1)
    const moving = world()
    for (let i = 0; i < 20; i++) moving.stay(100 * 1.3 ** i, HOME, 1, 1)
    const silent = world()
    for (let i = 0; i < 20; i++) {
      silent.window(null, 1)
      silent.cache.cycle({ nowUs: silent.nowUs, loss: 1, base: HOME })
    }
    for (const { cache } of [wandering, moving, silent]) expect(cache.regimes).toHaveLength(0)
  })

  it("across the seam of a circle stays in place, not half a turn away", () => {
    const { cache, stay } = world()
    for (let i = 0; i < 12; i++) stay(100, [0.2, 0, i % 2 === 0 ? 0.99 : 0.01], 1, 1)
    expect(Math.abs(table.difference(2, cache.regimes[0].unit[2], 0))).toBeLessThan(0.011)
  })

  it("is refreshed by a better stay, and replaced by a worse one elsewhere only after three contradictions", () => {
    const { cache, stay } = world()
    stay(100, HOME, 2)
    stay(100, AWAY, 1)
    expect(cache.regimes).toHaveLength(1)
    expect(cache.regimes[0].unit[0]).toBeCloseTo(AWAY[0], 9)
    const evictions = Array.from({ length: 6 }, () => stay(100, HOME, 5, 4)).flat()
    expect(evictions.map(({ reason }) => reason)).toEqual(["contradicted"])
    expect(cache.regimes[0].unit[0]).toBeCloseTo(HOME[0], 9)
  })

  it("is listed with its score, best first, ties by age", () => {
    const { cache, stay } = world()
    stay(100, HOME, 1, 12)
    stay(300, AWAY, 1, 40)
    stay(900, HOME, 1, 12)
    const { regimes } = cache
    expect(regimes.map(({ id }) => id)).toEqual([2, 1, 3])
    expect(regimes[0].score).toBeGreaterThan(regimes[1].score)
    expect(regimes[1].score).toBe(regimes[2].score)
  })

  it("evicts the weakest when full, and gives the reason", () => {
    const { cache, stay } = world({ capacity: 2 })
    stay(100, HOME, 1, 30)
    stay(300, AWAY, 1, 12)
    const evictions = stay(900, HOME, 1, 12)
    expect(evictions).toMatchObject([{ id: 2, reason: "capacity" }])
    expect(cache.regimes.map(({ id }) => id)).toEqual([1, 3])
    expect(cache.toJSON().memory.evicted.capacity).toBe(1)
  })

  it("is removed when it was not met for too long, or by hand", () => {
    const { cache, stay, wait } = world({ maxAgeUs: 100 * SECOND_US })
    stay(100, HOME, 1)
    wait(60)
    expect(stay(300, AWAY, 1)).toEqual([])
    wait(60)
    expect(stay(300, AWAY, 1).map(({ id, reason }) => [id, reason])).toEqual([[1, "expired"]])
    expect(cache.evict(2, 0)).toMatchObject([{ id: 2, reason: "byHand" }])
    expect(cache.evict(2, 0)).toEqual([])
  })
})

describe("a re-entry", () => {
  it("ramps within the step limit, on the grid and across the seam, and stays when the canary wins", () => {
    const made = returned()
    const { reasons, bases, base, plans } = made.follow(300, HOME, better)
    expect(base).toEqual(AWAY)
    expect(reasons.at(-1)).toBe("kept")
    expect(reasons.filter((one) => one === "ramp").length).toBeGreaterThan(4)
    expect(plans.at(-1)?.canary?.mean).toBeLessThan(plans.at(-1)?.level?.mean ?? 0)
    for (let k = 1; k < bases.length; k++) {
      bases[k].forEach((x, i) => {
        const limit = Math.max(MAX_STEP, table.neighbourSpan(i, bases[k - 1][i]))
        expect(Math.abs(table.difference(i, bases[k - 1][i], x))).toBeLessThanOrEqual(limit)
        expect(table.snap(i, x)).toBe(x)
      })
    }
    expect(made.cache.regimes.find(({ id }) => id === 2)?.kept).toBe(1)
  })

  it("returns all the way when the canary loses, and is not retried soon", () => {
    const made = returned()
    const { reasons, base } = made.follow(300, HOME, (b) => 3 + 0.004 * Math.abs(b[0] - HOME[0]) * 4)
    expect(reasons).toContain("lost")
    expect(reasons.at(-1)).toBe("reverted")
    expect(base).toEqual(HOME)
    expect(made.cache.plan(made.nowUs, HOME).reason).toBe("tooSoon")
    expect(made.cache.regimes.find(({ id }) => id === 2)?.lost).toBe(1)
  })

  it("is cut short by a far worse window", () => {
    const made = returned()
    const { reasons, bases, base } = made.follow(300, HOME, worse)
    expect(reasons).not.toContain("canary")
    expect(Math.max(...bases.map(([x]) => x))).toBeLessThan(AWAY[0])
    expect(base).toEqual(HOME)
  })

  it("returns without a verdict by its deadline: a hold is not a pass", () => {
    const made = returned()
    const { reasons, base } = made.follow(300, HOME, () => 3)
    expect(reasons.some((one) => one === "undecided" || one === "lost")).toBe(true)
    expect(base).toEqual(HOME)
    expect(reasons.filter((one) => one === "canary").length).toBeLessThanOrEqual(13)
  })

  it("stops where it is when the load changes", () => {
    const made = returned()
    made.cache.plan(made.nowUs, HOME)
    for (let i = 0; i < 4; i++) made.window(900, 3)
    expect(made.cache.plan(made.nowUs, HOME)).toMatchObject({
      reason: "contextLeft",
      busy: false,
      target: null,
    })
  })

  it("does not begin without a match, a gain or a settled context, or when it is already there", () => {
    const made = returned()
    expect(made.cache.plan(made.nowUs, AWAY)).toMatchObject({ reason: "atHome", target: null })
    const plan = (load: number, loss: number) => {
      const fresh = returned()
      for (let i = 0; i < 4; i++) fresh.window(load, loss + 0.001 * gaussianAt(6, i))
      return fresh.cache.plan(fresh.nowUs, HOME).reason
    }
    expect(plan(500, 3)).toBe("noMatch")
    expect(plan(300, 0.9)).toBe("noGain")
    const turning = returned()
    turning.window(100, 3)
    turning.window(100, 3)
    expect(turning.cache.plan(turning.nowUs, HOME).reason).toBe("unsettled")
  })

  it("does not begin if two matching regimes disagree, but does if they agree", () => {
    const between = (second: ReadonlyArray<number>) => {
      const known = world()
      known.stay(100, AWAY, 1)
      known.stay(130, second, 1)
      expect(known.cache.regimes).toHaveLength(2)
      const made = world({ radius: 3.5 }, JSON.parse(JSON.stringify(known.cache)) as ReentryState)
      for (let i = 0; i < 4; i++) made.window(114, 3 + 0.001 * gaussianAt(8, i))
      return made.cache.plan(made.nowUs, HOME).reason
    }
    expect(between([0.45, AWAY[1], AWAY[2]])).toBe("ambiguous")
    expect(between(AWAY)).toBe("ramp")
  })

  it("waits while Tier 1's budgets are spent, and returns if that lasts too long", () => {
    const made = returned({ rampUs: 20 * SECOND_US })
    made.cache.plan(made.nowUs, HOME)
    const none = new Float64Array(6)
    expect(made.cache.plan(made.nowUs, HOME, none)).toMatchObject({
      reason: "blocked",
      busy: true,
      target: null,
    })
    made.wait(21)
    expect(made.cache.plan(made.nowUs, HOME, none)).toMatchObject({ reason: "reverted", busy: false })
  })

  it("evicts a regime that keeps losing", () => {
    const made = returned()
    const gone: Array<string> = []
    for (let round = 0; round < 8 && gone.length === 0; round++) {
      made.wait(1e6)
      for (let i = 0; i < 4; i++) made.window(300, 3 + 0.001 * gaussianAt(7, i))
      const { plans } = made.follow(300, HOME, worse)
      gone.push(...plans.flatMap(({ evictions }) => evictions.map(({ reason }) => reason)))
    }
    expect(gone).toEqual(["canaryLost"])
    expect(made.cache.regimes.map(({ id }) => id)).toEqual([1])
  })

  it("learns nothing from cycles in between", () => {
    const made = returned()
    expect(made.cache.plan(made.nowUs, HOME).busy).toBe(true)
    const before = made.cache.toJSON()
    for (let i = 0; i < 12; i++) {
      made.wait(1)
      expect(made.cache.cycle({ nowUs: made.nowUs, loss: 0.1, base: HOME })).toEqual([])
    }
    expect(made.cache.toJSON()).toEqual(before)
  })

  it("ends when something else moves the base", () => {
    const made = returned()
    expect(made.cache.plan(made.nowUs, HOME).busy).toBe(true)
    made.cache.interrupt()
    expect(made.cache.busy).toBe(false)
  })
})

describe("a saved cache", () => {
  it("continues like the original once it knows the context again", () => {
    const made = returned()
    const saved = JSON.parse(JSON.stringify(made.cache)) as ReentryState
    const again = world({}, saved)
    expect(again.cache.regimes).toEqual(made.cache.regimes)
    again.wait(1000)
    for (let i = 0; i < 4; i++) again.window(300, 3 + 0.001 * gaussianAt(4, i))
    expect(again.follow(300, HOME, better).reasons.at(-1)).toBe("kept")
  })

  it("takes the time from its first call, and never shifts its regimes again", () => {
    const made = returned()
    made.wait(1000)
    const saved = JSON.parse(JSON.stringify(made.cache)) as ReentryState
    const latest = Math.max(...saved.memory.regimes.map(({ metUs }) => metUs))
    const early = latest - 500
    const asks: ReadonlyArray<(cache: HomeostasisCache, nowUs: number) => unknown> = [
      (cache, nowUs) => cache.observe({ nowUs, loss: 1, features: { throughputRps: 100 } }),
      (cache, nowUs) => cache.cycle({ nowUs, loss: 1, base: HOME }),
      (cache, nowUs) => cache.plan(nowUs, HOME),
    ]
    for (const first of asks)
      for (const second of asks) {
        const { cache } = world({}, saved)
        first(cache, early)
        const met = cache.regimes.map(({ metUs }) => metUs)
        expect(Math.max(...met)).toBe(early)
        second(cache, early - 300)
        expect(cache.regimes.map(({ metUs }) => metUs)).toEqual(met)
      }
  })

  it("for other knobs is discarded", () => {
    const saved = JSON.parse(JSON.stringify(returned().cache)) as ReentryState
    const other = new KnobTable([{ min: 0, max: 1, scale: LINEAR, step: 0, maxStep: 0 }])
    expect(new HomeostasisCache(other, { maxStep: MAX_STEP }, saved).regimes).toEqual([])
  })
})

describe("over all histories", () => {
  it("every target is inside bounds, on its grid and within a step; memory is bounded; NaN changes nothing", () => {
    const step = fc.record({
      load: fc.constantFrom(100, 300, 900, Number.NaN),
      loss: fc.constantFrom(1, 1.01, 3, 1e9, Number.NaN, Number.POSITIVE_INFINITY),
      repeat: fc.integer({ min: 1, max: 14 }),
      jump: fc.option(fc.constantFrom(HOME, AWAY)),
    })
    let ramps = 0
    fc.assert(
      fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
        const { cache } = world({ capacity: 2, retryUs: SECOND_US })
        let base = HOME
        let nowUs = 0
        for (const { load, loss, repeat, jump } of steps) {
          if (jump !== null && !cache.busy) base = jump
          for (let i = 0; i < repeat; i++) {
            nowUs += SECOND_US
            cache.observe({ nowUs, loss, features: { throughputRps: load } })
            cache.cycle({ nowUs, loss, base })
            const { target } = cache.plan(nowUs, base)
            if (target === null) continue
            ramps++
            target.forEach((x, k) => {
              expect(x).toBe(table.snap(k, x))
              expect(x >= 0 && x <= 1).toBe(true)
              const limit = Math.max(MAX_STEP, table.neighbourSpan(k, base[k]))
              expect(Math.abs(table.difference(k, base[k], x))).toBeLessThanOrEqual(limit)
            })
            base = [...target]
          }
          const { memory } = cache.toJSON()
          expect(memory.regimes.length).toBeLessThanOrEqual(2)
          expect(memory.recent.length).toBeLessThanOrEqual(4)
          expect(memory.recent.every((one) => Number.isFinite(one.loss))).toBe(true)
        }
      }),
      { numRuns: 200 },
    )
    expect(ramps).toBeGreaterThan(50)
  })
})
