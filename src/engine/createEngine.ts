/**
 * The engine for everybody: a plain object with plain calls. Beneath it is the same engine that `Engine.make` gives an
 * Effect program; here a promise starts it and a promise stops it.
 */
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Scope from "effect/Scope"
import { type EngineConfig, type GuardrailConfig, requireEngineConfig } from "../domain/Config.ts"
import type { DigestInput } from "../domain/Digest.ts"
import { type AuditError, ConfigError, type DigestError, EngineStateError } from "../domain/errors.ts"
import type { CoarseKnob } from "../domain/ParamSpace.ts"
import type { AuditRecord } from "./audit/AuditRecord.ts"
import type { AuditState } from "./audit/AuditTrail.ts"
import type { KnobValues } from "./Engine.ts"
import type { EngineCore } from "./EngineCore.ts"
import type { EngineActor, EngineSnapshot } from "./contract/EngineSnapshot.ts"
import { requireListener, type Subscription } from "./calls/Listeners.ts"
import { type Metric, readMetrics } from "./metrics/metrics.ts"
import { type Note, noteOf } from "./contract/noteOf.ts"
import { errorText } from "./calls/outcome.ts"
import { Platform, type PlatformService, type Studio, type StudioOptions } from "./contract/Platform.ts"
import { metricsPage } from "./metrics/prometheus.ts"
import { buildCore, type RunningEngine, runEngine, type RuntimeOptions } from "./runEngine.ts"
import {
  type EngineRelocation,
  type OfferingCatalogue,
  relocationApi,
  useVariants,
} from "./relocation/relocationApi.ts"
import type { VariantSwitch } from "./relocation/Relocations.ts"
import { snapshotOf } from "./snapshotOf.ts"
import { startTimeError } from "./contract/startTime.ts"
import { proofPairs, type StopOptions } from "./contract/stopOptions.ts"
import { track } from "../telemetry/track.ts"
import { trackPort } from "./trackCall.ts"
import type { WorkerEngine, WorkerOptions } from "./contract/WorkerEngine.ts"

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
  /** False when the telemetry ring was full under "backpressure"; throws a DigestError or an EngineStateError. */
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

/** Makes an engine; throws a ConfigError with every problem of the configuration. */
export interface CreateEngine {
  <const K extends string>(options: WorkerOptions<K>): WorkerEngine<K>
  <const K extends string>(options: EngineOptions<K>): ArqonEngine<K>
}

/** `createEngine` on a platform: `index.ts` and `index.node.ts` bind one each. */
export const createEngineOn = (platform: PlatformService): CreateEngine => {
  const make = <const K extends string>(
    options: EngineOptions<K> | WorkerOptions<K>,
  ): ArqonEngine<K> | WorkerEngine<K> => {
    const { config, runtime } = splitOptions(options)
    const settings = requireEngineConfig(config)
    if (settings.placement === "worker") {
      if (platform.placeInWorker === undefined) throw noThreads
      return platform.placeInWorker(settings, runtime) as WorkerEngine<K>
    }
    const clock = Effect.runSync(Effect.clockWith(Effect.succeed))
    const core = buildCore(settings, runtime, clock, platform, platform.steadyMs)
    return plainEngine<K>(core, lifetime(core, runtime, platform), platform)
  }
  // Which of the two it is, the overloads say by `placement`.
  return make as CreateEngine
}

const noThreads = new ConfigError({
  problems: [
    {
      path: "placement",
      message: "asks for a worker thread of Node, and there is none here.",
      suggestion:
        'Leave it out: in a browser the engine runs where it is made. Under Node import from "arqon".',
    },
  ],
})

/** What the schema checks, and what only code can give. Total: anything that is no object goes to the schema as it is. */
function splitOptions(options: unknown): { readonly config: unknown; readonly runtime: RuntimeOptions } {
  if (typeof options !== "object" || options === null || Array.isArray(options)) {
    return { config: options, runtime: {} }
  }
  const { inspect, sinks, ...config } = options as RuntimeOptions & Record<string, unknown>
  return { config, runtime: { inspect, sinks } }
}

/** What only some engines need is fetched by those that do, where it is not carried along. */
const fetchParts = ({ relocations }: EngineCore): Effect.Effect<void, ConfigError> =>
  Effect.suspend(() =>
    relocations.wanting
      ? Effect.flatten(
          Effect.promise(() =>
            import("./relocation/relocationParts.ts").then(
              ({ relocationParts }) => Effect.sync(() => void (relocations.parts = relocationParts)),
              (error: unknown) => Effect.fail(notFetched(error)),
            ),
          ),
        )
      : Effect.void,
  )

const notFetched = (error: unknown): ConfigError =>
  new ConfigError({
    problems: [
      {
        path: "",
        message: `homeostasis and variants need a part that could not be fetched: ${errorText(error)}.`,
        suggestion: "Start it again when it can be reached.",
      },
    ],
  })

interface Lifetime {
  readonly start: (nowUs?: number) => Promise<void>
  readonly stop: (options?: StopOptions) => Promise<void>
}

function lifetime(core: EngineCore, options: RuntimeOptions, platform: PlatformService): Lifetime {
  const scope = Scope.makeUnsafe()
  let running: RunningEngine | null = null
  let begun = false
  const begin: Effect.Effect<void, AuditError | ConfigError> = fetchParts(core).pipe(
    Effect.andThen(runEngine(core, options)),
    Scope.provide(scope),
    Effect.provideService(Platform, platform),
    Effect.map((engine) => void (running = engine)),
    // A start that failed (no disk) may be tried again.
    Effect.onError(() => Effect.sync(() => (begun = false))),
  )
  const start = (
    nowUs: number | undefined,
  ): Effect.Effect<void, AuditError | ConfigError | DigestError | EngineStateError> => {
    if (core.status === "stopped") return new EngineStateError({ reason: "stopped", call: "start" })
    if (begun) return new EngineStateError({ reason: "alreadyStarted", call: "start" })
    const error = startTimeError(nowUs, core.settings.clock === "manual", "engine")
    if (error !== null) return error
    begun = true
    core.beginsAt(nowUs)
    return begin
  }
  const stop = (options: StopOptions | undefined): Effect.Effect<void, AuditError | ConfigError> =>
    Effect.suspend((): Effect.Effect<void, AuditError | ConfigError> => {
      const pairs = proofPairs(options)
      if (typeof pairs !== "number") return Effect.fail(pairs)
      const end = running === null ? Effect.sync(() => core.end()) : running.proveAndStop(pairs)
      return Effect.ensuring(end, Scope.close(scope, Exit.void))
    })
  return {
    start: (nowUs) => Effect.runPromise(Effect.suspend(() => start(nowUs))),
    stop: (options) => Effect.runPromise(stop(options)),
  }
}

const noStudio = new ConfigError({
  problems: [
    {
      path: "studio",
      message: "wants a server, and there is none here.",
      suggestion: 'Open it under Node, with the engine of "arqon".',
    },
  ],
})

function plainEngine<K extends string>(
  core: EngineCore,
  { start, stop }: Lifetime,
  { openStudio }: PlatformService,
): ArqonEngine<K> {
  const port = trackPort(core)
  return {
    name: core.settings.name,
    runId: core.runId,
    start,
    stop,
    values: core.values as KnobValues<K>,
    get generation() {
      return core.hot.config.generation
    },
    get nowUs() {
      return core.nowUs
    },
    get coarse() {
      return core.coarse
    },
    observe: core.report,
    digest: core.hot.digest,
    observeDigest: () => core.observeDigest(),
    track: (work) => track(work, port),
    tick: core.passTime,
    subscribe: (listener) => subscribeTo(core, listener),
    getSnapshot: () => snapshotOf<K>(core),
    rollback: (note) => core.attempt(() => core.rollback(noteOf(note))),
    trip: (note) => core.attempt(() => core.trip(noteOf(note))),
    reset: (note) => core.attempt(() => core.reset(noteOf(note))),
    setBaseline: (note) => core.attempt(() => core.setBaseline(noteOf(note))),
    setGuardrails: (guardrails, note) => core.attempt(() => core.setGuardrails(guardrails, noteOf(note))),
    relocation: relocationApi(core),
    useVariants: (catalogue, onSwitch) => useVariants(core, catalogue, onSwitch),
    audit: {
      records: () => core.trail.records(),
      subscribe: (listener) => core.subscribeAudit(listener),
      state: () => core.trail.state(),
    },
    metrics: () => metricsPage(core),
    readMetrics: () => readMetrics(core),
    studio: (options) => openStudio?.(core, options) ?? Promise.reject(noStudio),
    get actor() {
      return core.actor
    },
    windows$: core.windows$,
  }
}

/** `engine.subscribe`. */
export function subscribeTo<K extends string>(
  core: EngineCore,
  listener: Parameters<ArqonEngine<K>["subscribe"]>[0],
): Subscription {
  requireListener(listener)
  const observer = typeof listener === "function" ? { next: listener } : listener
  const heard = core.subscribe((snapshot) => observer.next?.(snapshot as EngineSnapshot<KnobValues<K>>))
  // Who comes after the end is told of it at once, as with any Observable.
  const ended = core.whenOver((fault) => (fault === null ? observer.complete?.() : observer.error?.(fault)))
  return {
    unsubscribe: () => {
      heard.unsubscribe()
      ended.unsubscribe()
    },
  }
}
