/**
 * The part of an engine that only `homeostasis` and `variants` need, as the rest of the engine sees it. A browser
 * loads it on demand.
 */
import type { relocationMachine } from "../../../machines/relocation.machine.ts"
import type { VariantChosenEvent } from "../../../machines/relocationEvents.ts"
import type { RelocationMemory } from "../../../machines/relocationState.ts"
import type { EngineSettings } from "../../domain/Config.ts"
import type { Problem } from "../../domain/errors.ts"
import type { SelectableVariant } from "../../domain/Variant.ts"
import type { HotPath } from "../../hot/HotPath.ts"
import type { AuditTrail } from "../audit/AuditTrail.ts"
import type * as Effect from "effect/Effect"
import type { Learned } from "../../domain/Learned.ts"
import type { Listeners } from "../calls/Listeners.ts"
import type { KnownRegime, RelocationState, VariantSwitch } from "./RelocationState.ts"
import type { Metric } from "../metrics/Metric.ts"
import type { ChildSpec } from "../supervision/supervise.ts"

/** Where a switch is recorded. */
export interface Recorder {
  readonly hot: HotPath
  readonly trail: AuditTrail
  readonly settings: EngineSettings
}

/** The variants in a catalogue, split by whether this engine can use them. */
export interface SortedOffer {
  readonly fit: ReadonlyArray<SelectableVariant>
  readonly problems: ReadonlyArray<Problem>
}

/** An engine, as seen by what stores its learning. */
export interface LearnedHost {
  readonly settings: EngineSettings
  readonly relocations: {
    readonly changes: Listeners<void>
    readonly catalogue: Listeners<void>
    readonly recall: (kept: Learned) => void
    readonly save: () => Learned
  }
  readonly recovery: { readonly unreported: Array<string> }
}

/** What only `homeostasis` and `variants` need. */
export interface RelocationParts {
  readonly machine: typeof relocationMachine
  /** The remembered regimes, best first. */
  readonly knownRegimes: (memory: RelocationMemory, settings: EngineSettings) => ReadonlyArray<KnownRegime>
  /** Records why another variant is live, and returns it. */
  readonly recordSwitch: (
    host: Recorder,
    chosen: VariantChosenEvent,
    memory: RelocationMemory,
  ) => VariantSwitch
  /** Checks that variants suit this engine. Throws a ConfigError. */
  readonly checkOffer: (input: unknown, settings: EngineSettings) => ReadonlyArray<SelectableVariant>
  /** Splits variants into those that suit the engine and what is wrong with the others. */
  readonly sortOffer: (input: unknown, settings: EngineSettings) => SortedOffer
  readonly metrics: (state: RelocationState) => ReadonlyArray<Metric>
  /** The child that reads the catalogue from time to time, since other processes may change it. */
  readonly catalogueReader: (host: LearnedHost) => ReadonlyArray<ChildSpec>
  /** Loads what an earlier engine learned from the state directory, and returns the child that keeps it up to date. */
  readonly keepLearned: (host: LearnedHost) => Effect.Effect<ReadonlyArray<ChildSpec>>
}
