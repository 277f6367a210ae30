/**
 * The fleet as an Effect service: scoped, on Effect's clock, with a stream of events. Use it in an Effect program;
 * otherwise use `createFleet`, which is the same fleet.
 */
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Queue from "effect/Queue"
import type * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import { type FleetConfig, parseFleetConfig } from "../domain/FleetConfig.ts"
import { type AuditError, ConfigError } from "../domain/errors.ts"
import { callsOf, type FleetCalls } from "./createFleet.ts"
import type { FleetEvent } from "./fleetEvents.ts"
import { buildFleet, type FleetRuntimeOptions, runFleet } from "./runFleet.ts"
import { startOptionError, type StartOptions } from "../engine/contract/startTime.ts"

/** A fleet in an Effect program. Its scope stops it. */
export interface FleetService<K extends string = string> extends FleetCalls<K> {
  /**
   * What happens to its engines. A slow reader misses the oldest events; `eventsLost` of the snapshot does not
   * count those.
   */
  readonly events: Stream.Stream<FleetEvent>
  /** Stops the fleet and leaves every plant on its base, as the end of the scope does. */
  readonly stop: Effect.Effect<void, AuditError>
}

const EVENTS = 1024

const parse = (config: unknown) => {
  const settings = parseFleetConfig(config)
  return settings instanceof ConfigError ? Effect.fail(settings) : Effect.succeed(settings)
}

declare const KNOBS: unique symbol

/** The requirement of a program that names knobs: a fleet whose engines have at least these. */
export interface FleetNamed<out K extends string> {
  readonly [KNOBS]: K
}

/**
 * The fleet of a program. `Fleet.make` creates one with a scope's lifetime and typed values; `Fleet.layer` provides
 * it. `yield* Fleet` is a fleet with any knobs, `yield* Fleet.named<"a" | "b">()` one whose engines have these.
 */
export class Fleet extends Context.Service<Fleet, FleetService>()("arqon/Fleet") {
  /** Starts a fleet. The end of the scope stops it and leaves every plant on its base. */
  static readonly make: <const K extends string>(
    config: FleetConfig<K>,
    options?: FleetRuntimeOptions & StartOptions,
  ) => Effect.Effect<FleetService<K>, ConfigError, Scope.Scope> = Effect.fn("Fleet.make")(function* <
    const K extends string,
  >(config: FleetConfig<K>, options: FleetRuntimeOptions & StartOptions = {}) {
    const settings = yield* parse(config)
    const { startUs } = options
    const error = startOptionError(startUs, settings.engine.clock === "manual")
    if (error !== null) return yield* error
    const core = buildFleet(settings, yield* Clock.Clock)
    core.beginsAt(startUs)
    const stop = yield* runFleet(core, options)
    const events = Stream.callback<FleetEvent>(
      (queue) =>
        Effect.acquireRelease(
          Effect.sync(() => core.news.listeners.add((event) => void Queue.offerUnsafe(queue, event))),
          (subscription) => Effect.sync(() => subscription.unsubscribe()),
        ),
      { bufferSize: EVENTS, strategy: "sliding" },
    )
    const face = { events, stop }
    return Object.defineProperties(
      face,
      Object.getOwnPropertyDescriptors(callsOf<K>(core)),
    ) as FleetService<K>
  })

  /** The same service with named knobs. A layer whose engines lack one of them does not provide it. */
  static readonly named = <K extends string>(): Context.Service<FleetNamed<K>, FleetService<K>> =>
    Fleet as unknown as Context.Service<FleetNamed<K>, FleetService<K>>

  static readonly layer = <const K extends string>(
    config: FleetConfig<K>,
    options?: FleetRuntimeOptions & StartOptions,
  ): Layer.Layer<Fleet | FleetNamed<K>, ConfigError> =>
    Layer.effect(Fleet.named<K>(), Fleet.make(config, options)) as Layer.Layer<
      Fleet | FleetNamed<K>,
      ConfigError
    >
}
