/**
 * What a person says with a trip while SafeMode is open by hand already: the latch has nothing to record then, so the note stands
 * on a record of the command.
 */
import { COMMAND_TRIP, TRIP_MANUAL } from "../hot/codes.ts"
import type { HotPath } from "../hot/HotPath.ts"
import { recordCommand } from "../../machines/hotAudit.ts"
import type { AuditTrail } from "./AuditTrail.ts"

interface Tripped {
  readonly hot: HotPath
  readonly trail: AuditTrail
  readonly command: (code: number) => number
}

/** Sets the time and journals the trip. Returns the time, and the note where it waits for the record of the latch. */
export function tripCommand(
  core: Tripped,
  note: string | undefined,
): { readonly nowUs: number; readonly waiting: string | undefined } {
  const { hot, trail } = core
  const { audit, executor } = hot
  if (note === undefined || Atomics.load(executor.latch, 0) !== TRIP_MANUAL) {
    return { nowUs: core.command(COMMAND_TRIP), waiting: note }
  }
  const before = audit.written
  trail.withNote("command", note, false, () => {
    core.command(COMMAND_TRIP)
    // Where what comes from outside is not journaled there is no record of it yet. A full audit keeps its places for safety.
    if (audit.written === before && !audit.full) recordCommand(hot, COMMAND_TRIP)
  })
  return { nowUs: hot.nowCell[0], waiting: undefined }
}
