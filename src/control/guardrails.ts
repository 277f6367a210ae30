/**
 * From a preset and a user's own numbers to the policy that Tier 1 holds every apply against. Needed wherever a checked
 * configuration becomes a running engine.
 */
import type { GuardrailConfig } from "../domain/configSchema.ts"
import { type Preset, PRESETS } from "../domain/configSchema.ts"
import { GUARDRAILS } from "../domain/guardrailPresets.ts"
import { sameGuardrails } from "../hot/guardrailRecord.ts"
import type { GuardrailNumbers } from "../hot/Guardrails.ts"

/** The preset with exactly these numbers, or null. */
export const presetOf = (policy: GuardrailNumbers): Preset | null =>
  PRESETS.find((preset) => sameGuardrails(GUARDRAILS[preset], policy)) ?? null

/** The numbers behind a preset, with a user's own on top. */
export function resolveGuardrails(config: GuardrailConfig): GuardrailNumbers {
  if (typeof config === "string") return GUARDRAILS[config]
  const { preset, ...own } = config
  const numbers = { ...GUARDRAILS[preset ?? "balanced"] }
  for (const key of Object.keys(own) as Array<keyof typeof own>) {
    const value = own[key]
    if (value !== undefined) numbers[key] = value
  }
  return numbers
}
