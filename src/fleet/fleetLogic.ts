/**
 * A fleet as an XState actor: a machine spawns it, sends it keys and digests, and receives what happens to the
 * engines. The engines themselves are not child actors: spawning into a parent with ten thousand children would
 * cost milliseconds.
 */
import { type CallbackActorLogic, fromCallback } from "xstate"
import type { DigestInput } from "../domain/Digest.ts"
import type { Note } from "../engine/contract/noteOf.ts"
import { errorText, outcomeOf } from "../engine/calls/outcome.ts"
import type { Fleet } from "./createFleet.ts"
import type { FleetEvent } from "./fleetEvents.ts"
import type { SpawnOptions } from "./spawnOptions.ts"

/** What a machine sends to a fleet's actor. */
export type FleetCommand =
  | { readonly type: "spawn"; readonly key: string; readonly options?: SpawnOptions }
  | { readonly type: "observe"; readonly key: string; readonly digest: DigestInput }
  | {
      readonly type: "passivate" | "rollback" | "trip" | "reset" | "setBaseline"
      readonly key: string
      readonly note?: Note
    }
  | { readonly type: "stopEngine"; readonly key: string }

/** What a fleet's actor sends to its parent: every event of the fleet, and every refused command. */
export type FleetReport =
  | { readonly type: "fleet"; readonly event: FleetEvent }
  | { readonly type: "fleetRefused"; readonly command: FleetCommand; readonly detail: string }

/** The input of `fleetLogic`: a started fleet. */
export interface FleetLogicInput {
  readonly fleet: Fleet
}

function obey(fleet: Fleet, command: FleetCommand): void {
  if (command.type === "spawn") {
    fleet.spawn(command.key, command.options)
    return
  }
  // The first digest for an unknown key spawns its engine.
  const engine = command.type === "observe" ? fleet.ensure(command.key) : fleet.get(command.key)
  if (engine === undefined) return
  if (command.type === "observe") engine.observe(command.digest)
  else if (command.type === "stopEngine") engine.stop()
  else engine[command.type](command.note)
}

/** Actor logic for a started fleet. Stopping the actor does not stop the fleet. */
export const fleetLogic: CallbackActorLogic<FleetCommand, FleetLogicInput> = fromCallback<
  FleetCommand,
  FleetLogicInput
>(({ input: { fleet }, sendBack, receive }) => {
  const report = (one: FleetReport): void => sendBack(one)
  const subscription = fleet.subscribe((event) => report({ type: "fleet", event }))
  receive((command) => {
    const outcome = outcomeOf(() => obey(fleet, command))
    if (!outcome.ok) report({ type: "fleetRefused", command, detail: errorText(outcome.error) })
  })
  return () => subscription.unsubscribe()
})
