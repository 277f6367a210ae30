/**
 * The meta level as a statechart: it counts the scores of cycles in blocks, changes one gain of the tuning rule, and judges the change
 * on the block after it. `attachMeta` runs it beside an engine; one needs it alone only to look at it.
 *
 * It reports each move and changes nothing itself. SafeMode and rollbacks take the change on trial back; `killed` stops it for good.
 */
import { assign, enqueueActions, setup } from "xstate"
import { asData } from "./asData.ts"
import {
  initialMeta,
  interrupted,
  judged,
  killed,
  type MetaContext,
  type MetaEvent,
  type MetaInput,
  type MetaMovedEvent,
} from "./metaContext.ts"

const metaSetup = setup({
  // oxlint-disable-next-line typescript/no-unnecessary-type-assertion -- setup() infers its types from this
  types: {} as {
    context: MetaContext
    events: MetaEvent
    input: MetaInput
    emitted: MetaMovedEvent
    tags: "live" | "safe"
  },
  guards: {
    isFrozen: ({ context }) => context.frozen,
    isTrying: ({ context }) => context.trying,
  },
  actions: {
    judge: enqueueActions(({ context, event, enqueue }) => {
      if (event.type !== "scored") return
      const { moves, ...change } = judged(context, event)
      enqueue.assign(change)
      for (const move of moves) enqueue.emit({ type: "metaMoved", move, nowUs: event.nowUs })
    }),
    takeBack: enqueueActions(({ context, event, enqueue }) => {
      const { moves, ...change } = event.type === "killed" ? killed(context) : interrupted(context)
      enqueue.assign(change)
      for (const move of moves) enqueue.emit({ type: "metaMoved", move, nowUs: event.nowUs })
    }),
    noteTime: assign(({ event }) => ({ nowUs: event.nowUs })),
  },
})

const kill = { killed: { target: "stopped", actions: ["takeBack" as const] } } as const

const interruptions = {
  ...kill,
  rolledBack: { target: "watching", actions: ["takeBack" as const] },
  safeModeOpened: { target: "paused", actions: ["takeBack" as const] },
  safeModeClosed: {},
} as const

const scored = { target: "deciding", actions: ["judge" as const] } as const

const chart = metaSetup.createMachine({
  id: "meta",
  description:
    "Changes one gain of the tuning rule at a time, and keeps what the next block of cycles shows to be better.",
  context: ({ input }) => initialMeta(input),
  initial: "watching",
  states: {
    watching: {
      tags: ["live"],
      description: "No change is on trial: fills the block that the next change is judged against.",
      on: { scored, ...interruptions },
    },
    trying: {
      tags: ["live"],
      description: "One gain is changed: this block shows what that does.",
      on: { scored, ...interruptions },
    },
    frozen: {
      tags: ["live"],
      description: "Changes help no more: waits until the scores rise.",
      on: { scored, ...interruptions },
    },
    deciding: {
      tags: ["live"],
      description: "A cycle was scored, and perhaps a block is over.",
      always: [
        { guard: "isFrozen", target: "frozen" },
        { guard: "isTrying", target: "trying" },
        { target: "watching" },
      ],
    },
    paused: {
      tags: ["safe"],
      description: "SafeMode is open: nothing is judged, and nothing is changed.",
      on: {
        scored: {},
        rolledBack: {},
        safeModeOpened: {},
        safeModeClosed: { target: "watching", actions: ["noteTime"] },
        ...kill,
      },
    },
    stopped: {
      tags: ["safe"],
      description: "A person has stopped it for good: the gains are those it began with.",
      on: { scored: {}, rolledBack: {}, safeModeOpened: {}, safeModeClosed: {}, killed: {} },
    },
  },
})

/** The meta level as an actor logic; its input is a `MetaInput`, and it emits `metaMoved` for each move. */
export const metaMachine = asData(chart, {
  show: ({ values, trying, frozen }: MetaContext) => ({ gains: Array.from(values), trying, frozen }),
})
