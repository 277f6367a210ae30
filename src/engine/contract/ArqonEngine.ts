/** The engine that `createEngine` gives, as its caller sees it. */
import type { EngineConfig } from "../../domain/Config.ts"
import type { GuardrailConfig } from "../../domain/configSchema.ts"
import type { DigestInput } from "../../domain/Digest.ts"
import type { CoarseKnob } from "../../domain/ParamSpace.ts"
import type { AuditRecord } from "../../domain/AuditRecord.ts"
import type { AuditState } from "../audit/AuditTrail.ts"
import type { KnobValues } from "./KnobValues.ts"
import type { EngineCore } from "../EngineCore.ts"
import type { EngineActor, EngineSnapshot } from "./EngineSnapshot.ts"
import type { Subscription } from "../calls/Listeners.ts"
import type { Metric } from "../metrics/metrics.ts"
import type { Note } from "./noteOf.ts"
import type { Studio, StudioOptions } from "./Studio.ts"
import type { RuntimeOptions } from "./RuntimeOptions.ts"
import type { EngineRelocation, OfferingCatalogue } from "../relocation/relocationApi.ts"
import type { VariantSwitch } from "./RelocationState.ts"
import type { StopOptions } from "./stopOptions.ts"

/** Who listens to an engine, as XState and RxJS name their callbacks. */
export interface EngineObserver<T> {
  readonly next?: (snapshot: T) => void
  /** The engine met a fault that it could not mend; the plant is safe. */
  readonly error?: (error: unknown) => void
  /** The engine was stopped. */
  readonly complete?: () => void
}

/** The audit, for reading. */
export interface EngineAudit {
  /** The latest records, oldest first. */
  readonly records: () => ReadonlyArray<AuditRecord>
  /** Every record from now on. */
  readonly subscribe: (listener: (record: AuditRecord) => void) => Subscription
  readonly state: () => AuditState
}

/** A running loop: measure, decide, apply, measure again. `docs/reference/engine.md` tells every call in full. */
export interface ArqonEngine<K extends string = string> {
  /** What it is called, as the option `name` says; null where nobody named it. */
  readonly name: string | null
  readonly runId: string
  /**
   * In manual time it begins at `nowUs`, or at 0. Rejects with an EngineStateError when started before, or told a time that its clock
   * knows; a DigestError for what is no time; an AuditError when the disk cannot be used.
   */
  readonly start: (nowUs?: number) => Promise<void>
  /**
   * Leaves the plant on its base; with `{ prove: 12 }` after twelve pairs of windows, and on its baseline unless they have shown
   * the base to be better. Rejects with an AuditError when audit records could not be written.
   */
  readonly stop: (options?: StopOptions) => Promise<void>
  /** The live values by name; each read is one array load. Readable before start and after stop. */
  readonly values: KnobValues<K>
  readonly generation: number
  /** The engine's own time: what an omitted timestamp becomes. */
  readonly nowUs: number
  readonly coarse: ReadonlyArray<CoarseKnob>
  /** False when the audit had no room to record it; throws a DigestError or an EngineStateError. */
  readonly observe: (digest: DigestInput) => boolean
  /** Inbox of `observeDigest`, by position (`DIGEST_*` of `arqon/hot`). */
  readonly digest: Float64Array
  /** Observes what lies in `digest`, allocating nothing; returns a due code of `arqon/hot`. */
  readonly observeDigest: () => number
  /** Runs `work`, measures how long it took and whether it failed, and reports that under the generation it began with. */
  readonly track: <T>(work: () => T) => T
  /** Manual time only: lets it be `nowUs`. */
  readonly tick: (nowUs: number) => void
  readonly subscribe: (
    listener:
      | ((snapshot: EngineSnapshot<KnobValues<K>>) => void)
      | EngineObserver<EngineSnapshot<KnobValues<K>>>,
  ) => Subscription
  readonly getSnapshot: () => EngineSnapshot<KnobValues<K>>
  /** Puts the baseline back. A command, as the next ones: each takes a note for the audit, a text or `{ by, note }`. */
  readonly rollback: (note?: Note) => void
  /** Opens SafeMode until `reset`. */
  readonly trip: (note?: Note) => void
  readonly reset: (note?: Note) => void
  readonly setBaseline: (note?: Note) => void
  /**
   * Puts another guardrail policy in force, as the option `guardrails` takes it: a preset, or an object whose other numbers are those
   * of its preset. What was spent stays spent. Throws a ConfigError with every problem, an AuditError when the audit is full;
   * then nothing has changed.
   */
  readonly setGuardrails: (guardrails: GuardrailConfig, note?: Note) => void
  /** Regimes that the homeostasis cache remembers, and variants. */
  readonly relocation: EngineRelocation
  /**
   * Lets this engine choose among what the catalogue says may be live, now and after every step; `onSwitch` hears which one is,
   * after that was recorded. Needs `variants: {}` and a running engine.
   */
  readonly useVariants: (
    catalogue: OfferingCatalogue,
    onSwitch?: (change: VariantSwitch) => void,
  ) => Promise<Subscription>
  readonly audit: EngineAudit
  /** Prometheus text. */
  readonly metrics: () => string
  /** The same as data, with OpenTelemetry names: for exporters. */
  readonly readMetrics: () => ReadonlyArray<Metric>
  /**
   * Serves a page that shows this engine and steers it (`docs/how-to/studio.md`). Rejects with a ConfigError for options that
   * cannot be, and in a browser. Nothing is looked at while no page is open, and the process may end at any time.
   */
  readonly studio: (options?: StudioOptions) => Promise<Studio>
  /** The root of the statecharts; another one after it had to be started anew. */
  readonly actor: EngineActor
  /** Every finished window as an RxJS Observable; completes when the engine is over. */
  readonly windows$: EngineCore["windows$"]
}

/** An engine's configuration and what only code can give. */
export type EngineOptions<K extends string = string> = EngineConfig<K> & RuntimeOptions
