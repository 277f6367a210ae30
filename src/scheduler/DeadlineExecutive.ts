/**
 * Runs tasks on one thread so that admitted tasks meet their deadlines, as far as a thread that cannot be interrupted allows.
 * A task is admitted only if all deadlines still hold with it. Ready tasks run by class (guard, control, analysis,
 * housekeeping), inside a class by earliest deadline unless the policy says otherwise.
 *
 * A job that exceeds its budget waits for its next periods to pay it back, so that the others keep their time. It is a
 * constant-bandwidth server (Abeni, Buttazzo, RTSS 1998) with hard reservations: a later deadline alone would not protect lower
 * classes, nor whoever else uses the thread. A job that took too long but is done owes nothing any more once no task is ready:
 * whatever comes after such a moment does not depend on what came before, so the next release is in the usual rhythm.
 *
 * It has no timer. `runDue()` does what is due; `onEventLoop` and `runPrecisely` call it at the right time, and a test calls it
 * by hand. Time is whole nanoseconds of the clock it is given. Releases, dispatch and accounting allocate nothing.
 */
import { shortfall, type Shortfall } from "./admission.ts"
import { DurationHistogram } from "./DurationHistogram.ts"
import { SlotHeap } from "./SlotHeap.ts"
import { type ExecutiveSettings, type OnceOptions, type SchedulingPolicy } from "./tasks.ts"
import { readOnce, readSettings, readTask, type TaskOptions, type TaskPlan } from "./tasks.ts"
import {
  deadlineAt,
  IDLE,
  OBSERVED,
  P99,
  READY,
  RUNNING,
  type TaskAccount,
  TaskSlot,
  US,
  WAITING,
} from "./TaskSlot.ts"

/** Whether a task was taken. A rejected task changes nothing. */
export type Admission =
  | { readonly answer: "admitted" }
  /** Taken with a longer period than it asked for. */
  | { readonly answer: "degraded"; readonly periodUs: number }
  | { readonly answer: "rejected"; readonly reason: RejectReason; readonly message: string }

/** Why a task was not taken; see `shortfall` for the first four. */
export type RejectReason = Shortfall["reason"] | "duplicate" | "capacity"

/** The settings, the clock, and who is notified. */
export interface ExecutiveOptions extends ExecutiveSettings {
  /** Monotonic time, whole nanoseconds. */
  readonly nowNs: () => number
  /** Called when a task missed more deadlines than it tolerates; once, until it has met them again. */
  readonly onMisses?: ((name: string, misses: number, of: number) => void) | undefined
  /** Called when work throws. Without it, `runDue` throws the error, after the executive has closed the job. */
  readonly onFailure?: ((name: string, error: unknown) => void) | undefined
}

/** What an executive has done and is to do. */
export interface Schedule {
  readonly policy: string
  readonly tasks: ReadonlyArray<TaskAccount>
  /** Sum of budgets over periods: the share of the thread that is promised. */
  readonly utilization: number
  /** How late the thread came back to the executive. */
  readonly loopDelayP50Us: number
  readonly loopDelayP99Us: number
  readonly loopDelayMaxUs: number
}

type Rejection = Extract<Admission, { readonly answer: "rejected" }>

const WHY: Readonly<Record<RejectReason, (name: string, victim: string, us: number) => string>> = {
  utilization: (name) =>
    `The thread has no time left for "${name}": all budgets over their periods exceed 1. Lower a budget or lengthen a period.`,
  blocking: (name, victim, us) =>
    `With "${name}", "${victim}" could not meet a deadline of ${us} us: a step that cannot be interrupted lasts too long. Split the longest work into steps (stepUs) or lengthen the deadline.`,
  interference: (name, victim, us) =>
    `With "${name}", "${victim}" could not finish within ${us} us: more urgent work takes that time. Lower a budget or lengthen a period.`,
  undecided: (name) =>
    `It cannot be decided in reasonable time whether all deadlines hold with "${name}". Leave some of the thread idle, or choose periods that are less far apart.`,
  duplicate: (name) => `There is a task "${name}" already. Choose another name, or remove that one first.`,
  capacity: (name, _, most) =>
    `There is no room for "${name}": the executive holds ${most} tasks (capacity).`,
}

/** Admits tasks, runs them in order and keeps their account; see the top of this file. */
export class DeadlineExecutive {
  /** Called when something is due earlier than before. Whoever drives the executive sets it. */
  onSooner: (() => void) | null = null
  private readonly slots: Array<TaskSlot | null>
  private readonly byName = new Map<string, number>()
  private readonly waiting: SlotHeap
  private readonly ready: SlotHeap
  private readonly options: ExecutiveOptions
  private readonly policy: SchedulingPolicy
  private readonly blockingNs: number
  private readonly loopDelay = new DurationHistogram()
  private running = false
  /** Some task may owe time. */
  private owing = false

  /** Throws a ConfigError for options that it does not have or cannot use. */
  constructor(options: ExecutiveOptions) {
    const { policy, capacity, blockingUs } = readSettings(options)
    this.options = options
    this.policy = policy
    this.blockingNs = Math.round(blockingUs * US)
    this.slots = Array.from({ length: capacity }, () => null)
    this.waiting = new SlotHeap(capacity)
    this.ready = new SlotHeap(capacity)
  }

  /** The executive's time. */
  get nowNs(): number {
    return this.options.nowNs()
  }

  /** When something is due: -Infinity for now, Infinity if nothing is planned. */
  get nextNs(): number {
    return this.ready.size > 0 ? Number.NEGATIVE_INFINITY : this.waiting.firstKey
  }

  /**
   * Takes a task if all deadlines still hold with it. A task that is released by time starts now. Throws a ConfigError for
   * options that are wrong in themselves.
   */
  add(task: TaskOptions): Admission {
    const plan = readTask(task)
    const found = this.rejection(plan, plan.periodNs)
    if (found === null) {
      this.take(plan, plan.periodNs)
      return { answer: "admitted" }
    }
    const periodNs = found.reason === "duplicate" || found.reason === "capacity" ? null : this.slower(plan)
    if (periodNs === null) return found
    this.take(plan, periodNs)
    return { answer: "degraded", periodUs: periodNs / US }
  }

  /** Takes work that is done once, starting now, if it can end in time and all other deadlines still hold. */
  once(work: OnceOptions): Admission {
    const plan = readOnce(work)
    const found = this.rejection(plan, plan.periodNs)
    if (found !== null) return found
    this.releaseNow(this.take(plan, plan.periodNs))
    return { answer: "admitted" }
  }

  /**
   * Releases a task that waits for calls. A call that comes before the period is over takes effect at its end. A call to a task
   * that is not idle is counted as skipped. False if there is no such task.
   */
  release(name: string): boolean {
    const index = this.byName.get(name)
    if (index === undefined) return false
    this.releaseNow(index)
    return true
  }

  /** Removes a task; its present job ends with the step that runs now. False if there is no such task. */
  remove(name: string): boolean {
    const index = this.byName.get(name)
    if (index === undefined) return false
    const slot = this.slots[index] as TaskSlot
    this.forget(index)
    if (slot.state !== RUNNING) slot.abandon()
    return true
  }

  /**
   * Does what is due, until nothing is or `sliceNs` have passed; the step that has begun is finished. Returns the number of
   * steps. A call from inside a task's work does nothing.
   */
  runDue(sliceNs = Number.POSITIVE_INFINITY): number {
    if (this.running) return 0
    this.running = true
    try {
      const sinceNs = this.nowNs
      if (this.ready.size === 0 && this.waiting.firstKey <= sinceNs)
        this.loopDelay.add(sinceNs - this.waiting.firstKey)
      let steps = 0
      for (let now = sinceNs; steps === 0 || now - sinceNs < sliceNs; now = this.nowNs) {
        this.wakeUntil(now)
        if (this.ready.size === 0) {
          this.forgive(now)
          break
        }
        this.step(this.ready.first, now)
        steps++
      }
      return steps
    } finally {
      this.running = false
    }
  }

  /** The account of everything that is planned. */
  schedule(): Schedule {
    const live = this.slots.filter((slot) => slot !== null)
    return {
      policy: this.policy,
      tasks: live.map((slot) => slot.account()),
      utilization: live.reduce((sum, slot) => sum + slot.budgetNs() / slot.periodNs, 0),
      loopDelayP50Us: this.loopDelay.quantileNs(0.5) / US,
      loopDelayP99Us: this.loopDelay.quantileNs(P99) / US,
      loopDelayMaxUs: this.loopDelay.maxNs / US,
    }
  }

  private rejection(plan: TaskPlan, periodNs: number): Rejection | null {
    const say = (reason: RejectReason, victim = "", us = 0): Rejection => ({
      answer: "rejected",
      reason,
      message: WHY[reason](plan.name, victim, us),
    })
    if (this.byName.has(plan.name)) return say("duplicate")
    const live = this.slots.filter((slot) => slot !== null)
    if (live.length === this.slots.length) return say("capacity", "", live.length)
    const { rank, budgetNs, stepNs } = plan
    const asked = { rank, budgetNs, stepNs, periodNs, deadlineNs: deadlineAt(plan, periodNs) }
    const demands = [...live.map((slot) => slot.demand()), asked]
    const delay = this.loopDelay.count < OBSERVED ? 0 : this.loopDelay.quantileNs(P99)
    const lack = shortfall(demands, this.policy, Math.max(this.blockingNs, delay))
    if (lack === null) return null
    const victim = lack.task < live.length ? live[lack.task].plan.name : plan.name
    return say(lack.reason, victim, demands[lack.task].deadlineNs / US)
  }

  /** The shortest period up to the slowest one with which the task fits, to a per cent; null if there is none. */
  private slower(plan: TaskPlan): number | null {
    const fits = (periodNs: number): boolean => this.rejection(plan, periodNs) === null
    if (plan.slowestNs <= plan.periodNs || !fits(plan.slowestNs)) return null
    let [not, does] = [plan.periodNs, plan.slowestNs]
    while (does - not > Math.max(1, 0.01 * not)) {
      const middle = Math.floor((not + does) / 2)
      if (fits(middle)) does = middle
      else not = middle
    }
    return does
  }

  private take(plan: TaskPlan, periodNs: number): number {
    const index = this.slots.indexOf(null)
    const nowNs = this.nowNs
    this.slots[index] = new TaskSlot(plan, periodNs, nowNs)
    this.byName.set(plan.name, index)
    if (plan.byTime) this.waitUntil(index, nowNs)
    return index
  }

  private forget(index: number): void {
    const slot = this.slots[index] as TaskSlot
    this.waiting.remove(index)
    this.ready.remove(index)
    this.byName.delete(slot.plan.name)
    this.slots[index] = null
  }

  private waitUntil(index: number, atNs: number): void {
    const slot = this.slots[index] as TaskSlot
    const before = this.waiting.firstKey
    slot.state = WAITING
    slot.resumeNs = atNs
    this.waiting.put(index, 0, atNs)
    if (!this.running && atNs < before) this.onSooner?.()
  }

  private releaseNow(index: number): void {
    const slot = this.slots[index] as TaskSlot
    if (slot.state === IDLE) this.waitUntil(index, Math.max(this.nowNs, slot.nextNs))
    else slot.skipped++
  }

  /** Nothing is ready: what finished jobs owe has delayed nobody who still waits. */
  private forgive(nowNs: number): void {
    if (!this.owing) return
    this.owing = false
    for (const [index, slot] of this.slots.entries()) {
      if (slot === null || !slot.owes) continue
      slot.forgive(nowNs)
      if (slot.state === WAITING) this.waitUntil(index, Math.max(nowNs, slot.nextNs))
    }
  }

  /** Makes ready whose time has come. */
  private wakeUntil(nowNs: number): void {
    while (this.waiting.firstKey <= nowNs) {
      const index = this.waiting.first
      const slot = this.slots[index] as TaskSlot
      this.waiting.remove(index)
      if (!slot.started) slot.begin(nowNs)
      this.makeReady(index, slot)
    }
  }

  private makeReady(index: number, slot: TaskSlot): void {
    const { policy } = this
    const { deadlineNs } = slot.job
    const left = Math.max(0, slot.plan.budgetNs - slot.usedNs)
    slot.state = READY
    this.ready.put(
      index,
      slot.plan.rank,
      policy === "edf" ? deadlineNs : policy === "rm" ? slot.periodNs : deadlineNs - left,
    )
  }

  private step(index: number, nowNs: number): void {
    const slot = this.slots[index] as TaskSlot
    this.ready.remove(index)
    slot.state = RUNNING
    let done = true
    let failure: { readonly error: unknown } | null = null
    try {
      done = slot.advance(nowNs)
    } catch (error) {
      failure = { error }
    }
    const endNs = this.nowNs
    slot.spend(endNs - nowNs)
    // The work may have removed its own task.
    const gone = this.slots[index] !== slot
    if (gone) slot.abandon()
    const misses = done && !gone ? this.end(index, slot, endNs, failure !== null) : 0
    if (!done && !gone) this.goOn(index, slot)
    if (misses > 0) this.options.onMisses?.(slot.plan.name, misses, slot.plan.outOf)
    if (failure === null) return
    const { onFailure } = this.options
    if (onFailure === undefined) throw failure.error
    onFailure(slot.plan.name, failure.error)
  }

  private goOn(index: number, slot: TaskSlot): void {
    if (slot.usedNs < slot.paidNs) return this.makeReady(index, slot)
    slot.postpone()
    this.waitUntil(index, slot.resumeNs)
  }

  private end(index: number, slot: TaskSlot, nowNs: number, threw: boolean): number {
    const misses = slot.end(nowNs, threw)
    slot.state = IDLE
    if (slot.owes) this.owing = true
    if (slot.once) this.forget(index)
    else if (slot.plan.byTime) this.waitUntil(index, slot.nextNs)
    return misses
  }
}
