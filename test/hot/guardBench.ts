/** A runaway guard at a plant that is nothing but a level at each place: for the tests of `RunawayGuard`. One knob. */
import {
  GUARD_BLAME_START,
  GUARD_NOTHING,
  GUARD_PROMOTE,
  GUARD_RELEASE,
  GUARD_RETREAT,
  GUARD_TRY_START,
  GUARD_WORLD,
  LINEAR,
} from "../../src/hot/codes.ts"
import { G_PHASE, GV_RESULT, GV_TUNED, readGuardVector } from "../../src/hot/guardLayout.ts"
import { KnobTable } from "../../src/hot/KnobTable.ts"
import { RunawayGuard } from "../../src/hot/RunawayGuard.ts"
import { gaussianAt } from "../../src/testing/noise.ts"

export const WINDOW_US = 500_000

/** What the plant shows in a window, by where it stands. */
export type LevelAt = (place: number, window: number) => number

/** Noise of one deviation of .1 about a level. */
export const about =
  (seed: number, level: LevelAt): LevelAt =>
  (place, window) =>
    level(place, window) + 0.1 * gaussianAt(seed, window)

export interface BenchOptions {
  readonly retreats?: boolean
  readonly start?: number
  /** What the guard is told instead of the level: for invariance. */
  readonly told?: (level: number) => number
}

export class GuardBench {
  readonly guard: RunawayGuard
  readonly state: Float64Array
  /** Acts other than none, in order, with the window they came in. */
  readonly acts: Array<{ readonly act: number; readonly window: number }> = []
  /** The base while it tunes; a test moves it. */
  base: number
  baseline: number
  readonly start: number
  window = 0
  /** Where the plant stands still, or null while it tunes. */
  private place: number | null = null
  private readonly told: (level: number) => number

  constructor({ retreats = true, start = 0.5, told = (level) => level }: BenchOptions = {}) {
    const table = new KnobTable([{ min: 0, max: 1, scale: LINEAR, step: 0, maxStep: 0 }])
    this.guard = new RunawayGuard(table, retreats)
    this.state = new Float64Array(this.guard.stateLength)
    this.start = start
    this.base = start
    this.baseline = start
    this.told = told
    this.guard.initial(this.state, Float64Array.of(start))
  }

  get phase(): number {
    return this.state[G_PHASE]
  }

  get standsAt(): number {
    return this.place ?? this.base
  }

  /** Lets one window close and obeys what the guard asks for, as Tier 1 would. */
  step(level: LevelAt, stableUs = 0): number {
    const { guard, state } = this
    this.window++
    guard.reading[0] = this.told(level(this.standsAt, this.window))
    guard.reading[1] = this.window * WINDOW_US
    const one = (at: number): Float64Array => Float64Array.of(at)
    const act = guard.take(state, one(this.standsAt), one(this.baseline), one(this.start), stableUs)
    if (act !== GUARD_NOTHING) this.obey(act)
    return act
  }

  run(windows: number, level: LevelAt, stableUs = 0): ReadonlyArray<number> {
    const before = this.acts.length
    for (let i = 0; i < windows; i++) this.step(level, stableUs)
    return this.acts.slice(before).map(({ act }) => act)
  }

  /** Until the guard has acted, at most so many windows; the act. */
  until(windows: number, level: LevelAt): number {
    for (let i = 0; i < windows; i++) {
      const act = this.step(level)
      if (act !== GUARD_NOTHING) return act
    }
    return GUARD_NOTHING
  }

  /** A person has let the plant go on. */
  leave(): void {
    this.obey(GUARD_WORLD)
  }

  private obey(act: number): void {
    this.acts.push({ act, window: this.window })
    const out = new Float64Array(1)
    if (act === GUARD_RETREAT) this.place = this.baseline
    else if (act === GUARD_TRY_START) this.place = this.start
    else if (act === GUARD_BLAME_START) this.baseline = this.start
    else if (act === GUARD_WORLD) {
      readGuardVector(this.state, GV_TUNED, out)
      this.base = out[0]
      this.place = null
    } else if (act === GUARD_RELEASE) {
      this.base = this.standsAt
      this.place = null
    } else if (act === GUARD_PROMOTE) {
      readGuardVector(this.state, GV_RESULT, out)
      this.baseline = out[0]
    }
  }
}
