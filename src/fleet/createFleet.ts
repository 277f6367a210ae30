/**
 * Many engines in one process, by key: one per tenant, route, shard or device, at a few kilobytes each. They are
 * created and removed at run time. Without digests they rest and are passivated; the next digest wakes them. They
 * share what they have in common. Use a fleet where a single engine would average over things that need different
 * values.
 *
 * An engine of a fleet makes the same decisions as one made by `createEngine`. It has no statecharts and no journal
 * of its own.
 */
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Scope from "effect/Scope"
import { type FleetConfig, inFleet, parseFleetConfig } from "../domain/FleetConfig.ts"
import { type AuditError, ConfigError, type DigestError, type EngineStateError } from "../domain/errors.ts"
import type { EngineAudit } from "../engine/contract/ArqonEngine.ts"
import type { KnobValues } from "../engine/contract/KnobValues.ts"
import { foreignCall } from "../engine/calls/foreignCall.ts"
import type { Subscription } from "../engine/calls/Listeners.ts"
import type { Studio, StudioOptions } from "../engine/contract/Studio.ts"
import type { FleetPlatform } from "./FleetPlatform.ts"
import type { FleetCell } from "./FleetCell.ts"
import type { FleetCore } from "./FleetCore.ts"
import { FleetEngine, valueGetters } from "./FleetEngine.ts"
import type { FleetEvent } from "./fleetEvents.ts"
import {
  type FleetEngineSnapshot,
  type FleetQuery,
  type FleetSnapshot,
  listCells,
  snapshotOfCell,
  snapshotOfFleet,
  typed,
} from "./fleetSnapshot.ts"
import { buildFleet, type FleetRuntimeOptions, runFleet } from "./runFleet.ts"
import type { SpawnOptions } from "./spawnOptions.ts"
import { startTimeError } from "../engine/contract/startTime.ts"
import { outOfTurn } from "./outOfTurn.ts"

/** A page of a fleet's list. */
export interface FleetPage<K extends string = string> {
  /** Total number of engines that match the query. */
  readonly total: number
  readonly engines: ReadonlyArray<FleetEngineSnapshot<KnobValues<K>>>
}

/** What can be done with a fleet's engines, by key. The plain interface and the Effect service share it. */
export interface FleetCalls<K extends string = string> {
  /** Creates an engine. Throws a FleetError if the key is in use or the fleet is full. */
  readonly spawn: (key: string, options?: SpawnOptions<K>) => FleetEngine<K>
  /** The engine with this key, or undefined. */
  readonly get: (key: string) => FleetEngine<K> | undefined
  /** The engine with this key, created if necessary. */
  readonly ensure: (key: string, options?: SpawnOptions<K>) => FleetEngine<K>
  /** Engines in total, and engines with a loop in memory. */
  readonly size: number
  readonly looping: number
  readonly list: (query?: FleetQuery) => FleetPage<K>
  readonly getSnapshot: () => FleetSnapshot
  /** Manual time only: advances the clock to `nowUs`. */
  readonly tick: (nowUs: number) => void
  /** The audit of all engines together. Each record's `run` is the fleet's name and the engine's key. */
  readonly audit: EngineAudit
}

/** Many engines by key. `docs/reference/fleet.md` describes every call in full. */
export interface Fleet<K extends string = string> extends FleetCalls<K> {
  /**
   * Starts the fleet. In manual time it begins at `nowUs`, default 0. Rejects with a DigestError for an invalid
   * time.
   */
  readonly start: (nowUs?: number) => Promise<void>
  /**
   * Stops the fleet and leaves every plant on its base. Rejects with an AuditError if audit records could not be
   * written.
   */
  readonly stop: () => Promise<void>
  /** Called with every event from now on. */
  readonly subscribe: (listener: (event: FleetEvent) => void) => Subscription
  /**
   * Serves a page that lists the engines, shows each and steers it (`docs/how-to/studio.md`). Rejects with a
   * ConfigError for invalid options, and if there is no server.
   */
  readonly studio: (options?: StudioOptions) => Promise<Studio>
}

/** A fleet's configuration, plus options that only code can give. */
export type FleetOptions<K extends string = string> = FleetConfig<K> & FleetRuntimeOptions

/** Creates a fleet. Throws a ConfigError that lists every problem of the configuration. */
export type CreateFleet = <const K extends string>(options: FleetOptions<K>) => Fleet<K>

/** `createFleet` on a platform; `index.ts` and `index.node.ts` bind one each. */
export const createFleetOn =
  (platform: FleetPlatform): CreateFleet =>
  (options) =>
    makeFleet(options, platform)

function makeFleet<const K extends string>(
  options: FleetOptions<K>,
  { openFleetStudio, steadyMs, rules }: FleetPlatform,
): Fleet<K> {
  const { sinks, ...config } =
    typeof options === "object" && options !== null ? options : { sinks: undefined }
  const settings = parseFleetConfig(config)
  if (settings instanceof ConfigError) throw settings
  if (rules !== undefined) foreignCall(rules.check, settings.engine, refuseRules)
  const core = buildFleet(settings, Effect.runSync(Effect.clockWith(Effect.succeed)), steadyMs)
  const scope = Scope.makeUnsafe()
  let stopRun: Effect.Effect<void, AuditError> = Effect.sync(() => core.end())
  let begun = false
  const start = (
    nowUs: number | undefined,
  ): Effect.Effect<void, ConfigError | DigestError | EngineStateError> => {
    if (core.status === "stopped") return outOfTurn("stopped", "start")
    if (begun) return outOfTurn("alreadyStarted", "start")
    const error = startTimeError(nowUs, settings.engine.clock === "manual", "fleet")
    if (error !== null) return error
    begun = true
    core.beginsAt(nowUs)
    return runFleet(core, { sinks }).pipe(
      Scope.provide(scope),
      Effect.map((stop) => void (stopRun = stop)),
    )
  }
  const stop = Effect.suspend(() => Effect.ensuring(stopRun, Scope.close(scope, Exit.void)))
  return Object.defineProperties(
    {
      start: (nowUs?: number) => Effect.runPromise(Effect.suspend(() => start(nowUs))),
      stop: () => Effect.runPromise(stop),
      subscribe: (listener: (event: FleetEvent) => void) => core.news.listeners.add(listener),
      studio: (asked?: StudioOptions) => openFleetStudio?.(core, asked) ?? Promise.reject(noStudio),
    },
    Object.getOwnPropertyDescriptors(callsOf<K>(core)),
  ) as Fleet<K>
}

const refuseRules = (error: unknown): never => {
  throw error instanceof ConfigError ? inFleet(error) : error
}

const noStudio = new ConfigError({
  problems: [
    {
      path: "studio",
      message: "needs a server, which is not available here.",
      suggestion: 'Open it under Node, with the fleet of "arqon".',
    },
  ],
})

/** The public calls of a core. */
export function callsOf<K extends string>(core: FleetCore): FleetCalls<K> {
  const { space } = core.settings.engine
  const getters = valueGetters(space.names)
  const handle = (cell: FleetCell): FleetEngine<K> => new FleetEngine<K>(core, cell, getters)
  const get = (key: string): FleetEngine<K> | undefined => {
    const cell = core.cells.get(key)
    return cell === undefined ? undefined : handle(cell)
  }
  const spawn = (key: string, options?: SpawnOptions<K>): FleetEngine<K> => handle(core.spawn(key, options))
  return {
    spawn,
    get,
    ensure: (key, options) => get(key) ?? spawn(key, options),
    get size() {
      return core.cells.size
    },
    get looping() {
      return core.looping
    },
    list: (query = {}) => {
      const { total, cells } = listCells(core, query)
      return { total, engines: cells.map((cell) => typed<K>(snapshotOfCell(cell, space))) }
    },
    getSnapshot: () => snapshotOfFleet(core),
    tick: (nowUs) => core.manualTick(nowUs),
    audit: {
      records: () => core.trail.trail.records(),
      subscribe: (listener) => core.trail.trail.listeners.add(listener),
      state: () => core.trail.trail.state(),
    },
  }
}
