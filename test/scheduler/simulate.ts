/**
 * The slowest way to say what a thread does: one unit of time after another, every task looked at in each. The reference for
 * admission and for the executive.
 */
import type { Demand } from "../../src/scheduler/admission.ts"
import type { SchedulingPolicy } from "../../src/scheduler/tasks.ts"

interface Running {
  readonly task: number
  readonly deadline: number
  readonly released: number
  left: number
}

export interface Miss {
  readonly task: number
  readonly at: number
}

/**
 * The first missed deadline in `until` units, or null. `releases` says for each task when its jobs are released. Work is
 * interrupted after each full step only.
 */
export function firstMiss(
  tasks: ReadonlyArray<Demand>,
  releases: ReadonlyArray<ReadonlyArray<number>>,
  until: number,
  policy: SchedulingPolicy = "edf",
): Miss | null {
  const pending: Array<Running> = []
  let current: Running | null = null
  let inStep = 0
  const key = (job: Running): number =>
    policy === "edf" ? job.deadline : policy === "rm" ? tasks[job.task].periodNs : job.deadline - job.left
  for (let now = 0; now <= until; now++) {
    for (const [task, times] of releases.entries())
      if (times.includes(now))
        pending.push({
          task,
          released: now,
          deadline: now + tasks[task].deadlineNs,
          left: tasks[task].budgetNs,
        })
    const late = pending.find((job) => job.deadline <= now && job.left > 0)
    if (late !== undefined) return { task: late.task, at: late.deadline }
    if (current === null || current.left === 0 || inStep === 0) {
      current =
        pending
          .filter((job) => job.left > 0)
          .toSorted(
            (a, b) =>
              tasks[a.task].rank - tasks[b.task].rank ||
              key(a) - key(b) ||
              a.task - b.task ||
              a.released - b.released,
          )[0] ?? null
      inStep = current === null ? 0 : Math.min(current.left, tasks[current.task].stepNs)
    }
    if (current !== null) {
      current.left--
      inStep--
    }
  }
  return null
}

/** Releases at every period from `from` on. */
export const periodic = (periodNs: number, until: number, from = 0): ReadonlyArray<number> =>
  Array.from({ length: Math.max(0, Math.ceil((until - from) / periodNs)) }, (_, i) => from + i * periodNs)
