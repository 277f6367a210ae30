/** What a cluster refuses for now. The same call may succeed later, but for one under a key that is taken. */
import * as Data from "effect/Data"

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

/** The owner of `subject` did not take a call: for what `effect/cluster` says, which may have no words. */
export const unreachable = (subject: string, { _tag, message }: { _tag: string; message: string }) => {
  const why = message || _tag
  return new ClusterError({
    reason: "unreachable",
    detail: `The owner of ${subject} cannot be reached (${why}).`,
  })
}
