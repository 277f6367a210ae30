/**
 * The runaway guard: after every window it asks whether the plant is worse than its baseline is known to be, and answers by
 * going there and looking. A tuner that compares neighbours does not see that everything gets worse, and on a plant with
 * memory (a backlog, heat, retries) it is even paid for it. While all is well the guard costs nothing: it spends no window.
 *
 * `take` folds one closed window in and says what is to be done; the caller moves the plant. Only differences and spreads of
 * the objective enter, so its scale and offset drop out. Same state and readings, same bytes. Rule, constants and evidence:
 * docs/explanation/safe-against-being-wrong.md.
 */
import {
  GUARD_CALM,
  GUARD_HOLDING,
  GUARD_LEARNING,
  GUARD_NOTHING,
  GUARD_ON_BASELINE,
  GUARD_ON_START,
  GUARD_RETREAT,
  GUARD_SUSPICIOUS,
  GUARD_WATCHING,
} from "./codes.ts"
import {
  G_ABOVE,
  G_BY_SPELLS,
  G_JUMPED,
  G_SPREAD,
  GV_ANCHOR,
  GV_FAR,
  GV_GOOD,
  GV_TUNED,
  G_ACQUITTED,
  G_CALM,
  G_EXPECTED,
  G_IN_VAIN,
  G_LAST_US,
  G_LEVEL,
  G_LEVELS,
  G_LOOK_AGAIN,
  G_LOWEST,
  G_NOISE,
  G_NOW,
  G_ONSET,
  G_OVER,
  G_PHASE,
  G_QUIET,
  G_REFERENCE,
  G_RETREATS,
  G_RETREAT_LEVEL,
  G_SEEN,
  G_SINCE_US,
  G_SLOPE,
  G_SLOPE_ERROR,
  G_START_REFERENCE,
  G_STAY,
  G_STOOD,
  G_THRESHOLD,
  G_WATCHED,
  G_WORLD,
  LEVEL_WINDOWS,
  guardStateLength,
} from "./guardLayout.ts"
import { OUT_MEDIAN, OUT_SLOPE, OUT_SLOPE_ERROR } from "./guardStatistics.ts"
import { GuardTrial, ROOM_RISING, ROOM_STOPPED, SIGMAS } from "./GuardTrial.ts"
import type { KnobTable } from "./KnobTable.ts"

/** Windows that the first reference is taken from. Not more: by the tenth a bad plant has run away. */
const LEARNING_WINDOWS = 4
/** Share of what tuning has earned that may be lost again before it is suspicious. */
const EARNED_SHARE = 0.1
/** Windows above the threshold that do not mend themselves. */
const PATIENCE = 20
/** An excess of so many times the room below the threshold is waited for less long. */
const GROSS = 100
const GROSS_PATIENCE = 15
/** An excess below this share of that at onset is mending itself. */
const MENDING = 0.8
/** A retreat at once: so many windows above, so many times the excess at onset, and so many times that of three windows ago. */
const EXPLOSIVE_WINDOWS = 4
const EXPLOSIVE = 3
const STILL_GROWING = 1.25
/** Windows in which what the world has added follows a level that went down. */
const WORLD_WINDOWS = 50
/** Windows in a row with the level back at the reference, after which an acquittal is forgotten. */
const FORGET_WINDOWS = 200
/** Windows before the retreat whose slope counts. */
const SLOPE_WINDOWS = 10

/** The guard as a pure step over a block of doubles; scratch is shared, state is not. */
export class RunawayGuard extends GuardTrial {
  readonly stateLength: number
  private readonly retreats: boolean

  /** `retreats`: whether it may ask for one; without that it only earns baselines. */
  constructor(table: KnobTable, retreats = true) {
    super(table)
    this.retreats = retreats
    this.stateLength = guardStateLength(table.size)
  }

  /** A fresh state at `base`, which lies where a person wanted it to begin. */
  initial(b: Float64Array, base: Float64Array): void {
    b.fill(0)
    b[G_PHASE] = GUARD_LEARNING
    for (let vector = GV_GOOD; vector <= GV_ANCHOR; vector++) this.keep(b, vector, base)
  }

  /**
   * Takes the window in `reading`, read while the plant ran on or around `base`; `baseline` and `start` say where to retreat
   * to. `stableUs`: how long a stay must last before it earns a baseline. What is not finite changes nothing.
   *
   * @returns one of GUARD_NOTHING .. GUARD_RELEASE: what the caller must now do with the plant
   */
  take(
    b: Float64Array,
    base: Float64Array,
    baseline: Float64Array,
    start: Float64Array,
    stableUs: number,
  ): number {
    const loss = this.reading[0]
    if (loss - loss !== 0) return GUARD_NOTHING
    this.note(b, loss)
    switch (b[G_PHASE]) {
      case GUARD_LEARNING:
        return this.learn(b, base)
      case GUARD_CALM:
      case GUARD_SUSPICIOUS:
        return this.watch(b, base, stableUs)
      case GUARD_HOLDING:
        return this.hold(b, baseline, start)
      case GUARD_WATCHING:
        return this.watchStay(b, base, start)
      default:
        return this.stay(b, baseline, start)
    }
  }

  /** The plant was moved by somebody else, or stood still: neighbouring windows are no neighbours any more. */
  pause(b: Float64Array): void {
    if (b[G_PHASE] === GUARD_LEARNING) return
    b[G_PHASE] = GUARD_CALM
    this.forgetLevels(b)
  }

  /**
   * The base is being taken to a known place, under this guard's eyes. What may earn a baseline starts over. A suspicion goes on: where
   * moves follow each other sooner than it lasts, a ruin would otherwise never be left.
   */
  moves(b: Float64Array): void {
    b[G_CALM] = 0
  }

  /** The baseline was set by hand where the level is what it is now. On trial that means: rest here, it is right. */
  rebaselined(b: Float64Array): void {
    if (b[G_PHASE] === GUARD_LEARNING || b[G_PHASE] === GUARD_HOLDING) return
    if (this.standsStill(b)) return this.rest(b)
    if (b[G_SEEN] >= 5) {
      b[G_REFERENCE] = this.level(b, 5, 0)
      b[G_WORLD] = 0
    }
    this.pause(b)
  }

  /** A person has rolled back: on trial the plant rests where that put it, without a verdict; one that rests already rests on. */
  holdHere(b: Float64Array): void {
    if (b[G_PHASE] === GUARD_ON_BASELINE || b[G_PHASE] === GUARD_ON_START) this.rest(b)
  }

  /**
   * SafeMode stands open for the objective's sake, or the cooldown of a rollback runs, and this guard does not decide when that ends: it
   * watches the place where the plant was put, for as long as it stands there.
   */
  watchOver(b: Float64Array): void {
    if (b[G_PHASE] !== GUARD_CALM || !this.retreats) return
    this.enter(b, GUARD_WATCHING)
    b[G_BY_SPELLS] = 0
    b[G_WATCHED] = 1
    b[G_SINCE_US] = b[G_LAST_US]
    b[G_RETREAT_LEVEL] = b[G_NOW]
  }

  /** The plant was put on its baseline by a restore: a trial of the start is one of the baseline again. */
  restored(b: Float64Array): void {
    if (b[G_PHASE] === GUARD_ON_START) this.tryBaseline(b)
  }

  /**
   * A person lets the plant go on before the guard has come to a verdict: the world has changed, GUARD_WORLD. After a blame it is the
   * hold that ends, GUARD_RELEASE. Where it only watched there is nothing to let go of.
   */
  letGo(b: Float64Array): number {
    if (b[G_PHASE] === GUARD_WATCHING) {
      this.pause(b)
      return GUARD_NOTHING
    }
    if (b[G_PHASE] === GUARD_HOLDING) return this.release(b)
    // That nothing else helps was said, not seen: less room for another rise. Between spells the room has to cover them, too: what the
    // world has added is forgotten there.
    const room = ROOM_RISING + b[G_BY_SPELLS]
    if (b[G_BY_SPELLS] === 1) this.leaveSpells(b)
    return this.blameWorld(b, room)
  }

  /** The plant stands still on the baseline or the start, and this guard judges how it fares there. */
  standsStill(b: Float64Array): boolean {
    return b[G_PHASE] >= GUARD_ON_BASELINE
  }

  private learn(b: Float64Array, base: Float64Array): number {
    if (b[G_SEEN] < LEARNING_WINDOWS) return GUARD_NOTHING
    const level = this.level(b, LEARNING_WINDOWS, 0)
    b[G_REFERENCE] = level
    b[G_START_REFERENCE] = level
    b[G_LOWEST] = level
    b[G_NOW] = level
    b[G_SPREAD] = spreadOf(b)
    for (let back = 0; back < LEARNING_WINDOWS - 1; back++) this.noteDifference(b, back, 1)
    this.raiseThreshold(b)
    b[G_PHASE] = GUARD_CALM
    this.keep(b, GV_GOOD, base)
    return GUARD_NOTHING
  }

  /** T above the reference: noise, the spread of the first windows, what has been earned, or what was acquitted, whichever asks for more. */
  private raiseThreshold(b: Float64Array): void {
    this.statistics.deviation(b)
    b[G_NOISE] = this.statistics.out[OUT_MEDIAN]
    const earned = EARNED_SHARE * (b[G_START_REFERENCE] - b[G_LOWEST])
    const room = Math.max(SIGMAS * b[G_NOISE], earned, b[G_SPREAD])
    // Once the level has long been back at the reference, the next rise is a new case: a tuned ruin as high as a load that is gone would be
    // hidden below the threshold, and the start would not be tried against it.
    if (b[G_NOW] > b[G_REFERENCE] + room) b[G_QUIET] = 0
    else if (++b[G_QUIET] >= FORGET_WINDOWS) {
      b[G_ACQUITTED] = 0
      b[G_IN_VAIN] = 0
    }
    const acquitted = this.climbsAgain(b) ? ROOM_STOPPED * b[G_WORLD] : b[G_ACQUITTED]
    b[G_THRESHOLD] = b[G_REFERENCE] + b[G_WORLD] + Math.max(room, acquitted)
  }

  private watch(b: Float64Array, base: Float64Array, stableUs: number): number {
    b[G_STOOD] = 0
    if (b[G_SEEN] < LEVEL_WINDOWS) return GUARD_NOTHING
    const level = this.level(b, LEVEL_WINDOWS, 0)
    b[G_NOW] = level
    this.raiseThreshold(b)
    const expected = b[G_REFERENCE] + b[G_WORLD]
    const threshold = b[G_THRESHOLD]
    this.forgetWorld(b, level - b[G_REFERENCE])
    if (level < (expected + threshold) / 2) this.noteDifference(b, 0, 2)
    if (level < b[G_LOWEST]) b[G_LOWEST] = level
    const near = Math.max(b[G_REFERENCE] - b[G_LOWEST], b[G_NOISE])
    if (level - b[G_LOWEST] <= near / 4) this.keep(b, GV_GOOD, base)
    const jumps = this.hasSpells(b)
    if (!(level > threshold && this.retreats)) {
      if (jumps && this.retreats) return this.fleeSpells(b, base)
      b[G_PHASE] = GUARD_CALM
      b[G_OVER] = 0
      return this.earn(b, base, stableUs)
    }
    return this.suspect(b, base, level - expected)
  }

  /** What the world has added goes as the level goes down again; how far above that is allowed is kept. */
  private forgetWorld(b: Float64Array, added: number): void {
    // No Math.max: with it, each window allocated the argument.
    const over = b[G_WORLD] - added
    if (over > 0) b[G_WORLD] -= (added > 0 ? over : b[G_WORLD]) / WORLD_WINDOWS
  }

  /** One more window above the threshold; true while it may still mend itself. */
  private waits(b: Float64Array, excess: number): boolean {
    if (b[G_OVER] === 0 || excess < MENDING * b[G_ONSET]) {
      b[G_ONSET] = excess
      b[G_OVER] = 0
    }
    b[G_OVER]++
    const patience = this.isGross(b, excess) ? GROSS_PATIENCE : PATIENCE
    return b[G_OVER] < patience && !this.isExplosive(b) && !this.isClimbing(b)
  }

  /** So far above the threshold that nothing known explains it: an empty store, say. No burst, and waited for less long. */
  private isGross(b: Float64Array, excess: number): boolean {
    return excess > GROSS * (b[G_THRESHOLD] - b[G_REFERENCE] - b[G_WORLD])
  }

  /**
   * One window of a stay that others have begun. Where the level stays above the threshold, and above what the start is known to
   * deliver, the start is tried; what it is tried against is this place.
   */
  private watchStay(b: Float64Array, base: Float64Array, start: Float64Array): number {
    b[G_STOOD] = ++b[G_STAY]
    b[G_NOW] = this.level(b, Math.min(b[G_SEEN], LEVEL_WINDOWS), 0)
    if (b[G_SEEN] < LEVEL_WINDOWS) return GUARD_NOTHING
    this.raiseThreshold(b)
    b[G_LEVEL] = b[G_NOW]
    b[G_EXPECTED] = b[G_REFERENCE] + b[G_WORLD]
    if (!this.startMayBeTried(b, base, start)) {
      b[G_OVER] = 0
      return GUARD_NOTHING
    }
    if (this.waits(b, b[G_NOW] - b[G_EXPECTED])) return GUARD_NOTHING
    this.statistics.slope(b, SLOPE_WINDOWS)
    if (this.falls()) return GUARD_NOTHING
    this.keep(b, GV_FAR, base)
    this.retreat(b, base)
    b[G_WATCHED] = 1
    return this.tryStart(b)
  }

  private suspect(b: Float64Array, base: Float64Array, excess: number): number {
    b[G_CALM] = 0
    if (b[G_PHASE] === GUARD_CALM) {
      b[G_PHASE] = GUARD_SUSPICIOUS
      b[G_OVER] = 0
      this.keep(b, GV_FAR, base)
    }
    const waits = this.waits(b, excess)
    this.keepFarthest(b, base)
    if (waits && !this.onProbation(b)) return GUARD_NOTHING
    this.retreat(b, base)
    this.tryBaseline(b)
    return GUARD_RETREAT
  }

  /** Spells that mend themselves in time, again and again: is it so on the baseline, too? */
  private fleeSpells(b: Float64Array, base: Float64Array): number {
    this.keep(b, GV_FAR, base)
    this.retreat(b, base)
    this.tryBaseline(b)
    b[G_BY_SPELLS] = 1
    b[G_ABOVE] = 0
    return GUARD_RETREAT
  }

  private tryBaseline(b: Float64Array): void {
    this.enter(b, GUARD_ON_BASELINE)
    b[G_BY_SPELLS] = 0
    b[G_LEVEL] = b[G_RETREAT_LEVEL]
    b[G_EXPECTED] = b[G_REFERENCE] + b[G_WORLD]
  }

  private isExplosive(b: Float64Array): boolean {
    if (b[G_OVER] < EXPLOSIVE_WINDOWS || b[G_SEEN] < 6) return false
    const now = this.level(b, 3, 0)
    const excess = now - b[G_REFERENCE] - b[G_WORLD]
    const before = this.level(b, 3, 3) - b[G_REFERENCE] - b[G_WORLD]
    return excess > EXPLOSIVE * b[G_ONSET] && excess > STILL_GROWING * before
  }

  /** What is remembered of the way that led here. */
  private retreat(b: Float64Array, base: Float64Array): void {
    const { out } = this.statistics
    const count = Math.min(b[G_SEEN], SLOPE_WINDOWS)
    b[G_RETREAT_LEVEL] = this.level(b, 3, 0)
    this.statistics.slope(b, count)
    b[G_SLOPE] = out[OUT_SLOPE]
    b[G_SLOPE_ERROR] = out[OUT_SLOPE_ERROR]
    const isGross = this.isGross(b, b[G_NOW] - b[G_REFERENCE] - b[G_WORLD])
    b[G_JUMPED] = this.hasJumped(b, count) && !isGross ? 1 : 0
    b[G_WATCHED] = 0
    b[G_LOOK_AGAIN] = 0
    b[G_SINCE_US] = b[G_LAST_US]
    b[G_RETREATS]++
    this.keep(b, GV_TUNED, base)
  }

  /** Keeps the place farthest from where all was well. */
  private keepFarthest(b: Float64Array, base: Float64Array): void {
    const good = this.at(GV_GOOD)
    const far = this.at(GV_FAR)
    let gained = 0
    for (let i = 0; i < this.n; i++) {
      const here = this.table.difference(i, b[good + i], base[i])
      const there = this.table.difference(i, b[good + i], b[far + i])
      gained += here * here - there * there
    }
    if (gained > 0) this.keep(b, GV_FAR, base)
  }
}

/** Highest less lowest of the first windows. */
function spreadOf(b: Float64Array): number {
  const first = b.subarray(G_LEVELS, G_LEVELS + LEARNING_WINDOWS)
  return Math.max(...first) - Math.min(...first)
}
