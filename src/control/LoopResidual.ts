/**
 * What a control loop did not expect: the loss of a window minus what its level and the knobs explain. A swing, a growing error or
 * chaos of the loop shows here, while the load's slow course and the tuner's own probes do not.
 *
 * The level is followed over a few windows, the effect of each knob by normalised least mean squares (Haykin, "Adaptive Filter
 * Theory", 6). Noise that gets louder within windows is divided out: it is the plant's, not the loop's. Nothing is allocated after
 * construction.
 */
import { TREND_COUNT, TREND_XX, TREND_XY, TREND_YY } from "../hot/trend.ts"

/** Share of a surprise by which the level follows; of the fit, which knob by knob goes slower. */
const LEVEL = 0.2
const EFFECT = 0.1
/** How fast the noise within windows is followed. */
const NOISE = 0.05
/** Squared moves, unit space, below which a knob says nothing of its effect. */
const STILL = 1e-4

export class LoopResidual {
  /** What the last window showed beyond expectation, in the loss's units over how much louder the noise is than it was. */
  value = Number.NaN
  /** The same beyond the level alone. */
  objective = Number.NaN
  private readonly effects: Float64Array
  private readonly centre: Float64Array
  private level = Number.NaN
  private plainLevel = Number.NaN
  private noise = Number.NaN
  /** Mean noise while the loop was healthy: of so many windows. */
  private healthyNoise = 0
  private healthyWindows = 0

  constructor(knobs: number) {
    this.effects = new Float64Array(knobs)
    this.centre = new Float64Array(knobs)
  }

  /** Takes a closed window: its loss, its trend (`hot/trend.ts`), the live configuration; and whether it counts as healthy. */
  observe(loss: number, trend: ArrayLike<number>, units: Float64Array, healthy: boolean): void {
    const { effects, centre } = this
    if (Number.isNaN(this.level)) {
      this.level = loss
      this.plainLevel = loss
      centre.set(units)
    }
    let expected = this.level
    let moved = STILL
    for (let i = 0; i < effects.length; i++) {
      const off = units[i] - centre[i]
      expected += effects[i] * off
      moved += off * off
    }
    const surprise = loss - expected
    this.level += LEVEL * surprise
    for (let i = 0; i < effects.length; i++) {
      const off = units[i] - centre[i]
      effects[i] += (EFFECT * surprise * off) / moved
      centre[i] += LEVEL * off
    }
    const beyondLevel = loss - this.plainLevel
    this.plainLevel += LEVEL * beyondLevel
    const louder = this.louder(trend, healthy)
    this.value = surprise / louder
    this.objective = beyondLevel / louder
  }

  /** Starts over: for a loop that was changed. */
  clear(): void {
    this.effects.fill(0)
    this.level = Number.NaN
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
