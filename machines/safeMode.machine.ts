/**
 * SafeMode as a statechart: a latch that opens on a trip and is left only by the exit its reason demands. One needs
 * it inside `engineMachine`, or alone as a latch around anything that must stop, wait and be let go again.
 *
 * No timers: the deadline lies in the context and is compared with the time that events bring, so a restored latch is
 * armed as before. After the timer, the next window that closes ends SafeMode: without measurements nothing is tuned.
 * Every state answers every event, if only by saying that it changes nothing.
 */
import { assign, enqueueActions, setup } from "xstate"
import {
  DEFAULT_SAFE_MODE,
  exitFor,
  noteRollback,
  restoreFor,
  rollbacksInHour,
  rollbacksKept,
  type SafeModePolicy,
  stricterExit,
} from "../src/control/tripRules.ts"
import type { SafeModeExit, TripReason } from "../src/domain/words.ts"
import { later } from "./proposing.ts"
import { asData } from "./asData.ts"
import type { LatchResumedEvent, SafeModeEvent, SafeModeReport, TripEvent } from "./events.ts"

/** What `safeModeMachine` is started with; what is left out of the policy is the balanced one's. */
export interface SafeModeInput {
  readonly policy?: Partial<SafeModePolicy>
}

/** Context of `safeModeMachine`; times in microseconds on the clock that its events bring. */
export interface SafeModeContext {
  readonly policy: SafeModePolicy
  /** Why it is open; null while armed. */
  readonly reason: TripReason | null
  readonly exit: SafeModeExit | null
  /** Who says that the objective has recovered: the loss since the trip, or the runaway guard; null while armed. */
  readonly judge: "loss" | "guard" | null
  readonly sinceUs: number
  /** When the timer ends; null when no time leads out. */
  readonly deadlineUs: number | null
  readonly nowUs: number
  /** Times of the rollbacks within the last hour, a bounded list. */
  readonly rollbacksUs: ReadonlyArray<number>
  /** How often it has opened. */
  readonly trips: number
  /** Who let it go last and with what note. */
  readonly acknowledgement: { readonly by: string; readonly note: string } | null
}

/** Who acknowledges a fault in a person's stead. */
export const SUPERVISOR = "supervisor"

/** The context after a trip. A trip while open can only make leaving harder and later. */
function tripped(
  context: SafeModeContext,
  { reason, nowUs, judge: by, rolledBack = restoreFor(reason) === "baseline" }: TripEvent,
): Partial<SafeModeContext> {
  const { policy } = context
  const now = later(context.nowUs, nowUs)
  const guarded = by === "guard"
  const rollbacksUs =
    rolledBack && !guarded
      ? noteRollback(context.rollbacksUs, now, rollbacksKept(policy))
      : context.rollbacksUs
  const asked = guarded ? "objectiveRecovery" : exitFor(reason, policy, rollbacksInHour(rollbacksUs, now))
  // A trip for another reason ends the guard's stay, and with it the guard's exit.
  const before = context.judge === "guard" ? null : context.exit
  const exit = before === null ? asked : stricterExit(before, asked)
  const timed = !guarded && (exit === "timer" || exit === "objectiveRecovery")
  return {
    nowUs: now,
    rollbacksUs,
    exit,
    judge: by ?? "loss",
    reason: exit === before && context.reason !== null ? context.reason : reason,
    sinceUs: context.reason === null ? now : context.sinceUs,
    deadlineUs: timed ? now + policy.timerUs : null,
    trips: context.trips + 1,
  }
}

/** How the latch before it stood. The guard that would have let it go is not there any more: the timer takes its place. */
function stoodOpen(
  { policy }: SafeModeContext,
  { open, nowUs }: LatchResumedEvent,
): LatchResumedEvent["open"] {
  return open?.exit === "objectiveRecovery" && open.deadlineUs === null
    ? { ...open, exit: "timer", deadlineUs: nowUs + policy.timerUs }
    : open
}

/** The exit this event would lead to, which decides the state to enter. */
const exitAfter = (context: SafeModeContext, event: SafeModeEvent): SafeModeExit | null =>
  event.type === "trip"
    ? (tripped(context, event).exit ?? null)
    : event.type === "resumed"
      ? (stoodOpen(context, event)?.exit ?? null)
      : null

const safeModeSetup = setup({
  // oxlint-disable-next-line typescript/no-unnecessary-type-assertion -- setup() infers its types from this
  types: {} as {
    context: SafeModeContext
    events: SafeModeEvent
    input: SafeModeInput
    emitted: SafeModeReport
    tags: "live" | "safe"
  },
  guards: {
    demandsTimer: ({ context, event }) => exitAfter(context, event) === "timer",
    demandsRecovery: ({ context, event }) => exitAfter(context, event) === "objectiveRecovery",
    demandsDrain: ({ context, event }) => exitAfter(context, event) === "auditDrained",
    demandsReset: ({ context, event }) => exitAfter(context, event) === "manualReset",
    deadlinePassed: ({ context, event }) =>
      context.deadlineUs !== null &&
      (event.type === "tick" || event.type === "recovered") &&
      event.nowUs >= context.deadlineUs,
    improvedEnough: ({ context, event }) =>
      event.type === "recovered" &&
      (context.judge === "guard"
        ? event.judge === "guard"
        : event.improvement >= context.policy.requiredImprovement),
    /** A supervisor lets go what a fault has opened, and no more. */
    wantsPerson: ({ context, event }) =>
      event.type === "reset" &&
      event.by === SUPERVISOR &&
      rollbacksInHour(context.rollbacksUs, event.nowUs) > context.policy.rollbacksPerHour,
    tooManyRollbacks: ({ context, event }) =>
      event.type === "rolledBack" &&
      rollbacksInHour(context.rollbacksUs, event.nowUs) + 1 > context.policy.rollbacksPerHour,
  },
  actions: {
    /** As the latch before it stood. */
    noteResumed: assign(({ context, event }) =>
      event.type === "resumed"
        ? {
            ...stoodOpen(context, event),
            judge: event.open === null ? null : ("loss" as const),
            rollbacksUs: event.rollbacksUs.slice(-rollbacksKept(context.policy)),
            nowUs: later(context.nowUs, event.nowUs),
            trips: context.trips + (event.open === null ? 0 : 1),
          }
        : {},
    ),
    noteTrip: assign(({ context, event }) => (event.type === "trip" ? tripped(context, event) : {})),
    noteRollback: assign(({ context, event }) =>
      event.type === "rolledBack"
        ? {
            nowUs: later(context.nowUs, event.nowUs),
            rollbacksUs: noteRollback(context.rollbacksUs, event.nowUs, rollbacksKept(context.policy)),
          }
        : {},
    ),
    /** Rollback upon rollback: the reason is that the objective keeps getting worse. */
    demandPerson: assign(({ context }) => ({
      reason: context.reason ?? ("objectiveRegression" as const),
      exit: "manualReset" as const,
      judge: "loss" as const,
      deadlineUs: null,
      sinceUs: context.reason === null ? context.nowUs : context.sinceUs,
      trips: context.trips + (context.reason === null ? 1 : 0),
    })),
    noteTime: assign(({ context, event }) => ({ nowUs: later(context.nowUs, event.nowUs) })),
    noteReset: assign(({ event }) =>
      event.type === "reset" ? { acknowledgement: { by: event.by ?? "", note: event.note ?? "" } } : {},
    ),
    takePolicy: assign(({ event }) => (event.type === "policy" ? { policy: event.policy } : {})),
    rearm: assign({ reason: null, exit: null, judge: null, deadlineUs: null }),
    /** Says that it stands open and when it wants to be woken. */
    reportLatched: enqueueActions(({ context, enqueue, self }) => {
      if (context.reason === null || context.exit === null) return
      const report: SafeModeReport = {
        type: "latched",
        reason: context.reason,
        exit: context.exit,
        deadlineUs: context.deadlineUs,
        nowUs: context.nowUs,
      }
      if (self._parent !== undefined) enqueue.sendTo(self._parent, report)
      enqueue.emit(report)
    }),
    reportUnlatched: enqueueActions(({ context, enqueue, self }, params: { exit: SafeModeExit }) => {
      const report: SafeModeReport = { type: "unlatched", exit: params.exit, nowUs: context.nowUs }
      if (self._parent !== undefined) enqueue.sendTo(self._parent, report)
      enqueue.emit(report)
    }),
  },
})

const leave = (exit: SafeModeExit) => ({
  target: "#safeMode.armed",
  actions: ["noteTime" as const, { type: "reportUnlatched" as const, params: { exit } }],
})

const opening = <A extends "noteTrip" | "noteResumed">(actions: A) => [
  { guard: "demandsReset" as const, target: "#safeMode.open.untilReset", actions },
  { guard: "demandsDrain" as const, target: "#safeMode.open.untilDrained", actions },
  { guard: "demandsRecovery" as const, target: "#safeMode.open.untilRecovery", actions },
  { guard: "demandsTimer" as const, target: "#safeMode.open.untilTimer", actions },
]
const trip = opening("noteTrip")

/** A person lets it go, or the supervisor that has mended a fault. */
const reset = [
  { guard: "wantsPerson" as const, target: "#safeMode.open.untilReset", actions: "demandPerson" as const },
  {
    target: "#safeMode.armed",
    actions: [
      "noteTime" as const,
      "noteReset" as const,
      { type: "reportUnlatched" as const, params: { exit: "manualReset" as const } },
    ],
  },
]

const tooManyRollbacks = {
  guard: "tooManyRollbacks" as const,
  target: "#safeMode.open.untilReset",
  actions: ["noteRollback" as const, "demandPerson" as const],
}

/** Woken before time, for instance after a restore: says again when to be woken. */
const early = { actions: ["noteTime" as const, "reportLatched" as const] }

const chart = safeModeSetup.createMachine({
  id: "safeMode",
  description: "A latch: opens on a trip, closes by the exit that the trip requires.",
  context: ({ input }) => ({
    policy: { ...DEFAULT_SAFE_MODE, ...input.policy },
    reason: null,
    exit: null,
    judge: null,
    sinceUs: 0,
    deadlineUs: null,
    nowUs: 0,
    rollbacksUs: [],
    trips: 0,
    acknowledgement: null,
  }),
  initial: "armed",
  on: {
    policy: { actions: "takePolicy" },
  },
  states: {
    armed: {
      tags: ["live"],
      description: "Closed: nothing is wrong. The next trip opens it.",
      entry: "rearm",
      on: {
        trip,
        resumed: [...opening("noteResumed"), { actions: "noteResumed" }],
        rolledBack: [tooManyRollbacks, { actions: "noteRollback" }],
        tick: { actions: "noteTime" },
        reset: {},
        recovered: {},
        drained: {},
      },
    },
    open: {
      tags: ["safe"],
      description: "SafeMode is open: nothing is proposed. A second trip can only make leaving harder.",
      initial: "untilReset",
      on: {
        trip,
        resumed: {},
        rolledBack: [tooManyRollbacks, { actions: "noteRollback" }],
        reset,
      },
      states: {
        untilTimer: {
          tags: ["safe"],
          description: "Ends with the first window that closes after the deadline, or by a person's reset.",
          entry: "reportLatched",
          on: {
            tick: early,
            recovered: [{ guard: "deadlinePassed", ...leave("timer") }, { actions: "noteTime" }],
            drained: {},
          },
        },
        untilRecovery: {
          tags: ["safe"],
          description:
            "Ends when the objective is measurably better than at the trip; after the deadline, it waits for a person.",
          entry: "reportLatched",
          on: {
            recovered: [{ guard: "improvedEnough", ...leave("objectiveRecovery") }, { actions: "noteTime" }],
            tick: [
              { guard: "deadlinePassed", target: "untilReset", actions: ["noteTime", "demandPerson"] },
              early,
            ],
            drained: {},
          },
        },
        untilDrained: {
          tags: ["safe"],
          description: "The audit was full: ends when it has drained. A reset cannot free space.",
          entry: "reportLatched",
          on: {
            drained: leave("auditDrained"),
            tick: early,
            reset: {},
            recovered: {},
          },
        },
        untilReset: {
          tags: ["safe"],
          description: "Ends only when a person acknowledges it.",
          entry: "reportLatched",
          on: {
            tick: early,
            recovered: {},
            drained: {},
          },
        },
      },
    },
  },
})

/** The SafeMode latch as a statechart: opens on `trip`, closes by the exit that its reason demands. */
export const safeModeMachine = asData(chart, {
  show: ({ reason, exit, deadlineUs, trips }: SafeModeContext) => ({ reason, exit, deadlineUs, trips }),
})
