/** What goes in and out of a shared study: trials, results, how it stands, and what it refuses. */
import { ConfigError, ResultError, StateError } from "../../domain/errors.ts"
import type { Params } from "../../solver/SearchSpace.ts"
import type { Best } from "../../solver/Solver.ts"
import type { StorageError } from "../StorageError.ts"
import { StudyError } from "./StudyError.ts"
import type { TellEvent } from "./StudyEvent.ts"
import type { StudyProgress, Taken } from "./StudyReplica.ts"
import type { OutRow, WorkerRow } from "./StudyStore.ts"

/** A trial as it is given to a worker, who holds a lease on it. */
export interface StudyTrial {
  readonly id: number
  readonly params: Params
  /** 1 the first time; one more each time a worker was lost. */
  readonly attempt: number
}

/** What a worker found. */
export interface StudyResult {
  readonly id: number
  /** NaN, an infinity or null: the evaluation failed. */
  readonly value?: number | null
  readonly cost?: number
  /** True, or why: the evaluation failed, whatever `value` says. */
  readonly failed?: boolean | string
}

/** A study as it stands, with who works on it. */
export interface StudyStatus extends StudyProgress {
  readonly name: string
  readonly best: Best | null
  readonly trials: ReadonlyArray<OutRow>
  readonly workers: ReadonlyArray<WorkerRow>
}

/** What a step came to. */
export interface Stepped {
  /** What became of each result, in the order told. */
  readonly taken: ReadonlyArray<Taken>
  readonly given: ReadonlyArray<StudyTrial>
}

/** Everything that a call on a study can be refused with. */
export type StudyFailure = StudyError | StorageError | StateError | ResultError | ConfigError

/** Longest reason of a failure that is kept. */
const LONGEST_REASON = 500

/** What was thrown, where it is a refusal; a defect goes on. */
export const asFailure = (cause: unknown): StudyFailure => {
  for (const kind of [StudyError, StateError, ConfigError, ResultError])
    if (cause instanceof kind) return cause
  throw cause
}

/** A result as the log keeps it. */
export function tellEvent(
  { id, value, cost, failed }: StudyResult,
  attempt: number,
  worker: string,
  step: number,
): TellEvent {
  const finite = typeof value === "number" && Number.isFinite(value)
  const broken = failed === true || typeof failed === "string" || !finite
  const why =
    typeof failed === "string"
      ? failed.slice(0, LONGEST_REASON)
      : failed === true || value === null
        ? "failed"
        : `the value was ${value}`
  return {
    kind: "tell",
    worker,
    step,
    id,
    attempt,
    value: broken ? null : value,
    cost: cost ?? 1,
    ...(broken ? { failed: why } : {}),
  }
}
