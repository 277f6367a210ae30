/**
 * What a person does to an engine of a fleet from the studio: as to any engine, by its key, each with a note in the audit that says
 * what, who and why. An action that would change nothing is refused, because nothing would be recorded of it.
 */
import { EngineStateError, NoBaselineError } from "../../domain/errors.ts"
import type { FleetCell } from "../../fleet/FleetCell.ts"
import type { FleetCore } from "../../fleet/FleetCore.ts"
import { isSafe } from "../../fleet/fleetSnapshot.ts"
import { outcomeOf } from "../../engine/calls/outcome.ts"
import { noteOf, reasonOf } from "./engineActions.ts"
import type { FleetActionRequest } from "../protocol/fleetProtocol.ts"
import { FLEET_ACTIONS, type FleetAction } from "../protocol/protocol.ts"
import { conflict, Refusal } from "./refusal.ts"

/** The body of a request, checked; a Refusal names everything that is wrong with it. */
export function fleetRequestOf(body: unknown): FleetActionRequest {
  const given = (typeof body === "object" && body !== null ? body : {}) as Readonly<Record<string, unknown>>
  const { fleet, key, action } = given
  const problems: Array<string> = []
  const known = FLEET_ACTIONS.find((word) => word === action)
  if (known === undefined) problems.push(`action must be one of ${FLEET_ACTIONS.join(", ")}.`)
  if (typeof fleet !== "string") problems.push("fleet must be the id of a fleet.")
  if (typeof key !== "string") problems.push("key must be the key of an engine.")
  const why = reasonOf(given, problems)
  if (problems.length > 0) throw new Refusal("badRequest", problems.join(" "))
  return { fleet: fleet as string, key: key as string, action: known as FleetAction, ...why }
}

/**
 * Does it; returns the note.
 *
 * @param who how the person was identified: "token" or "no token"
 */
export function fleetAct(core: FleetCore, cell: FleetCell, request: FleetActionRequest, who: string): string {
  const note = noteOf(request, who)
  const outcome = outcomeOf(() => perform(core, cell, request.action, note))
  if (outcome.ok) return note
  const { error } = outcome
  if (error instanceof EngineStateError || error instanceof NoBaselineError) throw conflict(error.message)
  throw error
}

function perform(core: FleetCore, cell: FleetCell, action: FleetAction, note: string): void {
  const open = isSafe(cell)
  if (action === "trip" && open) throw conflict("SafeMode is already open.")
  if (action === "reset" && !open) throw conflict("SafeMode is not open.")
  if (action === "passivate" && cell.state === "passive") throw conflict("It is already put away.")
  if (action === "passivate" && open)
    throw conflict("SafeMode is open: the engine can be put away once it has closed.")
  if (core.send(cell, { type: action, note }) === "busy") {
    throw conflict(
      "It rests on its base now. It is put away when its budgets and rollbacks need no longer be remembered.",
    )
  }
}
