/**
 * One engine of a fleet, as its fleet holds it: the loop without actors, who hears of it and when it was last heard of. Awake it
 * has a loop; put away it has its configuration, which is readable as ever, and what its tuner had learnt.
 */
import type { AtomicConfig } from "../hot/AtomicConfig.ts"
import type { HotLoop } from "../hot/HotLoop.ts"
import { FROZEN } from "../hot/phases.ts"
import type { SharedBudget } from "../hot/SharedBudget.ts"
import { writeRecord } from "../../machines/hotAudit.ts"
import { type FleetParts, loopAround } from "./fleetParts.ts"
import type { Recorder } from "./FleetTrail.ts"

export type CellState = "awake" | "resting" | "passive" | "stopped"

/** What a loop has counted, in the order of `FleetCounters`. */
const COUNTS = 6

export class FleetCell implements Recorder {
  readonly key: string
  readonly number: number
  readonly seed: number
  readonly group: string | null
  readonly config: AtomicConfig
  readonly shared: SharedBudget | null
  state: CellState = "awake"
  /** Null while it is put away, and once it is stopped. */
  loop: HotLoop | null
  /** When it was last reported to. */
  lastDigestUs: number
  records = 0
  /** Windows that closed under this loop. */
  windows = 0
  fault: string | null = null
  /** Where it stands in its fleet's list of those with a loop. */
  place = -1
  readonly parts: FleetParts
  /** What the tuner had learnt, while there is no loop. */
  private learnt: Float64Array | null = null
  /** What its guard remembers, while there is no loop. */
  private guarded: Float64Array | null = null
  /** What loops before this one have counted. */
  private before: Float64Array | null = null

  constructor(
    parts: FleetParts,
    config: AtomicConfig,
    who: {
      readonly key: string
      readonly number: number
      readonly seed: number
      readonly group: string | null
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

  /** A digest that is no reading came while it was put away: it counts, and wakes nobody. */
  countUnread(): true {
    if (this.before !== null) this.before[0]++
    return true
  }

  /** When it wants to be looked at again though nobody reports: its loop's affairs, its rest, the end of its rest. */
  nextUs(restAfterUs: number, passivateAfterUs: number): number {
    const { loop } = this
    if (loop === null) return Number.POSITIVE_INFINITY
    const { window } = loop.hot
    let next = this.lastDigestUs + (this.state === "resting" ? passivateAfterUs : restAfterUs)
    // One that is still in SafeMode neither rests nor is put away: it has only its timer.
    if (this.state === "awake" && loop.phase === FROZEN) next = Number.POSITIVE_INFINITY
    if (!window.closed && !window.expired && window.expiresAtUs < next) next = window.expiresAtUs
    return loop.dueUs < next ? loop.dueUs : next
  }

  /** What the tuner knows: that of the loop, or what is kept of the last one. */
  get tuner(): Float64Array | null {
    return this.loop?.state ?? this.learnt
  }

  /** Lets the loop go and keeps what it has learnt. The plant stands on its base: `rest` came before. */
  putAway(): void {
    const { loop } = this
    if (loop === null) return
    this.before = this.counts()
    this.learnt = loop.state.slice()
    this.guarded = loop.guarded.slice()
    this.loop = null
    this.forgetCounts()
    this.state = "passive"
  }

  /** A loop again, going on from what the last one had learnt. */
  takeOut(nowUs: number): HotLoop {
    const loop = this.freshLoop()
    this.loop = loop
    loop.hot.nowCell[0] = nowUs
    if (this.learnt !== null) loop.startFrom(this.learnt, this.guarded)
    this.learnt = null
    this.guarded = null
    this.state = "awake"
    return loop
  }

  /** After a defect: the plant goes to its baseline, or to its base where there is none, and a loop begins with nothing learnt. */
  beginAnew(nowUs: number): HotLoop {
    const { config, loop: broken } = this
    if (broken !== null) {
      this.before = this.counts()
      broken.shared?.leave(broken)
      if (config.hasBaseline) config.draftBaseline()
      else config.draftFrom(broken.hot.executor.base)
      config.commit(Float64Array.of(nowUs), 0)
    }
    this.learnt = null
    this.guarded = null
    this.forgetCounts()
    const loop = this.freshLoop()
    this.loop = loop
    loop.hot.nowCell[0] = nowUs
    if (broken !== null) {
      const before = broken.hot.executor.rollbackTimes()
      loop.hot.executor.recallRollbacks(config.hasBaseline ? [...before, nowUs] : before)
    }
    return loop
  }

  /** The record of its end, whether or not it has a loop. */
  recordEnd(nowUs: number): void {
    writeRecord({ audit: this.parts.audit, config: this.config }, "engineStopped", nowUs, {})
  }

  private forgetCounts(): void {
    this.windows = 0
  }

  private freshLoop(): HotLoop {
    const loop = loopAround(this.parts, this.config, this.seed)
    loop.shared = this.shared
    return loop
  }
}
