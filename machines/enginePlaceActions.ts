/**
 * The engine's words about other places for the plant: regimes and variants that the base may be taken to, and the closing proof that
 * chooses between base and baseline before a stop.
 */
import { assign, emit, enqueueActions, sendTo } from "xstate"
import { beginProof, type ClosingProof, judgeProof, type ProofVerdict } from "../src/control/closingProof.ts"
import { restoreFor } from "../src/control/tripRules.ts"
import { type EngineEvent, isUpToDate } from "./engineContext.ts"
import { withLatch } from "./engineLatchActions.ts"
import { armNextApply, isWhole, type Parent, timed, timeOf } from "./engineSetup.ts"
import { standing } from "./hotPath.ts"
import type { RelocationNotedEvent, VariantChosenEvent } from "./relocationEvents.ts"
import { relocationMemory } from "./relocationState.ts"
import { shown } from "./shown.ts"

interface Proposer {
  getSnapshot(): { readonly context?: { readonly lastId?: number } }
}

/** The highest number of a proposal that cycle or relocation has made. */
function lastIdOf({ children }: Pick<Parent, "children">): number {
  const { cycle, relocation } = children as Readonly<Record<string, Proposer | undefined>>
  const made = [cycle, relocation].map((child) => child?.getSnapshot().context?.lastId ?? 0)
  return Math.max(...made)
}

/** What a closing proof that is over has shown; one that died has shown nothing. */
function proofOver(event: object): ProofVerdict {
  return judgeProof("output" in event ? (event.output as ClosingProof) : beginProof(0))
}

/** What is seen under the present configuration led to this. Where nothing is seen, nothing is known of it. */
const isBad = (event: EngineEvent): boolean =>
  event.type === "rollback" ||
  event.type === "rollbackRequested" ||
  ((event.type === "trip" || event.type === "latched") &&
    event.reason !== "telemetryLost" &&
    restoreFor(event.reason) === "baseline")

export const engineWords = withLatch.extend({
  guards: {
    /** The closing proof has shown that the base is lower. */
    baseIsProved: ({ event }) => proofOver(event).verdict === "pass",
  },
  actions: {
    /** The actor that takes the base elsewhere lives only where it is asked for: elsewhere it costs nothing. */
    spawnRelocation: enqueueActions(({ context, enqueue }) => {
      if (context.relocation === null) return
      const { table, executor, nowCell } = context.hot.get()
      const { port, names, relocation } = context
      const input = {
        table,
        port,
        names,
        maxStep: executor.policy.maxStep,
        nowUs: nowCell[0],
        ...relocation,
      }
      enqueue.spawnChild("relocation", { id: "relocation", input })
    }),
    stowRelocation: enqueueActions(({ context, enqueue, self }) => {
      const child = self.getSnapshot().children["relocation"]
      if (context.relocation === null || child === undefined) return
      const memory = relocationMemory(child.getSnapshot().context)
      enqueue.assign({ relocation: { ...context.relocation, memory } })
      enqueue.stopChild("relocation")
    }),
    recall: assign(({ context, event }) =>
      event.type === "recall" && context.relocation !== null
        ? { relocation: { ...context.relocation, memory: event.memory } }
        : {},
    ),
    toRelocation: enqueueActions(({ event, enqueue, self }) => {
      if (isWhole(self.getSnapshot(), "relocation")) enqueue.sendTo("relocation", event)
    }),
    /** While it is under way: with what the budgets have freed by now. */
    measureRelocation: enqueueActions(({ context, event, enqueue, self }) => {
      if (event.type !== "window" && event.type !== "windowExpired") return
      const { band } = standing(context.hot.get(), event.nowUs)
      if (isWhole(self.getSnapshot(), "relocation")) enqueue.sendTo("relocation", shown({ ...event, band }))
    }),
    wakeRelocation: sendTo("relocation", timed("tick")),
    /** Between two cycles it may set out. */
    offerPause: enqueueActions(({ context, event, enqueue, self }) => {
      if (event.type !== "cycleCompleted" || !isWhole(self.getSnapshot(), "relocation")) return
      const where = standing(context.hot.get(), event.nowUs)
      enqueue.sendTo("relocation", shown({ type: "between" as const, loss: event.mean, ...where }))
    }),
    beginRelocation: enqueueActions(({ event, enqueue, self }) => {
      if (event.type !== "plantSettled") return
      const cycle = self.getSnapshot().children["cycle"]?.getSnapshot()
      const lastId = cycle?.context.lastId ?? 0
      enqueue.sendTo("relocation", shown({ ...event, type: "begin" as const, lastId }))
    }),
    interruptRelocation: enqueueActions(({ context, event, enqueue, self }) => {
      if (!isWhole(self.getSnapshot(), "relocation")) return
      const nowUs = timeOf(context, event)
      enqueue.sendTo("relocation", { type: "interrupt" as const, bad: isBad(event), nowUs })
    }),
    reportStanding: sendTo("hotPath", timed("report")),
    auditRelocation: sendTo("hotPath", ({ event }) => {
      if (event.type === "regimeNoted") return { ...event, type: "noteRegime" as const }
      return { ...(event as RelocationNotedEvent), type: "noteRelocation" as const }
    }),
    beginProof: enqueueActions(({ context, event, enqueue, self }) => {
      // One that is out of date is followed by another.
      if (event.type !== "plantSettled" || !isUpToDate(context, event.generation)) return
      enqueue.sendTo("proof", { ...event, type: "settled" as const, lastId: lastIdOf(self.getSnapshot()) })
    }),
    toProof: enqueueActions(({ event, enqueue }) => {
      if (event.type !== "window" && event.type !== "windowExpired") return
      enqueue(armNextApply)
      enqueue.sendTo("proof", event)
    }),
    wakeProof: sendTo("proof", timed("tick")),
    /** Audits what the closing proof has shown, to its end or as far as it came. */
    noteProof: enqueueActions(({ context, event, enqueue, self }) => {
      const child = self.getSnapshot().children["proof"]?.getSnapshot()
      const { verdict, read, wanted, difference, breach } =
        child?.status === "active" ? judgeProof(child.context.proof) : proofOver(event)
      const margin = breach === null || breach === 0 ? {} : { margin: -breach }
      enqueue.sendTo("hotPath", {
        type: "noteVerdict",
        verdict: {
          verdict,
          reason: "closingProof",
          evidence: read,
          threshold: wanted,
          difference,
          ...margin,
        },
        nowUs: timeOf(context, event),
      })
    }),
    tellVariant: emit(({ event }) => event as VariantChosenEvent),
  },
})
