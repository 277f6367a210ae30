/**
 * How carefully a host grows, as a statechart: operational, degraded, conservative, halted. Use it beside grafts of your own: it
 * says whether anything may be planted. The service that grows a host escalates along it.
 *
 * Conservative mode has a reason, stays at least ten boundaries and leaves after five clean ones; a halt is left by a person only.
 */
import { type ActorRefFrom, enqueueActions, setup } from "xstate"
import {
  type GrowthEvent,
  type GrowthLife,
  type GrowthMode,
  type GrowthPolicyInput,
  grown,
  newGrowth,
} from "../src/morph/grafting/growthMode.ts"
import { asData } from "./asData.ts"

/** What `growthMachine` is started with; what is left out of the policy is the default. */
export interface GrowthInput {
  readonly policy?: GrowthPolicyInput
}

/** To the parent and to every listener: another mode has begun. */
export interface GrowthReport {
  readonly type: "modeChanged"
  readonly from: GrowthMode
  readonly to: GrowthMode
  readonly reason: string | null
  readonly boundary: number
}

interface Given {
  readonly context: GrowthLife
  readonly event: GrowthEvent
}

const leadsTo =
  (mode: GrowthMode) =>
  ({ context, event }: Given): boolean =>
    grown(context, event).mode === mode

const growthSetup = setup({
  // oxlint-disable-next-line typescript/no-unnecessary-type-assertion -- setup() infers its types from this
  types: {} as {
    context: GrowthLife
    events: GrowthEvent
    input: GrowthInput
    emitted: GrowthReport
    tags: "live" | "safe"
  },
  guards: {
    isElevated: leadsTo("degraded"),
    isConservative: leadsTo("conservative"),
    isHalt: leadsTo("halted"),
    isOverAndClean: leadsTo("operational"),
    isAPerson: leadsTo("operational"),
  },
  actions: {
    take: enqueueActions(({ context, event, enqueue, self }) => {
      const life = grown(context, event)
      enqueue.assign(life)
      if (life.mode === context.mode) return
      const { mode: to, reason, boundary } = life
      const report: GrowthReport = { type: "modeChanged", from: context.mode, to, reason, boundary }
      if (self._parent !== undefined) enqueue.sendTo(self._parent, report)
      enqueue.emit(report)
    }),
  },
})

const take = { actions: ["take" as const] }
const halts = { guard: "isHalt" as const, target: "halted" as const, ...take }
const conserves = { guard: "isConservative" as const, target: "conservative" as const, ...take }
const clears = [{ guard: "isOverAndClean" as const, target: "operational" as const, ...take }, take]

const chart = growthSetup.createMachine({
  id: "growth",
  description: "How carefully a host grows. Alarms lead down, clean boundaries lead back.",
  context: ({ input }) => newGrowth(input.policy),
  initial: "operational",
  states: {
    operational: {
      tags: ["live"],
      description: "All is well: it trains, plants and judges.",
      on: {
        emergency: [halts, conserves, { guard: "isElevated", target: "degraded", ...take }, take],
        boundary: take,
        reset: {},
      },
    },
    degraded: {
      tags: ["live"],
      description: "Something went wrong. It goes on, and a second alarm makes it conservative.",
      on: { emergency: [halts, conserves, take], boundary: clears, reset: {} },
    },
    conservative: {
      tags: ["safe"],
      description: "Nothing is planted. Existing grafts are still trained and judged.",
      on: { emergency: [halts, take], boundary: clears, reset: {} },
    },
    halted: {
      tags: ["safe"],
      description: "Nothing is trained and nothing is planted until a person resets it.",
      on: {
        emergency: take,
        boundary: take,
        reset: [{ guard: "isAPerson", target: "operational", ...take }, {}],
      },
    },
  },
})

/** How carefully a host grows, as an actor logic; it reports `modeChanged`. */
export const growthMachine = asData(chart, {
  show: ({ mode, reason, boundary, since, cleanRunning }: GrowthLife) => ({
    mode,
    reason,
    boundary,
    since,
    cleanRunning,
  }),
})

/** A running growth machine, as a parent machine holds it. */
export type GrowthActorRef = ActorRefFrom<typeof growthMachine>
