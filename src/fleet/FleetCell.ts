/**
 * One engine of a fleet, as the fleet stores it: a loop without actors, its listeners, and the time of its last
 * digest. An awake cell has a loop. A passivated cell keeps its configuration, still readable, and what its tuner
 * has learned.
 */
import { SECOND_US } from "../domain/Units.ts"
import type { AtomicConfig } from "../hot/AtomicConfig.ts"
import type { HotLoop } from "../hot/HotLoop.ts"
import { FROZEN } from "../hot/phases.ts"
import type { SharedBudget } from "../hot/SharedBudget.ts"
import { writeRecord } from "../../machines/hotAudit.ts"
import { type FleetParts, loopAround, type LoopOwner } from "./fleetParts.ts"
import type { Recorder } from "./FleetTrail.ts"
import type { WatchedRules } from "../engine/contract/RuleParts.ts"
import type { StabilityState } from "../engine/contract/StabilityState.ts"

export type CellState = "awake" | "resting" | "passive" | "stopped"

/** What opens SafeMode where the loop of an engine has become unstable. */
export interface CellLatch {
  /** The engine has another loop from here on. */
  readonly attach: () => void
  /** The loop has acted on everything that was due. */
  readonly act: () => void
  readonly state: () => StabilityState
}

const HOUR_US = 3600 * SECOND_US
/** Number of a loop's counters, in the order of `FleetCounters`. */
const COUNTS = 6

export class FleetCell implements Recorder, LoopOwner {
  readonly key: string
  readonly number: number
  readonly seed: number
  readonly group: string | null
  readonly config: AtomicConfig
  readonly startUnit: Float64Array
  beganElsewhere = false
  readonly shared: SharedBudget | null
  state: CellState = "awake"
  /** Null while passivated, and once stopped. */
  loop: HotLoop | null
  /** When the last digest arrived. */
  lastDigestUs: number
  records = 0
  /** Windows closed by this loop. */
  windows = 0
  /** Loss of its first cycle, which later ones are compared with; NaN before it. */
  firstLoss = Number.NaN
  fault: string | null = null
  /** Position in the fleet's list of cells with a loop. */
  place = -1
  readonly parts: FleetParts
  /** The watch over its rules, which remembers over rests and passivation; null without rules. */
  rules: WatchedRules | null = null
  /** The watch over the stability of its loop, likewise. */
  latch: CellLatch | null = null
  /** What the tuner has learned, while there is no loop. */
  private learned: Float64Array | null = null
  /** What the guard remembers, while there is no loop. */
  guarded: Float64Array | null = null
  /** Counts of earlier loops. */
  private before: Float64Array | null = null

  constructor(
    parts: FleetParts,
    config: AtomicConfig,
    who: {
      readonly key: string
      readonly number: number
      readonly seed: number
      readonly group: string | null
      /** Where it begins, unit space. */
      readonly unit: Float64Array
    },
    shared: SharedBudget | null,
    nowUs: number,
  ) {
    this.parts = parts
    this.config = config
    this.key = who.key
    this.number = who.number
    this.seed = who.seed
    this.group = who.group
    this.startUnit = who.unit
    this.shared = shared
    this.lastDigestUs = nowUs
    this.loop = this.freshLoop()
  }

  /** Counts over all its loops: digests, windows, applies, rollbacks, trips, cycles. */
  counts(): Float64Array {
    const out = new Float64Array(COUNTS)
    if (this.before !== null) out.set(this.before)
    const { loop } = this
    if (loop === null) return out
    const { executor, window } = loop.hot
    out[0] += window.counters.reduce((sum, count) => sum + count, 0)
    out[1] += this.windows
    out[2] += executor.applies
    out[3] += executor.rollbacks
    out[4] += loop.trips
    out[5] += loop.cycles
    return out
  }

  /** Counts an invalid digest that arrived while it is passivated. It does not wake it. */
  countUnread(): true {
    if (this.before !== null) this.before[0]++
    return true
  }

  /** When it must be visited without a digest: for its loop, to start its rest, or to end it. */
  nextUs(restAfterUs: number, passivateAfterUs: number): number {
    const { loop } = this
    if (loop === null) return Number.POSITIVE_INFINITY
    const { window } = loop.hot
    let next = this.lastDigestUs + (this.state === "resting" ? passivateAfterUs : restAfterUs)
    // A cell in SafeMode neither rests nor is passivated: only its timer matters.
    if (this.state === "awake" && loop.phase === FROZEN) next = Number.POSITIVE_INFINITY
    if (!window.closed && !window.expired && window.expiresAtUs < next) next = window.expiresAtUs
    return loop.dueUs < next ? loop.dueUs : next
  }

  /** What the tuner has learned: the loop's, or what the last loop left. */
  get tuner(): Float64Array | null {
    return this.loop?.state ?? this.learned
  }

  /** It rests, has been silent for so long, and nothing of its budgets has to be remembered. */
  mayBePutAway(nowUs: number, silentUs: number): boolean {
    if (this.loop === null || this.state !== "resting" || nowUs - this.lastDigestUs < silentUs) return false
    // A rollback within the hour is remembered by the loop alone, and so is a cooldown.
    const { rollbacksThisHour, cooldownUntilUs } = this.loop.hot.executor
    return (rollbacksThisHour === 0 || nowUs - this.lastDigestUs >= HOUR_US) && cooldownUntilUs <= nowUs
  }

  /** Drops the loop and keeps what it has learned. The plant is on its base: `rest` came first. */
  putAway(): void {
    const { loop } = this
    if (loop === null) return
    this.before = this.counts()
    this.learned = loop.state.slice()
    this.guarded = loop.guarded.slice()
    this.loop = null
    this.forgetCounts()
    this.state = "passive"
  }

  /** Gives it a loop again, which continues from what the last one learned. */
  takeOut(nowUs: number): HotLoop {
    const loop = this.watched(this.freshLoop())
    loop.hot.nowCell[0] = nowUs
    if (this.learned !== null) loop.startFrom(this.learned, this.guarded)
    this.learned = null
    this.guarded = null
    this.state = "awake"
    return loop
  }

  /**
   * After a defect: puts the plant on its baseline, or its base if there is none, and starts a loop that has
   * learned nothing.
   */
  beginAnew(nowUs: number): HotLoop {
    const { config, loop: broken } = this
    if (broken !== null) {
      this.before = this.counts()
      broken.shared?.leave(broken)
      if (config.hasBaseline) config.draftBaseline()
      else config.draftFrom(broken.hot.executor.base)
      config.commit(Float64Array.of(nowUs), 0)
    }
    this.learned = null
    this.guarded = null
    this.forgetCounts()
    this.beganElsewhere = this.isElsewhere()
    const loop = this.watched(this.freshLoop())
    loop.hot.nowCell[0] = nowUs
    if (broken !== null) {
      const before = broken.hot.executor.rollbackTimes()
      loop.hot.executor.recallRollbacks(config.hasBaseline ? [...before, nowUs] : before)
    }
    return loop
  }

  /** Records its end, with or without a loop. */
  recordEnd(nowUs: number): void {
    writeRecord({ audit: this.parts.audit, config: this.config }, "engineStopped", nowUs, {})
  }

  /** The plant does not stand on its start. */
  private isElsewhere(): boolean {
    const { config, startUnit } = this
    const { table } = this.parts.settings.space
    return startUnit.some((unit, i) => config.unit(i) !== table.snap(i, unit))
  }

  private forgetCounts(): void {
    this.windows = 0
  }

  private freshLoop(): HotLoop {
    const loop = loopAround(this.parts, this)
    loop.shared = this.shared
    return loop
  }

  /** Its rules watch this loop from here on. */
  private watched(loop: HotLoop): HotLoop {
    this.loop = loop
    this.rules?.attach()
    this.latch?.attach()
    return loop
  }
}
