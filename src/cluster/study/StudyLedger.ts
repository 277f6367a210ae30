/**
 * What became of every trial of a shared study, read from its log alone. No solver runs here, so a program that only looks needs neither
 * the study's own strategies nor their time.
 */
import type { Params } from "../../solver/SearchSpace.ts"
import { LOST, NOBODY, type StudyEvent, type TellEvent } from "./StudyEvent.ts"

/** A trial as the log tells of it. */
export interface LedgerTrial {
  readonly id: number
  readonly params: Params
  /** `out`: no result counts yet. */
  readonly state: "out" | "told" | "failed"
  /** Null where it is out, or has failed. */
  readonly value: number | null
  /** Why it failed; null: it has not. */
  readonly failed: string | null
  /** Who evaluates it, or told it; empty where nobody came back. */
  readonly worker: string
  readonly attempt: number
}

/** What one worker did. */
export interface LedgerWorker {
  readonly worker: string
  /** Trials given to it, handed over ones included. */
  readonly given: number
  /** Results of it that counted, failed ones included. */
  readonly told: number
  readonly failed: number
  /** Trials that went from it to another worker. */
  readonly lost: number
}

type Open<T> = { -readonly [K in keyof T]: T[K] }

export class StudyLedger {
  /** Events read so far. */
  applied = 0
  readonly trials: Array<LedgerTrial> = []
  /** Ids in the order in which their results counted. */
  readonly order: Array<number> = []
  readonly counts = { told: 0, failed: 0, retried: 0, lost: 0, duplicates: 0 }
  readonly workers = new Map<string, LedgerWorker>()
  budget: number
  stopped = false

  constructor(budget: number) {
    this.budget = budget
  }

  /** Takes in one event of the log. */
  apply(event: StudyEvent): void {
    this.applied++
    switch (event.kind) {
      case "ask": {
        const { id, params, worker } = event
        this.trials[id] = { id, params, state: "out", value: null, failed: null, worker, attempt: 1 }
        this.workerOf(worker).given++
        return
      }
      case "retry":
        return this.retry(event.id, event.worker, event.attempt)
      case "tell":
        return this.tell(event)
      case "again": {
        this.change(event.id, { state: "out", value: null, failed: null })
        this.order.splice(this.order.lastIndexOf(event.id), 1)
        this.counts.told--
        this.counts.failed--
        return
      }
      case "budget":
        this.budget = event.budget
        return
      case "stop":
        this.stopped = true
        return
      case "resume":
        this.stopped = false
    }
  }

  private retry(id: number, worker: string, attempt: number): void {
    const before = this.trials[id]
    if (attempt > 1) this.counts.retried++
    // Handed back, or wanted again: nobody was lost.
    if (attempt > before.attempt) this.workerOf(before.worker).lost++
    this.change(id, { worker, attempt })
    this.workerOf(worker).given++
  }

  private tell({ id, value, failed, worker, attempt }: TellEvent): void {
    if (this.trials[id].state !== "out") {
      this.counts.duplicates++
      return
    }
    const isLost = worker === NOBODY && failed === LOST
    this.counts.told++
    if (value === null) this.counts.failed++
    if (isLost) {
      this.counts.lost++
      this.workerOf(this.trials[id].worker).lost++
    } else {
      const teller = this.workerOf(worker)
      teller.told++
      if (value === null) teller.failed++
    }
    this.order.push(id)
    const outcome = value === null ? "failed" : "told"
    this.change(id, {
      state: outcome,
      value,
      failed: value === null ? (failed ?? "failed") : null,
      worker: isLost ? this.trials[id].worker : worker,
      ...(attempt > 0 && { attempt }),
    })
  }

  private change(id: number, change: Partial<LedgerTrial>): void {
    this.trials[id] = { ...this.trials[id], ...change }
  }

  private workerOf(worker: string): Open<LedgerWorker> {
    const known = this.workers.get(worker)
    if (known !== undefined) return known
    const fresh = { worker, given: 0, told: 0, failed: 0, lost: 0 }
    this.workers.set(worker, fresh)
    return fresh
  }
}
