/** An engine as the studio's list of engines shows it, from its settings. */
import { presetOf, resolveGuardrails } from "../../control/guardrails.ts"
import { configOf, type EngineSettings } from "../../domain/Config.ts"
import type { GuardrailNumbers } from "../../hot/Guardrails.ts"
import type { EngineEntry, KnobEntry } from "../protocol/protocol.ts"

const finite = (value: number): number | null => (Number.isFinite(value) ? value : null)

export function knobsOf({ space }: EngineSettings): ReadonlyArray<KnobEntry> {
  const { table } = space
  return space.names.map((name, i) => {
    const { min, max, scale, step } = space.knobs[i]
    return {
      name,
      min,
      max,
      scale: scale ?? "linear",
      step: step ?? null,
      initial: table.decode(i, space.initialUnit[i]),
    }
  })
}

/** What people call the objective; null where nobody said so. */
export const labelOf = ({ objectiveLabel: { name, unit } }: EngineSettings): EngineEntry["label"] => ({
  name: name ?? null,
  unit: unit ?? null,
})

/** What follows from the settings; `policy` is the one in force where that may be another. */
export function settingsEntry(
  settings: EngineSettings,
  policy: GuardrailNumbers = resolveGuardrails(settings.guardrails),
): Pick<EngineEntry, "objective" | "label" | "knobs" | "config" | "preset" | "guardrails" | "machines"> {
  const relocates = settings.homeostasis !== null || settings.variants !== null
  return {
    objective: settings.objective,
    label: labelOf(settings),
    knobs: knobsOf(settings),
    config: { ...configOf(settings) },
    preset: presetOf(policy),
    guardrails: Object.fromEntries(Object.entries(policy).map(([name, value]) => [name, finite(value)])),
    machines: ["engine", "safeMode", "runaway", "spsaCycle", ...(relocates ? ["relocation"] : [])],
  }
}
