/**
 * What a growing host answers to a call that it refuses. Apart from the other errors, because a browser loads a growing host without
 * Effect: it is tagged as they are, so `Effect.catchTag` finds it.
 */
import type { Problem } from "./Problem.ts"
import { GROWTH_REFUSED } from "./messages.ts"
import { problem, problemText } from "./problems.ts"

/** A call on a growing host that was refused: its options, data or a command. Lists every problem at once, and nothing was changed. */
export class GrowthError extends Error {
  readonly _tag = "GrowthError"
  readonly problems: ReadonlyArray<Problem>

  constructor({ problems }: { readonly problems: ReadonlyArray<Problem> }) {
    super(problemText(GROWTH_REFUSED, problems))
    this.name = "GrowthError"
    this.problems = problems
  }
}

/** One about one thing. */
export const growthProblem = (path: string, message: string, suggestion: string): GrowthError =>
  new GrowthError({ problems: [problem([path], message, suggestion)] })
