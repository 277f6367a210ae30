/** What a cluster refuses for now. The same call may succeed later, but for one under a key that is taken. */
import * as Data from "effect/Data"
import * as Effect from "effect/Effect"

/** Why a cluster cannot carry out a call. */
export type ClusterReason =
  /** This runner has not been started, or has stopped. */
  | "notRunning"
  /** No owner can be reached, or it has too much under way. */
  | "unreachable"
  /** The key of a command belongs to another one, or to another candidate; or what became of its candidate is forgotten. */
  | "otherCommand"

/** A call that a cluster cannot carry out now. */
export class ClusterError extends /* @__PURE__ */ Data.TaggedError("ClusterError")<{
  readonly reason: ClusterReason
  readonly detail: string
}> {
  override get message(): string {
    return this.detail
  }
}

/** What the owner of `subject` answered. Where it did not take the call: why, as `effect/cluster` says it, which may have no words. */
export const answerOf = <A>(
  subject: string,
  call: Effect.Effect<unknown, { readonly _tag: string; readonly message: string }>,
): Effect.Effect<A, ClusterError> =>
  call.pipe(
    Effect.map((answer) => answer as A),
    Effect.mapError(({ _tag, message }) => {
      const why = message || _tag
      return new ClusterError({
        reason: "unreachable",
        detail: `The owner of ${subject} cannot be reached (${why}).`,
      })
    }),
  )
