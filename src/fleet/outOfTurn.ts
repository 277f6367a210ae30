/** The refusal of a call at the wrong time of a fleet's life. */
import { EngineStateError } from "../domain/errors.ts"

/** A call that does not fit where the fleet is in its life. */
export const outOfTurn = (reason: EngineStateError["reason"], call: string): EngineStateError =>
  new EngineStateError({ reason, call, subject: "fleet" })
