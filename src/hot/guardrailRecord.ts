/**
 * A guardrail policy as one audit record: its twelve numbers lie where other kinds have proposal, code, detail, knob, value, limit,
 * objective, margin and the first four positions of the point. So it is on the record bit for bit, whatever the knobs.
 */
import {
  RECORD_CODE,
  RECORD_DETAIL,
  RECORD_KNOB,
  RECORD_LIMIT,
  RECORD_MARGIN,
  RECORD_OBJECTIVE,
  RECORD_POINT,
  RECORD_PROPOSAL_ID,
  RECORD_VALUE,
} from "./AuditRing.ts"
import type { GuardrailNumbers } from "./Guardrails.ts"

/** Part of the audit format: never change a place. */
const PLACES: Readonly<Record<keyof GuardrailNumbers, number>> = {
  maxStep: RECORD_PROPOSAL_ID,
  appliesPerSecond: RECORD_CODE,
  minIntervalUs: RECORD_DETAIL,
  turnsPerMinute: RECORD_KNOB,
  cooldownUs: RECORD_VALUE,
  rangePerMinute: RECORD_LIMIT,
  pathPerMinute: RECORD_OBJECTIVE,
  regressionsToTrip: RECORD_MARGIN,
  rollbackRegressions: RECORD_POINT,
  rollbacksPerHour: RECORD_POINT + 1,
  minStableUs: RECORD_POINT + 2,
  emergencyMargin: RECORD_POINT + 3,
}
const NAMES = Object.keys(PLACES) as ReadonlyArray<keyof GuardrailNumbers>

/** Fills all of the record at `block[at]` that is the policy's. */
export function writeGuardrails(block: Float64Array, at: number, policy: GuardrailNumbers): void {
  for (const name of NAMES) block[at + PLACES[name]] = policy[name]
}

/** The policy of the record at `block[at]`. */
export function readGuardrails(block: Float64Array, at: number): GuardrailNumbers {
  const read = NAMES.map((name) => [name, block[at + PLACES[name]]] as const)
  return Object.fromEntries(read) as { [Name in keyof GuardrailNumbers]: number }
}

/** Whether two policies are the same in every number. */
export const sameGuardrails = (a: GuardrailNumbers, b: GuardrailNumbers): boolean =>
  NAMES.every((name) => Object.is(a[name], b[name]))
