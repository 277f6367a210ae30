/**
 * The plant on trial: it stands still on its baseline, or on the configuration that a person wrote down, and the guard looks whether
 * the level comes back. Readings are taken in blocks that grow, for the first ones show a backlog and not the place. Where the
 * plant drains slowly the level is the wrong judge, and the trend is asked.
 */
import {
  GUARD_BLAME,
  GUARD_BLAME_START,
  GUARD_CALM,
  GUARD_HOLDING,
  GUARD_NOTHING,
  GUARD_ON_BASELINE,
  GUARD_ON_START,
  GUARD_RELEASE,
  GUARD_TRY_START,
  GUARD_WORLD,
} from "./codes.ts"
import {
  GV_GOOD,
  GV_RESULT,
  GV_TUNED,
  G_ACQUITTED,
  G_BASELINE_LEVEL,
  G_BLAMED,
  G_BLAMED_AT,
  G_BLAMES,
  G_BLOCK,
  G_BY_SPELLS,
  G_JUMPED,
  G_PROBATION,
  G_BLOCK_END,
  G_CALM,
  G_DRAINED,
  G_DRAINING,
  G_EXPECTED,
  G_HOLD,
  G_IDLE,
  G_IN_VAIN,
  G_LEVEL,
  G_NOISE,
  G_NOW,
  G_OVER,
  G_PHASE,
  G_REFERENCE,
  G_RETREAT_LEVEL,
  G_ROSE,
  G_SEEN,
  G_START_REFERENCE,
  G_STAY,
  G_STOOD,
  G_THRESHOLD,
  G_WINDOWS,
  G_WORLD,
  G_WORLDS,
  LEVELS,
  NOISES,
} from "./guardLayout.ts"
import { OUT_DEVIATION, OUT_SLOPE, OUT_SLOPE_ERROR } from "./guardStatistics.ts"
import { GuardSpells } from "./GuardSpells.ts"

/** Deviations of one reading between reference and threshold: 3.5 spreads of AR(.9) noise. */
export const SIGMAS = 8
/** Lengths of the first blocks at a place; the last one repeats. */
const BLOCKS = [3, 3, 6, 12, 24] as const
/** It came back: so much of the excess is left; or so much, where it also fell beyond doubt. */
const CAME_BACK = 0.3
const CAME_DOWN = 0.6
/** Windows before nothing that helps is a verdict: on the baseline, where both blocks rose, on the start. */
const IDLE_WINDOWS = 12
const IDLE_EARLY = 6
/** Windows after which a fall that has led nowhere counts as none, and a plant that was rising may be acquitted. */
const LONG_STAY = 24
/** A level on the start that is above that on the baseline by so much of the excess is much the same. */
const MUCH_THE_SAME = 0.1
/** Windows on the start for which a fall beyond doubt is waited for, though no block is lower than the one before. */
const LONGEST_FALL = 96
/** The verdict by trend is looked at from here on, every so many windows. */
const TREND_FROM = 14
const TREND_EVERY = 4
/**
 * Room above what the world has added, in excesses: where the level rose, the next rise of that size is looked at; where it stopped rising
 * on the baseline, or climbs again on the tuned base, a smaller one.
 */
const ROOM = 2.5
export const ROOM_RISING = 1
export const ROOM_STOPPED = 0.3
/** A jump that has ended after so many windows on the baseline may have been a burst. */
const BURST_WINDOWS = 6
/** Holds: the first, the longest, the longest that waits for a plant to drain, and what counts as drained. */
const FIRST_HOLD = 10
const LONGEST_HOLD = 640
const LONGEST_DRAIN = 4000
const DRAINED_SHARE = 0.1
/** Windows at one place after which there is a verdict, whatever the level does: no fall by a twentieth a block lasts longer. */
const LONGEST_TRIAL = 640
/** Windows at the end of a hold that the reference may be lowered to. */
const HOLD_WINDOWS = 20
/** Windows without a blame after which the next one is a first one. */
const QUIET_WINDOWS = 600

/** The plant on trial; see `RunawayGuard`. */
export class GuardTrial extends GuardSpells {
  /** The plant stands at a place from here on: whatever is measured there begins anew. */
  protected enter(b: Float64Array, phase: number): void {
    b[G_PHASE] = phase
    b[G_SEEN] = 0
    b[G_STAY] = 0
    b[G_OVER] = 0
    b[G_CALM] = 0
    b[G_BLOCK] = 0
    b[G_BLOCK_END] = BLOCKS[0]
    b[G_IDLE] = 0
    b[G_ROSE] = 0
  }

  /** Holds where a person wants the plant to stand, without a verdict. */
  protected rest(b: Float64Array): void {
    this.enter(b, GUARD_HOLDING)
    b[G_HOLD] = FIRST_HOLD
    b[G_DRAINING] = -1
  }

  protected stay(b: Float64Array, baseline: Float64Array, start: Float64Array): number {
    b[G_STOOD] = ++b[G_STAY]
    b[G_NOW] = this.level(b, Math.min(b[G_SEEN], 5), 0)
    if (b[G_BY_SPELLS] === 1) return this.sawSpells(b) ? this.judgeSpells(b, baseline, start) : GUARD_NOTHING
    if (this.drainsByTrend(b)) return this.blame(b, baseline, start, true)
    if (b[G_STAY] < b[G_BLOCK_END]) return GUARD_NOTHING
    return this.judgeBlock(b, baseline, start)
  }

  /** It was rising, and here it falls: by level a plant that drains slowly would look like a world that has changed. */
  private drainsByTrend(b: Float64Array): boolean {
    const stay = b[G_STAY]
    if (stay < TREND_FROM || (stay - TREND_FROM) % TREND_EVERY !== 0 || !this.stoppedRising(b)) return false
    if (!this.falls()) return false
    // One look of many finds a fall in noise: at the start it has to be lower than the baseline was, too.
    return b[G_PHASE] === GUARD_ON_BASELINE || b[G_NOW] < b[G_BASELINE_LEVEL]
  }

  private judgeSpells(b: Float64Array, baseline: Float64Array, start: Float64Array): number {
    const goOn = this.spellsGoOn(b)
    this.leaveSpells(b)
    return goOn ? this.blameWorld(b) : this.blame(b, baseline, start, false)
  }

  /** One jump up and at once down again tells nothing: back to the tuned base, where a second one would come of that. */
  private acquitBurst(b: Float64Array): number {
    b[G_PROBATION] = b[G_WINDOWS]
    return this.blameWorld(b)
  }

  private judgeBlock(b: Float64Array, baseline: Float64Array, start: Float64Array): number {
    const length = BLOCKS[Math.min(b[G_BLOCK], BLOCKS.length - 1)]
    const before = b[G_LEVEL]
    const level = this.level(b, length, 0)
    b[G_LEVEL] = level
    b[G_BLOCK]++
    b[G_BLOCK_END] += BLOCKS[Math.min(b[G_BLOCK], BLOCKS.length - 1)]
    const onStart = b[G_PHASE] === GUARD_ON_START
    const tolerance = this.tolerance(b, before, length)
    const fell = level < before - tolerance
    const noLower = b[G_STAY] >= LONG_STAY && !(level < b[G_RETREAT_LEVEL])
    if (fell && !noLower) {
      b[G_IDLE] = 0
      b[G_ROSE] = 0
    } else {
      b[G_IDLE]++
      b[G_ROSE] = level > before + tolerance ? b[G_ROSE] + 1 : 0
    }
    if (this.cameBack(b, level, tolerance, fell, onStart)) {
      const burst = b[G_JUMPED] === 1 && !onStart && b[G_STAY] <= BURST_WINDOWS && this.mayAcquitBurst(b)
      return burst ? this.acquitBurst(b) : this.blame(b, baseline, start, false)
    }
    if (b[G_IDLE] < 2 && b[G_STAY] < LONGEST_TRIAL) return GUARD_NOTHING
    return onStart ? this.idleOnStart(b, baseline, start) : this.idleOnBaseline(b, baseline, start)
  }

  /** By how much a block must be lower than the one before it to be called that. */
  private tolerance(b: Float64Array, before: number, length: number): number {
    this.slopeHere(b)
    // A load that is three times as high is three times as noisy, and two blocks are compared.
    const here = Math.SQRT2 * this.statistics.out[OUT_DEVIATION]
    const byNoise = (1.5 * Math.max(here, b[G_NOISE])) / Math.sqrt(length)
    return Math.max(0.05 * (before - b[G_EXPECTED]), byNoise)
  }

  private cameBack(
    b: Float64Array,
    level: number,
    tolerance: number,
    fell: boolean,
    onStart: boolean,
  ): boolean {
    const excess = level - b[G_EXPECTED]
    const before = b[G_RETREAT_LEVEL] - b[G_EXPECTED]
    if (excess < CAME_BACK * before) return true
    const down = level < b[G_RETREAT_LEVEL] - tolerance
    if (level < b[G_THRESHOLD] && down && excess < CAME_DOWN * before) return true
    return onStart && !fell && b[G_STAY] >= IDLE_EARLY && level < b[G_BASELINE_LEVEL] - 2 * tolerance
  }

  private idleOnBaseline(b: Float64Array, baseline: Float64Array, start: Float64Array): number {
    const tryStart = this.startMayBeTried(b, baseline, start)
    const enough = tryStart && b[G_ROSE] >= 2 ? IDLE_EARLY : IDLE_WINDOWS
    if (b[G_STAY] < enough) return GUARD_NOTHING
    return tryStart ? this.tryStart(b) : this.acquitOrWait(b, baseline)
  }

  /** The slope on the baseline is in the statistics. */
  protected tryStart(b: Float64Array): number {
    this.keepSlopeHere(b)
    b[G_BASELINE_LEVEL] = b[G_LEVEL]
    b[G_RETREAT_LEVEL] = Math.max(b[G_LEVEL], b[G_RETREAT_LEVEL])
    this.enter(b, GUARD_ON_START)
    b[G_EXPECTED] = Math.max(b[G_START_REFERENCE], b[G_EXPECTED])
    return GUARD_TRY_START
  }

  /** The plant gets worse than it was at the retreat while it rests on an earned baseline: that was good only for a while. */
  private holdFails(b: Float64Array, baseline: Float64Array, start: Float64Array): boolean {
    if (b[G_SEEN] < 5 || b[G_DRAINING] < 0 || isSame(baseline, start)) return false
    if (!(b[G_NOW] > b[G_RETREAT_LEVEL] && b[G_NOW] > b[G_THRESHOLD])) return false
    this.statistics.slope(b, Math.min(b[G_STAY], HOLD_WINDOWS))
    if (!this.rises()) return false
    b[G_LEVEL] = b[G_NOW]
    return true
  }

  protected startMayBeTried(b: Float64Array, baseline: Float64Array, start: Float64Array): boolean {
    const level = b[G_LEVEL]
    return (
      !isSame(baseline, start) &&
      level > b[G_THRESHOLD] &&
      level > b[G_START_REFERENCE] + SIGMAS * b[G_NOISE] &&
      level - b[G_EXPECTED] > 3 * b[G_IN_VAIN]
    )
  }

  /**
   * Where the rise ended by coming here, though nothing drains, nobody can tell whether it was the tuned base or a load at its height: nothing
   * is blamed, and there is little room for another rise.
   */
  private acquitOrWait(b: Float64Array, baseline: Float64Array): number {
    if (this.isTooSoon(b)) return GUARD_NOTHING
    return this.acquit(b, baseline, this.stoppedRising(b) ? ROOM_STOPPED : ROOM_RISING)
  }

  private idleOnStart(b: Float64Array, baseline: Float64Array, start: Float64Array): number {
    if (b[G_STAY] < IDLE_EARLY || this.isTooSoon(b)) return GUARD_NOTHING
    const helps = this.risesLessOnStart(b) || (b[G_LEVEL] < b[G_BASELINE_LEVEL] && this.stoppedRising(b))
    if (helps) return this.blame(b, baseline, start, true)
    b[G_IN_VAIN] = Math.max(b[G_BASELINE_LEVEL] - b[G_REFERENCE] - b[G_WORLD], 0)
    b[G_LEVEL] = b[G_BASELINE_LEVEL]
    return this.acquit(b, baseline, ROOM_RISING)
  }

  /**
   * What was rising when it was left, or falls here, is given longer to show where it goes; so is what is about the same on the start, and
   * longest what falls there: a storm that has grown as far as it can neither rises nor falls on the baseline, and drains slowly.
   */
  private isTooSoon(b: Float64Array): boolean {
    this.slopeHere(b)
    const onStart = b[G_PHASE] === GUARD_ON_START
    if (b[G_STAY] >= LONG_STAY) return onStart && b[G_STAY] < LONGEST_FALL && this.falls()
    return this.falls() || this.wasRising(b) || (onStart && this.isMuchTheSame(b))
  }

  /** The start is hardly dearer than the baseline was. */
  private isMuchTheSame(b: Float64Array): boolean {
    const before = b[G_BASELINE_LEVEL]
    return b[G_LEVEL] < before + MUCH_THE_SAME * (before - b[G_REFERENCE] - b[G_WORLD])
  }

  /** Nothing helps. To a place where the level rose the plant does not return: it goes on from the baseline. */
  private acquit(b: Float64Array, baseline: Float64Array, room: number): number {
    if (!this.wasRising(b)) return this.blameWorld(b)
    this.keep(b, GV_TUNED, baseline)
    return this.blameWorld(b, room)
  }

  /** Nothing helps: back to the tuned base. The threshold makes room, so that a ramp of any height costs log many visits. */
  protected blameWorld(b: Float64Array, share: number = this.wasRising(b) ? ROOM_RISING : ROOM): number {
    b[G_WORLD] = Math.max(b[G_LEVEL] - b[G_REFERENCE], 0)
    b[G_ACQUITTED] = Math.max(b[G_ACQUITTED], share * b[G_WORLD])
    this.lookAgainLater(b)
    const seen = Math.min(b[G_SEEN], LEVELS)
    const pairs = Math.min(seen - 2, NOISES)
    for (let back = pairs - 1; back >= 0; back--) this.noteDifference(b, back, 2)
    b[G_WORLDS]++
    b[G_PHASE] = GUARD_CALM
    this.forgetLevels(b)
    return GUARD_WORLD
  }

  /** The tuned configuration was it: hold here, with a fence before where it led. */
  private blame(b: Float64Array, baseline: Float64Array, start: Float64Array, byTrend: boolean): number {
    const onStart = b[G_PHASE] === GUARD_ON_START
    const again = b[G_BLAMES] > 0 && b[G_WINDOWS] - b[G_BLAMED_AT] <= QUIET_WINDOWS
    b[G_BLAMES] = again ? b[G_BLAMES] + 1 : 1
    b[G_BLAMED_AT] = b[G_WINDOWS]
    b[G_BLAMED]++
    b[G_IN_VAIN] = 0
    b[G_WORLD] = 0
    b[G_ACQUITTED] = 0
    if (onStart) b[G_REFERENCE] = b[G_START_REFERENCE]
    b[G_HOLD] = Math.min(FIRST_HOLD * 2 ** (b[G_BLAMES] - 1), LONGEST_HOLD)
    b[G_DRAINING] = byTrend ? 1 : 0
    b[G_DRAINED] = b[G_REFERENCE] + DRAINED_SHARE * (b[G_RETREAT_LEVEL] - b[G_REFERENCE])
    this.anchorFence(b, onStart ? start : baseline)
    b[G_PHASE] = GUARD_HOLDING
    b[G_STAY] = 0
    return onStart ? GUARD_BLAME_START : GUARD_BLAME
  }

  /** The first blame is for the last stretch only; each further one moves its anchor half the way to the baseline. */
  private anchorFence(b: Float64Array, safe: Float64Array): void {
    const share = 1 - 2 ** (1 - b[G_BLAMES])
    const good = this.at(GV_GOOD)
    const result = this.at(GV_RESULT)
    for (let i = 0; i < this.n; i++) {
      const way = this.table.difference(i, b[good + i], safe[i])
      b[result + i] = this.table.contain(i, b[good + i] + share * way)
    }
  }

  protected hold(b: Float64Array, baseline: Float64Array, start: Float64Array): number {
    b[G_STOOD] = ++b[G_STAY]
    b[G_NOW] = this.level(b, Math.min(b[G_SEEN], 5), 0)
    if (this.holdFails(b, baseline, start)) {
      // What was blamed is no place to go back to: where the start helps no more than this, the plant comes back here.
      this.keep(b, GV_TUNED, baseline)
      return this.tryStart(b)
    }
    if (b[G_STAY] < b[G_HOLD] || this.stillDrains(b)) return GUARD_NOTHING
    return this.isRefuted(b, baseline, start) ? this.restOnStart(b) : this.release(b)
  }

  /** The hold shows that this earned baseline delivers less than the start did. */
  private isRefuted(b: Float64Array, baseline: Float64Array, start: Float64Array): boolean {
    const seen = Math.min(b[G_SEEN], HOLD_WINDOWS)
    if (b[G_DRAINING] < 0 || isSame(baseline, start)) return false
    if (!(this.level(b, seen, 0) > b[G_START_REFERENCE] + SIGMAS * b[G_NOISE])) return false
    // What still drains says nothing of where it will end.
    const { out } = this.statistics
    this.statistics.slope(b, seen)
    return out[OUT_SLOPE] > -out[OUT_SLOPE_ERROR]
  }

  /** The start is the baseline again, and rested on. */
  private restOnStart(b: Float64Array): number {
    b[G_REFERENCE] = b[G_START_REFERENCE]
    this.rest(b)
    return GUARD_BLAME_START
  }

  /** On from here; the reference learns from the end of the hold. */
  protected release(b: Float64Array): number {
    const seen = Math.min(b[G_SEEN], HOLD_WINDOWS)
    if (seen > 0) {
      const added = this.level(b, seen, 0) - b[G_REFERENCE]
      if (added < 0) b[G_REFERENCE] += added
      // It falls no further, and nobody can be blamed for what is left.
      else if (b[G_DRAINING] === 1 && added > b[G_WORLD]) b[G_WORLD] = added
    }
    b[G_PHASE] = GUARD_CALM
    this.forgetLevels(b)
    return GUARD_RELEASE
  }

  private stillDrains(b: Float64Array): boolean {
    if (b[G_DRAINING] !== 1 || b[G_STAY] >= LONGEST_DRAIN) return false
    if (b[G_NOW] <= b[G_DRAINED]) return false
    if (b[G_STAY] < LONG_STAY) return true
    const { out } = this.statistics
    this.statistics.slope(b, LONG_STAY)
    return out[OUT_SLOPE] < -out[OUT_SLOPE_ERROR]
  }
}

function isSame(a: Float64Array, b: Float64Array): boolean {
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false
  return true
}
