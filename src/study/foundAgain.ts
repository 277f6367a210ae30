/** What a run found: as its artifact says, and where that says nothing, by running it again from its history. */
import { ConfigError, ResultError, StateError } from "../domain/errors.ts"
import type { RunArtifact } from "../solver/RunArtifact.ts"
import { Solver } from "../solver/Solver.ts"
import { parseSolverState, type SolverState } from "../solver/SolverState.ts"
import { EXTRA_STRATEGIES } from "../solver/strategies/extraStrategies.ts"

export type Found = Pick<RunArtifact, "best" | "classification">

/** Both are null where the run names no bounds, or was made by a build that asked for other points. */
export function foundIn(run: SolverState | RunArtifact): Found {
  const written: Found = {
    best: "best" in run ? run.best : null,
    classification: "classification" in run ? run.classification : null,
  }
  if (written.best !== null && written.classification !== null) return written
  const again = foundAgain(run)
  return {
    best: written.best ?? again.best,
    classification: written.classification ?? again.classification,
  }
}

function foundAgain(run: SolverState | RunArtifact): Found {
  const solver = repeated(run)
  if (solver === null) return { best: null, classification: null }
  const { best, classification } = solver.artifact()
  return { best, classification }
}

/** The run, repeated from its history; null where it names no bounds, or was made by a build that asked for other points. */
function repeated(run: SolverState | RunArtifact, told?: (solver: Solver) => void): Solver | null {
  const { config, run_id, history, pending } = run
  if (config === null) return null
  const strategies = EXTRA_STRATEGIES
  const state = parseSolverState({ schema_version: 1, run_id, config, history, pending }, strategies)
  if (state instanceof StateError) return null
  try {
    return Solver.fromState(state, { strategies }, told)
  } catch (error) {
    if (error instanceof StateError || error instanceof ResultError || error instanceof ConfigError)
      return null
    throw error
  }
}

/** Runs longer than this are not repeated to be drawn: nobody could tell their steps apart, and it would take seconds. */
const MOST_DRAWN = 5000

/** How far the trust region reached along each of its axes after each entry of the history, null where none was at work. */
export function reachOf(run: SolverState | RunArtifact): ReadonlyArray<ReadonlyArray<number> | null> {
  if (run.history.length > MOST_DRAWN) return []
  const reach: Array<ReadonlyArray<number> | null> = []
  const solver = repeated(run, (one) => reach.push(one.reach?.toSorted((a, b) => b - a) ?? null))
  return solver === null ? [] : reach
}
