/**
 * The SPSA cycle as a statechart: perturb to one side, read a window, perturb to the other, read a window, move the
 * base. It proposes through a port and learns what Tier 1 answered; it holds nothing through which a configuration
 * could be written. One needs it inside `engineMachine`, or spawned in an own system around an own plant.
 *
 * Time comes with the events. It paces itself by the time Tier 1 names in each receipt, so it never asks for what must
 * be refused for coming too soon. Whichever side the drawn signs put first is entered first; the names stay.
 */
import type { NoChangeReason, ProposalKind } from "../src/domain/words.ts"
import { asData } from "./asData.ts"
import { initialCycle } from "./cycleContext.ts"
import { cycleView, type ReportKind } from "./cycleReport.ts"
import type { PairSide } from "./pairContext.ts"
import { cycleSetup } from "./spsaCycleActions.ts"

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
        retune: { actions: "retune" },
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
          description: "Both readings are in. Asks for the base, to go on from there.",
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
              actions: [noChange("held"), report("cycleCompleted"), "keepLearnt"],
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
        retune: { actions: "retune" },
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
