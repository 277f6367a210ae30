/**
 * The lifetime of a fleet: the fibers that tick it and write its audit, in a scope. However the scope ends, every plant of
 * the fleet is left on its base.
 */
import type * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Scope from "effect/Scope"
import type { FleetSettings } from "../../domain/FleetConfig.ts"
import type { AuditError, ConfigError } from "../../domain/errors.ts"
import type { AuditSink } from "../AuditSink.ts"
import { steadyClock } from "../runEngine.ts"
import { checkSpecs } from "../Supervision.ts"
import { type ChildSpec, startChildren } from "../supervise.ts"
import { FleetCore } from "./FleetCore.ts"

/** What a runtime adds to a fleet's configuration. */
export interface FleetRuntimeOptions {
  /** Further places for the audit, beside memory. */
  readonly sinks?: ReadonlyArray<AuditSink> | undefined
}

/** A fleet that is built and not begun. */
export const buildFleet = (settings: FleetSettings, clock: Clock.Clock): FleetCore =>
  new FleetCore(settings, settings.engine.clock === "manual" ? null : steadyClock(clock))

const ticker = (core: FleetCore): ChildSpec => ({
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

/** Begins a fleet and the fibers under it; the effect it gives stops both and says what of the audit was left unwritten. */
export const runFleet = Effect.fn("Fleet.run")(function* (
  core: FleetCore,
  options: FleetRuntimeOptions,
): Effect.fn.Return<Effect.Effect<void, AuditError>, ConfigError, Scope.Scope> {
  const { trail } = core.trail
  core.attach(options.sinks ?? [])
  const children = yield* Scope.make()
  // Filled by the children's own ends: a finalizer has no error channel.
  let unwritten: Exit.Exit<void, AuditError> = Exit.void
  const stop = yield* Effect.cached(
    Effect.uninterruptible(
      Effect.andThen(
        Scope.close(children, Exit.void),
        Effect.suspend(() => unwritten),
      ),
    ),
  )
  yield* Effect.addFinalizer(() => Effect.ignore(stop))
  const flush: ChildSpec = {
    name: "audit",
    run: Effect.never,
    stop: Effect.map(Effect.exit(trail.finish), (exit) => void (unwritten = exit)),
  }
  const engines: ChildSpec = {
    name: "engines",
    run: Effect.never,
    start: Effect.sync(() => core.begin()),
    stop: Effect.sync(() => core.end()),
  }
  const clock = core.settings.engine.clock === "manual" ? [] : [ticker(core)]
  const specs = [...trail.writers(() => core.settle()), flush, engines, ...clock]
  const error = checkSpecs(specs)
  if (error !== null) {
    yield* Effect.ignore(trail.finish)
    return yield* error
  }
  core.supervision.expect(specs)
  yield* startChildren(specs, children, {
    died: (death) => core.supervision.died(death, core.nowUs),
    // A fiber of the fleet that died too often: there is no one engine to trip, so it tries again when a person resets one.
    released: Effect.sleep(RELEASE),
  })
  return stop
})

const RELEASE = "1 minute"
