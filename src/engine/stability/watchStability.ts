/** The stability latch of an engine with actors. */
import type { HotPath } from "../../hot/HotPath.ts"
import { type Pace, USUAL_PACE } from "../../../machines/cycleLimits.ts"
import { relocationPhase } from "../../../machines/relocationState.ts"
import type { dueOf } from "../../telemetry/dueOf.ts"
import type { AuditTrail } from "../audit/AuditTrail.ts"
import { mayTrip } from "../calls/mayTrip.ts"
import type { EngineActor } from "../contract/EngineSnapshot.ts"
import type { StabilityPort } from "../contract/StabilityState.ts"
import { StabilityLatch } from "./StabilityLatch.ts"

/** The engine, as far as its stability goes. */
export interface WatchedEngine {
  readonly hot: HotPath
  readonly trail: AuditTrail
  readonly actor: EngineActor
  readonly due: ReturnType<typeof dueOf>
}

/** Watches an engine from here on; before it begins. */
export function watchStability(engine: WatchedEngine): StabilityPort {
  const { hot, trail, actor, due } = engine
  const latch = new StabilityLatch({
    hot,
    withNote: (kind, note, act) => trail.withNote(kind, note, act),
    relocates: () => {
      const { relocation } = actor.getSnapshot().children
      return relocation !== undefined && relocationPhase(relocation.getSnapshot()) !== "watching"
    },
    mayTrip: () => mayTrip(engine),
    trip: (nowUs) => actor.send({ type: "trip", reason: "instability", nowUs }),
    keepPace: (pace: Pace) => {
      const { cycle } = actor.getSnapshot().children
      const snapshot = cycle?.getSnapshot()
      if (cycle === undefined || snapshot?.status !== "active") return
      const { step } = snapshot.context.pace ?? USUAL_PACE
      // At the usual step the meta level may have made readings longer.
      if (step !== pace.step) cycle.send({ type: "retune", pace })
    },
  })
  // The first subscriber keeps the hook in place for good, so what is put around it stays around it.
  due.subscribe({
    next: ({ window }) => {
      if (window !== null) latch.see(window.status === "expired" ? null : window)
    },
  })
  const passOn = hot.onDue
  hot.onDue = (code) => {
    passOn?.(code)
    latch.act()
  }
  return latch
}
