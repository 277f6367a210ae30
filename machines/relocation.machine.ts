/**
 * Taking the base to a place known before, as a statechart: ramped updates within every guardrail, a canary on the plant
 * without perturbation, and on from there, or the way back. It serves the homeostasis cache and the selection of variants; the
 * SPSA cycle stands still meanwhile. One needs it inside `engineMachine`.
 *
 * It proposes through a port like the cycle and holds nothing through which a configuration could be written. Whatever puts
 * the plant elsewhere (SafeMode, a rollback, a person) ends it: the plant stays where that put it.
 */
import { type AnyActorRef, assign, enqueueActions, setup } from "xstate"
import { tripForRefusals } from "../src/control/tripRules.ts"
import type { TripReason } from "../src/domain/words.ts"
import { asData } from "./asData.ts"
import { asTarget, type ProposalEvent, type ProposalPort } from "./ProposalPort.ts"
import {
  applied,
  begun,
  considered,
  evicted,
  held,
  interrupted,
  measured,
  offerTaken,
  type Outcome,
  refused,
  sighted,
  stepped,
  watched,
} from "./relocationContext.ts"
import type { RelocationEvent, RelocationReport } from "./relocationEvents.ts"
import { isStale } from "./proposing.ts"
import { initialRelocation } from "./relocationStart.ts"
import { proposalEvent } from "./windowEvents.ts"
import type { RelocationContext, RelocationInput } from "./relocationState.ts"

const timeOf = (context: RelocationContext, event: RelocationEvent): number =>
  "nowUs" in event ? event.nowUs : context.nowUs

const relocationSetup = setup({
  types: {
    context: {} as RelocationContext,
    events: {} as RelocationEvent,
    input: {} as RelocationInput,
    emitted: {} as RelocationReport,
    tags: {} as "live" | "safe",
  },
  guards: {
    hasSomewhereToGo: ({ context }) => context.reentry.trip !== null || context.pending !== null,
    isOver: ({ context }) => context.reentry.trip === null,
    isOnTrial: ({ context }) => context.reentry.trip?.phase === "canary",
    isReturning: ({ context }) =>
      context.reentry.trip?.phase === "revert" || context.reentry.trip?.phase === "broken",
    lastTimeout: ({ context }) => context.timeouts + 1 >= context.given.policy.timeoutsToTrip,
    lastRefusal: ({ context, event }) =>
      event.type === "refused" &&
      (event.violation._tag === "auditQueueFull" ||
        context.refusals.length + 1 >= context.given.policy.refusalsToTrip),
    isDeferred: ({ context }) => context.deferred,
    staleAnswer: ({ context, event }) => isStale(context, event),
  },
  actions: {
    noteTime: assign(({ context, event }) =>
      timeOf(context, event) > context.nowUs ? { nowUs: timeOf(context, event) } : {},
    ),
    noteBand: assign(({ event }) =>
      "band" in event && event.band !== undefined ? { band: event.band } : {},
    ),
    watch: enqueueActions(({ context, event, enqueue, self }) => {
      if (event.type === "window") carryOut(watched(context, event.window, event.nowUs), { enqueue, self })
    }),
    consider: enqueueActions(({ context, event, enqueue, self }) => {
      if (event.type === "between") carryOut(considered(context, event), { enqueue, self })
    }),
    hold: enqueueActions(({ context, event, enqueue, self }) => {
      if (event.type === "between") carryOut(held(context, event), { enqueue, self })
    }),
    defer: assign({ deferred: true }),
    considerSeen: enqueueActions(({ context, event, enqueue, self }) => {
      if (event.type === "sighted") carryOut(sighted(context, event), { enqueue, self })
    }),
    begin: enqueueActions(({ context, event, enqueue, self }) => {
      if (event.type === "begin") carryOut(begun(context, event), { enqueue, self })
    }),
    measure: enqueueActions(({ context, event, enqueue, self }) => {
      if (event.type === "window") carryOut(measured(context, event.window, event.nowUs), { enqueue, self })
    }),
    /** Decides what comes next and asks for it where Tier 1 would accept it now. */
    step: enqueueActions(({ context, enqueue, self }) => {
      carryOut(stepped(context), { enqueue, self, port: context.given.port })
    }),
    noteApplied: assign(({ context, event }) =>
      event.type === "applied" ? applied(context, event.receipt) : {},
    ),
    noteRefused: assign(({ context, event }) =>
      event.type === "refused" ? refused(context, event.violation, event.nowUs) : {},
    ),
    countTimeout: assign(({ context }) => ({ timeouts: context.timeouts + 1 })),
    takeStep: assign(({ event }) => (event.type === "guardrails" ? { maxStep: event.maxStep } : {})),
    takeOffer: enqueueActions(({ context, event, enqueue, self }) => {
      if (event.type === "offer") carryOut(offerTaken(context, event), { enqueue, self })
    }),
    evict: enqueueActions(({ context, event, enqueue, self }) => {
      if (event.type === "evict") carryOut(evicted(context, event.regime, event.nowUs), { enqueue, self })
    }),
    giveUp: enqueueActions(({ context, event, enqueue, self }) => {
      const nowUs = timeOf(context, event)
      carryOut(interrupted(context, nowUs, event.type === "interrupt" && event.bad), { enqueue, self })
    }),
    report: enqueueActions(
      (
        { context, event, enqueue, self },
        params: { what: "relocationWanted" | "relocationOver" | "trip" },
      ) => {
        const { nowUs } = context
        const { what } = params
        const report: RelocationReport =
          what === "trip" ? { type: "trip", reason: reasonOf(context, event), nowUs } : { type: what, nowUs }
        say(report, { enqueue, self })
      },
    ),
  },
})

const reasonOf = (context: RelocationContext, event: RelocationEvent): TripReason =>
  event.type === "windowExpired" ? "telemetryLost" : tripForRefusals(context.refusals)

/** What `enqueueActions` hands out, as far as outcomes need it. */
interface Voice {
  readonly enqueue: {
    assign(change: Partial<RelocationContext>): void
    emit(report: RelocationReport): void
    sendTo(target: AnyActorRef, event: RelocationReport | ProposalEvent): void
  }
  readonly self: AnyActorRef
}

/** To the parent, if there is one, and to every listener. */
function say(report: RelocationReport, { enqueue, self }: Voice): void {
  if (self._parent !== undefined) enqueue.sendTo(self._parent, report)
  enqueue.emit(report)
}

function carryOut(
  { change, says, ask }: Outcome,
  { enqueue, self, port }: Voice & { readonly port?: ProposalPort },
): void {
  enqueue.assign(change)
  for (const report of says) say(report, { enqueue, self })
  if (ask !== undefined && port !== undefined) enqueue.sendTo(asTarget(port), proposalEvent(ask, self))
}

const report = (what: "relocationWanted" | "relocationOver" | "trip") => ({
  type: "report" as const,
  params: { what },
})

const chart = relocationSetup.createMachine({
  id: "relocation",
  description: "Moves the base to a known place by ramp and canary, or back again.",
  context: ({ input }) => initialRelocation(input),
  initial: "watching",
  on: {
    offer: { actions: "takeOffer" },
    guardrails: { actions: "takeStep" },
    evict: { actions: "evict" },
    defer: { actions: "defer" },
    // Of a wait that is over.
    sighted: {},
  },
  states: {
    watching: {
      tags: ["safe"],
      description: "The cycle runs. Windows and cycles are recorded and compared with the known regimes.",
      always: { guard: "hasSomewhereToGo", target: "settingOut" },
      on: {
        window: { actions: "watch" },
        windowExpired: { actions: "noteTime" },
        between: [{ guard: "isDeferred", actions: "hold" }, { actions: "consider" }],
        sighted: { actions: "considerSeen" },
        tick: { actions: "noteTime" },
        interrupt: { actions: "giveUp" },
        // Leave to go somewhere that was given up meanwhile.
        begin: { actions: report("relocationOver") },
        applied: {},
        refused: {},
      },
    },
    settingOut: {
      tags: ["live"],
      description: "Waits until the cycle has paused and the plant is on its base.",
      entry: report("relocationWanted"),
      on: {
        begin: { target: "moving", actions: ["begin", "step"] },
        interrupt: { target: "watching", actions: "giveUp" },
        // Still the cycle's.
        window: { actions: "noteTime" },
        windowExpired: { actions: "noteTime" },
        tick: { actions: "noteTime" },
        between: {},
        applied: {},
        refused: {},
      },
    },
    moving: {
      tags: ["live"],
      description: "The base is moving, on trial, or moving back; only this actor proposes.",
      initial: "ramping",
      always: { guard: "isOver", target: "watching", actions: report("relocationOver") },
      on: {
        window: { actions: ["noteBand", "measure", "step"] },
        windowExpired: [
          { guard: "lastTimeout", target: "watching", actions: [report("trip"), "giveUp"] },
          { actions: ["noteTime", "noteBand", "countTimeout", "step"] },
        ],
        tick: { actions: ["noteTime", "step"] },
        applied: [{ guard: "staleAnswer" }, { actions: ["noteApplied", "step"] }],
        refused: [
          { guard: "staleAnswer" },
          { guard: "lastRefusal", target: "watching", actions: ["noteRefused", report("trip"), "giveUp"] },
          { actions: ["noteRefused", "step"] },
        ],
        evict: { actions: ["evict", "step"] },
        offer: { actions: ["takeOffer", "step"] },
        interrupt: { target: "watching", actions: "giveUp" },
        // The plant was put somewhere else, as by a restart.
        begin: { target: "watching", actions: ["giveUp", report("relocationOver")] },
        between: {},
      },
      states: {
        ramping: {
          tags: ["live"],
          description:
            "Moving: updates within step limit, grid and budgets, as soon as Tier 1 would accept them.",
          always: [
            { guard: "isOnTrial", target: "canary" },
            { guard: "isReturning", target: "returning" },
          ],
        },
        canary: {
          tags: ["live"],
          description: "Arrived, without perturbation: windows are compared with those before.",
          always: { guard: "isReturning", target: "returning" },
        },
        returning: {
          tags: ["live"],
          description: "Moving back, in the same steps.",
        },
      },
    },
  },
})

/**
 * Takes the base to a place known before: a remembered regime, or a variant. Give it to a plain `engineMachine` by `provide({ actors: {
 * relocation: relocationMachine } })`.
 */
export const relocationMachine = asData(chart, {
  show: ({ variants, reentry, said }: RelocationContext) => ({
    variant: variants.live,
    regimes: reentry.memory.regimes.length,
    said,
  }),
})
