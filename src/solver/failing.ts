/**
 * How a run fails at present: needed by whoever evaluates points and has to decide when it makes no sense to go on. The solver
 * itself never gives up: it cannot know whether the next point is another one that cannot be read or whether nothing works.
 */
import type { HistoryEntry } from "./SolverState.ts"

/** The failures that came last, without a reading between them. */
export interface Failing {
  readonly inARow: number
  /** Why the last evaluation failed; null where it did not, or nobody said. */
  readonly reason: string | null
  /** Whether any evaluation has ever given a value. */
  readonly succeeded: boolean
}

/** The failures at the end of a history; only entries from `since` on count into the row. What was seeded is no evaluation. */
export function failingAt(history: ReadonlyArray<HistoryEntry>, since = 0): Failing {
  let inARow = 0
  let reason: string | null = null
  for (let i = history.length - 1; i >= since; i--) {
    const { phase, status, error } = history[i]
    if (phase === "seed") continue
    if (status === "ok") break
    if (inARow === 0) reason = error ?? null
    inARow++
  }
  const succeeded = history.some(({ phase, status }) => phase !== "seed" && status === "ok")
  return { inARow, reason, succeeded }
}
