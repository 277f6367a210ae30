/**
 * The life of a graft as a statechart, made from the table in `src/morph/grafting/transitions.ts`. Use it to spawn a graft inside
 * a machine of your own, or to inspect one: `lived` decides, this chart shows and persists.
 *
 * Commands request, and gates decide at boundaries. The machine performs nothing: what a host has to do (`act`), each transition
 * (`moved`) and each refusal (`refused`) goes to the parent and to every listener. Every state answers every event.
 */
import { type ActorRefFrom, enqueueActions, setup } from "xstate"
import type { Problem } from "../src/domain/errors.ts"
import type { Verdict } from "../src/morph/contracts/Host.ts"
import type { GraftAct, GraftCommand, GraftEvent, GraftMove } from "../src/morph/grafting/graftEvents.ts"
import { type GraftInput, type GraftLife, newLife } from "../src/morph/grafting/GraftLife.ts"
import { lived } from "../src/morph/grafting/lived.ts"
import { type GraftState, isLive, type LifeRow, rowOf } from "../src/morph/grafting/transitions.ts"
import { asData } from "./asData.ts"

/** What a graft's actor says: what the host has to do, in this order; each transition; why an event was refused. */
export type GraftReport =
  | { readonly type: "act"; readonly slot: string; readonly act: GraftAct }
  | { readonly type: "moved"; readonly move: GraftMove }
  | { readonly type: "refused"; readonly slot: string; readonly problems: ReadonlyArray<Problem> }

interface Given {
  readonly context: GraftLife
  readonly event: GraftEvent
}

const stateAfter = ({ context, event }: Given): GraftState => lived(context, event).life.state
/** The way on of the table: the gate passes, or the count is over. */
const goesOn = (given: Given): boolean => stateAfter(given) === rowOf(given.context.state).next[0]

/** Takes the event and reports what it led to. Where it can only be refused, the chart calls it so. */
const taking = enqueueActions<
  GraftLife,
  GraftEvent,
  undefined,
  GraftEvent,
  never,
  never,
  never,
  never,
  GraftReport
>(({ context, event, enqueue, self }) => {
  const { life, acts, move } = lived(context, event)
  enqueue.assign(life)
  const reports: Array<GraftReport> = acts.map((act) => ({ type: "act", slot: life.slot, act }))
  if (move !== null) reports.push({ type: "moved", move })
  if (life.refusal !== null) reports.push({ type: "refused", slot: life.slot, problems: life.refusal })
  for (const report of reports) {
    if (self._parent !== undefined) enqueue.sendTo(self._parent, report)
    enqueue.emit(report)
  }
})

const graftSetup = setup({
  types: {
    context: {} as GraftLife,
    events: {} as GraftEvent,
    input: {} as GraftInput,
    emitted: {} as GraftReport,
    tags: {} as "live" | "safe",
  },
  guards: {
    passesG0: goesOn,
    passesG1: goesOn,
    passesG2: goesOn,
    passesG3: goesOn,
    passesG4: goesOn,
    passesG5: goesOn,
    mayMove: goesOn,
    embargoIsOver: goesOn,
    isCulled: (given) => stateAfter(given) === "culled",
    isClosed: (given) => stateAfter(given) === "terminated",
  },
  actions: { take: taking, refuse: taking },
})

const take = { actions: ["take" as const] }
const refuse = { actions: ["refuse" as const] }
const nothing = {}

/** The guard of the way from one state to another, by the table. */
function guardOf({ gate, next }: LifeRow, to: GraftState) {
  if (to === "culled") return "isCulled" as const
  if (to === "terminated") return "isClosed" as const
  if (gate !== null && to === next[0]) return `passes${gate}` as const
  return to === "resetting" ? ("embargoIsOver" as const) : ("mayMove" as const)
}

/** Where a boundary may lead, and what it does where it leads nowhere. */
const atBoundary = (row: LifeRow) => [
  ...row.next.map((to) => ({ guard: guardOf(row, to), target: `#graft.${to}`, ...take })),
  take,
]

type CommandName = GraftCommand["type"]

/** What a state answers: every event by name. Whether a command that fits is taken depends on what stands already. */
function answers(state: GraftState) {
  const row = rowOf(state)
  const graft = isLive(state)
  const fits = (does: boolean) => (does ? take : refuse)
  const commands = {
    germinate: fits(state === "dormant"),
    startTraining: fits(row.operation === "startTraining"),
    startGrafting: fits(row.operation === "startGrafting"),
    stabilize: fits(row.operation === "stabilize"),
    evaluate: fits(row.operation === "evaluate"),
    fineTune: fits(state === "probationary"),
    fossilize: fits(row.operation === "fossilize"),
    cull: fits(graft),
    cancel: fits(graft || state === "dormant"),
    pause: fits(graft),
    resume: fits(graft),
    terminate: take,
  } satisfies Record<CommandName, typeof take | typeof refuse>
  return {
    tags: [graft || state === "fossilized" ? ("live" as const) : ("safe" as const)],
    description: row.description,
    on: {
      boundary: atBoundary(row),
      fault: graft ? { target: "#graft.culled", ...take } : nothing,
      rolledBack: graft ? take : nothing,
      ...commands,
    },
  }
}

const chart = graftSetup.createMachine({
  id: "graft",
  description:
    "A block that is planted in a socket of a running host: it learns beside it, is mixed in, is watched, and is kept or culled.",
  context: ({ input }) => newLife(input),
  initial: "dormant",
  states: {
    dormant: answers("dormant"),
    germinated: answers("germinated"),
    training: answers("training"),
    blending: answers("blending"),
    shadowing: answers("shadowing"),
    probationary: answers("probationary"),
    fossilized: answers("fossilized"),
    culled: answers("culled"),
    embargoed: answers("embargoed"),
    resetting: answers("resetting"),
    terminated: { type: "final", tags: ["safe"], description: rowOf("terminated").description },
  },
})

/** The life of one socket's graft. Its input names the socket; its output, if it is closed, is none. */
export const graftMachine = asData(chart, {
  show: ({ slot, planting, alpha, evidence, conditions, verdicts, request, cause }: GraftLife) => ({
    slot,
    graft: planting?.graft ?? null,
    blueprint: planting?.blueprint ?? null,
    alpha,
    stay: evidence.stay,
    ...conditions,
    asked: request?.operation ?? null,
    // Stately's serializer cuts a context after ten fields, and only then asks for this form.
    gates: Array.isArray(verdicts)
      ? verdicts.map((verdict: Verdict | null) => verdict?.answer ?? null)
      : null,
    cause,
  }),
})

/** A running graft, as a parent machine holds it. */
export type GraftActorRef = ActorRefFrom<typeof graftMachine>
