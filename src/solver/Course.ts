/**
 * The course of a run through its phases: probe, classify, refine. Where the next point comes from and who is told of a
 * result is decided here, and nowhere else; no phase can be left out, and none waits for an answer that may never come.
 */
import type { Classification, LabelChange } from "./Classification.ts"
import { classify } from "./classify.ts"
import { Draw, STREAM_FILL, STREAM_STRATEGY } from "./Draw.ts"
import { Probe } from "./Probe.ts"
import { probeNoise } from "./probeNoise.ts"
import { Readings } from "./Readings.ts"
import type { SolverSettings } from "./SolverConfig.ts"
import type { Strategy, StrategyDefinition } from "./Strategy.ts"
import type { RunPhase, TrialLog } from "./TrialLog.ts"

export type SolverPhase = RunPhase | "done"

/** Fewer probe points than this are too few to spend one on a repeat. */
const LEAST_WITH_REPEAT = 3
/** Reach of a fill point around the best one, unit space. */
const FILL_NEAREST = 0.01
const FILL_FURTHEST = 0.3
/** Draws set aside for one fill point: above three a dimension at the most dimensions there can be. */
const FILL_DRAWS = 4096
/** A trial is presumed lost when this many results have come since it was asked for every trial that is out. */
const PATIENCE = 3

export class Course {
  phase: SolverPhase = "probe"
  /** Noise of one reading as a share of the probe's spread; 0 until the probe is done. */
  noise = 0
  classification: Classification | null = null
  readonly readings: Readings
  private readonly settings: SolverSettings
  private readonly definition: StrategyDefinition
  private readonly log: TrialLog
  private readonly onPhase: (phase: SolverPhase) => void
  private readonly probe: Probe
  private readonly fillDraw: Draw
  private readonly unit: Float64Array
  /** Every point that was asked for or told, where the budget might reach all there are; else null. */
  private readonly seen: Set<string> | null
  /** Points of the probe that gave no number; the strategy is told of them when it is made. */
  private readonly failedBefore: Array<Float64Array> = []
  /** Trials that the strategy was told had failed, because no result came. */
  private readonly lost = new Set<number>()
  private strategy: Strategy | null = null
  private probesAsked = 0
  private fills = 0
  private repeatId = -1
  private repeated = false

  /** @param onPhase called when a phase begins, "done" included */
  constructor(
    settings: SolverSettings,
    definition: StrategyDefinition,
    log: TrialLog,
    onPhase: (phase: SolverPhase) => void,
  ) {
    const { space, seed, probe } = settings
    this.settings = settings
    this.definition = definition
    this.log = log
    this.onPhase = onPhase
    this.probe = new Probe({ dimensions: space.size, seed, ...probe })
    this.readings = new Readings(space.size)
    this.fillDraw = new Draw(seed, STREAM_FILL)
    this.unit = new Float64Array(space.size)
    this.seen = space.points <= settings.budget ? new Set() : null
  }

  /** How the label has changed since it was given, oldest first. */
  get labelChanges(): ReadonlyArray<LabelChange> {
    return this.strategy?.labelChanges?.() ?? []
  }

  /** How far the search's region of trust reaches along each of its axes, in shares of the cube; null where it has none. */
  get reach(): ReadonlyArray<number> | null {
    return this.strategy?.reach?.() ?? null
  }

  /** Evaluations of the budget that have not been asked for yet. */
  get remaining(): number {
    return this.settings.budget - this.log.asked - this.log.foreign
  }

  /**
   * True when every point of the space has been asked for or told, and readings repeat themselves: what is left of the
   * budget could only say the same again.
   */
  get exhausted(): boolean {
    return (
      this.seen?.size === this.settings.space.points &&
      this.phase !== "probe" &&
      this.noise === 0 &&
      this.repeated
    )
  }

  /**
   * Asks for one more trial and returns its id; -1 when the budget is spent or nothing is left to ask, or when the point must wait for an answer and
   * `fill` does not allow another in its place.
   */
  ask(fill: boolean): number {
    if (this.remaining <= 0 || this.exhausted) return -1
    const id = this.log.asked
    if (!fill && this.phase !== "probe" && this.strategy?.wantsAnswer?.() === true) return -1
    const move = this.nextPoint(id) ?? this.nextPointWithoutLost(id) ?? (fill ? this.fillPoint(id) : null)
    if (move === null) return -1
    this.settings.space.snap(this.unit)
    this.log.ask(this.unit, this.phase as RunPhase, move)
    this.seen?.add(this.unit.join())
    if (move === "repeat") this.repeatId = id
    return id
  }

  /** Takes in one result; a negative id is a reading that nobody asked for, a null value a failure. */
  tell(id: number, unit: Float64Array, value: number | null): void {
    // The strategy has given this one up: now it is a reading like any other's.
    const known = this.lost.delete(id) ? -1 : id
    this.seen?.add(unit.join())
    if (value === null) {
      if (this.strategy === null) this.failedBefore.push(unit.slice())
      else if (known === id) this.strategy.fail(id, unit)
    } else {
      const index = this.readings.add(id, unit, this.settings.objective === "maximize" ? -value : value)
      this.strategy?.tell(known, index)
    }
    if (id === this.repeatId && id >= 0) this.repeated = true
  }

  /** Goes on to the next phase when this one has what it needs: one after the other, however small the budget. */
  advance(): void {
    const { log } = this
    const over = (): boolean => (this.remaining <= 0 || this.exhausted) && log.pending === 0
    if (this.phase === "probe" && (over() || this.probeIsOver())) this.beginClassify()
    if (this.phase === "classify" && (over() || log.resolved >= this.classifyAt())) this.beginRefine()
    if (this.phase === "refine" && over()) this.begin("done")
  }

  /** Writes the next regular point and says which move it is; null when it must wait. */
  private nextPoint(id: number): string | null {
    if (this.phase === "probe") return this.nextProbe()
    const { strategy } = this
    return strategy !== null && strategy.ask(id, this.unit) ? strategy.move : null
  }

  /** A strategy that waits for a trial that is long overdue is told that it failed, and asked again. */
  private nextPointWithoutLost(id: number): string | null {
    if (this.phase === "probe" || this.strategy === null) return null
    const patience = PATIENCE * (this.log.pending - this.lost.size)
    const overdue = this.log.overdue(patience).filter((one) => !this.lost.has(one))
    if (overdue.length === 0) return null
    for (const one of overdue) {
      this.lost.add(one)
      this.strategy.fail(one, this.log.unitOf(one))
    }
    return this.nextPoint(id)
  }

  /** The last of the probe repeats its best point: from the two readings comes the noise. */
  private nextProbe(): string | null {
    const { probeCount } = this.settings
    const plain = probeCount - (probeCount >= LEAST_WITH_REPEAT ? 1 : 0)
    if (this.probesAsked < plain) {
      this.probe.point(this.probesAsked++, this.unit)
      return "probe"
    }
    // As many results as the probe has points will do, whoever's they are: one of its own may never come.
    if (this.probesAsked >= probeCount || (this.log.pending > 0 && this.log.resolved < plain)) return null
    this.probesAsked++
    const best = this.log.lowestAsked(this.readings)
    if (best >= 0) {
      this.readings.read(best, this.unit)
      return "repeat"
    }
    this.probe.point(plain, this.unit)
    return "probe"
  }

  private probeIsOver(): boolean {
    const { probeCount } = this.settings
    if (this.probesAsked < probeCount) return false
    return this.repeated || this.log.pending === 0 || this.log.resolved >= 2 * probeCount
  }

  /**
   * A point for a worker that would be idle: one that the strategy can use, else around the best one, or further along the
   * probe before there is one.
   */
  private fillPoint(id: number): string {
    if (this.phase !== "probe" && this.strategy?.spare?.(id, this.unit) === true) return "fill"
    const { space, probeCount } = this.settings
    const { lowest } = this.readings
    this.fills++
    if (lowest < 0) {
      this.probe.point(probeCount + this.fills, this.unit)
      return "fill"
    }
    this.readings.read(lowest, this.unit)
    const draw = this.fillDraw
    // A fresh place in the stream for each: how many draws one takes must not move the next.
    draw.seek(this.fills * FILL_DRAWS)
    const reach = FILL_NEAREST * (FILL_FURTHEST / FILL_NEAREST) ** draw.uniform()
    for (let i = 0; i < space.size; i++) {
      this.unit[i] =
        space.choices[i] > 0
          ? draw.uniform() < reach
            ? draw.uniform()
            : this.unit[i]
          : space.contain(i, this.unit[i] + reach * draw.normal())
    }
    return "fill"
  }

  private beginClassify(): void {
    const { settings, readings } = this
    this.noise = probeNoise(readings, this.repeatId)
    this.begin("classify")
    this.strategy = this.definition.make({
      space: settings.space,
      budget: settings.budget,
      readings,
      draw: new Draw(settings.seed, STREAM_STRATEGY),
      noise: this.noise,
      params: settings.strategyParams,
      remaining: () => this.remaining,
    })
    for (const failed of this.failedBefore) this.strategy.fail(-1, failed)
  }

  private beginRefine(): void {
    const evidence = this.strategy?.evidence?.() ?? null
    this.classification = classify(this.readings, this.settings.space, this.noise, evidence)
    this.strategy?.classified?.(this.classification)
    this.begin("refine")
  }

  /** Results after which the landscape is classified: fixed by the budget and the dimensions alone. */
  private classifyAt(): number {
    const { budget, probeCount, space } = this.settings
    return Math.min(budget, probeCount + 2 * space.size + 1 + Math.max(8, space.size))
  }

  private begin(phase: SolverPhase): void {
    this.phase = phase
    this.onPhase(phase)
  }
}
