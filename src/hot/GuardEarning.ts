/**
 * How a base earns to be the baseline: a stay of forty calm windows that is better than the baseline in both halves and at rest, for a
 * plant with memory is not judged while it still moves. The standard errors come from means of four windows, so that
 * correlated noise counts as what it is.
 */
import { GUARD_NOTHING, GUARD_PROMOTE } from "./codes.ts"
import {
  CALM_MEANS,
  GV_ANCHOR,
  GV_RESULT,
  GV_WAY,
  G_CALM,
  G_CALM_SINCE_US,
  G_CALM_SUM,
  G_LAST_US,
  G_LEVELS,
  G_MEANS,
  G_REFERENCE,
  G_SEEN,
  LEVELS,
} from "./guardLayout.ts"
import { GuardBlock } from "./GuardBlock.ts"

/** A stay that earns a baseline: windows, windows a mean, and how far the base may wander in it, unit space. */
const CALM_WINDOWS = 40
const CALM_WIDTH = CALM_WINDOWS / CALM_MEANS
const CALM_RADIUS = 0.1
const CALM_SIGMAS = 2

/** Earns baselines; see `RunawayGuard`. */
export class GuardEarning extends GuardBlock {
  /** A stay at rest that is better than the baseline, both halves of it, becomes the baseline. */
  protected earn(b: Float64Array, base: Float64Array, stableUs: number): number {
    if (b[G_CALM] > 0 && this.hasWandered(b, base)) b[G_CALM] = 0
    if (b[G_CALM] === 0) {
      b[G_CALM_SINCE_US] = b[G_LAST_US]
      b[G_CALM_SUM] = 0
      this.keep(b, GV_ANCHOR, base)
      b.fill(0, this.at(GV_WAY), this.at(GV_WAY) + this.n)
    }
    const anchor = this.at(GV_ANCHOR)
    const way = this.at(GV_WAY)
    for (let i = 0; i < this.n; i++) b[way + i] += this.table.difference(i, b[anchor + i], base[i])
    // Sums of what lies above the reference, so that no offset costs digits.
    b[G_CALM_SUM] += b[G_LEVELS + ((b[G_SEEN] - 1) % LEVELS)] - b[G_REFERENCE]
    b[G_CALM]++
    if (b[G_CALM] % CALM_WIDTH === 0) {
      b[G_MEANS + b[G_CALM] / CALM_WIDTH - 1] = b[G_CALM_SUM] / CALM_WIDTH
      b[G_CALM_SUM] = 0
    }
    if (b[G_CALM] < CALM_WINDOWS) return GUARD_NOTHING
    b[G_CALM] = 0
    if (b[G_LAST_US] - b[G_CALM_SINCE_US] < stableUs) return GUARD_NOTHING
    return this.hasEarned(b) ? this.promote(b) : GUARD_NOTHING
  }

  protected hasEarned(b: Float64Array): boolean {
    const half = CALM_MEANS / 2
    let first = 0
    let second = 0
    let square = 0
    for (let k = 0; k < CALM_MEANS; k++) {
      const mean = b[G_MEANS + k]
      if (k < half) first += mean
      else second += mean
    }
    first /= half
    second /= half
    for (let k = 0; k < CALM_MEANS; k++) {
      const away = b[G_MEANS + k] - (k < half ? first : second)
      square += away * away
    }
    const error = Math.sqrt(square / (CALM_MEANS - 2) / half)
    const atRest = second - first <= CALM_SIGMAS * Math.SQRT2 * error
    const worse = Math.max(first, second)
    if (!atRest || !(worse < -CALM_SIGMAS * error)) return false
    b[G_REFERENCE] += worse
    return true
  }

  protected promote(b: Float64Array): number {
    const anchor = this.at(GV_ANCHOR)
    const way = this.at(GV_WAY)
    const result = this.at(GV_RESULT)
    for (let i = 0; i < this.n; i++)
      b[result + i] = this.table.snap(i, this.table.contain(i, b[anchor + i] + b[way + i] / CALM_WINDOWS))
    return GUARD_PROMOTE
  }

  protected hasWandered(b: Float64Array, base: Float64Array): boolean {
    const anchor = this.at(GV_ANCHOR)
    for (let i = 0; i < this.n; i++) {
      const way = this.table.difference(i, b[anchor + i], base[i])
      if (way > CALM_RADIUS || way < -CALM_RADIUS) return true
    }
    return false
  }
}
