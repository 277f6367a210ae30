/**
 * The runaway guard of a loop without actors: it feeds the guard and carries out what it asks for, as `runawayMachine` and the
 * engine's chart do between them. Allocates nothing per window.
 */
import { beside } from "./beside.ts"
import { GUARD_NOTHING } from "./codes.ts"
import type { Fence } from "./fence.ts"
import { carryOutGuard, guardFence } from "./guardActs.ts"
import type { HotPath } from "./HotPath.ts"
import type { KnobTable } from "./KnobTable.ts"
import { RunawayGuard } from "./RunawayGuard.ts"

/** One for each knob table and kind: a guard is scratch, and what it remembers is the loop's. */
const guards = [new WeakMap<KnobTable, RunawayGuard>(), new WeakMap<KnobTable, RunawayGuard>()] as const

function guardOf(table: KnobTable, retreats: boolean): RunawayGuard {
  const known = guards[retreats ? 1 : 0]
  const guard = known.get(table) ?? new RunawayGuard(table, retreats)
  known.set(table, guard)
  return guard
}

/** What the guard of one loop remembers and does. */
export class LoopGuard {
  readonly guard: RunawayGuard
  readonly state: Float64Array
  private readonly hot: HotPath
  private readonly baseline: Float64Array
  private started = false
  /** Time alone makes a base the baseline; false: somebody else judges what has earned it. */
  earnsByTime = true

  /** The plant stands where a person wanted it to begin. */
  constructor(hot: HotPath, retreats: boolean) {
    this.hot = hot
    this.guard = guardOf(hot.table, retreats)
    ;[this.state, this.baseline] = beside(this.guard.stateLength, hot.table.size)
  }

  /** Learns a reference from here on, unless it has one or takes over what another guard over the same knobs had (`state`). */
  begin(state: Float64Array | null): void {
    if (!this.started) {
      if (state === null) this.guard.initial(this.state, this.hot.executor.base)
      else this.state.set(state)
    }
    this.guard.pause(this.state)
    this.started = true
  }

  /** The baseline was set by hand. */
  rebaselined(): void {
    this.guard.rebaselined(this.state)
  }

  /** Whether the plant stands still and this guard judges where. */
  get standsStill(): boolean {
    return this.guard.standsStill(this.state)
  }

  /**
   * The plant stands still for the objective's sake, in SafeMode or in a cooldown, and something else than the guard ends that. Who
   * began elsewhere does not watch: what is tried then is the start, and nothing is known of it.
   */
  watchOver(): void {
    if (!this.hot.beganElsewhere) this.guard.watchOver(this.state)
  }

  /** Somebody else has moved the plant. */
  pause(): void {
    this.guard.pause(this.state)
  }

  /** A window closed with this loss: moves the plant where the guard asks for it, and returns what it asked for. */
  take(loss: number): number {
    const { guard, hot, state } = this
    guard.reading[0] = loss
    guard.reading[1] = hot.nowCell[0]
    const { config, executor, startUnits } = hot
    if (config.hasBaseline) config.baselineUnits(this.baseline)
    else this.baseline.set(startUnits)
    const stableUs = this.earnsByTime ? executor.policy.minStableUs : Number.POSITIVE_INFINITY
    const act = guard.take(state, executor.base, this.baseline, startUnits, stableUs)
    if (act !== GUARD_NOTHING) carryOutGuard(hot, state, act, hot.nowCell[0])
    return act
  }

  /** A person has rolled back while the plant was on trial. */
  rolledBack(): void {
    this.guard.holdHere(this.state)
  }

  /** A person lets the plant go on: back to the tuned base, where nothing was blamed yet. */
  letGo(): void {
    const { guard, hot, state } = this
    if (!this.standsStill) return
    const act = guard.letGo(state)
    if (act !== GUARD_NOTHING) carryOutGuard(hot, state, act, hot.nowCell[0])
  }

  /** After a blame: nothing goes where it led, for a while. */
  fence(): Fence {
    return guardFence(this.hot.table, this.state, this.hot.nowCell[0])
  }
}
