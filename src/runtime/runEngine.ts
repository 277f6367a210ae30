/**
 * The lifetime of an engine: everything that needs a scope, a fiber or a clock. It begins when the scope is entered and
 * leaves the plant on its base however the scope ends.
 */
import type * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Scope from "effect/Scope"
import type { EngineSettings } from "../domain/Config.ts"
import { type AuditError, ConfigError, EngineFaultError } from "../domain/errors.ts"
import { runActor } from "../interop/actorFiber.ts"
import type { AuditSink } from "./AuditSink.ts"
import { EngineCore, type Inspect } from "./EngineCore.ts"
import { Platform, type PlatformService } from "./Platform.ts"
import { type ChildSpec, DEFAULT_INTENSITY, supervise } from "./supervise.ts"

/** What a runtime adds to a configuration. */
export interface RuntimeOptions {
  /** Looks into every actor, as XState's `inspect`. */
  readonly inspect?: Inspect | undefined
  /** Further places for the audit, beside memory and disk. */
  readonly sinks?: ReadonlyArray<AuditSink> | undefined
}

/** Microseconds since 1970 that never jump: the wall clock where it stood, and monotonic time since. */
export function steadyClock(clock: Clock.Clock): () => number {
  const originUs = clock.currentTimeMillisUnsafe() * 1000
  const originNanos = clock.monotonicTimeNanosUnsafe()
  return () => originUs + Math.floor(Number(clock.monotonicTimeNanosUnsafe() - originNanos) / 1000)
}

/** The sinks that were asked for; a ConfigError where a disk was and there is none. */
const openSinks = Effect.fnUntraced(function* (
  core: EngineCore,
  options: RuntimeOptions,
): Effect.fn.Return<ReadonlyArray<AuditSink>, AuditError | ConfigError> {
  const own = options.sinks ?? []
  const { state, journal } = core.settings
  if (state === null) return own
  const { openAudit } = yield* Platform
  if (openAudit === null) return yield* noDisk
  return [yield* openAudit(state, core.runId, journal), ...own]
})

const noDisk = new ConfigError({
  problems: [
    {
      path: "state",
      message: "asks for a disk, and there is none here.",
      suggestion: 'Leave it out in a browser; under Node import from "arqon" or "arqon/node".',
    },
  ],
})

/** An engine that is built and not begun. Synchronous, so that `createEngine` can hand out its values at once. */
export function buildCore(
  settings: EngineSettings,
  options: RuntimeOptions,
  clock: Clock.Clock,
  platform: PlatformService,
): EngineCore {
  const manual = settings.clock === "manual"
  return new EngineCore({
    settings,
    runId: settings.runId ?? (manual ? `manual-${settings.seed}` : platform.newRunId()),
    readClock: manual ? null : steadyClock(clock),
    inspect: options.inspect,
  })
}

/** Calls `tick` every `tickUs`, for ever. */
const ticker = (core: EngineCore): ChildSpec => ({
  name: "clock",
  run: Effect.forever(
    Effect.andThen(
      Effect.sleep(core.settings.tickUs / 1000),
      Effect.sync(() => {
        if (core.status === "running") core.tick(core.nowUs)
      }),
    ),
  ),
})

/** A running engine and the fiber that watches it; the fiber fails when a fault is beyond mending. */
export interface RunningEngine {
  readonly core: EngineCore
  /** Puts the plant on its base, writes the audit out, ends every fiber. An AuditError tells what was left unwritten. */
  readonly stop: Effect.Effect<void, AuditError>
  /** Never returns while the engine is whole; fails when it is beyond mending. */
  readonly awaitFault: Effect.Effect<never, EngineFaultError>
}

/** Begins an engine and everything under it; the scope's end is its end. */
export const runEngine = Effect.fn("Engine.run")(function* (
  core: EngineCore,
  options: RuntimeOptions,
): Effect.fn.Return<RunningEngine, AuditError | ConfigError, Scope.Scope> {
  core.trail.attach(yield* openSinks(core, options))
  const onFault = (detail: string): void => core.fault(detail)
  const closing = yield* Effect.cached(
    Effect.andThen(
      Effect.sync(() => core.end()),
      core.trail.finish,
    ),
  )
  const children = yield* Scope.make()
  const stop = Effect.uninterruptible(Effect.ensuring(closing, Scope.close(children, Exit.void)))
  // The finalizer is there before the engine begins: whatever happens in between, the plant is put on its base.
  yield* Effect.addFinalizer(() => Effect.ignore(stop))
  yield* Effect.sync(() => core.begin())
  const specs: ReadonlyArray<ChildSpec> = [
    ...(core.settings.clock === "manual" ? [] : [ticker(core)]),
    ...core.trail.writers(() => core.settle()),
  ]
  const fibers = yield* Effect.forEach(specs, (spec) =>
    Effect.forkIn(supervise(spec, DEFAULT_INTENSITY, onFault), children),
  )
  // The machine ends by itself only when the engine is stopped; its error has tripped SafeMode before this fiber sees it.
  const actor = yield* runActor(core.actor).pipe(
    Effect.mapError((error) => new EngineFaultError({ detail: String(error.cause) })),
    Effect.andThen(Effect.never),
    Effect.forkIn(children),
  )
  const awaitFault = Effect.raceAllFirst([actor, ...fibers].map((fiber) => Fiber.join(fiber)))
  return { core, stop, awaitFault }
})
