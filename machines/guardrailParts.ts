/**
 * What follows from the guardrail policy for those who are not Tier 1: how far the cycle may step, when it asks for help, how the
 * latch waits, what counts as one place. Worked out once at the start, and anew whenever another policy is in force.
 */
import { fenceUsOf } from "../src/hot/fence.ts"
import type { GuardrailNumbers } from "../src/hot/Guardrails.ts"
import { type ComparisonPolicy, DEFAULT_COMPARISON } from "../src/control/comparison.ts"
import { DEFAULT_SAFE_MODE, type SafeModePolicy } from "../src/control/tripRules.ts"
import { type CycleLimits, DEFAULT_CYCLE_LIMITS } from "./cycleLimits.ts"

/** What somebody asked for by name: it holds whatever the policy says. */
export interface OwnNumbers {
  readonly limits: Partial<CycleLimits>
  readonly safeMode: Partial<SafeModePolicy>
  /** Null: the base is not compared with the baseline. */
  readonly comparison: Partial<ComparisonPolicy> | null
}

export interface GuardrailParts {
  readonly limits: CycleLimits
  readonly safeMode: SafeModePolicy
  readonly comparisonPolicy: ComparisonPolicy | null
}

/** `periodic`: which knobs lie on a circle, by id. */
export function guardrailParts(
  policy: GuardrailNumbers,
  own: OwnNumbers,
  periodic: ReadonlyArray<boolean>,
): GuardrailParts {
  return {
    limits: {
      ...DEFAULT_CYCLE_LIMITS,
      rollbackRegressions: policy.rollbackRegressions,
      regressionsToTrip: policy.regressionsToTrip,
      fenceUs: fenceUsOf(policy),
      ...own.limits,
    },
    safeMode: {
      ...DEFAULT_SAFE_MODE,
      timerUs: policy.cooldownUs,
      rollbacksPerHour: policy.rollbacksPerHour,
      ...own.safeMode,
    },
    comparisonPolicy:
      own.comparison === null
        ? null
        : { ...DEFAULT_COMPARISON, radius: policy.maxStep, periodic, ...own.comparison },
  }
}
