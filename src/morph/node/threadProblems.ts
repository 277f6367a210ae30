/** What stands against training in a thread of its own: what that gets is copied, and code is not. Every problem is listed. */
import type { Problem } from "../../domain/Problem.ts"
import { didYouMean, problem, show } from "../../domain/problems.ts"
import type { GrowthOptions } from "../service/Growth.ts"

const TRAININGS: ReadonlyArray<NonNullable<GrowthOptions["training"]>> = ["inline", "thread"]

export function threadProblems(options: GrowthOptions): ReadonlyArray<Problem> {
  const { training = "inline", hangMs, blueprints, now, stopwatch } = options
  const isUrl = blueprints instanceof URL
  const problems: Array<Problem> = []
  const refuse = (isRefused: boolean, field: string, message: string, suggestion: string | null): void => {
    if (isRefused) problems.push(problem([field], message, suggestion))
  }
  if (!TRAININGS.includes(training))
    refuse(
      true,
      "training",
      `must be inline or thread, not ${show(training)}.`,
      didYouMean(training, TRAININGS),
    )
  else if (training === "inline") {
    refuse(isUrl, "blueprints", "is a URL, which only a thread takes.", 'Give a list, or training: "thread".')
    refuse(
      hangMs !== undefined,
      "hangMs",
      "is for a thread only.",
      'Leave it out, or give training: "thread".',
    )
  } else {
    const isTime = hangMs === undefined || (Number.isFinite(hangMs) && hangMs >= 1)
    refuse(!isTime, "hangMs", `must be at least 1 ms, not ${show(hangMs)}.`, "10000 is usual.")
    refuse(
      blueprints !== undefined && !isUrl,
      "blueprints",
      "are code, and a thread gets none.",
      "Export them as blueprints from a module, and give its URL.",
    )
    refuse(now !== undefined, "now", "is code, and a thread gets none.", "Leave it out.")
    refuse(stopwatch !== undefined, "stopwatch", "is code, and a thread gets none.", "Leave it out.")
  }
  return problems
}
