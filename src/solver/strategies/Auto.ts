/**
 * The default: it begins with the quadratic trust region, whatever the landscape, and goes on with what the label calls
 * for. What made choosing pay was that a wrong choice is cheap; and the label is an opinion, which later steps revoke.
 *
 * - quadratic: the trust region, with restarts. Where descents have ended, a scan along the axes, which is over soon where
 *   the losses are no sum of a part for each parameter; see `AxisScan`.
 * - curved: the trust region too, until a descent ends with its promises broken: then a simplex from its best point, which
 *   walks along edges and bends, and when that finds nothing better the trust region elsewhere. In many dimensions with few
 *   evaluations first a short stage of the local surrogate, then a fresh trust region close around the incumbent.
 * - losses that come in steps have no slopes to follow: in two dimensions a simplex, else an evolution strategy, or TPE where
 *   the budget is too small for one.
 * - noisy: a Gaussian process from the start, then a simplex and a local surrogate in turn; see `NoisySearch`. With hardly any
 *   noise the trust region until the landscape is classified; then in two dimensions that search, in three a simplex, in more
 *   the local surrogate, in turn with a simplex.
 * - a budget below the stencil: the local surrogate from the start.
 * - regions that fail: a model learns nothing from a failure. When half of the latest trials failed the simplex takes over,
 *   or in many dimensions the surrogate.
 * - choices in the space: a search like this one within each combination of them that is worth a look; see `Choices`.
 */
import type { Classification, LabelChange } from "../Classification.ts"
import { recommendations } from "../recommend.ts"
import type { DescentEvidence, Strategy, StrategyContext, StrategyDefinition } from "../Strategy.ts"
import { AxisScan } from "./AxisScan.ts"
import { Choices } from "./Choices.ts"
import { CmaEs } from "./CmaEs.ts"
import { LabelHistory } from "./LabelHistory.ts"
import { LocalRbf } from "./LocalRbf.ts"
import { NelderMead } from "./NelderMead.ts"
import { NoisySearch, surrogateFirst } from "./NoisySearch.ts"
import { QuadraticTrustRegion } from "./QuadraticTrustRegion.ts"
import { Tpe } from "./Tpe.ts"

/** Share of the budget that a curved landscape's surrogate stage takes. */
const SURROGATE_SHARE = 0.15
/** Radius of the trust region that follows it. */
const POLISH_RADIUS = 0.015
/** Below this share of the probe's spread noise is only felt near the end. */
const NOISY = 0.002
/** Edge of a simplex that begins where a trust region was. */
const EDGE = 0.15
/** Edge of one that begins among failures: small, so that it keeps to the side that works. */
const CAUTIOUS_EDGE = 0.1
/** Share of the readings off the stencil that equal another one from which on a landscape counts as stepped. */
const STEPPED = 0.3
/** Most dimensions in which a simplex is the better second stage on a curved landscape. */
const FEW_CURVED = 2
/** With hardly any noise: most dimensions in which a search with a model of the noise is the better second stage. */
const FEW_MODELLED = 2
/** With hardly any noise: most dimensions in which, beyond those, a simplex is. */
const FEW_NOISY = 3
/** Most dimensions in which a simplex is the better second stage where much fails. */
const FEW_FAILING = 5
/** A curved landscape gets the surrogate stage from so many dimensions on. */
const MANY_CURVED = 4
/** Evaluations a dimension up to which it gets that stage; in many dimensions more. With a larger budget frames and restarts earn more. */
const SURROGATE_EVALUATIONS = 20
const SURROGATE_EVALUATIONS_OF_MANY = 30
const MANY = 10
/** The trust region gives way where its latest steps kept fewer promises than this: in two dimensions at any time, else at a descent's end. */
const BROKEN_OF_FEW = 0.2
const BROKEN_AT_END = 0.25
/** Below this share of kept promises it is worth looking whether the losses come in steps; above that one the landscape is quadratic. */
const BROKEN = 0.3
const KEPT = 0.5
/** Dimensions in which a simplex can take over: up to so many. */
const MOST_FOR_SIMPLEX = 12
/** Readings without a better one, in times d + 1, after which it gives back. */
const PATIENCE = 20
/** Readings left, by dimension, from which on an evolution strategy is worth its while where losses come in steps. */
const EVOLVE = 45
/** Edge of a simplex on steps: it has to reach over one. */
const STEP_EDGE = 0.3
/** Readings that the search for steps looks at, the newest. */
const LOOKED_AT = 256
/** Share of the latest trials that failed from which on the trust region gives way. */
const FAILING = 0.5
/** Times d + 1 that workers found nothing to do after which no simplex is at work: it can use no more than one of them. */
const CROWDED = 3
/** A scan begins after so many descents, where so many evaluations are left for each dimension; first radius of the descent after it. */
const DESCENTS = 2
const SCANNED = 15
const SCAN_RADIUS = 0.1
/** With the option `reread`: so many of the best points are read again, in turn. */
const REREAD_POINTS = 5

const TRUST = 0
const SURROGATE = 1
const POLISH = 2
const SIMPLEX = 3
const DENSITIES = 4
const CHOICES = 5
const EVOLUTION = 6
const NOISE = 7
const SCAN = 8

export class Auto implements Strategy {
  private readonly context: StrategyContext
  /** The first trust region, whose evidence the classification hears, and the one that is or was at work. */
  private readonly first: QuadraticTrustRegion
  private trust: QuadraticTrustRegion
  private active: Strategy
  private stage = TRUST
  private readonly labels = new LabelHistory()
  /** Loss of the incumbent that a simplex has started from: a second one there would learn the same. */
  private walked = Number.NaN
  /** Loss of the incumbent that a scan has begun at. */
  private scanned = Number.NaN
  /** The simplex is a detour of the trust region, and readings when its best was last bettered. */
  private detour = false
  private bestLoss = Number.POSITIVE_INFINITY
  private betteredAt = 0
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
  /** Points that were given to workers who would have been idle. */
  private spares = 0

  constructor(context: StrategyContext) {
    const { space } = context
    const stencil = 2 * space.size + 1
    this.context = context
    this.first = new QuadraticTrustRegion(context)
    this.trust = this.first
    this.active = this.trust
    this.outcomes = new Uint8Array(stencil)
    if (space.categorical) this.enter(CHOICES)
    else if (context.noise >= NOISY) this.enter(NOISE)
    else if (context.remaining() < stencil) this.enter(SURROGATE, Number.POSITIVE_INFINITY)
  }

  get move(): string {
    return this.rereading === null ? this.active.move : "reread"
  }

  ask(id: number, out: Float64Array): boolean {
    if (this.reread(out)) return true
    this.advance()
    let given = this.active.ask(id, out)
    if (!given && this.active === this.trust && this.trust.paused) {
      this.afterDescent()
      // On a grid that is known all over descents end at once: now it has to give some point.
      this.trust.pausing = false
      given = this.active.ask(id, out)
      this.trust.pausing = true
    }
    if (given && this.labels.label === null && this.active.move === "stencil") this.stencil.add(id)
    return given
  }

  tell(id: number, index: number): void {
    if (id >= 0) this.note(0)
    this.active.tell(id, index)
  }

  fail(id: number, unit: Float64Array): void {
    this.failed.push(unit.slice())
    this.active.fail(id, unit)
    // It goes on after a detour, and must not ask for this point again.
    if (this.active !== this.trust) this.trust.fail(-1, unit)
    if (id < 0) return
    this.note(1)
    const modelled = this.stage === TRUST || this.stage === POLISH || this.stage === SURROGATE
    if (modelled && this.failing > FAILING * this.outcomes.length) this.avoid()
  }

  spare(id: number, out: Float64Array): boolean {
    this.spares++
    const crowded = this.spares > CROWDED * (this.context.space.size + 1)
    if (this.stage === SIMPLEX && crowded && !(this.context.noise > 0)) {
      this.enter(POLISH)
      return this.active.ask(id, out)
    }
    return this.active.spare?.(id, out) ?? false
  }

  wantsAnswer(): boolean {
    return this.active.wantsAnswer?.() ?? false
  }

  evidence(): DescentEvidence {
    return this.first.evidence()
  }

  classified(classification: Classification): void {
    const { label } = classification
    const { noise, space, budget, readings } = this.context
    this.labels.begin(label)
    this.active.classified?.(classification)
    if (this.stage !== TRUST) return
    this.trust.pausing = !(noise > 0)
    if (label === "curved") {
      if (this.stepped()) this.enterSteps()
      else if (space.size >= MANY_CURVED && budget <= this.surrogateEvaluations() * space.size)
        this.enter(SURROGATE, readings.count + SURROGATE_SHARE * budget)
    } else if (label === "noisy" && noise < NOISY) {
      if (space.size <= FEW_MODELLED) this.enter(NOISE)
      else if (space.size <= FEW_NOISY) this.enter(SIMPLEX)
      else this.enter(SURROGATE)
    }
  }

  reach(): ReadonlyArray<number> | null {
    return this.active.reach?.() ?? null
  }

  labelChanges(): ReadonlyArray<LabelChange> {
    return this.labels.changes
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
    if (this.context.readings.count >= this.until) this.enter(POLISH)
    if (this.labels.label === null || this.context.noise > 0) return
    this.afterScan()
    if (this.active === this.trust) this.whileDescending()
    else if (this.stage === SIMPLEX && this.detour) this.whileWalking()
  }

  /** The label follows the descent: what broke its promises was not quadratic, and what keeps them again is. */
  private whileDescending(): void {
    const { size } = this.context.space
    const { promises } = this.trust.descent
    const window = 10 + 2 * size
    const share = promises.keptOf(window)
    if (share > KEPT) this.opine("quadratic", share, window)
    else if (size <= FEW_CURVED && share < BROKEN_OF_FEW) this.giveWay(share, window)
    else if (share < BROKEN && promises.steps % size === 0 && this.stepped()) this.enterSteps()
  }

  /** A descent has ended: where it kept too few promises a simplex goes on from there, else the next one begins. */
  private afterDescent(): void {
    const window = 8 + this.context.space.size
    const share = this.trust.descent.promises.keptOf(window)
    if (share < BROKEN_AT_END) this.giveWay(share, window)
    if (this.active !== this.trust) return
    if (this.worthScanning()) this.enter(SCAN)
    else this.trust.goOn(false)
    this.afterScan()
  }

  private worthScanning(): boolean {
    const { readings, space, remaining } = this.context
    if (readings.lowest < 0 || this.trust.descents < DESCENTS) return false
    const incumbent = readings.losses[readings.lowest]
    if (incumbent === this.scanned) return false
    if (remaining() < SCANNED * space.size) return false
    this.scanned = incumbent
    return true
  }

  /** Where a scan is over: a descent from what it has found, and another scan after that; elsewhere where it found nothing. */
  private afterScan(): void {
    if (!(this.active instanceof AxisScan) || !this.active.over) return
    const { earned } = this.active
    this.stage = TRUST
    this.active = this.trust
    this.trust.goOn(!earned, SCAN_RADIUS)
  }

  private opine(label: "quadratic" | "curved", share: number, window: number): void {
    const kept = Math.round(share * window)
    this.labels.revise(
      label,
      this.context.readings.count,
      `${kept} of the last ${window} steps kept their promise`,
    )
  }

  /** The trust region's model does not describe what is here: what needs no model goes on from its best point. */
  private giveWay(share: number, window: number): void {
    const { readings, space, remaining } = this.context
    this.opine("curved", share, window)
    const incumbent = readings.losses[readings.lowest]
    if (incumbent === this.walked) return
    this.walked = incumbent
    if (this.stepped()) this.enterSteps()
    else if (space.size <= MOST_FOR_SIMPLEX && remaining() >= 2 * space.size) {
      this.enter(SIMPLEX)
      this.detour = true
      this.bestLoss = incumbent
      this.betteredAt = readings.count
    }
  }

  /** The simplex of a detour, until it has found nothing better for long: then the trust region goes on elsewhere. */
  private whileWalking(): void {
    const { readings, space } = this.context
    const best = readings.losses[readings.lowest]
    if (best < this.bestLoss) {
      this.bestLoss = best
      this.betteredAt = readings.count
    }
    if (readings.count - this.betteredAt <= PATIENCE * (space.size + 1)) return
    this.walked = best
    this.detour = false
    this.stage = TRUST
    this.active = this.trust
    this.trust.goOn(true)
  }

  private surrogateEvaluations(): number {
    return this.context.space.size < MANY ? SURROGATE_EVALUATIONS : SURROGATE_EVALUATIONS_OF_MANY
  }

  /** Losses that come in steps have no slopes to follow. */
  private enterSteps(): void {
    const { space, remaining } = this.context
    if (space.size <= FEW_CURVED) this.enter(SIMPLEX, Number.POSITIVE_INFINITY, STEP_EDGE)
    else if (remaining() >= EVOLVE * space.size) this.enter(EVOLUTION)
    else this.enter(DENSITIES)
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
    this.detour = false
    if (stage === SURROGATE) this.active = context.noise > 0 ? surrogateFirst(context) : new LocalRbf(context)
    else if (stage === POLISH) {
      this.trust = new QuadraticTrustRegion(context, POLISH_RADIUS)
      this.trust.pausing = true
      this.active = this.trust
    } else if (stage === SIMPLEX) this.active = new NelderMead(context, { start: null, edge })
    else if (stage === DENSITIES) this.active = new Tpe(context)
    else if (stage === EVOLUTION) this.active = new CmaEs(context)
    else if (stage === SCAN) this.active = new AxisScan(context)
    else if (stage === NOISE) this.active = new NoisySearch(context)
    else this.active = new Choices(context, (own) => new Auto(own))
    for (const unit of this.failed) this.active.fail(-1, unit)
    if (this.active instanceof AxisScan) this.active.begin()
  }

  private note(outcome: number): void {
    const at = this.answered++ % this.outcomes.length
    this.failing += outcome - this.outcomes[at]
    this.outcomes[at] = outcome
  }

  /** Losses that come in steps: many readings of different points are equal. */
  private stepped(): boolean {
    const { losses, ids, count } = this.context.readings
    const from = Math.max(0, count - LOOKED_AT)
    const sorted = losses
      .slice(from, count)
      .filter((_, r) => !this.stencil.has(ids[from + r]))
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
