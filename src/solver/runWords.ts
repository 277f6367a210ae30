/** A run in words: its name, and what a reader of its artifact should know. */
import { type Classification, isFounded } from "./Classification.ts"
import type { SolverSettings } from "./SolverConfig.ts"

/** The same configuration gives the same name: FNV-1a over its JSON. */
export function runName(settings: SolverSettings): string {
  let hash = 0x811c9dc5
  const text = JSON.stringify(settings.config)
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193)
  return `run-${settings.seed}-${(hash >>> 0).toString(16).padStart(8, "0")}`
}

/** What the notes of a run tell of. */
export interface Told {
  readonly told: number
  readonly failed: number
  /** Nothing is left to ask for. */
  readonly exhausted: boolean
  readonly classification: Classification | null
}

/** Notes for the reader, in sentences. */
export function runNotes(settings: SolverSettings, run: Told): ReadonlyArray<string> {
  const { warnings, space, budget, probeCount, strategy } = settings
  const { told, failed, classification } = run
  const notes = [...warnings]
  if (told > 0 && failed === told)
    notes.push("Every evaluation failed: there is nothing to recommend, and the landscape was not seen.")
  if (run.exhausted)
    notes.push(
      `Every one of the ${space.points} points of the space has been asked for, and readings repeat themselves: nothing is left to ask, whatever remains of the budget.`,
    )
  if (classification !== null && !isFounded(classification))
    notes.push(
      `The label ${JSON.stringify(classification.label)} is a default and no finding: the readings were too few, or all alike.`,
    )
  const stencil = 2 * space.size + 1
  if (strategy === "auto" && space.continuous && budget < probeCount + stencil)
    notes.push(
      `The budget of ${budget} is too small for the quadratic model, whose first points alone are ${stencil} in ${space.size} dimensions: a local surrogate searched instead.`,
    )
  return notes
}
