/**
 * The lifetime of a fleet: the fibers that tick it and write its audit, in a scope. However the scope ends, every
 * plant of the fleet is left on its base.
 */
import type * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import { type FleetSettings, inFleet } from "../domain/FleetConfig.ts"
import type { AuditError, ConfigError } from "../domain/errors.ts"
import type { AuditSink } from "../engine/audit/AuditSink.ts"
import { fetchedBy } from "../engine/fetched.ts"
import { openLifetime } from "../engine/lifetime.ts"
import { steadyClock } from "../engine/steadyClock.ts"
import { checkedSinks } from "../engine/audit/sinkProblems.ts"
import { SinkQueues } from "../engine/audit/SinkQueues.ts"
import type { ChildSpec } from "../engine/supervision/supervise.ts"
import { FleetCore } from "./FleetCore.ts"

/** What a runtime adds to a fleet's configuration. */
export interface FleetRuntimeOptions {
  /** Additional destinations for the audit, besides memory. */
  readonly sinks?: ReadonlyArray<AuditSink> | undefined
}

/** Builds a fleet without starting it. */
export const buildFleet = (settings: FleetSettings, clock: Clock.Clock, steadyMs?: () => number): FleetCore =>
  new FleetCore(settings, settings.engine.clock === "manual" ? null : steadyClock(clock, steadyMs))

const fetchedWatches = fetchedBy("Rules and stability", () => import("./watches.ts"))

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

/** Starts a fleet and its fibers. The returned effect stops both, and reports what of the audit was not written. */
export const runFleet = Effect.fn("Fleet.run")(function* (
  core: FleetCore,
  options: FleetRuntimeOptions,
): Effect.fn.Return<Effect.Effect<void, AuditError>, ConfigError, Scope.Scope> {
  const { rules, stability } = core.settings.engine
  if (rules !== null || stability) {
    const { watch } = yield* fetchedWatches
    yield* Effect.try({ try: () => watch(core), catch: (error) => inFleet(error as ConfigError) })
  }
  const { trail } = core.trail
  trail.attach(new SinkQueues(yield* checkedSinks(options.sinks)))
  const { begin, flush, stop } = yield* openLifetime(trail.finish)
  const engines: ChildSpec = {
    name: "engines",
    run: Effect.never,
    start: Effect.sync(() => core.begin()),
    stop: Effect.sync(() => core.end()),
  }
  const clock = core.settings.engine.clock === "manual" ? [] : [ticker(core)]
  const specs = [...trail.writers(() => core.settle()), flush, engines, ...clock]
  yield* begin(specs, core.supervision, {
    died: (death) => core.supervision.died(death, core.nowUs),
    // A fiber of the fleet died too often. There is no single engine to trip, so it is retried after a while.
    released: Effect.sleep(RELEASE),
  })
  return stop
})

const RELEASE = "1 minute"
