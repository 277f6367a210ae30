/**
 * The engine as an Effect service: scoped, supervised, on Effect's clock, so that a test drives it with TestClock. One
 * needs it in an Effect program; everybody else takes `createEngine`, which is the same engine.
 */
import * as Cause from "effect/Cause"
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Queue from "effect/Queue"
import type * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import { type EngineConfig, parseEngineConfig } from "../domain/Config.ts"
import type { GuardrailConfig } from "../domain/configSchema.ts"
import type { DigestInput } from "../domain/Digest.ts"
import {
  type AuditError,
  ConfigError,
  type DigestError,
  type EngineFaultError,
  type EngineStateError,
  type NoBaselineError,
} from "../domain/errors.ts"
import type { CoarseKnob } from "../domain/ParamSpace.ts"
import { openSinks } from "./audit/openSinks.ts"
import { relocationParts } from "./relocation/relocationParts.ts"
import { checkRules } from "./rules/RuleWatch.ts"
import type { AuditRecord } from "../domain/AuditRecord.ts"
import type { EngineCore } from "./EngineCore.ts"
import type { EngineActor, EngineSnapshot } from "./contract/EngineSnapshot.ts"
import { keepValues } from "./valueView.ts"
import { commandCalls } from "./commands.ts"
import type { Note } from "./contract/noteOf.ts"
import { Platform } from "./contract/Platform.ts"
import { snapshotOf } from "./snapshotOf.ts"
import { proofPairs, type StopOptions } from "./contract/stopOptions.ts"
import { metricsPage } from "./metrics/prometheus.ts"
import { type EngineRelocation, relocationApi } from "./relocation/relocationApi.ts"
import type { EngineSchedule } from "./contract/ScheduleState.ts"
import { startOptionError, type StartOptions } from "./contract/startTime.ts"
import { buildCore, type RunningEngine, runEngine } from "./runEngine.ts"
import type { RuntimeOptions } from "./contract/RuntimeOptions.ts"
import type { KnobValues } from "./contract/KnobValues.ts"

/** An engine as an Effect program sees it; its scope stops it. */
export interface EngineService<K extends string = string> {
  readonly name: string | null
  readonly runId: string
  /** Live, one array load a read. */
  readonly values: KnobValues<K>
  readonly generation: Effect.Effect<number>
  /** Knobs whose neighbours are further apart than the step limit, and where. */
  readonly coarse: ReadonlyArray<CoarseKnob>
  /** False when the audit had no room to record it. */
  readonly observe: (digest: DigestInput) => Effect.Effect<boolean, DigestError | EngineStateError>
  /** As `observe`, by a plain call; throws its errors. */
  readonly observeUnsafe: (digest: DigestInput) => boolean
  /** Inbox of `observeDigestUnsafe`, by position (`DIGEST_*` of `arqon/hot`). */
  readonly digest: Float64Array
  /** Observes what lies in `digest`, allocating nothing; returns a due code of `arqon/hot`. */
  readonly observeDigestUnsafe: () => number
  /** Manual time only. */
  readonly tick: (nowUs: number) => Effect.Effect<void, DigestError | EngineStateError>
  /** Puts the baseline back. A command, as the next ones: each takes a note for the audit, a text or `{ by, note }`. */
  readonly rollback: (note?: Note) => Effect.Effect<void, NoBaselineError | EngineStateError>
  readonly trip: (note?: Note) => Effect.Effect<void, EngineStateError>
  readonly reset: (note?: Note) => Effect.Effect<void, EngineStateError>
  readonly setBaseline: (note?: Note) => Effect.Effect<void, EngineStateError>
  /** Puts another guardrail policy in force, as the option `guardrails` takes it. What was spent stays spent. */
  readonly setGuardrails: (
    guardrails: GuardrailConfig,
    note?: Note,
  ) => Effect.Effect<void, ConfigError | AuditError | EngineStateError>
  /** Stops the meta level for good and takes its gains back to those of the configuration. */
  readonly stopMeta: (note?: Note) => Effect.Effect<void, EngineStateError>
  readonly snapshot: Effect.Effect<EngineSnapshot<KnobValues<K>>>
  /** The latest states: a slow reader misses those between. Ends with the engine. */
  readonly changes: Stream.Stream<EngineSnapshot<KnobValues<K>>, EngineFaultError>
  /** Regimes that the homeostasis cache remembers, and variants; plain calls that throw their errors. */
  readonly relocation: EngineRelocation
  readonly auditRecords: Effect.Effect<ReadonlyArray<AuditRecord>>
  /** Prometheus text. */
  readonly metrics: Effect.Effect<string>
  /** The root of the statecharts, for inspectors and for composition. */
  readonly actor: EngineActor
  /** Leaves the plant on its base and writes the audit out; the end of the scope does the same. */
  readonly stop: Effect.Effect<void, AuditError>
  /** As `stop`, in the way the options say: `{ prove: 12 }` measures base and baseline side by side first. */
  readonly stopWith: (options: StopOptions) => Effect.Effect<void, AuditError | ConfigError>
  /** Never returns while the engine is whole; fails when it is beyond mending. The plant is safe by then. */
  readonly awaitFault: Effect.Effect<never, EngineFaultError>
  /** Analyses off the digest's path: tasks, budgets, misses. Null unless `schedule` is on. */
  readonly schedule: Effect.Effect<EngineSchedule | null>
}

const CHANGES = 16

function serviceOf<K extends string>(running: RunningEngine): EngineService<K> {
  const { core } = running
  const attempt = <A, E>(call: () => A): Effect.Effect<A, E> =>
    Effect.suspend(() => {
      const outcome = core.calls.outcome(call)
      if (outcome.ok) return Effect.succeed(outcome.value)
      return outcome.expected ? Effect.fail(outcome.error as E) : Effect.die(outcome.error)
    })
  return keepValues<EngineService<K>>({
    name: core.settings.name,
    runId: core.runId,
    values: core.values as KnobValues<K>,
    generation: Effect.sync(() => core.hot.config.generation),
    get coarse() {
      return core.coarse
    },
    observe: (digest) => attempt(() => core.observe(digest)),
    observeUnsafe: core.calls.report,
    digest: core.hot.digest,
    observeDigestUnsafe: () => core.observeDigest(),
    tick: (nowUs) => attempt(() => core.manualTick(nowUs)),
    // Which errors each gives, the interface says.
    ...commandCalls((command) => attempt<void, never>(() => void core.send(command))),
    snapshot: Effect.sync(() => snapshotOf<K>(core)),
    changes: changesOf<K>(core),
    relocation: relocationApi(core),
    auditRecords: Effect.sync(() => core.trail.records()),
    metrics: Effect.sync(() => metricsPage(core)),
    get actor() {
      return core.actor
    },
    stop: running.stop,
    stopWith: (options) => {
      const pairs = proofPairs(options)
      return typeof pairs === "number" ? running.proveAndStop(pairs) : Effect.fail(pairs)
    },
    awaitFault: running.awaitFault,
    schedule: Effect.sync(() => core.schedule?.state() ?? null),
  })
}

const changesOf = <K extends string>(
  core: EngineCore,
): Stream.Stream<EngineSnapshot<KnobValues<K>>, EngineFaultError> =>
  Stream.callback<EngineSnapshot<KnobValues<K>>, EngineFaultError>(
    (queue) =>
      Effect.acquireRelease(
        Effect.sync(() => {
          const states = core.snapshots.add((snapshot) =>
            Queue.offerUnsafe(queue, snapshot as EngineSnapshot<KnobValues<K>>),
          )
          const ended = core.whenOver((fault) =>
            fault === null ? Queue.endUnsafe(queue) : Queue.failCauseUnsafe(queue, Cause.fail(fault)),
          )
          return [states, ended]
        }),
        (subscriptions) => Effect.sync(() => subscriptions.forEach((one) => one.unsubscribe())),
      ),
    { bufferSize: CHANGES, strategy: "sliding" },
  )

const ownThread = new ConfigError({
  problems: [
    {
      path: "placement",
      message: "cannot be a worker: an Effect engine runs in the fiber that makes it.",
      suggestion: "Leave it out, or make the engine with createEngine.",
    },
  ],
})

/** Settings from a configuration, in the error channel. */
const parse = (config: unknown) => {
  const settings = parseEngineConfig(config)
  if (settings instanceof ConfigError) return Effect.fail(settings)
  return settings.placement === "worker" ? Effect.fail(ownThread) : Effect.succeed(settings)
}

declare const KNOBS: unique symbol

/** What a program requires that names the knobs: an engine that has these, whichever others it has. */
export interface EngineNamed<out K extends string> {
  readonly [KNOBS]: K
}

/**
 * The engine of a program.
 *
 * `Engine.make` is one engine with a scope's lifetime and typed values; `Engine.layer` provides it as a service. `yield* Engine` is
 * an engine with any knobs, `yield* Engine.named<"a" | "b">()` one with these: it takes a layer whose engine has them.
 */
export class Engine extends Context.Service<Engine, EngineService>()("arqon/Engine") {
  /** Begins an engine; the end of the scope stops it and leaves the plant on its base. */
  static readonly make: <const K extends string>(
    config: EngineConfig<K>,
    options?: RuntimeOptions & StartOptions,
  ) => Effect.Effect<EngineService<K>, ConfigError | AuditError, Scope.Scope> = Effect.fn("Engine.make")(
    function* <const K extends string>(config: EngineConfig<K>, options: RuntimeOptions & StartOptions = {}) {
      const settings = yield* parse(config)
      const { startUs } = options
      const error = startOptionError(startUs, settings.clock === "manual")
      if (error !== null) return yield* error
      const clock = yield* Clock.Clock
      const platform = { relocation: relocationParts, openSinks, ...(yield* Platform) }
      yield* checkRules(settings)
      const core = buildCore(settings, options, clock, platform)
      core.beginsAt(startUs)
      const running = yield* runEngine(core, options).pipe(
        Effect.provideService(Platform, platform),
        Effect.withSpan("Engine.run"),
      )
      return serviceOf<K>(running)
    },
  )

  /** The same service under the names of its knobs; a layer whose engine lacks one of them does not provide it. */
  static readonly named = <K extends string>(): Context.Service<EngineNamed<K>, EngineService<K>> =>
    // One engine behind one key: what is told apart is told apart by the compiler alone.
    Engine as unknown as Context.Service<EngineNamed<K>, EngineService<K>>

  static readonly layer = <const K extends string>(
    config: EngineConfig<K>,
    options?: RuntimeOptions & StartOptions,
  ): Layer.Layer<Engine | EngineNamed<K>, ConfigError | AuditError> =>
    Layer.effect(Engine.named<K>(), Engine.make(config, options)) as Layer.Layer<
      Engine | EngineNamed<K>,
      ConfigError | AuditError
    >
}
