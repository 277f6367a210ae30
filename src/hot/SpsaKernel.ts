/**
 * The tuning rule as one step over one block of doubles: place two probes, take two readings, move the base. It knows
 * nothing of clocks, windows or actors; a cycle machine, `HotLoop` or a test feeds it. One needs it directly where
 * windows close faster than actors should be woken.
 *
 * A cycle: `begin(state)`, apply and read the two targets (`firstIsPlus` says which first), `complete(prev, next, ...)`,
 * apply the target in `next`; keep `next` if that was accepted and `prev` if not. Same state and readings, same bytes.
 * The rule and its measurements: docs/explanation/tuning-rule.md.
 */
import { KERNEL_BLOCKED, KERNEL_NO_CHANGE, KERNEL_UPDATE } from "./codes.ts"
import { bendStep, learnMargin, predictMargin, skipMargin } from "./constraint.ts"
import { applyCovariate, referRest } from "./covariate.ts"
import { learnEarning } from "./earning.ts"
import { E_EARNED } from "./earningLayout.ts"
import {
  beginExcursion,
  forgetComparison,
  hasArrived,
  isThere,
  judgeExcursion,
  learnPairNoise,
  pairNoise,
  restartStretch,
  turnHome,
  turnToMean,
  wishWalk,
} from "./excursion.ts"
import {
  X_BLAMED,
  EXCURSION,
  IDLE,
  WALK_ARRIVED,
  WALK_BACK,
  WALKING,
  X_HOME_LEVEL,
  X_MODE,
  X_PAIRS,
  X_PROBE,
  X_RESTS_EVER,
  X_WALK,
} from "./excursionLayout.ts"
import { noticeLateness } from "./lateness.ts"
import { blameMemory, keepLevels, LONG, lookAhead, settleLookAhead } from "./lookAhead.ts"
import { L_BACK, L_HAS_BEFORE, L_MODE, LOOK_OFF } from "./lookAheadLayout.ts"
import { shrinkStep, takePlainStep, takeStep, wishBack, wishStep } from "./moves.ts"
import { measurePair, placeProbes } from "./probes.ts"
import { COVARIATE_PLUS, LOSS_MINUS, LOSS_PLUS, MARGIN_MINUS, MARGIN_PLUS } from "./readings.ts"
import { beginResting, resumeExcursion, takeRest, testSlope } from "./resting.ts"
import {
  adaptGain,
  adaptProbe,
  boundGain,
  countRegressions,
  foreseeProbe,
  lastMoveFailed,
  learnNoise,
  learnSlope,
  scalarsFinite,
  tameDifference,
  watchLevel,
} from "./spsaGain.ts"
import {
  S_AGE,
  S_BEGUN,
  S_BLOCKS,
  S_CYCLE,
  S_ETA,
  S_FIRST,
  S_GRADIENT,
  S_HAS_MEAN,
  S_LAST_MEAN,
  S_MEAN,
  S_PREDICTED,
  S_PROBE,
  S_REGRESSIONS,
  S_REHEATS,
  SCALARS,
  V_AVERAGE_SLOPE,
  V_SIGN,
} from "./spsaLayout.ts"
import { SpsaState } from "./SpsaState.ts"
import {
  W_DIFFERENCE,
  W_MARGIN,
  W_MARGIN_DIFFERENCE,
  W_MEAN,
  W_MEMORY,
  W_SLOPE,
  W_SQUARE,
  W_ALONG,
  W_FACTOR,
  W_ROOM,
  W_WINDOWS,
} from "./spsaWork.ts"

export {
  COVARIATE_MINUS,
  COVARIATE_PLUS,
  LOSS_MINUS,
  LOSS_PLUS,
  MARGIN_MINUS,
  MARGIN_PLUS,
  READINGS,
} from "./readings.ts"

/** Two readings that differ by no more than this share of their mean, some sixteen units in the last place, are equal. */
const ROUNDING = 4e-15

/** The tuning rule as a pure step over a block of doubles, unit space; same state and readings, same bytes. */
export class SpsaKernel extends SpsaState {
  /** Draws the signs of the cycle and places its probes. Doing it twice changes nothing. */
  begin(state: Float64Array): void {
    state[S_FIRST] = this.signs.draw(state[S_CYCLE], this.n, state, SCALARS + V_SIGN * this.n)
    placeProbes(state, this.probes)
    foreseeProbe(state, this.work)
    state[S_BEGUN] = 1
  }

  /**
   * Reads the block of the cycle in flight and writes the one after it. `prev` and `next` are different arrays.
   *
   * @param readings LOSS_PLUS, LOSS_MINUS, MARGIN_PLUS, MARGIN_MINUS; a loss that is not finite changes nothing
   * @param band 2n offsets, down (<= 0) and up (>= 0) by knob, that Tier 1's budgets leave for the base
   * @returns KERNEL_UPDATE, KERNEL_BLOCKED or KERNEL_NO_CHANGE
   */
  complete(prev: Float64Array, next: Float64Array, readings: Float64Array, band: Float64Array): number {
    next.set(prev)
    next[S_BEGUN] = 0
    next[E_EARNED] = 0
    next[S_CYCLE]++
    next[L_BACK] = 0
    this.measure(next, readings)
    const outcome = this.decide(next, readings, band)
    if (scalarsFinite(next)) return outcome
    // No number, overflow, or a pair that did not move leaves the cycle out, whatever of it was already written.
    const cycle = next[S_CYCLE]
    next.set(prev)
    next[S_BEGUN] = 0
    next[E_EARNED] = 0
    next[S_CYCLE] = cycle
    return KERNEL_NO_CHANGE
  }

  /** The base was moved from outside (rollback, resume): the cycle in flight and the last comparison are void. */
  rebase(prev: Float64Array, next: Float64Array, baseUnit: Float64Array): void {
    next.set(prev)
    next[S_BEGUN] = 0
    next[S_CYCLE]++
    next[S_HAS_MEAN] = 0
    next[S_MEAN] = 0
    next[S_PREDICTED] = 0
    next[S_REGRESSIONS] = 0
    next[L_BACK] = 0
    next[L_HAS_BEFORE] = 0
    skipMargin(next)
    if (next[X_MODE] === IDLE) next[S_PROBE] = next[X_PROBE]
    this.placeBase(next, baseUnit)
    // The slope that was averaged is that of another place, and several knobs would step along it.
    if (this.n > 1) next.fill(0, SCALARS + V_AVERAGE_SLOPE * this.n, SCALARS + (V_AVERAGE_SLOPE + 1) * this.n)
    beginExcursion(next, this.n)
  }

  /** The runaway guard has blamed what was tuned: in place. */
  blamed(state: Float64Array): void {
    state[X_BLAMED] = 1
    if (this.settings.lookAhead) blameMemory(state, this.n)
  }

  /**
   * Reads the block of a tuner that rests and writes the one after a plain window at the base, whose loss and margin stand at
   * LOSS_PLUS and MARGIN_PLUS. A loss that is not finite changes nothing.
   */
  rest(prev: Float64Array, next: Float64Array, readings: Float64Array): void {
    next.set(prev)
    next[X_RESTS_EVER]++
    next[L_HAS_BEFORE] = 0
    if (this.settings.constrained && readings[MARGIN_PLUS] < 0) return this.leaveRest(next)
    this.work[W_MEAN] = readings[LOSS_PLUS]
    if (this.settings.covariate > 0) referRest(next, readings, COVARIATE_PLUS, this.work)
    takeRest(next, this.work, this.settings, this.n)
    if (!scalarsFinite(next)) next.set(prev)
  }

  /** Differences and means of the two readings. A pair that did not move has a slope that is no number. */
  private measure(b: Float64Array, readings: Float64Array): void {
    const { work } = this
    measurePair(b, this.probes, this.displacement, work)
    const high = readings[LOSS_PLUS]
    const low = readings[LOSS_MINUS]
    const apart = high - low
    const mean = (high + low) / 2
    // What rounding leaves of two equal readings is no slope: it would choose the first step, and a gain of any size.
    const rounding = ROUNDING * (mean < 0 ? -mean : mean)
    work[W_DIFFERENCE] = apart <= rounding && apart >= -rounding ? 0 : apart
    work[W_MEAN] = mean
    if (this.settings.covariate > 0)
      applyCovariate(b, readings, COVARIATE_PLUS, this.displacement, work, this.n)
    work[W_SLOPE] = (this.n * work[W_DIFFERENCE]) / work[W_SQUARE]
    work[W_WINDOWS] = b[L_MODE] === LOOK_OFF ? 1 : LONG
  }

  private decide(b: Float64Array, readings: Float64Array, band: Float64Array): number {
    const { work, settings, n } = this
    if (settings.mode === "spall") return this.plainStep(b, band)
    pairNoise(b, work)
    if (b[X_MODE] !== EXCURSION) return this.walkOrRest(b, readings, band)
    const looks = settings.lookAhead
    if (looks) {
      keepLevels(b, work)
      lookAhead(b, readings, this.displacement, work, n)
      noticeLateness(b, readings, this.displacement, work, n)
    }
    tameDifference(b, work, settings, n)
    b[S_GRADIENT] = work[W_SLOPE]
    learnNoise(b, work, settings)
    learnPairNoise(b, this.displacement, work, n)
    pairNoise(b, work)
    learnSlope(b, work)
    countRegressions(b, work, n)
    const constrained = this.readMargins(b, readings)
    // While the constraint is broken there is something else to find than a lower level.
    const broken = constrained && work[W_MARGIN] < 0
    const plain = b[L_MODE] === LOOK_OFF
    if (settings.earn && plain && !broken) learnEarning(b, work)
    if (settings.prove && plain && !broken) {
      if (judgeExcursion(b, work, n)) {
        turnHome(b, n)
        return this.walk(b, band)
      }
      if (hasArrived(b, this.displacement, work, this.table)) {
        turnToMean(b, n)
        return this.walk(b, band)
      }
    }
    if (lastMoveFailed(b, work, settings)) return this.takeBack(b, band)
    adaptGain(b, work, settings)
    const reheats = b[S_REHEATS]
    watchLevel(b, work, settings, n)
    if (b[S_REHEATS] !== reheats) restartStretch(b, n)
    boundGain(b, work, settings)
    // One knob has no direction to remember, and the first pair has nothing. Beside a constraint memory goes on to the far side of it.
    work[W_MEMORY] = n > 1 && !constrained && b[X_PAIRS] > 1 ? settings.memory : 0
    this.wish(b)
    wishStep(b, this.displacement, work)
    if (constrained || !this.probes.plain) {
      if (constrained) {
        bendStep(b, n)
        shrinkStep(b, n, work, W_ROOM)
      }
      takeStep(b, this.probes, band, this.displacement, work)
    } else takePlainStep(b, this.probes, band, this.displacement, work)
    // What the slope just read promises for the step really taken.
    b[S_PREDICTED] = (work[W_DIFFERENCE] * work[W_ALONG]) / work[W_SQUARE]
    b[S_MEAN] = work[W_MEAN]
    b[S_HAS_MEAN] = 1
    if (constrained) predictMargin(b, n)
    adaptProbe(b, work, settings, n)
    if (looks) settleLookAhead(b, work, settings, n)
    return KERNEL_UPDATE
  }

  /** A pair of a tuner that is on its way somewhere, or rests. */
  private walkOrRest(b: Float64Array, readings: Float64Array, band: Float64Array): number {
    const { work, n } = this
    b[S_REGRESSIONS] = 0
    b[L_HAS_BEFORE] = 0
    if (this.readMargins(b, readings) && work[W_MARGIN] < 0) {
      this.leaveRest(b)
      return KERNEL_UPDATE
    }
    skipMargin(b)
    if (b[X_MODE] === WALKING) return this.walk(b, band)
    b[S_GRADIENT] = work[W_SLOPE]
    if (testSlope(b, this.displacement, work, n)) {
      takeStep(b, this.probes, band, this.displacement, work)
      b[S_MEAN] = b[X_HOME_LEVEL]
      b[S_HAS_MEAN] = 1
    }
    return KERNEL_UPDATE
  }

  /** The constraint is broken here: tuning goes on, to where it holds. */
  private leaveRest(b: Float64Array): void {
    if (b[X_MODE] === IDLE) b[S_PROBE] = b[X_PROBE]
    beginExcursion(b, this.n)
    forgetComparison(b)
  }

  /** The next stretch of the way to where it leads, and what comes at its end. */
  private walk(b: Float64Array, band: Float64Array): number {
    const { work, n } = this
    wishWalk(b, this.probes)
    takeStep(b, this.probes, band, this.displacement, work)
    forgetComparison(b)
    skipMargin(b)
    if (isThere(b, this.table)) {
      if (b[X_WALK] === WALK_BACK) resumeExcursion(b, n)
      else beginResting(b, work, n, b[X_WALK] === WALK_ARRIVED)
    }
    return KERNEL_UPDATE
  }

  private readMargins(b: Float64Array, readings: Float64Array): boolean {
    if (!this.settings.constrained) return false
    const plus = readings[MARGIN_PLUS]
    const minus = readings[MARGIN_MINUS]
    const sum = plus + minus
    if (sum - sum !== 0) {
      skipMargin(b)
      return false
    }
    this.work[W_MARGIN] = sum / 2
    this.work[W_MARGIN_DIFFERENCE] = plus - minus
    learnMargin(b, this.work, this.displacement, this.n)
    return true
  }

  /** Section 4: back to where the base was, with half the gain. */
  private takeBack(b: Float64Array, band: Float64Array): number {
    b[S_ETA] /= 2
    b[S_HAS_MEAN] = 0
    b[S_PREDICTED] = 0
    b[S_BLOCKS]++
    skipMargin(b)
    wishBack(b, this.probes)
    takeStep(b, this.probes, band, this.displacement, this.work)
    return KERNEL_BLOCKED
  }

  /** The plain schedule: no learning, only decaying gains. */
  private plainStep(b: Float64Array, band: Float64Array): number {
    const { a0, c0, stability, alpha, gamma, maxStep } = this.settings
    const age = b[S_AGE]
    b[S_ETA] = a0 / (age + 1 + stability) ** alpha
    this.work[W_MEMORY] = 0
    this.wish(b)
    b[S_GRADIENT] = this.work[W_SLOPE]
    wishStep(b, this.displacement, this.work)
    takeStep(b, this.probes, band, this.displacement, this.work)
    b[S_LAST_MEAN] = this.work[W_MEAN]
    b[S_AGE] = age + 1
    const c = c0 / (age + 2) ** gamma
    const half = (maxStep * (1 - 1e-9)) / 2
    b[S_PROBE] = c < half ? c : half
    return KERNEL_UPDATE
  }

  /** The step down the slope, of the pair and of memory (its share stands in the work cells); its largest component no more than one apply can carry beside the probes. */
  private wish(b: Float64Array): void {
    const { work } = this
    const memory = work[W_MEMORY]
    work[W_ROOM] = this.settings.maxStep - b[S_PROBE]
    work[W_FACTOR] = -b[S_ETA] * (1 - memory) * work[W_SLOPE]
    work[W_MEMORY] = -b[S_ETA] * memory
  }
}
