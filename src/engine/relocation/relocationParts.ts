/**
 * What `homeostasis` and `variants` need and nothing else does: the relocation actor, what is kept of it, and what is said of
 * it. Apart, so that a browser fetches it only for an engine that asks for one of the two; everywhere else it is simply there.
 */
import * as Effect from "effect/Effect"
import { recordVariant } from "../../../machines/hotAudit.ts"
import { relocationMachine } from "../../../machines/relocation.machine.ts"
import type { VariantChosenEvent } from "../../../machines/relocationEvents.ts"
import type { RelocationMemory } from "../../../machines/relocationState.ts"
import { scoreOf } from "../../control/homeostasis.ts"
import type { EngineSettings } from "../../domain/Config.ts"
import { ConfigError, type Problem } from "../../domain/errors.ts"
import { valuesByName } from "../../domain/ParamSpace.ts"
import { didYouMean, problem } from "../../domain/problems.ts"
import { readOffer, type SelectableVariant } from "../../domain/Variant.ts"
import { keepLearned } from "./keepLearned.ts"
import { relocationMetrics } from "./relocationMetrics.ts"
import { NOT_CHOSEN } from "./Relocations.ts"
import type { KnownRegime, VariantSwitch } from "../contract/RelocationState.ts"
import type { ChildSpec } from "../supervision/supervise.ts"
import type { LearnedHost, Recorder, SortedOffer, RelocationParts } from "../contract/RelocationParts.ts"

export const relocationParts: RelocationParts = {
  machine: relocationMachine,
  knownRegimes,
  recordSwitch,
  checkOffer,
  sortOffer,
  catalogueReader,
  keepLearned,
  metrics: relocationMetrics,
}

/** How often the catalogue is looked into. */
const LOOK = "1 second"

function catalogueReader(core: LearnedHost): ReadonlyArray<ChildSpec> {
  const { variants, clock } = core.settings
  if (variants === null || clock === "manual") return []
  const look = Effect.sync(() => core.relocations.catalogue.notify())
  return [{ name: "catalogue", run: Effect.forever(Effect.andThen(Effect.sleep(LOOK), look)) }]
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
  const approval = offered.find(({ name }) => name === to)?.approval
  // The note is for people; what a replay compares are the record's numbers.
  trail.withNote("variant", JSON.stringify({ from, to, approval, candidates, draws }), () =>
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
function checkOffer(input: unknown, settings: EngineSettings): ReadonlyArray<SelectableVariant> {
  const { fit, problems } = sortOffer(input, settings)
  if (problems.length > 0) throw new ConfigError({ problems })
  return fit
}

/** The same for a catalogue that others write in too: what cannot be does not keep the rest from being what it says. */
function sortOffer(input: unknown, settings: EngineSettings): SortedOffer {
  const { variants } = settings
  const read = readOffer(input, ["offered"])
  if (!read.ok) return { fit: [], problems: read.problems }
  if (variants === null) return { fit: [], problems: [NOT_CHOSEN] }
  const offered = read.value
  const wrong = offered.map((one) => misfits(one, settings))
  const fit = offered.filter((_, i) => wrong[i].length === 0)
  const twice = fit.filter(({ name }, i) => fit.findIndex((one) => one.name === name) < i)
  const problems = [
    ...wrong.flat(),
    ...twice.map(({ name }) => problem(["offered", name], "appears twice.", "Offer it once.")),
    ...(offered.length > MOST_OFFERED
      ? [problem(["offered"], `holds ${offered.length} variants.`, `Offer at most ${MOST_OFFERED}.`)]
      : []),
  ]
  // Too many: those that are known to be good before those that may be tried.
  const promoted = (one: SelectableVariant): number => (one.state === "promoted" ? 0 : 1)
  const few = fit
    .filter((one) => !twice.includes(one))
    .toSorted((a, b) => promoted(a) - promoted(b))
    .slice(0, MOST_OFFERED)
  return { fit: problems.length === 0 ? offered : few, problems }
}

/** Channels that every window has. */
const CHANNELS = ["throughputRps", "errorRate", "latencyP99Us", "constraintMargin", "objective"]

/** Why an engine with these settings cannot be this variant. */
function misfits(
  { name, values, constraints }: SelectableVariant,
  { space, extras }: EngineSettings,
): ReadonlyArray<Problem> {
  const known = [...CHANNELS, ...extras]
  const knobs = space.names.flatMap((knob, i) => {
    const value = Object.hasOwn(values, knob) ? values[knob] : undefined
    const { min, max } = space.knobs[i]
    if (value === undefined || (typeof value === "number" && value >= min && value <= max)) return []
    return [
      problem(
        ["offered", name, knob],
        `is ${JSON.stringify(value)}, which the knob cannot take.`,
        `Give a number from ${min} to ${max}.`,
      ),
    ]
  })
  // A channel that nobody reports would keep it from ever being chosen, or have it left after five windows, without a word.
  const channels = constraints.flatMap(({ channel }, i) =>
    known.includes(channel)
      ? []
      : [
          problem(
            ["offered", name, "constraints", i, "channel"],
            `is ${JSON.stringify(channel)}, which no digest of this engine has.`,
            didYouMean(channel, known) ?? `Name it in extras, or use one of ${known.join(", ")}.`,
          ),
        ],
  )
  return [...knobs, ...channels]
}
