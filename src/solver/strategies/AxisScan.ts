/**
 * One axis after the other, from wall to wall, through the best point: where losses are a sum of one function of each
 * parameter, the lowest place along each axis is the lowest of all, however many valleys lie between. One needs it where
 * a descent has ended in one valley of many: restarts by chance have to hit all coordinates at once, a scan only one.
 *
 * Whether the losses are such a sum is asked first, and costs two readings a question: with some coordinates of one point
 * and the others of another, both ways, the two losses add up to those of the two points. The coordinates are split by the
 * digits of their number, so that every two are apart in one of the questions. Where the answer is no, the scan is over.
 *
 * An axis is read at even steps, then in the middle of the gap where the flattest parabola would do to get below the
 * lowest. Source: Langerman, Seront and Bersini, "S.T.E.P.: the easiest way to optimize a function" (1994).
 */
import type { Strategy, StrategyContext } from "../Strategy.ts"
import { AnsweredByLoss } from "./AnsweredByLoss.ts"

/** Readings at even steps, and in gaps at least and at most; of what is left of the budget all axes take up to this share. */
const EVEN = 6
const LEAST_GAPS = 6
const MOST_GAPS = 18
const SHARE = 1 / 3
/** A gap has to promise a loss this share of the axis' range below its lowest. */
const BELOW = 0.02
/** Misses of up to this share of the losses' range are no contradiction. */
const MISS = 0.01
/** Questions at least, and readings among which the other point is taken: those of the probe. */
const LEAST_QUESTIONS = 2
const PROBED = 15

export class AxisScan extends AnsweredByLoss implements Strategy {
  move = "cross"
  /** It found a better point than the incumbent it began at. */
  earned = false
  over = false
  private readonly base: Float64Array
  private baseLoss: number
  /** The point that is crossed with the base, and what was read there. */
  private readonly other: Float64Array
  private otherLoss = 0
  private question = 0
  private readonly questions: number
  private readonly used = new Set<number>()
  /** Axis that is scanned, or -1; where it was read, in order, and the losses there. */
  private axis = -1
  private readonly at: Array<number> = []
  private readonly losses: Array<number> = []
  private gaps = 0
  private readonly mostGaps: number
  /** Points that are to be asked for, those that are out by trial, and the losses of the question. */
  private readonly planned: Array<Float64Array> = []
  private readonly out = new Map<number, Float64Array>()
  private readonly crossed: Array<number> = []

  constructor(context: StrategyContext) {
    super(context)
    const { readings, space, remaining } = context
    this.base = new Float64Array(space.size)
    this.other = new Float64Array(space.size)
    readings.read(readings.lowest, this.base)
    this.baseLoss = readings.losses[readings.lowest]
    const gaps = Math.floor((SHARE * remaining()) / space.size) - EVEN
    this.mostGaps = Math.max(LEAST_GAPS, Math.min(MOST_GAPS, gaps))
    this.questions = space.size < 2 ? 0 : Math.max(LEAST_QUESTIONS, Math.ceil(Math.log2(space.size)))
  }

  /** Called once, when all points that failed before have been told. */
  begin(): void {
    this.ponder()
  }

  ask(id: number, out: Float64Array): boolean {
    const point = this.planned.shift()
    if (point === undefined) return false
    this.move = this.axis < 0 ? "cross" : "scan"
    out.set(point)
    this.out.set(id, point)
    return true
  }

  protected answer(id: number, loss: number): void {
    const point = this.out.get(id)
    if (point !== undefined) this.take(point, loss)
    this.out.delete(id)
    // Others' readings, too, may be of points that are planned.
    for (const planned of this.planned.splice(0)) this.want(planned)
    this.ponder()
  }

  private take(point: Float64Array, loss: number): void {
    if (this.axis < 0) this.crossed.push(loss)
    else this.insert(point[this.axis], loss)
  }

  /** Asks for a point, where its loss is not known. */
  private want(point: Float64Array): void {
    const loss = this.known.loss(point)
    if (Number.isNaN(loss)) this.planned.push(point)
    else this.take(point, loss)
  }

  /** Plans what to read next, when everything that was planned has been read. */
  private ponder(): void {
    while (this.planned.length === 0 && this.out.size === 0 && !this.over) {
      if (this.axis >= 0 && this.gaps++ < this.mostGaps) this.planGap()
      else if (this.crossed.length > 0) this.judge()
      else if (this.question < this.questions) this.cross()
      else this.nextAxis()
    }
  }

  /** Two points that have the coordinates of the base and of another point, this way round and that. */
  private cross(): void {
    const digits = Math.max(1, Math.ceil(Math.log2(this.base.length)))
    const digit = this.question++ % digits
    const first = (i: number): boolean => ((i >> digit) & 1) === 0
    if (!this.chooseOther(first)) {
      this.over = true
      return
    }
    for (const way of [true, false])
      this.want(this.base.map((x, i) => (first(i) === way ? this.other[i] : x)))
  }

  /** The reading of the probe that is farthest from the base in both parts of the coordinates; false where there is none left. */
  private chooseOther(first: (i: number) => boolean): boolean {
    const { readings, space } = this.context
    let best = -1
    let farthest = 0
    for (let r = 0; r < Math.min(PROBED, readings.count); r++) {
      if (this.used.has(r)) continue
      const squares = [0, 0]
      for (let i = 0; i < space.size; i++)
        squares[first(i) ? 0 : 1] +=
          space.difference(i, this.base[i], readings.units[r * space.size + i]) ** 2
      const distance = Math.min(squares[0], squares[1])
      if (distance <= farthest) continue
      farthest = distance
      best = r
    }
    if (best < 0) return false
    this.used.add(best)
    readings.read(best, this.other)
    this.otherLoss = readings.losses[best]
    return true
  }

  private judge(): void {
    const [a, b] = this.crossed
    this.crossed.length = 0
    const range = Math.max(this.otherLoss, a, b) - this.baseLoss
    // With losses far from 0 the sums would lose what the differences keep.
    if (!(Math.abs(this.otherLoss - a + (this.baseLoss - b)) <= MISS * range)) this.over = true
  }

  private nextAxis(): void {
    if (this.axis >= 0) this.settle()
    if (++this.axis < this.base.length) this.planEven()
    else this.over = true
  }

  private planEven(): void {
    const { axis, base, baseLoss } = this
    const circle = this.context.space.periodic[axis] === 1
    this.at.length = 0
    this.losses.length = 0
    this.gaps = 0
    this.insert(base[axis], baseLoss)
    const places = new Set<number>([base[axis]])
    for (let k = 0; k < EVEN; k++) {
      const place = this.context.space.snapOne(axis, k / (circle ? EVEN : EVEN - 1))
      if (!places.has(place)) this.plan(place)
      places.add(place)
    }
  }

  /** The middle of the gap that needs the flattest parabola; nothing where no gap has room for another reading. */
  private planGap(): void {
    const { at, losses, axis } = this
    const low = Math.min(...losses)
    const high = losses.reduce(
      (most, loss) => (loss < Number.POSITIVE_INFINITY ? Math.max(most, loss) : most),
      low,
    )
    // In shares of the range: with losses twice as large the same place.
    const above = (k: number): number =>
      Math.sqrt(high > low ? (losses[k] - low) / (high - low) + BELOW : BELOW)
    let best = Number.NaN
    let flattest = Number.POSITIVE_INFINITY
    for (let k = 0; k + 1 < at.length; k++) {
      const middle = this.context.space.snapOne(axis, 0.5 * (at[k] + at[k + 1]))
      const curvature = (above(k) + above(k + 1)) / (at[k + 1] - at[k])
      if (!(middle > at[k] && middle < at[k + 1] && curvature < flattest)) continue
      flattest = curvature
      best = middle
    }
    if (!Number.isNaN(best)) this.plan(best)
  }

  private plan(place: number): void {
    this.want(this.base.with(this.axis, place))
  }

  private insert(place: number, loss: number): void {
    const before = this.at.findIndex((other) => other > place)
    const k = before < 0 ? this.at.length : before
    this.at.splice(k, 0, place)
    this.losses.splice(k, 0, loss)
  }

  /** The lowest place along this axis is where the next one is scanned from. */
  private settle(): void {
    const low = Math.min(...this.losses)
    if (!(low < this.baseLoss)) return
    this.earned = true
    this.baseLoss = low
    this.base[this.axis] = this.at[this.losses.indexOf(low)]
  }
}
