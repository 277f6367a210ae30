/**
 * The default: it begins with the quadratic trust region, whatever the landscape, and after the classification goes on with
 * what the label calls for. What made choosing pay was that a wrong choice is cheap: every route but the noisy ones comes
 * back to the trust region.
 *
 * - quadratic: the trust region to the end.
 * - curved: a short stage of the local surrogate, then a fresh trust region close around the incumbent. Losses that come
 *   in steps have no slopes to follow: TPE.
 * - noisy: the trust region while its box is coarse, then a simplex, which only compares; with hardly any noise the
 *   local surrogate to the end.
 * - choices in the space: TPE from the start, then the surrogate, which tries other choices too, then the trust region on
 *   the numbers. Under noise TPE to the end.
 */
import type { Classification, LandscapeLabel } from "../Classification.ts"
import type { DescentEvidence, Strategy, StrategyContext, StrategyDefinition } from "../Strategy.ts"
import { LocalRbf } from "./LocalRbf.ts"
import { NelderMead } from "./NelderMead.ts"
import { QuadraticTrustRegion } from "./QuadraticTrustRegion.ts"
import { Tpe } from "./Tpe.ts"

/** Share of the budget that a curved landscape's surrogate stage takes. */
const SURROGATE_SHARE = 0.15
/** Radius of the trust region that follows it. */
const POLISH_RADIUS = 0.015
/** Below this share of the probe's spread noise is only felt near the end: a surface through the readings copes. */
const NOISY = 0.002
/** Under more noise the trust region stops at this resolution, and the simplex that follows has this edge. */
const NOISY_RADIUS = 0.1
const NOISY_EDGE = 0.15
/** Share of the readings that equal another one from which on a landscape counts as stepped. */
const STEPPED = 0.3
/** Where there are choices: shares of the budget after which the surrogate and then the trust region take over. */
const CHOOSING_SHARE = 0.4
const CHOSEN_SHARE = 0.7

const TRUST = 0
const SURROGATE = 1
const POLISH = 2
const SIMPLEX = 3
const DENSITIES = 4

export class Auto implements Strategy {
  private readonly context: StrategyContext
  private readonly trust: QuadraticTrustRegion
  private active: Strategy
  private stage = TRUST
  private label: LandscapeLabel | null = null
  /** Grid points that gave no number: each stage is told of those before it, so that none asks for them again. */
  private readonly failed: Array<Float64Array> = []
  /** Readings after which the next stage begins. */
  private until = Number.POSITIVE_INFINITY

  constructor(context: StrategyContext) {
    this.context = context
    this.trust = new QuadraticTrustRegion(context)
    this.active = this.trust
    if (context.space.categorical) this.enter(DENSITIES)
  }

  get move(): string {
    return this.active.move
  }

  ask(id: number, out: Float64Array): boolean {
    this.advance()
    return this.active.ask(id, out)
  }

  tell(id: number, index: number): void {
    this.active.tell(id, index)
  }

  fail(id: number, unit: Float64Array): void {
    if (!this.context.space.continuous) this.failed.push(unit.slice())
    this.active.fail(id, unit)
  }

  wantsAnswer(): boolean {
    return this.active.wantsAnswer?.() ?? false
  }

  evidence(): DescentEvidence {
    return this.trust.evidence()
  }

  classified({ label }: Classification): void {
    this.label = label
    const { noise } = this.context
    if (this.stage !== TRUST) return
    if (label === "curved" && this.stepped()) this.enter(DENSITIES)
    else if (label === "curved" || (label === "noisy" && noise < NOISY)) this.enter(SURROGATE)
  }

  private advance(): void {
    const { readings, noise } = this.context
    if (this.stage === TRUST && this.label === "noisy" && this.trust.fine(NOISY_RADIUS)) this.enter(SIMPLEX)
    if (readings.count < this.until || noise > 0) return
    this.enter(this.stage === DENSITIES ? SURROGATE : POLISH)
  }

  private enter(stage: number): void {
    const { context } = this
    const { budget, readings, space } = context
    this.stage = stage
    this.until = Number.POSITIVE_INFINITY
    if (stage === SURROGATE) {
      this.until = space.categorical ? CHOSEN_SHARE * budget : readings.count + SURROGATE_SHARE * budget
      this.active = new LocalRbf(context)
    } else if (stage === POLISH) this.active = new QuadraticTrustRegion(context, POLISH_RADIUS)
    else if (stage === SIMPLEX) this.active = new NelderMead(context, { start: null, edge: NOISY_EDGE })
    else {
      if (space.categorical) this.until = CHOOSING_SHARE * budget
      this.active = new Tpe(context)
    }
    for (const unit of this.failed) this.active.fail(-1, unit)
  }

  /** Losses that come in steps: many readings of different points are equal. */
  private stepped(): boolean {
    const { losses, count } = this.context.readings
    const sorted = losses.slice(0, count).sort()
    let equal = 0
    for (let r = 1; r < count; r++) if (sorted[r] === sorted[r - 1]) equal++
    return equal > STEPPED * count
  }
}

export const auto: StrategyDefinition = {
  name: "auto",
  summary: "classifies the landscape and takes what fits: trust region, surrogate, simplex or TPE",
  make: (context) => new Auto(context),
}
