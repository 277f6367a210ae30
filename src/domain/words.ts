/**
 * The words for every numeric code of `hot/codes.ts`. Each list is indexed by the code itself, so
 * `VIOLATIONS[status]` is the name of a status; a test holds lists and codes parallel. One needs this wherever a
 * number of the hot path becomes something a person, a log line or an event reads. Append, never reorder: the codes
 * are part of the audit format.
 */

/** By status code of a Tier 1 call; "accepted" is not a violation but keeps the list parallel. */
export const VIOLATIONS = [
  "accepted",
  "deltaTooLarge",
  "rateLimitExceeded",
  "outOfBounds",
  "unknownParameter",
  "thrashing",
  "budgetExhausted",
  "objectiveRegression",
  "constraintViolation",
  "auditQueueFull",
  "noBaseline",
  "staleGeneration",
  "safeModeOpen",
  "cooldownActive",
] as const

/** A status code in words, success included. */
export type StatusWord = (typeof VIOLATIONS)[number]
/** Why Tier 1 refused. */
export type ViolationTag = Exclude<StatusWord, "accepted">

/** By trip code; "none" is: SafeMode is not open. */
export const TRIP_REASONS = [
  "none",
  "thrashing",
  "budgetExhausted",
  "objectiveRegression",
  "auditQueueFull",
  "repeatedViolations",
  "manualTrigger",
  "telemetryLost",
  "constraintEmergency",
  "engineFault",
  "instability",
  "ruleViolated",
  "deadlinesMissed",
] as const

/** Why SafeMode opened. */
export type TripReason = Exclude<(typeof TRIP_REASONS)[number], "none">

/** By no-change code; "none" is: there was a proposal. */
export const NO_CHANGE_REASONS = [
  "none",
  "evalTimeout",
  "safeMode",
  "constraintViolation",
  "cooldownActive",
  "budgetExhausted",
  "relocating",
  "resting",
  "readingOn",
  "memorySuspected",
  "memoryProven",
  "memoryUnproven",
  "proving",
  "effectAwaited",
  "effectLate",
  "covariateTrusted",
  "covariateMoved",
  "covariateIsObjective",
  "windowsShort",
  "held",
] as const

/** Why the proposer left the configuration alone. */
export type NoChangeReason = Exclude<(typeof NO_CHANGE_REASONS)[number], "none">

/** Why a covariate is left out: not at all, the knobs move it, it is the objective itself; by code of `covariateLayout.ts`. */
export const COVARIATE_BLINDED = ["no", "movedByKnobs", "isObjective"] as const

/** Why a covariate is left out. */
export type CovariateBlinded = (typeof COVARIATE_BLINDED)[number]

/** By mode of look-ahead. */
export const LOOK_AHEAD = ["off", "trial", "on"] as const

/** Whether readings are projected along their trend. */
export type LookAhead = (typeof LOOK_AHEAD)[number]

/** By validity code of a digest, in the order it is judged. */
export const VALIDITIES = ["valid", "invalid", "wrongGeneration", "settling", "tooOld"] as const

/** Validity of a digest. */
export type Validity = (typeof VALIDITIES)[number]

/** By due code: what a digest or a tick led to. */
export const DUE = [
  "nothing",
  "windowClosed",
  "windowExpired",
  "emergency",
  "ringFull",
  "rejected",
  "deadline",
] as const

/**
 * By apply kind: what an apply is for. Rollback and return to base are safety actions; a proposer may ask for the return too,
 * to end a visit of the baseline.
 */
export const APPLY_KINDS = [
  "applyPlus",
  "applyMinus",
  "update",
  "rollback",
  "returnToBase",
  "visitBaseline",
  "retreat",
  "returnToTuned",
] as const

/** What an apply is for. */
export type ApplyKind = (typeof APPLY_KINDS)[number]
/** What a proposer may ask for. */
export type ProposalKind = Exclude<ApplyKind, "rollback" | "retreat" | "returnToTuned">

/** By phase of the runaway guard. */
export const GUARD_PHASES = [
  "learning",
  "calm",
  "suspicious",
  "onBaseline",
  "onStart",
  "holding",
  "watching",
] as const

/** What the runaway guard is at. */
export type GuardPhase = (typeof GUARD_PHASES)[number]

/** By code of a guard record: what the runaway guard does with the plant. */
export const GUARD_ACTS = [
  "nothing",
  "retreat",
  "tryStart",
  "blame",
  "blameStart",
  "world",
  "release",
  "promote",
] as const

/** What the runaway guard does with the plant. */
export type GuardAct = (typeof GUARD_ACTS)[number]

/** By code of a verdict record: why the tuned configuration was passed, failed or left undecided against the baseline. */
export const VERDICT_REASONS = [
  "sound",
  "tooFew",
  "undecided",
  "missing",
  "nonFinite",
  "stale",
  "regression",
  "criticalEffect",
  "holdDeadline",
  "closingProof",
  "instability",
  "analysisLate",
] as const

/** Why a verdict is what it is. */
export type VerdictReason = (typeof VERDICT_REASONS)[number]

/** By detail of a verdict record. */
export const VERDICTS = ["pass", "fail", "hold"] as const

/** What was concluded of the tuned configuration against the baseline. */
export type Verdict = (typeof VERDICTS)[number]

/** By code of a relocation record: what is done next, or how it ended. */
export const RELOCATION_REASONS = [
  "setOut",
  "ramp",
  "blocked",
  "canary",
  "kept",
  "lost",
  "undecided",
  "revert",
  "reverted",
  "contextLeft",
  "interrupted",
] as const

/** What a relocation does next, or how it ended. */
export type RelocationReason = (typeof RELOCATION_REASONS)[number]

/** By detail of a relocation record: on whose behalf the base is taken elsewhere. */
export const RELOCATION_CAUSES = ["homeostasis", "variant"] as const

/** On whose behalf the base is taken elsewhere. */
export type RelocationCause = (typeof RELOCATION_CAUSES)[number]

/** By code of a regime record: stored (or met again), or why it was let go. */
export const REGIME_REASONS = [
  "stored",
  "capacity",
  "expired",
  "canaryLost",
  "contradicted",
  "byHand",
] as const

/** What became of a regime. */
export type RegimeReason = (typeof REGIME_REASONS)[number]

/** By code of a variant record: why another variant is live. */
export const SWITCH_REASONS = [
  "first",
  "drawn",
  "constraintBroken",
  "contextLeft",
  "notSelectable",
  "regressed",
  "tripped",
] as const

/** By detail of a variant record. */
export const SWITCH_ACTIONS = ["switch", "rollback"] as const

/** By code of a record of the meta level: what it did. */
export const META_ACTS = [
  "none",
  "asked",
  "kept",
  "takenBack",
  "restored",
  "frozen",
  "thawed",
  "presetTried",
  "presetLeft",
  "rolledBack",
  "killed",
] as const

/** What the meta level does. */
export type MetaAct = (typeof META_ACTS)[number]

/** By code: the gains that the meta level may change; `windows` make one reading. */
export const META_GAINS = ["floor", "trustTarget", "a0", "windows"] as const

/** A gain that the meta level may change. */
export type MetaGain = (typeof META_GAINS)[number]

/** By detail of a cohort record: roles were drawn and a stage began, it closed, replicas turned out to interfere, a candidate's trial began or ended. */
export const COHORT_ACTS = [
  "drawn",
  "read",
  "interference",
  "canary",
  "present",
  "side",
  "emergency",
  "silent",
] as const

/** By code of a cohort record: how a pair is spread over replicas and time. */
export const COHORT_DESIGNS = ["together", "split", "cross"] as const

/** By code of a command record: what was asked of an engine from outside, telemetry and time apart. */
export const COMMANDS = [
  "stop",
  "rollback",
  "trip",
  "reset",
  "setBaseline",
  "drained",
  "fault",
  "auditFull",
  "restart",
  "callbackFailed",
  "evict",
  "offer",
  "passivate",
  "prove",
  "stopMeta",
  "pause",
] as const

/** By code of a rule record: what became of a written rule. */
export const RULE_REASONS = [
  "violated",
  "unknown",
  "recovered",
  "clipped",
  "lost",
  "foreseen",
  "passed",
] as const
/** What became of a written rule. */
export type RuleReason = (typeof RULE_REASONS)[number]
/** By detail of a rule record: what is done about it. */
export const RULE_ACTIONS = ["none", "warn", "trip", "rollback", "hold"] as const

/** How SafeMode is left. */
export const SAFE_MODE_EXITS = ["timer", "manualReset", "objectiveRecovery", "auditDrained"] as const

/** How SafeMode is left. */
export type SafeModeExit = (typeof SAFE_MODE_EXITS)[number]

/** The code of a trip reason: the number that is written into the latch word. */
export function tripCode(reason: TripReason): number {
  return TRIP_REASONS.indexOf(reason)
}

/** The reason behind a latch word, or null while it says "not tripped". */
export function tripReason(code: number): TripReason | null {
  const word = TRIP_REASONS[code]
  return word === undefined || word === "none" ? null : word
}

/** A word of a record as people write it: "manual trigger". */
export function plainWords(name: string): string {
  return name
    .replace(/([a-z0-9])([A-Z])/g, "$1 $2")
    .replaceAll("_", " ")
    .toLowerCase()
}
