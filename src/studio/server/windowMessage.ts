/** A window as it goes over the wire: NaN becomes null. */
import type { Window } from "../../domain/Window.ts"
import type { WindowMessage } from "../protocol/protocol.ts"

export function windowMessage(window: Window): WindowMessage {
  const { index, generation, openedUs, closedUs, status, count, objective } = window
  const { latencyP99Us, throughputRps, errorRate, constraintMargin } = window
  return {
    index,
    generation,
    openedUs,
    closedUs,
    status,
    count,
    objective: Number.isFinite(objective) ? objective : null,
    latencyP99Us,
    throughputRps,
    errorRate,
    constraintMargin,
  }
}
