/** The engine's words about SafeMode: what opens and closes the latch, where the plant goes then, and what becomes of faults. */
import { assign, enqueueActions, raise, sendTo } from "xstate"
import { improvementSince, restoreFor, wantsPerson } from "../src/control/tripRules.ts"
import { cycleMemory } from "./cycleContext.ts"
import { lastLoss } from "./cycleReport.ts"
import { guardStandsStill, waitsForGuard, withGuard } from "./engineGuardActions.ts"
import { type FaultyChild, secure } from "./engineContext.ts"
import { nowOf, timed, timeOf } from "./engineSetup.ts"
import type { ResetEvent, TripEvent } from "./events.ts"
import { SUPERVISOR } from "./safeMode.machine.ts"

export const withLatch = withGuard.extend({
  actions: {
    /** Before anything settles: an open latch must be open before the cycle is told to begin. */
    resumeLatch: enqueueActions(({ context, event, enqueue }) => {
      if (event.type !== "start") return
      const nowUs = timeOf(context, event)
      // One that was tripped before the start says so now.
      if (event.resumed === undefined) enqueue.sendTo("latch", { type: "tick", nowUs })
      else enqueue.sendTo("latch", { type: "resumed", ...event.resumed, nowUs })
    }),
    /** The latch lets go when Tier 1 has carried out what a reset makes of the guard's trial: one cycle begins, and from there. */
    resetAfter: sendTo(
      ({ self }) => self,
      ({ event }) => ({ ...(event as ResetEvent), type: "resetLatch" as const }),
    ),
    toLatch: sendTo("latch", ({ context, event }) => {
      if (event.type === "resetLatch") return { ...event, type: "reset" as const }
      const command = event as TripEvent | ResetEvent
      const stayed = command.type === "trip" && !context.hot.get().config.hasBaseline
      return stayed ? { ...command, rolledBack: false } : command
    }),
    drainedToLatch: sendTo("latch", timed("drained")),
    rollbackToLatch: enqueueActions(({ context, event, enqueue }) => {
      // Without a baseline it is no rollback.
      if (event.type === "rollbackRequested" && !context.hot.get().config.hasBaseline) return
      enqueue.sendTo("latch", { type: "rolledBack", nowUs: timeOf(context, event) })
    }),
    /** Releases now what the guard released while the other actors were dead. */
    wakeLatch: sendTo("latch", ({ context, event, self }) => {
      const nowUs = timeOf(context, event)
      const engine = self.getSnapshot()
      return waitsForGuard(engine) && !guardStandsStill(engine)
        ? { type: "recovered", improvement: 0, judge: "guard", nowUs }
        : { type: "tick", nowUs }
    }),
    wakeForLatch: enqueueActions(({ event, enqueue }) => {
      // From the deadline on it waits for a window, and no time leads out.
      if (event.type !== "latched" || event.deadlineUs === null || event.deadlineUs <= event.nowUs) return
      enqueue.sendTo("hotPath", { type: "wakeAt", atUs: event.deadlineUs })
    }),
    /** On the record: what opened SafeMode does not say that a person is waited for. */
    demandReset: enqueueActions(({ context, event, enqueue }) => {
      if (event.type !== "latched" || event.exit !== "manualReset" || wantsPerson(event.reason)) return
      if (context.hot.get().executor.resetDemanded) return
      enqueue.sendTo("hotPath", { type: "demandReset", nowUs: event.nowUs })
    }),
    openLatch: sendTo("hotPath", ({ context, event }) => ({
      type: "openLatch" as const,
      reason: event.type === "trip" || event.type === "latched" ? event.reason : "engineFault",
      nowUs: timeOf(context, event),
    })),
    closeLatch: sendTo("hotPath", timed("closeLatch")),
    /** Off the perturbation, or off the base as well where the base itself is in doubt. */
    restorePlant: enqueueActions(({ context, event, enqueue }) => {
      if (event.type !== "trip" || event.secured === true) return
      const nowUs = timeOf(context, event)
      const type = restoreFor(event.reason) === "baseline" ? "rollback" : "returnToBase"
      enqueue.sendTo("hotPath", { type, nowUs })
    }),
    noteLossAtTrip: assign(({ self }) => {
      const cycle = self.getSnapshot().children["cycle"]
      return { lossAtTrip: cycle === undefined ? null : lastLoss(cycle.getSnapshot().context) }
    }),
    judgeRecovery: enqueueActions(({ context, event, enqueue }) => {
      if (event.type !== "window") return
      const improvement = improvementSince(context.lossAtTrip, event.window.loss)
      enqueue.sendTo("latch", { type: "recovered", improvement, nowUs: event.nowUs })
    }),
    noteFault: assign(({ context, self }, params: { child: FaultyChild }) => {
      const cycle = self.getSnapshot().children["cycle"]
      const memory = cycle === undefined ? null : cycleMemory(cycle.getSnapshot().context)
      return { fault: params.child, memory: memory ?? context.memory }
    }),
    noteDeath: assign(({ context, event }) => ({
      fault: event.type === "childDied" ? event.child : context.fault,
    })),
    noteMemory: assign(({ context, event }) => ({
      memory: event.type === "restart" ? (event.memory ?? context.memory) : context.memory,
    })),
    /** The supervisor acknowledges the fault in a person's stead. */
    restartToLatch: sendTo("latch", ({ context, event }) => ({
      type: "reset" as const,
      nowUs: timeOf(context, event),
      by: SUPERVISOR,
    })),
    forgetFault: assign({ fault: null }),
    raiseFault: raise(({ context }) => ({
      type: "trip" as const,
      reason: "engineFault" as const,
      nowUs: nowOf(context),
    })),
    /** Tier 1's actor itself has failed: what can still be done is done by hand. */
    secureDirectly: ({ context }) => secure(context),
  },
})
