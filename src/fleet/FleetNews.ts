/**
 * What there is to tell of a fleet: events wait until every engine is as it should be, then everyone who listens hears them in
 * order. A listener that throws is counted and changes nothing; what it asks of the fleet is done between two events.
 */
import { tripReason } from "../domain/words.ts"
import {
  AUDIT_BASELINE_SET,
  AUDIT_ROLLBACK,
  AUDIT_SAFE_MODE_ENTERED,
  AUDIT_SAFE_MODE_EXITED,
  ROLLBACK,
} from "../hot/codes.ts"
import { RECORD_CODE, RECORD_DETAIL, RECORD_KIND } from "../hot/AuditRing.ts"
import { Listeners } from "../engine/calls/Listeners.ts"
import type { FleetEvent } from "./fleetEvents.ts"

/** Events that wait at most; what does not fit is counted. */
const WAITING = 100_000
/** Rounds of notifications in one call: a listener that answers each event with another would never end. */
const ROUNDS = 64

export class FleetNews {
  readonly listeners = new Listeners<FleetEvent>("fleet")
  /** Listeners are being told now. */
  notifications = false
  /** Events that found no room. */
  lost = 0
  private readonly waiting: Array<FleetEvent> = []

  get quiet(): boolean {
    return this.waiting.length === 0
  }

  /** Nobody listens: nothing is kept. */
  note(event: FleetEvent): void {
    if (this.listeners.size === 0) return
    if (this.waiting.length >= WAITING) this.lost++
    else this.waiting.push(event)
  }

  /** Tells of everything; `meanwhile` does what listeners have asked for and says whether there was something. */
  tell(meanwhile: () => boolean): void {
    if (this.notifications) return
    this.notifications = true
    for (let round = 0; round < ROUNDS; round++) {
      for (const event of this.waiting.splice(0)) this.listeners.notify(event)
      if (!meanwhile() && this.waiting.length === 0) break
    }
    this.notifications = false
  }
}

/** The event that an audit record tells of, or null where it is none for a list. */
export function eventOf(key: string, atUs: number, block: Float64Array, at: number): FleetEvent | null {
  const reason = tripReason(block[at + RECORD_CODE])
  switch (block[at + RECORD_KIND]) {
    case AUDIT_SAFE_MODE_ENTERED:
      return reason === null ? null : { type: "tripped", key, atUs, reason }
    case AUDIT_SAFE_MODE_EXITED:
      return reason === null ? null : { type: "recovered", key, atUs, reason }
    case AUDIT_ROLLBACK:
      return block[at + RECORD_DETAIL] === ROLLBACK ? { type: "rolledBack", key, atUs } : null
    case AUDIT_BASELINE_SET:
      return { type: "baselineSet", key, atUs }
    default:
      return null
  }
}
