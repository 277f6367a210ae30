/**
 * The parts an engine is made of, from its settings: where names and defaults of a configuration meet those of the hot
 * path and the machines.
 */
import { DEFAULT_SELECTION } from "../control/relocationDefaults.ts"
import { type ComparisonPolicy, DEFAULT_COMPARISON } from "../control/comparison.ts"
import { resolveGuardrails } from "../control/guardrails.ts"
import { adviceOf } from "../control/windowAdvice.ts"
import { configOf, type EngineSettings } from "../domain/Config.ts"
import type { CoarseKnob } from "../domain/ParamSpace.ts"
import type { Resumption } from "../domain/Resumption.ts"
import type { AtomicConfig } from "../hot/AtomicConfig.ts"
import { positionOf } from "../domain/Window.ts"
import { HotPath } from "../hot/HotPath.ts"
import type { EngineInput, RelocationConfig } from "../../machines/engineContext.ts"
import { memoryOf } from "./relocation/Relocations.ts"
import type { engineMachine } from "../../machines/engine.machine.ts"
import type { Inspect } from "./calls/guarded.ts"
import type { RelocationParts } from "./contract/RelocationParts.ts"
import { refuseWrite, VALUE_VIEW } from "./valueView.ts"

/** What an engine is made from. */
export interface EngineCoreOptions {
  readonly settings: EngineSettings
  readonly runId: string
  /** Reads the clock, microseconds; null in manual time. */
  readonly readClock: (() => number) | null
  readonly inspect?: Inspect | undefined
  /** The engine's machine, with actors of one's own in it. */
  readonly machine?: typeof engineMachine | undefined
  /** For `homeostasis` and `variants`; where left out they must be given before such an engine begins. */
  readonly relocation?: RelocationParts | undefined
  /** Whose place it takes, and where that one stood. */
  readonly resume?: Resumption | null | undefined
  /** Shared memory with a configuration of these knobs whose writer this engine becomes. */
  readonly shared?: SharedArrayBuffer | undefined
}

/** The hot path that the settings describe, standing where it is to begin. */
export function hotPathOf(
  settings: EngineSettings,
  manualTime: boolean,
  initialUnit = settings.space.initialUnit,
  config?: AtomicConfig,
): HotPath {
  return new HotPath({
    table: settings.space.table,
    policy: resolveGuardrails(settings.guardrails),
    initialUnit,
    fallbackUnit: settings.space.initialUnit,
    beginsElsewhere: initialUnit.some((unit, i) => unit !== settings.space.initialUnit[i]),
    config,
    window: settings.window,
    auditCapacity: settings.auditCapacity,
    journalDigests: settings.auditDigests,
    manualTime,
  })
}

/** The input of the engine's machine. */
export function machineInputOf(settings: EngineSettings, hot: HotPath): EngineInput {
  return {
    hot,
    seed: settings.seed,
    objective: settings.objective,
    names: settings.space.names,
    startIsBaseline: settings.startIsBaseline,
    guard: settings.guard,
    settings: {
      ...defined(settings.gains),
      constrained: settings.constraint,
      covariate: positionOf(settings.covariate, settings.extras),
    },
    safeMode: defined(settings.safeMode),
    comparison: comparisonOf(settings),
    relocation: relocationOf(settings),
  }
}

/** What may be wrong with a covariate, and cannot be seen before it is measured. */
function covariateReport({ covariate, objective }: EngineSettings): object {
  if (covariate === null) return {}
  const warning =
    objective === "maximize" && covariate === "throughputRps"
      ? "An objective that is the throughput itself, or what it earns, is blinded by it: report the offered load as an extra."
      : undefined
  return { covariate: { channel: covariate, ...(warning === undefined ? {} : { warning }) } }
}

/** How the base is taken to places known before; null where it is not. */
function relocationOf(settings: EngineSettings): RelocationConfig | null {
  const { homeostasis, variants, learned, extras, seed } = settings
  if (homeostasis === null && variants === null) return null
  const { features, ...reentry } = homeostasis ?? {}
  return {
    // What describes the load, not what the configuration made of it.
    features: homeostasis === null ? null : (features ?? ["throughputRps", ...extras]),
    selection: variants === null ? null : { ...DEFAULT_SELECTION, seed, ...defined(variants) },
    reentry: defined(reentry),
    memory: learned === null ? null : memoryOf(learned),
    extras,
  }
}

/** Patience of the comparison in pairs: what is fast enough is not known before the windows are. */
const STALE_WINDOWS = 8
const HOLD_PAIRS = 10

/** How the base is compared with the baseline, in times that fit the windows; null where it is not. */
function comparisonOf({ comparison, window }: EngineSettings): Partial<ComparisonPolicy> | null {
  if (comparison === null) return null
  const { windowUs } = window
  const everyCycles = comparison.everyCycles ?? DEFAULT_COMPARISON.everyCycles
  return {
    staleUs: Math.max(DEFAULT_COMPARISON.staleUs, STALE_WINDOWS * windowUs),
    holdUs: Math.max(DEFAULT_COMPARISON.holdUs, HOLD_PAIRS * 2 * (everyCycles + 1) * windowUs),
    ...defined(comparison),
  }
}

/** Live values by name: a read is one array load, a write a TypeError. */
export function liveView(hot: HotPath, names: ReadonlyArray<string>): Readonly<Record<string, number>> {
  const view: Record<string, number> = Object.create(VALUE_VIEW)
  const { config } = hot
  names.forEach((name, i) => {
    Object.defineProperty(view, name, {
      enumerable: true,
      get: () => config.value(i),
      set: refuseWrite(name),
    })
  })
  return Object.freeze(view)
}

/** What the record of the start says: enough to run it again. */
export function startRecord(
  settings: EngineSettings,
  coarse: ReadonlyArray<CoarseKnob>,
  resume: Resumption | null,
): Readonly<Record<string, unknown>> {
  const { space, seed, objective, guardrails, window, gains, safeMode } = settings
  const advice = adviceOf(settings, null, resume)
  return {
    seed,
    objective,
    guardrails: resolveGuardrails(guardrails),
    window,
    gains,
    safeMode,
    knobs: Object.fromEntries(space.names.map((name, i) => [name, space.knobs[i]])),
    coarse,
    ...(advice.length === 0 ? {} : { advice }),
    ...covariateReport(settings),
    config: configOf(settings),
    ...(resume === null ? {} : { resume }),
  }
}

/** Without the keys whose value is undefined, so that a spread does not erase a default. */
function defined<T extends object>(object: T): { [K in keyof T]?: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(object).filter(([, value]) => value !== undefined)) as {
    [K in keyof T]?: Exclude<T[K], undefined>
  }
}
