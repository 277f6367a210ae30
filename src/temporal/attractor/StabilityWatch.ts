/**
 * Notices that a controller has become unstable, from its residual (what it did not expect), one number per window. A loop that
 * swings, grows or wanders shows in two ways: the residual is much larger than when the loop was healthy, or larger and
 * periodic. Exponents and tests for chaos are no alarm here: both fire on the noise of a healthy loop.
 *
 * Unstable is: a standard deviation of three times the healthy one, or of 1.8 times together with an oscillation index of 0.6,
 * in three checks in a row. A check takes the last 128 values, every fourth value. Nothing is allocated after construction.
 */
import { autocorrelation, type Oscillation, oscillationOf } from "./autocorrelation.ts"

/** What a watch knows. */
export const STABILITY = { learning: 0, stable: 1, unstable: 2, unknown: 3 } as const

const WINDOW = 128
const EVERY = 4
const CONFIRMATIONS = 3
const LOUD = 3
const LOUDER = 1.8
const PERIODIC = 0.6

/** Watches one residual; see the top of this file. */
export class StabilityWatch {
  /** One of `STABILITY`. Unknown while a value of the last 128 is missing. */
  state: number = STABILITY.learning
  /** Standard deviation over the healthy one; NaN until it is known. */
  ratio = Number.NaN
  /** How strongly the residual swings, and its period in values. */
  readonly oscillation: Oscillation = { index: 0, period: Number.NaN }
  /** How much the swing grows per period, or per window without one: 0.03 is 3 %. */
  growth = Number.NaN
  private readonly values = new Float64Array(WINDOW)
  private readonly ordered = new Float64Array(WINDOW)
  private readonly correlation = new Float64Array(WINDOW / 2)
  private readonly learnFrom: number
  private count = 0
  private missing = 0
  private alarms = 0
  private learned = 0
  private mean = 0
  private squares = 0

  /** @param learnFrom how many values of a healthy loop set the standard, at least 128. Default 256. */
  constructor(learnFrom = 2 * WINDOW) {
    this.learnFrom = Math.max(WINDOW, learnFrom)
  }

  /** The standard deviation of the healthy loop; NaN while it is being learned. */
  get healthy(): number {
    return this.learned < this.learnFrom ? Number.NaN : Math.sqrt(this.squares / this.learned)
  }

  /** Takes the next value; NaN for a missing one. */
  observe(residual: number): void {
    const at = this.count % WINDOW
    if (this.count >= WINDOW && Number.isNaN(this.values[at])) this.missing--
    const value = Number.isFinite(residual) ? residual : Number.NaN
    this.values[at] = value
    this.count++
    if (Number.isNaN(value)) this.missing++
    else if (this.learned < this.learnFrom) this.learn(value)
    if (this.learned < this.learnFrom || this.count < WINDOW) return
    if (this.missing > 0) this.state = STABILITY.unknown
    else if (this.count % EVERY === 0) this.check()
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
    const first = this.count % WINDOW
    for (let i = 0; i < WINDOW; i++) this.ordered[i] = this.values[(first + i) % WINDOW]
    this.ratio = this.spread(0, WINDOW) / this.healthy
    autocorrelation(this.ordered, this.correlation)
    oscillationOf(this.correlation, this.oscillation)
    const { index, period } = this.oscillation
    const periods = Number.isNaN(period) ? 0.5 : WINDOW / 2 / period
    this.growth = (this.spread(WINDOW / 2, WINDOW) / this.spread(0, WINDOW / 2)) ** (1 / periods) - 1
    const alarming = this.ratio >= LOUD || (this.ratio >= LOUDER && index >= PERIODIC)
    this.alarms = alarming ? this.alarms + 1 : 0
    this.state = this.alarms >= CONFIRMATIONS ? STABILITY.unstable : STABILITY.stable
  }

  private spread(from: number, to: number): number {
    let mean = 0
    for (let i = from; i < to; i++) mean += this.ordered[i] / (to - from)
    let squares = 0
    for (let i = from; i < to; i++) squares += (this.ordered[i] - mean) * (this.ordered[i] - mean)
    return Math.sqrt(squares / (to - from))
  }
}
