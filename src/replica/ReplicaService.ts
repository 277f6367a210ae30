/**
 * The agent of one replica as an Effect service: its scope starts and stops it. Use it in an Effect program; otherwise use `createReplica`,
 * which is the same agent.
 */
import * as Cause from "effect/Cause"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Layer from "effect/Layer"
import * as Queue from "effect/Queue"
import type * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import { ConfigError } from "../domain/errors.ts"
import { createReplica, type Replica as Agent } from "./createReplica.ts"
import type { ReplicaOptions } from "./replicaOptions.ts"
import type { ReplicaSnapshot } from "./replicaSnapshot.ts"

/**
 * The agent of one replica in an Effect program; its scope stops it. What is called for each request is a plain call. The adapters of
 * `arqon/adapters` take it where they take an engine.
 */
export interface ReplicaService<K extends string = string> extends Omit<Agent<K>, "start" | "stop"> {
  /**
   * Runs an effect and measures it: `track` would measure only how long it takes to make one. The exit is the effect's own. What is interrupted
   * counts for nothing.
   */
  readonly trackEffect: <A, E, R>(work: Effect.Effect<A, E, R>) => Effect.Effect<A, E, R>
  /** The latest states: a slow reader misses those between. Ends with the agent. */
  readonly changes: Stream.Stream<ReplicaSnapshot<K>>
}

const CHANGES = 16

/** Starts what `create` makes, and stops it with the scope. */
export const runReplica: <K extends string>(
  create: () => Agent<K>,
) => Effect.Effect<ReplicaService<K>, ConfigError, Scope.Scope> = Effect.fn("Replica.make")(function* <
  K extends string,
>(create: () => Agent<K>) {
  const agent = yield* Effect.try({ try: create, catch: (error) => error }).pipe(
    Effect.catch((error) => (error instanceof ConfigError ? Effect.fail(error) : Effect.die(error))),
  )
  // Before the start: that waits for an answer, and may be interrupted.
  yield* Effect.addFinalizer(() => Effect.promise(agent.stop))
  yield* Effect.promise(agent.start)
  return serviceOf(agent)
})

const serviceOf = <K extends string>(agent: Agent<K>): ReplicaService<K> => {
  const { values, digest, track, observe, observeDigest, getSnapshot, subscribe } = agent
  return {
    values,
    digest,
    get generation() {
      return agent.generation
    },
    get nowUs() {
      return agent.nowUs
    },
    track,
    observe,
    observeDigest,
    getSnapshot,
    subscribe,
    trackEffect: (work) =>
      Effect.suspend(() => {
        let settle = (_exit: Exit.Exit<unknown, unknown>): void => {}
        const measured = track(
          () =>
            new Promise<void>((resolve, reject) => {
              settle = (exit) => {
                if (Exit.isSuccess(exit)) resolve()
                else if (!Cause.hasInterruptsOnly(exit.cause)) reject(exit.cause)
              }
            }),
        )
        measured.catch(() => {})
        return Effect.onExit(work, (exit) => Effect.sync(() => settle(exit)))
      }),
    changes: Stream.callback<ReplicaSnapshot<K>>(
      (queue) =>
        Effect.acquireRelease(
          Effect.sync(() =>
            subscribe({
              next: (snapshot) => void Queue.offerUnsafe(queue, snapshot),
              complete: () => void Queue.endUnsafe(queue),
            }),
          ),
          (subscription) => Effect.sync(() => subscription.unsubscribe()),
        ),
      { bufferSize: CHANGES, strategy: "sliding" },
    ),
  }
}

declare const KNOBS: unique symbol

/** What a program requires that names the knobs: a replica that has these, whichever others it has. */
export interface ReplicaNamed<out K extends string> {
  readonly [KNOBS]: K
}

type Create = <const K extends string>(options: ReplicaOptions<K>) => Agent<K>

/** `Replica.make` over a platform's way to post. */
export const makeOn =
  (create: Create) =>
  <const K extends string>(
    options: ReplicaOptions<K>,
  ): Effect.Effect<ReplicaService<K>, ConfigError, Scope.Scope> =>
    runReplica(() => create(options))

/** `Replica.layer` over the same. */
export const layerOn =
  (create: Create) =>
  <const K extends string>(options: ReplicaOptions<K>): Layer.Layer<Replica | ReplicaNamed<K>, ConfigError> =>
    Layer.effect(Replica.named<K>(), makeOn(create)(options)) as Layer.Layer<
      Replica | ReplicaNamed<K>,
      ConfigError
    >

/**
 * The agent of a program. `Replica.make` is one with a scope's lifetime and typed values; `Replica.layer` provides it. `yield* Replica` has any
 * knobs, `yield* Replica.named<"a" | "b">()` at least these. Acquiring it waits for the first answer, or for `startWithinMs`.
 */
export class Replica extends Context.Service<Replica, ReplicaService>()("arqon/Replica") {
  static readonly make: ReturnType<typeof makeOn> = makeOn(createReplica)

  /** The same service under the names of its knobs; a layer whose replica lacks one of them does not provide it. */
  static readonly named = <K extends string>(): Context.Service<ReplicaNamed<K>, ReplicaService<K>> =>
    Replica as unknown as Context.Service<ReplicaNamed<K>, ReplicaService<K>>

  static readonly layer: ReturnType<typeof layerOn> = layerOn(createReplica)
}
