/**
 * The tree-structured Parzen estimator: one density of the good points and one of the rest, and the next point is where the
 * first is largest against the second. Slow to finish and hard to fool: the strategy for deceptive and step-like
 * landscapes, and for spaces with choices.
 *
 * Kernels are joint over the dimensions, one for each trial, with widths of their own. The good are the best tenth, 25 at
 * most, the rest the last 64 of the others. Points that are out for an answer count among the rest, so that a batch
 * spreads.
 *
 * Sources: Bergstra et al. 2011; Watanabe 2023; Optuna, whose defaults these are.
 */
import type { Strategy, StrategyContext, StrategyDefinition } from "../Strategy.ts"
import { KnownPoints } from "./KnownPoints.ts"
import { ParzenMixture } from "./ParzenMixture.ts"

/** Share of the readings that counts as good. */
const GAMMA = 0.1
const MOST_GOOD = 25
const MOST_REST = 64
/** The newest so many of the rest weigh alike. */
const FLAT = 25
const CANDIDATES = 24
/** Readings before the densities say anything; until then points are uniform. */
const STARTUP = 10
/** Keys of points without an answer: behind every reading, in the order asked. */
const PENDING = 2 ** 40
const DRAWS = 16

export class Tpe implements Strategy {
  move = "uniform"
  private readonly context: StrategyContext
  private readonly gamma: number
  private readonly startup: number
  private readonly good: ParzenMixture
  private readonly rest: ParzenMixture
  private readonly known: KnownPoints
  /** The best readings, best first; the good ones lead. */
  private readonly best = new Int32Array(MOST_GOOD)
  private bestCount = 0
  private seen = 0
  /** Trials without an answer, the newest at the end; beyond this many the oldest are forgotten. */
  private readonly pendingIds = new Float64Array(MOST_REST)
  private readonly pendingUnits: Float64Array
  private pendingCount = 0
  private stale = true
  private readonly goodKeys = new Float64Array(MOST_GOOD)
  private readonly restKeys = new Float64Array(MOST_REST)
  private readonly candidates: Float64Array
  private readonly scores = new Float64Array(CANDIDATES)

  constructor(context: StrategyContext) {
    const { space, params } = context
    const scott = params.scott ?? 0
    this.context = context
    this.gamma = Math.min(1, Math.max(0, params.gamma ?? GAMMA))
    this.startup = params.startup ?? STARTUP
    this.good = new ParzenMixture(space, MOST_GOOD, scott)
    this.rest = new ParzenMixture(space, MOST_REST, scott)
    this.known = new KnownPoints(context)
    this.pendingUnits = new Float64Array(MOST_REST * space.size)
    this.candidates = new Float64Array(CANDIDATES * space.size)
  }

  wantsAnswer(): boolean {
    return this.pendingCount > 0 && this.context.readings.count + this.pendingCount >= this.startup
  }

  ask(id: number, out: Float64Array): boolean {
    const { space, readings } = this.context
    if (readings.count === 0 || readings.count + this.pendingCount < this.startup) this.uniform(out)
    else {
      this.update()
      this.pick(out)
    }
    space.snap(out)
    this.await(id, out)
    return true
  }

  tell(id: number, _index: number): void {
    this.forget(id)
  }

  fail(id: number, unit: Float64Array): void {
    this.known.failed(unit)
    this.forget(id)
  }

  /** Brings both densities up to what was read and asked since. */
  private update(): void {
    const { readings } = this.context
    if (this.seen < readings.count) this.stale = true
    if (!this.stale) return
    for (; this.seen < readings.count; this.seen++) this.rank(this.seen)
    const goods = Math.min(this.bestCount, Math.ceil(this.gamma * readings.count))
    this.fill(this.good, this.goodKeys, this.collectGood(goods), MOST_GOOD)
    this.fill(this.rest, this.restKeys, this.collectRest(goods), FLAT)
    this.stale = false
  }

  /** Takes a reading in among the best, or not. Of equals the earlier is better. */
  private rank(reading: number): void {
    const { best } = this
    const { losses } = this.context.readings
    const loss = losses[reading]
    if (this.bestCount === MOST_GOOD && !(loss < losses[best[MOST_GOOD - 1]])) return
    let at = this.bestCount < MOST_GOOD ? this.bestCount++ : MOST_GOOD - 1
    for (; at > 0 && losses[best[at - 1]] > loss; at--) best[at] = best[at - 1]
    best[at] = reading
  }

  /** Keys of the good, falling. */
  private collectGood(goods: number): number {
    const keys = this.goodKeys
    for (let k = 0; k < goods; k++) {
      let at = k
      for (; at > 0 && keys[at - 1] < this.best[k]; at--) keys[at] = keys[at - 1]
      keys[at] = this.best[k]
    }
    return goods
  }

  /** Keys of the rest, falling: points without an answer, then the last readings that are not good. */
  private collectRest(goods: number): number {
    const { goodKeys, restKeys } = this
    let count = 0
    for (let p = this.pendingCount - 1; p >= 0; p--) restKeys[count++] = PENDING + this.pendingIds[p]
    for (let r = this.context.readings.count - 1, g = 0; r >= 0 && count < MOST_REST; r--) {
      if (g < goods && goodKeys[g] === r) g++
      else restKeys[count++] = r
    }
    return count
  }

  private fill(mixture: ParzenMixture, keys: Float64Array, count: number, flat: number): void {
    const { units, dimensions } = this.context.readings
    mixture.match(keys, count)
    for (let k = 0; k < mixture.newCount; k++) {
      const key = mixture.newKeys[k]
      if (key < PENDING) mixture.load(mixture.newSlots[k], units, key * dimensions)
      else {
        const p = this.pendingIds.indexOf(key - PENDING)
        mixture.load(mixture.newSlots[k], this.pendingUnits, p * dimensions)
      }
    }
    mixture.refresh(flat)
  }

  /** The candidate of the good density at which it is largest against the other, and which nobody read. */
  private pick(out: Float64Array): void {
    const { candidates, scores } = this
    const d = out.length
    for (let c = 0; c < CANDIDATES; c++) this.good.sample(this.context.draw, candidates, c * d)
    scores.fill(0)
    this.good.addLogDensity(candidates, CANDIDATES, scores, 1)
    this.rest.addLogDensity(candidates, CANDIDATES, scores, -1)
    this.move = "density"
    let first = -1
    for (let tries = 0; tries < CANDIDATES; tries++) {
      let top = 0
      for (let c = 1; c < CANDIDATES; c++) if (scores[c] > scores[top]) top = c
      for (let i = 0; i < d; i++) out[i] = candidates[top * d + i]
      if (Number.isNaN(this.known.loss(out))) return
      if (first < 0) first = top
      scores[top] = Number.NEGATIVE_INFINITY
    }
    this.uniform(out)
  }

  private uniform(out: Float64Array): void {
    this.move = "uniform"
    for (let k = 0; k < DRAWS; k++) {
      for (let i = 0; i < out.length; i++) out[i] = this.context.draw.uniform()
      if (Number.isNaN(this.known.loss(out))) return
    }
  }

  private await(id: number, unit: Float64Array): void {
    if (this.pendingCount === MOST_REST) this.drop(0)
    this.pendingIds[this.pendingCount] = id
    this.pendingUnits.set(unit, this.pendingCount * unit.length)
    this.pendingCount++
    this.stale = true
  }

  private forget(id: number): void {
    const at = this.pendingIds.subarray(0, this.pendingCount).indexOf(id)
    if (at >= 0) this.drop(at)
  }

  private drop(at: number): void {
    const d = this.context.space.size
    this.pendingIds.copyWithin(at, at + 1, this.pendingCount)
    this.pendingUnits.copyWithin(at * d, (at + 1) * d, this.pendingCount * d)
    this.pendingCount--
    this.stale = true
  }
}

export const tpe: StrategyDefinition = {
  name: "tpe",
  summary:
    "Tree-structured Parzen estimator with joint kernels; for deceptive landscapes and spaces with choices.",
  make: (context) => new Tpe(context),
}
