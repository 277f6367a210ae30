/**
 * One call to let an engine tune what you already run: it makes an engine over the adapters' knobs, attaches them
 * and starts it. A replica of a service takes the engine's place where one tuner decides for many. For anything more
 * particular, make the engine yourself and call `attach`.
 */
import type { CreateEngine } from "../engine/createEngine.ts"
import type { ArqonEngine, EngineOptions } from "../engine/contract/ArqonEngine.ts"
import type { WorkerEngine } from "../engine/contract/WorkerEngine.ts"
import type { KnobConfig } from "../domain/ParamSpace.ts"
import { ConfigError } from "../domain/errors.ts"
import { problem } from "../domain/problems.ts"
import { SECOND_US } from "../domain/Units.ts"
import { outcomeOf } from "../engine/calls/outcome.ts"
import type { StopOptions } from "../engine/contract/stopOptions.ts"
import { type Adapter, attach, type Attached, type EngineLike } from "./Adapter.ts"
import { methodProblems, refuse } from "./checkOptions.ts"
import { adapterWindow } from "./concurrency.ts"

/** Options of the engine, all optional. `params` overrides single fields of single knobs. */
export type TuneOptions<K extends string = string> = Partial<
  Omit<EngineOptions<K>, "params" | "objective">
> & {
  readonly params?: Readonly<Partial<Record<K, Partial<KnobConfig>>>> | undefined
}

/** Something that is being tuned. */
export interface Tuned<
  K extends string = string,
  Engine extends ArqonEngine<K> | WorkerEngine<K> = ArqonEngine<K>,
> {
  readonly engine: Engine
  /** Stops the engine. The knobs stay on its base, or on what `{ prove: 12 }` finds better. */
  readonly stop: (options?: StopOptions) => Promise<void>
}

/** What `tune` needs of a replica: `createReplica` of `arqon/replica` makes one. */
export interface ReplicaLike<K extends string = string> extends EngineLike<K> {
  readonly start: () => Promise<void>
  readonly stop: () => Promise<void>
}

/** A replica that drives its adapters. */
export interface TunedReplica<R> {
  readonly replica: R
  /** Stops the replica. The knobs stay on its base, or on the baseline where it has fallen to that. */
  readonly stop: () => Promise<void>
}

/**
 * An adapter of some of these knobs. Its names come from its own `params`, so that adapters in a list do not share
 * names.
 */
export type AnyAdapter<K extends string = string> = Omit<Adapter, "apply" | "params"> & {
  readonly params: { readonly [Name in K]?: KnobConfig }
  readonly apply: (values: never) => void
}

type Adapters<K extends string> = AnyAdapter<K> | readonly [AnyAdapter<K>, ...ReadonlyArray<AnyAdapter<K>>]

/**
 * Tunes one adapter, or several on the measurements of the first. Rejects as `start` does. Throws a ConfigError for
 * what is not an adapter, for invalid options, and if two adapters have a knob of the same name.
 */
export interface Tune {
  <const K extends string>(
    adapters: Adapters<K>,
    options: TuneOptions<NoInfer<K>> & { readonly placement: "worker" },
  ): Promise<Tuned<K, WorkerEngine<K>>>
  /** For one of many replicas of a service: its tuner decides, and the replica has the knobs of the adapters. */
  <const K extends string, R extends ReplicaLike<NoInfer<K>>>(
    adapters: Adapters<K>,
    replica: R,
  ): Promise<TunedReplica<R>>
  <const K extends string>(adapters: Adapters<K>, options?: TuneOptions<NoInfer<K>>): Promise<Tuned<K>>
}

/**
 * How long the comparison with the baseline waits: based on windows of half a minute, not on the day that an idle
 * one may take.
 */
const HOLD_US = 3_000 * SECOND_US

/** `tune` for a platform; each entry binds its own. */
export const tuneOn = (createEngine: CreateEngine): Tune => {
  const tune = <const K extends string>(
    adapters: Adapters<K>,
    options: TuneOptions<K> | ReplicaLike<K> = {},
  ): Promise<Tuned<K, ArqonEngine<K> | WorkerEngine<K>> | TunedReplica<ReplicaLike<K>>> => {
    const all = listed<K>(adapters)
    if (isReplica(options)) return tuneReplica(all, options)
    const { params, window, gains, comparison, ...rest } = options
    const engine = createEngine<K>({
      ...rest,
      params: mergeParams(all, params),
      window: { ...adapterWindow, ...window },
      // The adapter that measures decides how the knobs are probed.
      gains: { ...all[0].gains, ...gains },
      ...(comparison === undefined ? {} : { comparison: { holdUs: HOLD_US, ...comparison } }),
    } as EngineOptions<K>)
    return drive(engine, all).then((letGo) => ({
      engine,
      // Detach after stopping: the last change moves the plant to its base.
      stop: (stopping?: StopOptions) => engine.stop(stopping).finally(letGo),
    }))
  }
  // The overloads tell by `placement` which engine it is.
  return tune as Tune
}

const isReplica = <K extends string>(given: TuneOptions<K> | ReplicaLike<K>): given is ReplicaLike<K> =>
  typeof given === "object" &&
  given !== null &&
  typeof (given as Partial<ReplicaLike<K>>).observe === "function"

/** Attaches the adapters to a replica and starts it. One that has stopped would never measure anything again. */
function tuneReplica<K extends string, R extends ReplicaLike<K>>(
  adapters: ReadonlyArray<Adapter<K>>,
  replica: R,
): Promise<TunedReplica<R>> {
  const remedy = "Create one with createReplica of arqon/replica."
  refuse(
    methodProblems(replica, ["replica"], ["start", "stop", "getSnapshot", "subscribe"], "a replica", remedy),
  )
  refuse(
    replica.getSnapshot().status === "stopped"
      ? [problem(["replica"], "has stopped.", "Create another one.")]
      : [],
  )
  return drive(replica, adapters).then((letGo) => ({ replica, stop: () => replica.stop().finally(letGo) }))
}

/**
 * Attaches the adapters and starts what they are attached to; the first one measures. Resolves to what detaches them. Where something
 * fails, nothing stays attached.
 */
function drive<K extends string>(
  engine: EngineLike<K> & { readonly start: () => Promise<unknown> },
  adapters: ReadonlyArray<Adapter<K>>,
): Promise<() => void> {
  const attached: Array<Attached> = []
  const letGo = (): void => attached.forEach((one) => one.stop())
  const attaching = outcomeOf(() =>
    adapters.forEach((adapter, i) => attached.push(attach(engine, adapter, { measure: i === 0 }))),
  )
  if (!attaching.ok) {
    letGo()
    throw attaching.error
  }
  return engine.start().then(
    () => letGo,
    (error: unknown) => {
      letGo()
      throw error
    },
  )
}

/** Adapters as a list. Throws a ConfigError that names those that are not adapters. */
function listed<K extends string>(adapters: unknown): ReadonlyArray<Adapter<K>> {
  const list: ReadonlyArray<unknown> = Array.isArray(adapters) ? adapters : [adapters]
  const remedy = "Create one with inFlightLimiter() or another function of arqon/adapters."
  refuse(
    list.length === 0
      ? [problem(["adapters"], "must name at least one.", remedy)]
      : list.flatMap((one, i) => {
          const path = Array.isArray(adapters) ? ["adapters", i] : ["adapters"]
          return methodProblems(one, path, ["apply"], "an adapter", remedy)
        }),
  )
  return list as ReadonlyArray<Adapter<K>>
}

/** The adapters' knobs with the caller's overrides. Unknown names are kept, so that the engine refuses them by name. */
function mergeParams(
  adapters: ReadonlyArray<Pick<Adapter, "params">>,
  own: Readonly<Record<string, Partial<KnobConfig> | undefined>> = {},
): Record<string, Partial<KnobConfig>> {
  const merged: Record<string, Partial<KnobConfig>> = {}
  for (const { params } of adapters) {
    for (const name of Object.keys(params)) {
      if (name in merged)
        throw new ConfigError({
          problems: [
            problem(["params", name], "is a knob of two adapters.", "Give one of them another { name }."),
          ],
        })
      merged[name] = params[name]
    }
  }
  for (const name of Object.keys(own)) merged[name] = { ...merged[name], ...own[name] }
  return merged
}
