/**
 * The closing proof as a statechart: before a stop the plant runs on its base and on its baseline by turns, a window each, and what
 * the pairs show decides where it stays. `engineMachine` invokes it while it proves; one needs it alone only to look at it.
 *
 * It proposes through a port like the cycle and holds nothing through which a configuration could be written. It ends by itself:
 * with the last pair, or where windows expire or Tier 1 refuses, and then with fewer.
 */
import { assign, enqueueActions, setup } from "xstate"
import {
  beginProof,
  type ClosingProof,
  judgeProof,
  type ProofReading,
  nextSideIsBaseline,
  pairVoided,
  proofIsRead,
  sideProved,
} from "../src/control/closingProof.ts"
import type { ApplyProposal, NoChange } from "../src/domain/Proposal.ts"
import type { Standing } from "../src/domain/Receipt.ts"
import type { AppliedEvent, RefusedEvent, TickEvent, WindowEvent, WindowExpiredEvent } from "./events.ts"
import type { Window } from "../src/domain/Window.ts"
import { asData } from "./asData.ts"
import { asTarget, type ProposalPort } from "./ProposalPort.ts"
import { accepted, later, mayAsk, type Proposing, UNTOLD } from "./proposing.ts"
import { proposalEvent } from "./windowEvents.ts"

/** What `closingProofMachine` is started with. */
export interface ClosingProofInput {
  readonly port: ProposalPort
  /** Pairs of windows. */
  readonly pairs: number
  readonly knobs: number
  /** Whether constraint margins count. */
  readonly constrained: boolean
  /** So many expired windows in a row end it. */
  readonly timeoutsToTrip: number
}

/** Context of `closingProofMachine`: plain data and the port. */
export interface ClosingProofContext extends ClosingProofInput, Proposing {
  readonly proof: ClosingProof
}

/** The plant stands on its base; begin a pair from there. */
export interface ProofSettledEvent extends Standing {
  readonly type: "settled"
  /** Number of the last proposal that anybody else made. */
  readonly lastId: number
}

/** What `closingProofMachine` answers to. */
export type ClosingProofEvent =
  | ProofSettledEvent
  | WindowEvent
  | WindowExpiredEvent
  | TickEvent
  | AppliedEvent
  | RefusedEvent

function readingOf({ constrained }: ClosingProofContext, { loss, constraintMargin }: Window): ProofReading {
  return { loss, breach: constrained && constraintMargin !== null ? Math.max(0, -constraintMargin) : 0 }
}

/** A proposal for the side that is next. Where the two places lie is Tier 1's to know. */
function proposalFor(c: ClosingProofContext): ApplyProposal {
  return {
    _tag: nextSideIsBaseline(c.proof) ? "visitBaseline" : "returnToBase",
    id: c.lastId + 1,
    expectedGeneration: c.generation,
    nowUs: c.nowUs,
    targets: new Float64Array(c.knobs).fill(Number.NaN),
  }
}

const proofSetup = setup({
  // oxlint-disable-next-line typescript/no-unnecessary-type-assertion -- setup() infers its types from this
  types: {} as {
    context: ClosingProofContext
    events: ClosingProofEvent
    input: ClosingProofInput
    output: ClosingProof
    tags: "live" | "safe"
  },
  guards: {
    due: ({ context }) => mayAsk(context),
    foreignWindow: ({ context, event }) =>
      event.type === "window" && event.window.generation !== context.generation,
    lastReading: ({ context, event }) =>
      event.type === "window" && proofIsRead(sideProved(context.proof, readingOf(context, event.window))),
    lastTimeout: ({ context }) => context.timeouts + 1 >= context.timeoutsToTrip,
    staleAnswer: ({ context, event }) =>
      event.type === "applied"
        ? event.receipt.proposalId !== context.lastId
        : event.type === "refused" && event.violation.proposalId !== context.lastId,
    /** The plant was put elsewhere; who put it there is about to say so. */
    staleGeneration: ({ event }) => event.type === "refused" && event.violation._tag === "staleGeneration",
  },
  actions: {
    noteTime: assign(({ context, event }) =>
      "nowUs" in event ? { nowUs: later(context.nowUs, event.nowUs) } : {},
    ),
    noteSettled: assign(({ context, event }) =>
      event.type === "settled"
        ? {
            generation: event.generation,
            nowUs: later(context.nowUs, event.nowUs),
            nextApplyUs: event.nextApplyUs,
            lastId: later(context.lastId, event.lastId),
            asked: false,
            proof: pairVoided(context.proof),
          }
        : {},
    ),
    ask: enqueueActions(({ context, enqueue, self }) => {
      if (!mayAsk(context)) return
      const proposal = proposalFor(context)
      enqueue.assign({ asked: true, lastId: proposal.id })
      enqueue.sendTo(asTarget(context.port), proposalEvent(proposal, self))
    }),
    noteApplied: assign(({ context, event }) =>
      event.type === "applied" ? accepted(context, event.receipt) : {},
    ),
    noteRefused: assign({ asked: false }),
    read: assign(({ context, event }) =>
      event.type === "window"
        ? {
            proof: sideProved(context.proof, readingOf(context, event.window)),
            nowUs: event.nowUs,
            timeouts: 0,
          }
        : {},
    ),
    /** Another window for the same side. */
    waitOn: enqueueActions(({ context, enqueue, event, self }) => {
      const nowUs = "nowUs" in event ? later(context.nowUs, event.nowUs) : context.nowUs
      const proposal: NoChange = { _tag: "noChange", id: context.lastId + 1, nowUs, reason: "evalTimeout" }
      enqueue.assign({ nowUs, timeouts: context.timeouts + 1 })
      enqueue.sendTo(asTarget(context.port), { type: "proposal", proposal, replyTo: self })
    }),
  },
})

const chart = proofSetup.createMachine({
  id: "closingProof",
  description: "Measures base and baseline in turn before a stop, and keeps the better.",
  context: ({ input }) => ({
    ...input,
    // Before the numbers: of an object's later fields Stately's viewer drops those that are objects.
    proof: beginProof(input.pairs),
    ...UNTOLD,
  }),
  output: ({ context }) => context.proof,
  initial: "standing",
  on: {
    settled: { target: ".asking", reenter: true, actions: "noteSettled" },
    tick: { actions: "noteTime" },
    window: { actions: "noteTime" },
    windowExpired: { actions: "noteTime" },
  },
  states: {
    standing: {
      tags: ["live"],
      description: "Waits for the plant's current configuration.",
      on: { applied: {}, refused: {} },
    },
    asking: {
      tags: ["live"],
      description: "Asks for the base or the baseline, whichever is next, as soon as Tier 1 would accept it.",
      entry: "ask",
      always: { guard: "due", actions: "ask" },
      on: {
        applied: [{ guard: "staleAnswer" }, { target: "waiting", actions: "noteApplied" }],
        refused: [
          { guard: "staleAnswer" },
          { guard: "staleGeneration", target: "standing", actions: "noteRefused" },
          { target: "over", actions: "noteRefused" },
        ],
      },
    },
    waiting: {
      tags: ["live"],
      description: "The window of the configuration is filling.",
      on: {
        window: [
          { guard: "foreignWindow" },
          { guard: "lastReading", target: "over", actions: "read" },
          { target: "asking", actions: "read" },
        ],
        windowExpired: [{ guard: "lastTimeout", target: "over" }, { actions: "waitOn" }],
        applied: {},
        refused: {},
      },
    },
    over: {
      tags: ["safe"],
      type: "final",
      description: "The last pair was read, or no more can be read.",
    },
  },
})

/** The closing proof as a statechart: asks for base and baseline by turns, reads a window each; its output is what was read. */
export const closingProofMachine = asData(chart, {
  show: ({ proof, generation, timeouts }: ClosingProofContext) => ({
    ...judgeProof(proof),
    generation,
    timeouts,
  }),
})
