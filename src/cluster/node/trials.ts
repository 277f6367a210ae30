/**
 * The trials of a worker one after the other, or some at a time. A result travels with the wish for the next trial, in one transaction.
 * Leases are renewed three times in their length; a trial that another worker has by now is told so by its signal.
 */
import * as Effect from "effect/Effect"
import type { Params } from "../../solver/SearchSpace.ts"
import { messageOf } from "../../system/messageOf.ts"
import type { Study } from "../study/Study.ts"
import type { StudyResult, StudyTrial } from "../study/studyTypes.ts"

/** How a loop over trials runs. */
export interface TrialsOptions {
  /** Trials evaluated at the same time. Default 1. */
  readonly parallel?: number
  /** Ends the loop: what runs is told by its own signal, and handed back. */
  readonly signal?: AbortSignal
}

/** What an evaluation may give: the number, or what else there is to say. */
export type Evaluation = number | null | Pick<StudyResult, "value" | "cost" | "failed">

/** A trial in the hands of this worker. */
export interface RunningTrial<P = Params> {
  readonly id: number
  readonly params: P
  readonly attempt: number
  /** Aborted when another worker has the trial, or the loop ends before its time. */
  readonly signal: AbortSignal
  /**
   * Evaluates it and records what came out; what is thrown is a failure of the trial. Resolves when another trial may be begun: with
   * `parallel: 1` when this one has ended.
   */
  run(evaluate: (params: P, trial: RunningTrial<P>) => Evaluation | Promise<Evaluation>): Promise<void>
}

/** Longest wait between two looks at a study that has nothing to give at the moment, ms. */
const LONGEST_POLL_MS = 1_000

export async function* trialsOf<P>(
  study: Study,
  { parallel = 1, signal }: TrialsOptions,
): AsyncGenerator<RunningTrial<P>, void, undefined> {
  if (!(Number.isInteger(parallel) && parallel >= 1))
    throw new RangeError(`trials: parallel must be a whole number above 0, got ${parallel}.`)
  const loop = new TrialLoop<P>(study, parallel)
  const abort = (): void => loop.abort()
  signal?.addEventListener("abort", abort, { once: true })
  try {
    if (signal?.aborted === true) loop.abort()
    for (;;) {
      const trial = await loop.next()
      if (trial === null) return
      yield trial
    }
  } finally {
    signal?.removeEventListener("abort", abort)
    await loop.end()
  }
}

interface Held {
  readonly stop: AbortController
  begun: boolean
  /** Given since the last beat: its lease is whole. */
  fresh: boolean
}

class TrialLoop<P> {
  private readonly study: Study
  private readonly parallel: number
  private readonly held = new Map<number, Held>()
  private outbox: Array<StudyResult> = []
  /** Results that wait for the study's lock: until they are told, their trials are this worker's. */
  private telling: ReadonlyArray<StudyResult> = []
  /** Trials whose evaluation was broken off. */
  private readonly unfinished: Array<number> = []
  /** What waits for a trial to end, or for the end of the loop. */
  private waits: Array<() => void> = []
  private ending = false
  private heartbeat: NodeJS.Timeout | null = null
  private beats = 0
  private renewing: Promise<void> = Promise.resolve()

  constructor(study: Study, parallel: number) {
    this.study = study
    this.parallel = parallel
  }

  /** The next trial, once there is room for it; null when there will be none. */
  async next(): Promise<RunningTrial<P> | null> {
    for (;;) {
      while (this.held.size >= this.parallel && !this.ending) await this.change(null)
      if (this.ending) return null
      const given = await this.step(1)
      if (given !== undefined) {
        const trial = this.hold(given)
        // Given while the loop was told to end: never begun, so handed back.
        return this.ending ? null : trial
      }
      while (!this.ending && this.outbox.length === 0) {
        if (this.held.size === 0 && (this.study.done || this.study.progress.stopped)) return null
        await this.change(this.pollMs)
        // A step takes the study's lock: first a look whether there may be something.
        if (await Effect.runPromise(this.study.look)) break
      }
    }
  }

  abort(): void {
    this.ending = true
    for (const { stop } of this.held.values()) stop.abort()
    this.wake()
  }

  /** Waits for what runs, tells it, and hands back what was never begun. */
  async end(): Promise<void> {
    const aborted = this.ending
    try {
      const idle = [...this.held].filter(([, { begun }]) => !begun).map(([id]) => id)
      for (const id of idle) this.held.delete(id)
      while (this.held.size > 0) await this.change(null)
      if (this.outbox.length > 0) await this.step(0)
      await Effect.runPromise(this.study.handBack([...idle, ...(aborted ? this.unfinished : [])]))
    } finally {
      if (this.heartbeat !== null) clearInterval(this.heartbeat)
      await this.renewing
    }
  }

  private get pollMs(): number {
    return Math.min(LONGEST_POLL_MS, this.study.leaseMs / 3)
  }

  private async step(n: number): Promise<StudyTrial | undefined> {
    const results = this.outbox
    this.telling = results
    this.outbox = []
    try {
      const { given } = await Effect.runPromise(this.study.step(results, n))
      return given[0]
    } finally {
      this.telling = []
    }
  }

  private hold(trial: StudyTrial): RunningTrial<P> {
    const stop = new AbortController()
    const held: Held = { stop, begun: false, fresh: true }
    this.held.set(trial.id, held)
    this.heartbeat ??= setInterval(() => this.renew(), this.study.leaseMs / 3)
    const running: RunningTrial<P> = {
      id: trial.id,
      params: trial.params as P,
      attempt: trial.attempt,
      signal: stop.signal,
      run: (evaluate) => {
        held.begun = true
        const ended = this.evaluate(trial.id, stop.signal, async () => evaluate(running.params, running))
        return this.held.size < this.parallel ? Promise.resolve() : Promise.race([ended, this.room()])
      },
    }
    return running
  }

  private async evaluate(id: number, signal: AbortSignal, work: () => Promise<Evaluation>): Promise<void> {
    let result: StudyResult
    try {
      const found = await work()
      result = typeof found === "number" || found === null ? { id, value: found } : { id, ...found }
    } catch (cause) {
      result = { id, failed: messageOf(cause) }
    }
    // What was broken off says nothing about the point.
    if (signal.aborted && result.value === undefined) this.unfinished.push(id)
    else this.outbox.push(result)
    this.held.delete(id)
    this.wake()
  }

  private async room(): Promise<void> {
    while (this.held.size >= this.parallel && !this.ending) await this.change(null)
  }

  /** Resolves when a trial has ended or the loop is to end, or after so long. */
  private change(mostMs: number | null): Promise<void> {
    return new Promise((resolve) => {
      const timer = mostMs === null ? null : setTimeout(resolve, mostMs)
      this.waits.push(() => {
        if (timer !== null) clearTimeout(timer)
        resolve()
      })
    })
  }

  private wake(): void {
    for (const wait of this.waits.splice(0)) wait()
  }

  /** A database that is away is no reason to stop: what comes late is taken where it is the first. */
  private renew(): void {
    const old = [...this.held].filter(([, { fresh }]) => !fresh).map(([id]) => id)
    const ids = [...old, ...this.telling.map(({ id }) => id), ...this.outbox.map(({ id }) => id)]
    for (const held of this.held.values()) held.fresh = false
    // A worker is seen once a lease.
    const seen = this.beats++ % 3 === 0 ? this.study.present : Effect.void
    this.renewing = Effect.runPromise(Effect.andThen(seen, this.study.renew(ids))).then(
      (lost) => {
        for (const id of lost) this.held.get(id)?.stop.abort()
      },
      () => {},
    )
  }
}
