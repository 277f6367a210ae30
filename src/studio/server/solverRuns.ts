/** A run of the offline solver as the studio shows it, from its state or its artifact on disk. */
import { ConfigError } from "../../domain/errors.ts"
import { importanceOf } from "../../solver/importance.ts"
import type { RunArtifact } from "../../solver/RunArtifact.ts"
import { parseSolverConfig } from "../../solver/SolverConfig.ts"
import type { HistoryEntry } from "../../solver/SolverState.ts"
import { readArtifactFile } from "../../study/documents.ts"
import { type Curve, curveOf, isBeyond } from "../../study/convergence.ts"
import { foundIn } from "../../study/foundAgain.ts"
import { byPosition, storyOf } from "../../study/story.ts"
import { readingsOf } from "../../study/solverReadings.ts"
import type { SolverReading, SolverRun } from "../protocol/solverProtocol.ts"
import { Refusal } from "./refusal.ts"

/** The page draws its own; the frame does not depend on them. */
const TICKS = { x: 10, y: 8 }

/** Reads the file anew, so that a run that goes on is shown as it goes. A Refusal where the file cannot be read. */
export function solverRun(path: string, name: string): SolverRun {
  const artifact = read(path)
  const { config, history } = artifact
  const minimize = config?.objective !== "maximize"
  const curve = curveOf(history, minimize ? "minimize" : "maximize", TICKS)
  const readings = readingsWithBest(history, minimize, curve)
  const count = (status: HistoryEntry["status"]): number =>
    history.filter((entry) => entry.status === status && entry.phase !== "seed").length
  const found = foundIn(artifact)
  const { best, classification } = found
  return {
    file: name,
    runId: artifact.run_id,
    minimize,
    budget: artifact.budget,
    counts: {
      told: count("ok"),
      failed: count("failed"),
      pending: artifact.pending.length,
      seeded: history.filter(({ phase }) => phase === "seed").length,
    },
    history: readings,
    frame: curve === null ? null : { min: curve.y.min, max: curve.y.max, log: curve.y.log },
    best:
      best === null
        ? null
        : {
            params: best.params,
            value: best.value,
            standardError: best.standard_error,
            at: indexOf(history, best.eval_id),
          },
    classification:
      classification === null
        ? null
        : {
            label: classification.label,
            score: classification.score,
            features: { ...classification.features },
            changes: classification.changes ?? [],
          },
    ...storyOf(artifact, byPosition, found),
    importance: importance(artifact),
    warnings: artifact.notes,
  }
}

function read(path: string): RunArtifact {
  try {
    return readArtifactFile(path).artifact
  } catch (error) {
    // Written for a person, and about a file that they named.
    if (error instanceof Error) throw new Refusal("failed", error.message)
    throw error
  }
}

const indexOf = (history: ReadonlyArray<HistoryEntry>, evalId: number | null): number | null => {
  const at = evalId === null ? -1 : history.findIndex(({ eval_id }) => eval_id === evalId)
  return at < 0 ? null : at
}

function readingsWithBest(
  history: ReadonlyArray<HistoryEntry>,
  minimize: boolean,
  curve: Curve | null,
): ReadonlyArray<SolverReading> {
  let best: number | null = null
  return history.map(({ phase, params, value, cost, decision }, index) => {
    if (value !== null && (best === null || (minimize ? value < best : value > best))) best = value
    const beyond = value !== null && curve !== null && isBeyond(curve, value)
    return { index, phase, params, value, beyond, cost, decision, best }
  })
}

function importance({ config, history }: RunArtifact): SolverRun["importance"] {
  if (config === null) return null
  const settings = parseSolverConfig(config)
  if (settings instanceof ConfigError) return null
  const found = importanceOf(readingsOf(history, settings), settings.space)
  if (found === null) return null
  const { names } = settings.space
  return {
    alone: Object.fromEntries(names.map((name, i) => [name, found.alone[i]])),
    together: found.together,
  }
}
