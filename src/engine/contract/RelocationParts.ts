/** The part of an engine that `homeostasis` and `variants` need, as the rest of the engine sees it. A browser loads it only when asked. */
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
import type { KnownRegime, VariantSwitch } from "./RelocationState.ts"
import type { ChildSpec } from "../supervision/supervise.ts"

/** Where a switch is written down. */
export interface Recorder {
  readonly hot: HotPath
  readonly trail: AuditTrail
  readonly settings: EngineSettings
}

/** What a catalogue offers, sorted by whether this engine could be it. */
export interface SortedOffer {
  readonly fit: ReadonlyArray<SelectableVariant>
  readonly problems: ReadonlyArray<Problem>
}

/** An engine, as far as what it has learnt goes. */
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

/** What `homeostasis` and `variants` need and nothing else does. */
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
  /** Those of the variants that may be offered, and what is wrong with the others. */
  readonly sortOffer: (input: unknown, settings: EngineSettings) => SortedOffer
  /** The child that looks into the catalogue from time to time: steps are taken in other processes too. */
  readonly catalogueReader: (host: LearnedHost) => ReadonlyArray<ChildSpec>
  /** Takes over what a state directory has of an earlier engine, and gives the child that keeps it up to date. */
  readonly keepLearned: (host: LearnedHost) => Effect.Effect<ReadonlyArray<ChildSpec>>
}
