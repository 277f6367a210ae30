/**
 * Running a recorded run again: the same asks, the same answers in the same order, and everything that was decided in
 * between decided anew. One needs it to show that an artifact is what it says it is.
 */
import { ArtifactError } from "../domain/errors.ts"
import { problem } from "../domain/problems.ts"
import { parseRunArtifact, type RunArtifact } from "./RunArtifact.ts"
import { Solver, type SolverOptions } from "./Solver.ts"

/** What came of running an artifact again. */
export interface Rerun {
  /** True when every field that a run decides is the same, bit for bit. */
  readonly identical: boolean
  /** The first place where it is not, as a path; null when identical. */
  readonly difference: string | null
  /** What the record says there, and what the repetition. */
  readonly recorded: unknown
  readonly repeated: unknown
  /** The artifact of the repetition. */
  readonly artifact: RunArtifact
}

const NO_CONFIG = "An artifact without bounds can be imported as a warm start, but not run again."

/** Fields that depend on where and when a run was made, and so may change. */
const CIRCUMSTANCES: ReadonlySet<string> = new Set(["environment", "elapsed_ms"])

/**
 * Runs a recorded run again. Throws an ArtifactError for what is no artifact, a StateError when the recorded points are
 * not those this build asks for.
 */
export function rerun(input: unknown, options: SolverOptions = {}): Rerun {
  const recorded = parseRunArtifact(input, options.strategies)
  if (recorded instanceof ArtifactError) throw recorded
  const { config } = recorded
  if (config === null)
    throw new ArtifactError({
      document: "artifact",
      problems: [problem(["config"], "is missing.", NO_CONFIG)],
    })
  const artifact = Solver.fromState({ ...recorded, config }, options).artifact()
  const difference = firstDifference(recorded, artifact, "")
  return difference === null
    ? { identical: true, difference: null, recorded: null, repeated: null, artifact }
    : {
        identical: false,
        difference: difference.path,
        recorded: difference.a,
        repeated: difference.b,
        artifact,
      }
}

interface Difference {
  readonly path: string
  readonly a: unknown
  readonly b: unknown
}

function firstDifference(a: unknown, b: unknown, path: string): Difference | null {
  if (Object.is(a, b)) return null
  const inner = (key: string): string => (path === "" ? key : `${path}.${key}`)
  if (typeof a !== "object" || typeof b !== "object" || a === null || b === null) {
    return { path, a, b }
  }
  const keys = [...new Set([...Object.keys(a), ...Object.keys(b)])].sort()
  for (const key of keys) {
    if (CIRCUMSTANCES.has(key)) continue
    const found = firstDifference(
      (a as Record<string, unknown>)[key],
      (b as Record<string, unknown>)[key],
      inner(key),
    )
    if (found !== null) return found
  }
  return null
}
