/**
 * What the runaway guard asks for, carried out by Tier 1 and put on the record: one piece of code for loops with actors and
 * without. Nothing here is per window; only an act allocates.
 */
import {
  GUARD_BLAME,
  GUARD_BLAME_START,
  GUARD_PROMOTE,
  GUARD_RETREAT,
  GUARD_TRY_START,
  GUARD_WORLD,
  NOT_TRIPPED,
  RETREAT,
  RETURN_TO_TUNED,
  TRIP_OBJECTIVE_REGRESSION,
} from "./codes.ts"
import { type Fence, fenceBetween } from "./fence.ts"
import { writeGuardRecord } from "./guardRecord.ts"
import type { HotPath } from "./HotPath.ts"
import type { KnobTable } from "./KnobTable.ts"
import { G_BLAMES, G_WINDOW_US, GV_FAR, GV_RESULT, GV_TUNED, readGuardVector } from "./guardLayout.ts"
import { P_NOW_US } from "./SafetyExecutor.ts"

/** Records `act` and takes the plant, the latch and the baseline where it says. */
export function carryOutGuard(hot: HotPath, state: Float64Array, act: number, nowUs: number): void {
  const { audit, config, executor, startUnits } = hot
  executor.proposal[P_NOW_US] = nowUs
  writeGuardRecord(audit, act, state, nowUs, config.generation)
  const place = new Float64Array(config.knobs)
  switch (act) {
    case GUARD_RETREAT:
      if (config.hasBaseline) config.baselineUnits(place)
      else place.set(startUnits)
      executor.openLatch(TRIP_OBJECTIVE_REGRESSION)
      return hot.stand(place, RETREAT)
    case GUARD_TRY_START:
      // During the cooldown of a rollback nothing has opened it yet.
      if (Atomics.load(executor.latch, 0) === NOT_TRIPPED) executor.openLatch(TRIP_OBJECTIVE_REGRESSION)
      return hot.stand(startUnits, RETREAT)
    case GUARD_BLAME:
      // Without a baseline the start is what a rollback goes to.
      if (config.hasBaseline) hot.rollback()
      else hot.moveBaseline(startUnits)
      return
    case GUARD_BLAME_START:
      return hot.moveBaseline(startUnits)
    case GUARD_WORLD:
      readGuardVector(state, GV_TUNED, place)
      return hot.stand(place, RETURN_TO_TUNED)
    case GUARD_PROMOTE:
      readGuardVector(state, GV_RESULT, place)
      executor.keepAsBaseline(place)
  }
}

/** Windows that the fence of a first blame stands; each further one doubles it. */
const FENCE_WINDOWS = 60

/** After a blame: half way between where all was well and where it led nothing goes for a while. */
export function guardFence(table: KnobTable, state: Float64Array, nowUs: number): Fence {
  const near = new Float64Array(table.size)
  const far = new Float64Array(table.size)
  readGuardVector(state, GV_RESULT, near)
  readGuardVector(state, GV_FAR, far)
  const standsUs = FENCE_WINDOWS * 2 ** (state[G_BLAMES] - 1) * state[G_WINDOW_US]
  return fenceBetween(table, near, far, nowUs + standsUs)
}
