/**
 * What a tuner with many replicas is doing, as a statechart: it gathers replicas for the next stage, measures one, decides on what was read, or
 * tunes nothing. A stage closes when a quorum of each side has measured enough. The loop of an owner takes its steps without an actor;
 * run it as an actor to inspect or simulate a quorum.
 *
 * It knows no clock: times come with the events, microseconds of the owner's monotonic clock.
 */
import { assign, setup } from "xstate"
import { type SideCount, stageCloses } from "../src/cohort/quorum.ts"
import { asData } from "./asData.ts"

/** What `cohortMachine` answers to. */
export type CohortEvent =
  /** Tier 1 has accepted a pair, and replicas were given their sides: a stage begins, after which so many are left of the pair. */
  | { readonly type: "drawn"; readonly nowUs: number; readonly stagesLeft: number }
  /** How far each side has got by now. */
  | { readonly type: "counted"; readonly nowUs: number; readonly sides: ReadonlyArray<SideCount> }
  /** Another configuration is live, or nobody measured: the stage counts for nothing. */
  | { readonly type: "voided" }
  /** The pair was made use of: an update, or none. */
  | { readonly type: "decided" }
  /** SafeMode is open, or a person keeps the tuner still. */
  | { readonly type: "froze" }
  | { readonly type: "thawed" }

/** Input of `cohortMachine`. */
export interface CohortInput {
  /** Share of each side that must have measured enough, from 0 to 1. */
  readonly quorum: number
  /** Longest stage; after it two replicas a side are enough. */
  readonly windowUs: number
}

/** Context of `cohortMachine`. */
export interface CohortContext extends CohortInput {
  readonly sinceUs: number
  readonly nowUs: number
  readonly stagesLeft: number
  readonly sides: ReadonlyArray<SideCount>
  /** Stages that have closed. */
  readonly closed: number
}

const cohortSetup = setup({
  types: {
    context: {} as CohortContext,
    events: {} as CohortEvent,
    input: {} as CohortInput,
    tags: {} as "live" | "safe",
  },
  guards: {
    pairIsRead: ({ context }) => hasQuorum(context) && context.stagesLeft === 0,
    stageIsRead: ({ context }) => hasQuorum(context),
  },
  actions: {
    beginStage: assign(({ event }) =>
      event.type === "drawn"
        ? { sinceUs: event.nowUs, nowUs: event.nowUs, stagesLeft: event.stagesLeft, sides: [] }
        : {},
    ),
    noteCounts: assign(({ context, event }) =>
      event.type === "counted" ? { nowUs: Math.max(context.nowUs, event.nowUs), sides: event.sides } : {},
    ),
    noteClosed: assign(({ context }) => ({ closed: context.closed + 1, sides: [] })),
    forgetCounts: assign({ sides: [] }),
  },
})

const hasQuorum = ({ sides, quorum, nowUs, sinceUs, windowUs }: CohortContext): boolean =>
  sides.length > 0 && stageCloses(sides, quorum, nowUs - sinceUs >= windowUs)

const freeze = { target: "frozen", actions: "forgetCounts" } as const

const chart = cohortSetup.createMachine({
  id: "cohort",
  description: "Spreads pairs over replicas, stage by stage, and decides on what both sides have read.",
  context: ({ input }) => ({
    ...input,
    sinceUs: Number.NEGATIVE_INFINITY,
    nowUs: Number.NEGATIVE_INFINITY,
    stagesLeft: 0,
    sides: [],
    closed: 0,
  }),
  initial: "frozen",
  states: {
    gathering: {
      tags: ["live"],
      description:
        "Replicas report, and all but controls and canaries stand on the base: the next stage is drawn when Tier 1 lets it.",
      on: { drawn: { target: "measuring", actions: "beginStage" }, froze: freeze },
    },
    measuring: {
      tags: ["live"],
      description: "Each replica stands on its side, until a quorum of every side has measured enough.",
      always: [
        { guard: "pairIsRead", target: "deciding", actions: "noteClosed" },
        { guard: "stageIsRead", target: "gathering", actions: "noteClosed" },
      ],
      on: {
        counted: { actions: "noteCounts" },
        voided: { target: "gathering", actions: "forgetCounts" },
        froze: freeze,
      },
    },
    deciding: {
      tags: ["live"],
      description: "Both sides are read: the tuning rule asks Tier 1 for an update, or for none.",
      on: { decided: "gathering", froze: freeze },
    },
    frozen: {
      tags: ["safe"],
      description:
        "Not started, in SafeMode, or kept still by a person: nobody leaves the base or the baseline.",
      on: { thawed: "gathering" },
    },
  },
})

/** The stages of a tuner with many replicas as a statechart: gathering, measuring, deciding, frozen. */
export const cohortMachine = asData(chart, {
  show: ({ stagesLeft, sides, closed }: CohortContext) => ({ stagesLeft, sides, closed }),
})
