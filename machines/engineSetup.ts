/**
 * What the words of the engine's chart are made of: its types, its actors, and what they are asked and told from several sides. The
 * words themselves lie by concern in `engineCycleActions.ts`, `engineLatchActions.ts`, `engineGuardActions.ts` and
 * `enginePlaceActions.ts`, each of which adds its own to the one before.
 */
import { sendTo, setup } from "xstate"
import { NOTHING_DUE, RING_FULL, WINDOW_CLOSED } from "../src/hot/codes.ts"
import { guardrailFault } from "../src/hot/Guardrails.ts"
import { closingProofMachine } from "./closingProof.machine.ts"
import { deferredLogic } from "./deferredLogic.ts"
import {
  type EngineContext,
  type EngineDigest,
  type EngineEvent,
  type EngineInput,
  type EngineOutput,
  isOffBaseline,
  isUpToDate,
} from "./engineContext.ts"
import { hotPathLogic, wakeForNextApply } from "./hotPath.ts"
import type { relocationMachine } from "./relocation.machine.ts"
import type { VariantChosenEvent } from "./relocationEvents.ts"
import { runawayMachine } from "./runaway.machine.ts"
import { safeModeMachine } from "./safeMode.machine.ts"
import { spsaCycleMachine } from "./spsaCycle.machine.ts"
import { hotTelemetry } from "./telemetry.ts"

interface SpsaCycleActor {
  getSnapshot(): {
    readonly context: { readonly generation: number }
    matches(state: { readonly tuning: "resting" }): boolean
  }
}

type Children = Readonly<Record<string, { getSnapshot(): { readonly status: string } } | undefined>>

interface Cycles {
  readonly cycle?: SpsaCycleActor | undefined
}

/** What an engine's snapshot says of its children. */
export interface Parent {
  readonly children: unknown
}

/** There is such a child, and it is whole. */
export const isWhole = ({ children }: Parent, child: "cycle" | "relocation" | "guard"): boolean =>
  (children as Children)[child]?.getSnapshot().status === "active"

/** What the cycle asks for now has a chance. */
export const cycleIsUpToDate = (
  context: EngineContext,
  { children }: { readonly children: Cycles },
): boolean => {
  const cycle = children.cycle?.getSnapshot()
  return cycle !== undefined && isUpToDate(context, cycle.context.generation)
}

/** The cycle reads plain windows at the base. */
export const rests = ({ children }: Parent): boolean =>
  (children as Cycles).cycle?.getSnapshot().matches({ tuning: "resting" }) ?? false

export const nowOf = (context: EngineContext): number => context.hot.get().nowCell[0]

/** Time of an event, or the hot path's own where an event brings none. */
export const timeOf = (context: EngineContext, event: object): number =>
  "nowUs" in event && typeof event.nowUs === "number" ? event.nowUs : nowOf(context)

interface Moment {
  readonly context: EngineContext
  readonly event: EngineEvent
}

/** A message that says no more than when. */
export const timed =
  <T extends string>(type: T) =>
  ({ context, event }: Moment): { readonly type: T; readonly nowUs: number } => ({
    type,
    nowUs: timeOf(context, event),
  })

/** Wakes the cycle for the next apply. Deadlines that have passed make room for it. One function: a closure for every window would be garbage. */
export const armNextApply = ({ context }: { readonly context: EngineContext }): void => {
  const hot = context.hot.get()
  hot.dropPassed()
  wakeForNextApply(hot, nowOf(context))
}

/** Who takes the base elsewhere is handed in by those who want it: few do, and it is a quarter of all machines. */
const relocationAbsent = deferredLogic((): typeof relocationMachine => {
  throw new TypeError("relocation needs engineMachine.provide({ actors: { relocation: relocationMachine } })")
})

/** The engine's clock, its digests, and what Tier 1 is asked for. */
export const engineSetup = setup({
  types: {
    context: {} as EngineContext,
    events: {} as EngineEvent,
    input: {} as EngineInput,
    output: {} as EngineOutput,
    tags: {} as "live" | "safe",
    children: {} as {
      hotPath: "hotPath"
      latch: "safeMode"
      cycle: "spsaCycle"
      telemetry: "telemetry"
      relocation: "relocation"
      guard: "runaway"
      proof: "closingProof"
    },
    emitted: {} as VariantChosenEvent,
  },
  actors: {
    hotPath: hotPathLogic,
    safeMode: safeModeMachine,
    spsaCycle: spsaCycleMachine,
    telemetry: hotTelemetry,
    relocation: relocationAbsent,
    runaway: runawayMachine,
    closingProof: closingProofMachine,
  },
  guards: {
    childFailed: ({ context }) => context.fault !== null,
    /** There are two places to choose from. */
    isOffBaseline: ({ context }) => isOffBaseline(context.hot.get()),
    /** What cannot be recorded, or worked with, is not put in force. */
    mayTakeGuardrails: ({ context, event }) =>
      event.type === "setGuardrails" &&
      guardrailFault(event.policy) === null &&
      !context.hot.get().audit.full,
    auditIsDrained: ({ context }) => context.hot.get().audit.drained,
  },
  actions: {
    advanceClock: ({ context, event }) => {
      const hot = context.hot.get()
      hot.nowCell[0] = timeOf(context, event)
      let code = WINDOW_CLOSED
      while (code !== NOTHING_DUE && code !== RING_FULL) code = hot.tick()
    },
    observe: ({ context, event }) => {
      // Without digests the machine must not end in the middle of a perturbation.
      const digest: unknown = event.type === "digest" ? event.digest : null
      if (typeof digest === "object" && digest !== null)
        context.hot.get().observeObject(digest as EngineDigest)
    },
    begin: sendTo("hotPath", ({ context, event }) => ({
      type: "begin" as const,
      nowUs: timeOf(context, event),
      keepAsBaseline: context.own.startIsBaseline,
    })),
    end: sendTo("hotPath", timed("end")),
    rollBack: sendTo("hotPath", ({ context, event }) => ({
      type: "rollback" as const,
      nowUs: timeOf(context, event),
      // The others are asked for by a person: a rollback, or a stop that goes to the baseline.
      asked: event.type !== "rollbackRequested",
    })),
    setBaseline: sendTo("hotPath", timed("setBaseline")),
    reopenWindow: sendTo("hotPath", { type: "reopenWindow" }),
    returnToBase: sendTo("hotPath", timed("returnToBase")),
  },
})
