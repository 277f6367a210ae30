/**
 * The lifetime of an engine: everything that needs a scope, a fiber or a clock. It begins when the scope is entered and
 * leaves the plant on its base however the scope ends.
 */
import type * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import type { EngineSettings } from "../domain/Config.ts"
import type { AuditError, ConfigError, EngineFaultError } from "../domain/errors.ts"
import { EngineCore } from "./EngineCore.ts"
import { openLifetime } from "./lifetime.ts"
import { Platform, type PlatformService } from "./contract/Platform.ts"
import { steadyClock } from "./steadyClock.ts"
import { fetched } from "./fetched.ts"
import { Hung } from "./supervision/Supervision.ts"
import type { ChildSpec, SupervisorPort } from "./supervision/supervise.ts"
import type { RuntimeOptions } from "./contract/RuntimeOptions.ts"

/** Opens and attaches the sinks that were asked for, if any. */
const attachSinks = Effect.fnUntraced(function* (
  core: EngineCore,
  { sinks }: RuntimeOptions,
): Effect.fn.Return<void, AuditError | ConfigError> {
  if (sinks === undefined && core.settings.state === null) return
  const platform = yield* Platform
  const openSinks = platform.openSinks ?? (yield* fetched("Audit sinks")).openSinks
  yield* openSinks(core, sinks)
})

/** An engine that is built and not begun. Synchronous, so that `createEngine` can hand out its values at once. */
export function buildCore(
  settings: EngineSettings,
  options: RuntimeOptions,
  clock: Clock.Clock,
  platform: PlatformService,
  steadyMs?: () => number,
): EngineCore {
  const manual = settings.clock === "manual"
  const readClock = manual ? null : steadyClock(clock, steadyMs)
  const core = new EngineCore({
    settings,
    runId: settings.runId ?? (manual ? `manual-${settings.seed}` : platform.newRunId()),
    readClock,
    inspect: options.inspect,
    relocation: platform.relocation,
    resume: settings.state === null ? null : platform.recover?.(settings, readClock?.() ?? null),
  })
  platform.rules?.watch(core)
  return core
}

/** Calls `tick` every `tickUs`, for ever; hung where it sleeps on while digests tell that time goes by. */
const ticker = (core: EngineCore): ChildSpec => {
  const ticking = Effect.forever(
    Effect.andThen(
      Effect.sleep(core.settings.tickUs / 1000),
      Effect.sync(() => {
        if (core.status === "running") core.tick(core.nowUs)
      }),
    ),
  )
  return { name: "clock", run: Effect.raceFirst(ticking, silence(core)) }
}

/** Turns of the event loop in which a timer that is due fires, and what waited for it goes on. */
const TURNS = 10

/** Fails when no tick has come for too long, and not because the thread was busy. */
const silence = Effect.fnUntraced(function* ({ clockWatch, hot }: EngineCore): Effect.fn.Return<never, Hung> {
  for (;;) {
    clockWatch.arm(hot.nowCell)
    yield* Effect.callback<void>((resume) => {
      clockWatch.onSilence = () => resume(Effect.void)
      return Effect.sync(() => (clockWatch.onSilence = null))
    })
    const { ticks, patienceUs } = clockWatch
    // No schedule: that would ask the very clock that is in doubt.
    for (let turn = 0; turn < TURNS; turn++) yield* Effect.yieldNow
    if (clockWatch.ticks === ticks)
      return yield* Effect.fail(new Hung(`it has not ticked for ${patienceUs / 1e6} s`))
  }
})

/** A running engine and the fiber that watches it; the fiber fails when a fault is beyond mending. */
export interface RunningEngine {
  readonly core: EngineCore
  /** Puts the plant on its base, writes the audit out, ends every fiber. An AuditError tells what was left unwritten. */
  readonly stop: Effect.Effect<void, AuditError>
  /** As `stop`, after so many pairs of windows have shown where the plant is to stay; 0: at once. */
  readonly proveAndStop: (pairs: number) => Effect.Effect<void, AuditError>
  /** Never returns while the engine is whole; fails when it is beyond mending. */
  readonly awaitFault: Effect.Effect<never, EngineFaultError>
}

/** Begins an engine and everything under it. It ends with the scope. The caller adds a span if it traces. */
export const runEngine = Effect.fnUntraced(function* (
  core: EngineCore,
  options: RuntimeOptions,
): Effect.fn.Return<RunningEngine, AuditError | ConfigError, Scope.Scope> {
  const { relocations, settings } = core
  // What only some engines need, if the platform does not include it.
  if (relocations.calls.length > 0)
    relocations.parts ??= (yield* fetched("Homeostasis and variants")).relocationParts
  if (settings.rules !== null && core.rules === undefined) yield* (yield* fetched("Rules")).watchRules(core)
  if (settings.stability) core.stability ??= (yield* fetched("Stability watches")).watchStability(core)
  if (settings.schedule) core.schedule ??= (yield* fetched("Analyses")).runSchedule(core)
  if (settings.meta?.depth) core.meta ??= (yield* fetched("Meta levels")).attachMeta(core)
  yield* attachSinks(core, options)
  const { parts } = relocations
  const learned = parts === null ? [] : yield* parts.keepLearned(core)
  const reader = parts?.catalogueReader(core) ?? []
  const { begin, flush, stop } = yield* openLifetime(core.trail.finish)
  const clock = settings.clock === "manual" ? [] : [ticker(core)]
  const specs = [
    ...core.trail.writers(() => core.settle()),
    flush,
    ...learned,
    machines(core),
    ...clock,
    ...reader,
    ...(core.schedule?.specs ?? []),
  ]
  yield* begin(specs, core.recovery.supervision, portOf(core))
  const proveAndStop = (pairs: number): Effect.Effect<void, AuditError> =>
    pairs === 0 ? stop : Effect.andThen(proved(core, pairs), stop)
  return { core, stop, proveAndStop, awaitFault: faultOf(core) }
})

/** Resolves when the engine has ended or cannot be recovered. An interruption leaves the proof to the call that ends the engine. */
const proved = (core: EngineCore, pairs: number): Effect.Effect<void> =>
  Effect.callback((resume) => {
    core.life.prove(pairs)
    const { unsubscribe } = core.whenOver(() => resume(Effect.void))
    return Effect.sync(unsubscribe)
  })

/** The statecharts. They answer within the call that asks them, so their deaths are met there and not in a fiber. */
const machines = (core: EngineCore): ChildSpec => ({
  name: "machines",
  run: Effect.never,
  start: Effect.sync(() => core.life.begin()),
  stop: Effect.sync(() => core.life.end()),
})

const portOf = (core: EngineCore): SupervisorPort => ({
  died: (death) => core.recovery.childDied(death),
  released: Effect.callback<void>((resume) => {
    const { unsubscribe } = core.releases.add(() => resume(Effect.void))
    return Effect.sync(unsubscribe)
  }),
})

const faultOf = (core: EngineCore): Effect.Effect<never, EngineFaultError> =>
  Effect.callback((resume) => {
    if (core.recovery.escalated !== null) return resume(Effect.fail(core.recovery.escalated))
    const { unsubscribe } = core.endings.add((fault) => {
      if (fault !== null) resume(Effect.fail(fault))
    })
    return Effect.sync(unsubscribe)
  })
