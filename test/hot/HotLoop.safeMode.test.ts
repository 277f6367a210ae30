/** How a loop comes into SafeMode and out of it: regressions, rollbacks by the hour, commands, rests and second trips. */
import { describe, expect, it } from "vitest"
import { RECORD_KIND, RECORD_TIMESTAMP_US } from "../../src/hot/AuditRing.ts"
import {
  AUDIT_ROLLBACK,
  EMERGENCY,
  NOT_TRIPPED,
  NOTHING_DUE,
  TRIP_AUDIT_QUEUE_FULL,
  TRIP_CONSTRAINT_EMERGENCY,
  TRIP_MANUAL,
  TRIP_OBJECTIVE_REGRESSION,
  TRIP_TELEMETRY_LOST,
  WINDOW_CLOSED,
  WINDOW_EXPIRED,
} from "../../src/hot/codes.ts"
import { FROZEN, WAITING_MINUS, WAITING_PLUS } from "../../src/hot/phases.ts"
import { LoopBench, type Overrides, policy, READING, SECOND } from "./loopBench.ts"
import { drained } from "./rig.ts"

const SAFE_MODE_US = 30 * SECOND

const isWaiting = ({ loop }: LoopBench): boolean =>
  loop.phase === WAITING_PLUS || loop.phase === WAITING_MINUS
const latchOf = ({ hot }: LoopBench): number => Atomics.load(hot.executor.latch, 0)

/** A loop that has left its start. */
const moved = (overrides: Overrides = {}): LoopBench => {
  const bench = new LoopBench(overrides)
  bench.loop.start()
  bench.run(60)
  while (!isWaiting(bench)) bench.tick(100_000)
  expect(bench.base).not.toEqual(bench.startedAt)
  return bench
}

/** Lets no telemetry come until SafeMode opens, which its timer ends. */
const silence = (bench: LoopBench): void => {
  for (let i = 0; i < 3; i++) bench.tick(4 * READING)
  expect(bench.loop.lastTrip).toBe(TRIP_TELEMETRY_LOST)
  expect(bench.loop.phase).toBe(FROZEN)
}

/** Each cycle far worse than the one before; returns how many regressions the tuner found at every look. */
const worsen = (bench: LoopBench, until: () => boolean, from = 1): ReadonlyArray<number> => {
  const { kernel } = bench.loop
  const found: Array<number> = []
  const complete = kernel.complete.bind(kernel)
  let inARow = 0
  kernel.complete = (prev, next, readings, band) => {
    const outcome = complete(prev, next, readings, band)
    inARow = kernel.regressions(next) > 0 ? inARow + 1 : 0
    found.push(inARow)
    return outcome
  }
  let level = from
  for (let i = 0; i < 200 && !until(); i++) {
    level *= 6
    bench.digest(level)
    if (!until() && !isWaiting(bench)) bench.tick(policy.cooldownUs)
  }
  kernel.complete = complete
  expect(until()).toBe(true)
  return found
}

describe("HotLoop and regressions", () => {
  it("reports the number in a row to Tier 1, and zero after a cycle without", () => {
    const bench = moved({ policy: { ...policy, rollbackRegressions: 90, regressionsToTrip: 100 } })
    const { executor } = bench.hot
    const found = worsen(bench, () => executor.regressions === 3)
    expect(found.at(-1)).toBe(3)
    const level = 1e6
    for (let i = 0; i < 8; i++) bench.run(1, () => level)
    expect(executor.regressions).toBe(0)
  })

  it("rolls back once at one limit, keeps what it learned, and trips at the other", () => {
    const bench = moved({ policy: { ...policy, rollbackRegressions: 2, regressionsToTrip: 4 } })
    const { hot, loop } = bench
    const before = loop.kernel.cycles(loop.state)
    const first = worsen(bench, () => hot.executor.rollbacks === 1)
    expect(first.at(-1)).toBe(2)
    expect(loop.phase).not.toBe(FROZEN)
    expect(bench.live).toEqual(bench.startedAt)
    // One cycle was drawn for each that was completed, and one for the rollback.
    expect(loop.kernel.cycles(loop.state)).toBe(before + first.length + 1)
    expect(loop.kernel.loss(loop.state)).toBeGreaterThan(1)
    bench.tick(policy.cooldownUs)
    // The third in a row is no reason to go back once more, the fourth is one to stop.
    expect(worsen(bench, () => loop.phase === FROZEN, 1e60)).toHaveLength(2)
    expect(loop.lastTrip).toBe(TRIP_OBJECTIVE_REGRESSION)
    expect(hot.executor.rollbacks).toBe(2)
  })

  it.each([1, 2, 3])("trips at regression %i in a row if that is the limit", (regressionsToTrip) => {
    const bench = moved({ policy: { ...policy, rollbackRegressions: regressionsToTrip, regressionsToTrip } })
    const { loop } = bench
    const before = loop.kernel.cycles(loop.state)
    const found = worsen(bench, () => loop.phase === FROZEN)
    expect(found.at(-1)).toBe(regressionsToTrip)
    expect(loop.trips).toBe(1)
    expect(loop.lastTrip).toBe(TRIP_OBJECTIVE_REGRESSION)
    expect(bench.live).toEqual(bench.startedAt)
    // What the last pair said is kept.
    expect(loop.kernel.cycles(loop.state)).toBe(before + found.length)
    expect(loop.kernel.cycles(loop.previous)).toBe(before + found.length - 1)
  })

  it("returns to the base without a baseline", () => {
    const bench = moved({
      options: { startIsBaseline: false },
      policy: { ...policy, rollbackRegressions: 1, regressionsToTrip: 1 },
    })
    worsen(bench, () => bench.loop.phase === FROZEN)
    expect(bench.hot.executor.rollbacks).toBe(0)
    expect(bench.hot.executor.returns).toBe(1)
    expect(bench.live).toEqual(bench.base)
    expect(bench.live).not.toEqual(bench.startedAt)
  })
})

describe("HotLoop and a rollback by hand", () => {
  it("goes to the baseline now, waits for the cooldown and continues from there", () => {
    const bench = moved()
    const { loop, hot } = bench
    hot.audit.drain(() => {})
    bench.now += 1_000
    hot.nowCell[0] = bench.now
    loop.rollback()
    expect(bench.live).toEqual(bench.startedAt)
    const [record] = drained(hot.audit)
    expect([record[RECORD_KIND], record[RECORD_TIMESTAMP_US]]).toEqual([AUDIT_ROLLBACK, bench.now])
    expect(loop.dueUs).toBe(bench.now + policy.cooldownUs)
    const { applies } = hot.executor
    bench.tick(policy.cooldownUs - 1)
    expect(hot.executor.applies).toBe(applies)
    bench.tick(1)
    expect(hot.executor.applies).toBe(applies + 1)
    expect(loop.trips).toBe(0)
  })

  it("goes to the base without a baseline, without a cooldown", () => {
    const bench = moved({ options: { startIsBaseline: false } })
    const { base } = bench
    expect(bench.live).not.toEqual(base)
    bench.loop.rollback()
    expect(bench.live).toEqual(base)
    expect(bench.hot.executor.returns).toBe(1)
    bench.tick(100_000)
    expect(isWaiting(bench)).toBe(true)
  })

  it("keeps SafeMode open until its deadline, and does not count towards needing a person", () => {
    const bench = moved({ policy: { ...policy, rollbacksPerHour: 1 } })
    const { loop } = bench
    silence(bench)
    const dueUs = loop.dueUs
    // SafeMode has gone to the baseline by itself, once.
    expect(bench.hot.executor.rollbacksThisHour).toBe(1)
    for (let i = 0; i < 3; i++) loop.rollback()
    expect(bench.live).toEqual(bench.startedAt)
    expect(loop.phase).toBe(FROZEN)
    expect(loop.dueUs).toBe(dueUs)
    bench.outlast(SAFE_MODE_US)
    for (let i = 0; i < 3; i++) loop.rollback()
    expect(loop.phase).not.toBe(FROZEN)
    expect(bench.hot.executor.rollbacksThisHour).toBe(1)
  })
})

describe("HotLoop and its own rollbacks", () => {
  it("allows the hourly number, and waits for a person after one more", () => {
    const bench = moved({
      policy: { ...policy, rollbacksPerHour: 2, rollbackRegressions: 1, regressionsToTrip: 90 },
    })
    const { loop, hot } = bench
    const rollBack = (count: number): void => {
      worsen(bench, () => hot.executor.rollbacks === count, 10 ** (20 * count))
    }
    for (let i = 1; i <= 2; i++) {
      rollBack(i)
      expect(loop.phase).not.toBe(FROZEN)
      expect(latchOf(bench)).toBe(NOT_TRIPPED)
      bench.tick(policy.cooldownUs)
    }
    rollBack(3)
    expect(loop.phase).toBe(FROZEN)
    expect(latchOf(bench)).toBe(TRIP_OBJECTIVE_REGRESSION)
    expect(loop.lastTrip).toBe(TRIP_OBJECTIVE_REGRESSION)
    expect(loop.trips).toBe(1)
    expect(loop.dueUs).toBe(Number.POSITIVE_INFINITY)
    bench.tick(SAFE_MODE_US)
    expect(loop.phase).toBe(FROZEN)
    loop.reset()
    expect(loop.phase).not.toBe(FROZEN)
    expect(latchOf(bench)).toBe(NOT_TRIPPED)
  })
})

describe("HotLoop in SafeMode", () => {
  it("states when its timer ends, and closes with the first window after that", () => {
    const bench = moved({ options: { safeModeUs: 7 * SECOND } })
    const { loop } = bench
    silence(bench)
    expect(loop.dueUs).toBe(bench.now + 7 * SECOND)
    bench.tick(7 * SECOND - READING - 1)
    bench.digest(1)
    expect(loop.phase).toBe(FROZEN)
    bench.tick(1)
    expect(loop.phase).toBe(FROZEN)
    bench.digest(1)
    expect(loop.phase).not.toBe(FROZEN)
    expect(latchOf(bench)).toBe(NOT_TRIPPED)
  })

  it("forgets the timeouts that led to it", () => {
    const bench = moved()
    silence(bench)
    expect(bench.loop.timeouts).toBe(0)
    bench.loop.reset()
    while (!isWaiting(bench)) bench.tick(100_000)
    bench.tick(4 * READING)
    expect(bench.loop.timeouts).toBe(1)
    expect(bench.loop.trips).toBe(1)
  })

  it("keeps measuring: windows close or expire one after another, and count for nothing", () => {
    const bench = moved()
    silence(bench)
    const { cycles } = bench.loop
    for (let i = 0; i < 5; i++) expect(bench.digest(1)).toBe(WINDOW_CLOSED)
    for (let i = 0; i < 5; i++) expect(bench.tick(4 * READING)).toBe(WINDOW_EXPIRED)
    for (let i = 0; i < 5; i++) expect(bench.digest(1)).toBe(WINDOW_CLOSED)
    expect([bench.loop.timeouts, bench.loop.cycles, bench.loop.trips]).toEqual([0, cycles, 1])
  })

  it("opens no further window while it only waits for a cooldown", () => {
    const bench = moved()
    bench.loop.rollback()
    expect(bench.digest(1)).toBe(WINDOW_CLOSED)
    expect(bench.digest(1)).toBe(NOTHING_DUE)
    expect(bench.tick(4 * READING)).toBe(NOTHING_DUE)
    const other = moved()
    other.loop.rollback()
    expect(other.tick(4 * READING)).toBe(WINDOW_EXPIRED)
    expect(other.tick(4 * READING)).toBe(NOTHING_DUE)
    expect([other.loop.timeouts, other.loop.trips]).toEqual([0, 0])
  })

  it("is left by hand even if audit records are waiting, unless it waits for exactly that", () => {
    const bench = moved({ auditCapacity: 1024 })
    bench.loop.trip()
    while (bench.hot.audit.drained) bench.hot.executor.setBaseline()
    bench.loop.reset()
    expect(bench.loop.phase).not.toBe(FROZEN)

    const full = new LoopBench({ auditCapacity: 16 })
    full.loop.start()
    for (let i = 0; i < 40 && full.loop.phase !== FROZEN; i++) {
      full.digest(full.bowl())
      full.tick(READING)
    }
    expect(full.loop.lastTrip).toBe(TRIP_AUDIT_QUEUE_FULL)
    full.loop.reset()
    expect(full.loop.phase).toBe(FROZEN)
    full.hot.audit.drain(() => {})
    full.loop.reset()
    expect(full.loop.phase).not.toBe(FROZEN)
  })

  it("ignores a reset that it does not need", () => {
    const bench = moved()
    const before = [bench.hot.config.generation, bench.loop.phase, bench.loop.kernel.cycles(bench.loop.state)]
    bench.loop.reset()
    expect([
      bench.hot.config.generation,
      bench.loop.phase,
      bench.loop.kernel.cycles(bench.loop.state),
    ]).toEqual(before)
  })

  it("stays open if the latch was found open, until a person ends it", () => {
    const bench = new LoopBench()
    bench.hot.executor.openLatch(TRIP_CONSTRAINT_EMERGENCY)
    bench.loop.start()
    bench.tick(3600 * SECOND)
    expect(bench.loop.phase).toBe(FROZEN)
    expect(bench.hot.executor.applies).toBe(0)
    expect(bench.hot.executor.refused.every((count) => count === 0)).toBe(true)
    bench.loop.reset()
    expect(isWaiting(bench)).toBe(true)
  })
})

describe("HotLoop tripped by hand", () => {
  it("goes to the base, not further back", () => {
    const bench = moved()
    const { base } = bench
    expect(bench.live).not.toEqual(base)
    bench.loop.trip()
    expect(bench.live).toEqual(base)
    expect(bench.hot.executor.rollbacks).toBe(0)
    expect(latchOf(bench)).toBe(TRIP_MANUAL)
  })

  // Root cause: a trip while SafeMode stood open was dropped, so that the timer of the first ended what a person had closed.
  it("waits for a person even if a timer would have ended the open SafeMode", () => {
    const bench = moved()
    const { loop } = bench
    silence(bench)
    loop.trip()
    expect(latchOf(bench)).toBe(TRIP_MANUAL)
    expect([loop.trips, loop.lastTrip]).toEqual([2, TRIP_MANUAL])
    expect(loop.dueUs).toBe(Number.POSITIVE_INFINITY)
    bench.tick(3600 * SECOND)
    expect(loop.phase).toBe(FROZEN)
    loop.reset()
    expect(loop.phase).not.toBe(FROZEN)
  })

  it("still needs a person after an emergency, which by itself has a timer", () => {
    const bench = moved()
    const { loop } = bench
    loop.trip()
    expect(bench.digest(1, -0.6)).toBe(EMERGENCY)
    expect(bench.live).toEqual(bench.startedAt)
    expect([loop.trips, loop.lastTrip]).toEqual([2, TRIP_CONSTRAINT_EMERGENCY])
    bench.tick(3600 * SECOND)
    expect(loop.phase).toBe(FROZEN)
    loop.reset()
    expect(loop.phase).not.toBe(FROZEN)
  })

  it("has a timer for as many emergencies as rollbacks allowed per hour, and none after one more", () => {
    const bench = moved({ policy: { ...policy, rollbacksPerHour: 2 } })
    const { loop } = bench
    for (let i = 1; i <= 2; i++) {
      while (!isWaiting(bench)) bench.tick(SECOND)
      expect(bench.digest(1, -0.6)).toBe(EMERGENCY)
      expect(bench.hot.executor.rollbacksThisHour).toBe(i)
      expect(loop.dueUs).toBe(bench.now + SAFE_MODE_US)
      bench.outlast(SAFE_MODE_US)
      expect(loop.phase).not.toBe(FROZEN)
    }
    while (!isWaiting(bench)) bench.tick(SECOND)
    bench.digest(1, -0.6)
    expect(loop.dueUs).toBe(Number.POSITIVE_INFINITY)
    bench.outlast(SAFE_MODE_US)
    expect(loop.phase).toBe(FROZEN)
  })
})

describe("HotLoop at rest and stopped", () => {
  it.each(["rest", "stop"] as const)("writes the return to its base down as of now: %s", (how) => {
    const bench = moved()
    const { hot, loop } = bench
    hot.audit.drain(() => {})
    bench.now += 5_000
    hot.nowCell[0] = bench.now
    loop[how]()
    expect(bench.live).toEqual(bench.base)
    expect(drained(hot.audit).map((record) => record[RECORD_TIMESTAMP_US])).toEqual([bench.now])
    expect(loop.trips).toBe(0)
    expect(latchOf(bench)).toBe(NOT_TRIPPED)
  })

  it("keeps measuring at rest, needs no timer, and continues without its earlier regressions", () => {
    const bench = moved({ policy: { ...policy, rollbackRegressions: 90, regressionsToTrip: 100 } })
    const { hot, loop } = bench
    worsen(bench, () => hot.executor.regressions === 2)
    loop.rest()
    expect(loop.dueUs).toBe(Number.POSITIVE_INFINITY)
    expect(bench.digest(1)).toBe(WINDOW_CLOSED)
    expect(bench.digest(1)).toBe(WINDOW_CLOSED)
    bench.tick(3600 * SECOND)
    expect(loop.phase).toBe(FROZEN)
    loop.reset()
    expect(hot.executor.regressions).toBe(0)
    expect(isWaiting(bench)).toBe(true)
  })

  it("keeps SafeMode as it is when asked to rest, and leaves it as before", () => {
    const bench = moved()
    silence(bench)
    const { generation } = bench.hot.config
    bench.loop.rest()
    expect(bench.hot.config.generation).toBe(generation)
    expect(latchOf(bench)).toBe(TRIP_TELEMETRY_LOST)
    bench.outlast(SAFE_MODE_US)
    expect(bench.loop.phase).not.toBe(FROZEN)
  })
})
