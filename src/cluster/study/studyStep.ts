/** A worker's step: results told and trials taken, decided on a replica that has read everything, and written at once. */
import * as Effect from "effect/Effect"
import type { SqlError } from "effect/sql/SqlError"
import { LOST, NOBODY, type StudyEvent } from "./StudyEvent.ts"
import type { StudyReplica } from "./StudyReplica.ts"
import type { LentTrial, StudyStore } from "./StudyStore.ts"
import { asFailure, type Stepped, type StudyFailure, type StudyResult, tellEvent } from "./studyTypes.ts"

/** What was done under the study's lock: the answer, and what there is to write. The replica has taken the events in. */
export interface Done<A> {
  readonly answer: A
  readonly events: ReadonlyArray<StudyEvent>
  /** Trials that are out no more. */
  readonly ended?: ReadonlyArray<number>
  /** Trials that are out from now on. */
  readonly lent?: ReadonlyArray<LentTrial>
}

/** @param someLost whether a lease had run out */
export type Work<A> = (
  replica: StudyReplica,
  someLost: boolean,
) => Effect.Effect<Done<A>, StudyFailure | SqlError>

/** A trial whose lease has run out before anybody had it: the next one who asks gets it. */
export const forAnybody = (id: number): LentTrial => ({ id, attempt: 0, worker: NOBODY, leaseMs: -1 })

/** Whose step, and what is in it. */
export interface Step {
  readonly worker: string
  readonly leaseMs: number
  readonly retries: number
  /** The attempt by trial, of those that the worker was given. */
  readonly held: ReadonlyMap<number, number>
  /** Counts up with each step of the worker. */
  readonly step: number
  readonly results: ReadonlyArray<StudyResult>
  /** Trials wanted at most. */
  readonly n: number
}

export const stepOf = (
  replica: StudyReplica,
  store: StudyStore,
  { worker, leaseMs, retries, held, step, results, n }: Step,
  someLost: boolean,
): Effect.Effect<Done<Stepped>, StudyFailure | SqlError> =>
  Effect.gen(function* () {
    // Its answer was lost on the way, and it was taken.
    if (replica.lastStep(worker)?.step === step) return { answer: outcome(replica, worker, step), events: [] }
    const events: Array<StudyEvent> = []
    const ended: Array<number> = []
    const take = (event: StudyEvent): void => {
      replica.apply(event)
      events.push(event)
    }
    yield* Effect.try({
      try: () => {
        for (const { id } of results) replica.requireTrial(id)
        for (const result of results) {
          if (replica.isOut(result.id)) ended.push(result.id)
          take(tellEvent(result, held.get(result.id) ?? 0, worker, step))
        }
      },
      catch: asFailure,
    })
    const lent: Array<LentTrial> = []
    const lend = (id: number): void => {
      lent.push({ id, attempt: replica.attempt(id), worker, leaseMs })
    }
    if (someLost && n > 0 && !replica.isStopped)
      for (const { id, attempt } of yield* store.lost(n)) {
        // A result told in this step has ended it.
        if (!replica.isOut(id)) continue
        if (attempt > retries) {
          take({ kind: "tell", worker: NOBODY, step, id, attempt, value: null, cost: 1, failed: LOST })
          ended.push(id)
        } else {
          take({ kind: "retry", worker, step, id, attempt: attempt + 1 })
          lend(id)
        }
      }
    while (lent.length < n) {
      const asked = replica.ask(worker, step)
      if (asked === null) break
      events.push(asked)
      lend(asked.id)
    }
    return { answer: outcome(replica, worker, step), events, ended, lent }
  })

/** What a step that is in the log came to. */
function outcome(replica: StudyReplica, worker: string, step: number): Stepped {
  const last = replica.lastStep(worker)
  if (last?.step !== step) return { taken: [], given: [] }
  const given = last.given.map((id) => ({ id, params: replica.params(id), attempt: replica.attempt(id) }))
  return { taken: last.taken, given }
}
