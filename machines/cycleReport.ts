/** What an SPSA cycle says of itself: to its parent when it has something to report, and to whoever looks at a snapshot of it. */
import { tripForRefusals } from "../src/control/tripRules.ts"
import { cycleReport, pairReport, type SpsaCycleContext } from "./cycleContext.ts"
import type { CycleReport, SpsaCycleEvent } from "./events.ts"
import { shown } from "./shown.ts"

export type ReportKind =
  | "cycleCompleted"
  | "pairRead"
  | "rollback"
  | "telemetryLost"
  | "regression"
  | "refusals"

/** The report of a kind, as the context says it after this event. */
export function reportOf(kind: ReportKind, context: SpsaCycleContext, event: SpsaCycleEvent): CycleReport {
  const nowUs = "nowUs" in event && event.nowUs > context.nowUs ? event.nowUs : context.nowUs
  switch (kind) {
    case "cycleCompleted":
      return shown(cycleReport(context))
    case "pairRead":
      return shown(pairReport(context))
    case "rollback":
      return { type: "rollbackRequested", nowUs }
    case "telemetryLost":
      return { type: "trip", reason: "telemetryLost", nowUs }
    case "regression":
      return { type: "trip", reason: "objectiveRegression", nowUs }
    case "refusals":
      return { type: "trip", reason: tripForRefusals(context.refusals), nowUs }
  }
}

/** Where a cycle stands. */
export type CyclePhase =
  | "ready"
  | "resting"
  | "rested"
  | "applyingPlus"
  | "waitingPlus"
  | "applyingMinus"
  | "waitingMinus"
  | "visitingBaseline"
  | "waitingBaseline"
  | "restingOnBase"
  | "waitingBase"
  | "leavingBaseline"
  | "computing"
  | "frozen"

/** The phase of a snapshot of `spsaCycleMachine`, as one word. */
export function cyclePhase(snapshot: { readonly value: unknown }): CyclePhase {
  const value = snapshot.value as "frozen" | { readonly tuning: CyclePhase }
  return value === "frozen" ? "frozen" : value.tuning
}
