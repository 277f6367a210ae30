/**
 * Learns from a stream of margins how likely the margin is to fall below zero within the next digests, and counts how well its
 * probabilities are kept. It may warn; a monitor decides.
 *
 * A logistic regression on six numbers: how many standard deviations the margin stands above zero when its trend is carried on,
 * where it stands and where it heads at once and slowly, and how far it is from its own mean. It starts from what a
 * random walk would do, and learns by a Kalman step per digest (online Bayesian logistic regression: McCormick, Raftery, Madigan,
 * Burd, Biometrics 68, 2012). Unchanged by scale. Nothing is allocated after construction; no chance, no clock.
 */
import { numberThat, object, optional, whole } from "../../domain/Shape.ts"
import { readOptions } from "../readOptions.ts"

const WEIGHTS = 6
const BINS = 10
/** A probit is a logistic with this slope, nearly. */
const LOGISTIC = 1.702
/** Beyond this many standard deviations nothing more is to be learned. */
const FURTHEST = 8
/** Digests before a scale is known. */
const FIRST = 16
/** Margins are kept within what can be squared. */
const MOST = 1e100
/** Prior variance of a weight; what is known of it fades at this rate. */
const PRIOR = 0.5
const FADING = 0.9998

/** What a warning is made from. */
export interface EarlyWarningOptions {
  /** How many digests it looks ahead. Default 20. */
  readonly horizon?: number | undefined
  /** It warns from this probability on. Default 0.5. */
  readonly warnFrom?: number | undefined
}

/** One bin of a reliability diagram. */
export interface ReliabilityBin {
  /** Mean of the probabilities that were given, and the share of them that came true. NaN for an empty bin. */
  readonly given: number
  readonly happened: number
  readonly count: number
}

/** How well probabilities were kept. */
export interface Calibration {
  readonly count: number
  /** Mean square of probability less outcome: 0 is perfect (Brier, 1950). NaN before the first outcome. */
  readonly brier: number
  /** The same for somebody who always gives the mean share. A `brier` below it is worth something. */
  readonly reference: number
  /** Mean distance of what was given from what happened, over the bins. */
  readonly error: number
  readonly bins: ReadonlyArray<ReliabilityBin>
}

const shape = object({
  horizon: optional(whole(1, 10_000)),
  warnFrom: optional(numberThat("a number above 0 and below 1", (n) => n > 0 && n < 1)),
})

/** Watches one stream of margins; see the top of this file. Throws a ConfigError for options that cannot be used. */
export class EarlyWarning {
  readonly horizon: number
  readonly warnFrom: number
  /** Of a margin below zero at one of the next `horizon` digests. NaN while a margin is missing, and until it has a scale. */
  probability = Number.NaN
  private readonly weights = new Float64Array(WEIGHTS)
  private readonly covariance = new Float64Array(WEIGHTS * WEIGHTS)
  private readonly gain = new Float64Array(WEIGHTS)
  private readonly now = new Float64Array(WEIGHTS)
  /** What was seen and said at each of the last digests: the features, then the probability. */
  private readonly said: Float64Array
  /** The last margins, for the outcome of what was said. */
  private readonly margins: Float64Array
  private readonly counts = new Float64Array(BINS)
  private readonly given = new Float64Array(BINS)
  private readonly happened = new Float64Array(BINS)
  private squares = 0
  private count = 0
  /** Margins seen, and running means over them: of the margin, its square steps, its square distance from the mean, its slopes. */
  private seen = 0
  private last = Number.NaN
  private mean = 0
  private steps = 0
  private spread = 0
  private slopeFast = 0
  private slopeSlow = 0

  constructor(options: EarlyWarningOptions = {}) {
    const { horizon = 20, warnFrom = 0.5 } = readOptions(shape, options)
    this.horizon = horizon
    this.warnFrom = warnFrom
    this.said = new Float64Array((horizon + 1) * (WEIGHTS + 1))
    this.margins = new Float64Array(horizon + 1)
    // A random walk falls below zero within the horizon at twice the chance of being there at its end.
    this.weights[0] = Math.LN2
    this.weights[1] = -LOGISTIC
    for (let i = 0; i < WEIGHTS; i++) this.covariance[i * WEIGHTS + i] = PRIOR
  }

  /** It warns. Never true while nothing can be told. */
  get warns(): boolean {
    return this.probability >= this.warnFrom
  }

  /** How well the probabilities were kept so far. Each was given before its outcome was known. */
  get calibration(): Calibration {
    const count = this.counts.reduce((sum, n) => sum + n, 0)
    const bins = Array.from({ length: BINS }, (_, bin) => ({
      given: this.given[bin] / this.counts[bin],
      happened: this.happened[bin] / this.counts[bin],
      count: this.counts[bin],
    }))
    const share = this.happened.reduce((sum, n) => sum + n, 0) / count
    const error = bins.reduce(
      (sum, bin) => sum + (bin.count > 0 ? bin.count * Math.abs(bin.given - bin.happened) : 0),
      0,
    )
    return { count, brier: this.squares / count, reference: share * (1 - share), error: error / count, bins }
  }

  /** Takes the next margin; NaN for a missing one. */
  observe(margin: number): void {
    const slots = this.horizon + 1
    const slot = this.count % slots
    this.margins[slot] = margin
    // The oldest slot holds what was said a horizon ago: it is judged before it is overwritten.
    if (this.count >= this.horizon) this.judge((this.count + 1) % slots)
    this.count++
    this.probability = Number.NaN
    if (!Number.isNaN(margin)) this.look(Math.max(-MOST, Math.min(MOST, margin)))
    const from = slot * (WEIGHTS + 1)
    for (let i = 0; i < WEIGHTS; i++) this.said[from + i] = this.now[i]
    this.said[from + WEIGHTS] = this.probability
  }

  /** Moves the running means on, and gives a probability once they mean something. */
  private look(margin: number): void {
    const { horizon, now } = this
    const step = this.seen === 0 || Number.isNaN(this.last) ? 0 : margin - this.last
    this.last = margin
    this.seen++
    const slow = Math.max(1 / this.seen, 1 / (horizon + 1))
    const slower = Math.max(1 / this.seen, 1 / (4 * horizon + 1))
    this.mean += slow * (margin - this.mean)
    const off = margin - this.mean
    this.steps += slower * (step * step - this.steps)
    this.spread += slower * (off * off - this.spread)
    this.slopeFast += Math.max(1 / this.seen, 4 / (horizon + 4)) * (step - this.slopeFast)
    this.slopeSlow += slow * (step - this.slopeSlow)
    if (this.seen < FIRST) return
    const walk = Math.sqrt(this.steps * horizon)
    const level = Math.sqrt(this.spread)
    now[0] = 1
    now[1] = deviations(margin, walk)
    now[2] = deviations(horizon * this.slopeFast, walk)
    now[3] = deviations(horizon * this.slopeSlow, walk)
    now[4] = deviations(margin, level)
    now[5] = deviations(off, level)
    this.probability = this.of(now, 0)
  }

  /** The probability that the weights give to features. */
  private of(features: Float64Array, from: number): number {
    let sum = 0
    for (let i = 0; i < WEIGHTS; i++) sum += this.weights[i] * features[from + i]
    return 1 / (1 + Math.exp(-sum))
  }

  /** Compares what was said at a slot with what came, and learns from it. */
  private judge(slot: number): void {
    const from = slot * (WEIGHTS + 1)
    const probability = this.said[from + WEIGHTS]
    const outcome = this.outcomeAfter(slot)
    if (Number.isNaN(probability) || outcome < 0) return
    const bin = Math.min(BINS - 1, Math.floor(probability * BINS))
    this.counts[bin]++
    this.given[bin] += probability
    this.happened[bin] += outcome
    this.squares += (probability - outcome) ** 2
    this.learn(from, outcome)
  }

  /** 1 if a margin after the slot was below zero, 0 if none was, -1 if one is missing that could have been. */
  private outcomeAfter(slot: number): number {
    let outcome = 0
    for (let i = 0; i < this.margins.length; i++) {
      if (i === slot) continue
      if (this.margins[i] < 0) return 1
      if (Number.isNaN(this.margins[i])) outcome = -1
    }
    return outcome
  }

  /** One Kalman step. Outcomes of neighbouring digests overlap, so that a whole horizon of them counts as one. */
  private learn(from: number, outcome: number): void {
    const { said, covariance, gain, weights, horizon } = this
    const expected = this.of(said, from)
    const information = (expected * (1 - expected)) / horizon
    let uncertainty = 0
    for (let i = 0; i < WEIGHTS; i++) {
      gain[i] = 0
      for (let j = 0; j < WEIGHTS; j++) gain[i] += covariance[i * WEIGHTS + j] * said[from + j]
      uncertainty += gain[i] * said[from + i]
    }
    const shrink = 1 / (1 + information * uncertainty)
    let trace = 0
    for (let i = 0; i < WEIGHTS; i++) {
      weights[i] += (gain[i] * shrink * (outcome - expected)) / horizon
      for (let j = 0; j < WEIGHTS; j++)
        covariance[i * WEIGHTS + j] -= gain[i] * gain[j] * information * shrink
      trace += covariance[i * WEIGHTS + i]
    }
    if (trace > WEIGHTS * PRIOR) return
    for (let i = 0; i < covariance.length; i++) covariance[i] /= FADING
  }
}

/** `x` in units of `spread`, within what there is to be learned from. Without a spread only its sign counts. */
function deviations(x: number, spread: number): number {
  if (!(spread > 0)) return Math.sign(x) * FURTHEST
  return Math.max(-FURTHEST, Math.min(FURTHEST, x / spread))
}
