/**
 * What time it is when an engine, or a fleet, begins: said by the call that starts it, in manual time alone. Without it manual time
 * begins at 0, and the first real time is a leap from there.
 */
import { ConfigError, type DigestError, EngineStateError } from "../../domain/errors.ts"
import { timeError } from "../digestInput.ts"

/** What only the services' options have: elsewhere `start` says it. */
export interface StartOptions {
  /** With `clock: "manual"`: what time it is at the start, microseconds. Default 0. */
  readonly startUs?: number | undefined
}

/** Why a start cannot be at this time, or null. Something that is no number, such as the event of a button, is no time told. */
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
