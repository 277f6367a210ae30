/** A window as it goes over the wire: NaN becomes null. */
import type { Window } from "../../domain/Window.ts"
import type { WindowMessage } from "../protocol/protocol.ts"
import type { HistoryRecorder } from "./HistoryRecorder.ts"

export function windowMessage(
  window: Window,
  history: HistoryRecorder,
  margins?: WindowMessage["margins"],
): WindowMessage {
  const { index, generation, openedUs, closedUs, status, count, objective } = window
  const { latencyP99Us, throughputRps, errorRate, constraintMargin } = window
  return {
    index,
    generation,
    openedUs,
    closedUs,
    status,
    place: history.placeOf(generation),
    start: history.startReading,
    count,
    objective: Number.isFinite(objective) ? objective : null,
    latencyP99Us,
    throughputRps,
    errorRate,
    constraintMargin,
    margins,
  }
}
