/**
 * What the words of the SPSA cycle's chart do: its guards and actions. Apart from the chart, so that the chart can be read as one; one
 * needs it to see which part of `cycleContext.ts` answers to which event.
 */
import { assign, enqueueActions, sendTo, setup } from "xstate"
import { MINUS, PLUS } from "../src/hot/codes.ts"
import type { Window } from "../src/domain/Window.ts"
import type { NoChangeReason, ProposalKind } from "../src/domain/words.ts"
import {
  applied,
  blamed,
  completed,
  drawn,
  ended,
  fenced,
  kept,
  covariateNews,
  memoryNews,
  mustRest,
  noChangeFor,
  otherSideRead,
  plusIsFirst,
  proposalFor,
  read,
  readsOn,
  rebased,
  rested,
  retuned,
  refused,
  unfenced,
  wantsUpdate,
  type SpsaCycleContext,
  type SpsaCycleInput,
  waitsForEffect,
} from "./cycleContext.ts"
import { reportOf, type ReportKind } from "./cycleReport.ts"
import type { CycleReport, SpsaCycleEvent } from "./events.ts"
import {
  nextIsBaseline,
  pairBegun,
  pairIsDue,
  type PairSide,
  pairSkipped,
  sideIsOver,
  sideRead,
} from "./pairContext.ts"
import { asTarget } from "./ProposalPort.ts"
import { isStale, mayAsk } from "./proposing.ts"
import { proposalEvent } from "./windowEvents.ts"

export const cycleSetup = setup({
  types: {
    context: {} as SpsaCycleContext,
    events: {} as SpsaCycleEvent,
    input: {} as SpsaCycleInput,
    emitted: {} as CycleReport,
    tags: {} as "live" | "safe",
  },
  guards: {
    due: ({ context }) => mayAsk(context),
    restIsDue: ({ context }) => context.generation > 0 && mustRest(context),
    dueWithPlusFirst: ({ context }) => mayAsk(context) && plusIsFirst(context),
    dueWithMinusFirst: ({ context }) => mayAsk(context) && !plusIsFirst(context),
    /** What was applied does not show in this window yet. */
    waitsForEffect: ({ context }) => waitsForEffect(context),
    /** One window is not the whole reading of this side. */
    readsOn: ({ context }) => readsOn(context),
    minusIsRead: ({ context }) => otherSideRead(context, PLUS),
    plusIsRead: ({ context }) => otherSideRead(context, MINUS),
    /** A window of another configuration than the one last applied. */
    foreignWindow: ({ context, event }) =>
      event.type === "window" && event.window.generation !== context.generation,
    lastTimeout: ({ context }) => context.timeouts + 1 >= context.limits.timeoutsToTrip,
    lastRefusal: ({ context }) => context.refusals.length + 1 >= context.limits.refusalsToTrip,
    auditFull: ({ event }) => event.type === "refused" && event.violation._tag === "auditQueueFull",
    staleAnswer: ({ context, event }) => isStale(context, event),
    regressionsTrip: ({ context }) => context.verdict === "trip",
    regressionsRollBack: ({ context }) => context.verdict === "rollBack",
    /** Where the plant was brought back to, the constraint is broken too. */
    stillBroken: ({ event }) =>
      event.type === "freeze" ? event.emergency === true : event.type === "window" && isBroken(event.window),
    nothingToApply: ({ context }) => !wantsUpdate(context),
    /** Time for a pair of windows, and which of them the coin puts first. */
    pairDueWithBaselineFirst: ({ context }) => mayCompare(context) && nextIsBaseline(context.pair),
    pairDueWithBaseFirst: ({ context }) => mayCompare(context) && !nextIsBaseline(context.pair),
    baselineIsOver: ({ context }) => sideIsOver(context.pair, "baseline"),
    baseIsOver: ({ context }) => sideIsOver(context.pair, "tuned"),
    noBaseline: ({ event }) => event.type === "refused" && event.violation._tag === "noBaseline",
  },
  actions: {
    noteTime: assign(({ context, event }) =>
      "nowUs" in event && event.nowUs > context.nowUs ? { nowUs: event.nowUs } : {},
    ),
    drawSigns: assign(({ context }) => drawn(context)),
    /** Asks now if Tier 1 would accept it now; otherwise the state's eventless transition asks when it is due. */
    ask: enqueueActions(({ context, enqueue, self }, params: { kind: ProposalKind }) => {
      if (!mayAsk(context) || (params.kind === "update" && !wantsUpdate(context))) return
      const proposal = proposalFor(context, params.kind)
      enqueue.assign({ asked: true, lastId: proposal.id })
      enqueue.sendTo(asTarget(context.port), proposalEvent(proposal, self))
    }),
    declareNoChange: sendTo(
      ({ context }) => asTarget(context.port),
      ({ context, event, self }, params: { reason: NoChangeReason }) =>
        proposalEvent(noChangeFor(context, params.reason, "nowUs" in event ? event.nowUs : 0), self),
    ),
    declareFrozen: sendTo(
      ({ context }) => asTarget(context.port),
      ({ context, event, self }) => {
        const { reason = "safeMode" as const, nowUs = context.nowUs } = event.type === "freeze" ? event : {}
        return proposalEvent(noChangeFor(context, reason, nowUs), self)
      },
    ),
    /** A rollback is followed by Tier 1's cooldown: the wait is a decision like any other. */
    declareCooldown: enqueueActions(({ context, enqueue, event, self }) => {
      if (event.type !== "resume" || event.nextApplyUs <= event.nowUs) return
      const decision = noChangeFor(context, "cooldownActive", event.nowUs)
      enqueue.sendTo(asTarget(context.port), proposalEvent(decision, self))
    }),
    noteApplied: assign(({ context, event }) =>
      event.type === "applied" ? applied(context, event.receipt) : {},
    ),
    /** The update is applied: with it what was learned becomes the state. */
    keepUpdate: assign(({ context, event }) =>
      event.type === "applied" ? { ...kept(context), ...applied(context, event.receipt) } : {},
    ),
    noteRefused: assign(({ context, event }) =>
      event.type === "refused" ? refused(context, event.violation, event.nowUs) : {},
    ),
    readPlus: assign(({ context, event }) =>
      event.type === "window" ? read(context, event.window, event.nowUs, PLUS) : {},
    ),
    readMinus: assign(({ context, event }) =>
      event.type === "window" ? read(context, event.window, event.nowUs, MINUS) : {},
    ),
    beginPair: assign(({ context }) => ({ pair: pairBegun(context.pair, cycleOf(context)) })),
    skipPair: assign(({ context }) => ({ asked: false, pair: pairSkipped(context.pair, cycleOf(context)) })),
    /** The window of a side is over; without one it expired and the side stays missing. */
    readSide: assign(({ context, event }, params: { side: PairSide }) => {
      if (event.type !== "window") return { pair: sideRead(context.pair, params.side, null) }
      return { pair: sideRead(context.pair, params.side, event.window), timeouts: 0 }
    }),
    readRest: assign(({ context, event }) =>
      event.type === "window" ? rested(context, event.window, event.nowUs) : {},
    ),
    countTimeout: assign(({ context }) => ({ timeouts: context.timeouts + 1 })),
    complete: assign(({ context }) => completed(context)),
    /** What was learned of the plant's memory and of the covariate goes on the record. */
    noteLearnt: enqueueActions(({ context, enqueue, self }) => {
      if (context.next === null) return
      for (const news of [memoryNews(context, context.next), covariateNews(context, context.next)])
        if (news !== null) enqueue.sendTo(asTarget(context.port), proposalEvent(news, self))
    }),
    /** Not there again for a while: the emergency ended the window that the tuner would have learned from. */
    fenceProbe: assign(({ context, event }) =>
      event.type === "freeze" && event.emergency === true ? fenced(context, event.nowUs) : {},
    ),
    raiseFence: enqueueActions(({ context, enqueue, event, self }) => {
      if (event.type !== "fence") return
      const change = blamed(context, event.fence)
      enqueue.assign(change)
      const news = memoryNews(context, change.block)
      if (news !== null) enqueue.sendTo(asTarget(context.port), proposalEvent(news, self))
    }),
    takeFenceDown: assign(({ context }) => unfenced(context)),
    forgetRegressions: assign({ regressions: 0 }),
    keepLearnt: assign(({ context }) => kept(context)),
    endCycle: assign(({ context, event }) => ended(context, "nowUs" in event ? event.nowUs : 0)),
    retune: assign(({ context, event }) => (event.type === "retune" ? retuned(context, event) : {})),
    rebase: assign(({ context, event }) => (event.type === "resume" ? rebased(context, event) : {})),
    /** To the parent, if there is one, and to every listener. */
    report: enqueueActions(({ context, enqueue, event, self }, params: { what: ReportKind }) => {
      const report = reportOf(params.what, context, event)
      if (self._parent !== undefined) enqueue.sendTo(self._parent, report)
      enqueue.emit(report)
    }),
  },
})

const isBroken = ({ constraintMargin }: Window): boolean => constraintMargin !== null && constraintMargin < 0

const cycleOf = (context: SpsaCycleContext): number => context.kernel.get().pace(context.block)

const mayCompare = (context: SpsaCycleContext): boolean =>
  mayAsk(context) && pairIsDue(context.pair, cycleOf(context))
