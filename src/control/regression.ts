/**
 * What consecutive regressions lead to. The kernel counts them (each cycle mean against the one before, in units of
 * the noise it observed, SPSA.md step 2), because the count must be part of the replayed state; this file says what
 * a count means. An exploding objective adds one every cycle; a single step of the load adds one and is done.
 */

/** The two numbers of the guardrail policy that bear on regressions. */
export interface RegressionPolicy {
  /** Consecutive regressions after which the plant goes back to its baseline. */
  readonly rollbackRegressions: number
  /** Consecutive regressions after which SafeMode opens. */
  readonly regressionsToTrip: number
}

/** What a cycle's end means for the plant. */
export type RegressionVerdict = "carryOn" | "rollBack" | "trip"

/**
 * Judges the count after a cycle against the count before it. The rollback is asked for once, when its number is
 * reached, so that a count which goes on rising in spite of it still leads to the trip.
 */
export function judgeRegressions(before: number, after: number, policy: RegressionPolicy): RegressionVerdict {
  if (after >= policy.regressionsToTrip) return "trip"
  if (after >= policy.rollbackRegressions && before < policy.rollbackRegressions) return "rollBack"
  return "carryOn"
}
