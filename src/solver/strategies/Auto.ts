/**
 * The default: it begins with the quadratic trust region, whatever the landscape, and after the classification goes on with
 * what the label calls for. What made choosing pay was that a wrong choice is cheap.
 *
 * - quadratic: the trust region to the end.
 * - curved: a short stage of the local surrogate, then a fresh trust region close around the incumbent. In two dimensions
 *   a simplex to the end, which walks along edges and bends. Losses that come in steps have no slopes to follow: TPE.
 * - noisy: the trust region while its box is coarse, then a simplex, which only compares; with hardly any noise the
 *   simplex at once, and in many dimensions the local surrogate.
 * - a budget below the stencil: the local surrogate from the start.
 * - regions that fail: a model learns nothing from a failure. When half of the latest trials failed the simplex takes over,
 *   or in many dimensions the surrogate.
 * - choices in the space: a search like this one within each combination of them that is worth a look; see `Choices`.
 */
import type { Classification, LandscapeLabel } from "../Classification.ts"
import { recommendations } from "../recommend.ts"
import type { DescentEvidence, Strategy, StrategyContext, StrategyDefinition } from "../Strategy.ts"
import { Choices } from "./Choices.ts"
import { LocalRbf } from "./LocalRbf.ts"
import { NelderMead } from "./NelderMead.ts"
import { QuadraticTrustRegion } from "./QuadraticTrustRegion.ts"
import { Tpe } from "./Tpe.ts"

/** Share of the budget that a curved landscape's surrogate stage takes. */
const SURROGATE_SHARE = 0.15
/** Radius of the trust region that follows it. */
const POLISH_RADIUS = 0.015
/** Below this share of the probe's spread noise is only felt near the end. */
const NOISY = 0.002
/** Under more noise the trust region stops at this resolution, and the simplex that follows has this edge. */
const NOISY_RADIUS = 0.1
/** Edge of a simplex that begins where a trust region was. */
const EDGE = 0.15
/** Edge of one that begins among failures: small, so that it keeps to the side that works. */
const CAUTIOUS_EDGE = 0.1
/** Share of the readings off the stencil that equal another one from which on a landscape counts as stepped. */
const STEPPED = 0.3
/** Dimensions in which a simplex is the better second stage on a curved landscape: these, and neither fewer nor more; */
const FEW_CURVED = 2
/** with hardly any noise: up to so many; and among failures: up to so many. */
const FEW_NOISY = 3
const FEW_FAILING = 5
/** Share of the latest trials that failed from which on the trust region gives way. */
const FAILING = 0.5
/** With the option `reread`: so many of the best points are read again, in turn. */
const REREAD_POINTS = 5

const TRUST = 0
const SURROGATE = 1
const POLISH = 2
const SIMPLEX = 3
const DENSITIES = 4
const CHOICES = 5

export class Auto implements Strategy {
  private readonly context: StrategyContext
  private readonly trust: QuadraticTrustRegion
  private active: Strategy
  private stage = TRUST
  private label: LandscapeLabel | null = null
  /** Points that gave no number: each stage is told of those before it. */
  private readonly failed: Array<Float64Array> = []
  /** 1 for each of the latest trials that failed, as many as a stencil has points; and how many that are. */
  private readonly outcomes: Uint8Array
  private answered = 0
  private failing = 0
  /** Trials of the stencil: their losses are equal by symmetry wherever the dimensions are alike, steps or none. */
  private readonly stencil = new Set<number>()
  /** Readings after which the next stage begins. */
  private until = Number.POSITIVE_INFINITY
  /** Readings whose points are read again in the end; null until then. */
  private rereading: ReadonlyArray<number> | null = null
  private rereads = 0

  constructor(context: StrategyContext) {
    const { space } = context
    const stencil = 2 * space.size + 1
    this.context = context
    this.trust = new QuadraticTrustRegion(context)
    this.active = this.trust
    this.outcomes = new Uint8Array(stencil)
    if (space.categorical) this.enter(CHOICES)
    else if (context.remaining() < stencil) this.enter(SURROGATE, Number.POSITIVE_INFINITY)
  }

  get move(): string {
    return this.rereading === null ? this.active.move : "reread"
  }

  ask(id: number, out: Float64Array): boolean {
    if (this.reread(out)) return true
    this.advance()
    const given = this.active.ask(id, out)
    if (given && this.label === null && this.active.move === "stencil") this.stencil.add(id)
    return given
  }

  tell(id: number, index: number): void {
    if (id >= 0) this.note(0)
    this.active.tell(id, index)
  }

  fail(id: number, unit: Float64Array): void {
    this.failed.push(unit.slice())
    this.active.fail(id, unit)
    if (id < 0) return
    this.note(1)
    const modelled = this.stage === TRUST || this.stage === POLISH || this.stage === SURROGATE
    if (modelled && this.failing > FAILING * this.outcomes.length) this.avoid()
  }

  wantsAnswer(): boolean {
    return this.active.wantsAnswer?.() ?? false
  }

  evidence(): DescentEvidence {
    return this.trust.evidence()
  }

  classified(classification: Classification): void {
    const { label } = classification
    const { noise, space } = this.context
    this.label = label
    this.active.classified?.(classification)
    if (this.stage !== TRUST) return
    if (label === "curved") {
      if (this.stepped()) this.enter(DENSITIES)
      else if (space.size === FEW_CURVED) this.enter(SIMPLEX)
      else this.enter(SURROGATE, this.context.readings.count + SURROGATE_SHARE * this.context.budget)
    } else if (label === "noisy" && noise < NOISY) {
      if (space.size <= FEW_NOISY) this.enter(SIMPLEX)
      else this.enter(SURROGATE)
    }
  }

  /** Under noise, with the last evaluations: reads the best points again, so that the choice among them rests on more. */
  private reread(out: Float64Array): boolean {
    const { noise, params, readings, space, remaining } = this.context
    if (!(noise > 0) || remaining() > (params["reread"] ?? 0) || readings.count === 0) return false
    this.rereading ??= recommendations(readings, space, noise, REREAD_POINTS).map(({ index }) => index)
    readings.read(this.rereading[this.rereads++ % this.rereading.length], out)
    return true
  }

  private advance(): void {
    if (this.stage === TRUST && this.label === "noisy" && this.trust.fine(NOISY_RADIUS)) this.enter(SIMPLEX)
    if (this.context.readings.count >= this.until) this.enter(POLISH)
  }

  /** Too much fails: what only compares, or needs no stencil, goes on. */
  private avoid(): void {
    const few = this.context.space.size <= FEW_FAILING
    if (few) this.enter(SIMPLEX, Number.POSITIVE_INFINITY, CAUTIOUS_EDGE)
    else if (this.stage !== SURROGATE) this.enter(SURROGATE)
    else this.until = Number.POSITIVE_INFINITY
  }

  /** @param until readings after which the trust region polishes; never when omitted */
  private enter(stage: number, until = Number.POSITIVE_INFINITY, edge = EDGE): void {
    const { context } = this
    this.stage = stage
    this.until = until
    if (stage === SURROGATE) this.active = new LocalRbf(context)
    else if (stage === POLISH) this.active = new QuadraticTrustRegion(context, POLISH_RADIUS)
    else if (stage === SIMPLEX) this.active = new NelderMead(context, { start: null, edge })
    else if (stage === DENSITIES) this.active = new Tpe(context)
    else this.active = new Choices(context, (own) => new Auto(own))
    for (const unit of this.failed) this.active.fail(-1, unit)
  }

  private note(outcome: number): void {
    const at = this.answered++ % this.outcomes.length
    this.failing += outcome - this.outcomes[at]
    this.outcomes[at] = outcome
  }

  /** Losses that come in steps: many readings of different points are equal. */
  private stepped(): boolean {
    const { losses, ids, count } = this.context.readings
    const sorted = losses
      .slice(0, count)
      .filter((_, r) => !this.stencil.has(ids[r]))
      .sort()
    let equal = 0
    for (let r = 1; r < sorted.length; r++) if (sorted[r] === sorted[r - 1]) equal++
    return equal > STEPPED * sorted.length
  }
}

export const auto: StrategyDefinition = {
  name: "auto",
  summary: "classifies the landscape and takes what fits: trust region, surrogate, simplex or TPE",
  params: ["gamma", "radius", "reread", "scott", "startup"],
  make: (context) => new Auto(context),
}
