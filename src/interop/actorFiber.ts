/**
 * An XState actor under an Effect fiber: the fiber lives as long as the actor, ends with its output, fails with its
 * error, and stops it when interrupted. Needed wherever a scope should own an actor.
 */
import * as Data from "effect/Data"
import * as Effect from "effect/Effect"
import type { Actor, AnyActorLogic, OutputFrom, Snapshot } from "xstate"

/** What an actor failed with. */
export class ActorError extends /* @__PURE__ */ Data.TaggedError("ActorError")<{
  /** Id of the actor. */
  readonly actor: string
  readonly cause: unknown
}> {}

/** Follows a root actor to its end. It may have been started before; it is started when not. */
export const runActor = <L extends AnyActorLogic>(
  actor: Actor<L>,
): Effect.Effect<OutputFrom<L>, ActorError> =>
  Effect.callback<OutputFrom<L>, ActorError>((resume) => {
    const failed = (cause: unknown) => resume(Effect.fail(new ActorError({ actor: actor.id, cause })))
    const done = () => {
      const { status, error, output } = actor.getSnapshot() as Snapshot<OutputFrom<L>>
      if (status === "error") failed(error)
      else resume(Effect.succeed(output as OutputFrom<L>))
    }
    const subscription = actor.subscribe({ complete: done, error: failed })
    const { status } = actor.getSnapshot() as Snapshot<unknown>
    if (status === "done" || status === "error") done()
    else actor.start()
    return Effect.sync(() => {
      subscription.unsubscribe()
      actor.stop()
    })
  })
