/**
 * The normal distribution that CMA-ES searches with: mean, step size, covariance and the two paths they learn from, with
 * the tutorial's settings, negative weights included.
 *
 * The root of the covariance is Cholesky's triangle and not the symmetric one: samples have the same distribution, the
 * path's length too, and a factorisation costs a sixth of n^3 multiplications instead of an iteration. Even so it is only
 * done as often as the covariance has changed enough to matter.
 *
 * Sources: Hansen, "The CMA Evolution Strategy: A Tutorial" (2016); Suttorp et al. 2009 and Krause et al. 2016
 * (triangular root); Hansen 2011 (points from elsewhere).
 */
import type { Draw } from "../Draw.ts"

/** Most points in one generation. */
export const MOST_POINTS = 256

/** Smallest pivot against the largest: a condition number of 10^14. */
const WORST = 1e-14
/** Own samples are practically never this much longer than the expected length allows, so that they stay as drawn. */
const LONGER = 3

/** Points in a generation of the default size. */
export function defaultPoints(n: number): number {
  return 4 + Math.floor(3 * Math.log(n))
}

export class CmaDistribution {
  readonly n: number
  /** Points in a generation. */
  lambda = 0
  sigma = 0
  generation = 0
  readonly mean: Float64Array
  /** Row-major and symmetric. The distribution is N(mean, sigma^2 covariance). */
  readonly covariance: Float64Array
  /** False once the covariance has lost its shape: start again. */
  sound = true
  private mueff = 0
  private cSigma = 0
  private dSigma = 0
  private cC = 0
  private c1 = 0
  private cMu = 0
  private weightSum = 0
  private gap = 1
  private stale = 0
  private readonly chi: number
  private readonly weights = new Float64Array(MOST_POINTS)
  private readonly triangle: Float64Array
  private readonly sigmaPath: Float64Array
  private readonly path: Float64Array
  private readonly steps: Float64Array
  private readonly step: Float64Array
  private readonly white: Float64Array
  private readonly lengths = new Float64Array(MOST_POINTS)

  constructor(n: number) {
    this.n = n
    this.chi = Math.sqrt(n) * (1 - 1 / (4 * n) + 1 / (21 * n * n))
    this.mean = new Float64Array(n)
    this.covariance = new Float64Array(n * n)
    this.triangle = new Float64Array(n * n)
    this.sigmaPath = new Float64Array(n)
    this.path = new Float64Array(n)
    this.steps = new Float64Array(MOST_POINTS * n)
    this.step = new Float64Array(n)
    this.white = new Float64Array(n)
  }

  /** Begins anew, round, with generations of `lambda` points. */
  begin(mean: Float64Array, sigma: number, lambda: number): void {
    const { n } = this
    this.mean.set(mean)
    this.sigma = sigma
    this.lambda = lambda
    this.generation = 0
    this.sound = true
    this.stale = 0
    this.sigmaPath.fill(0)
    this.path.fill(0)
    this.covariance.fill(0)
    this.triangle.fill(0)
    for (let i = 0; i < n; i++) {
      this.covariance[i * n + i] = 1
      this.triangle[i * n + i] = 1
    }
    this.settings()
  }

  /** Standard deviation in dimension i. */
  deviation(i: number): number {
    return this.sigma * Math.sqrt(this.covariance[i * this.n + i])
  }

  /** Draws a point into `out`. */
  sample(draw: Draw, out: Float64Array): void {
    const { n, white, triangle, mean, sigma } = this
    for (let i = 0; i < n; i++) white[i] = draw.normal()
    for (let i = 0; i < n; i++) {
      let sum = 0
      for (let j = 0; j <= i; j++) sum += triangle[i * n + j] * white[j]
      out[i] = mean[i] + sigma * sum
    }
  }

  /**
   * Learns from one generation.
   *
   * @param points one after another, as many as `lambda`
   * @param order their places, best first
   */
  update(points: Float64Array, order: Int32Array): void {
    const { n, lambda, mean, step, steps, weights, lengths } = this
    const mu = Math.floor(lambda / 2)
    this.generation++
    step.fill(0)
    for (let k = 0; k < lambda; k++) {
      const from = order[k] * n
      for (let i = 0; i < n; i++) steps[k * n + i] = (points[from + i] - mean[i]) / this.sigma
      lengths[k] = this.shorten(k * n)
      if (k < mu) for (let i = 0; i < n; i++) step[i] += weights[k] * steps[k * n + i]
    }
    for (let i = 0; i < n; i++) mean[i] += this.sigma * step[i]
    const straight = this.followPaths()
    this.adapt(straight)
    if (++this.stale >= this.gap) this.factor()
  }

  /** Settings by dimension and generation size (tutorial, table 1). */
  private settings(): void {
    const { n, lambda, weights } = this
    const mu = Math.floor(lambda / 2)
    let plus = 0
    let plusSquares = 0
    let minus = 0
    let minusSquares = 0
    for (let k = 0; k < lambda; k++) {
      const w = Math.log((lambda + 1) / 2) - Math.log(k + 1)
      weights[k] = w
      if (k < mu) {
        plus += w
        plusSquares += w * w
      } else {
        minus -= w
        minusSquares += w * w
      }
    }
    const mueff = (plus * plus) / plusSquares
    const mueffMinus = (minus * minus) / minusSquares
    this.mueff = mueff
    this.cSigma = (mueff + 2) / (n + mueff + 5)
    this.dSigma = 1 + 2 * Math.max(0, Math.sqrt((mueff - 1) / (n + 1)) - 1) + this.cSigma
    this.cC = (4 + mueff / n) / (n + 4 + (2 * mueff) / n)
    this.c1 = 2 / ((n + 1.3) * (n + 1.3) + mueff)
    this.cMu = Math.min(1 - this.c1, (2 * (0.25 + mueff + 1 / mueff - 2)) / ((n + 2) * (n + 2) + mueff))
    const share = Math.min(
      1 + this.c1 / this.cMu,
      1 + (2 * mueffMinus) / (mueff + 2),
      (1 - this.c1 - this.cMu) / (n * this.cMu),
    )
    this.weightSum = 0
    for (let k = 0; k < lambda; k++) {
      weights[k] *= weights[k] >= 0 ? 1 / plus : share / minus
      this.weightSum += weights[k]
    }
    this.gap = Math.max(1, Math.floor(1 / (10 * n * (this.c1 + this.cMu))))
  }

  /** Both paths and the step size. Returns whether the path is short enough to learn from. */
  private followPaths(): boolean {
    const { n, step, white, sigmaPath, path, cSigma, cC, mueff } = this
    for (let i = 0; i < n; i++) white[i] = step[i]
    this.solve(white)
    const keep = Math.sqrt(cSigma * (2 - cSigma) * mueff)
    let squares = 0
    for (let i = 0; i < n; i++) {
      sigmaPath[i] = (1 - cSigma) * sigmaPath[i] + keep * white[i]
      squares += sigmaPath[i] * sigmaPath[i]
    }
    const length = Math.sqrt(squares)
    this.sigma *= Math.exp(Math.min(1, (cSigma / this.dSigma) * (length / this.chi - 1)))
    const warm = Math.sqrt(1 - (1 - cSigma) ** (2 * (this.generation + 1)))
    const straight = length / warm < (1.4 + 2 / (n + 1)) * this.chi
    const gain = straight ? Math.sqrt(cC * (2 - cC) * mueff) : 0
    for (let i = 0; i < n; i++) path[i] = (1 - cC) * path[i] + gain * step[i]
    return straight
  }

  /** The covariance: a step towards the path's direction, one towards the good points' and away from the bad ones'. */
  private adapt(straight: boolean): void {
    const { n, lambda, covariance, path, steps, weights, lengths, c1, cMu } = this
    const lost = straight ? 0 : c1 * this.cC * (2 - this.cC)
    const keep = 1 + lost - c1 - cMu * this.weightSum
    for (let i = 0; i < n; i++) {
      for (let j = 0; j <= i; j++) {
        covariance[i * n + j] = keep * covariance[i * n + j] + c1 * path[i] * path[j]
      }
    }
    for (let k = 0; k < lambda; k++) {
      // A bad step counts by its direction alone, or a long one could take more variance than there is.
      const w = cMu * (weights[k] >= 0 ? weights[k] : (weights[k] * n) / Math.max(1e-300, lengths[k]))
      for (let i = 0; i < n; i++) {
        const wi = w * steps[k * n + i]
        for (let j = 0; j <= i; j++) covariance[i * n + j] += wi * steps[k * n + j]
      }
    }
    for (let i = 0; i < n; i++) for (let j = 0; j < i; j++) covariance[j * n + i] = covariance[i * n + j]
  }

  /** The triangle of the covariance. What is no longer positive is not sound. */
  private factor(): void {
    const { n, covariance, triangle } = this
    this.stale = 0
    let least = Number.POSITIVE_INFINITY
    let most = 0
    for (let i = 0; i < n; i++) {
      for (let j = 0; j <= i; j++) {
        let sum = covariance[i * n + j]
        for (let k = 0; k < j; k++) sum -= triangle[i * n + k] * triangle[j * n + k]
        if (j < i) triangle[i * n + j] = sum / triangle[j * n + j]
        else {
          triangle[i * n + i] = Math.sqrt(sum)
          least = Math.min(least, sum)
          most = Math.max(most, sum)
        }
      }
    }
    this.sound = least > most * WORST && most < Number.POSITIVE_INFINITY
  }

  /**
   * Squared length of the step at `from`, measured in standard deviations. One from an older distribution may be absurdly
   * long in this one: it is shortened and keeps its direction.
   */
  private shorten(from: number): number {
    const { n, white, steps } = this
    for (let i = 0; i < n; i++) white[i] = steps[from + i]
    this.solve(white)
    let squares = 0
    for (let i = 0; i < n; i++) squares += white[i] * white[i]
    const most = Math.sqrt(n) + (2 * n) / (n + 2) + LONGER
    if (squares <= most * most) return squares
    const factor = most / Math.sqrt(squares)
    for (let i = 0; i < n; i++) steps[from + i] *= factor
    return most * most
  }

  /** Solves triangle * x = v in place. */
  private solve(v: Float64Array): void {
    const { n, triangle } = this
    for (let i = 0; i < n; i++) {
      let sum = v[i]
      for (let j = 0; j < i; j++) sum -= triangle[i * n + j] * v[j]
      v[i] = sum / triangle[i * n + i]
    }
  }
}
