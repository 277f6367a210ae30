/** What a run of refusals means for a loop. Needed where Tier 1's answers lead to SafeMode. */
import {
  AUDIT_QUEUE_FULL,
  BUDGET_EXHAUSTED,
  CONSTRAINT_VIOLATION,
  OBJECTIVE_REGRESSION,
  THRASHING,
  TRIP_AUDIT_QUEUE_FULL,
  TRIP_BUDGET_EXHAUSTED,
  TRIP_CONSTRAINT_EMERGENCY,
  TRIP_OBJECTIVE_REGRESSION,
  TRIP_REPEATED_VIOLATIONS,
  TRIP_THRASHING,
} from "./codes.ts"

/** The trip for refusals of one status: a common cause has its own, a mixture is a proposer that misbehaves. */
export function tripFor(status: number): number {
  switch (status) {
    case THRASHING:
      return TRIP_THRASHING
    case BUDGET_EXHAUSTED:
      return TRIP_BUDGET_EXHAUSTED
    case OBJECTIVE_REGRESSION:
      return TRIP_OBJECTIVE_REGRESSION
    case CONSTRAINT_VIOLATION:
      return TRIP_CONSTRAINT_EMERGENCY
    case AUDIT_QUEUE_FULL:
      return TRIP_AUDIT_QUEUE_FULL
    default:
      return TRIP_REPEATED_VIOLATIONS
  }
}
