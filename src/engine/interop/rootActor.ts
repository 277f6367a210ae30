/**
 * Root actors, made in one way. A root actor whose error nobody observes rethrows it from a timer and takes the process
 * down; so every root actor of Arqon is made here, where its error always has a listener.
 */
import { type Actor, type ActorOptions, type AnyActorLogic, createActor } from "xstate"

/** Creates (does not start) a root actor; `onError` is called with what it failed with. */
export function createRootActor<L extends AnyActorLogic>(
  logic: L,
  options: ActorOptions<L>,
  onError: (error: unknown) => void,
): Actor<L> {
  // The options are complete by type; XState's own rest tuple only says the same in another way.
  const make = createActor as unknown as (logic: L, options: ActorOptions<L>) => Actor<L>
  const actor = make(logic, options)
  actor.subscribe({ error: onError })
  return actor
}
