/**
 * Whether a set of tasks meets all its deadlines on one thread, when a step that has begun cannot be interrupted. The answer
 * holds for any pattern of releases that keeps the minimum periods. An answer of "no" is exact for tasks of one class under EDF
 * whose deadline is their period (Jeffay, Stanat, Martel, "On Non-Preemptive Scheduling of Periodic and Sporadic Tasks",
 * RTSS 1991), and on the safe side otherwise.
 *
 * All times are whole nanoseconds. A blocking step has begun at least one nanosecond before the release that it blocks.
 */
import type { SchedulingPolicy } from "./tasks.ts"

/** What a task asks of the thread. */
export interface Demand {
  /** 0 goes first. A task of a lower class waits for every ready task of a higher one. */
  readonly rank: number
  /** Least time between releases; Infinity for work that is done once. */
  readonly periodNs: number
  /** From release to the end of the work. */
  readonly deadlineNs: number
  /** Longest time of the whole work. */
  readonly budgetNs: number
  /** Longest stretch of it that cannot be interrupted; at most the budget. */
  readonly stepNs: number
}

/** Why a set is not schedulable: the index of the task that may miss, and the time after which it may. */
export interface Shortfall {
  readonly reason: "utilization" | "blocking" | "interference" | "undecided"
  readonly task: number
  readonly atNs: number
}

/** More points than this are not checked: the answer is "undecided". */
const MOST_POINTS = 100_000

const share = ({ budgetNs, periodNs }: Demand): number => budgetNs / periodNs

/** Jobs released in a stretch of `ns` that starts with a release. */
const released = ({ periodNs }: Demand, ns: number): number =>
  periodNs === Number.POSITIVE_INFINITY ? 1 : Math.ceil(ns / periodNs)

/** Jobs released and due in a stretch of `ns`. */
const due = ({ periodNs, deadlineNs }: Demand, ns: number): number =>
  ns < deadlineNs
    ? 0
    : 1 + (periodNs === Number.POSITIVE_INFINITY ? 0 : Math.floor((ns - deadlineNs) / periodNs))

const longest = (tasks: ReadonlyArray<Demand>): number =>
  tasks.reduce((most, { stepNs }) => Math.max(most, stepNs - 1), 0)

/** What the tasks lack; null if all deadlines are met. `blockingNs` is how long the thread does other things at a stretch. */
export function shortfall(
  tasks: ReadonlyArray<Demand>,
  policy: SchedulingPolicy = "edf",
  blockingNs = 0,
): Shortfall | null {
  const load = tasks.reduce((sum, task) => sum + share(task), 0)
  // Shares of periods rarely add up exactly.
  if (load > 1 + 1e-9)
    return { reason: "utilization", task: tasks.length - 1, atNs: Number.POSITIVE_INFINITY }
  const ranks = [...new Set(tasks.map(({ rank }) => rank))].toSorted((a, b) => a - b)
  for (const rank of ranks) {
    const higher = tasks.filter((task) => task.rank < rank)
    const same = tasks.filter((task) => task.rank === rank)
    const lower = tasks.filter((task) => task.rank > rank)
    const blocking = Math.max(blockingNs, longest(lower))
    const found =
      policy === "edf" ? demandTest(same, higher, blocking) : responseTest(same, higher, blocking, policy)
    if (found !== null) return { ...found, task: tasks.indexOf(same[found.task]) }
  }
  return null
}

/**
 * EDF inside a class. In a stretch of length L that ends with a missed deadline the thread did only work of higher classes,
 * work of this class that was due in it, and at its start one step that was neither. If for every L this demand fits into L,
 * no deadline is missed.
 */
function demandTest(
  same: ReadonlyArray<Demand>,
  higher: ReadonlyArray<Demand>,
  blockingNs: number,
): Shortfall | null {
  const all = [...same, ...higher]
  const load = all.reduce((sum, task) => sum + share(task), 0)
  const latest = same.reduce((most, { deadlineNs }) => Math.max(most, deadlineNs), 0)
  const blocked = Math.max(blockingNs, longest(same))
  const ahead =
    same.reduce((sum, task) => sum + task.budgetNs * Math.max(0, 1 - task.deadlineNs / task.periodNs), 0) +
    higher.reduce((sum, { budgetNs }) => sum + budgetNs, 0)
  // Demand grows by at most `load` a nanosecond: beyond this length it fits.
  const fits = load < 1 ? (blocked + ahead) / (1 - load) : Number.POSITIVE_INFINITY
  // Beyond the last deadline nothing of this class blocks, and without anything ahead the demand is at most the load.
  const until = ahead === 0 && blockingNs === 0 ? Math.min(fits, latest) : fits
  let points = 0
  for (const task of all) {
    const inClass = same.includes(task)
    const from = inClass ? task.deadlineNs : 1
    for (let at = from; at <= until; at += task.periodNs) {
      if (++points > MOST_POINTS) return { reason: "undecided", task: 0, atNs: at }
      let own = 0
      let block = blockingNs
      for (const other of same) {
        if (other.deadlineNs > at) block = Math.max(block, other.stepNs - 1)
        else own += due(other, at) * other.budgetNs
      }
      if (own === 0) continue
      let above = 0
      for (const other of higher) above += released(other, at) * other.budgetNs
      if (block + own + above > at)
        return {
          reason: own + above > at ? "interference" : "blocking",
          task: same.findLastIndex(({ deadlineNs }) => deadlineNs <= at),
          atNs: at,
        }
    }
  }
  return null
}

/**
 * Fixed order and least laxity: how long each task takes at most, by iteration. Under least laxity any other task of the class
 * may go first. A task's own budget counts among the blocking, because an earlier job of its own may be pushed into the
 * stretch (Davis, Burns, Bril, Lukkien, "Controller Area Network schedulability analysis", Real-Time Systems 35, 2007).
 */
function responseTest(
  same: ReadonlyArray<Demand>,
  higher: ReadonlyArray<Demand>,
  blockingNs: number,
  policy: SchedulingPolicy,
): Shortfall | null {
  for (const [i, task] of same.entries()) {
    const first = (other: Demand, j: number): boolean =>
      policy === "laxity" || other.periodNs < task.periodNs || (other.periodNs === task.periodNs && j < i)
    const ahead = [...higher, ...same.filter((other, j) => j !== i && first(other, j))]
    const behind = Math.max(blockingNs, longest(same.filter((other, j) => j !== i && !first(other, j))))
    const block = Math.max(behind, task.budgetNs)
    let waits = block
    for (let points = 0; ; points++) {
      if (waits + task.budgetNs > task.deadlineNs)
        return {
          reason: behind + task.budgetNs > task.deadlineNs ? "blocking" : "interference",
          task: i,
          atNs: task.deadlineNs,
        }
      if (points > MOST_POINTS) return { reason: "undecided", task: i, atNs: waits }
      // A job released at the very end of the wait still goes first, and so does what arrives while a steppable job runs.
      const steppable = task.stepNs < task.budgetNs ? task.budgetNs - task.stepNs : 0
      const next = ahead.reduce(
        (sum, other) => sum + released(other, waits + steppable + 1) * other.budgetNs,
        block,
      )
      if (next === waits) break
      waits = next
    }
  }
  return null
}
