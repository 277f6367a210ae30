/**
 * Where a replica of a service stands with its tuner, as a statechart: it follows what it is told while its lease lasts, holds its base when
 * the lease has passed, and falls to its baseline when nobody has answered for long. Agents take its steps without an actor; run
 * it as an actor to inspect or simulate a lease.
 *
 * It knows no clock: times come with the events, microseconds of the replica's own monotonic clock.
 */
import { assign, setup } from "xstate"
import { type Lease, leaseAfter, NO_LEASE, standingAt } from "../src/cohort/Lease.ts"
import { asData } from "./asData.ts"

/** What `replicaMachine` answers to. */
export type ReplicaEvent =
  /** The owner has answered: the lease runs from when the request was sent. */
  | {
      readonly type: "answered"
      readonly sentUs: number
      readonly nowUs: number
      readonly leaseUs: number
      readonly baselineAfterUs: number
    }
  /** Time has passed. A time behind the last one is not followed. */
  | { readonly type: "passed"; readonly nowUs: number }

/** Context of `replicaMachine`. */
export interface ReplicaContext extends Lease {
  readonly nowUs: number
}

const later = ({ nowUs }: ReplicaContext, event: ReplicaEvent): number => Math.max(nowUs, event.nowUs)

const replicaSetup = setup({
  types: {
    context: {} as ReplicaContext,
    events: {} as ReplicaEvent,
    tags: {} as "live" | "safe",
  },
  guards: {
    mayFollow: ({ context }) => standingAt(context, context.nowUs) === "following",
    mustHold: ({ context }) => standingAt(context, context.nowUs) === "holding",
    mustFall: ({ context }) => standingAt(context, context.nowUs) === "fallen",
  },
  actions: {
    renew: assign(({ context, event }) =>
      event.type === "answered"
        ? {
            ...leaseAfter(context, event.sentUs, event.leaseUs, event.baselineAfterUs),
            nowUs: later(context, event),
          }
        : {},
    ),
    noteTime: assign(({ context, event }) => ({ nowUs: later(context, event) })),
  },
})

const follow = { guard: "mayFollow", target: "following" } as const
const hold = { guard: "mustHold", target: "holding" } as const
const fall = { guard: "mustFall", target: "fallen" } as const

const on = { answered: { actions: "renew" }, passed: { actions: "noteTime" } } as const

const chart = replicaSetup.createMachine({
  id: "replica",
  description:
    "Follows its tuner while the lease lasts, then holds its base, and falls to its baseline when nobody answers.",
  context: { ...NO_LEASE, nowUs: Number.NEGATIVE_INFINITY },
  initial: "fallen",
  states: {
    following: {
      tags: ["live"],
      description: "The lease lasts: as told, which may be a perturbation.",
      always: [hold, fall],
      on,
    },
    holding: {
      tags: ["safe"],
      description: "The lease has passed: the base, never a perturbation.",
      always: [follow, fall],
      on,
    },
    fallen: {
      tags: ["safe"],
      description: "Nobody has answered for long, or ever: the baseline, or what it started with.",
      always: [follow, hold],
      on,
    },
  },
})

/** The lease of one replica as a statechart: following, holding, fallen. */
export const replicaMachine = asData(chart, {
  show: ({ untilUs, baselineAtUs }: ReplicaContext) => ({ untilUs, baselineAtUs }),
})
