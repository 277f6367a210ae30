/**
 * The engine for plain programs: an object with plain calls. It is the same engine that `Engine.make` gives an
 * Effect program; here promises start and stop it.
 */
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Scope from "effect/Scope"
import { type EngineSettings, requireEngineConfig } from "../domain/Config.ts"
import { type AuditError, ConfigError, type DigestError, EngineStateError } from "../domain/errors.ts"
import type { KnobValues } from "./contract/KnobValues.ts"
import { keepValues } from "./valueView.ts"
import { commandCalls } from "./commands.ts"
import type { EngineCore } from "./EngineCore.ts"
import type { EngineSnapshot } from "./contract/EngineSnapshot.ts"
import { requireListener, type Subscription } from "./calls/Listeners.ts"
import { readMetrics } from "./metrics/metrics.ts"
import { Platform, type PlatformService } from "./contract/Platform.ts"
import { metricsPage } from "./metrics/prometheus.ts"
import { buildCore, type RunningEngine, runEngine } from "./runEngine.ts"
import type { RuntimeOptions } from "./contract/RuntimeOptions.ts"
import { relocationApi, useVariants } from "./relocation/relocationApi.ts"
import { snapshotOf } from "./snapshotOf.ts"
import { startTimeError } from "./contract/startTime.ts"
import { proofPairs, type StopOptions } from "./contract/stopOptions.ts"
import { track } from "../telemetry/track.ts"
import { trackPort } from "./trackCall.ts"
import type { WorkerEngine, WorkerOptions } from "./contract/WorkerEngine.ts"
import type { ArqonEngine, EngineOptions } from "./contract/ArqonEngine.ts"

/** Creates an engine. Throws a ConfigError that lists every problem of the configuration. */
export interface CreateEngine {
  <const K extends string>(options: WorkerOptions<K>): WorkerEngine<K>
  <const K extends string>(options: EngineOptions<K>): ArqonEngine<K>
}

/** `createEngine` on a platform; `index.ts` and `index.node.ts` bind one each. */
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
    return engineOf<K>(settings, runtime, platform).engine
  }
  // The overloads tell by `placement` which of the two it is.
  return make as CreateEngine
}

interface EngineAndCore<K extends string> {
  readonly engine: ArqonEngine<K>
  readonly core: EngineCore
}

function engineOf<K extends string>(
  settings: EngineSettings,
  runtime: RuntimeOptions,
  platform: PlatformService,
): EngineAndCore<K> {
  const clock = Effect.runSync(Effect.clockWith(Effect.succeed))
  const core = buildCore(settings, runtime, clock, platform, platform.steadyMs)
  return { core, engine: plainEngine<K>(core, lifecycle(core, runtime, platform), platform) }
}

/** An engine in this thread together with its core, for the parts of Arqon that show a core. */
export function engineWithCore<const K extends string>(
  platform: PlatformService,
  options: EngineOptions<K>,
): EngineAndCore<K> {
  const { config, runtime } = splitOptions(options)
  return engineOf(requireEngineConfig(config), runtime, platform)
}

const noThreads = new ConfigError({
  problems: [
    {
      path: "placement",
      message: "needs Node's worker threads, which are not available here.",
      suggestion:
        'Leave it out: in a browser the engine runs where it is made. Under Node import from "arqon".',
    },
  ],
})

/**
 * Splits options into those the schema checks and those only code can give. What is not an object goes to the
 * schema unchanged.
 */
function splitOptions(options: unknown): { readonly config: unknown; readonly runtime: RuntimeOptions } {
  if (typeof options !== "object" || options === null || Array.isArray(options)) {
    return { config: options, runtime: {} }
  }
  const { inspect, sinks, ...config } = options as RuntimeOptions & Record<string, unknown>
  return { config, runtime: { inspect, sinks } }
}

interface Lifecycle {
  readonly start: (nowUs?: number) => Promise<void>
  readonly stop: (options?: StopOptions) => Promise<void>
}

function lifecycle(core: EngineCore, options: RuntimeOptions, platform: PlatformService): Lifecycle {
  const scope = Scope.makeUnsafe()
  let running: RunningEngine | null = null
  let begun = false
  const begin: Effect.Effect<void, AuditError | ConfigError> = runEngine(core, options).pipe(
    Scope.provide(scope),
    Effect.provideService(Platform, platform),
    Effect.map((engine) => void (running = engine)),
    // A start that failed (no disk) may be retried.
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
      const end = running === null ? Effect.sync(() => core.life.end()) : running.proveAndStop(pairs)
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
      message: "needs a server, which is not available here.",
      suggestion: 'Open it under Node, with the engine of "arqon".',
    },
  ],
})

function plainEngine<K extends string>(
  core: EngineCore,
  { start, stop }: Lifecycle,
  { openStudio }: PlatformService,
): ArqonEngine<K> {
  const port = trackPort(core)
  return keepValues<ArqonEngine<K>>({
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
    observe: core.calls.report,
    digest: core.hot.digest,
    observeDigest: () => core.observeDigest(),
    track: (work) => track(work, port),
    tick: core.calls.passTime,
    subscribe: (listener) => subscribeTo(core, listener),
    getSnapshot: () => snapshotOf<K>(core),
    ...commandCalls((command) => void core.calls.attempt(() => core.send(command))),
    relocation: relocationApi(core),
    useVariants: (catalogue, onSwitch) => useVariants(core, catalogue, onSwitch),
    audit: {
      records: () => core.trail.records(),
      subscribe: (listener) => core.trail.listeners.add(listener),
      state: () => core.trail.state(),
    },
    metrics: () => metricsPage(core),
    readMetrics: () => readMetrics(core),
    studio: (options) => openStudio?.(core, options) ?? Promise.reject(noStudio),
    get actor() {
      return core.actor
    },
    windows$: core.windows$,
    schedule: () => core.schedule?.state() ?? null,
  })
}

/** `engine.subscribe`. */
export function subscribeTo<K extends string>(
  core: EngineCore,
  listener: Parameters<ArqonEngine<K>["subscribe"]>[0],
): Subscription {
  requireListener(listener)
  const observer = typeof listener === "function" ? { next: listener } : listener
  const states = core.snapshots.add((snapshot) => observer.next?.(snapshot as EngineSnapshot<KnobValues<K>>))
  // Late subscribers are notified immediately, as with any Observable.
  const ended = core.whenOver((fault) => (fault === null ? observer.complete?.() : observer.error?.(fault)))
  return {
    unsubscribe: () => {
      states.unsubscribe()
      ended.unsubscribe()
    },
  }
}
