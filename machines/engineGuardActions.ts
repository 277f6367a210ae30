/**
 * The engine's words about the runaway guard: what the guard sees of the plant, and what is done where it wants the plant elsewhere.
 */
import { enqueueActions, sendTo } from "xstate"
import { GUARD_ON_BASELINE, MINUS, PLUS } from "../src/hot/codes.ts"
import { guardFence } from "../src/hot/guardActs.ts"
import { G_PHASE } from "../src/hot/guardLayout.ts"
import type { HotPath } from "../src/hot/HotPath.ts"
import type { EngineContext } from "./engineContext.ts"
import { withCycle } from "./engineCycleActions.ts"
import { armNextApply, cycleIsUpToDate, isWhole, type Parent, rests, timeOf } from "./engineSetup.ts"
import type { GuardedPlace } from "./events.ts"
import type { RunawayContext } from "./runaway.machine.ts"
import type { SafeModeContext } from "./safeMode.machine.ts"
import { shown } from "./shown.ts"
import { judgeEvent, windowEvent } from "./windowEvents.ts"

interface GuardChild {
  readonly guard?: { getSnapshot(): { readonly context: RunawayContext } }
}

interface LatchChild {
  readonly latch?: { getSnapshot(): { readonly context: SafeModeContext } }
}

/** The plant stands still because of the guard. */
export const guardStandsStill = ({ children }: Parent): boolean => {
  const { block } = (children as GuardChild).guard?.getSnapshot().context ?? {}
  return block !== undefined && block.length > 0 && block[G_PHASE] >= GUARD_ON_BASELINE
}

/** SafeMode ends when the guard says so. */
export const waitsForGuard = ({ children }: Parent): boolean =>
  (children as LatchChild).latch?.getSnapshot().context.judge === "guard"

/** One for each hot path: the guard takes what it needs of a place at once, and copies for every window would be garbage. */
const places = new WeakMap<HotPath, { -readonly [K in keyof GuardedPlace]: GuardedPlace[K] }>()

/** Where the plant could stand, in copies. A comparison with the baseline has a better judge of what has earned it. */
function guardedPlace({ hot: box, comparison }: EngineContext): GuardedPlace {
  const hot = box.get()
  const { config, executor, startUnits } = hot
  let place = places.get(hot)
  if (place === undefined) {
    const { knobs } = config
    place = {
      base: new Float64Array(knobs),
      baseline: new Float64Array(knobs),
      start: startUnits,
      stableUs: 0,
    }
    places.set(hot, place)
  }
  place.base.set(executor.base)
  place.start = startUnits
  if (config.hasBaseline) config.baselineUnits(place.baseline)
  else place.baseline.set(startUnits)
  const compared = comparison !== null && config.hasBaseline
  place.stableUs = compared ? Number.POSITIVE_INFINITY : executor.policy.minStableUs
  return place
}

export const withGuard = withCycle.extend({
  guards: {
    guardRetreats: ({ event }) => event.type === "guardActed" && event.act === "retreat",
    guardPromotes: ({ event }) => event.type === "guardActed" && event.act === "promote",
    guardBlames: ({ event }) =>
      event.type === "guardActed" && (event.act === "blame" || event.act === "blameStart"),
    /** The guard's act follows from a person's reset, and no window: the latch is let go by that. */
    personLetsGo: ({ event }) => event.type === "guardActed" && event.window === null,
    guardLetsGo: ({ event }) =>
      event.type === "guardActed" && (event.act === "world" || event.act === "release"),
  },
  actions: {
    /** The guard sees a window before the cycle does, where the plant ran on a probe: others are no level of the tuned base. */
    toGuard: enqueueActions(({ context, event, enqueue, self }) => {
      if (event.type !== "window") return
      const { config, executor } = context.hot.get()
      const engine = self.getSnapshot()
      if (!cycleIsUpToDate(context, engine)) return
      enqueue(armNextApply)
      const probing = executor.lastKind === PLUS || executor.lastKind === MINUS
      const isLevel = event.window.generation === config.generation && (probing || rests(engine))
      const cycle = engine.children["cycle"] ?? null
      if (isLevel) enqueue.sendTo("guard", judgeEvent(event, guardedPlace(context), cycle))
      else enqueue.sendTo("cycle", event)
    }),
    /** While the plant stands still because of the guard, each window is evidence. */
    toGuardOnTrial: enqueueActions(({ context, event, enqueue, self }) => {
      if (event.type !== "window" || !guardStandsStill(self.getSnapshot())) return
      enqueue.sendTo("guard", judgeEvent(event, guardedPlace(context), null))
    }),
    /** What the guard has to know of the plant: it stands still, has another baseline, or was rolled back by a person. */
    sendToGuard: enqueueActions(
      ({ enqueue, self }, { event }: { event: "pause" | "rebaselined" | "rolledBack" }) => {
        if (isWhole(self.getSnapshot(), "guard")) enqueue.sendTo("guard", { type: event })
      },
    ),
    /** If SafeMode was opened for the objective, by any rule, the guard watches how the plant does where it stands. */
    watchOverStay: enqueueActions(({ event, enqueue, self }) => {
      const engine = self.getSnapshot()
      const opened =
        (event.type === "trip" || event.type === "latched") && event.reason === "objectiveRegression"
      const staysOpen = event.type === "guardActed" && event.act !== "retreat" && !waitsForGuard(engine)
      if ((opened || staysOpen) && isWhole(engine, "guard")) enqueue.sendTo("guard", { type: "watchOver" })
    }),
    letGuardGo: enqueueActions(({ context, event, enqueue, self }) => {
      if (!isWhole(self.getSnapshot(), "guard")) return
      enqueue.sendTo("guard", { type: "letGo", nowUs: timeOf(context, event) })
    }),
    /** Tier 1 does what the guard asks for. */
    obeyGuard: enqueueActions(({ event, enqueue }) => {
      if (event.type !== "guardActed") return
      const { act, block, nowUs } = event
      enqueue.sendTo("hotPath", shown({ type: "guard" as const, act, block, nowUs }))
    }),
    /** A window that led to a promotion is still the cycle's. */
    passWindow: enqueueActions(({ event, enqueue }) => {
      if (event.type !== "guardActed" || event.window === null) return
      enqueue.sendTo("cycle", windowEvent(event.window, event.nowUs))
    }),
    retreatToLatch: sendTo("latch", ({ context, event }) => ({
      type: "trip" as const,
      reason: "objectiveRegression" as const,
      judge: "guard" as const,
      nowUs: timeOf(context, event),
    })),
    guardRecovered: sendTo("latch", ({ context, event }) => ({
      type: "recovered" as const,
      improvement: 0,
      judge: "guard" as const,
      nowUs: timeOf(context, event),
    })),
    fenceCycle: enqueueActions(({ context, event, enqueue }) => {
      if (event.type !== "guardActed") return
      const fence = guardFence(context.hot.get().table, event.block, event.nowUs)
      enqueue.sendTo("cycle", { type: "fence", fence })
    }),
  },
})
