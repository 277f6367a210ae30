/**
 * The tree-structured Parzen estimator: one density of the good points and one of the rest, and the next point is where the
 * first is largest against the second. Slow to finish and hard to fool: the strategy for deceptive and step-like
 * landscapes, and for spaces with choices.
 *
 * Kernels are joint over the dimensions, one for each trial, with widths of their own. The good are the best tenth, 25 at
 * most, the rest the last 64 of the others. Points that are out for an answer count among the rest, so that a batch
 * spreads, and so do those that gave no number, so that it does not go where trials fail.
 *
 * Sources: Bergstra et al. 2011; Watanabe 2023; Optuna, whose defaults these are.
 */
import type { Strategy, StrategyContext, StrategyDefinition } from "../Strategy.ts"
import { GoodAndRest, MOST_GOOD, MOST_REST, PENDING } from "./GoodAndRest.ts"
import { KnownPoints } from "./KnownPoints.ts"
import { ParzenMixture } from "./ParzenMixture.ts"

/** Share of the readings that counts as good. */
const GAMMA = 0.1
/** The newest so many of the rest weigh alike. */
const FLAT = 25
const CANDIDATES = 24
/** Readings before the densities say anything; until then points are uniform. */
const STARTUP = 10

export class Tpe implements Strategy {
  move = "uniform"
  private readonly context: StrategyContext
  private readonly startup: number
  private readonly good: ParzenMixture
  private readonly rest: ParzenMixture
  private readonly known: KnownPoints
  private readonly parts: GoodAndRest
  /** Trials without an answer, the newest at the end; beyond this many the oldest are forgotten. */
  private readonly pendingIds = new Float64Array(MOST_REST)
  private readonly pendingUnits: Float64Array
  private pendingCount = 0
  /** The latest points without a number. */
  private readonly failedUnits: Float64Array
  private stale = true
  /** Dimension by dimension. */
  private readonly candidates: Float64Array
  private readonly scores = new Float64Array(CANDIDATES)

  constructor(context: StrategyContext) {
    const { space, params } = context
    const scott = Math.max(0, params.scott ?? 0)
    this.context = context
    this.parts = new GoodAndRest(context.readings, Math.min(1, Math.max(0, params.gamma ?? GAMMA)))
    this.startup = params.startup ?? STARTUP
    this.good = new ParzenMixture(space, MOST_GOOD, CANDIDATES, scott)
    this.rest = new ParzenMixture(space, MOST_REST, CANDIDATES, scott)
    this.known = new KnownPoints(context)
    this.pendingUnits = new Float64Array(MOST_REST * space.size)
    this.failedUnits = new Float64Array(MOST_REST * space.size)
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
    this.failedUnits.set(unit, this.parts.fail() * unit.length)
    this.stale = true
    this.forget(id)
  }

  /** Brings both densities up to what was read and asked since. */
  private update(): void {
    const { parts, good, rest } = this
    if (!this.stale && !parts.behind) return
    parts.part(this.pendingIds, this.pendingCount)
    this.fill(good, parts.goodKeys, parts.goodCount, MOST_GOOD)
    this.fill(rest, parts.restKeys, parts.restCount, FLAT)
    this.stale = false
  }

  private fill(mixture: ParzenMixture, keys: Float64Array, count: number, flat: number): void {
    const { units, dimensions } = this.context.readings
    mixture.match(keys, count)
    for (let k = 0; k < mixture.newCount; k++) {
      const key = mixture.newKeys[k]
      if (!Number.isInteger(key)) {
        mixture.load(mixture.newSlots[k], this.failedUnits, this.parts.failureOf(key) * dimensions)
      } else if (key < PENDING) mixture.load(mixture.newSlots[k], units, key * dimensions)
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
    for (let c = 0; c < CANDIDATES; c++) this.good.sample(this.context.draw, candidates, c, CANDIDATES)
    scores.fill(0)
    this.good.addLogDensity(candidates, scores, 1)
    this.rest.addLogDensity(candidates, scores, -1)
    this.move = "density"
    let first = -1
    for (let tries = 0; tries < CANDIDATES; tries++) {
      let top = 0
      for (let c = 1; c < CANDIDATES; c++) if (scores[c] > scores[top]) top = c
      for (let i = 0; i < d; i++) out[i] = candidates[i * CANDIDATES + top]
      if (Number.isNaN(this.known.loss(out))) return
      if (first < 0) first = top
      scores[top] = Number.NEGATIVE_INFINITY
    }
    this.uniform(out)
  }

  private uniform(out: Float64Array): void {
    this.move = "uniform"
    this.known.drawUnread(out)
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
  params: ["gamma", "scott", "startup"],
  make: (context) => new Tpe(context),
}
