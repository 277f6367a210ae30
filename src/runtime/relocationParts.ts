/**
 * What `homeostasis` and `variants` need and nothing else does: the relocation actor, what is kept of it, and what is said of
 * it. Apart, so that a browser fetches it only for an engine that asks for one of the two; everywhere else it is simply there.
 */
import { recordVariant } from "../../machines/hotAudit.ts"
import { relocationMachine } from "../../machines/relocation.machine.ts"
import type { VariantChosenEvent } from "../../machines/relocationEvents.ts"
import type { RelocationMemory } from "../../machines/relocationState.ts"
import { scoreOf } from "../control/homeostasis.ts"
import type { EngineSettings } from "../domain/Config.ts"
import { ConfigError } from "../domain/errors.ts"
import { valuesByName } from "../domain/ParamSpace.ts"
import { problem } from "../domain/problems.ts"
import { readOffer, type SelectableVariant } from "../domain/Variant.ts"
import type { HotPath } from "../hot/HotPath.ts"
import type { AuditTrail } from "./AuditTrail.ts"
import { keepLearned } from "./keepLearned.ts"
import { type KnownRegime, NOT_CHOSEN, type VariantSwitch } from "./Relocations.ts"

/** Where a switch is written down. */
interface Recorder {
  readonly hot: HotPath
  readonly trail: AuditTrail
  readonly settings: EngineSettings
}

export interface RelocationParts {
  readonly machine: typeof relocationMachine
  /** What is remembered, best first. */
  readonly knownRegimes: (memory: RelocationMemory, settings: EngineSettings) => ReadonlyArray<KnownRegime>
  /** Writes down why another variant is live, and says which. */
  readonly recordSwitch: (
    host: Recorder,
    chosen: VariantChosenEvent,
    memory: RelocationMemory,
  ) => VariantSwitch
  /** What may be offered to such an engine; throws a ConfigError. */
  readonly checkOffer: (input: unknown, settings: EngineSettings) => ReadonlyArray<SelectableVariant>
  /** Takes over what a state directory has of an earlier engine, and gives the child that keeps it up to date. */
  readonly keepLearned: typeof keepLearned
}

export const relocationParts: RelocationParts = {
  machine: relocationMachine,
  knownRegimes,
  recordSwitch,
  checkOffer,
  keepLearned,
}

function knownRegimes({ regimes }: RelocationMemory, { space }: EngineSettings): ReadonlyArray<KnownRegime> {
  return regimes.regimes
    .map((regime) => ({
      ...regime,
      score: scoreOf(regime),
      values: valuesByName(space, Float64Array.from(regime.unit)),
    }))
    .sort((a, b) => b.score - a.score || a.id - b.id)
}

function recordSwitch(
  { hot, trail, settings }: Recorder,
  { decision, values }: VariantChosenEvent,
  { offered }: RelocationMemory,
): VariantSwitch {
  const { from, to, candidates, draws } = decision
  // The note is for people; what a replay compares are the record's numbers.
  trail.withNote("variant", JSON.stringify({ from, to, candidates, draws }), false, () =>
    recordVariant(hot, decision, offered),
  )
  const choices = Object.fromEntries(
    Object.entries(values ?? {}).filter(([name]) => !settings.space.names.includes(name)),
  )
  return { name: to, choices, decision }
}

/** Variants that may be offered at a time. */
const MOST_OFFERED = 256

/** The variants as they may be offered: well-formed, few enough, and with knob values that the knobs may take. */
function checkOffer(input: unknown, { space, variants }: EngineSettings): ReadonlyArray<SelectableVariant> {
  const read = readOffer(input, ["offered"])
  if (!read.ok) throw new ConfigError({ problems: read.problems })
  const offered = read.value
  const problems = [
    ...(variants === null ? [NOT_CHOSEN] : []),
    ...(offered.length > MOST_OFFERED
      ? [problem(["offered"], `holds ${offered.length} variants.`, `Offer at most ${MOST_OFFERED}.`)]
      : []),
    ...offered.flatMap(({ name, values }) =>
      space.names.flatMap((knob, i) => {
        const value = Object.hasOwn(values, knob) ? values[knob] : undefined
        const { min, max } = space.knobs[i]
        if (value === undefined || (typeof value === "number" && value >= min && value <= max)) return []
        return [
          problem(
            ["offered", name, knob],
            `is ${JSON.stringify(value)}, which the knob cannot be.`,
            `Give a number from ${min} to ${max}.`,
          ),
        ]
      }),
    ),
  ]
  if (problems.length > 0) throw new ConfigError({ problems })
  return offered
}
