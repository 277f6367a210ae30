/**
 * The guardrail policy as numbers: everything Tier 1 holds a proposal against. Presets and overrides are made in
 * `control/guardrails.ts`; one needs this shape to hand a policy to `SafetyExecutor` or `HotPath`.
 */
import { wrong } from "./outOfRange.ts"

/** All positions and distances in unit space, all times in microseconds. `Infinity` lifts a limit. */
export interface GuardrailNumbers {
  /** Furthest that one apply may move a knob, and what counts as a retrace. */
  readonly maxStep: number
  readonly appliesPerSecond: number
  /** Least time between two applies. */
  readonly minIntervalUs: number
  /** Turns of the base per knob in any minute; a turn is a retrace of more than `maxStep`. */
  readonly turnsPerMinute: number
  /** After a rollback proposals are refused for this long. */
  readonly cooldownUs: number
  /** Largest max - min of a knob's base over any minute. */
  readonly rangePerMinute: number
  /** Longest way of a knob's base over any minute. */
  readonly pathPerMinute: number
  /** Consecutive regressions that trip SafeMode; from here on base updates are refused. */
  readonly regressionsToTrip: number
  /** Consecutive regressions that roll back. */
  readonly rollbackRegressions: number
  /** More rollbacks than this in an hour want a person. */
  readonly rollbacksPerHour: number
  /** How long a configuration must have stayed good to become the baseline by itself. */
  readonly minStableUs: number
  /** A valid digest with a constraint margin below this rolls back at once. */
  readonly emergencyMargin: number
}

/** What is wrong with the first number of a policy that no executor could work with; null where nothing is. */
export function guardrailFault(policy: GuardrailNumbers): string | null {
  const above0 = [
    "maxStep",
    "appliesPerSecond",
    "rangePerMinute",
    "pathPerMinute",
    "regressionsToTrip",
  ] as const
  for (const name of above0) {
    if (!(policy[name] > 0)) return wrong(name, "above 0", policy[name])
  }
  const atLeast0 = [
    "minIntervalUs",
    "turnsPerMinute",
    "cooldownUs",
    "rollbackRegressions",
    "rollbacksPerHour",
  ] as const
  for (const name of [...atLeast0, "minStableUs"] as const) {
    if (!(policy[name] >= 0)) return wrong(name, "at least 0", policy[name])
  }
  if (policy.emergencyMargin < 0) return null
  return wrong("emergencyMargin", "below 0", policy.emergencyMargin)
}

/** A RangeError for the first number of a policy that no executor could work with. */
export function checkGuardrails(policy: GuardrailNumbers): void {
  const fault = guardrailFault(policy)
  if (fault !== null) throw new RangeError(fault)
}
