/**
 * What becomes due in a hot path, as the events that the engine's machine takes. The windows among them are the very
 * objects that users of `windows$` see.
 */
import { DEADLINE, EMERGENCY, WINDOW_CLOSED, WINDOW_EXPIRED } from "../hot/codes.ts"
import type { Due } from "../telemetry/dueOf.ts"
import type { TelemetryEvent } from "../../machines/telemetry.ts"

export function dueEvent({ code, nowUs, window }: Due): TelemetryEvent | null {
  switch (code) {
    case WINDOW_CLOSED:
      return window === null ? null : { type: "window", window, nowUs }
    case WINDOW_EXPIRED:
      return { type: "windowExpired", nowUs }
    case DEADLINE:
      return { type: "deadline", nowUs }
    case EMERGENCY:
      return { type: "trip", reason: "constraintEmergency", nowUs, secured: true }
    default:
      return null
  }
}
