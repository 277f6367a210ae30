/**
 * The default occupant of the engine's telemetry slot: it lets the hot path judge every digest by itself and turns
 * only what is due (a window closed, a window expired, a deadline, an emergency) into one event. One replaces it with
 * `engineMachine.provide({ actors: { telemetry } })` to have windows come from somewhere else.
 *
 * Nothing here runs per digest: the plant's digests go to `hot.observe()` directly, by a plain call.
 */
import { type EventObject, fromCallback } from "xstate"
import { DEADLINE, EMERGENCY, WINDOW_CLOSED, WINDOW_EXPIRED } from "../src/hot/codes.ts"
import type { HotPath } from "../src/hot/HotPath.ts"
import { readWindow, type Window } from "../src/domain/Window.ts"
import type { DeadlineEvent, TripEvent, WindowEvent, WindowExpiredEvent } from "./events.ts"
import { persistedAsData } from "./asData.ts"
import type { Opaque } from "./Opaque.ts"
import { windowEvent } from "./windowEvents.ts"

/** What a telemetry actor is started with. */
export interface TelemetryInput {
  readonly hot: Opaque<HotPath>
  /** -1 when the objective is maximised: losses are what the tuner minimises. */
  readonly sign: 1 | -1
}

/** What a telemetry actor sends to the engine. */
export type TelemetryEvent = WindowEvent | WindowExpiredEvent | DeadlineEvent | TripEvent

/** The event for what `observe` or `tick` found due, or null when it is nothing for an actor. */
export function dueEvent(code: number, nowUs: number, window: Window | null): TelemetryEvent | null {
  switch (code) {
    case WINDOW_CLOSED:
      return window === null ? null : windowEvent(window, nowUs)
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

const telemetry = fromCallback<EventObject, TelemetryInput>(({ input, sendBack }) => {
  const hot = input.hot.get()
  let windows = 0
  hot.onDue = (code) => {
    const window = code === WINDOW_CLOSED ? readWindow(hot.window, input.sign, windows++) : null
    const event = dueEvent(code, hot.nowCell[0], window)
    if (event !== null) sendBack(event)
  }
  return () => {
    hot.onDue = null
  }
})

/** The telemetry actor of a plain `engineMachine`: hooks the hot path and sends what became due. */
export const hotTelemetry = persistedAsData(telemetry)
