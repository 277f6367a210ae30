/**
 * The engine's actions around its cycle: what it sends the cycle about windows, time and guardrails, and what follows from its reports and from
 * the comparison with the baseline.
 */
import { assign, enqueueActions, sendTo } from "xstate"
import { beginAnew } from "../src/control/comparison.ts"
import { judgeRegressions } from "../src/control/regression.ts"
import type { NoChangeReason } from "../src/domain/words.ts"
import { circlesOf, comparedBy, isUpToDate } from "./engineContext.ts"
import { cycleIsUpToDate, engineSetup, isWhole, timeOf } from "./engineSetup.ts"
import { guardrailParts } from "./guardrailParts.ts"
import { shown } from "./shown.ts"

export const withCycle = engineSetup.extend({
  actions: {
    wakeCycle: enqueueActions(({ context, event, enqueue, self }) => {
      if (!cycleIsUpToDate(context, self.getSnapshot())) return
      enqueue.sendTo("cycle", { type: "tick", nowUs: timeOf(context, event) })
    }),
    /** If there are more deadlines than the hot path can hold, it keeps the earliest. A cycle that waits for the last apply asks again. */
    wakeAgain: enqueueActions(({ context, event, enqueue }) => {
      const atUs = context.hot.get().executor.nextApplyUs
      if (atUs > timeOf(context, event)) enqueue.sendTo("hotPath", { type: "wakeAt", atUs })
    }),
    resumeCycle: enqueueActions(({ context, event, enqueue, self }) => {
      // One that is out of date is followed by another.
      if (event.type !== "plantSettled" || !isUpToDate(context, event.generation)) return
      const lastId = self.getSnapshot().children["relocation"]?.getSnapshot().context.lastId ?? 0
      const guardrails = { maxStep: context.settings.maxStep, limits: context.limits }
      enqueue.sendTo("cycle", shown({ ...event, type: "resume" as const, lastId, guardrails }))
    }),
    setGuardrails: enqueueActions(({ event, enqueue }) => {
      if (event.type === "setGuardrails") enqueue.sendTo("hotPath", event)
    }),
    /** Tier 1 has another policy, so every actor gets it. The cycle gets it when it restarts. */
    followGuardrails: enqueueActions(({ context, event, enqueue, self }) => {
      if (event.type !== "guardrailsSet") return
      const hot = context.hot.get()
      // What is in force by now: another one may have followed.
      const { policy, policies } = hot.executor
      const { maxStep } = policy
      const parts = guardrailParts(policy, context.own, circlesOf(hot))
      enqueue.assign({ ...parts, policies, settings: { ...context.settings, maxStep } })
      enqueue.sendTo("latch", { type: "policy", policy: parts.safeMode, nowUs: event.nowUs })
      if (isWhole(self.getSnapshot(), "relocation"))
        enqueue.sendTo("relocation", { type: "guardrails", maxStep })
    }),
    /** Regressions that were counted already count under the new policy too. */
    judgeRegressionsAnew: enqueueActions(({ context, event, enqueue, self }) => {
      if (event.type !== "guardrailsSet") return
      const cycle = self.getSnapshot().children["cycle"]?.getSnapshot()
      const counted = cycle?.context.regressions ?? context.regressions
      const verdict = judgeRegressions(0, counted, context.limits)
      const { nowUs } = event
      if (verdict === "rollBack") enqueue.raise({ type: "rollbackRequested", nowUs })
      else if (verdict === "trip") enqueue.raise({ type: "trip", reason: "objectiveRegression", nowUs })
    }),
    freezeCycle: enqueueActions(({ context, event, enqueue, self }) => {
      if (isWhole(self.getSnapshot(), "cycle"))
        enqueue.sendTo("cycle", {
          type: "freeze",
          nowUs: timeOf(context, event),
          ...(event.type === "trip" && event.reason === "constraintEmergency" ? { emergency: true } : {}),
        })
    }),
    pauseCycle: sendTo("cycle", ({ context, event }, params: { reason: NoChangeReason }) => ({
      type: "freeze" as const,
      reason: params.reason,
      nowUs: timeOf(context, event),
    })),
    /** In SafeMode it says whether going back has helped. */
    showCycle: enqueueActions(({ event, enqueue, self }) => {
      if (event.type === "window" && isWhole(self.getSnapshot(), "cycle")) enqueue.sendTo("cycle", event)
    }),
    /** What is measured from here on has nothing to do with what was compared before; a cooldown is no lack of data. */
    beginComparisonAnew: assign(({ context, event }) => {
      const earliestUs = event.type === "plantSettled" ? event.nextApplyUs : 0
      const fromUs = Math.max(timeOf(context, event), earliestUs)
      return { comparison: context.comparison && beginAnew(context.comparison, fromUs) }
    }),
    /** Judges a pair of windows, or that none has come: audits the verdict and does what follows from it. */
    compare: enqueueActions(({ context, event, enqueue }) => {
      const compared = comparedBy(context, event)
      if (compared === null) return
      const { comparison, verdict, outcome } = compared
      const nowUs = timeOf(context, event)
      enqueue.assign({ comparison })
      enqueue.sendTo("hotPath", { type: "noteVerdict", verdict, nowUs })
      if (outcome === "promote") {
        enqueue.sendTo("hotPath", { type: "setBaseline", nowUs })
        enqueue.sendTo("guard", { type: "rebaselined" })
      } else if (outcome === "rollBack") enqueue.raise({ type: "rollbackRequested", nowUs })
    }),
    /** Tells Tier 1 of regressions. */
    judgeCycle: enqueueActions(({ context, event, enqueue }) => {
      if (event.type !== "cycleCompleted") return
      enqueue.assign({ regressions: event.regressions })
      if (event.regressions > 0 || context.regressions > 0) {
        enqueue.sendTo("hotPath", { type: "noteRegressions", count: event.regressions })
      }
    }),
  },
})
