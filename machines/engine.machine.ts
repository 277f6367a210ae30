/**
 * The engine as a statechart: it spawns the hot path, the latch, the SPSA cycle and a telemetry actor and wires them.
 * One needs it to run Arqon under plain XState (`createActor(engineMachine, { input })`), to spawn an engine inside an
 * own machine, or to look at one in an inspector. The runtime wraps the same machine.
 *
 * It decides little itself: windows go to the cycle, trips to the latch, safety actions to Tier 1.
 */
import { type ActorRefFrom, assign, enqueueActions, raise, sendTo, setup } from "xstate"
import { NOTHING_DUE, TRIP_ENGINE_FAULT } from "../src/hot/codes.ts"
import { P_NOW_US } from "../src/hot/SafetyExecutor.ts"
import { forgetCandidate, forgetReference, watchCycle } from "../src/control/baseline.ts"
import { beginAnew, type Compared, comparePair, compareSilence } from "../src/control/comparison.ts"
import { improvementSince, restoreFor } from "../src/control/tripRules.ts"
import { cycleMemory, lastLoss } from "./cycleContext.ts"
import {
  type EngineContext,
  type EngineEvent,
  type EngineInput,
  type EngineOutput,
  initialContext,
} from "./engineContext.ts"
import type { ResetEvent, TripEvent, WindowEvent, WindowExpiredEvent } from "./events.ts"
import { hotPathLogic } from "./hotPath.ts"
import { safeModeMachine } from "./safeMode.machine.ts"
import { spsaCycleMachine } from "./spsaCycle.machine.ts"
import { hotTelemetry } from "./telemetry.ts"

const nowOf = (context: EngineContext): number => context.hot.get().nowCell[0]

/** Time of an event, or the hot path's own where an event brings none. */
const timeOf = (context: EngineContext, event: object): number =>
  "nowUs" in event && typeof event.nowUs === "number" ? event.nowUs : nowOf(context)

const engineSetup = setup({
  types: {
    context: {} as EngineContext,
    events: {} as EngineEvent,
    input: {} as EngineInput,
    output: {} as EngineOutput,
    tags: {} as "live" | "safe",
    children: {} as {
      hotPath: "hotPath"
      latch: "safeMode"
      cycle: "spsaCycle"
      telemetry: "telemetry"
    },
  },
  actors: {
    hotPath: hotPathLogic,
    safeMode: safeModeMachine,
    spsaCycle: spsaCycleMachine,
    telemetry: hotTelemetry,
  },
  guards: {
    childFailed: ({ context }) => context.fault !== null,
    auditIsDrained: ({ context }) => context.hot.get().audit.drained,
  },
  actions: {
    advanceClock: ({ context, event }) => {
      const hot = context.hot.get()
      hot.nowCell[0] = timeOf(context, event)
      while (hot.tick() !== NOTHING_DUE);
    },
    observe: ({ context, event }) => {
      if (event.type === "digest") context.hot.get().observeObject(event.digest)
    },
    begin: sendTo("hotPath", ({ context, event }) => ({
      type: "begin" as const,
      nowUs: timeOf(context, event),
      keepAsBaseline: context.startIsBaseline,
    })),
    /** Before anything settles: a latch that is open must be so before the cycle hears that it may begin. */
    resumeLatch: enqueueActions(({ context, event, enqueue }) => {
      if (event.type !== "start" || event.resumed === undefined) return
      enqueue.sendTo("latch", { type: "resumed", ...event.resumed, nowUs: timeOf(context, event) })
    }),
    end: sendTo("hotPath", ({ context, event }) => ({ type: "end" as const, nowUs: timeOf(context, event) })),
    toCycle: sendTo("cycle", ({ event }) => event as WindowEvent | WindowExpiredEvent),
    wakeCycle: sendTo("cycle", ({ context, event }) => ({
      type: "tick" as const,
      nowUs: timeOf(context, event),
    })),
    resumeCycle: enqueueActions(({ event, enqueue }) => {
      if (event.type === "plantSettled") enqueue.sendTo("cycle", { ...event, type: "resume" })
    }),
    freezeCycle: enqueueActions(({ context, event, enqueue, self }) => {
      if (self.getSnapshot().children["cycle"]?.getSnapshot().status === "active")
        enqueue.sendTo("cycle", { type: "freeze", nowUs: timeOf(context, event) })
    }),
    toLatch: sendTo("latch", ({ event }) => event as TripEvent | ResetEvent),
    drainedToLatch: sendTo("latch", ({ context, event }) => ({
      type: "drained" as const,
      nowUs: timeOf(context, event),
    })),
    rollbackToLatch: sendTo("latch", ({ context, event }) => ({
      type: "rolledBack" as const,
      nowUs: timeOf(context, event),
    })),
    wakeLatch: sendTo("latch", ({ context, event }) => ({
      type: "tick" as const,
      nowUs: timeOf(context, event),
    })),
    wakeForLatch: enqueueActions(({ event, enqueue }) => {
      if (event.type === "latched" && event.deadlineUs !== null) {
        enqueue.sendTo("hotPath", { type: "wakeAt", atUs: event.deadlineUs })
      }
    }),
    openLatch: sendTo("hotPath", ({ context, event }) => ({
      type: "openLatch" as const,
      reason: event.type === "trip" || event.type === "latched" ? event.reason : "engineFault",
      nowUs: timeOf(context, event),
    })),
    closeLatch: sendTo("hotPath", ({ context, event }) => ({
      type: "closeLatch" as const,
      nowUs: timeOf(context, event),
    })),
    /** Off the perturbation, or off the base as well where the base itself is in doubt. */
    restorePlant: enqueueActions(({ context, event, enqueue }) => {
      if (event.type !== "trip" || event.secured === true) return
      const nowUs = timeOf(context, event)
      const type = restoreFor(event.reason) === "baseline" ? "rollback" : "returnToBase"
      enqueue.sendTo("hotPath", { type, nowUs })
    }),
    rollBack: sendTo("hotPath", ({ context, event }) => ({
      type: "rollback" as const,
      nowUs: timeOf(context, event),
    })),
    setBaseline: sendTo("hotPath", ({ context, event }) => ({
      type: "setBaseline" as const,
      nowUs: timeOf(context, event),
    })),
    reopenWindow: sendTo("hotPath", { type: "reopenWindow" }),
    forgetCandidate: assign(({ context }) => ({ watch: forgetCandidate(context.watch) })),
    forgetReference: assign(({ context }) => ({ watch: forgetReference(context.watch) })),
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
      if (outcome === "promote") enqueue.sendTo("hotPath", { type: "setBaseline", nowUs })
      else if (outcome === "rollBack") enqueue.raise({ type: "rollbackRequested", nowUs })
    }),
    /** Tells Tier 1 of regressions, and makes the base the baseline once it has earned it. */
    judgeCycle: enqueueActions(({ context, event, enqueue }) => {
      if (event.type !== "cycleCompleted") return
      const { watch, promote: better } = watchCycle(context.watch, event, context.baselinePolicy)
      // Where pairs are measured they decide: what two blocks of cycles read depends on the load of their time.
      const { comparison } = context
      const promote = better && (comparison === null || !context.hot.get().config.hasBaseline)
      if (promote && comparison !== null) {
        enqueue.assign({ comparison: beginAnew(comparison, event.nowUs) })
      }
      enqueue.assign({ watch, regressions: event.regressions })
      if (event.regressions > 0 || context.regressions > 0) {
        enqueue.sendTo("hotPath", { type: "noteRegressions", count: event.regressions })
      }
      if (promote) enqueue.sendTo("hotPath", { type: "setBaseline", nowUs: event.nowUs })
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
    noteFault: assign(({ context, self }, params: { child: "cycle" | "telemetry" }) => {
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
      by: "supervisor",
    })),
    forgetFault: assign({ fault: null }),
    raiseFault: raise(({ context }) => ({
      type: "trip" as const,
      reason: "engineFault" as const,
      nowUs: nowOf(context),
    })),
    /** Tier 1's actor itself has failed: what can still be done is done by hand. */
    secureDirectly: ({ context }) => {
      const { config, executor, nowCell } = context.hot.get()
      executor.openLatch(TRIP_ENGINE_FAULT)
      executor.proposal[P_NOW_US] = nowCell[0]
      if (config.hasBaseline) executor.rollback()
      else executor.returnToBase()
    },
  },
})

/** The comparison after an event of the cycle, or null where there is none or nothing to say. */
function comparedBy(context: EngineContext, event: EngineEvent): Compared | null {
  const { comparison, comparisonPolicy: policy } = context
  if (comparison === null || policy === null) return null
  if (event.type === "pairRead") return comparePair(comparison, event, event.base, policy)
  // Without a baseline there is nothing to wait for.
  if (!context.hot.get().config.hasBaseline) return null
  return event.type === "cycleCompleted" ? compareSilence(comparison, event.nowUs, policy) : null
}

const fault = (child: "cycle" | "telemetry") => ({
  actions: [{ type: "noteFault" as const, params: { child } }, "raiseFault" as const],
})

export const engineMachine = engineSetup.createMachine({
  id: "engine",
  description: "Runs one control loop: measure, decide, apply, measure again.",
  context: ({ input }) => initialContext(input),
  output: ({ context }) => {
    const { config, executor } = context.hot.get()
    return { generation: config.generation, base: Array.from(executor.base) }
  },
  invoke: [
    {
      id: "hotPath",
      src: "hotPath",
      input: ({ context }) => ({ hot: context.hot, bind: context.bind, names: context.names }),
      onError: { target: ".stopped", actions: "secureDirectly" },
    },
    {
      id: "latch",
      src: "safeMode",
      input: ({ context }) => ({ policy: context.safeMode }),
    },
  ],
  initial: "idle",
  states: {
    idle: {
      tags: ["safe"],
      description: "Built, not started: nothing is measured and nothing is applied.",
      on: {
        start: { target: "running", actions: ["resumeLatch", "begin"] },
        stop: { target: "stopped" },
      },
    },
    running: {
      description: "Windows come in; a cycle proposes or SafeMode is open.",
      invoke: [
        {
          id: "telemetry",
          src: "telemetry",
          input: ({ context }) => ({ hot: context.hot, sign: context.sign }),
          onError: fault("telemetry"),
        },
        {
          id: "cycle",
          src: "spsaCycle",
          input: ({ context }) => ({
            table: context.hot.get().table,
            settings: context.settings,
            port: context.port,
            limits: context.limits,
            compareEveryCycles: context.comparisonPolicy?.everyCycles ?? 0,
            memory: context.memory,
          }),
          onError: fault("cycle"),
        },
      ],
      initial: "adapting",
      on: {
        stop: { target: "stopping" },
        digest: { actions: "observe" },
        setBaseline: { actions: ["setBaseline", "forgetReference", "beginComparisonAnew"] },
        rolledBack: { actions: "rollbackToLatch" },
        childDied: { actions: ["noteDeath", "raiseFault"] },
      },
      states: {
        adapting: {
          tags: ["live"],
          description: "The cycle proposes, Tier 1 applies what the guardrails let through.",
          on: {
            window: { actions: "toCycle" },
            windowExpired: { actions: "toCycle" },
            deadline: { actions: "wakeCycle" },
            tick: { actions: "advanceClock" },
            plantSettled: { actions: ["resumeCycle", "beginComparisonAnew"] },
            cycleCompleted: { actions: ["judgeCycle", "compare"] },
            pairRead: { actions: "compare" },
            rollbackRequested: { actions: ["rollbackToLatch", "rollBack", "forgetCandidate"] },
            rollback: { actions: ["rollBack", "forgetCandidate"] },
            trip: { target: "safe", actions: ["noteLossAtTrip", "openLatch", "restorePlant", "toLatch"] },
            latched: { target: "safe", actions: ["noteLossAtTrip", "openLatch", "wakeForLatch"] },
          },
        },
        safe: {
          tags: ["safe"],
          description: "SafeMode is open: the plant stands on its base or baseline and nothing is proposed.",
          entry: ["freezeCycle", "forgetCandidate"],
          on: {
            window: { actions: ["reopenWindow", "judgeRecovery", "wakeLatch"] },
            windowExpired: { actions: ["reopenWindow", "wakeLatch"] },
            deadline: { actions: "wakeLatch" },
            tick: [
              { guard: "auditIsDrained", actions: ["advanceClock", "drainedToLatch"] },
              { actions: "advanceClock" },
            ],
            drained: { actions: "drainedToLatch" },
            trip: { actions: ["openLatch", "restorePlant", "toLatch"] },
            reset: { actions: "toLatch" },
            restart: { actions: ["noteMemory", "restartToLatch"] },
            rollback: { actions: "rollBack" },
            latched: { actions: "wakeForLatch" },
            unlatched: [
              {
                guard: "childFailed",
                target: "#engine.running",
                reenter: true,
                actions: ["forgetFault", "closeLatch"],
              },
              { target: "adapting", actions: "closeLatch" },
            ],
            cycleCompleted: {},
            pairRead: {},
            rollbackRequested: {},
            // After a restore this is what arms the latch's deadline again.
            plantSettled: { actions: "wakeLatch" },
          },
        },
      },
    },
    stopping: {
      tags: ["safe"],
      description: "Waits for Tier 1's word that the plant is back on its base.",
      entry: "end",
      on: {
        plantSettled: { target: "stopped" },
      },
    },
    stopped: {
      tags: ["safe"],
      type: "final",
      description: "Over: the plant was left on its base.",
    },
  },
})

/** A running engine, as a parent machine holds it. */
export type EngineActorRef = ActorRefFrom<typeof engineMachine>
