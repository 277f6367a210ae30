/**
 * The errors a user of Arqon can meet. Few, tagged, each with a reason a program can act on and a message a person can.
 * All of them mean: nothing was changed.
 */
import * as Data from "effect/Data"

/** One thing that is wrong with a configuration. */
export interface Problem {
  /** Where it is, as one would write it: `params.concurrency.min`. Empty for the configuration itself. */
  readonly path: string
  /** What is wrong, in one sentence. */
  readonly message: string
  /** What to do about it. */
  readonly suggestion?: string
}

/** "The results have 2 problems:", and each on a line of its own. */
function problemText(subject: string, problems: ReadonlyArray<Problem>): string {
  const lines = problems.map(
    (p) =>
      `  ${p.path === "" ? "" : `${p.path}: `}${p.message}${p.suggestion === undefined ? "" : ` ${p.suggestion}`}`,
  )
  return `The ${subject} ${lines.length === 1 ? "1 problem" : `${lines.length} problems`}:\n${lines.join("\n")}`
}

/** A configuration that cannot be used; lists every problem at once, sorted by path. */
export class ConfigError extends /* @__PURE__ */ Data.TaggedError("ConfigError")<{
  readonly problems: ReadonlyArray<Problem>
}> {
  override get message(): string {
    return problemText("configuration has", this.problems)
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
    return problemText("results have", this.problems)
  }
}

/** A solver's state that cannot be restored. */
export class StateError extends /* @__PURE__ */ Data.TaggedError("StateError")<{
  readonly problems: ReadonlyArray<Problem>
}> {
  override get message(): string {
    return problemText("state has", this.problems)
  }
}

/** A run artifact, or a history of results, that cannot be used. */
export class ArtifactError extends /* @__PURE__ */ Data.TaggedError("ArtifactError")<{
  readonly document: "artifact" | "history"
  readonly problems: ReadonlyArray<Problem>
}> {
  override get message(): string {
    return problemText(`${this.document} has`, this.problems)
  }
}

const STATE_MESSAGES = {
  notStarted: "The engine has not been started. Call start() first.",
  alreadyStarted: "The engine was started before. Create another engine for another run.",
  stopped: "The engine has been stopped. Create another engine for another run.",
  restarting:
    "The engine's worker died or does not answer, and nothing was done. Another one is started; call again when worker().status is running.",
  frozen:
    "The engine, or its worker, died too often; the plant stands on its baseline. Call reset() to start it anew.",
  auditFull:
    "SafeMode is open because the audit is full, and a reset makes no room. It ends by itself once the records are written.",
  noAnswer:
    "The engine's worker took the call and does not answer. It is started anew if it hangs; whether the call was carried out is not known.",
  otherThread:
    "The engine's actors live in its worker thread. Use subscribe, windows$, audit.subscribe or the option inspect.",
  notManual: 'The time is told only with clock: "manual"; with clock: "system" the engine keeps its own.',
} as const

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
    return `${this.call}: ${STATE_MESSAGES[this.reason].replaceAll("engine", this.subject ?? "engine")}`
  }
}

const NO_BASELINE_MESSAGE =
  "There is no baseline yet: no configuration has stayed good for the stable time, and setBaseline() was not called."

/** rollback() before there is anything to roll back to. */
export class NoBaselineError extends /* @__PURE__ */ Data.TaggedError("NoBaselineError") {
  override get message(): string {
    return NO_BASELINE_MESSAGE
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
    return `The audit sink ${this.sink} failed to ${this.reason}: ${this.detail}`
  }
}

/** The engine met a defect, put the plant on its safe configuration and stopped adapting. */
export class EngineFaultError extends /* @__PURE__ */ Data.TaggedError("EngineFaultError")<{
  readonly detail: string
}> {
  override get message(): string {
    return `The engine met a defect and opened SafeMode: ${this.detail}`
  }
}

const FLEET_MESSAGES = {
  exists: "is in the fleet already. Take it with get(key), or ensure(key) where it may or may not be there.",
  unknown: "is not in the fleet. Spawn it first.",
  stopped: "was stopped. Spawn it anew.",
  full: "found no place: the fleet has as many engines as it may. Stop some, or raise maxEngines.",
  badKey: "is no key of an engine: a string of 1 to 256 characters is.",
  unknownGroup:
    "names a shared budget that the fleet does not have. Name it under `shared` in its configuration.",
  badInitial: "cannot begin like that.",
} as const

/** A call on a fleet that was refused; nothing was changed. */
export class FleetError extends /* @__PURE__ */ Data.TaggedError("FleetError")<{
  readonly reason: "exists" | "unknown" | "stopped" | "full" | "badKey" | "unknownGroup" | "badInitial"
  /** The engine it is about. */
  readonly key: string
  /** What exactly, where the reason does not say it. */
  readonly detail?: string
}> {
  override get message(): string {
    const detail = this.detail === undefined ? "" : ` ${this.detail}`
    // What is no key is shown as what it is.
    const subject = this.reason === "badKey" ? this.key : `The engine ${JSON.stringify(this.key)}`
    return `${subject} ${FLEET_MESSAGES[this.reason]}${detail}`
  }
}

const VARIANT_MESSAGES = {
  invalid: "cannot be used",
  unknown: "is not in the catalogue",
  exists: "is in the catalogue already",
  refused: "stays as it is",
  conflict: "was changed by somebody else meanwhile",
  store: "could not be kept or read",
} as const

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
    return [`${subject} ${VARIANT_MESSAGES[this.reason]}${lines.length > 0 ? ":" : "."}`, ...lines].join("\n")
  }
}
