import * as fc from "fast-check"
import { describe, expect, it } from "vitest"
import { type Demand, shortfall } from "../../src/scheduler/admission.ts"
import { POLICIES } from "../../src/scheduler/tasks.ts"
import { firstMiss, periodic } from "./simulate.ts"

/** Work of `budgetNs` every `periodNs`, in one step, due at the end of the period. */
const task = (budgetNs: number, periodNs: number, more: Partial<Demand> = {}): Demand => ({
  rank: 0,
  periodNs,
  deadlineNs: periodNs,
  budgetNs,
  stepNs: budgetNs,
  ...more,
})

const anyTask = fc
  .record({
    rank: fc.nat(2),
    periodNs: fc.integer({ min: 2, max: 24 }),
    load: fc.double({ min: 0.02, max: 0.6, noNaN: true }),
    due: fc.double({ min: 0.3, max: 1, noNaN: true }),
    steps: fc.integer({ min: 1, max: 4 }),
  })
  .map(({ rank, periodNs, load, due, steps }): Demand => {
    const budgetNs = Math.max(1, Math.round(load * periodNs))
    const deadlineNs = Math.max(budgetNs, Math.round(due * periodNs))
    return { rank, periodNs, deadlineNs, budgetNs, stepNs: Math.ceil(budgetNs / steps) }
  })

/** Releases that are never closer than the period, with the gaps that `jitter` adds. */
const sporadic = (periodNs: number, phase: number, jitter: ReadonlyArray<number>): ReadonlyArray<number> => {
  const times = []
  let at = phase
  for (const more of jitter) {
    times.push(at)
    at += periodNs + more
  }
  return times
}

describe("the admission of tasks that cannot be interrupted", () => {
  it("rejects (1, 4) with (6, 20): they need 55 % of the thread, but six units block a task that must be done in four", () => {
    expect(shortfall([task(1, 4), task(6, 20)])).toMatchObject({ reason: "blocking", task: 0 })
  })

  it("admits the same pair when the long task has steps", () => {
    expect(shortfall([task(1, 4), task(6, 20, { stepNs: 3 })])).toBeNull()
  })

  it("admits (2, 5) with (4, 7), which use 97 % of the thread", () => {
    expect(shortfall([task(2, 5), task(4, 7)])).toBeNull()
  })

  it("with steps of one unit rejects that pair under shortest period first, which misses at 7", () => {
    const pair = [task(2, 5, { stepNs: 1 }), task(4, 7, { stepNs: 1 })]
    const releases = pair.map(({ periodNs }) => periodic(periodNs, 350))
    expect(shortfall(pair, "rm")).toMatchObject({ reason: "interference", task: 1 })
    expect(firstMiss(pair, releases, 350, "rm")).toEqual({ task: 1, at: 7 })
    expect(shortfall(pair, "edf")).toBeNull()
    expect(firstMiss(pair, releases, 350, "edf")).toBeNull()
  })

  it("rejects what needs more than the whole thread", () => {
    expect(shortfall([task(3, 5), task(3, 7)])).toMatchObject({ reason: "utilization" })
  })

  it("counts how long the thread does other things", () => {
    expect(shortfall([task(2, 5)], "edf", 3)).toBeNull()
    expect(shortfall([task(2, 5)], "edf", 4)).toMatchObject({ reason: "blocking" })
  })

  it("counts the work of higher classes, whatever their deadlines", () => {
    const urgent = task(4, 100)
    const near = task(2, 10, { rank: 1, deadlineNs: 6 })
    expect(shortfall([urgent, near])).toBeNull()
    expect(shortfall([urgent, { ...near, deadlineNs: 5 }])).toMatchObject({ reason: "interference", task: 1 })
  })

  it("treats one-shot work as one job", () => {
    const once = task(3, Number.POSITIVE_INFINITY, { deadlineNs: 6 })
    expect(shortfall([task(2, 5), once])).toBeNull()
    expect(shortfall([task(2, 5), { ...once, deadlineNs: 3 }])).toMatchObject({ reason: "blocking", task: 1 })
  })

  it("reports that it cannot decide rather than calculating forever", () => {
    const all = [task(0.5e6, 1e6), task(0.5e12, 1e12, { stepNs: 1, rank: 1 })]
    expect(shortfall(all)).toMatchObject({ reason: "undecided" })
  })

  it("never lets an admitted set miss, whatever its releases", () => {
    const phases = fc.array(fc.nat(12), { minLength: 4, maxLength: 4 })
    const gaps = fc.array(fc.array(fc.constantFrom(0, 0, 0, 1, 5), { minLength: 12, maxLength: 12 }), {
      minLength: 4,
      maxLength: 4,
    })
    let admitted = 0
    fc.assert(
      fc.property(
        fc.array(anyTask, { minLength: 1, maxLength: 4 }),
        fc.constantFrom(...POLICIES),
        phases,
        gaps,
        (tasks, policy, phase, gap) => {
          if (shortfall(tasks, policy) !== null) return
          admitted++
          const releases = tasks.map(({ periodNs }, i) => sporadic(periodNs, phase[i], gap[i]))
          expect(firstMiss(tasks, releases, 200, policy)).toBeNull()
        },
      ),
      { numRuns: 2_000 },
    )
    expect(admitted).toBeGreaterThan(100)
  })

  it("rejects a set of one class only if some releases really miss", () => {
    let rejected = 0
    const plain = anyTask.map(({ budgetNs, periodNs }) => task(budgetNs, periodNs))
    fc.assert(
      fc.property(fc.array(plain, { minLength: 1, maxLength: 4 }), (tasks) => {
        const lack = shortfall(tasks)
        if (lack === null) return
        rejected++
        const until = 600
        // The worst start: everything at once, or everything a unit after one long step has begun.
        const starts = [
          tasks.map(({ periodNs }) => periodic(periodNs, until)),
          ...tasks.map((_, first) =>
            tasks.map(({ periodNs }, i) => periodic(periodNs, until, i === first ? 0 : 1)),
          ),
        ]
        expect(starts.some((releases) => firstMiss(tasks, releases, until) !== null)).toBe(true)
      }),
      { numRuns: 500 },
    )
    expect(rejected).toBeGreaterThan(50)
  })
})
