/**
 * The engine's words about the runaway guard: what the guard sees of the plant, and what is done where it wants the plant elsewhere.
 */
import { enqueueActions, sendTo } from "xstate"
import { GUARD_CALM, GUARD_ON_BASELINE, MINUS, NOT_TRIPPED, PLUS } from "../src/hot/codes.ts"
import { guardFence } from "../src/hot/guardActs.ts"
import { G_PHASE } from "../src/hot/guardLayout.ts"
import type { HotPath } from "../src/hot/HotPath.ts"
import type { EngineContext } from "./engineContext.ts"
import { withCycle } from "./engineCycleActions.ts"
import { armNextApply, cycleIsUpToDate, isWhole, type Parent, rests, timeOf } from "./engineSetup.ts"
import type { GuardedPlace } from "./events.ts"
import type { RunawayContext } from "./runaway.machine.ts"
import type { TripReason } from "../src/domain/words.ts"
import type { SafeModeContext } from "./safeMode.machine.ts"
import { shown } from "./shown.ts"
import { judgeEvent, windowEvent } from "./windowEvents.ts"

interface GuardChild {
  readonly guard?: { getSnapshot(): { readonly context: RunawayContext } }
}

interface LatchChild {
  readonly latch?: { getSnapshot(): { readonly context: SafeModeContext } }
}

/** Reasons for which SafeMode opens because of how the plant does. The others say nothing of it, or nothing may be moved. */
const WATCHED_REASONS: ReadonlySet<TripReason> = new Set<TripReason>([
  "objectiveRegression",
  "instability",
  "ruleViolated",
  "deadlinesMissed",
])

/** The plant stands still because of the guard; with another phase, the guard is that far. */
export const guardStandsStill = ({ children }: Parent, from: number = GUARD_ON_BASELINE): boolean => {
  const { block } = (children as GuardChild).guard?.getSnapshot().context ?? {}
  return block !== undefined && block.length > 0 && block[G_PHASE] >= from
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
    /** From a cooldown it goes to the start at once. */
    guardRetreats: ({ event }) =>
      event.type === "guardActed" && (event.act === "retreat" || event.act === "tryStart"),
    guardPromotes: ({ event }) => event.type === "guardActed" && event.act === "promote",
    guardBlames: ({ event }) =>
      event.type === "guardActed" && (event.act === "blame" || event.act === "blameStart"),
    /** The guard's act follows from a person's reset, and no window: the latch is let go by that. */
    personLetsGo: ({ event }) => event.type === "guardActed" && event.window === null,
    guardLetsGo: ({ event }) =>
      event.type === "guardActed" && (event.act === "world" || event.act === "release"),
  },
  actions: {
    /**
     * The guard sees a window before the cycle does, where the plant ran on a probe: others are no level of the tuned base. While the
     * cooldown of a rollback runs, it watches the baseline.
     */
    toGuard: enqueueActions(({ context, event, enqueue, self }) => {
      if (event.type !== "window") return
      const { config, executor } = context.hot.get()
      const engine = self.getSnapshot()
      if (!cycleIsUpToDate(context, engine)) return
      enqueue(armNextApply)
      const tuned = executor.lastKind === PLUS || executor.lastKind === MINUS || rests(engine)
      const watches = guardStandsStill(engine)
      // With the first window that is read for tuning the cooldown is over.
      if (watches && tuned) enqueue.sendTo("guard", { type: "pause" })
      else if (watches) enqueue.sendTo("hotPath", { type: "reopenWindow" })
      const cycle = engine.children["cycle"] ?? null
      if (event.window.generation === config.generation && (tuned || watches))
        enqueue.sendTo("guard", judgeEvent(event, guardedPlace(context), cycle))
      else enqueue.sendTo("cycle", event)
    }),
    /** A window is over: now somebody may want the next apply, perhaps sooner than Tier 1 would accept it. What watches a cooldown listens on. */
    expiredToCycle: enqueueActions(({ context, event, enqueue, self }) => {
      const engine = self.getSnapshot()
      if (guardStandsStill(engine)) enqueue.sendTo("hotPath", { type: "reopenWindow" })
      if (!cycleIsUpToDate(context, engine)) return
      enqueue(armNextApply)
      enqueue.sendTo("cycle", event)
    }),
    /** While the plant stands still because of the guard, each window is evidence. So it is on the way to a known place, once there is a reference. */
    toGuardOnTrial: enqueueActions(({ context, event, enqueue, self }) => {
      const engine = self.getSnapshot()
      if (
        event.type !== "window" ||
        !guardStandsStill(engine, engine.hasTag("live") ? GUARD_CALM : undefined)
      )
        return
      enqueue.sendTo("guard", judgeEvent(event, guardedPlace(context), null))
    }),
    /** What the guard has to know of the plant: it stands still, is being moved, has another baseline, or was rolled back by a person. */
    sendToGuard: enqueueActions(
      (
        { context, enqueue, self },
        { event }: { event: "pause" | "moves" | "rebaselined" | "rolledBack" },
      ) => {
        const engine = self.getSnapshot()
        if (!isWhole(engine, "guard")) return
        // In a cooldown a new baseline says that the plant is right where it stands: no need to watch.
        const { executor } = context.hot.get()
        const cools = guardStandsStill(engine) && Atomics.load(executor.latch, 0) === NOT_TRIPPED
        enqueue.sendTo("guard", { type: cools ? "pause" : event })
      },
    ),
    /**
     * If SafeMode was opened because of how the plant does, the guard watches how it does where it stands: a baseline of the night may
     * be ruin by day, and nobody else looks. So it does until the cooldown of a rollback is over. An engine that resumed elsewhere knows
     * nothing of its start, and does neither.
     */
    watchOverStay: enqueueActions(({ context, event, enqueue, self }) => {
      const engine = self.getSnapshot()
      const opened = (event.type === "trip" || event.type === "latched") && WATCHED_REASONS.has(event.reason)
      const staysOpen = event.type === "guardActed" && event.act !== "retreat" && !waitsForGuard(engine)
      const { executor, beganElsewhere } = context.hot.get()
      const cools = event.type === "plantSettled" && executor.cooldownUntilUs > event.nowUs
      if ((opened || staysOpen || cools) && !beganElsewhere && isWhole(engine, "guard"))
        enqueue.sendTo("guard", { type: "watchOver" })
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
