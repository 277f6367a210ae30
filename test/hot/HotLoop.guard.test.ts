/** The runaway guard of a loop without actors: where it takes the plant, what it leaves on the record, and who may interfere. */
import { describe, expect, it } from "vitest"
import { RECORD_CODE, RECORD_KIND } from "../../src/hot/AuditRing.ts"
import {
  AUDIT_GUARD,
  GUARD_BLAME,
  GUARD_BLAME_START,
  GUARD_CALM,
  GUARD_HOLDING,
  GUARD_ON_BASELINE,
  GUARD_PROMOTE,
  GUARD_RELEASE,
  GUARD_RETREAT,
  GUARD_TRY_START,
  GUARD_WATCHING,
  GUARD_WORLD,
  LINEAR,
  NOT_TRIPPED,
  PERIODIC,
  TRIP_CONSTRAINT_EMERGENCY,
  TRIP_MANUAL,
  TRIP_OBJECTIVE_REGRESSION,
} from "../../src/hot/codes.ts"
import { guardFence } from "../../src/hot/guardActs.ts"
import {
  G_BLAMES,
  G_PHASE,
  G_REFERENCE,
  G_SEEN,
  G_WINDOW_US,
  guardStateLength,
  GUARD_VECTORS_AT,
  GV_FAR,
  GV_RESULT,
  readGuardVector,
} from "../../src/hot/guardLayout.ts"
import { KnobTable } from "../../src/hot/KnobTable.ts"
import { FROZEN } from "../../src/hot/phases.ts"
import { SharedBudget } from "../../src/hot/SharedBudget.ts"
import { LoopBench, type Overrides, policy } from "./loopBench.ts"
import { drained } from "./rig.ts"

const CALM = 10
const BAD = 40

/** A loop with its guard, at a plant that is a level at each place. Tuning alone, without excursions or look-ahead. */
class Guarded extends LoopBench {
  /** What the guard did, from the record. */
  readonly acts: Array<number> = []

  constructor({ options, settings, ...more }: Overrides = {}) {
    super({
      ...more,
      options: { guard: true, ...options },
      settings: { prove: false, lookAhead: false, ...settings },
    })
  }

  get phase(): number {
    return this.loop.guarded[G_PHASE]
  }

  get latch(): number {
    return Atomics.load(this.hot.executor.latch, 0)
  }

  get ahead(): number {
    return this.live[0] - this.startedAt[0]
  }

  /** So many readings, or until the guard has done what is waited for. Returns how many. */
  readings(most: number, level: () => number, until?: number): number {
    for (let i = 0; i < most; i++) {
      this.run(1, level)
      for (const record of drained(this.hot.audit)) {
        if (record[RECORD_KIND] === AUDIT_GUARD) this.acts.push(record[RECORD_CODE])
      }
      if (until !== undefined && this.acts.at(-1) === until) return i + 1
    }
    return most
  }

  /** Better the higher the first knob is. */
  readonly downhill = (): number => CALM - 5 * this.ahead
  /** Bad everywhere but where it began. */
  readonly storm = (): number => (this.live[0] === this.startedAt[0] ? CALM : BAD)
}

/** Has learnt what its start delivers, and has tuned away from it. */
function tuned(overrides: Overrides = {}): Guarded {
  const bench = new Guarded(overrides)
  bench.loop.start()
  bench.readings(60, bench.downhill)
  expect(bench.acts).toEqual([])
  expect(bench.ahead).toBeGreaterThan(0.05)
  return bench
}

function retreated(overrides: Overrides = {}): Guarded {
  const bench = tuned(overrides)
  bench.readings(60, bench.storm, GUARD_RETREAT)
  expect(bench.acts).toEqual([GUARD_RETREAT])
  return bench
}

/** The guard watches until the cooldown of the rollback is over and tuning goes on. */
function afterCooldown(bench: Guarded): void {
  expect(bench.hot.executor.cooldownUntilUs).toBeGreaterThan(bench.now)
  expect(bench.phase).toBe(GUARD_WATCHING)
  bench.tick(bench.hot.executor.cooldownUntilUs - bench.now)
  expect(bench.phase).toBe(GUARD_CALM)
}

describe("a level that stays bad on the tuned configuration", () => {
  it("moves the plant to its baseline and opens SafeMode, until a blame and a hold are over", () => {
    const bench = retreated()
    const { hot, loop } = bench
    expect(bench.live).toEqual(bench.startedAt)
    expect([loop.phase, loop.lastTrip, loop.trips]).toEqual([FROZEN, TRIP_OBJECTIVE_REGRESSION, 1])
    expect(bench.latch).toBe(TRIP_OBJECTIVE_REGRESSION)
    expect(loop.dueUs).toBe(Number.POSITIVE_INFINITY)
    // No timer ends what the guard has begun.
    bench.readings(1, bench.storm)
    bench.tick(10 * loop.options.safeModeUs)
    expect([loop.phase, bench.phase]).toEqual([FROZEN, GUARD_ON_BASELINE])
    bench.readings(20, bench.storm, GUARD_BLAME)
    expect(bench.phase).toBe(GUARD_HOLDING)
    expect(hot.executor.rollbacks).toBe(1)
    bench.readings(40, bench.storm, GUARD_RELEASE)
    expect(bench.acts).toEqual([GUARD_RETREAT, GUARD_BLAME, GUARD_RELEASE])
    expect(bench.latch).toBe(NOT_TRIPPED)
    expect(loop.phase).not.toBe(FROZEN)
    afterCooldown(bench)
  })

  it("is kept away from while the fence of the blame stands", () => {
    const bench = retreated()
    bench.readings(80, bench.storm, GUARD_RELEASE)
    const { sides, edges, untilUs } = guardFence(bench.hot.table, bench.loop.guarded, bench.now)
    expect(untilUs).toBeGreaterThan(bench.now)
    const toFence = (): number => (edges[0] - bench.live[0]) * sides[0]
    let nearest = toFence()
    while (bench.now < untilUs - policy.cooldownUs) {
      bench.readings(1, bench.downhill)
      nearest = Math.min(nearest, toFence())
    }
    // It comes as far as it may, and no further.
    expect(nearest).toBeLessThan(0.01)
    expect(nearest).toBeGreaterThanOrEqual(-1e-9)
  })

  it("releases its seat meanwhile", () => {
    const shared = new SharedBudget({ probing: 1, appliesPerSecond: 1000 })
    const bench = new Guarded()
    bench.loop.shared = shared
    bench.loop.start()
    bench.readings(60, bench.downhill)
    bench.readings(60, bench.storm, GUARD_RETREAT)
    expect(bench.acts).toEqual([GUARD_RETREAT])
    expect([shared.seated, bench.loop.seated]).toEqual([0, false])
  })

  it("goes to the start if there is no baseline, and makes it the baseline if that helps", () => {
    const bench = retreated({ options: { startIsBaseline: false } })
    expect(bench.live).toEqual(bench.startedAt)
    expect(bench.hot.config.hasBaseline).toBe(false)
    bench.readings(20, bench.storm, GUARD_BLAME)
    expect(bench.acts).toEqual([GUARD_RETREAT, GUARD_BLAME])
    expect(bench.hot.config.hasBaseline).toBe(true)
    const baseline = new Float64Array(2)
    bench.hot.config.baselineUnits(baseline)
    expect([...baseline]).toEqual(bench.startedAt)
  })

  it("requires a person once the guard retreats more often than the policy allows", () => {
    const bench = retreated({ policy: { ...policy, rollbacksPerHour: 0 } })
    const { executor } = bench.hot
    expect(executor.resetDemanded).toBe(false)
    bench.readings(20, bench.storm, GUARD_BLAME)
    expect(executor.resetDemanded).toBe(true)
    bench.readings(100, bench.storm)
    // The hold ends, and tuning does not go on by that.
    expect(bench.acts).toEqual([GUARD_RETREAT, GUARD_BLAME, GUARD_RELEASE])
    expect([bench.loop.phase, bench.loop.dueUs]).toEqual([FROZEN, Number.POSITIVE_INFINITY])
    expect(bench.latch).not.toBe(NOT_TRIPPED)
    bench.loop.reset()
    expect([bench.latch, bench.loop.phase === FROZEN]).toEqual([NOT_TRIPPED, false])
  })

  it("has no effect if the guard is off", () => {
    const bench = new Guarded({ options: { guard: false } })
    bench.loop.start()
    bench.readings(60, bench.downhill)
    bench.readings(100, bench.storm)
    expect(bench.acts).toEqual([])
  })
})

describe("a level that is bad everywhere", () => {
  it("returns the plant to the tuned base, because the load has changed, and tuning continues", () => {
    const bench = tuned()
    const tunedAt = bench.base
    let last = tunedAt
    for (let i = 0; i < 60 && bench.acts.length === 0; i++) {
      last = bench.base
      bench.readings(1, () => BAD, GUARD_RETREAT)
    }
    expect(bench.live).toEqual(bench.startedAt)
    bench.readings(100, () => BAD, GUARD_WORLD)
    expect(bench.acts).toEqual([GUARD_RETREAT, GUARD_WORLD])
    expect(bench.base).toEqual(last)
    expect([bench.latch, bench.loop.phase === FROZEN]).toEqual([NOT_TRIPPED, false])
  })

  it("is attributed to the load if there is no other place than the start", () => {
    const bench = retreated({ options: { startIsBaseline: false } })
    bench.readings(100, () => BAD, GUARD_WORLD)
    expect(bench.acts).toEqual([GUARD_RETREAT, GUARD_WORLD])
    expect(bench.hot.config.hasBaseline).toBe(false)
  })

  it("except at the start moves the plant there, and makes the start the baseline", () => {
    const bench = tuned()
    bench.loop.setBaseline()
    bench.readings(40, bench.downhill)
    const elsewhere = new Float64Array(2)
    bench.hot.config.baselineUnits(elsewhere)
    expect([...elsewhere]).not.toEqual(bench.startedAt)
    bench.readings(60, bench.storm, GUARD_RETREAT)
    expect(bench.live).toEqual([...elsewhere])
    bench.readings(60, bench.storm, GUARD_TRY_START)
    expect(bench.live).toEqual(bench.startedAt)
    bench.readings(60, bench.storm, GUARD_BLAME_START)
    expect(bench.acts).toEqual([GUARD_RETREAT, GUARD_TRY_START, GUARD_BLAME_START])
    bench.hot.config.baselineUnits(elsewhere)
    expect([...elsewhere]).toEqual(bench.startedAt)
  })
})

describe("a blame", () => {
  it("rolls back to the baseline and keeps it, however good the start would be", () => {
    const bench = tuned()
    bench.loop.setBaseline()
    const baseline = bench.base
    bench.readings(40, bench.downhill)
    const bad = (): number => (bench.live[0] === baseline[0] ? CALM : BAD)
    bench.readings(60, bad, GUARD_RETREAT)
    const before = bench.hot.executor.rollbacks
    expect(bench.live).toEqual(baseline)
    // So sudden a rise may have been a burst, once.
    bench.readings(90, bad, GUARD_BLAME)
    expect(bench.acts.at(-1)).toBe(GUARD_BLAME)
    expect(bench.acts).not.toContain(GUARD_TRY_START)
    expect(bench.hot.executor.rollbacks).toBe(before + 1)
    const after = new Float64Array(2)
    bench.hot.config.baselineUnits(after)
    expect([[...after], bench.live]).toEqual([baseline, baseline])
  })
})

describe("an emergency while SafeMode is open", () => {
  /** A digest far below what the constraint allows. */
  const breach = (bench: Guarded): void => {
    bench.digest(BAD, -1)
    expect(bench.loop.lastTrip).toBe(TRIP_CONSTRAINT_EMERGENCY)
  }

  it("ends the guard's trial: the timer closes SafeMode, not a verdict", () => {
    const bench = retreated()
    breach(bench)
    expect(bench.phase).toBe(GUARD_CALM)
    expect(bench.loop.dueUs).toBe(bench.now + bench.loop.options.safeModeUs)
    bench.outlast(bench.loop.options.safeModeUs)
    expect([bench.latch, bench.loop.phase === FROZEN]).toEqual([NOT_TRIPPED, false])
    expect(bench.hot.executor.resetDemanded).toBe(false)
  })

  it("makes no exit easier: after a person's trip, only a person resets", () => {
    const bench = tuned()
    bench.loop.setBaseline()
    bench.readings(20, bench.downhill)
    bench.loop.trip()
    breach(bench)
    bench.outlast(10 * bench.loop.options.safeModeUs)
    expect([bench.loop.phase, bench.loop.dueUs]).toEqual([FROZEN, Number.POSITIVE_INFINITY])
    bench.loop.reset()
    expect(bench.latch).toBe(NOT_TRIPPED)
  })

  it("records that a person is required after more rollbacks than the policy allows", () => {
    const bench = tuned({ policy: { ...policy, rollbacksPerHour: 0 } })
    breach(bench)
    expect([bench.hot.executor.resetDemanded, bench.loop.dueUs]).toEqual([true, Number.POSITIVE_INFINITY])
    const byHand = tuned()
    byHand.loop.trip()
    // That it waits for a person is what opening it by hand means; nobody demands that on top.
    expect([byHand.hot.executor.resetDemanded, byHand.loop.dueUs]).toEqual([false, Number.POSITIVE_INFINITY])
  })
})

describe("a stay that is better than the baseline", () => {
  it("becomes the baseline without moving the plant", () => {
    const bench = new Guarded({ policy: { ...policy, minStableUs: 0 } })
    bench.loop.start()
    bench.readings(40, bench.downhill)
    let live = bench.live
    for (let i = 0; i < 900 && bench.acts.length === 0; i++) {
      live = bench.live
      // All is equally good beyond a tenth of the way.
      bench.readings(1, () => CALM - Math.min(0.5, 5 * bench.ahead))
    }
    expect(bench.acts).toEqual([GUARD_PROMOTE])
    const baseline = new Float64Array(2)
    bench.hot.config.baselineUnits(baseline)
    expect(Math.abs(baseline[0] - bench.startedAt[0])).toBeGreaterThan(0.05)
    const earned = new Float64Array(2)
    readGuardVector(bench.loop.guarded, GV_RESULT, earned)
    expect(baseline).toEqual(earned)
    expect(Math.abs(bench.live[0] - live[0])).toBeLessThanOrEqual(policy.maxStep)
    expect(bench.latch).toBe(NOT_TRIPPED)
  })
})

describe("a person", () => {
  it("who rolls back during a trial ends it: the plant rests there without a verdict", () => {
    const bench = retreated()
    bench.readings(1, bench.storm)
    expect(bench.phase).toBe(GUARD_ON_BASELINE)
    bench.loop.rollback()
    expect(bench.phase).toBe(GUARD_HOLDING)
    bench.readings(60, bench.storm, GUARD_RELEASE)
    expect(bench.acts).toEqual([GUARD_RETREAT, GUARD_RELEASE])
  })

  it("who rolls back outside a trial changes only the levels that the guard compares", () => {
    const bench = tuned()
    const reference = bench.loop.guarded[G_REFERENCE]
    bench.loop.rollback()
    expect(bench.loop.guarded[G_SEEN]).toBe(0)
    expect(bench.loop.guarded[G_REFERENCE]).toBe(reference)
    afterCooldown(bench)
  })

  it("who resets before a verdict lets the plant continue from its tuned base", () => {
    const bench = tuned()
    let left = bench.base
    for (let i = 0; i < 60 && bench.acts.length === 0; i++) {
      left = bench.base
      bench.readings(1, bench.storm, GUARD_RETREAT)
    }
    bench.readings(1, bench.storm)
    bench.loop.reset()
    expect(bench.base).toEqual(left)
    expect([bench.phase, bench.latch]).toEqual([GUARD_CALM, NOT_TRIPPED])
    bench.readings(1, bench.storm)
    expect(bench.acts).toEqual([GUARD_RETREAT, GUARD_WORLD])
  })

  it("who resets another SafeMode moves nothing", () => {
    const bench = tuned()
    bench.loop.trip()
    const before = bench.base
    bench.loop.reset()
    expect(bench.base).toEqual(before)
    bench.readings(1, bench.downhill)
    expect(bench.acts).toEqual([])
  })

  it("who sets the baseline makes its level the expected one", () => {
    const bench = tuned()
    const before = bench.loop.guarded[G_REFERENCE]
    bench.loop.setBaseline()
    expect(bench.loop.guarded[G_REFERENCE]).toBeLessThan(before)
    expect(bench.loop.guarded[G_SEEN]).toBe(0)
    const baseline = new Float64Array(2)
    bench.hot.config.baselineUnits(baseline)
    expect([...baseline]).toEqual(bench.base)
  })

  it("who trips by hand ends a trial: only a reset closes SafeMode, and that is not a verdict of the guard", () => {
    const bench = retreated()
    bench.readings(1, bench.storm)
    bench.loop.trip()
    expect([bench.phase, bench.loop.lastTrip]).toEqual([GUARD_CALM, TRIP_MANUAL])
    bench.readings(200, bench.storm)
    expect(bench.loop.phase).toBe(FROZEN)
    expect(bench.acts).toEqual([GUARD_RETREAT])
    bench.loop.reset()
    expect(bench.loop.phase).not.toBe(FROZEN)
  })
})

describe("SafeMode for regressions", () => {
  const strict = { ...policy, rollbackRegressions: 90, regressionsToTrip: 2 }

  it("is watched by the guard; one opened by hand is not", () => {
    const bench = tuned({ policy: strict })
    let level = CALM
    for (let i = 0; i < 40 && bench.loop.phase !== FROZEN; i++) bench.readings(1, () => (level *= 4))
    expect([bench.loop.lastTrip, bench.phase]).toEqual([TRIP_OBJECTIVE_REGRESSION, GUARD_WATCHING])
    // A reset ends that too; as nothing was judged, nothing is on the record.
    bench.loop.reset()
    bench.readings(1, bench.downhill)
    expect(bench.acts).toEqual([])
    afterCooldown(bench)
    const byHand = tuned({ policy: strict })
    byHand.loop.trip()
    expect(byHand.phase).toBe(GUARD_CALM)
  })

  it("is not watched by a loop that took over away from its start: nothing is known of the start", () => {
    const bench = tuned({ policy: strict, beginsElsewhere: true })
    let level = CALM
    for (let i = 0; i < 40 && bench.loop.phase !== FROZEN; i++) bench.readings(1, () => (level *= 4))
    expect([bench.loop.lastTrip, bench.phase]).toEqual([TRIP_OBJECTIVE_REGRESSION, GUARD_CALM])
  })
})

describe("a loop that takes over from another one", () => {
  it("keeps its guard's state, and does not start a second time", () => {
    const before = tuned()
    const after = new Guarded()
    after.loop.startFrom(before.loop.state, before.loop.guarded)
    expect(after.loop.guarded[G_REFERENCE]).toBe(before.loop.guarded[G_REFERENCE])
    expect([after.phase, after.loop.guarded[G_SEEN]]).toEqual([GUARD_CALM, 0])
    after.readings(10, after.downhill)
    const knows = after.loop.guarded.slice()
    after.loop.stop()
    after.loop.startFrom(before.loop.state, null)
    expect(after.loop.guarded[G_REFERENCE]).toBe(knows[G_REFERENCE])
  })
})

describe("the fence of a blame", () => {
  const table = new KnobTable([
    { min: 0, max: 1, scale: LINEAR, step: 0, maxStep: 0 },
    { min: 0, max: 360, scale: PERIODIC, step: 0, maxStep: 0 },
    { min: 0, max: 1, scale: LINEAR, step: 0, maxStep: 0 },
  ])
  const stateOf = (blames: number): Float64Array => {
    const state = new Float64Array(guardStateLength(3))
    state[G_BLAMES] = blames
    state[G_WINDOW_US] = 500_000
    state.set([0.2, 0.9, 0.5], GUARD_VECTORS_AT + 3 * GV_RESULT)
    state.set([0.8, 0.1, 0.5], GUARD_VECTORS_AT + 3 * GV_FAR)
    return state
  }

  it("stands half way to the blamed place, the short way round, for sixty windows that double with each blame", () => {
    for (const [blames, windows] of [
      [1, 60],
      [2, 120],
      [4, 480],
    ]) {
      const { sides, edges, untilUs } = guardFence(table, stateOf(blames), 7_000_000)
      expect(untilUs).toBe(7_000_000 + windows * 500_000)
      expect(sides).toEqual([1, 1, 0])
      expect(edges[0]).toBeCloseTo(0.5, 12)
      // From .9 over the seam to .1.
      expect(Math.abs(table.difference(1, edges[1], 0))).toBeLessThan(1e-12)
    }
  })
})
