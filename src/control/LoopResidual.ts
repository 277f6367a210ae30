/**
 * What a control loop did not expect: the loss of a window minus what its level and the knobs explain. A swing, a growing error or
 * chaos of the loop shows here, while the load's slow course and the tuner's own probes do not.
 *
 * The level is followed over a few windows, the effect of each knob by normalised least mean squares (Haykin, "Adaptive Filter
 * Theory", 6). Divided out are noise that gets louder within windows, which is the plant's and not the loop's, and half of what moves
 * explain beyond the usual: after the load has changed a knob does something else, and the tuner is on its way. A step of the load is
 * followed at once. Nothing is allocated after construction.
 */
import { TREND_COUNT, TREND_XX, TREND_XY, TREND_YY } from "../hot/trend.ts"

/** Share of a surprise by which the level follows, and the effects of the knobs. */
const LEVEL = 0.2
const EFFECT = 0.5
/** How fast the noise within windows is followed. */
const NOISE = 0.05
/** Squared moves, unit space, below which a knob says nothing of its effect. */
const STILL = 1e-4
/** Somebody put the plant elsewhere: no probe and no update goes so far from one window to the next. */
const JUMP = 0.25
/** The usual size of a surprise follows so fast, and counts surprises of up to so many times itself. */
const USUAL = 0.02
const CAPPED = 3
/** Surprises of more usual sizes than this say no more; and what a knob does is not learned from more than this. */
const MOST = 20
const LEARNED_FROM = 8
/** Two surprises of so many usual sizes on one side, at one level: the load has stepped, and the level follows at once. */
const FAR = 8
const FLAT = 4
/** How fast the size of what moves explain is followed, and which share of it may be wrong: slopes bend, and are learned late. */
const MOVED = 0.1
const UNSURE = 0.5
/** Surprises before a usual size is known. */
const FEW = 16

export class LoopResidual {
  /** What the last two windows showed beyond expectation, mean, in the loss's units over how much less is known. */
  value = Number.NaN
  /** The same of the last window beyond the level alone. */
  objective = Number.NaN
  private readonly effects: Float64Array
  private readonly centre: Float64Array
  private readonly before: Float64Array
  private level = Number.NaN
  private plainLevel = Number.NaN
  private loss = Number.NaN
  private surprise = 0
  private usual = 0
  private surprises = 0
  /** Mean squares of what moves explain, now and while the loop was healthy, and of surprises then: of so many windows. */
  private explained = 0
  private healthyExplained = 0
  private healthySurprise = 0
  private healthyMoves = 0
  private noise = Number.NaN
  /** Mean noise while the loop was healthy: of so many windows. */
  private healthyNoise = 0
  private healthyWindows = 0

  constructor(knobs: number) {
    this.effects = new Float64Array(knobs)
    this.centre = new Float64Array(knobs)
    this.before = new Float64Array(knobs)
  }

  /** Takes a closed window: its loss, its trend (`hot/trend.ts`), the live configuration; and whether it counts as healthy. */
  observe(loss: number, trend: ArrayLike<number>, units: Float64Array, healthy: boolean): void {
    if (Number.isNaN(this.level) || this.jumped(units)) this.anchor(loss, units)
    const { effects, centre } = this
    let explained = 0
    let moved = STILL
    for (let i = 0; i < effects.length; i++) {
      const off = units[i] - centre[i]
      explained += effects[i] * off
      moved += off * off
    }
    let surprise = loss - this.level - explained
    if (this.stepped(loss, surprise)) {
      this.anchor(loss, units)
      surprise = 0
    } else {
      const learned = this.capped(surprise, LEARNED_FROM)
      for (let i = 0; i < effects.length; i++) {
        const off = units[i] - centre[i]
        effects[i] += (EFFECT * learned * off) / moved
        centre[i] += LEVEL * off
      }
      this.level += LEVEL * surprise
    }
    const beyondLevel = loss - this.plainLevel
    this.plainLevel += LEVEL * beyondLevel
    const louder = Math.hypot(this.louder(trend, healthy), this.moving(explained, surprise, healthy))
    const now = this.capped(surprise, MOST)
    // The sides of a probe lie on either side of the level: two windows together say what the loop does.
    this.value = (now + this.capped(this.surprise, MOST)) / 2 / louder
    this.objective = this.capped(beyondLevel, MOST) / louder
    const size = Math.min(
      Math.abs(surprise),
      CAPPED * (this.surprises < FEW ? Number.POSITIVE_INFINITY : this.usual),
    )
    this.surprises++
    this.usual += Math.max(USUAL, 1 / this.surprises) * (size - this.usual)
    this.surprise = surprise
    this.loss = loss
    this.before.set(units)
  }

  /** What a knob's move explains is known to a share only: by how much that exceeds what was usual. */
  private moving(explained: number, surprise: number, healthy: boolean): number {
    const square = explained * explained
    this.explained += MOVED * (square - this.explained)
    if (healthy) {
      this.healthyMoves++
      const share = Math.max(USUAL, 1 / this.healthyMoves)
      this.healthyExplained += share * (square - this.healthyExplained)
      this.healthySurprise += share * (surprise * surprise - this.healthySurprise)
      return 0
    }
    const more = this.explained - this.healthyExplained
    return more > 0 && this.healthySurprise > 0 ? UNSURE * Math.sqrt(more / this.healthySurprise) : 0
  }

  private jumped(units: Float64Array): boolean {
    for (let i = 0; i < units.length; i++) if (Math.abs(units[i] - this.before[i]) > JUMP) return true
    return false
  }

  /** The level is this, here. */
  private anchor(loss: number, units: Float64Array): void {
    this.level = loss
    this.plainLevel = loss
    this.surprise = 0
    this.centre.set(units)
  }

  private stepped(loss: number, surprise: number): boolean {
    const { usual } = this
    const far = FAR * usual
    return (
      this.surprises >= FEW &&
      Math.min(Math.abs(surprise), Math.abs(this.surprise)) > far &&
      surprise > 0 === this.surprise > 0 &&
      Math.abs(loss - this.loss) < FLAT * usual
    )
  }

  private capped(surprise: number, times: number): number {
    if (this.surprises < FEW) return surprise
    const most = times * this.usual
    return Math.max(-most, Math.min(most, surprise))
  }

  /** Starts over: for a loop that was changed. */
  clear(): void {
    this.effects.fill(0)
    this.level = Number.NaN
    this.surprise = 0
    this.usual = 0
    this.surprises = 0
    this.explained = 0
    this.healthyExplained = 0
    this.healthySurprise = 0
    this.healthyMoves = 0
    this.noise = Number.NaN
    this.healthyNoise = 0
    this.healthyWindows = 0
  }

  /** How much louder a window's mean is by the digests within it, at least 1: of fewer than three nothing is known. */
  private louder(trend: ArrayLike<number>, healthy: boolean): number {
    const count = trend[TREND_COUNT]
    const xx = trend[TREND_XX]
    if (count > 2 && xx > 0) {
      const about = (trend[TREND_YY] - (trend[TREND_XY] * trend[TREND_XY]) / xx) / (count - 2) / count
      const variance = about > 0 ? about : 0
      if (healthy) this.healthyNoise += (variance - this.healthyNoise) / ++this.healthyWindows
      this.noise = Number.isNaN(this.noise) ? variance : this.noise + NOISE * (variance - this.noise)
    }
    if (healthy || !(this.healthyNoise > 0)) return 1
    return Math.max(1, Math.sqrt(this.noise / this.healthyNoise))
  }
}
