/**
 * The runaway guard as a statechart: it sees every window before the cycle does, and lets the cycle have it while all is well. When
 * the plant stays worse than its baseline is known to be, it asks for the baseline, looks whether it is better there, and says
 * what it was: the tuned configuration, or the world. One needs it inside `engineMachine`, or alone around an own plant.
 *
 * It moves nothing itself: its parent carries out what it reports. Every arrow is one step of `RunawayGuard`.
 */
import { assign, enqueueActions, setup } from "xstate"
import {
  GUARD_CALM,
  GUARD_HOLDING,
  GUARD_LEARNING,
  GUARD_NOTHING,
  GUARD_ON_BASELINE,
  GUARD_ON_START,
  GUARD_SUSPICIOUS,
  GUARD_WATCHING,
} from "../src/hot/codes.ts"
import { G_NOW, G_PHASE, G_REFERENCE } from "../src/hot/guardLayout.ts"
import { RunawayGuard } from "../src/hot/RunawayGuard.ts"
import type { KnobTable } from "../src/hot/KnobTable.ts"
import { GUARD_ACTS, type GuardAct } from "../src/domain/words.ts"
import type { Window } from "../src/domain/Window.ts"
import { asData } from "./asData.ts"
import type { JudgeEvent } from "./events.ts"
import { Opaque } from "./Opaque.ts"
import { shown } from "./shown.ts"
import { windowEvent } from "./windowEvents.ts"

/** What `runawayMachine` is started with. */
export interface RunawayInput {
  readonly table: KnobTable
  /** Whether it may ask for a retreat; without that it only earns baselines. */
  readonly retreats: boolean
}

/** Context of `runawayMachine`; the block is described by `src/hot/guardLayout.ts`. */
export interface RunawayContext {
  readonly table: Opaque<KnobTable>
  readonly retreats: boolean
  /** What it remembers; replaced, never written. Empty before the first window. */
  readonly block: Float64Array
  /** What the last event led to. */
  readonly act: number
}

/** What `runawayMachine` answers to. Times in microseconds. */
export type RunawayEvent =
  | JudgeEvent
  /** Somebody else has moved the plant, or it stood still for another reason. */
  | { readonly type: "pause" }
  /** The base is being taken to a known place, while the guard watches. */
  | { readonly type: "moves" }
  /** SafeMode stands open for the objective's sake, or a cooldown runs, and something else than the guard ends it. */
  | { readonly type: "watchOver" }
  /** The baseline was set by hand or by the comparison. */
  | { readonly type: "rebaselined" }
  /** A person has rolled back while the guard had the plant on trial. */
  | { readonly type: "rolledBack" }
  /** A person lets the plant go on before there is a verdict. */
  | { readonly type: "letGo"; readonly nowUs: number }

/** What it reports to its parent: what is to be done with the plant now, and what the guard knew when it said so. */
export interface GuardActedEvent {
  readonly type: "guardActed"
  readonly act: GuardAct
  readonly block: Float64Array
  readonly nowUs: number
  /** The window that led to it. */
  readonly window: Window | null
}

type Change = Pick<RunawayContext, "block" | "act">

/** What does not depend on the state: scratch, one for each knob table and kind. */
const guards = { true: new WeakMap<KnobTable, RunawayGuard>(), false: new WeakMap<KnobTable, RunawayGuard>() }

function guardOf({ table: box, retreats }: RunawayContext): RunawayGuard {
  const table = box.get()
  const known = guards[`${retreats}`]
  const guard = known.get(table) ?? new RunawayGuard(table, retreats)
  known.set(table, guard)
  return guard
}

function taken(context: RunawayContext, event: RunawayEvent): Change {
  const guard = guardOf(context)
  const before = context.block
  if (event.type !== "judge") return { block: before, act: GUARD_NOTHING }
  const { place } = event
  const block = before.length === 0 ? new Float64Array(guard.stateLength) : before.slice()
  if (before.length === 0) guard.initial(block, place.base)
  guard.reading[0] = event.window.loss
  guard.reading[1] = event.nowUs
  const act = guard.take(block, place.base, place.baseline, place.start, place.stableUs)
  return { block, act }
}

/** A change of the block that asks for nothing. */
function changed(
  context: RunawayContext,
  change: (guard: RunawayGuard, block: Float64Array) => void,
): Change {
  const { block: before } = context
  if (before.length === 0) return { block: before, act: GUARD_NOTHING }
  const block = before.slice()
  change(guardOf(context), block)
  return { block, act: GUARD_NOTHING }
}

const phaseOf = ({ block }: Pick<RunawayContext, "block">): number =>
  block.length === 0 ? GUARD_LEARNING : block[G_PHASE]

const runawaySetup = setup({
  types: {
    context: {} as RunawayContext,
    events: {} as RunawayEvent,
    input: {} as RunawayInput,
    emitted: {} as GuardActedEvent,
    tags: {} as "live" | "safe",
  },
  guards: {
    isCalm: ({ context }) => phaseOf(context) === GUARD_CALM,
    isSuspicious: ({ context }) => phaseOf(context) === GUARD_SUSPICIOUS,
    isOnBaseline: ({ context }) => phaseOf(context) === GUARD_ON_BASELINE,
    isOnStart: ({ context }) => phaseOf(context) === GUARD_ON_START,
    isHolding: ({ context }) => phaseOf(context) === GUARD_HOLDING,
    isWatching: ({ context }) => phaseOf(context) === GUARD_WATCHING,
  },
  actions: {
    take: assign(({ context, event }) => taken(context, event)),
    pause: assign(({ context }) => changed(context, (guard, block) => guard.pause(block))),
    moves: assign(({ context }) => changed(context, (guard, block) => guard.moves(block))),
    watchOver: assign(({ context }) => changed(context, (guard, block) => guard.watchOver(block))),
    rebaseline: assign(({ context }) => changed(context, (guard, block) => guard.rebaselined(block))),
    holdHere: assign(({ context }) => changed(context, (guard, block) => guard.holdHere(block))),
    letGo: assign(({ context }) => {
      const block = context.block.slice()
      return { block, act: guardOf(context).letGo(block) }
    }),
    /** What it asks for goes to the parent; a window it has no objection to goes to the cycle. */
    report: enqueueActions(({ context, event, enqueue, self }) => {
      const window = event.type === "judge" ? event.window : null
      if (context.act === GUARD_NOTHING) {
        if (event.type === "judge" && event.cycle !== null)
          enqueue.sendTo(event.cycle, windowEvent(event.window, event.nowUs))
        return
      }
      const nowUs = "nowUs" in event ? event.nowUs : 0
      const acted: GuardActedEvent = shown({
        type: "guardActed",
        act: GUARD_ACTS[context.act],
        block: context.block,
        nowUs,
        window,
      })
      if (self._parent !== undefined) enqueue.sendTo(self._parent, acted)
      enqueue.emit(acted)
    }),
  },
})

const judge = { actions: ["take" as const, "report" as const] }
const letGo = { actions: ["letGo" as const, "report" as const] }

const chart = runawaySetup.createMachine({
  id: "runaway",
  description:
    "Checks after every window whether the plant is worse than at its baseline. If so, it returns there to find out why.",
  context: ({ input }) => ({
    table: new Opaque("knobs", input.table),
    retreats: input.retreats,
    block: new Float64Array(0),
    act: GUARD_NOTHING,
  }),
  initial: "learning",
  on: {
    judge,
    pause: { actions: "pause" },
    moves: { actions: "moves" },
    watchOver: { actions: "watchOver" },
    rebaselined: { actions: "rebaseline" },
  },
  states: {
    learning: {
      tags: ["live"],
      description: "The first windows set the level of the start.",
      always: { guard: "isCalm", target: "calm" },
      on: { letGo: {}, rolledBack: {} },
    },
    calm: {
      tags: ["live"],
      description: "The level is as good as the baseline's, or better.",
      always: [
        { guard: "isSuspicious", target: "suspicious" },
        { guard: "isOnBaseline", target: "onTrial" },
        { guard: "isWatching", target: "watching" },
      ],
      on: { letGo: {}, rolledBack: {} },
    },
    suspicious: {
      tags: ["live"],
      description: "The level is beyond what noise explains; it may still recover.",
      always: [
        { guard: "isCalm", target: "calm" },
        { guard: "isOnBaseline", target: "onTrial" },
      ],
      on: { letGo: {}, rolledBack: {} },
    },
    onTrial: {
      tags: ["safe"],
      description: "The plant is held elsewhere, to see whether it is better there.",
      initial: "onBaseline",
      always: [
        { guard: "isCalm", target: "calm" },
        { guard: "isHolding", target: "holding" },
      ],
      on: { letGo, rolledBack: { actions: "holdHere" } },
      states: {
        onBaseline: {
          tags: ["safe"],
          description: "On the baseline: does the level come back?",
          always: { guard: "isOnStart", target: "onStart" },
        },
        onStart: {
          tags: ["safe"],
          description: "The baseline does not help: on the initial configuration.",
        },
      },
    },
    holding: {
      tags: ["safe"],
      description: "The tuned configuration was to blame: the plant rests here until it has drained.",
      always: [
        { guard: "isCalm", target: "calm" },
        { guard: "isOnStart", target: "onTrial.onStart" },
      ],
      on: { letGo, rolledBack: {} },
    },
    watching: {
      tags: ["safe"],
      description: "SafeMode or a cooldown holds the plant: would the start be better?",
      always: [
        { guard: "isCalm", target: "calm" },
        { guard: "isOnStart", target: "onTrial.onStart" },
        { guard: "isHolding", target: "holding" },
      ],
      on: { letGo, rolledBack: {} },
    },
  },
})

/** The runaway guard as a statechart: watches the level of the windows, retreats to the baseline, and judges from there. */
export const runawayMachine = asData(chart, {
  show: ({ act, block }: RunawayContext) => ({
    act: act === GUARD_NOTHING ? null : GUARD_ACTS[act],
    // While all is well there is nothing to see, window after window.
    level: phaseOf({ block }) > GUARD_CALM ? block[G_NOW] : null,
    reference: phaseOf({ block }) > GUARD_CALM ? block[G_REFERENCE] : null,
  }),
})
