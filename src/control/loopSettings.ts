/** The tuning rule and the loop that the settings of an engine describe, for loops without actors: a fleet's and a cohort's. */
import type { EngineSettings } from "../domain/Config.ts"
import { positionOf } from "../domain/Window.ts"
import { type CycleOptions, DEFAULT_CYCLE } from "../hot/cycleOptions.ts"
import { fenceUsOf } from "../hot/fence.ts"
import type { GuardrailNumbers } from "../hot/Guardrails.ts"
import { DEFAULT_SPSA, type SpsaSettings } from "../hot/spsaSettings.ts"

/** The constants of the tuning rule. */
export const spsaOf = (settings: EngineSettings, policy: GuardrailNumbers): SpsaSettings => ({
  ...DEFAULT_SPSA,
  ...Object.fromEntries(Object.entries(settings.gains).filter(([, value]) => value !== undefined)),
  constrained: settings.constraint,
  covariate: positionOf(settings.covariate, settings.extras),
  seed: settings.seed,
  maxStep: policy.maxStep,
})

/** When the loop gives up, and which way is down. */
export function cycleOf(settings: EngineSettings, policy: GuardrailNumbers): CycleOptions {
  const { exit = "timer", timerUs } = settings.safeMode
  return Object.freeze({
    ...DEFAULT_CYCLE,
    sign: settings.objective === "maximize" ? -1 : 1,
    safeModeUs: exit === "timer" ? (timerUs ?? policy.cooldownUs) : Number.POSITIVE_INFINITY,
    fenceUs: fenceUsOf(policy),
    startIsBaseline: settings.startIsBaseline,
    guard: settings.guard,
  })
}
