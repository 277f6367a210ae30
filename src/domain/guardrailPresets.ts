/**
 * The guardrail presets as data (DESIGN 7). They stand beside the schema so that a user's own numbers can be checked
 * against those of the preset they are laid over; `control/guardrails.ts` makes a policy of both.
 */
import type { GuardrailNumbers } from "../hot/Guardrails.ts"
import type { Preset } from "./configSchema.ts"
import { MILLISECOND_US, SECOND_US } from "./Units.ts"

/** For plants where a wrong move is dear, the default, and for plants where learning fast is worth a wobble. */
export const GUARDRAILS: Readonly<Record<Preset, GuardrailNumbers>> = {
  conservative: {
    maxStep: 0.05,
    appliesPerSecond: 2,
    minIntervalUs: 500 * MILLISECOND_US,
    turnsPerMinute: 2,
    cooldownUs: 60 * SECOND_US,
    rangePerMinute: 0.25,
    pathPerMinute: 1.25,
    regressionsToTrip: 3,
    rollbackRegressions: 2,
    rollbacksPerHour: 2,
    minStableUs: 30 * SECOND_US,
    emergencyMargin: -0.5,
  },
  balanced: {
    maxStep: 0.1,
    appliesPerSecond: 10,
    minIntervalUs: 100 * MILLISECOND_US,
    turnsPerMinute: 3,
    cooldownUs: 30 * SECOND_US,
    rangePerMinute: 0.5,
    pathPerMinute: 2.5,
    regressionsToTrip: 5,
    rollbackRegressions: 3,
    rollbacksPerHour: 4,
    minStableUs: 5 * SECOND_US,
    emergencyMargin: -0.5,
  },
  aggressive: {
    maxStep: 0.2,
    appliesPerSecond: 20,
    minIntervalUs: 50 * MILLISECOND_US,
    turnsPerMinute: 5,
    cooldownUs: 10 * SECOND_US,
    rangePerMinute: 1,
    pathPerMinute: 5,
    regressionsToTrip: 8,
    rollbackRegressions: 5,
    rollbacksPerHour: 10,
    minStableUs: SECOND_US,
    emergencyMargin: -0.5,
  },
}
