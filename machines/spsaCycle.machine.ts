/**
 * The SPSA cycle as a statechart: perturb to one side, read a window, perturb to the other, read a window, move the
 * base. It proposes through a port and learns what Tier 1 answered; it holds nothing through which a configuration
 * could be written. One needs it inside `engineMachine`, or spawned in an own system around an own plant.
 *
 * Time comes with the events. It paces itself by the time Tier 1 names in each receipt, so it never asks for what must
 * be refused for coming too soon. Whichever side the drawn signs put first is entered first; the names stay.
 */
import { assign, enqueueActions, sendTo, setup } from "xstate"
import { MINUS, PLUS } from "../src/hot/codes.ts"
import type { Window } from "../src/domain/Window.ts"
import type { NoChangeReason, ProposalKind } from "../src/domain/words.ts"
import { asData } from "./asData.ts"
import {
  applied,
  blamed,
  completed,
  cycleView,
  drawn,
  ended,
  fenced,
  initialCycle,
  kept,
  mayAsk,
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
import { proposalEvent } from "./windowEvents.ts"

const cycleSetup = setup({
  types: {
    context: {} as SpsaCycleContext,
    events: {} as SpsaCycleEvent,
    input: {} as SpsaCycleInput,
    emitted: {} as CycleReport,
    tags: {} as "live" | "safe",
  },
  guards: {
    /** Tier 1 would accept an apply now and none is under way. */
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
    /** An answer to something that is no longer wanted. */
    staleAnswer: ({ context, event }) =>
      event.type === "applied"
        ? !context.asked || event.receipt.proposalId !== context.lastId
        : event.type === "refused" && (!context.asked || event.violation.proposalId !== context.lastId),
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
    /** The update is applied: with it what was learnt becomes the state. */
    keepUpdate: assign(({ context, event }) =>
      event.type === "applied" ? { ...applied(context, event.receipt), ...kept(context) } : {},
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
    /** What was learnt of the plant's memory and of the covariate goes on the record. */
    noteLearnt: enqueueActions(({ context, enqueue, self }) => {
      if (context.next === null) return
      for (const news of [memoryNews(context, context.next), covariateNews(context, context.next)])
        if (news !== null) enqueue.sendTo(asTarget(context.port), proposalEvent(news, self))
    }),
    /** Not there again for a while: the emergency ended the window that the tuner would have learnt from. */
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
    rebase: assign(({ context, event }) => (event.type === "resume" ? rebased(context, event) : {})),
    /** To the parent when there is one, and to whoever listens. */
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

const ask = (kind: ProposalKind) => ({ type: "ask" as const, params: { kind } })
const report = (what: ReportKind) => ({ type: "report" as const, params: { what } })
const noChange = (reason: NoChangeReason) => ({ type: "declareNoChange" as const, params: { reason } })

const expired = [
  {
    guard: "lastTimeout" as const,
    target: "#spsaCycle.frozen",
    actions: ["noteTime" as const, noChange("evalTimeout"), report("telemetryLost"), "endCycle" as const],
  },
  { actions: ["noteTime" as const, "countTimeout" as const, noChange("evalTimeout")] },
]

const readSide = (side: PairSide) => ({ type: "readSide" as const, params: { side } })

/** What a window of a pair leads to, closed or expired: on to the other side, or to the end where that is over. */
const whenRead = (side: PairSide, end: Target, otherSide: Target) => {
  const leads = (first: ReadonlyArray<"noteTime" | "countTimeout">) => [
    {
      guard: side === "baseline" ? ("baseIsOver" as const) : ("baselineIsOver" as const),
      target: end,
      actions: [...first, readSide(side), ...(end === "ready" ? [report("pairRead")] : [])],
    },
    { target: otherSide, actions: [...first, readSide(side)] },
  ]
  return {
    window: [{ guard: "foreignWindow" as const }, ...leads(["noteTime"])],
    windowExpired: [expired[0], ...leads(["noteTime", "countTimeout"])],
  }
}

type Target = "ready" | "visitingBaseline" | "restingOnBase" | "leavingBaseline"

const chart = cycleSetup.createMachine({
  id: "spsaCycle",
  description: "Makes a small probe on each side of the base.",
  context: ({ input }) => initialCycle(input),
  initial: "tuning",
  states: {
    tuning: {
      tags: ["live"],
      description: "Proposes, one cycle after another.",
      initial: "ready",
      on: {
        freeze: {
          target: "frozen",
          actions: ["declareFrozen", "fenceProbe", "endCycle", "forgetRegressions"],
        },
        resume: { target: "tuning", reenter: true, actions: ["rebase", "declareCooldown"] },
        tick: { actions: "noteTime" },
        // Outside a wait a window belongs to nobody; it still tells the time.
        window: { actions: "noteTime" },
        windowExpired: { actions: "noteTime" },
        refused: [
          { guard: "staleAnswer" },
          {
            guard: "auditFull",
            target: "frozen",
            actions: ["noteRefused", report("refusals"), "endCycle"],
          },
          { guard: "noBaseline", target: ".ready", actions: "skipPair" },
          {
            guard: "lastRefusal",
            target: "frozen",
            actions: ["noteRefused", report("refusals"), "endCycle"],
          },
          { target: ".ready", actions: "noteRefused" },
        ],
      },
      states: {
        ready: {
          tags: ["live"],
          description: "Between cycles: starts the next one as soon as Tier 1 would accept it.",
          entry: "drawSigns",
          always: [
            { guard: "restIsDue", target: "resting" },
            { guard: "pairDueWithBaselineFirst", target: "visitingBaseline", actions: "beginPair" },
            { guard: "pairDueWithBaseFirst", target: "restingOnBase", actions: "beginPair" },
            { guard: "dueWithPlusFirst", target: "applyingPlus" },
            { guard: "dueWithMinusFirst", target: "applyingMinus" },
          ],
        },
        resting: {
          tags: ["live"],
          description: "No better place was found nearby: plain windows at the base, and an occasional pair.",
          on: {
            window: [{ guard: "foreignWindow" }, { target: "rested", actions: ["readRest"] }],
            windowExpired: expired,
          },
        },
        rested: {
          tags: ["live"],
          description: "A plain window was read: next is another one, or a pair.",
          always: [
            { guard: "restIsDue", target: "resting", actions: [noChange("resting")] },
            { target: "ready" },
          ],
        },
        applyingPlus: {
          tags: ["live"],
          description: "Asks for base + probe and waits for the answer.",
          entry: ask("applyPlus"),
          always: { guard: "due", actions: ask("applyPlus") },
          on: {
            applied: [{ guard: "staleAnswer" }, { target: "waitingPlus", actions: "noteApplied" }],
          },
        },
        waitingPlus: {
          tags: ["live"],
          description: "The plant runs on the plus side, and its window is filling.",
          on: {
            window: [
              { guard: "foreignWindow" },
              { guard: "waitsForEffect", actions: ["readPlus", noChange("effectAwaited")] },
              { guard: "readsOn", actions: ["readPlus", noChange("readingOn")] },
              { guard: "minusIsRead", target: "computing", actions: "readPlus" },
              { target: "applyingMinus", actions: "readPlus" },
            ],
            windowExpired: expired,
          },
        },
        applyingMinus: {
          tags: ["live"],
          description: "Asks for base - probe and waits for the answer.",
          entry: ask("applyMinus"),
          always: { guard: "due", actions: ask("applyMinus") },
          on: {
            applied: [{ guard: "staleAnswer" }, { target: "waitingMinus", actions: "noteApplied" }],
          },
        },
        waitingMinus: {
          tags: ["live"],
          description: "The plant runs on the minus side, and its window is filling.",
          on: {
            window: [
              { guard: "foreignWindow" },
              { guard: "waitsForEffect", actions: ["readMinus", noChange("effectAwaited")] },
              { guard: "readsOn", actions: ["readMinus", noChange("readingOn")] },
              { guard: "plusIsRead", target: "computing", actions: "readMinus" },
              { target: "applyingPlus", actions: "readMinus" },
            ],
            windowExpired: expired,
          },
        },
        visitingBaseline: {
          tags: ["live"],
          description: "Asks for the baseline, to compare it with the tuned configuration.",
          entry: ask("visitBaseline"),
          always: { guard: "due", actions: ask("visitBaseline") },
          on: {
            applied: [{ guard: "staleAnswer" }, { target: "waitingBaseline", actions: "noteApplied" }],
          },
        },
        waitingBaseline: {
          tags: ["live"],
          description: "The plant runs on its baseline, and its window is filling.",
          on: whenRead("baseline", "leavingBaseline", "restingOnBase"),
        },
        restingOnBase: {
          tags: ["live"],
          description: "Asks for the base, to compare it with the baseline.",
          entry: ask("returnToBase"),
          always: { guard: "due", actions: ask("returnToBase") },
          on: {
            applied: [{ guard: "staleAnswer" }, { target: "waitingBase", actions: "noteApplied" }],
          },
        },
        waitingBase: {
          tags: ["live"],
          description: "The plant runs on its base without perturbation, and its window is filling.",
          on: whenRead("tuned", "ready", "visitingBaseline"),
        },
        leavingBaseline: {
          tags: ["live"],
          description: "Both readings are in. Asks for the base, so that tuning continues from there.",
          entry: ask("returnToBase"),
          always: { guard: "due", actions: ask("returnToBase") },
          on: {
            applied: [
              { guard: "staleAnswer" },
              { target: "ready", actions: ["noteApplied", report("pairRead")] },
            ],
          },
        },
        computing: {
          tags: ["live"],
          description: "Both sides were read: decides where the base goes, and asks for it.",
          entry: ["complete", "noteLearnt", ask("update")],
          always: [
            {
              guard: "regressionsTrip",
              target: "#spsaCycle.frozen",
              actions: [report("regression"), "keepLearnt", "endCycle"],
            },
            {
              guard: "regressionsRollBack",
              target: "#spsaCycle.frozen",
              actions: [report("rollback"), "keepLearnt", "endCycle"],
            },
            {
              guard: "nothingToApply",
              target: "ready",
              actions: [noChange("budgetExhausted"), report("cycleCompleted"), "keepLearnt"],
            },
            { guard: "due", actions: ask("update") },
          ],
          on: {
            applied: [
              { guard: "staleAnswer" },
              { target: "ready", actions: [report("cycleCompleted"), "keepUpdate"] },
            ],
          },
        },
      },
    },
    frozen: {
      tags: ["safe"],
      description: "Proposes nothing: SafeMode is open, or a rollback is under way.",
      on: {
        resume: { target: "tuning", actions: ["rebase", "declareCooldown"] },
        tick: { actions: "noteTime" },
        // SafeMode starts the count of regressions anew; a rollback alone does not.
        freeze: [
          { guard: "stillBroken", actions: ["takeFenceDown", "forgetRegressions"] },
          { actions: "forgetRegressions" },
        ],
        window: [{ guard: "stillBroken", actions: "takeFenceDown" }, {}],
        windowExpired: {},
        applied: {},
        refused: {},
        fence: { actions: "raiseFence" },
      },
    },
  },
})

/**
 * The SPSA cycle as a statechart (Tier 2): probes plus and minus of the base, computes, moves the base. It proposes through its port and can
 * write nothing.
 */
export const spsaCycleMachine = asData(chart, { show: cycleView })

export { type CyclePhase, cyclePhase } from "./cycleReport.ts"
