/**
 * What a loop without actors knows and does for safety: what it stands on, why SafeMode is open and which way leads out. `HotLoop` adds
 * the cycle. Allocates nothing after construction.
 */
import { beside } from "./beside.ts"
import {
  ACCEPTED,
  NOT_TRIPPED,
  TRIP_AUDIT_QUEUE_FULL,
  TRIP_CONSTRAINT_EMERGENCY,
  TRIP_INSTABILITY,
  TRIP_MANUAL,
  TRIP_OBJECTIVE_REGRESSION,
  TRIP_TELEMETRY_LOST,
} from "./codes.ts"
import { type CycleOptions, DEFAULT_CYCLE } from "./cycleOptions.ts"
import { Fences } from "./Fences.ts"
import { LoopGuard } from "./LoopGuard.ts"
import { outOfRange } from "./outOfRange.ts"
import { FROZEN } from "./phases.ts"
import { P_NOW_US, type SafetyExecutor } from "./SafetyExecutor.ts"
import { READINGS, type SpsaKernel } from "./SpsaKernel.ts"
import type { HotPath } from "./HotPath.ts"
import type { SharedBudget, Sharer } from "./SharedBudget.ts"

/** Ways out of SafeMode, the harder the higher. */
export const BY_TIMER = 0
export const BY_GUARD = 1
export const BY_DRAIN = 2
export const BY_RESET = 3

/** The state of a loop, and the acts that bring its plant to safety. */
export class LoopSafety implements Sharer {
  readonly hot: HotPath
  kernel: SpsaKernel
  readonly options: CycleOptions
  /** READY .. FROZEN. */
  phase = FROZEN
  /** Times SafeMode opened, and why it did last (0: never). */
  trips = 0
  lastTrip = NOT_TRIPPED
  timeouts = 0
  /** The tuner's state after the last completed cycle. */
  state: Float64Array
  /** What it shares with other loops; null: nothing. */
  shared: SharedBudget | null = null
  seated = false
  waiting = false
  behind: Sharer | null = null
  protected next: Float64Array
  protected refusals = 0
  protected exit = BY_TIMER
  protected readonly readings: Float64Array
  protected readonly band: Float64Array
  protected readonly fences: Fences
  protected readonly guard: LoopGuard
  /** [0]: earliest time of the next apply, or of the way out of SafeMode. A cell, so that writing it allocates nothing. */
  protected readonly due: Float64Array

  constructor(hot: HotPath, kernel: SpsaKernel, options: Partial<CycleOptions> = {}) {
    if (kernel.table !== hot.table)
      throw outOfRange("kernel", "one over the knob table of its hot path", "another one")
    this.hot = hot
    this.kernel = kernel
    this.options = { ...DEFAULT_CYCLE, ...options }
    const { stateLength } = kernel
    const { size } = hot.table
    const arrays = beside(stateLength, stateLength, READINGS, 2 * size, 1, size)
    ;[this.state, this.next, this.readings, this.band, this.due] = arrays
    this.readings.fill(Number.NaN)
    this.fences = new Fences(hot.table, arrays[5])
    this.guard = new LoopGuard(hot, this.options.guard)
  }

  /** What its guard remembers: see `guardLayout.ts`. Read only. */
  get guarded(): Float64Array {
    return this.guard.state
  }

  /** The base is the baseline, because a person says so. */
  setBaseline(): void {
    this.executorNow().setBaseline()
    // In a cooldown that says: it is right here, no need to watch.
    if (this.phase !== FROZEN && this.guard.standsStill) this.guard.pause()
    this.guard.rebaselined()
  }

  /** The tuner's state before the last completed cycle: the base that cycle was taken around is in it. */
  get previous(): Float64Array {
    return this.next
  }

  /** Which way leads out of SafeMode: BY_TIMER .. BY_RESET. Means nothing while it is closed. */
  get wayOut(): number {
    return this.exit
  }

  /** SafeMode was found open: it is left as it was before, at `dueUs` at the earliest where a timer leads out. */
  protected foundOpen(wayOut: number, dueUs: number): void {
    this.exit = wayOut
    this.due[0] = dueUs
  }

  protected leaveSeat(): void {
    if (this.shared !== null) this.shared.leave(this)
  }

  /** The guard has opened SafeMode and taken the plant to its baseline: it says when to go on, and from where. */
  protected retreated(): void {
    this.leaveSeat()
    this.phase = FROZEN
    this.exit = BY_GUARD
    this.trips++
    this.lastTrip = TRIP_OBJECTIVE_REGRESSION
    this.refusals = 0
    this.due[0] = Number.POSITIVE_INFINITY
  }

  protected swap(): void {
    const learned = this.next
    this.next = this.state
    this.state = learned
  }

  protected demandReset(): void {
    this.exit = BY_RESET
    this.executorNow().demandReset()
  }

  /** More rollbacks than the policy allows demand a person, as in `safeModeMachine`. */
  get tooManyRollbacks(): boolean {
    const { rollbacksThisHour, policy } = this.hot.executor
    return rollbacksThisHour > policy.rollbacksPerHour
  }

  protected toBaseline(asked: boolean): void {
    this.executorNow()
    if (this.hot.rollback(asked) !== ACCEPTED) this.hot.returnToBase()
  }

  /** Opens the latch and brings the plant to where this reason demands. */
  protected open(reason: number): void {
    this.executorNow().openLatch(reason)
    const baseInDoubt =
      reason === TRIP_OBJECTIVE_REGRESSION ||
      reason === TRIP_CONSTRAINT_EMERGENCY ||
      reason === TRIP_INSTABILITY ||
      reason === TRIP_TELEMETRY_LOST
    if (!baseInDoubt || this.hot.rollback() !== ACCEPTED) this.hot.returnToBase()
    this.freeze(reason)
  }

  /** The hot path has brought the plant back already. Not there again for a while, if it was a probe. */
  protected emergency(): void {
    // Another brought it back, and the loop knows.
    if (Atomics.load(this.hot.executor.latch, 0) !== TRIP_CONSTRAINT_EMERGENCY) return
    const untilUs = this.hot.nowCell[0] + this.options.fenceUs
    if (this.phase === FROZEN) this.fences.stillBroken()
    else this.fences.emergency(this.state, this.readings, untilUs)
    this.freeze(TRIP_CONSTRAINT_EMERGENCY)
  }

  /** SafeMode is open and the plant brought back, here or from within `HotPath.onDigest`: the loop holds still. */
  freeze(reason: number): void {
    const byHand = reason === TRIP_MANUAL || this.tooManyRollbacks
    const exit = reason === TRIP_AUDIT_QUEUE_FULL ? BY_DRAIN : byHand ? BY_RESET : BY_TIMER
    // A second trip while open can make leaving harder, never easier; any other move of the plant ends the guard's stay.
    const guarded = this.phase === FROZEN && this.exit === BY_GUARD
    if (this.phase !== FROZEN || guarded || exit > this.exit) this.exit = exit
    if (exit === BY_RESET && reason !== TRIP_MANUAL) this.demandReset()
    this.guard.pause()
    if (reason === TRIP_OBJECTIVE_REGRESSION) this.guard.watchOver()
    this.phase = FROZEN
    this.leaveSeat()
    this.trips++
    this.lastTrip = reason
    this.refusals = 0
    this.timeouts = 0
    this.due[0] = this.hot.nowCell[0] + this.options.safeModeUs
  }

  /** Tier 1 with the present in its inbox: every call on it is stamped with that. */
  protected executorNow(): SafetyExecutor {
    const { executor, nowCell } = this.hot
    executor.proposal[P_NOW_US] = nowCell[0]
    return executor
  }
}
