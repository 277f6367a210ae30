/** Steering one engine of a fleet: each action with what it does, why it cannot be done now, a reason and a confirmation. */
import type { FleetEngineView } from "../../protocol/fleetProtocol.ts"
import type { FleetAction, FleetEntry } from "../../protocol/protocol.ts"
import { api } from "../core/api.ts"
import type { Cell } from "../core/cell.ts"
import { h } from "../core/dom.ts"
import { icon } from "./icons.ts"
import { askWhy } from "./steering.ts"
import { openSteering, steerButton } from "./steerMenu.ts"

interface FleetSteer {
  readonly action: FleetAction
  readonly name: string
  readonly effect: string
  readonly danger: boolean
}

const STEERING: ReadonlyArray<FleetSteer> = [
  {
    action: "trip",
    name: "Trip SafeMode",
    effect: "Opens SafeMode: this plant stays on its base until somebody resets it.",
    danger: true,
  },
  {
    action: "reset",
    name: "Reset SafeMode",
    effect: "Acknowledges the reason and closes SafeMode, whatever opened it.",
    danger: false,
  },
  {
    action: "rollback",
    name: "Roll back",
    effect: "Restores the baseline as configuration and base. Tuning resumes after the cooldown.",
    danger: true,
  },
  {
    action: "setBaseline",
    name: "Set baseline",
    effect: "Makes the current base the configuration that every rollback returns to.",
    danger: false,
  },
  {
    action: "passivate",
    name: "Put away",
    effect:
      "Returns to the base and keeps only a few numbers; the next digest brings it back. If budgets or rollbacks must still be remembered, it rests instead.",
    danger: false,
  },
]

type Engine = FleetEngineView["engine"]

function hindrance(action: FleetAction, { actions }: FleetEntry, engine: Engine | null): string | null {
  if (!actions.includes(action)) return "This studio is read-only."
  if (engine === null) return "The engine has not been loaded yet."
  const open = engine.safeMode !== null
  if (action === "trip" && open) return "SafeMode is already open."
  if (action === "reset" && !open) return "SafeMode is not open."
  if (action === "rollback" && engine.baseline === null) return "There is no baseline yet."
  if (action === "passivate" && engine.status === "passive") return "It is already put away."
  if (action === "passivate" && open)
    return "SafeMode is open: the engine can be put away once it has closed."
  return null
}

/** `done` is called after an action that was taken. */
export function fleetSteering(
  entry: FleetEntry,
  key: string,
  engine: Cell<Engine | null>,
  done: () => void,
): HTMLElement {
  const ask = ({ action, name, effect, danger }: FleetSteer): void =>
    askWhy({ name, effect, danger, more: null }, async (said) => {
      const result = await api.actOnFleet({ fleet: entry.id, key, action, ...said })
      engine.set(result.engine)
      done()
    })
  const offers = STEERING.map((one) => ({
    ...one,
    hindrance: () => hindrance(one.action, entry, engine.value),
    run: () => ask(one),
  }))
  return entry.actions.length > 0
    ? steerButton(() => openSteering(offers, [engine]))
    : h(
        "span",
        { class: "small soft read-only" },
        icon("lock"),
        "Read-only: nothing can be changed from here.",
      )
}
