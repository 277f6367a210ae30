/**
 * The events of a fleet. They wait until every engine is in a consistent state, then all listeners receive them in
 * order. A listener that throws is counted and changes nothing. Commands given by a listener run between two
 * events.
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

/** Most events that wait; further ones are only counted. */
const WAITING = 100_000
/**
 * Most rounds of notifications in one call: a listener that answers each event with another would otherwise never
 * end.
 */
const ROUNDS = 64

export class FleetNews {
  readonly listeners = new Listeners<FleetEvent>("fleet")
  /** True while listeners are being notified. */
  notifications = false
  /** Events dropped for lack of room. */
  lost = 0
  private readonly waiting: Array<FleetEvent> = []

  get quiet(): boolean {
    return this.waiting.length === 0
  }

  /** Without listeners nothing is kept. */
  note(event: FleetEvent): void {
    if (this.listeners.size === 0) return
    if (this.waiting.length >= WAITING) this.lost++
    else this.waiting.push(event)
  }

  /**
   * Delivers everything. `meanwhile` carries out what listeners have asked for, and returns whether there was
   * anything.
   */
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

/** The event for an audit record; null if the record is not an event. */
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
