import * as fc from "fast-check"
import { describe, expect, it } from "vitest"
import { DeadlineExecutive } from "../../src/scheduler/DeadlineExecutive.ts"
import { POLICIES, TASK_CLASSES } from "../../src/scheduler/tasks.ts"
import { Thread } from "./thread.ts"

describe("the order of ready tasks", () => {
  it("takes (2, 5) with (4, 7) in steps of one unit under earliest deadline first only, and keeps all deadlines", () => {
    const run = (policy: "edf" | "rm"): string => {
      const thread = new Thread({ policy })
      thread.executive.add({
        name: "two",
        periodUs: 5,
        budgetUs: 2,
        stepUs: 1,
        run: thread.steps("two", 1, 1),
      })
      const { answer } = thread.executive.add({
        name: "four",
        periodUs: 7,
        budgetUs: 4,
        stepUs: 1,
        run: thread.steps("four", 1, 1, 1, 1),
      })
      thread.until(700)
      const misses = thread.executive.schedule().tasks.reduce((sum, task) => sum + task.finishMisses, 0)
      return `${answer}, ${misses} misses`
    }
    expect(run("edf")).toBe("admitted, 0 misses")
    expect(run("rm")).toBe("rejected, 0 misses")
  })

  it("puts a higher class before an earlier deadline", () => {
    const thread = new Thread()
    thread.executive.once({ name: "soon", deadlineUs: 40, budgetUs: 5, run: thread.takes("soon", 5) })
    thread.executive.once({
      name: "guard",
      class: "guard",
      deadlineUs: 90,
      budgetUs: 5,
      run: thread.takes("guard", 5),
    })
    thread.until(100)
    expect(thread.ran).toEqual([
      ["guard", 0],
      ["soon", 5],
    ])
  })

  it("follows the policy within a class", () => {
    const order = (policy: (typeof POLICIES)[number]): ReadonlyArray<string> => {
      const thread = new Thread({ policy })
      // Earliest deadline: a. Shortest period: b. Least laxity: c.
      thread.executive.add({
        name: "a",
        periodUs: 200,
        deadlineUs: 60,
        budgetUs: 1,
        run: thread.takes("a", 1),
      })
      thread.executive.add({ name: "b", periodUs: 100, budgetUs: 2, run: thread.takes("b", 2) })
      thread.executive.add({
        name: "c",
        periodUs: 300,
        deadlineUs: 70,
        budgetUs: 30,
        run: thread.takes("c", 30),
      })
      thread.until(50)
      return thread.ran.map(([name]) => name)
    }
    expect(order("edf")).toEqual(["a", "c", "b"])
    expect(order("rm")).toEqual(["b", "a", "c"])
    expect(order("laxity")).toEqual(["c", "a", "b"])
  })

  it("runs a more urgent task between two steps", () => {
    const thread = new Thread()
    thread.executive.add({
      name: "long",
      periodUs: 100,
      budgetUs: 30,
      stepUs: 10,
      run: thread.steps("long", 10, 10, 10),
    })
    thread.executive.add({
      name: "guard",
      class: "guard",
      periodUs: 100,
      deadlineUs: 20,
      budgetUs: 2,
      releasedBy: "call",
      run: thread.takes("guard", 2),
    })
    thread.executive.runDue(1)
    thread.executive.release("guard")
    thread.until(99)
    expect(thread.ran).toEqual([
      ["long", 0],
      ["guard", 10],
      ["long", 12],
      ["long", 22],
    ])
  })

  it("keeps every deadline of every set that it admits, under every policy", () => {
    const anyTask = fc.record({
      class: fc.constantFrom(...TASK_CLASSES),
      periodUs: fc.integer({ min: 5, max: 60 }),
      load: fc.double({ min: 0.02, max: 0.5, noNaN: true }),
      steps: fc.integer({ min: 1, max: 4 }),
    })
    let admitted = 0
    fc.assert(
      fc.property(
        fc.array(anyTask, { minLength: 1, maxLength: 5 }),
        fc.constantFrom(...POLICIES),
        (asked, policy) => {
          const thread = new Thread({ policy })
          for (const [i, { class: kind, periodUs, load, steps }] of asked.entries()) {
            const stepUs = Math.max(1, Math.floor((load * periodUs) / steps))
            const name = `task ${i}`
            const { answer } = thread.executive.add({
              name,
              class: kind,
              periodUs,
              budgetUs: steps * stepUs,
              stepUs,
              run: thread.steps(name, ...Array.from({ length: steps }, () => stepUs)),
            })
            if (answer === "admitted") admitted++
          }
          thread.until(1_000)
          for (const task of thread.executive.schedule().tasks) {
            expect(task.released).toBeGreaterThan(Math.floor(999 / task.periodUs) - 1)
            expect([task.startMisses, task.finishMisses, task.overruns, task.skipped]).toEqual([0, 0, 0, 0])
          }
        },
      ),
      { numRuns: 300 },
    )
    expect(admitted).toBeGreaterThan(300)
  })
})

describe("admission by the executive", () => {
  const noop = (): void => undefined
  const urgent = { name: "control", periodUs: 4_000, budgetUs: 1_000, run: noop }

  it("rejects what would make another task miss, names it and the remedy, and changes nothing", () => {
    const { executive } = new Thread()
    executive.add(urgent)
    const before = executive.schedule()
    const answer = executive.add({ name: "report", periodUs: 20_000, budgetUs: 6_000, run: noop })
    expect(answer).toMatchObject({ answer: "rejected", reason: "blocking" })
    expect((answer as { message: string }).message).toBe(
      'With "report", "control" could not meet a deadline of 4000 us: a step that cannot be interrupted lasts too long. ' +
        "Split the longest work into steps (stepUs) or lengthen the deadline.",
    )
    expect(executive.schedule()).toEqual(before)
  })

  it("accepts a task at the shortest period that fits, if it may be slower", () => {
    const { executive } = new Thread()
    executive.add({ ...urgent, budgetUs: 2_000 })
    const answer = executive.add({
      name: "scan",
      periodUs: 2_000,
      slowestPeriodUs: 50_000,
      budgetUs: 1_000,
      run: noop,
    })
    expect(answer.answer).toBe("degraded")
    const { periodUs } = answer as { periodUs: number }
    expect(periodUs).toBeGreaterThanOrEqual(2_999)
    expect(periodUs).toBeLessThan(4_100)
    expect(executive.schedule().tasks[1].periodUs).toBe(periodUs)
    // Nothing shorter would do.
    const another = new Thread().executive
    another.add({ ...urgent, budgetUs: 2_000 })
    expect(another.add({ name: "scan", periodUs: periodUs * 0.98, budgetUs: 1_000, run: noop }).answer).toBe(
      "rejected",
    )
  })

  it("rejects a second task of the same name, and one task too many", () => {
    const { executive } = new Thread({ capacity: 1 })
    executive.add(urgent)
    expect(executive.add(urgent)).toMatchObject({ reason: "duplicate" })
    expect(executive.add({ ...urgent, name: "other" })).toMatchObject({ reason: "capacity" })
    executive.remove("control")
    expect(executive.add({ ...urgent, name: "other" })).toEqual({ answer: "admitted" })
  })

  it("uses the observed p99 of a task that takes longer than declared", () => {
    const thread = new Thread()
    thread.executive.add({ name: "liar", periodUs: 100, budgetUs: 10, run: thread.takes("liar", 40) })
    const honest = { name: "honest", periodUs: 100, budgetUs: 50, deadlineUs: 70, run: noop }
    expect(new Thread().executive.add(honest).answer).toBe("admitted")
    thread.until(100_000)
    expect(thread.account("liar").budgetUs).toBeGreaterThanOrEqual(40)
    expect(thread.executive.add(honest)).toMatchObject({ answer: "rejected" })
  })

  it("accepts one-shot work, and removes it when it is done", () => {
    const thread = new Thread()
    const work = { name: "save", deadlineUs: 100, budgetUs: 10, run: thread.takes("save", 10) }
    expect(thread.executive.once(work)).toEqual({ answer: "admitted" })
    expect(thread.executive.once({ ...work, name: "again", deadlineUs: 15 })).toMatchObject({
      answer: "rejected",
    })
    thread.until(50)
    expect(thread.ran).toEqual([["save", 0]])
    expect(thread.executive.schedule().tasks).toEqual([])
    expect(thread.executive.nextNs).toBe(Number.POSITIVE_INFINITY)
  })
})

describe("a job that takes longer than its budget", () => {
  it("gets only its share of the thread, and the others keep their deadlines", () => {
    const thread = new Thread()
    let used = 0
    thread.executive.add({
      name: "greedy",
      class: "guard",
      periodUs: 100,
      budgetUs: 20,
      stepUs: 10,
      run: function* forever() {
        for (;;) {
          used += 10
          thread.nowUs += 10
          yield
        }
      },
    })
    thread.executive.add({ name: "modest", periodUs: 100, budgetUs: 60, run: thread.takes("modest", 60) })
    thread.until(9_999)
    expect(used).toBeLessThanOrEqual(0.2 * 10_000 + 20)
    expect(used).toBeGreaterThanOrEqual(0.2 * 10_000 - 20)
    expect(thread.account("modest").finishMisses).toBe(0)
    expect(thread.account("modest").finished).toBe(100)
  })

  /** A task whose first job takes 45 us instead of 20. */
  const onceTooLong = (thread: Thread): void => {
    let takes = 45
    thread.executive.add({
      name: "once too long",
      periodUs: 100,
      budgetUs: 20,
      run: () => {
        thread.ran.push(["job", thread.nowUs])
        thread.nowUs += takes
        takes = 20
      },
    })
  }
  const starts = ({ ran }: Thread): ReadonlyArray<number> =>
    ran.filter(([name]) => name === "job").map(([, at]) => at)

  it("waits for its next periods when it could not be interrupted and the thread has other work", () => {
    const thread = new Thread()
    onceTooLong(thread)
    thread.executive.once({
      name: "long work",
      class: "housekeeping",
      deadlineUs: 1_000,
      budgetUs: 300,
      stepUs: 10,
      run: thread.steps("long work", ...Array.from({ length: 30 }, () => 10)),
    })
    thread.until(600)
    // 45 us are three budgets of 20: the second job starts two periods later than planned.
    expect(starts(thread)).toEqual([0, 305, 400, 500, 600])
    expect(thread.account("once too long").overruns).toBe(1)
  })

  it("owes nothing any more once the thread was idle: the next job is released in the usual rhythm", () => {
    const thread = new Thread()
    onceTooLong(thread)
    thread.until(300)
    expect(starts(thread)).toEqual([0, 100, 200, 300])
    expect(thread.account("once too long").overruns).toBe(1)
  })

  it("is not made up for when it lasted beyond its period", () => {
    const thread = new Thread()
    let takes = 145
    thread.executive.add({
      name: "far too long",
      periodUs: 100,
      budgetUs: 20,
      run: () => {
        thread.ran.push(["job", thread.nowUs])
        thread.nowUs += takes
        takes = 20
      },
    })
    thread.until(400)
    expect(starts(thread)).toEqual([0, 200, 300, 400])
  })

  it("makes nobody miss a deadline after the thread was idle, in any set that was admitted", () => {
    const anyTask = fc.record({
      class: fc.constantFrom(...TASK_CLASSES),
      periodUs: fc.integer({ min: 5, max: 60 }),
      load: fc.double({ min: 0.02, max: 0.5, noNaN: true }),
      excess: fc.integer({ min: 1, max: 9 }),
    })
    let overran = 0
    fc.assert(
      fc.property(
        fc.array(anyTask, { minLength: 2, maxLength: 5 }),
        fc.constantFrom(...POLICIES),
        (asked, policy) => {
          const thread = new Thread({ policy })
          for (const [i, { class: kind, periodUs, load, excess }] of asked.entries()) {
            const budgetUs = Math.max(1, Math.floor(load * periodUs))
            let takes = excess * budgetUs
            const run = (): void => {
              thread.nowUs += takes
              takes = budgetUs
            }
            thread.executive.add({ name: `task ${i}`, class: kind, periodUs, budgetUs, run })
          }
          const sum = (count: "finishMisses" | "overruns"): number =>
            thread.executive.schedule().tasks.reduce((all, task) => all + task[count], 0)
          thread.executive.runDue()
          const before = sum("finishMisses")
          overran += sum("overruns")
          thread.until(1_000)
          expect(sum("finishMisses")).toBe(before)
        },
      ),
      { numRuns: 300 },
    )
    expect(overran).toBeGreaterThan(100)
  })

  it("ends even if it is one-shot", () => {
    const thread = new Thread()
    thread.executive.once({
      name: "save",
      deadlineUs: 50,
      budgetUs: 10,
      stepUs: 10,
      run: thread.steps("save", 10, 10),
    })
    thread.until(1_000)
    expect(thread.ran.length).toBe(2)
    expect(thread.executive.schedule().tasks).toEqual([])
  })
})

describe("under overload", () => {
  it("never starves a guard", () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 8 }), { minLength: 1, maxLength: 6 }), (loads) => {
        const thread = new Thread()
        thread.executive.add({
          name: "guard",
          class: "guard",
          periodUs: 20,
          budgetUs: 1,
          run: thread.takes("guard", 1),
        })
        for (const [i, load] of loads.entries())
          thread.executive.add({
            name: `liar ${i}`,
            class: "analysis",
            periodUs: 40,
            budgetUs: 1,
            // Each takes up to eight times what it said.
            run: thread.takes("liar", load),
          })
        thread.until(2_000)
        const { startMisses, finishMisses, finished } = thread.account("guard")
        expect([startMisses, finishMisses]).toEqual([0, 0])
        expect(finished).toBeGreaterThanOrEqual(99)
      }),
      { numRuns: 50 },
    )
  })

  it("does not make up for releases that a blocked thread missed", () => {
    const thread = new Thread()
    thread.executive.add({ name: "tick", periodUs: 10, budgetUs: 1, run: thread.takes("tick", 1) })
    thread.until(20)
    thread.nowUs = 75
    thread.until(90)
    expect(thread.ran.map(([, at]) => at)).toEqual([0, 10, 20, 75, 80, 90])
    expect(thread.account("tick").skipped).toBe(4)
    expect(thread.executive.schedule().loopDelayMaxUs).toBe(45)
  })

  it("reports misses that are no longer tolerated, once until they stop", () => {
    const reports: Array<unknown> = []
    const thread = new Thread({ onMisses: (...report) => reports.push(report) })
    let takes = 9
    thread.executive.add({
      name: "loop",
      periodUs: 20,
      deadlineUs: 10,
      budgetUs: 10,
      tolerate: { count: 2, of: 3 },
      run: () => {
        thread.nowUs += takes
      },
    })
    const runJobs = (us: number, jobs: number): void => {
      takes = us
      for (let left = jobs; left > 0; left -= thread.executive.runDue())
        thread.nowUs = Math.max(thread.nowUs, thread.executive.nextNs / 1_000)
    }
    runJobs(9, 5)
    runJobs(12, 1)
    expect(reports).toEqual([])
    runJobs(12, 3)
    expect(reports).toEqual([["loop", 2, 3]])
    runJobs(9, 3)
    runJobs(12, 2)
    expect(reports).toEqual([
      ["loop", 2, 3],
      ["loop", 2, 3],
    ])
  })
})

describe("a task that is released by calls", () => {
  const called = (thread: Thread) => {
    thread.executive.add({
      name: "scan",
      periodUs: 50,
      budgetUs: 5,
      releasedBy: "call",
      run: thread.takes("scan", 5),
    })
  }

  it("does nothing until it is called", () => {
    const thread = new Thread()
    called(thread)
    thread.until(1_000)
    expect(thread.ran).toEqual([])
  })

  it("runs at most once a period, however often it is called", () => {
    const thread = new Thread()
    called(thread)
    for (let at = 0; at <= 200; at += 10) {
      thread.until(at)
      thread.executive.release("scan")
    }
    thread.until(300)
    expect(thread.ran.map(([, at]) => at)).toEqual([0, 50, 100, 150, 200, 250])
    expect(thread.account("scan").skipped).toBeGreaterThan(0)
  })

  it("is not found under another name", () => {
    const thread = new Thread()
    expect(thread.executive.release("scan")).toBe(false)
    expect(thread.executive.remove("scan")).toBe(false)
  })
})

describe("work that misbehaves", () => {
  it("is reported when it throws, and the executive continues", () => {
    const failures: Array<unknown> = []
    const thread = new Thread({ onFailure: (...failure) => failures.push(failure) })
    const error = new Error("broken")
    thread.executive.add({
      name: "broken",
      periodUs: 10,
      budgetUs: 1,
      run: () => {
        throw error
      },
    })
    thread.executive.add({ name: "well", periodUs: 10, budgetUs: 1, run: thread.takes("well", 1) })
    thread.until(15)
    expect(failures).toEqual([
      ["broken", error],
      ["broken", error],
    ])
    expect(thread.account("broken")).toMatchObject({ failed: 2, finished: 2 })
    expect(thread.account("well").finished).toBe(2)
  })

  it("throws from runDue if nothing handles its errors, and the executive stays usable", () => {
    const thread = new Thread()
    let broken = true
    thread.executive.add({
      name: "task",
      periodUs: 10,
      budgetUs: 1,
      run: () => {
        if (broken) throw new Error("broken")
      },
    })
    expect(() => thread.executive.runDue()).toThrow("broken")
    broken = false
    thread.until(10)
    expect(thread.account("task")).toMatchObject({ finished: 2, failed: 1 })
  })

  it("may remove its own task, and a generator can then clean up", () => {
    const thread = new Thread()
    let cleaned = false
    thread.executive.add({
      name: "self",
      periodUs: 10,
      budgetUs: 5,
      stepUs: 1,
      run: function* self() {
        try {
          yield
          thread.executive.remove("self")
          yield
        } finally {
          cleaned = true
        }
      },
    })
    thread.until(100)
    expect(cleaned).toBe(true)
    expect(thread.executive.schedule().tasks).toEqual([])
  })

  it("cannot run the executive from inside", () => {
    const thread = new Thread()
    const inside: Array<number> = []
    thread.executive.add({
      name: "nested",
      periodUs: 10,
      budgetUs: 1,
      run: () => void inside.push(thread.executive.runDue()),
    })
    thread.until(5)
    expect(inside).toEqual([0])
  })
})

describe("bad input", () => {
  const { executive } = new Thread()
  const good = { name: "a", periodUs: 10, budgetUs: 1, run: () => undefined }
  const refusal = (act: () => unknown): string => {
    try {
      act()
    } catch (error) {
      expect((error as { _tag: string })._tag).toBe("ConfigError")
      return (error as Error).message
    }
    throw new Error("was accepted")
  }

  it.each([
    ["a period of zero", { ...good, periodUs: 0 }, "periodUs"],
    ["a budget that is NaN", { ...good, budgetUs: Number.NaN }, "budgetUs"],
    [
      "a deadline beyond the period",
      { ...good, deadlineUs: 11 },
      "deadlineUs: is 11, longer than the period (10)",
    ],
    [
      "a budget beyond the deadline",
      { ...good, deadlineUs: 5, budgetUs: 6 },
      "budgetUs: is 6, longer than the deadline (5)",
    ],
    ["a step beyond the budget", { ...good, stepUs: 2 }, "stepUs: is 2, longer than the budget (1)"],
    [
      "a slowest period below the period",
      { ...good, slowestPeriodUs: 5 },
      "periodUs: is 10, longer than slowestPeriodUs (5)",
    ],
    ["an unknown class", { ...good, class: "gaurd" }, 'Did you mean "guard"?'],
    ["an unknown field", { ...good, period: 5 }, "period"],
    ["no work", { ...good, run: undefined }, "run: must be a function"],
    ["an empty name", { ...good, name: "" }, "name"],
    [
      "more misses than jobs",
      { ...good, tolerate: { count: 4, of: 3 } },
      'tolerate.count: is 4, more than "of" (3)',
    ],
    ["something that is no object", null, "must be"],
  ])("refuses %s", (_, task, says) => {
    expect(refusal(() => executive.add(task as never))).toContain(says)
    expect(executive.schedule().tasks).toEqual([])
  })

  it("refuses options that the executive does not have", () => {
    const nowNs = (): number => 0
    expect(refusal(() => new DeadlineExecutive({ nowNs, polcy: "edf" } as never))).toContain(
      'Did you mean "policy"?',
    )
    expect(refusal(() => new DeadlineExecutive({} as never))).toContain("nowNs: must be a function")
    expect(refusal(() => new DeadlineExecutive({ nowNs, capacity: 0 }))).toContain("capacity")
    expect(refusal(() => executive.once({ ...good, periodUs: 3 } as never))).toContain("deadlineUs")
  })
})
