/**
 * Another guardrail policy for an engine that runs: checked as the option is, recorded with what a person said, carried out by the
 * machines where they live and by hand where they do not. The record is Tier 1's own and holds the whole policy, so that it is what
 * a replay gives again.
 */
import { resolveGuardrails } from "../control/guardrails.ts"
import { AuditError, ConfigError } from "../domain/errors.ts"
import { parseGuardrails } from "../domain/guardrailConfig.ts"
import { coarseKnobs } from "../domain/ParamSpace.ts"
import { P_NOW_US } from "../hot/SafetyExecutor.ts"
import type { EngineCore } from "./EngineCore.ts"

/** Throws a ConfigError for what is no policy, an AuditError where the change could not be recorded; then nothing has changed. */
export function guardrailCommand(core: EngineCore, guardrails: unknown, note: string | undefined): void {
  const config = parseGuardrails(guardrails)
  if (config instanceof ConfigError) throw config
  const policy = resolveGuardrails(config)
  const { hot, trail } = core
  const { executor, nowCell } = hot
  trail.pump()
  if (hot.audit.full) {
    const detail =
      "it has no room for the record of other guardrails, and what cannot be recorded is not done"
    throw new AuditError({ reason: "write", sink: "ring", detail })
  }
  nowCell[0] = core.nowUs
  const nowUs = nowCell[0]
  const before = executor.policy
  trail.withNote("guardrailsSet", note, core.inEvent, () => {
    core.actor.send({ type: "setGuardrails", policy, nowUs })
    if (core.inEvent || executor.policy !== before) return
    core.mender.confirm(false)
    executor.proposal[P_NOW_US] = nowUs
    hot.setGuardrails(policy)
  })
  core.coarse = coarseKnobs(core.settings.space, policy.maxStep)
}
