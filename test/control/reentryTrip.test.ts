/** One trip, phase by phase, from states that are written down: what a canary concludes from its windows, and what ends a trip. */
import fc from "fast-check"
import { describe, expect, it } from "vitest"
import { EMPTY_HOMEOSTASIS } from "../../src/control/homeostasis.ts"
import type { HomeostasisState, Regime } from "../../src/control/relocationTypes.ts"
import {
  breakOff,
  condemn,
  DEFAULT_REENTRY,
  EMPTY_REENTRY,
  noteWindow,
  planReentry,
  setOutFor,
} from "../../src/control/reentry.ts"
import type { ReentryState } from "../../src/control/relocationTypes.ts"
import { LINEAR } from "../../src/hot/codes.ts"
import { KnobTable } from "../../src/hot/KnobTable.ts"
import { freshRegime } from "./freshRegime.ts"

const SECOND = 1e6
const policy = {
  ...DEFAULT_REENTRY,
  canary: 3,
  canaryDeadline: 6,
  windows: 4,
  rampUs: 20 * SECOND,
  retryUs: SECOND,
}
const table = new KnobTable([{ min: 0, max: 1, scale: LINEAR, step: 0, maxStep: 0 }])
const where = (at: number, nowUs = 10 * SECOND) => ({ nowUs, base: [at], table, maxStep: 0.1 })

type Trip = NonNullable<ReentryState["trip"]>
/** From 0.5 to 0.6, where a window read 2 with a variance of the mean of 0.01 before. */
const trip = (own: Partial<Trip> = {}): Trip => ({
  phase: "ramp",
  regime: null,
  to: [0.6],
  from: [0.5],
  level: { mean: 2, variance: 0.01 },
  sinceUs: 10 * SECOND,
  windows: 0,
  sum: 0,
  squares: 0,
  ...own,
})
const regime = (own: Partial<Regime> = {}): Regime =>
  freshRegime({
    id: 1,
    unit: [0.6],
    fingerprint: { windows: 4, features: [] },
    ...own,
  })
const remembering = (one: Regime): HomeostasisState => ({ ...EMPTY_HOMEOSTASIS, nextId: 2, regimes: [one] })
const travelling = (own: Partial<Trip> = {}, memory: HomeostasisState = EMPTY_HOMEOSTASIS): ReentryState => ({
  memory,
  trip: trip(own),
})
const read = (state: ReentryState, losses: ReadonlyArray<number>): ReentryState =>
  losses.reduce((now, loss) => noteWindow(now, { nowUs: 11 * SECOND, loss, features: {} }, policy), state)

describe("a ramp", () => {
  it("moves one step at a time, and the canary starts on arrival", () => {
    const far = planReentry(travelling({ to: [0.75] }), where(0.5), policy)
    expect(far.plan).toMatchObject({
      reason: "ramp",
      regime: null,
      busy: true,
      level: { mean: 2, variance: 0.01 },
    })
    expect(far.plan.target?.[0]).toBeCloseTo(0.6, 6)
    const there = planReentry(travelling({ windows: 3, sum: 9, squares: 27 }), where(0.6), policy)
    expect(there.plan).toMatchObject({
      reason: "canary",
      busy: true,
      target: null,
      level: { mean: 2, variance: 0.01 },
    })
    expect(there.state.trip).toEqual(trip({ phase: "canary" }))
  })

  it("waits while the budgets leave no room, and returns if that lasts too long", () => {
    const shut = { ...where(0.5), band: [0, 0] }
    const blocked = planReentry(travelling(), shut, policy)
    expect(blocked.plan).toMatchObject({
      reason: "blocked",
      busy: true,
      target: null,
      level: { mean: 2, variance: 0.01 },
    })
    expect(blocked.state).toEqual(travelling())
    const late = { from: [0.5], to: [0.75] }
    const onTime = planReentry(travelling(late), where(0.6, 30 * SECOND), policy)
    expect(onTime.plan.reason).toBe("ramp")
    const overdue = planReentry(travelling(late), where(0.55, 30 * SECOND + 1), policy)
    expect(overdue.plan).toMatchObject({ reason: "revert", busy: true, target: [0.5] })
    expect(overdue.state.trip?.phase).toBe("revert")
    // Nor is there a way back where the budgets leave none.
    const stuck = planReentry(travelling({ phase: "revert" }), { ...where(0.6), band: [0, 0] }, policy)
    expect(stuck.plan).toMatchObject({ reason: "blocked", busy: true, level: { mean: 2, variance: 0.01 } })
    expect(stuck.state.trip?.phase).toBe("revert")
  })

  it("is aborted once, by one window six spreads worse, and counts no window before arrival", () => {
    // Four windows with a variance of the mean of 0.01 have a spread of 0.2 each: the edge is 3.2.
    expect(read(travelling(), [3.19]).trip).toEqual(trip())
    expect(read(travelling(), [3.21]).trip?.phase).toBe("broken")
    expect(read(travelling({ phase: "canary" }), [3.21]).trip?.phase).toBe("broken")
    // Where nothing ever scattered there is no scale.
    expect(read(travelling({ level: { mean: 2, variance: 0 } }), [99]).trip?.phase).toBe("ramp")
    // Later windows of a canary are judged together.
    expect(read(travelling({ phase: "canary" }), [2, 99]).trip).toMatchObject({
      phase: "canary",
      windows: 2,
      // How far above the level of 2 they lie together.
      sum: 97,
    })
    for (const phase of ["revert", "broken"] as const)
      expect(read(travelling({ phase }), [99]).trip).toEqual(trip({ phase }))
    const state = travelling({ phase: "canary" })
    expect(read(state, [Number.NaN])).toBe(state)
    const broken = planReentry(travelling({ phase: "broken" }), where(0.55), policy)
    expect(broken.plan).toMatchObject({ reason: "lost", busy: true, target: [0.5], canary: null })
    expect(broken.state.trip?.phase).toBe("revert")
  })
})

describe("a canary", () => {
  it("decides by the mean of its windows and two standard errors of both sides, for a trial and for a memory", () => {
    const met = new Map<string, number>()
    const loss = fc.integer({ min: -60, max: 60 }).map((k) => 2 + k / 100)
    fc.assert(
      fc.property(fc.array(loss, { maxLength: 8 }), fc.boolean(), (losses, remembered) => {
        const memory = remembered ? remembering(regime()) : EMPTY_HOMEOSTASIS
        const state = read(travelling({ phase: "canary", regime: remembered ? 1 : null }, memory), losses)
        const { plan, state: next } = planReentry(state, where(0.6), policy)
        const n = losses.length
        const mean = losses.reduce((sum, one) => sum + one, 0) / n
        const squares = losses.reduce((sum, one) => sum + (one - mean) ** 2, 0)
        const variance = n < 2 ? 0 : squares / n / (n - 1)
        const error = 2 * Math.sqrt(variance + 0.01)
        if (Math.abs(Math.abs(2 - mean) - error) < 1e-9) return
        const verdict = mean - 2 > error ? "lost" : 2 - mean > error || !remembered ? "kept" : "undecided"
        const early = n < policy.canary || (verdict === "undecided" && n < policy.canaryDeadline)
        const expected = early ? "canary" : verdict
        expect(plan.reason).toBe(expected)
        met.set(expected, (met.get(expected) ?? 0) + 1)
        expect(plan.level).toEqual({ mean: 2, variance: 0.01 })
        if (n === 0) expect(plan.canary).toBeNull()
        else {
          expect(plan.canary?.mean).toBeCloseTo(mean, 9)
          expect(plan.canary?.variance).toBeCloseTo(variance, 9)
        }
        expect(plan.busy).toBe(expected !== "kept")
        if (expected === "kept") expect(next.trip).toBeNull()
        else expect(next.trip?.phase).toBe(expected === "canary" ? "canary" : "revert")
        const back = expected === "lost" || expected === "undecided"
        expect(plan.target === null).toBe(!back)
        if (!remembered) return
        const [known] = next.memory.regimes
        expect([known.kept, known.lost]).toEqual([expected === "kept" ? 1 : 0, back ? 1 : 0])
        if (expected === "kept") expect(known.metUs).toBe(10 * SECOND)
      }),
      { numRuns: 500 },
    )
    for (const reason of ["canary", "kept", "lost", "undecided"]) expect(met.get(reason)).toBeGreaterThan(3)
  })

  it("that loses delays the next try fourfold for each loss beyond its wins, up to six", () => {
    for (const [kept, lost, wait] of [
      [0, 0, 4],
      [0, 1, 16],
      [3, 1, 1],
      [9, 2, 1],
      [2, 4, 64],
      [20, 30, 4096],
    ]) {
      const state = travelling({ phase: "broken", regime: 1 }, remembering(regime({ kept, lost })))
      const { state: next, plan } = planReentry(state, where(0.6), policy)
      // Lost more often than kept, and six times at least, it goes.
      const useless = lost + 1 >= 6 && lost + 1 > kept
      expect(next.memory.regimes.map(({ retryUs }) => retryUs)).toEqual(useless ? [] : [(10 + wait) * SECOND])
      expect(plan.evictions.map(({ reason }) => reason)).toEqual(useless ? ["canaryLost"] : [])
    }
    const last = (kept: number, lost: number): number =>
      planReentry(
        travelling({ phase: "broken", regime: 1 }, remembering(regime({ kept, lost }))),
        where(0.6),
        policy,
      ).state.memory.regimes.length
    expect([last(5, 5), last(6, 5), last(0, 4), last(0, 5)]).toEqual([0, 1, 1, 0])
  })
})

describe("the way back", () => {
  it("ends where the ramp began, and the regime is left alone for a while", () => {
    const state = travelling({ phase: "revert", regime: 1 }, remembering(regime()))
    const { plan, state: next } = planReentry(state, where(0.5), policy)
    expect(plan).toMatchObject({
      reason: "reverted",
      regime: 1,
      busy: false,
      target: null,
      level: { mean: 2, variance: 0.01 },
    })
    expect(next.trip).toBeNull()
    expect(next.memory.regimes[0].retryUs).toBe(11 * SECOND)
    const patient = travelling({ phase: "revert", regime: 1 }, remembering(regime({ retryUs: 99 * SECOND })))
    expect(planReentry(patient, where(0.5), policy).state.memory.regimes[0].retryUs).toBe(99 * SECOND)
  })

  it("is taken when the regime it leads to has been forgotten", () => {
    const gone = planReentry(travelling({ regime: 7 }), where(0.55), policy)
    expect(gone.plan).toMatchObject({ reason: "revert", regime: 7, target: [0.5] })
    // A trial leads to no regime, and is no orphan.
    expect(planReentry(travelling(), where(0.55), policy).plan.reason).toBe("ramp")
  })
})

describe("a ramp on behalf of a variant", () => {
  it("starts from the latest windows; without a canary it returns at once", () => {
    const memory = {
      ...EMPTY_HOMEOSTASIS,
      recent: [1, 2, 3].map((loss) => ({ loss, features: {} })),
    }
    const at = { ...where(0.5), nowUs: 7 * SECOND }
    const level = { mean: 2, variance: 1 / 3 }
    const state = { memory, trip: null }
    expect(setOutFor(state, [0.9], at, true).trip).toEqual(trip({ to: [0.9], level, sinceUs: 7 * SECOND }))
    expect(setOutFor(state, [0.9], at, false).trip).toEqual(
      trip({ phase: "revert", to: [0.9], from: [0.9], level, sinceUs: 7 * SECOND }),
    )
  })

  it("ends when the plant is moved, and counts as a loss only if a bad window was seen on the way out", () => {
    const known = remembering(regime())
    const lost = (state: ReentryState, bad: boolean) => {
      const ended = breakOff(state, 10 * SECOND, bad, policy)
      expect(ended.state.trip).toBeNull()
      expect(ended.evictions).toEqual([])
      return ended.state.memory.regimes[0]?.lost
    }
    expect(lost(travelling({ regime: 1 }, known), true)).toBe(1)
    expect(lost(travelling({ regime: 1 }, known), false)).toBe(0)
    expect(lost(travelling({ regime: 1, phase: "revert" }, known), true)).toBe(0)
    expect(lost({ memory: known, trip: null }, true)).toBe(0)
    expect(lost(travelling(), true)).toBeUndefined()
  })

  it("is judged on the way out and at its canary, not on the way back", () => {
    for (const phase of ["ramp", "canary"] as const)
      expect(condemn(travelling({ phase })).trip).toEqual(trip({ phase: "broken" }))
    const back = travelling({ phase: "revert" })
    expect(condemn(back)).toBe(back)
    expect(condemn(EMPTY_REENTRY)).toBe(EMPTY_REENTRY)
  })
})
