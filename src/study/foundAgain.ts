/** What a run found: as its artifact says, and where that says nothing, by running it again from its history. */
import { restoreSolver } from "./createSolver.ts"
import type { RunArtifact } from "../solver/RunArtifact.ts"
import type { SolverState } from "../solver/SolverState.ts"
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

function foundAgain({ config, run_id, history, pending }: SolverState | RunArtifact): Found {
  const nothing: Found = { best: null, classification: null }
  if (config === null) return nothing
  try {
    const solver = restoreSolver(
      { schema_version: 1, run_id, config, history, pending },
      { strategies: EXTRA_STRATEGIES },
    )
    const { best, classification } = solver.artifact()
    return { best, classification }
  } catch {
    return nothing
  }
}

/** The label and how it was revoked, in a few words: "quadratic, curved from reading 57 on"; null where nothing was found. */
export function labelsText({ classification }: Found): string | null {
  if (classification === null) return null
  const { label, changes = [] } = classification
  return [label, ...changes.map((one) => `${one.label} from reading ${one.readings} on`)].join(", ")
}
