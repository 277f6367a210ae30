/**
 * How bad is an unstable loop? A swing repeats itself; a chaotic one parts from itself and cannot be foreseen. The largest exponent of
 * the residual tells them apart, where it is beyond doubt: the divergence is straight, and slower than in series with the same spectrum,
 * which are noise. It may only raise the severity: exponents of noise are large too, so as an alarm they would always fire.
 *
 * One number at a time, because each takes about half a millisecond: the series' own exponent first, then one of a surrogate at each step.
 */
import { largestExponent } from "../temporal/attractor/exponents.ts"
import { surrogateOf } from "../temporal/attractor/surrogates.ts"

/** What the exponent says of an unstable loop. */
export interface SeverityFinding {
  /** Neighbouring courses part by this factor's logarithm a window; how straight the divergence is. */
  readonly exponent: number
  readonly rSquared: number
  /** How many deviations the exponent lies below those of series with the same spectrum; null where they were not needed. */
  readonly surrogateZ: number | null
  /** More than a swing. */
  readonly severe: boolean
}

/** Of two copies noise has no straight divergence. */
const EMBEDDING = { dimension: 2, delay: 1 }
const SURROGATES = 19
const STRAIGHT = 0.95
/** Deviations below the surrogates from which on it is severe. */
export const LEAST_Z = 4
/** Surrogates are drawn from this, so that a replay draws the same. */
const SEED = 16

export class Severity {
  /** What was found; null until it is known. */
  finding: SeverityFinding | null = null
  private readonly series: Float64Array
  private readonly exponents: Array<number> = []
  private own = Number.NaN
  private rSquared = Number.NaN

  /** @param series the last residuals before the trip, oldest first; a gap in them leaves everything unknown */
  constructor(series: Float64Array) {
    this.series = series
  }

  /** One exponent more; true when that decides. */
  step(): boolean {
    const { series, exponents } = this
    if (this.finding !== null) return false
    if (Number.isNaN(this.own)) return this.begin()
    exponents.push(largestExponent(surrogateOf(series, SEED, exponents.length), EMBEDDING).value)
    if (exponents.length < SURROGATES) return false
    const mean = exponents.reduce((sum, value) => sum + value / SURROGATES, 0)
    const variance = exponents.reduce((sum, value) => sum + (value - mean) ** 2 / (SURROGATES - 1), 0)
    // Surrogates that cannot be told apart, or have no exponent, prove nothing.
    const z = variance > 0 ? (mean - this.own) / Math.sqrt(variance) : 0
    return this.end(z, z >= LEAST_Z)
  }

  private begin(): boolean {
    const { value, rSquared, reliable } = largestExponent(this.series, EMBEDDING)
    this.own = Number.isFinite(value) ? value : 0
    this.rSquared = Number.isFinite(rSquared) ? rSquared : 0
    return reliable && value > 0 && rSquared >= STRAIGHT ? false : this.end(null, false)
  }

  private end(surrogateZ: number | null, severe: boolean): boolean {
    this.finding = { exponent: this.own, rSquared: this.rSquared, surrogateZ, severe }
    return true
  }
}

/** A severe finding as a sentence for people. */
export const severityText = ({ exponent, surrogateZ }: SeverityFinding): string =>
  `The loop was chaotic rather than swinging: neighbouring courses part by ${Math.round(100 * Math.expm1(exponent))} % a window, ${(surrogateZ ?? 0).toFixed(1)} deviations less than those of noise with its spectrum.`
