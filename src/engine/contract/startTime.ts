/**
 * The start time of an engine or a fleet. Only the call that starts it can set it, and only in manual time. Without
 * it, manual time begins at 0, and the first real timestamp is a jump.
 */
import { ConfigError, type DigestError, EngineStateError } from "../../domain/errors.ts"
import { timeError } from "../digestInput.ts"

/** An option of the services only: elsewhere `start` takes the time. */
export interface StartOptions {
  /** With `clock: "manual"`: the time at the start, microseconds. Default 0. */
  readonly startUs?: number | undefined
}

/** The error for this start time, or null. What is not a number, such as a button's event, counts as no time given. */
export function startTimeError(
  nowUs: unknown,
  manual: boolean,
  subject: "engine" | "fleet",
): DigestError | EngineStateError | null {
  if (nowUs === undefined || (!manual && typeof nowUs !== "number")) return null
  return manual ? timeError(nowUs) : new EngineStateError({ reason: "notManual", call: "start", subject })
}

/** The same for the option `startUs`. */
export function startOptionError(startUs: unknown, manual: boolean): ConfigError | null {
  if (startUs === undefined) return null
  if (!manual)
    return new ConfigError({
      problems: [{ path: "startUs", message: NOT_MANUAL, suggestion: "Leave it out." }],
    })
  const error = timeError(startUs)
  return error && new ConfigError({ problems: error.problems.map((one) => ({ ...one, path: "startUs" })) })
}

const NOT_MANUAL = 'needs clock: "manual": with clock: "system" the time is known.'
