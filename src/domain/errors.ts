/**
 * The errors a user of Arqon can meet. Few, tagged, each with a reason a program can act on and a message a person can.
 * All of them mean: nothing was changed.
 */
import * as Data from "effect/Data"
import {
  AUDIT,
  ENGINE_FAULT,
  ENGINE_STATE,
  FLEET,
  FLEET_STATE,
  NO_BASELINE,
  REFUSED,
  VARIANT,
} from "./messages.ts"
import type { Problem } from "./Problem.ts"
import { problemText } from "./problems.ts"

export type { Problem } from "./Problem.ts"

/** A configuration that cannot be used; lists every problem at once, sorted by path. */
export class ConfigError extends /* @__PURE__ */ Data.TaggedError("ConfigError")<{
  readonly problems: ReadonlyArray<Problem>
}> {
  override get message(): string {
    return problemText(REFUSED.configuration, this.problems)
  }
}

/** A digest or a time that is not one: a wrong type, an unknown field. A digest that is merely late or NaN is counted, not refused. */
export class DigestError extends /* @__PURE__ */ Data.TaggedError("DigestError")<{
  readonly problems: ReadonlyArray<Problem>
}> {
  override get message(): string {
    return this.problems
      .map((p) => `${p.path}: ${p.message}${p.suggestion === undefined ? "" : ` ${p.suggestion}`}`)
      .join("; ")
  }
}

/** Results that a solver cannot take: a trial nobody asked for, a parameter out of bounds. None of the batch was taken. */
export class ResultError extends /* @__PURE__ */ Data.TaggedError("ResultError")<{
  readonly problems: ReadonlyArray<Problem>
}> {
  override get message(): string {
    return problemText(REFUSED.results, this.problems)
  }
}

/** A solver's state that cannot be restored. */
export class StateError extends /* @__PURE__ */ Data.TaggedError("StateError")<{
  readonly problems: ReadonlyArray<Problem>
}> {
  override get message(): string {
    return problemText(REFUSED.state, this.problems)
  }
}

/** A run artifact, or a history of results, that cannot be used. */
export class ArtifactError extends /* @__PURE__ */ Data.TaggedError("ArtifactError")<{
  readonly document: "artifact" | "history"
  readonly problems: ReadonlyArray<Problem>
}> {
  override get message(): string {
    return problemText(REFUSED[this.document], this.problems)
  }
}

/** A call that does not fit where the engine, or the fleet, is in its life. */
export class EngineStateError extends /* @__PURE__ */ Data.TaggedError("EngineStateError")<{
  readonly reason:
    | "notStarted"
    | "alreadyStarted"
    | "stopped"
    | "notManual"
    | "restarting"
    | "frozen"
    | "auditFull"
    | "noAnswer"
    | "otherThread"
  /** The call that was refused. */
  readonly call: string
  /** Whose call it was; an engine's where nothing is said. */
  readonly subject?: "engine" | "fleet"
}> {
  override get message(): string {
    const { call, reason, subject } = this
    return `${call}: ${(subject === "fleet" ? FLEET_STATE[reason] : null) ?? ENGINE_STATE[reason]}`
  }
}

/** rollback() before there is anything to roll back to. */
export class NoBaselineError extends /* @__PURE__ */ Data.TaggedError("NoBaselineError") {
  override get message(): string {
    return NO_BASELINE
  }
}

/** The audit could not be written. The engine keeps running in SafeMode until it can be. */
export class AuditError extends /* @__PURE__ */ Data.TaggedError("AuditError")<{
  readonly reason: "open" | "write" | "close"
  /** Name of the sink. */
  readonly sink: string
  readonly detail: string
}> {
  override get message(): string {
    return AUDIT[this.reason](this.sink, this.detail)
  }
}

/** The engine met a defect, put the plant on its safe configuration and stopped adapting. */
export class EngineFaultError extends /* @__PURE__ */ Data.TaggedError("EngineFaultError")<{
  readonly detail: string
}> {
  override get message(): string {
    return ENGINE_FAULT(this.detail)
  }
}

/** A call on a fleet that was refused; nothing was changed. */
export class FleetError extends /* @__PURE__ */ Data.TaggedError("FleetError")<{
  readonly reason: "exists" | "unknown" | "stopped" | "full" | "badKey" | "unknownGroup" | "badInitial"
  /** The engine it is about. */
  readonly key: string
  /** What exactly, where the reason does not say it. */
  readonly detail?: string
}> {
  override get message(): string {
    const { reason, key, detail = "" } = this
    // A key that cannot be one is shown as what it is.
    return FLEET[reason](reason === "badKey" ? key : JSON.stringify(key), detail).trimEnd()
  }
}

/** A call on the variant catalogue that was refused; nothing was changed, and `problems` names all that is missing. */
export class VariantError extends /* @__PURE__ */ Data.TaggedError("VariantError")<{
  readonly reason: "invalid" | "unknown" | "exists" | "refused" | "conflict" | "store"
  /** Name of the variant, or "" where it is about none. */
  readonly variant: string
  readonly problems: ReadonlyArray<Problem>
}> {
  override get message(): string {
    const lines = this.problems.map(({ path, message, suggestion = "" }) =>
      `  ${path === "" ? "" : `${path}: `}${message} ${suggestion}`.trimEnd(),
    )
    const subject = this.variant === "" ? "The catalogue" : `The variant ${JSON.stringify(this.variant)}`
    return [`${VARIANT[this.reason](subject)}${lines.length > 0 ? ":" : "."}`, ...lines].join("\n")
  }
}
