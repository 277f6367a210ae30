/**
 * The quadratic trust region as a strategy: a descent from the best point known, then further ones from the incumbent and
 * from anywhere, in turn, until the budget is spent. The default wherever numbers are tuned: few evaluations, and exact
 * where the landscape is smooth.
 */
import type { DescentEvidence, Strategy, StrategyContext, StrategyDefinition } from "../Strategy.ts"
import { KnownPoints } from "./KnownPoints.ts"
import { Starts } from "./Starts.ts"
import { TrustRegion } from "./TrustRegion.ts"

/** First radius, in unit space. */
const FIRST_RADIUS = 0.3
/** What the option `radius` may be. */
const WIDEST_RADIUS = 0.5
const NARROWEST_RADIUS = 1e-6
/** Radius about which restarts at the incumbent vary, by a factor of 2 either way. */
const RESTART_RADIUS = 0.15
/** First radius of restarts elsewhere; in few dimensions near places differ more than in many. */
const ELSEWHERE_RADIUS = 0.3
const ELSEWHERE_RADIUS_OF_FEW = 0.1
const FEW = 2
/** A restart that is this fine and promises no lead is dropped. */
const FINE = 0.03
/** A descent ended at a bottom where its box is at most this many times longer than wide and its latest steps kept so many promises. */
const ROUND = 5
const KEPT_AT_BOTTOM = 0.6
/** How many times its last promise a restart is trusted with. */
const TRUSTED_STEPS = 3

export class QuadraticTrustRegion implements Strategy {
  readonly descent: TrustRegion
  /** Descents begun. */
  descents = 0
  /** When set, it waits for `goOn` wherever a descent has ended. */
  pausing = false
  paused = false
  private readonly context: StrategyContext
  private readonly point: Float64Array
  private readonly radius: number
  private readonly starts: Starts
  private readonly known: KnownPoints
  private byChance = false
  /** The descent before has found the bottom here: finer than `FINE` there is nothing new. */
  private bottomKnown = false
  private shares: DescentEvidence = { keptPromises: Number.NaN, steps: 0 }
  /** Loss of the incumbent that a restart has been made at: another at the same one would learn the same. */
  private visited = Number.NaN

  /** @param radius first radius of the first descent */
  constructor(context: StrategyContext, radius?: number) {
    this.context = context
    const wanted = radius ?? context.params["radius"] ?? FIRST_RADIUS
    this.radius = Math.min(WIDEST_RADIUS, Math.max(NARROWEST_RADIUS, wanted))
    this.point = new Float64Array(context.space.size)
    this.descent = new TrustRegion(context)
    this.starts = new Starts(context)
    this.known = new KnownPoints(context)
  }

  get move(): string {
    return this.byChance ? "uniform" : this.descent.move
  }

  ask(id: number, out: Float64Array): boolean {
    this.byChance = false
    const { descent } = this
    if (this.descents === 0) this.begin()
    // A descent may end at once where the grid is known all over: then any point is as good as another.
    for (let tries = 0; tries < 3; tries++) {
      if (descent.overtaken || this.hopeless()) descent.drop()
      if (descent.ask(id, out)) return true
      if (!descent.ended) return false
      if (this.pausing) {
        this.paused = true
        return false
      }
      this.begin()
    }
    this.byChance = true
    this.known.drawUnread(out)
    return true
  }

  spare(_id: number, out: Float64Array): boolean {
    return this.descent.spare(out)
  }

  tell(id: number, index: number): void {
    this.descent.tell(id, index)
  }

  fail(id: number, unit: Float64Array): void {
    this.known.failed(unit)
    this.descent.fail(id, unit)
  }

  /**
   * Ends a pause, or the descent it is at, and begins the next one; `elsewhere` than at the incumbent if so.
   *
   * @param radius first radius, where the next one begins at the incumbent
   */
  goOn(elsewhere: boolean, radius?: number): void {
    const { readings } = this.context
    this.paused = false
    if (elsewhere && readings.lowest >= 0) this.visited = readings.losses[readings.lowest]
    this.descent.drop()
    this.begin(radius)
  }

  reach(): ReadonlyArray<number> | null {
    return this.descent.reach()
  }

  evidence(): DescentEvidence {
    if (this.descents <= 1) this.shares = this.descent.promises.evidence()
    return this.shares
  }

  private begin(radius?: number): void {
    const { readings, draw, space } = this.context
    if (this.descents === 1) this.shares = this.descent.promises.evidence()
    const restart = this.descents++
    const incumbent = readings.lowest
    if (incumbent < 0) {
      this.point.fill(0.5)
      space.snap(this.point)
      this.descent.begin(this.point, Number.NaN, this.radius)
      return
    }
    const loss = readings.losses[incumbent]
    this.bottomKnown = false
    if (restart > 0 && loss === this.visited && !this.descent.overtaken) {
      const start = this.starts.take(this.point)
      space.snap(this.point)
      this.descent.begin(this.point, start, space.size <= FEW ? ELSEWHERE_RADIUS_OF_FEW : ELSEWHERE_RADIUS)
      return
    }
    if (restart > 0) {
      this.visited = loss
      this.bottomKnown = this.descent.loss === loss && this.endedRound()
    }
    readings.read(incumbent, this.point)
    this.starts.avoid(this.point)
    this.descent.begin(
      this.point,
      loss,
      restart === 0 ? this.radius : (radius ?? RESTART_RADIUS * 2 ** (2 * draw.uniform() - 1)),
    )
  }

  /** The descent has ended at the bottom of something round. In a long valley it may as well have got stuck. */
  private endedRound(): boolean {
    const { noise, space } = this.context
    if (noise > 0 || !(this.descent.elongation <= ROUND)) return false
    return !(this.descent.promises.keptOf(8 + space.size) < KEPT_AT_BOTTOM)
  }

  /** A restart that is already fine and would stay above the incumbent, or come to its bottom again. */
  private hopeless(): boolean {
    const { descent } = this
    if (this.descents <= 1 || !descent.stepping || descent.rho > FINE) return false
    const { readings } = this.context
    const lowest = readings.losses[readings.lowest]
    if (this.bottomKnown && lowest >= this.visited) return true
    return descent.loss - TRUSTED_STEPS * descent.promised > lowest
  }
}

export const quadraticTrustRegion: StrategyDefinition = {
  name: "quadraticTrustRegion",
  summary: "quadratic models in a shrinking box, with restarts: few evaluations, exact on smooth landscapes",
  params: ["radius"],
  make: (context) => new QuadraticTrustRegion(context),
}
