/**
 * What the runaway guard asks of slopes: was the level rising when a place was left, does it rise less here, does it climb. Least squares
 * over window levels, standard errors from what the line leaves; a slope counts from three of them on.
 */
import { GuardEarning } from "./GuardEarning.ts"
import {
  G_BASELINE_SLOPE,
  G_BASELINE_SLOPE_ERROR,
  G_JUMPED,
  G_LOOK_AGAIN,
  G_OVER,
  G_REFERENCE,
  G_RETREAT_LEVEL,
  G_SEEN,
  G_SLOPE,
  G_SLOPE_ERROR,
  G_STAY,
  G_WINDOWS,
  G_WORLD,
} from "./guardLayout.ts"
import { OUT_SLOPE, OUT_SLOPE_ERROR } from "./guardStatistics.ts"

/** Windows that a slope is taken over at a place: at most, and how many of the first ones are left out. */
const MOST_WINDOWS = 48
const SKIPPED = 2
const SIGMAS = 3
/** A slope of so small a share of the excess in a window is none. */
const SLIGHT = 0.002
/** Windows above the threshold that must lie on a rising line to be called a climb. */
const CLIMB_WINDOWS = 6
/** Windows after an acquittal in which a climb is looked at again, and how many of them must lie on the line. */
const LOOK_AGAIN = 120
const LOOK_AGAIN_WINDOWS = 12

/** Slopes of the level; see `RunawayGuard`. */
export class GuardTrends extends GuardEarning {
  /** It rises beyond doubt since it left the threshold behind. */
  protected isClimbing(b: Float64Array): boolean {
    if (b[G_OVER] < CLIMB_WINDOWS) return false
    this.statistics.slope(b, CLIMB_WINDOWS)
    return this.rises()
  }

  /** It was rising when the tuned base was left. A step is no rise, nor is the little that comes behind one. */
  protected wasRising(b: Float64Array): boolean {
    const slight = SLIGHT * (b[G_RETREAT_LEVEL] - b[G_REFERENCE] - b[G_WORLD])
    if (b[G_JUMPED] === 1 || b[G_SLOPE] <= slight) return false
    return b[G_SLOPE] > SIGMAS * b[G_SLOPE_ERROR]
  }

  /** It was rising when the tuned base was left, and does so no more. Leaves the slope of the stay in the statistics. */
  protected stoppedRising(b: Float64Array): boolean {
    this.slopeHere(b)
    return (
      this.wasRising(b) &&
      this.statistics.out[OUT_SLOPE] < b[G_SLOPE] / 4 &&
      this.isLess(b[G_SLOPE], b[G_SLOPE_ERROR])
    )
  }

  /** It was rising on the baseline when that was left for the start. */
  protected roseOnBaseline(b: Float64Array): boolean {
    const slight = SLIGHT * (b[G_RETREAT_LEVEL] - b[G_REFERENCE] - b[G_WORLD])
    const slope = b[G_BASELINE_SLOPE]
    return slope > slight && slope > SIGMAS * b[G_BASELINE_SLOPE_ERROR]
  }

  /** It was rising on the baseline, and rises less on the start, whose slope is in the statistics. */
  protected risesLessOnStart(b: Float64Array): boolean {
    return this.roseOnBaseline(b) && this.isLess(b[G_BASELINE_SLOPE], b[G_BASELINE_SLOPE_ERROR])
  }

  /** Keeps the slope in the statistics as that of the place which is left. */
  protected keepSlopeHere(b: Float64Array): void {
    const { out } = this.statistics
    b[G_BASELINE_SLOPE] = out[OUT_SLOPE]
    b[G_BASELINE_SLOPE_ERROR] = out[OUT_SLOPE_ERROR]
  }

  /** What was not rising when it was left goes back there: a climb that does not show where it stands is looked at again, once. */
  protected lookAgainLater(b: Float64Array): void {
    if (this.wasRising(b) || b[G_STAY] < SKIPPED + 3) return
    this.slopeHere(b)
    this.keepSlopeHere(b)
    b[G_LOOK_AGAIN] = b[G_WINDOWS] + LOOK_AGAIN
  }

  /** It was acquitted a while ago, and climbs beyond doubt on the tuned base, steeper than where it was acquitted. */
  protected climbsAgain(b: Float64Array): boolean {
    if (b[G_WINDOWS] >= b[G_LOOK_AGAIN] || b[G_SEEN] < LOOK_AGAIN_WINDOWS) return false
    this.statistics.slope(b, LOOK_AGAIN_WINDOWS)
    return this.rises() && this.isLess(b[G_BASELINE_SLOPE], b[G_BASELINE_SLOPE_ERROR], -1)
  }

  /** The slope of the stay. */
  protected slopeHere(b: Float64Array): void {
    const usable = b[G_STAY] - SKIPPED
    this.statistics.slope(b, Math.min(usable, MOST_WINDOWS))
  }

  /** The slope in the statistics rises, falls, beyond doubt. */
  protected rises(): boolean {
    const { out } = this.statistics
    return out[OUT_SLOPE] > SIGMAS * out[OUT_SLOPE_ERROR]
  }

  protected falls(): boolean {
    const { out } = this.statistics
    return out[OUT_SLOPE] < -SIGMAS * out[OUT_SLOPE_ERROR]
  }

  /** The slope in the statistics is less than this one beyond doubt; with a `sign` of -1, more. */
  private isLess(slope: number, error: number, sign = 1): boolean {
    const { out } = this.statistics
    const here = out[OUT_SLOPE_ERROR]
    return sign * (out[OUT_SLOPE] - slope) < -SIGMAS * Math.sqrt(error * error + here * here)
  }
}
