/** The engine returned by `createEngine`, as its caller sees it. */
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
import type { Metric } from "../metrics/Metric.ts"
import type { Note } from "./noteOf.ts"
import type { EngineSchedule } from "./ScheduleState.ts"
import type { Studio, StudioOptions } from "./Studio.ts"
import type { RuntimeOptions } from "./RuntimeOptions.ts"
import type { EngineRelocation, OfferingCatalogue } from "../relocation/relocationApi.ts"
import type { VariantSwitch } from "./RelocationState.ts"
import type { StopOptions } from "./stopOptions.ts"

/** Callbacks of a subscriber, named as in XState and RxJS. */
export interface EngineObserver<T> {
  readonly next?: (snapshot: T) => void
  /** The engine met a fault that it could not repair. The plant is safe. */
  readonly error?: (error: unknown) => void
  /** The engine has stopped. */
  readonly complete?: () => void
}

/** Read access to the audit. */
export interface EngineAudit {
  /** The latest records, oldest first. */
  readonly records: () => ReadonlyArray<AuditRecord>
  /** Called with every record from now on. */
  readonly subscribe: (listener: (record: AuditRecord) => void) => Subscription
  readonly state: () => AuditState
}

/** A running loop: measure, decide, apply, measure again. `docs/reference/engine.md` describes every call in full. */
export interface ArqonEngine<K extends string = string> {
  /** The option `name`; null if there is none. */
  readonly name: string | null
  readonly runId: string
  /**
   * Starts the engine. In manual time it begins at `nowUs`, default 0. Rejects with an EngineStateError if it was
   * started before, or if `nowUs` is given although the engine reads a clock; with a DigestError if `nowUs` is not
   * a time; with an AuditError if the disk cannot be used.
   */
  readonly start: (nowUs?: number) => Promise<void>
  /**
   * Stops the engine and leaves the plant on its base. With `{ prove: 12 }` it first measures twelve pairs of
   * windows, and keeps the base only if they show it to be better than the baseline; otherwise it leaves the
   * baseline. Rejects with an AuditError if audit records could not be written.
   */
  readonly stop: (options?: StopOptions) => Promise<void>
  /** The live values by name. Each read is one array load. Readable before `start` and after `stop`. */
  readonly values: KnobValues<K>
  readonly generation: number
  /** The engine's own time, microseconds: the default for omitted timestamps. */
  readonly nowUs: number
  readonly coarse: ReadonlyArray<CoarseKnob>
  /**
   * Reports a digest. Returns false if the audit had no room to record it. Throws a DigestError or an
   * EngineStateError.
   */
  readonly observe: (digest: DigestInput) => boolean
  /** Input of `observeDigest`, by position (`DIGEST_*` of `arqon/hot`). */
  readonly digest: Float64Array
  /** Reports what `digest` holds without allocating. Returns a due code of `arqon/hot`. */
  readonly observeDigest: () => number
  /** Runs `work`, measures its duration and failure, and reports both under the generation in which it started. */
  readonly track: <T>(work: () => T) => T
  /** Manual time only: advances the clock to `nowUs`. */
  readonly tick: (nowUs: number) => void
  readonly subscribe: (
    listener:
      | ((snapshot: EngineSnapshot<KnobValues<K>>) => void)
      | EngineObserver<EngineSnapshot<KnobValues<K>>>,
  ) => Subscription
  readonly getSnapshot: () => EngineSnapshot<KnobValues<K>>
  /** Restores the baseline. Like the commands below, it takes a note for the audit: a text or `{ by, note }`. */
  readonly rollback: (note?: Note) => void
  /** Opens SafeMode until `reset`. */
  readonly trip: (note?: Note) => void
  readonly reset: (note?: Note) => void
  readonly setBaseline: (note?: Note) => void
  /**
   * Replaces the guardrail policy. Takes what the option `guardrails` takes: a preset, or an object with a preset
   * and single numbers. Budgets already spent stay spent. Throws a ConfigError that lists every problem, or an
   * AuditError if the audit is full; then nothing has changed.
   */
  readonly setGuardrails: (guardrails: GuardrailConfig, note?: Note) => void
  /** Stops the meta level (`meta`) for good and takes its gains back to those of the configuration. */
  readonly stopMeta: (note?: Note) => void
  /** The regimes remembered by the homeostasis cache, and the variants. */
  readonly relocation: EngineRelocation
  /**
   * Lets this engine choose among the variants that the catalogue allows, now and after every change there.
   * `onSwitch` is called with the live variant once the switch is recorded. Needs `variants: {}` and a running
   * engine.
   */
  readonly useVariants: (
    catalogue: OfferingCatalogue,
    onSwitch?: (change: VariantSwitch) => void,
  ) => Promise<Subscription>
  readonly audit: EngineAudit
  /** Metrics in Prometheus text format. */
  readonly metrics: () => string
  /** The same metrics as data, with OpenTelemetry names, for exporters. */
  readonly readMetrics: () => ReadonlyArray<Metric>
  /**
   * Serves a page that shows and steers this engine (`docs/how-to/studio.md`). Rejects with a ConfigError for
   * invalid options, and in a browser. It costs nothing while no page is open, and does not keep the process alive.
   */
  readonly studio: (options?: StudioOptions) => Promise<Studio>
  /** The root of the statecharts. A restart after a fault replaces it. */
  readonly actor: EngineActor
  /** Every finished window as an RxJS Observable. Completes when the engine ends. */
  readonly windows$: EngineCore["windows$"]
  /**
   * Analyses off the digest's path: tasks, budgets, lateness and misses, times in microseconds. Null unless the
   * option `schedule` is on and the engine has started.
   */
  readonly schedule: () => EngineSchedule | null
}

/** An engine's configuration, plus options that only code can give. */
export type EngineOptions<K extends string = string> = EngineConfig<K> & RuntimeOptions
