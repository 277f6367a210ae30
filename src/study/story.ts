/**
 * What a run thought while it went on: what it took the landscape for, since when and why, and how far its trust region
 * reached along each axis. Both explain a curve: why it fell fast, stood still, or began anew.
 */
import type { HistoryEntry, SolverState } from "../solver/SolverState.ts"
import type { RunArtifact } from "../solver/RunArtifact.ts"
import { type Found, foundIn, reachOf } from "./foundAgain.ts"

/** What the landscape was taken for, over a stretch of the run. */
export interface LabelSpan {
  readonly label: string
  /** The first place it held for, and the last. */
  readonly from: number
  readonly to: number
  /** Why it was changed to this; null for the first one. */
  readonly reason: string | null
}

/** How far the trust region reached along its axes, the longest first; shares of a range. */
export interface Reach {
  readonly at: number
  readonly lengths: ReadonlyArray<number>
}

/** Places are evaluations from 1, as a curve counts them, or positions in the history. */
export interface Story {
  readonly labels: ReadonlyArray<LabelSpan>
  /** In stretches: between two of them no trust region was at work. */
  readonly reach: ReadonlyArray<ReadonlyArray<Reach>>
}

/** The place of every entry of a history. */
export type Places = (history: ReadonlyArray<HistoryEntry>) => ReadonlyArray<number>

/** Evaluations there were with an entry; readings from before the run are none. */
export const byEvaluation: Places = (history) => {
  let evaluation = 0
  return history.map(({ phase }) => (phase === "seed" ? evaluation : ++evaluation))
}

export const byPosition: Places = (history) => history.map((_, position) => position)

/** Empty where the run names no bounds, or was made by a build that asked for other points. */
export function storyOf(run: SolverState | RunArtifact, places: Places, found: Found = foundIn(run)): Story {
  const at = places(run.history)
  return { labels: labelSpans(run, at, found), reach: stretches(run, at) }
}

function labelSpans(
  run: SolverState | RunArtifact,
  at: ReadonlyArray<number>,
  { classification }: Found,
): ReadonlyArray<LabelSpan> {
  if (classification === null) return []
  const { label, readings, changes = [] } = classification
  const all = [{ label, readings, reason: null }, ...changes]
  // A label counts readings: entries with a value.
  const read = at.filter((_, entry) => run.history[entry].value !== null)
  const last = at[at.length - 1]
  const starts = all.map((one) => read[one.readings - 1] ?? last)
  return all.map((one, k) => ({
    label: one.label,
    from: starts[k],
    to: starts[k + 1] ?? last,
    reason: one.reason,
  }))
}

function stretches(
  run: SolverState | RunArtifact,
  at: ReadonlyArray<number>,
): ReadonlyArray<ReadonlyArray<Reach>> {
  const all: Array<Array<Reach>> = []
  let going = false
  reachOf(run).forEach((lengths, entry) => {
    if (lengths === null || lengths.length === 0) {
      going = false
      return
    }
    if (!going) all.push([])
    going = true
    all[all.length - 1].push({ at: at[entry], lengths: drawnAxes(lengths) })
  })
  return all
}

/** Axes that are drawn one by one; of more than these the longest, the middle one and the shortest. */
const MOST_AXES = 6

function drawnAxes(lengths: ReadonlyArray<number>): ReadonlyArray<number> {
  if (lengths.length <= MOST_AXES) return lengths
  return [lengths[0], lengths[lengths.length >> 1], lengths[lengths.length - 1]]
}
