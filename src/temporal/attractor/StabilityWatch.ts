/**
 * Notices that a controller has become unstable, from its residual (what it did not expect), one number per window. A loop that
 * swings, grows or wanders shows in two ways: the residual is much larger than when the loop was healthy, or larger and
 * periodic. Exponents and tests for chaos are no alarm here: both fire on the noise of a healthy loop.
 *
 * Unstable is, unless told otherwise: a standard deviation of three times the healthy one, or of 1.8 times together with an
 * oscillation index of 0.6, in three checks in a row. A check takes the last 128 values, every fourth value. Nothing is allocated
 * after construction.
 */
import { autocorrelation, type Oscillation, oscillationOf } from "./autocorrelation.ts"

/** What a watch knows. */
export const STABILITY = { learning: 0, stable: 1, unstable: 2, unknown: 3 } as const

/** How a watch looks at its series, and what it calls unstable. */
export interface StabilityLook {
  /** Values that a check takes, and values from one check to the next. */
  readonly window: number
  readonly every: number
  /** Checks in a row that must find the same. */
  readonly confirmations: number
  /** Unstable alone: so many times the healthy deviation, in each of `parts` equal parts of the window. */
  readonly loud: number
  readonly parts: number
  /** And the series must turn so often: half a deviation above its mean, then half a one below. A step or a ramp does not. */
  readonly turns: number
  /** Unstable together: so many times the healthy deviation, and an oscillation index. */
  readonly louder: number
  readonly periodic: number
  /** The shortest period of a swing that counts, values. */
  readonly shortest: number
}

const LOOK: StabilityLook = {
  window: 128,
  every: 4,
  confirmations: 3,
  loud: 3,
  parts: 1,
  turns: 0,
  louder: 1.8,
  periodic: 0.6,
  shortest: 0,
}

/** Watches one residual; see the top of this file. */
export class StabilityWatch {
  /** One of `STABILITY`. Unknown while a value of the window is missing. */
  state: number = STABILITY.learning
  /** Standard deviation over the healthy one; NaN until it is known. */
  ratio = Number.NaN
  /** How strongly the residual swings, and its period in values. */
  readonly oscillation: Oscillation = { index: 0, period: Number.NaN }
  /** How much the swing grows per period, or per window without one: 0.03 is 3 %. */
  growth = Number.NaN
  /** The least that counts as the healthy deviation: for series that may stand still. */
  floor = 0
  private readonly look: StabilityLook
  private readonly values: Float64Array
  private readonly ordered: Float64Array
  private readonly correlation: Float64Array
  private readonly learnFrom: number
  private count = 0
  private missing = 0
  private alarms = 0
  private learned = 0
  private mean = 0
  private squares = 0

  /** @param learnFrom how many values of a healthy loop set the standard, at least a window. Default 256. */
  constructor(learnFrom = 2 * LOOK.window, look: Partial<StabilityLook> = {}) {
    this.look = { ...LOOK, ...look }
    const { window } = this.look
    this.values = new Float64Array(window)
    this.ordered = new Float64Array(window)
    this.correlation = new Float64Array(Math.ceil(window / 2))
    this.learnFrom = Math.max(window, learnFrom)
  }

  /** The standard deviation of the healthy loop; NaN while it is being learned. */
  get healthy(): number {
    if (this.learned < this.learnFrom) return Number.NaN
    return Math.max(this.floor, Math.sqrt(this.squares / this.learned))
  }

  /** The values of the last window, oldest first, as the last check saw them. */
  get series(): Float64Array {
    return this.ordered
  }

  /** The autocorrelation of `series`, from lag 0 to half the window. */
  get resemblance(): Float64Array {
    return this.correlation
  }

  /** Takes the next value; NaN for a missing one. */
  observe(residual: number): void {
    const { window, every } = this.look
    const at = this.count % window
    if (this.count >= window && Number.isNaN(this.values[at])) this.missing--
    const value = Number.isFinite(residual) ? residual : Number.NaN
    this.values[at] = value
    this.count++
    if (Number.isNaN(value)) this.missing++
    else if (this.learned < this.learnFrom) this.learn(value)
    if (this.learned < this.learnFrom || this.count < window) return
    if (this.missing > 0) this.state = STABILITY.unknown
    else if (this.count % every === 0) this.check()
  }

  /** Wants all its confirmations anew; what is healthy stays known. */
  rearm(): void {
    this.alarms = 0
    if (this.state === STABILITY.unstable) this.state = STABILITY.stable
  }

  /** Starts over: for a loop that was changed. */
  clear(): void {
    this.state = STABILITY.learning
    this.ratio = Number.NaN
    this.growth = Number.NaN
    this.oscillation.index = 0
    this.oscillation.period = Number.NaN
    this.count = 0
    this.missing = 0
    this.alarms = 0
    this.learned = 0
    this.mean = 0
    this.squares = 0
  }

  /** Welford's running variance. */
  private learn(value: number): void {
    this.learned++
    const off = value - this.mean
    this.mean += off / this.learned
    this.squares += off * (value - this.mean)
  }

  private check(): void {
    const { window, confirmations, loud, parts, turns, louder, periodic, shortest } = this.look
    const first = this.count % window
    for (let i = 0; i < window; i++) this.ordered[i] = this.values[(first + i) % window]
    const { healthy } = this
    this.ratio = this.spread(0, window) / healthy
    autocorrelation(this.ordered, this.correlation)
    oscillationOf(this.correlation, this.oscillation)
    const { index, period } = this.oscillation
    const half = Math.floor(window / 2)
    const periods = Number.isNaN(period) ? 0.5 : half / period
    this.growth = (this.spread(half, window) / this.spread(0, half)) ** (1 / periods) - 1
    // A step of the level is loud in one part alone.
    let quietest = Number.POSITIVE_INFINITY
    for (let part = 0; part < parts; part++) {
      const from = Math.floor((part * window) / parts)
      const to = Math.floor(((part + 1) * window) / parts)
      quietest = Math.min(quietest, this.spread(from, to) / healthy)
    }
    const wanders = quietest >= loud && this.turns() >= turns
    const swings = this.ratio >= louder && index >= periodic && period >= shortest
    const alarming = wanders || swings
    this.alarms = alarming ? this.alarms + 1 : 0
    this.state = this.alarms >= confirmations ? STABILITY.unstable : STABILITY.stable
  }

  /** How often the last window goes from one side of its mean to the other. */
  private turns(): number {
    const { window } = this.look
    let mean = 0
    for (let i = 0; i < window; i++) mean += this.ordered[i] / window
    const aside = this.spread(0, window) / 2
    let side = 0
    let turns = 0
    for (let i = 0; i < window; i++) {
      const off = this.ordered[i] - mean
      const now = off > aside ? 1 : off < -aside ? -1 : 0
      if (now === 0 || now === side) continue
      if (side !== 0) turns++
      side = now
    }
    return turns
  }

  private spread(from: number, to: number): number {
    let mean = 0
    for (let i = from; i < to; i++) mean += this.ordered[i] / (to - from)
    let squares = 0
    for (let i = from; i < to; i++) squares += (this.ordered[i] - mean) * (this.ordered[i] - mean)
    return Math.sqrt(squares / (to - from))
  }
}
