/**
 * How an engine is to be stopped. Whatever else is handed to `stop`, a signal's name or an event of a page, asks for nothing: a stop is
 * never refused for what happens to be its argument. Needed by every face of an engine.
 */
import { MOST_PROOF_PAIRS } from "../../control/closingProof.ts"
import { ConfigError } from "../../domain/errors.ts"
import { problem, show } from "../../domain/problems.ts"

/** Options of `stop`. */
export interface StopOptions {
  /**
   * Pairs of windows, one on the base and one under the baseline, before the stop: the plant stays on its base where three of
   * four pairs show it lower there, and goes to its baseline otherwise. Left out: none, it stays on its base.
   */
  readonly prove?: number | undefined
}

/** The pairs that are asked for, 0 where none are; a ConfigError for a number that is none. */
export function proofPairs(options: unknown): number | ConfigError {
  if (typeof options !== "object" || options === null || !("prove" in options)) return 0
  const { prove } = options
  if (prove === undefined) return 0
  if (typeof prove === "number" && Number.isInteger(prove) && prove >= 1 && prove <= MOST_PROOF_PAIRS)
    return prove
  const message = `must be a whole number of pairs from 1 to ${MOST_PROOF_PAIRS}, not ${show(prove)}.`
  return new ConfigError({
    problems: [problem(["prove"], message, "12 pairs are a good start; leave it out to stop at once.")],
  })
}
