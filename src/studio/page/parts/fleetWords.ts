/** What stands of an engine of a fleet on the page, in words, and what its answers say of the connection. */
import type { FleetEngineView } from "../../protocol/fleetProtocol.ts"
import { figure } from "../core/format.ts"
import type { Model } from "../core/Model.ts"

type Engine = FleetEngineView["engine"]

export const STATUS_NAMES: Readonly<Record<Engine["status"], string>> = {
  awake: "awake",
  resting: "resting",
  passive: "put away",
  stopped: "stopped",
}

export const toneOfEngine = ({ mode, status }: Engine): "live" | "trip" | null =>
  mode === "safe" ? "trip" : status === "awake" ? "live" : null

/** `−58 %`: the change of the loss since the first cycle; null before there are two. */
export function changeOf({ loss, firstLoss }: Engine): string | null {
  if (loss === null || firstLoss === null || firstLoss === 0) return null
  const change = (loss - firstLoss) / Math.abs(firstLoss)
  return `${change > 0 ? "+" : ""}${figure(Math.round(change * 100))} %`
}

/** The server is there. Where an engine's stream is open too, that knows better. */
export function answered(model: Model): void {
  const { connection, engine } = model
  if (engine.value === null && connection.value.state === "lost") connection.set({ state: "open" })
}
