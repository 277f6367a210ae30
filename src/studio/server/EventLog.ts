/** What happens in the statecharts between two messages to those who look: so many events whole, the others counted. */
import type { InspectionEvent } from "xstate"
import { pathOf } from "./actorStates.ts"
import { EVENT_LIMITS, plainObject } from "./plain.ts"
import type { Events, MachineEvent } from "../protocol/protocol.ts"

/** Events of one message: ten messages a second make four hundred events. */
const MOST_EVENTS = 40

export class EventLog {
  private events: Array<MachineEvent> = []
  private skipped = 0
  private index = 0

  add(inspected: InspectionEvent, atUs: number): void {
    if (inspected.type !== "@xstate.event") return
    this.index++
    if (this.events.length === MOST_EVENTS) {
      this.skipped++
      return
    }
    const { type, ...data } = inspected.event
    const { sourceRef } = inspected
    this.events.push({
      index: this.index,
      atUs,
      actor: pathOf(inspected.actorRef),
      from: sourceRef === undefined ? null : pathOf(sourceRef),
      type,
      data: plainObject(data, EVENT_LIMITS),
    })
  }

  /** What came since the last time, or null when nothing did. */
  take(): Events | null {
    if (this.events.length === 0) return null
    const message = { events: this.events, skipped: this.skipped }
    this.events = []
    this.skipped = 0
    return message
  }
}
