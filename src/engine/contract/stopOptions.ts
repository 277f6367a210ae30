/**
 * How to stop an engine. Anything else passed to `stop`, such as a signal's name or an event, is ignored: a stop is
 * never refused because of its argument. All faces of an engine use it.
 */
import { MOST_PROOF_PAIRS } from "../../control/closingProof.ts"
import { ConfigError } from "../../domain/errors.ts"
import { problem, show } from "../../domain/problems.ts"

/** Options of `stop`. */
export interface StopOptions {
  /**
   * Pairs of windows, one on the base and one on the baseline, to measure before stopping. The plant stays on its
   * base if three quarters of the pairs show it to be better, and goes to its baseline otherwise. Default: none,
   * and it stays on its base.
   */
  readonly prove?: number | undefined
}

/** The requested number of pairs, 0 if none; a ConfigError for an invalid number. */
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
