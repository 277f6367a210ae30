/** What a shared study refuses. Nothing was changed. */
import * as Data from "effect/Data"

/** Why a study refuses. */
export type StudyReason =
  /** No study of that name, and no configuration to make one from. */
  | "unknown"
  /** The study was made with another configuration. */
  | "otherConfig"
  | "badOptions"
  /** The study's strategy is not among those of this program. */
  | "lacksStrategy"
  /** This build does not repeat the log: it is of another version, or its strategy is another one of the same name. */
  | "diverged"
  /** The new budget is spent already. */
  | "budget"
  | "closed"

/** A shared study that this program cannot take part in, or a call that it cannot take. */
export class StudyError extends /* @__PURE__ */ Data.TaggedError("StudyError")<{
  readonly reason: StudyReason
  readonly study: string
  readonly detail: string
}> {
  override get message(): string {
    return `study ${this.study}: ${this.detail}`
  }
}
