/**
 * What must not poison the memory of regimes: numbers too large to be squared, a level that hides the noise lying upon it, and two
 * regimes that say the same of their context and different things of where to go.
 */
import { describe, expect, it } from "vitest"
import { fingerprintOf } from "../../src/control/fingerprint.ts"
import { HomeostasisCache } from "../../src/control/HomeostasisCache.ts"
import { EMPTY_HOMEOSTASIS, nearestRegime } from "../../src/control/homeostasis.ts"
import type { Regime } from "../../src/control/relocationTypes.ts"
import { planReentry, noteWindow, setOutFor } from "../../src/control/reentry.ts"
import { DEFAULT_REENTRY } from "../../src/control/relocationDefaults.ts"
import { readLearned } from "../../src/domain/Learned.ts"
import { EMPTY_SELECTION } from "../../src/control/variantSelection.ts"
import { LINEAR } from "../../src/hot/codes.ts"
import { KnobTable } from "../../src/hot/KnobTable.ts"
import { gaussianAt } from "../../src/testing/noise.ts"
import { freshRegime } from "./freshRegime.ts"

const table = new KnobTable([{ min: 0, max: 1, scale: LINEAR, step: 0, maxStep: 0 }])
const policy = { ...DEFAULT_REENTRY, windows: 4, cycles: 4, stableUs: 0 }
const LOAD = { throughputRps: 100 }

/** A cache that was fed so many windows and cycles. */
function fed(lossAt: (i: number) => number, featuresAt: (i: number) => Readonly<Record<string, number>>) {
  const cache = new HomeostasisCache(table, { ...policy, maxStep: 0.1 })
  for (let i = 0; i < 20; i++) {
    const nowUs = i * 1e6
    cache.observe({ nowUs, loss: lossAt(i), features: featuresAt(i) })
    cache.cycle({ nowUs, loss: lossAt(i), base: [0.5] })
  }
  return cache
}

const learnedOf = (cache: HomeostasisCache): string => {
  const { nextId, regimes, evicted } = cache.toJSON().memory
  return JSON.stringify({
    knobs: ["a"],
    homeostasis: { nextId, regimes, evicted },
    variants: EMPTY_SELECTION,
  })
}

describe("a memory of regimes", () => {
  it("accepts no number that cannot be squared, so that its memory can be restored", () => {
    const huge = fed(
      (i) => (i === 7 ? 1e200 : 1),
      () => LOAD,
    )
    expect(huge.regimes).toHaveLength(1)
    expect(huge.regimes[0].loss).toEqual({ mean: 1, variance: 0 })
    expect(readLearned(learnedOf(huge))?.homeostasis.regimes).toHaveLength(1)
    const odd = fed(
      () => 1,
      (i) => ({ ...LOAD, errorRate: i % 2 === 0 ? 1e200 : -1e200 }),
    )
    expect(odd.regimes.map(({ fingerprint }) => fingerprint.features.map(({ name }) => name))).toEqual([
      ["throughputRps"],
    ])
    expect(readLearned(learnedOf(odd))?.homeostasis.regimes).toHaveLength(1)
  })

  it("knows the noise of a loss at any offset", () => {
    const spreadAt = (offset: number): number =>
      fed(
        (i) => offset + gaussianAt(3, i),
        () => LOAD,
      ).regimes[0].loss.variance
    const plain = spreadAt(0)
    expect(plain).toBeGreaterThan(0)
    for (const offset of [1e8, -1e9]) expect(spreadAt(offset) / plain).toBeCloseTo(1, 4)
  })

  it("is ambiguous if two regimes have the same fingerprint and lead to different places", () => {
    const regime = (id: number, at: number): Regime =>
      freshRegime({
        id,
        unit: [at],
        fingerprint: fingerprintOf(Array.from({ length: 4 }, () => LOAD)),
        loss: { mean: 1, variance: 1e-4 },
      })
    const recent = Array.from({ length: 4 }, () => ({ loss: 1, features: LOAD }))
    const known = (second: number) =>
      nearestRegime(
        { ...EMPTY_HOMEOSTASIS, regimes: [regime(1, 0.2), regime(2, second)], recent },
        [false],
        policy,
      )
    expect(known(0.8)).toMatchObject({ regime: null, why: "ambiguous" })
    expect(known(0.21).regime?.id).toBe(1)
  })
})

describe("a canary", () => {
  it("reaches the same verdict at any offset of the losses", () => {
    const verdictAt = (offset: number, worse: number): ReadonlyArray<string> => {
      const window = (i: number) => ({ nowUs: i, loss: offset + gaussianAt(5, i), features: LOAD })
      let state = { memory: { ...EMPTY_HOMEOSTASIS }, trip: null } as Parameters<typeof noteWindow>[0]
      for (let i = 0; i < 6; i++) state = noteWindow(state, window(i))
      const where = { nowUs: 6, base: [0.5], table, maxStep: 0.1 }
      state = planReentry(setOutFor(state, [0.5], where, true), where).state
      const said: Array<string> = []
      for (let i = 6; i < 24 && state.trip?.phase === "canary"; i++) {
        state = noteWindow(state, { ...window(i), loss: offset + worse + gaussianAt(5, i) })
        const next = planReentry(state, where)
        said.push(next.plan.reason)
        state = next.state
      }
      return said
    }
    for (const worse of [0, 1, 3]) {
      const plain = verdictAt(0, worse)
      for (const offset of [1e8, 1e9]) expect(verdictAt(offset, worse)).toEqual(plain)
    }
    expect(verdictAt(0, 3).at(-1)).toBe("lost")
    expect(verdictAt(0, 0).at(-1)).toBe("kept")
  })
})
