/** What an SPSA cycle reports: to its parent, and in its snapshot. */
import { tripForRefusals } from "../src/control/tripRules.ts"
import { listOf } from "../src/domain/listOf.ts"
import { LOSS_MINUS, LOSS_PLUS } from "../src/hot/SpsaKernel.ts"
import { S_CYCLE, S_HAS_LAST_MEAN, S_NOISE } from "../src/hot/spsaLayout.ts"
import type { SpsaCycleContext } from "./cycleContext.ts"
import type { CycleCompletedEvent, CycleReport, PairReadEvent, SpsaCycleEvent } from "./events.ts"
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

/** The report of a cycle whose update was applied or that changed nothing; read before `kept`. */
function cycleReport(c: SpsaCycleContext): CycleCompletedEvent {
  const kernel = c.kernel.get()
  const after = c.next ?? c.block
  const base = new Float64Array(kernel.table.size)
  kernel.base(c.block, base)
  return {
    type: "cycleCompleted",
    nowUs: c.nowUs,
    mean: kernel.loss(after),
    noise: after[S_NOISE],
    base: listOf(base),
    reheats: kernel.reheats(after),
    regressions: c.regressions,
  }
}

/** The report of a pair whose windows are over; the plant stands on its base. */
function pairReport(c: SpsaCycleContext): PairReadEvent {
  const kernel = c.kernel.get()
  const base = new Float64Array(kernel.table.size)
  kernel.base(c.block, base)
  return {
    type: "pairRead",
    nowUs: c.nowUs,
    baseline: c.pair?.baseline ?? null,
    tuned: c.pair?.tuned ?? null,
    base: listOf(base),
  }
}

/** The loss last read: of the pair in flight, else of the last completed one; null before there was any. */
export function lastLoss(c: SpsaCycleContext): number | null {
  const inFlight = [c.readings[LOSS_PLUS], c.readings[LOSS_MINUS]].filter(Number.isFinite)
  if (inFlight.length > 0) return inFlight.reduce((a, b) => a + b) / inFlight.length
  return c.block[S_HAS_LAST_MEAN] === 1 ? c.kernel.get().loss(c.block) : null
}

/** What a viewer is shown. */
export const cycleView = (c: SpsaCycleContext): object => ({
  cycles: c.block[S_CYCLE],
  loss: c.block[S_HAS_LAST_MEAN] === 1 ? c.kernel.get().loss(c.block) : null,
  timeouts: c.timeouts > 0 ? c.timeouts : null,
  regressions: c.regressions > 0 ? c.regressions : null,
})

/** What a person or a page wants to know of a cycle. */
export interface CycleSummary {
  readonly cycles: number
  readonly k: number
  readonly eta: number
  readonly probe: number
  readonly noise: number
  readonly loss: number
  readonly reheats: number
  readonly regressions: number
}

/** How a cycle stands, in plain numbers: gain, probe and noise included. For pages and logs. */
export function cycleSummary(c: SpsaCycleContext): CycleSummary {
  const kernel = c.kernel.get()
  return {
    cycles: c.block[S_CYCLE],
    k: kernel.k(c.block),
    eta: kernel.eta(c.block),
    probe: kernel.probe(c.block),
    noise: kernel.noise(c.block),
    loss: kernel.loss(c.block),
    reheats: kernel.reheats(c.block),
    regressions: c.regressions,
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
