/**
 * A task as the executive keeps it: what it asked for, where its present job stands, and its account. Everything that changes
 * between jobs is a number.
 */
import type { Demand } from "./admission.ts"
import { DurationHistogram } from "./DurationHistogram.ts"
import { TASK_CLASSES, type TaskClass, type TaskPlan } from "./tasks.ts"

/** The account of one task. Times are microseconds; quantiles are at most 19 % too high, NaN without observations. */
export interface TaskAccount {
  readonly name: string
  readonly class: TaskClass
  /** Infinity for work that is done once. */
  readonly periodUs: number
  readonly deadlineUs: number
  /** What admission counts with: the stated budget, or the observed p99 if that is longer. */
  readonly budgetUs: number
  readonly released: number
  readonly finished: number
  /** Jobs whose deadline had passed before they started, and before they finished. */
  readonly startMisses: number
  readonly finishMisses: number
  /** Jobs that took longer than their budget. */
  readonly overruns: number
  /** Releases that found the task still busy, or came while the thread was blocked for more than a period. */
  readonly skipped: number
  /** Jobs whose work threw. */
  readonly failed: number
  /** From release to start. */
  readonly delayP50Us: number
  readonly delayP99Us: number
  readonly delayMaxUs: number
  readonly runP50Us: number
  readonly runP99Us: number
  readonly runMaxUs: number
}

export const IDLE = 0
export const WAITING = 1
export const READY = 2
export const RUNNING = 3

/** Fewer observations than this do not correct a budget. */
export const OBSERVED = 100
export const P99 = 0.99
export const US = 1_000

const isIterator = (value: unknown): value is Iterator<unknown> =>
  typeof value === "object" && value !== null && typeof (value as Iterator<unknown>).next === "function"

export class TaskSlot {
  readonly plan: TaskPlan
  readonly periodNs: number
  /** From a release to its deadline. */
  readonly relativeNs: number
  /** Handed to the work. The deadline moves when a job waits for its next period. */
  readonly job = { releasedNs: 0, deadlineNs: 0 }
  state = IDLE
  started = false
  private steps: Iterator<unknown> | null = null
  /** When it is released, or goes on. */
  resumeNs: number
  /** The earliest next release. */
  nextNs: number
  /** When the next release would be if the last job owed nothing. */
  private unowedNs: number
  usedNs = 0
  /** Time of the present job that its periods have paid for. */
  paidNs = 0
  skipped = 0
  private released = 0
  private finished = 0
  private startMisses = 0
  private finishMisses = 0
  private overruns = 0
  private failed = 0
  /** The last outcomes, newest in the lowest bit; 1 is a miss. */
  private outcomes = 0
  private reported = false
  private readonly delay = new DurationHistogram()
  private readonly took = new DurationHistogram()
  private readonly step = new DurationHistogram()

  constructor(plan: TaskPlan, periodNs: number, nowNs: number) {
    this.plan = plan
    this.periodNs = periodNs
    this.relativeNs = deadlineAt(plan, periodNs)
    this.resumeNs = nowNs
    this.nextNs = nowNs
    this.unowedNs = nowNs
  }

  /** The next release is put off because the last job took more than was paid. */
  get owes(): boolean {
    return this.unowedNs < this.nextNs
  }

  get once(): boolean {
    return this.periodNs === Number.POSITIVE_INFINITY
  }

  /** Time between the shares of its budget. */
  private get serverNs(): number {
    return this.once ? this.relativeNs : this.periodNs
  }

  /** A new job, released when it was due. Releases that a blocked thread missed are not made up for. */
  begin(nowNs: number): void {
    let at = this.resumeNs
    if (this.plan.byTime) {
      const missed = Math.floor((nowNs - at) / this.periodNs)
      this.skipped += missed
      at += missed * this.periodNs
    }
    this.job.releasedNs = at
    this.job.deadlineNs = at + this.relativeNs
    this.nextNs = at + this.serverNs
    this.unowedNs = this.nextNs
    this.usedNs = 0
    this.paidNs = this.plan.budgetNs
    this.released++
  }

  /** One step of the present job. True when the job is done. Throws what the work throws. */
  advance(nowNs: number): boolean {
    if (!this.started) {
      this.started = true
      this.delay.add(nowNs - this.job.releasedNs)
      if (nowNs > this.job.deadlineNs) this.startMisses++
    }
    if (this.steps === null) {
      const made = this.plan.run(this.job)
      if (!isIterator(made)) return true
      this.steps = made
    }
    return this.steps.next().done === true
  }

  /** Counts the time of a step. */
  spend(ns: number): void {
    this.step.add(ns)
    this.usedNs += ns
  }

  /** The budget is used up and the work is not done: it goes on in the next period, with that period's budget. */
  postpone(): void {
    this.paidNs += this.plan.budgetNs
    this.resumeNs = this.nextNs
    this.job.deadlineNs = this.nextNs + this.relativeNs
    this.nextNs += this.serverNs
    this.unowedNs = this.nextNs
  }

  /** What is owed is void: the next release is the first in the rhythm that has not passed. */
  forgive(nowNs: number): void {
    const passed = Math.max(0, Math.ceil((nowNs - this.unowedNs) / this.serverNs))
    this.nextNs = Math.min(this.nextNs, this.unowedNs + passed * this.serverNs)
    this.unowedNs = this.nextNs
  }

  /** The job is over. Returns the number of misses to report; 0 for none. */
  end(nowNs: number, threw: boolean): number {
    const missed = nowNs > this.job.releasedNs + this.relativeNs
    this.steps = null
    this.started = false
    this.finished++
    this.took.add(this.usedNs)
    if (threw) this.failed++
    if (missed) this.finishMisses++
    if (this.usedNs > this.plan.budgetNs) this.overruns++
    // Each budget that it used beyond what is paid costs one period, unless the thread is idle before.
    this.unowedNs = this.nextNs
    const owed = Math.max(0, Math.ceil((this.usedNs - this.paidNs) / this.plan.budgetNs))
    this.nextNs += owed * this.serverNs
    return this.judge(missed)
  }

  /** Lets a generator clean up after itself. */
  abandon(): void {
    this.steps?.return?.()
    this.steps = null
  }

  demand(): Demand {
    const { plan, periodNs, relativeNs } = this
    const budgetNs = this.budgetNs()
    const stepNs = Math.min(budgetNs, observed(this.step, plan.stepNs))
    return { rank: plan.rank, periodNs, deadlineNs: relativeNs, budgetNs, stepNs }
  }

  /** The stated budget, or the observed p99 if that is longer. */
  budgetNs(): number {
    return observed(this.took, this.plan.budgetNs)
  }

  account(): TaskAccount {
    const { delay, took } = this
    return {
      name: this.plan.name,
      class: TASK_CLASSES[this.plan.rank],
      periodUs: this.periodNs / US,
      deadlineUs: this.relativeNs / US,
      budgetUs: this.budgetNs() / US,
      released: this.released,
      finished: this.finished,
      startMisses: this.startMisses,
      finishMisses: this.finishMisses,
      overruns: this.overruns,
      skipped: this.skipped,
      failed: this.failed,
      delayP50Us: delay.quantileNs(0.5) / US,
      delayP99Us: delay.quantileNs(P99) / US,
      delayMaxUs: delay.maxNs / US,
      runP50Us: took.quantileNs(0.5) / US,
      runP99Us: took.quantileNs(P99) / US,
      runMaxUs: took.maxNs / US,
    }
  }

  private judge(missed: boolean): number {
    const { tolerated, outOf } = this.plan
    if (outOf === 0) return 0
    const kept = outOf === 32 ? -1 : (1 << outOf) - 1
    this.outcomes = ((this.outcomes << 1) | (missed ? 1 : 0)) & kept
    let misses = 0
    for (let rest = this.outcomes; rest !== 0; rest &= rest - 1) misses++
    const newly = misses >= tolerated && !this.reported
    this.reported = misses >= tolerated
    return newly ? misses : 0
  }
}

/** The deadline of a job when the period is `periodNs`: it keeps its share of the period. */
export const deadlineAt = ({ deadlineNs, periodNs: asked }: TaskPlan, periodNs: number): number =>
  periodNs === asked ? deadlineNs : Math.round(deadlineNs * (periodNs / asked))

const observed = (histogram: DurationHistogram, least: number): number =>
  histogram.count < OBSERVED ? least : Math.max(least, Math.ceil(histogram.quantileNs(P99)))
