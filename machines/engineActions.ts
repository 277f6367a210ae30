/**
 * What the words of the engine's chart do: its actors, guards and actions. Apart from the chart, so that the chart can be read
 * as one; one needs it to see which message goes to whom.
 */
import { assign, emit, enqueueActions, raise, sendTo, setup } from "xstate"
import { GUARD_ON_BASELINE, MINUS, NOTHING_DUE, PLUS, RING_FULL, WINDOW_CLOSED } from "../src/hot/codes.ts"
import { guardFence } from "../src/hot/guardActs.ts"
import { G_PHASE } from "../src/hot/guardLayout.ts"
import { guardrailFault } from "../src/hot/Guardrails.ts"
import type { HotPath } from "../src/hot/HotPath.ts"
import { beginProof, type ClosingProof, judgeProof, type ProofVerdict } from "../src/control/closingProof.ts"
import { beginAnew } from "../src/control/comparison.ts"
import { judgeRegressions } from "../src/control/regression.ts"
import { improvementSince, restoreFor, wantsPerson } from "../src/control/tripRules.ts"
import type { NoChangeReason } from "../src/domain/words.ts"
import { cycleMemory, lastLoss } from "./cycleContext.ts"
import {
  circlesOf,
  comparedBy,
  type EngineContext,
  type EngineDigest,
  type EngineEvent,
  type EngineInput,
  type EngineOutput,
  type FaultyChild,
  isOffBaseline,
  isUpToDate,
  secure,
} from "./engineContext.ts"
import type { GuardedPlace, ResetEvent, TripEvent } from "./events.ts"
import { guardrailParts } from "./guardrailParts.ts"
import { hotPathLogic, standing, wakeForNextApply } from "./hotPath.ts"
import { deferredLogic } from "./deferredLogic.ts"
import type { relocationMachine } from "./relocation.machine.ts"
import type { RelocationNotedEvent, VariantChosenEvent } from "./relocationEvents.ts"
import { relocationMemory } from "./relocationState.ts"
import { closingProofMachine } from "./closingProof.machine.ts"
import { type RunawayContext, runawayMachine } from "./runaway.machine.ts"
import { SUPERVISOR, type SafeModeContext, safeModeMachine } from "./safeMode.machine.ts"
import { shown } from "./shown.ts"
import { spsaCycleMachine } from "./spsaCycle.machine.ts"
import { hotTelemetry } from "./telemetry.ts"
import { judgeEvent, windowEvent } from "./windowEvents.ts"

interface SpsaCycleActor {
  getSnapshot(): {
    readonly context: { readonly generation: number }
    matches(state: { readonly tuning: "resting" }): boolean
  }
}

type Children = Readonly<Record<string, { getSnapshot(): { readonly status: string } } | undefined>>

interface Cycles {
  readonly cycle?: SpsaCycleActor | undefined
}

interface GuardChild {
  readonly guard?: { getSnapshot(): { readonly context: RunawayContext } }
}

interface Proposer {
  getSnapshot(): { readonly context?: { readonly lastId?: number } }
}

interface LatchChild {
  readonly latch?: { getSnapshot(): { readonly context: SafeModeContext } }
}

interface Parent {
  readonly children: unknown
}

/** There is such a child, and it is whole. */
const isWhole = ({ children }: Parent, child: "cycle" | "relocation" | "guard"): boolean =>
  (children as Children)[child]?.getSnapshot().status === "active"

/** What the cycle asks for now has a chance. */
const cycleIsUpToDate = (context: EngineContext, { children }: { readonly children: Cycles }): boolean => {
  const cycle = children.cycle?.getSnapshot()
  return cycle !== undefined && isUpToDate(context, cycle.context.generation)
}

/** The cycle reads plain windows at the base. */
const rests = ({ children }: Pick<Parent, "children">): boolean =>
  (children as Cycles).cycle?.getSnapshot().matches({ tuning: "resting" }) ?? false

/** The plant stands still because of the guard. */
const guardStandsStill = ({ children }: Pick<Parent, "children">): boolean => {
  const { block } = (children as GuardChild).guard?.getSnapshot().context ?? {}
  return block !== undefined && block.length > 0 && block[G_PHASE] >= GUARD_ON_BASELINE
}

/** SafeMode ends when the guard says so. */
const waitsForGuard = ({ children }: Pick<Parent, "children">): boolean =>
  (children as LatchChild).latch?.getSnapshot().context.judge === "guard"

/** One for each hot path: the guard takes what it needs of a place at once, and copies for every window would be garbage. */
const places = new WeakMap<HotPath, { -readonly [K in keyof GuardedPlace]: GuardedPlace[K] }>()

/** Where the plant could stand, in copies. A comparison with the baseline has a better judge of what has earned it. */
function guardedPlace({ hot: box, comparison }: EngineContext): GuardedPlace {
  const hot = box.get()
  const { config, executor, startUnits } = hot
  let place = places.get(hot)
  if (place === undefined) {
    const { knobs } = config
    place = {
      base: new Float64Array(knobs),
      baseline: new Float64Array(knobs),
      start: startUnits,
      stableUs: 0,
    }
    places.set(hot, place)
  }
  place.base.set(executor.base)
  place.start = startUnits
  if (config.hasBaseline) config.baselineUnits(place.baseline)
  else place.baseline.set(startUnits)
  const compared = comparison !== null && config.hasBaseline
  place.stableUs = compared ? Number.POSITIVE_INFINITY : executor.policy.minStableUs
  return place
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

/** There is an actor that could take the base elsewhere. */
const canMove = (engine: Parent): boolean => isWhole(engine, "relocation")

/** What is seen under the present configuration led to this. Where nothing is seen, nothing is known of it. */
const isBad = (event: EngineEvent): boolean =>
  event.type === "rollback" ||
  event.type === "rollbackRequested" ||
  ((event.type === "trip" || event.type === "latched") &&
    event.reason !== "telemetryLost" &&
    restoreFor(event.reason) === "baseline")

const nowOf = (context: EngineContext): number => context.hot.get().nowCell[0]

/** Wakes the cycle for the next apply. Deadlines that have passed make room for it. */
function armNextApply(context: EngineContext): void {
  const hot = context.hot.get()
  hot.dropPassed()
  wakeForNextApply(hot, nowOf(context))
}

/** The same as an action: one function, where a closure for every window would be garbage. */
const armAgain = ({ context }: { readonly context: EngineContext }): void => armNextApply(context)

/** Time of an event, or the hot path's own where an event brings none. */
const timeOf = (context: EngineContext, event: object): number =>
  "nowUs" in event && typeof event.nowUs === "number" ? event.nowUs : nowOf(context)

/** Who takes the base elsewhere is handed in by those who want it: few do, and it is a quarter of all machines. */
const relocationAbsent = deferredLogic((): typeof relocationMachine => {
  throw new TypeError("relocation needs engineMachine.provide({ actors: { relocation: relocationMachine } })")
})

export const engineSetup = setup({
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
      relocation: "relocation"
      guard: "runaway"
      proof: "closingProof"
    },
    emitted: {} as VariantChosenEvent,
  },
  actors: {
    hotPath: hotPathLogic,
    safeMode: safeModeMachine,
    spsaCycle: spsaCycleMachine,
    telemetry: hotTelemetry,
    relocation: relocationAbsent,
    runaway: runawayMachine,
    closingProof: closingProofMachine,
  },
  guards: {
    guardRetreats: ({ event }) => event.type === "guardActed" && event.act === "retreat",
    guardPromotes: ({ event }) => event.type === "guardActed" && event.act === "promote",
    guardBlames: ({ event }) =>
      event.type === "guardActed" && (event.act === "blame" || event.act === "blameStart"),
    /** The guard's act follows from a person's reset, and no window: the latch is let go by that. */
    personLetsGo: ({ event }) => event.type === "guardActed" && event.window === null,
    guardLetsGo: ({ event }) =>
      event.type === "guardActed" && (event.act === "world" || event.act === "release"),
    childFailed: ({ context }) => context.fault !== null,
    /** There are two places to choose from. */
    isOffBaseline: ({ context }) => isOffBaseline(context.hot.get()),
    /** The closing proof has shown that the base is lower. */
    baseIsProved: ({ event }) => proofOver(event).verdict === "pass",
    /** What cannot be recorded, or worked with, is not put in force. */
    mayTakeGuardrails: ({ context, event }) =>
      event.type === "setGuardrails" &&
      guardrailFault(event.policy) === null &&
      !context.hot.get().audit.full,
    auditIsDrained: ({ context }) => context.hot.get().audit.drained,
  },
  actions: {
    advanceClock: ({ context, event }) => {
      const hot = context.hot.get()
      hot.nowCell[0] = timeOf(context, event)
      let code = WINDOW_CLOSED
      while (code !== NOTHING_DUE && code !== RING_FULL) code = hot.tick()
    },
    observe: ({ context, event }) => {
      // Without digests the machine must not end in the middle of a perturbation.
      const digest: unknown = event.type === "digest" ? event.digest : null
      if (typeof digest === "object" && digest !== null)
        context.hot.get().observeObject(digest as EngineDigest)
    },
    begin: sendTo("hotPath", ({ context, event }) => ({
      type: "begin" as const,
      nowUs: timeOf(context, event),
      keepAsBaseline: context.own.startIsBaseline,
    })),
    /** Before anything settles: a latch that is open must be so before the cycle hears that it may begin. */
    resumeLatch: enqueueActions(({ context, event, enqueue }) => {
      if (event.type !== "start") return
      const nowUs = timeOf(context, event)
      // One that was tripped before the start says so now.
      if (event.resumed === undefined) enqueue.sendTo("latch", { type: "tick", nowUs })
      else enqueue.sendTo("latch", { type: "resumed", ...event.resumed, nowUs })
    }),
    end: sendTo("hotPath", ({ context, event }) => ({ type: "end" as const, nowUs: timeOf(context, event) })),
    /** A window is over: now somebody may want the next apply, perhaps sooner than Tier 1 would accept it. */
    expiredToCycle: enqueueActions(({ context, event, enqueue, self }) => {
      if (!cycleIsUpToDate(context, self.getSnapshot())) return
      enqueue(armAgain)
      enqueue.sendTo("cycle", event)
    }),
    wakeCycle: enqueueActions(({ context, event, enqueue, self }) => {
      if (!cycleIsUpToDate(context, self.getSnapshot())) return
      enqueue.sendTo("cycle", { type: "tick", nowUs: timeOf(context, event) })
    }),
    /** Of more deadlines than the hot path has room for it keeps the earliest: whoever waits for the last apply asks again. */
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
    /** Tier 1 works by another policy: so does everybody else. The cycle hears of it where it begins anew. */
    followGuardrails: enqueueActions(({ context, event, enqueue, self }) => {
      if (event.type !== "guardrailsSet") return
      const hot = context.hot.get()
      // What is in force by now: another one may have followed.
      const { policy, policies } = hot.executor
      const { maxStep } = policy
      const parts = guardrailParts(policy, context.own, circlesOf(hot))
      enqueue.assign({ ...parts, policies, settings: { ...context.settings, maxStep } })
      enqueue.sendTo("latch", { type: "policy", policy: parts.safeMode, nowUs: event.nowUs })
      if (canMove(self.getSnapshot())) enqueue.sendTo("relocation", { type: "guardrails", maxStep })
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
    /** In SafeMode it says whether going back has helped. */
    showCycle: enqueueActions(({ event, enqueue, self }) => {
      if (event.type === "window" && isWhole(self.getSnapshot(), "cycle")) enqueue.sendTo("cycle", event)
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
    drainedToLatch: sendTo("latch", ({ context, event }) => ({
      type: "drained" as const,
      nowUs: timeOf(context, event),
    })),
    rollbackToLatch: enqueueActions(({ context, event, enqueue }) => {
      // Without a baseline it is no rollback.
      if (event.type === "rollbackRequested" && !context.hot.get().config.hasBaseline) return
      enqueue.sendTo("latch", { type: "rolledBack", nowUs: timeOf(context, event) })
    }),
    /** What the guard had let go while nobody lived to carry that out, or to hear of it, is let go now. */
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
      // The others are asked for by a person: a rollback, or a stop that goes to the baseline.
      asked: event.type !== "rollbackRequested",
    })),
    setBaseline: sendTo("hotPath", ({ context, event }) => ({
      type: "setBaseline" as const,
      nowUs: timeOf(context, event),
    })),
    reopenWindow: sendTo("hotPath", { type: "reopenWindow" }),
    /** The guard sees a window before the cycle does, where the plant ran on a probe: others are no level of the tuned base. */
    toGuard: enqueueActions(({ context, event, enqueue, self }) => {
      if (event.type !== "window") return
      const { config, executor } = context.hot.get()
      const engine = self.getSnapshot()
      if (!cycleIsUpToDate(context, engine)) return
      enqueue(armAgain)
      const probing = executor.lastKind === PLUS || executor.lastKind === MINUS
      const isLevel = event.window.generation === config.generation && (probing || rests(engine))
      const cycle = engine.children["cycle"] ?? null
      if (isLevel) enqueue.sendTo("guard", judgeEvent(event, guardedPlace(context), cycle))
      else enqueue.sendTo("cycle", event)
    }),
    /** While the plant stands still because of the guard, each window is evidence. */
    toGuardOnTrial: enqueueActions(({ context, event, enqueue, self }) => {
      if (event.type !== "window" || !guardStandsStill(self.getSnapshot())) return
      enqueue.sendTo("guard", judgeEvent(event, guardedPlace(context), null))
    }),
    /** What the guard has to know of the plant: it stands still, has another baseline, or was rolled back by a person. */
    sendToGuard: enqueueActions(
      ({ enqueue, self }, { event }: { event: "pause" | "rebaselined" | "rolledBack" }) => {
        if (isWhole(self.getSnapshot(), "guard")) enqueue.sendTo("guard", { type: event })
      },
    ),
    /** If SafeMode was opened for the objective, by any rule, the guard watches how the plant does where it stands. */
    watchOverStay: enqueueActions(({ event, enqueue, self }) => {
      const engine = self.getSnapshot()
      const opened =
        (event.type === "trip" || event.type === "latched") && event.reason === "objectiveRegression"
      const staysOpen = event.type === "guardActed" && event.act !== "retreat" && !waitsForGuard(engine)
      if ((opened || staysOpen) && isWhole(engine, "guard")) enqueue.sendTo("guard", { type: "watchOver" })
    }),
    letGuardGo: enqueueActions(({ context, event, enqueue, self }) => {
      if (!isWhole(self.getSnapshot(), "guard")) return
      enqueue.sendTo("guard", { type: "letGo", nowUs: timeOf(context, event) })
    }),
    /** Tier 1 does what the guard asks for. */
    obeyGuard: enqueueActions(({ event, enqueue }) => {
      if (event.type !== "guardActed") return
      const { act, block, nowUs } = event
      enqueue.sendTo("hotPath", shown({ type: "guard" as const, act, block, nowUs }))
    }),
    /** A window that led to a promotion is still the cycle's. */
    passWindow: enqueueActions(({ event, enqueue }) => {
      if (event.type !== "guardActed" || event.window === null) return
      enqueue.sendTo("cycle", windowEvent(event.window, event.nowUs))
    }),
    retreatToLatch: sendTo("latch", ({ context, event }) => ({
      type: "trip" as const,
      reason: "objectiveRegression" as const,
      judge: "guard" as const,
      nowUs: timeOf(context, event),
    })),
    guardRecovered: sendTo("latch", ({ context, event }) => ({
      type: "recovered" as const,
      improvement: 0,
      judge: "guard" as const,
      nowUs: timeOf(context, event),
    })),
    fenceCycle: enqueueActions(({ context, event, enqueue }) => {
      if (event.type !== "guardActed") return
      const fence = guardFence(context.hot.get().table, event.block, event.nowUs)
      enqueue.sendTo("cycle", { type: "fence", fence })
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
      if (canMove(self.getSnapshot())) enqueue.sendTo("relocation", event)
    }),
    /** While it is under way: with what the budgets have freed by now. */
    measureRelocation: enqueueActions(({ context, event, enqueue, self }) => {
      if (event.type !== "window" && event.type !== "windowExpired") return
      const { band } = standing(context.hot.get(), event.nowUs)
      if (canMove(self.getSnapshot())) enqueue.sendTo("relocation", shown({ ...event, band }))
    }),
    wakeRelocation: sendTo("relocation", ({ context, event }) => ({
      type: "tick" as const,
      nowUs: timeOf(context, event),
    })),
    /** Between two cycles it may set out. */
    offerPause: enqueueActions(({ context, event, enqueue, self }) => {
      if (event.type !== "cycleCompleted" || !canMove(self.getSnapshot())) return
      const where = standing(context.hot.get(), event.nowUs)
      enqueue.sendTo("relocation", shown({ type: "between" as const, loss: event.mean, ...where }))
    }),
    pauseCycle: sendTo("cycle", ({ context, event }, params: { reason: NoChangeReason }) => ({
      type: "freeze" as const,
      reason: params.reason,
      nowUs: timeOf(context, event),
    })),
    returnToBase: sendTo("hotPath", ({ context, event }) => ({
      type: "returnToBase" as const,
      nowUs: timeOf(context, event),
    })),
    beginRelocation: enqueueActions(({ event, enqueue, self }) => {
      if (event.type !== "plantSettled") return
      const cycle = self.getSnapshot().children["cycle"]?.getSnapshot()
      const lastId = cycle?.context.lastId ?? 0
      enqueue.sendTo("relocation", shown({ ...event, type: "begin" as const, lastId }))
    }),
    interruptRelocation: enqueueActions(({ context, event, enqueue, self }) => {
      if (!canMove(self.getSnapshot())) return
      const nowUs = timeOf(context, event)
      enqueue.sendTo("relocation", { type: "interrupt" as const, bad: isBad(event), nowUs })
    }),
    reportStanding: sendTo("hotPath", ({ context, event }) => ({
      type: "report" as const,
      nowUs: timeOf(context, event),
    })),
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
      enqueue(armAgain)
      enqueue.sendTo("proof", event)
    }),
    wakeProof: sendTo("proof", ({ context, event }) => ({
      type: "tick" as const,
      nowUs: timeOf(context, event),
    })),
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
