/**
 * The rules of SafeMode as pure functions: where the plant goes when the latch opens, how the latch may be left, and
 * what refusals add up to. One needs them wherever a trip is decided; the machines only carry them out.
 */
import type { SafeModeExit, TripReason, ViolationTag } from "../domain/words.ts"

/** What a person may choose about SafeMode. */
export interface SafeModePolicy {
  /** How a latch that opened for an ordinary reason is left. */
  readonly exit: Exclude<SafeModeExit, "auditDrained">
  /**
   * How long a timer holds it open, and then until a window closes; also how long a recovery is waited for before a person is asked.
   */
  readonly timerUs: number
  /** With exit "objectiveRecovery": how much lower the loss must be than at the trip, as a share of it. */
  readonly requiredImprovement: number
  /** More rollbacks than this within an hour demand a manual reset. */
  readonly rollbacksPerHour: number
}

export const DEFAULT_SAFE_MODE: SafeModePolicy = Object.freeze({
  exit: "timer",
  timerUs: 30_000_000,
  requiredImprovement: 0.05,
  rollbacksPerHour: 4,
})

const HOUR_US = 3_600_000_000

/**
 * Where the plant goes when SafeMode opens: back to the base, or further back to the baseline when the base itself is
 * in doubt: the objective got worse, a constraint or a rule broke, the loop swings, the tuner failed, or nobody reports, perhaps
 * because of it.
 */
export function restoreFor(reason: TripReason): "base" | "baseline" {
  switch (reason) {
    case "objectiveRegression":
    case "constraintEmergency":
    case "engineFault":
    case "telemetryLost":
    case "instability":
    case "ruleViolated":
      return "baseline"
    default:
      return "base"
  }
}

/** What a person closed, a person opens; so it is with faults. */
export const wantsPerson = (reason: TripReason): boolean =>
  reason === "manualTrigger" || reason === "engineFault"

/** How the latch may be left again: more rollbacks than an hour may hold want a person, whatever the reason. */
export function exitFor(reason: TripReason, policy: SafeModePolicy, rollbacksInHour: number): SafeModeExit {
  if (reason === "auditQueueFull") return "auditDrained"
  if (wantsPerson(reason)) return "manualReset"
  if (rollbacksInHour > policy.rollbacksPerHour) return "manualReset"
  return policy.exit
}

const STRICTNESS: Record<SafeModeExit, number> = {
  timer: 0,
  objectiveRecovery: 1,
  auditDrained: 2,
  manualReset: 3,
}

/** Of two exits the one that is harder to take: a second trip while open never makes leaving easier. */
export function stricterExit(a: SafeModeExit, b: SafeModeExit): SafeModeExit {
  return STRICTNESS[a] >= STRICTNESS[b] ? a : b
}

/** More than any configuration may allow. */
const LEAST_KEPT = 1024

/** How many rollbacks are remembered: no fewer under a stricter policy, because the next one may be looser again. */
export const rollbacksKept = ({ rollbacksPerHour }: Pick<SafeModePolicy, "rollbacksPerHour">): number =>
  Math.max(LEAST_KEPT, rollbacksPerHour + 1)

/** The rollbacks of the last hour plus one now. At most `cap` are kept: more than that decide nothing new. */
export function noteRollback(
  timesUs: ReadonlyArray<number>,
  nowUs: number,
  cap: number,
): ReadonlyArray<number> {
  return [...timesUs.filter((t) => t > nowUs - HOUR_US), nowUs].slice(-cap)
}

/** How many of the noted rollbacks lie within the hour before now. */
export function rollbacksInHour(timesUs: ReadonlyArray<number>, nowUs: number): number {
  return timesUs.filter((t) => t > nowUs - HOUR_US).length
}

/** What a run of refusals means: one common cause has its own trip, a mixture is a proposer that misbehaves. */
export function tripForRefusals(tags: ReadonlyArray<ViolationTag>): TripReason {
  const [first] = tags
  if (tags.some((tag) => tag !== first)) return "repeatedViolations"
  switch (first) {
    case "thrashing":
    case "budgetExhausted":
    case "objectiveRegression":
    case "auditQueueFull":
      return first
    case "constraintViolation":
      return "constraintEmergency"
    default:
      return "repeatedViolations"
  }
}

/** Share by which the loss fell since the trip; 0 when either reading is missing: no data is no recovery. */
export function improvementSince(lossAtTrip: number | null, loss: number | null): number {
  const before = lossAtTrip ?? Number.NaN
  const fell = before - (loss ?? Number.NaN)
  if (!Number.isFinite(fell)) return 0
  return before === 0 ? Math.max(0, Math.sign(fell)) : fell / Math.abs(before)
}
