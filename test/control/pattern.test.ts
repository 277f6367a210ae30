/** The temporal key: which loads are one, which are strangers, and what is remembered of them. */
import { describe, expect, it } from "vitest"
import { distanceOf, type Features, type Fingerprint, fingerprintOf } from "../../src/control/fingerprint.ts"
import { EMPTY_HOMEOSTASIS, nearestRegime, noteBase, noteContext } from "../../src/control/homeostasis.ts"
import { contextDistance, patternContext, remembered, STRETCH, TRACE } from "../../src/control/pattern.ts"
import { DEFAULT_HOMEOSTASIS } from "../../src/control/relocationDefaults.ts"
import type { HomeostasisState } from "../../src/control/relocationTypes.ts"
import { gaussianAt } from "../../src/testing/noise.ts"

const policy = { ...DEFAULT_HOMEOSTASIS, key: "temporal" as const, stableUs: 0, cycles: 8 }
const PERIOD = 16

type Load = (turn: number) => number

const wave: Load = (turn) => Math.SQRT2 * Math.sin(2 * Math.PI * turn)
const peaks: Load = (turn) => (turn - Math.floor(turn) < 0.2 ? 2 : -0.5)
const swinging = (shape: Load, level: number) => (at: number) => level * Math.exp(0.3 * shape(at / PERIOD))

/** Windows `from` on of a load, each with a little noise. */
const windows = (load: (at: number) => number, count: number, from = 0, seed = 1): ReadonlyArray<Features> =>
  Array.from({ length: count }, (_, i) => ({
    throughputRps: load(from + i) * (1 + 0.02 * gaussianAt(seed, from + i)),
  }))

const contextOf = (all: ReadonlyArray<Features>): Fingerprint => {
  const context = patternContext(all, policy)
  if (context === null) throw new Error("there is no context")
  return context
}

const LOADS = {
  wave: swinging(wave, 100),
  "the wave at twice the level": swinging(wave, 200),
  peaks: swinging(peaks, 100),
}

describe("the context of a load", () => {
  it("is its level while it holds, as without a pattern", () => {
    const all = windows(() => 100, 60)
    const context = contextOf(all)
    expect(context.kind).toBeUndefined()
    expect(remembered(context)).toEqual(fingerprintOf(all.slice(-policy.windows)))
    // A level that came lately is one as soon as it has settled.
    const stepped = [...windows(() => 100, 30), ...windows(() => 200, 6)]
    const print = contextOf(stepped)
    expect(print.kind).toBeUndefined()
    expect(distanceOf(print, fingerprintOf(windows(() => 200, 6)))).toBeLessThan(1)
  })

  it("is its pattern if it swings, once seen twice, and transient until then", () => {
    for (const load of Object.values(LOADS)) {
      const context = contextOf(windows(load, TRACE, 3))
      expect(context.kind).toBe("repeating")
      expect(remembered(context).traces).toEqual([expect.objectContaining({ length: TRACE })])
    }
    expect(patternContext(windows(LOADS.wave, TRACE - 1, 3), policy)?.kind).not.toBe("repeating")
    expect(contextOf(windows(LOADS.wave, STRETCH, 3)).kind).toBe("passing")
    expect(patternContext(windows(LOADS.wave, STRETCH - 1, 3), policy)).toBeNull()
  })

  it("has no pattern on its way to another level, however long that takes", () => {
    for (let since = 1; since < STRETCH; since++)
      expect(
        patternContext([...windows(() => 100, TRACE), ...windows(() => 200, since)], policy)?.kind,
      ).not.toBe("repeating")
    const ramp = windows((at) => 100 * 1.05 ** at, 2 * TRACE)
    expect(patternContext(ramp, policy)?.kind).not.toBe("repeating")
  })

  it("is the level that it was stepped to, however long ago", () => {
    for (let since = STRETCH; since <= TRACE; since++)
      expect(contextOf([...windows(() => 100, TRACE), ...windows(() => 200, since)]).kind).toBeUndefined()
  })

  it("is no level while a peak is among the last windows", () => {
    const flat = windows(() => 100, STRETCH)
    const peak = windows(() => 180, 3)
    for (let since = 0; since <= 3; since++)
      expect(contextOf([...flat, ...peak, ...windows(() => 100, since)]).kind).toBe("passing")
  })

  it("is unknown if a reading is missing", () => {
    const gap: Features = { throughputRps: null }
    expect(patternContext([...windows(LOADS.wave, TRACE), gap], policy)).toBeNull()
    const [last] = windows(() => 100, 1)
    expect(patternContext([gap, ...windows(LOADS.wave, STRETCH - 2), last], policy)?.kind).not.toBe("passing")
  })
})

describe("two contexts", () => {
  const known = Object.entries(LOADS).map(([name, load]) => ({
    name,
    print: contextOf(windows(load, TRACE)),
  }))

  it("are equal if the pattern is the same, whatever its phase and noise", () => {
    for (const [name, load] of Object.entries(LOADS))
      for (let phase = 0; phase < PERIOD; phase++) {
        const context = contextOf(windows(load, STRETCH, 1000 + phase, 7))
        const ranked = known
          .map((one) => ({ name: one.name, distance: contextDistance(context, one.print) }))
          .toSorted((a, b) => a.distance - b.distance)
        // A stretch that is flat all along is a level by itself, and no pattern.
        if (context.traces === undefined) continue
        expect(ranked[0].name).toBe(name)
        expect(ranked[0].distance).toBeLessThan(policy.radius)
        expect(ranked[1].distance).toBeGreaterThan(policy.radius)
      }
  })

  it("differ four windows after the load has changed, and nothing repeats after seven", () => {
    const loads = [...Object.values(LOADS), () => 100]
    const near: Array<string> = []
    const repeating: Array<string> = []
    for (const { name, print } of known) {
      const before = windows(LOADS[name as keyof typeof LOADS], TRACE, 1000, 11)
      for (const [to, next] of loads.entries()) {
        if (next === LOADS[name as keyof typeof LOADS]) continue
        for (let phase = 0; phase < PERIOD; phase++)
          for (let since = 4; since <= 9; since++) {
            const after = windows((at) => next(at + phase), since, 1000 + TRACE, 11)
            const context = contextOf([...before, ...after])
            const what = `${name} to ${to}, phase ${phase}, ${since} windows ago`
            if (contextDistance(context, print) <= policy.radius) near.push(what)
            if (since >= 7 && context.kind === "repeating") repeating.push(what)
          }
      }
    }
    expect(near).toEqual([])
    expect(repeating).toEqual([])
  })

  it("differ if one is a level and the other a pattern, or if their features differ", () => {
    const level = contextOf(windows(() => 100, 60))
    for (const { print } of known) {
      expect(contextDistance(level, print)).toBeGreaterThan(2 * policy.radius)
      expect(contextDistance(print, remembered(level))).toBe(Number.POSITIVE_INFINITY)
      const other = { ...print, features: [{ ...print.features[0], name: "errorRate" }] }
      expect(contextDistance(print, other)).toBe(Number.POSITIVE_INFINITY)
      // A memory of another version, whose traces are of another length.
      expect(contextDistance(print, { ...print, traces: [[1, 2, 3]] })).toBe(Number.POSITIVE_INFINITY)
    }
  })
})

describe("the memory by pattern", () => {
  /** Windows of a load, and a cycle after every second one, with the base at one place. */
  function lived(
    state: HomeostasisState,
    load: (at: number) => number,
    from: number,
    base: number,
  ): HomeostasisState {
    let now = state
    windows(load, 120, from).forEach((features, i) => {
      const nowUs = (from + i) * 1_000_000
      now = noteContext(now, { nowUs, loss: 1, features }, policy)
      if (i % 2 === 1) now = noteBase(now, { nowUs, loss: 1, base: [base], periodic: [false] }, policy).state
    })
    return now
  }

  it("has one regime for each load that swings, and finds it again", () => {
    let state: HomeostasisState = EMPTY_HOMEOSTASIS
    const loads = Object.values(LOADS)
    loads.forEach(
      (load, i) => (state = lived({ ...state, recent: [], stay: null }, load, 1000 * i, 0.2 + 0.3 * i)),
    )
    expect(state.regimes).toHaveLength(loads.length)
    loads.forEach((load, i) => {
      const recent = windows(load, STRETCH, 5005, 9).map((features) => ({ loss: 1, features }))
      const match = nearestRegime({ ...state, recent }, [false], policy)
      expect(match.regime?.unit[0]).toBeCloseTo(0.2 + 0.3 * i, 9)
    })
  })

  it("remembers the pattern of a load that holds a level between its peaks", () => {
    const load = swinging((turn) => peaks((turn * PERIOD) / 22), 100)
    let state: HomeostasisState = EMPTY_HOMEOSTASIS
    for (let part = 0; part < 6; part++) {
      state = lived(state, load, 120 * part, 0.5)
      expect(state.regimes.map(({ fingerprint }) => fingerprint.kind)).toEqual(["repeating"])
    }
  })

  it("keeps no more windows than it uses", () => {
    const state = lived(EMPTY_HOMEOSTASIS, LOADS.wave, 0, 0.5)
    expect(state.recent).toHaveLength(TRACE)
    expect(noteContext(state, { nowUs: 0, loss: 1, features: {} }, DEFAULT_HOMEOSTASIS).recent).toHaveLength(
      6,
    )
  })

  it("does not match a pattern by its level with patterns switched off", () => {
    const state = lived(EMPTY_HOMEOSTASIS, LOADS.wave, 0, 0.5)
    const [{ fingerprint }] = state.regimes
    const [{ mean }] = fingerprint.features
    const recent = windows(() => Math.sinh(mean), 6).map((features) => ({ loss: 1, features }))
    expect(nearestRegime({ ...state, recent }, [false], DEFAULT_HOMEOSTASIS).regime).toBeNull()
  })
})
