/**
 * Bayesian search: a Gaussian process through the readings, and next the point that is expected to improve on them by most.
 * For spaces with choices, where it shares what one combination teaches with the others, and under noise. Its model holds a
 * limited number of readings, and an ask costs more than any other strategy's: it is for the first hundred readings of a run.
 *
 * Sources: Jones, Schonlau and Welch, "Efficient global optimization of expensive black-box functions" (1998); points that
 * are out count as read at what is expected of them, as in Ginsbourger, Le Riche and Carraro, "Kriging is well-suited to
 * parallelize optimization" (2010).
 */
import { erf } from "../numbers/erf.ts"
import { GaussianModel } from "../numbers/GaussianModel.ts"
import type { Strategy, StrategyContext, StrategyDefinition } from "../Strategy.ts"
import { KnownPoints } from "./KnownPoints.ts"

/** Readings in the model at most; when it is full the worst quarter goes. */
export const MOST_READINGS = 96
const STAY = 72
/** Failed points and points that are out, the newest of each, that the model holds besides. */
const MOST_FAILED = 32
const MOST_PENDING = 32
/** Readings from which on the model says anything. */
const LEAST_READINGS = 3
/** Candidates: in turn anywhere, and far from and near to one of the best points; then so many around the best candidate. */
const CANDIDATES = 90
const REACHES = [Number.POSITIVE_INFINITY, 0.25, 0.05]
const LEADERS = 5
const POLISHES = 40
const FIRST_REACH = 0.15
const LAST_REACH = 0.003
const NARROWER = 0.93
/** Chance that a candidate has another value of a choice, and in the polish; chance that a number moves in the polish. */
const OTHER_CHOICE = 0.25
const POLISH_CHOICE = 0.2
const POLISH_NUMBER = 0.7
/** The model learns again when there are so many times the readings there were. */
const LEARN_AGAIN = 1.12
const SWEEPS = 2
/** Losses enter as logarithms of their height above this share of the better half's width below the lowest. */
const FLOOR = 0.4
/** Higher than this they are all alike: a reading of a billion must not make everything else look the same. */
const MOST_HEIGHT = 100
/** Part of a reading's variance that is noise, where there is any. */
const NOISY_NUGGET = 0.01
/** Logarithm of the square root of two pi. */
const LOG_ROOT = 0.9189385332046727
/** Below so many deviations the expected gain is taken from its asymptote: there the exact form is all rounding. */
const TAIL = -4

export class GaussianSearch implements Strategy {
  move = "uniform"
  private readonly context: StrategyContext
  private readonly known: KnownPoints
  private readonly model: GaussianModel
  /** Readings in the model, in their order, and how many of all have been looked at. */
  private kept: Array<number> = []
  private seen = 0
  /** Points of the model that are readings. */
  private settled = 0
  private learnedAt = 0
  private readonly failed: Array<Float64Array> = []
  /** Points that are out, by trial. */
  private readonly pending = new Map<number, Float64Array>()
  private readonly candidate: Float64Array
  private readonly best: Float64Array
  /** What a point has to get below, and the logarithm of what the best candidate is expected to gain. */
  private lowest = 0
  private gain = Number.NEGATIVE_INFINITY

  constructor(context: StrategyContext) {
    const { space, noise } = context
    this.context = context
    this.known = new KnownPoints(context)
    this.model = new GaussianModel(space, MOST_READINGS + MOST_FAILED + MOST_PENDING)
    if (noise > 0) this.model.nugget = NOISY_NUGGET
    this.candidate = new Float64Array(space.size)
    this.best = new Float64Array(space.size)
  }

  wantsAnswer(): boolean {
    return this.pending.size > 0
  }

  ask(id: number, out: Float64Array): boolean {
    this.move = "expected"
    if (this.context.readings.count < LEAST_READINGS || !this.search(null)) {
      this.move = "uniform"
      this.known.drawUnread(this.best)
    }
    this.give(id, out)
    return true
  }

  /** As `ask`, with other choices than those of a point; false where the model knows of none. */
  askElsewhere(id: number, out: Float64Array, away: Float64Array): boolean {
    if (this.context.readings.count < LEAST_READINGS || !this.search(away)) return false
    this.move = "expected"
    this.give(id, out)
    return true
  }

  /** Counts a point that another chose as out for an answer. */
  expect(id: number, unit: Float64Array): void {
    this.pending.set(id, unit.slice())
  }

  tell(id: number, _index: number): void {
    this.pending.delete(id)
  }

  fail(id: number, unit: Float64Array): void {
    this.known.failed(unit)
    this.failed.push(unit.slice())
    if (this.failed.length > MOST_FAILED) this.failed.shift()
    this.pending.delete(id)
  }

  private give(id: number, out: Float64Array): void {
    this.context.space.snap(this.best)
    out.set(this.best)
    this.expect(id, out)
  }

  /** Writes the most promising point to `best`; false where no candidate is worth reading. */
  private search(away: Float64Array | null): boolean {
    this.update()
    const { space, draw, readings } = this.context
    const { candidate, best } = this
    this.gain = Number.NEGATIVE_INFINITY
    const leaders = this.leaders()
    for (let c = 0; c < CANDIDATES; c++) {
      const from = leaders[draw.below(leaders.length)] * space.size
      const reach = REACHES[c % REACHES.length]
      for (let i = 0; i < space.size; i++) {
        const at = readings.units[from + i]
        const anywhere = reach > 1 || (space.choices[i] > 0 && draw.uniform() < OTHER_CHOICE)
        if (anywhere) candidate[i] = draw.uniform()
        else candidate[i] = space.choices[i] > 0 ? at : space.contain(i, at + reach * draw.normal())
      }
      this.consider(away)
    }
    let reach = FIRST_REACH
    for (let c = 0; c < POLISHES && this.gain > Number.NEGATIVE_INFINITY; c++) {
      for (let i = 0; i < space.size; i++) {
        candidate[i] = best[i]
        if (space.choices[i] > 0) {
          if (draw.uniform() < POLISH_CHOICE) candidate[i] = draw.uniform()
        } else if (draw.uniform() < POLISH_NUMBER)
          candidate[i] = space.contain(i, best[i] + reach * draw.normal())
      }
      if (!this.consider(away)) reach = Math.max(LAST_REACH, NARROWER * reach)
    }
    return this.gain > Number.NEGATIVE_INFINITY
  }

  /** Takes the candidate where it is expected to gain more than the best one so far. */
  private consider(away: Float64Array | null): boolean {
    const { candidate, model } = this
    const { space } = this.context
    space.snap(candidate)
    if (away !== null && sameChoices(candidate, away, space.choices)) return false
    if (!Number.isNaN(this.known.loss(candidate))) return false
    model.expect(candidate)
    // The more it may deviate the more it may gain: what falls behind even so needs no closer look, which is most of the work.
    if (!(logGain(this.lowest - model.height, model.deviation) > this.gain)) return false
    model.doubt()
    const gain = logGain(this.lowest - model.height, model.deviation)
    if (!(gain > this.gain)) return false
    this.gain = gain
    this.best.set(candidate)
    return true
  }

  /** Brings the model up to what was read, failed and asked since. */
  private update(): void {
    const { context, model, failed } = this
    const { readings, space, noise } = context
    const before = this.kept
    this.keep()
    const { kept } = this
    model.truncate(kept === before ? this.settled : 0)
    for (let k = model.count; k < kept.length; k++) model.push(readings.units, kept[k] * space.size, 0)
    this.settled = kept.length
    const worst = this.retarget()
    for (const unit of failed) model.push(unit, 0, worst)
    if (kept.length >= LEARN_AGAIN * this.learnedAt) {
      this.learnedAt = kept.length
      model.learn(SWEEPS)
    } else model.fit()
    for (const unit of [...this.pending.values()].slice(-MOST_PENDING)) {
      model.predict(unit)
      model.push(unit, 0, model.height)
    }
    model.fit()
    this.lowest = noise > 0 ? this.lowestExpected() : Math.log(FLOOR)
  }

  /** Under noise the lowest reading is a lucky one: what has to be beaten is the lowest that is expected at any. */
  private lowestExpected(): number {
    const { readings } = this.context
    let lowest = Number.POSITIVE_INFINITY
    for (const reading of this.kept) {
      readings.read(reading, this.candidate)
      this.model.predict(this.candidate)
      lowest = Math.min(lowest, this.model.height)
    }
    return lowest
  }

  /** Takes in new readings. The list is another one where some had to go. */
  private keep(): void {
    const { readings } = this.context
    for (; this.seen < readings.count; this.seen++) {
      this.kept.push(this.seen)
      if (this.kept.length > MOST_READINGS)
        this.kept = this.byLoss()
          .slice(0, STAY)
          .sort((a, b) => a - b)
    }
  }

  /** Targets of the readings: logarithms, for what matters lies near the lowest. Returns the highest of them. */
  private retarget(): number {
    const { losses } = this.context.readings
    const { kept, model } = this
    const sorted = Float64Array.from(kept, (r) => losses[r]).sort()
    const low = sorted[0]
    const most = sorted[sorted.length - 1]
    const width = sorted[sorted.length >> 1] - low || most - low || 1
    const targetOf = (loss: number): number => Math.log(FLOOR + Math.min(MOST_HEIGHT, (loss - low) / width))
    for (let k = 0; k < kept.length; k++) model.retarget(k, targetOf(losses[kept[k]]))
    return targetOf(most)
  }

  private leaders(): ReadonlyArray<number> {
    return this.byLoss().slice(0, LEADERS)
  }

  /** Readings in the model, the lowest first, the older of equals before the newer. */
  private byLoss(): Array<number> {
    const { losses } = this.context.readings
    return this.kept.toSorted((a, b) => losses[a] - losses[b] || a - b)
  }
}

function sameChoices(a: Float64Array, b: Float64Array, choices: Uint32Array): boolean {
  for (let i = 0; i < choices.length; i++) if (choices[i] > 0 && a[i] !== b[i]) return false
  return true
}

/** Logarithm of the expected improvement of a normal variable that lies `by` below on average. */
function logGain(by: number, deviation: number): number {
  if (!(deviation > 0)) return Number.NEGATIVE_INFINITY
  const u = by / deviation
  const density = -0.5 * u * u - LOG_ROOT
  if (u < TAIL) return Math.log(deviation) + density - 2 * Math.log(-u)
  const half = 0.5 * erf(Math.abs(u) * Math.SQRT1_2)
  return Math.log(deviation * (Math.exp(density) + u * (u < 0 ? 0.5 - half : 0.5 + half)))
}

export const gaussianSearch: StrategyDefinition = {
  name: "gaussianSearch",
  summary: "Gaussian process with expected improvement: few readings, choices beside numbers, noise.",
  params: [],
  make: (context) => new GaussianSearch(context),
}
