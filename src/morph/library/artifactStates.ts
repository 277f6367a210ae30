/**
 * The life of an artifact as data: its states, what may follow what, and how long a library keeps it there. What is stored has been
 * verified against the reference, so it begins as `validated`.
 */
import type { Problem } from "../../domain/Problem.ts"
import { problem, show } from "../../domain/problems.ts"

/** States of an artifact. */
export const ARTIFACT_STATES = ["validated", "active", "deprecated", "rejected"] as const
/** A state of an artifact, by name. */
export type ArtifactState = (typeof ARTIFACT_STATES)[number]

interface StateRow {
  readonly next: ReadonlyArray<ArtifactState>
  /** Days after which `collect` removes it; null for ever. */
  readonly keptDays: number | null
  /** Whether it is given out. */
  readonly isServed: boolean
}

/** One row for each state. */
export const STATES: Readonly<Record<ArtifactState, StateRow>> = {
  validated: { next: ["active", "rejected"], keptDays: 365, isServed: true },
  active: { next: ["deprecated", "rejected"], keptDays: null, isServed: true },
  // Grafts that have it keep it for life; nobody is offered it for a new one.
  deprecated: { next: ["active", "rejected"], keptDays: 90, isServed: true },
  rejected: { next: [], keptDays: 30, isServed: false },
}

const DAY_MS = 24 * 60 * 60 * 1000
const MOST_WORDS = 1_000

/** Whether it has been in its state for longer than a library keeps it there. */
export function isExpired(
  { state, changedMs }: { readonly state: ArtifactState; readonly changedMs: number },
  nowMs: number,
): boolean {
  const { keptDays } = STATES[state]
  return keptDays !== null && nowMs - changedMs > keptDays * DAY_MS
}

/** What is wrong with a step; empty where it may be taken. */
export function stepProblems(
  from: ArtifactState,
  to: unknown,
  { by, why }: { readonly by: unknown; readonly why: unknown },
): ReadonlyArray<Problem> {
  const { next } = STATES[from]
  const problems: Array<Problem> = []
  if (!next.some((one) => one === to))
    problems.push(
      problem(
        ["state"],
        `must be a state that may follow ${from}, not ${show(to)}.`,
        next.length === 0 ? `Nothing follows ${from}.` : `Use one of ${next.join(", ")}.`,
      ),
    )
  for (const [path, said, remedy] of [
    ["by", by, "Say who does it."],
    ["why", why, "Say why it is done."],
  ] as const)
    if (typeof said !== "string" || said.trim() === "" || said.length > MOST_WORDS)
      problems.push(
        problem([path], `must be a text of 1 to ${MOST_WORDS} characters, not ${show(said)}.`, remedy),
      )
  return problems
}
