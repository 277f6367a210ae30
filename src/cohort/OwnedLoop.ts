/**
 * A loop that one owner hands to the next: it begins where another one stood, and can be held still by a person. Apart from what a cohort
 * does with its replicas, so that each can be read as one.
 */
import { tripCode } from "../domain/words.ts"
import { NOT_TRIPPED } from "../hot/codes.ts"
import { HotLoop } from "../hot/HotLoop.ts"
import { BY_DRAIN, BY_RESET, BY_TIMER } from "../hot/LoopSafety.ts"
import { FROZEN } from "../hot/phases.ts"
import type { CohortStanding } from "./CohortStanding.ts"
import { OwnDeviation } from "./OwnDeviation.ts"

export class OwnedLoop extends HotLoop {
  readonly ownDeviations = new OwnDeviation()
  /** Replicas were found to interfere: pairs are tried in turns for good. */
  interferes = false

  /**
   * Goes on from where another owner stood, instead of `start`, at the time in `hot.nowCell`: with its baseline, its SafeMode and what it
   * had learned. See `successorOf`.
   */
  takeOver({ resumption, paused, learned }: CohortStanding, baseline: Float64Array | null): void {
    const { kernel } = this
    const { safeMode, rollbacksUs } = resumption
    const executor = this.executorNow()
    executor.recallRollbacks(rollbacksUs)
    if (baseline !== null) executor.keepAsBaseline(baseline)
    if (safeMode !== null) executor.openLatch(tripCode(safeMode.reason))
    const state = new Float64Array(kernel.stateLength)
    kernel.initial(state, executor.base)
    if (learned?.state.length === state.length) state.set(learned.state)
    const guarded = learned?.guarded.length === this.guarded.length ? learned.guarded : null
    this.ownDeviations.recall(learned?.own ?? [])
    this.interferes = learned?.interferes ?? false
    this.startFrom(state, guarded && Float64Array.from(guarded))
    if (safeMode === null) {
      if (paused) this.pause()
      return
    }
    this.trips = 1
    this.lastTrip = tripCode(safeMode.reason)
    if (paused || safeMode.exit === "manualReset") executor.demandReset()
    else {
      const wayOut = safeMode.exit === "auditDrained" ? BY_DRAIN : BY_TIMER
      this.foundOpen(wayOut, safeMode.deadlineUs ?? Number.POSITIVE_INFINITY)
    }
  }

  /** Tunes nothing until `reset`: back to the base. SafeMode that is open stays open until then, too. */
  pause(): void {
    if (this.phase === FROZEN) this.foundOpen(BY_RESET, Number.POSITIVE_INFINITY)
    else this.rest()
  }

  /** Pairs are drawn: it has started, and neither SafeMode nor a person keeps it still. */
  get tunes(): boolean {
    return this.phase !== FROZEN
  }

  /** A person has stopped tuning, and SafeMode is closed. */
  get isResting(): boolean {
    return this.phase === FROZEN && Atomics.load(this.hot.executor.latch, 0) === NOT_TRIPPED
  }

  /** When a timer leads out of SafeMode; infinite where none does. */
  get leavesAtUs(): number {
    return this.phase === FROZEN && this.wayOut === BY_TIMER ? this.due[0] : Number.POSITIVE_INFINITY
  }
}
