/**
 * CMA-ES: generations of points from a normal distribution that learns the landscape's shape from ranks alone. For rugged
 * and ill-conditioned landscapes with 500 evaluations and more; before that others are ahead. When a run has nothing more
 * to learn, the next starts elsewhere with twice the points in a generation (IPOP), while budget is left.
 *
 * Points out of bounds are folded back like a mirror image, on a circle they are wrapped; the distribution itself knows
 * no bounds. Grids and choices are rounded positions: where all of a generation fall on equal losses the run is over.
 *
 * Nobody has to wait: answers count when they come, also those to points of an earlier generation.
 *
 * Source: Hansen 2016; Auger and Hansen 2005 (restarts).
 */
import type { Strategy, StrategyContext, StrategyDefinition } from "../Strategy.ts"
import { AnsweredByLoss } from "./AnsweredByLoss.ts"
import { CmaDistribution, defaultPoints, MOST_POINTS } from "./CmaDistribution.ts"
import { Starts } from "./Starts.ts"

/** First standard deviation, as a share of the cube's side. */
const SIGMA = 0.2
/** A run is over when its deviations are below this in every dimension. */
const TOLERANCE = 1e-10
/** It is over when the best of its last generations differ by less than this share of what the first generation's losses did. */
const FLATNESS = 1e-12
/** It is over after this many generations without a better one. */
const HISTORY = 10
/** Points out for an answer; beyond this many the oldest are forgotten. */
const PENDING = 512
/** Known points passed through in one ask before any unknown one is taken instead. */
const PASSES = 64

export class CmaEs extends AnsweredByLoss implements Strategy {
  move = "generation"
  readonly distribution: CmaDistribution
  private readonly starts: Starts
  private readonly start: Float64Array
  private runs = 0
  /** The generation's answered points as drawn, and their losses. */
  private readonly points: Float64Array
  private readonly losses = new Float64Array(MOST_POINTS)
  private readonly order = new Int32Array(MOST_POINTS)
  private answered = 0
  private readonly drawn: Float64Array
  /** Trials without an answer in the order asked, and their points as drawn. */
  private readonly pendingIds = new Float64Array(PENDING)
  private readonly pendingPoints: Float64Array
  private pendingCount = 0
  /** Spread of the first generation, and the best loss of the last generations. */
  private spread = 0
  private readonly recent: Float64Array

  constructor(context: StrategyContext) {
    super(context)
    const n = context.space.size
    this.distribution = new CmaDistribution(n)
    this.starts = new Starts(context)
    this.start = new Float64Array(n)
    this.points = new Float64Array(MOST_POINTS * n)
    this.drawn = new Float64Array(n)
    this.pendingPoints = new Float64Array(PENDING * n)
    this.recent = new Float64Array(HISTORY + Math.ceil((30 * n) / defaultPoints(n)))
    this.begin()
  }

  wantsAnswer(): boolean {
    return this.pendingCount + this.answered >= this.distribution.lambda
  }

  ask(id: number, out: Float64Array): boolean {
    for (let pass = 0; pass < PASSES; pass++) {
      this.distribution.sample(this.context.draw, this.drawn)
      this.express(this.drawn, out)
      const loss = this.known.loss(out)
      if (Number.isNaN(loss)) {
        this.move = "generation"
        this.await(id)
        return true
      }
      this.learn(this.drawn, loss)
    }
    this.move = "scout"
    this.known.drawUnread(out)
    return true
  }

  /** A drawn point as a point of the cube: wrapped on a circle, folded at bounds, on its grid. */
  private express(drawn: Float64Array, out: Float64Array): void {
    const { space } = this.context
    for (let i = 0; i < out.length; i++) {
      const x = drawn[i]
      if (space.periodic[i] === 1) out[i] = space.contain(i, x)
      else {
        const way = x - 2 * Math.floor(x / 2)
        out[i] = way > 1 ? 2 - way : way
      }
    }
    space.snap(out)
  }

  private await(id: number): void {
    if (this.pendingCount === PENDING) this.drop(0)
    this.pendingIds[this.pendingCount] = id
    this.pendingPoints.set(this.drawn, this.pendingCount * this.drawn.length)
    this.pendingCount++
  }

  protected answer(id: number, loss: number): void {
    const at = this.pendingIds.subarray(0, this.pendingCount).indexOf(id)
    if (at < 0) return
    const n = this.drawn.length
    this.drawn.set(this.pendingPoints.subarray(at * n, (at + 1) * n))
    this.drop(at)
    this.learn(this.drawn, loss)
  }

  private drop(at: number): void {
    const n = this.drawn.length
    this.pendingIds.copyWithin(at, at + 1, this.pendingCount)
    this.pendingPoints.copyWithin(at * n, (at + 1) * n, this.pendingCount * n)
    this.pendingCount--
  }

  /** One answer more; the last of a generation moves the distribution. */
  private learn(point: Float64Array, loss: number): void {
    const { distribution, losses, order } = this
    const n = this.drawn.length
    const place = this.answered++
    this.points.set(point, place * n)
    losses[place] = loss
    // Among equals the earlier first.
    let at = place
    for (; at > 0 && losses[order[at - 1]] > loss; at--) order[at] = order[at - 1]
    order[at] = place
    if (this.answered < distribution.lambda) return
    this.answered = 0
    const best = losses[order[0]]
    const worst = losses[order[distribution.lambda - 1]]
    distribution.update(this.points, order)
    if (this.over(best, worst)) this.begin()
  }

  private over(best: number, worst: number): boolean {
    const { distribution, recent } = this
    if (!distribution.sound || best === worst) return true
    let widest = 0
    for (let i = 0; i < distribution.n; i++) widest = Math.max(widest, distribution.deviation(i))
    if (widest < TOLERANCE) return true
    // Mirror images of the whole cube are no news.
    if (widest > 1) distribution.sigma /= widest
    if (distribution.generation === 1) this.spread = worst - best
    recent[distribution.generation % recent.length] = best
    if (distribution.generation < recent.length) return false
    let low = best
    let high = best
    for (let k = 0; k < recent.length; k++) {
      low = Math.min(low, recent[k])
      high = Math.max(high, recent[k])
    }
    return high - low <= FLATNESS * this.spread
  }

  private begin(): void {
    const { params } = this.context
    const first = Math.max(4, Math.floor(params.lambda ?? defaultPoints(this.drawn.length)))
    const lambda = Math.min(MOST_POINTS, first * 2 ** Math.min(16, this.runs++))
    this.starts.take(this.start)
    this.answered = 0
    // Points of the run before, should answers to them still come, would only confuse this one.
    this.pendingCount = 0
    this.distribution.begin(this.start, Math.min(1, Math.max(1e-6, params.sigma ?? SIGMA)), lambda)
  }
}

export const cmaEs: StrategyDefinition = {
  name: "cmaEs",
  summary: "CMA-ES with growing restarts; for rugged, ill-conditioned landscapes from 500 evaluations on.",
  params: ["lambda", "sigma"],
  make: (context) => new CmaEs(context),
}
