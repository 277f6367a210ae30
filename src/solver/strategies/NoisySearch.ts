/**
 * Readings that do not repeat themselves. A Gaussian process takes the first hundred of them: it tells luck from the rest by
 * what the readings around say. Those after them go to a simplex, which only compares, and to a local surrogate, in turn. In
 * many dimensions, where enough are left, they go to an evolution strategy: a generation averages luck out.
 *
 * Now and then the lowest point is read again. Where its readings agree far better than those of the probe did, noise fades
 * towards the optimum, as it does where it is a share of the value: there differences can be trusted again, and the local
 * surrogate has the first turn. In many dimensions the evolution strategy has all of them, unless the noise was small from the
 * start. One more reading that differs, and that point is not read any more.
 */
import type { Strategy, StrategyContext } from "../Strategy.ts"
import { CmaEs } from "./CmaEs.ts"
import { GaussianSearch, MOST_READINGS } from "./GaussianSearch.ts"
import { LocalRbf } from "./LocalRbf.ts"
import { NelderMead } from "./NelderMead.ts"
import { Rotation } from "./Rotation.ts"

/** Asks between two looks at the noise. */
const LOOK_EVERY = 12
/** Readings of one point that have to agree: the one that made it the lowest, and two more. */
const AGREEING = 3
/** They agree when they lie within this share of what the probe's readings of one point were apart. By chance so in one look of 200. */
const FADED = 0.1
/** An evolution strategy goes on from so many dimensions, and with so many readings left for each. */
const EVOLVED = 10
/** Where noise fades: from so many, but from those above where it was at least this share of the probe's spread. */
const EVOLVED_IN_FADING = 16
const LOUD = 0.008
const EVOLVE = 55
/** Edge of the simplex. */
const EDGE = 0.15

export class NoisySearch implements Strategy {
  private readonly context: StrategyContext
  private readonly process: GaussianSearch
  private active: Strategy
  /** How far apart two readings of the probe's repeated point are. */
  private readonly apart: number
  /** Asks of the process since the last look. */
  private since = 0
  /** The point that is looked at, what was read there, and the trial that reads it again; NaN when none does. */
  private readonly point: Float64Array
  private found: Array<number> = []
  private rereading = Number.NaN
  private readonly failed: Array<Float64Array> = []
  move = "expected"

  constructor(context: StrategyContext) {
    this.context = context
    this.process = new GaussianSearch(context)
    this.active = this.process
    this.point = new Float64Array(context.space.size)
    this.apart = repeatedApart(context)
  }

  wantsAnswer(): boolean {
    return this.active.wantsAnswer?.() ?? false
  }

  ask(id: number, out: Float64Array): boolean {
    const { context } = this
    if (this.active === this.process && context.readings.count >= MOST_READINGS)
      this.enter(
        evolves(context, EVOLVED)
          ? new CmaEs(context)
          : new Rotation(context, [() => simplexOf(context), () => new LocalRbf(context)]),
      )
    if (this.active === this.process && this.looks()) {
      this.rereading = id
      out.set(this.point)
      this.process.expect(id, out)
      this.move = "reread"
      return true
    }
    if (!this.active.ask(id, out)) return false
    this.since++
    this.move = this.active.move
    return true
  }

  tell(id: number, index: number): void {
    this.process.tell(id, index)
    if (this.active !== this.process) this.active.tell(id, index)
    if (id !== this.rereading) return
    this.rereading = Number.NaN
    this.found.push(this.context.readings.losses[index])
    const agree = Math.max(...this.found) - Math.min(...this.found) <= FADED * this.apart
    if (agree && this.found.length < AGREEING) return
    this.found = []
    if (!agree) return
    const { context } = this
    const from = context.noise >= LOUD ? EVOLVED : EVOLVED_IN_FADING
    this.enter(evolves(context, from) ? new CmaEs(context) : surrogateFirst(context))
  }

  fail(id: number, unit: Float64Array): void {
    this.failed.push(unit.slice())
    this.process.fail(id, unit)
    if (this.active !== this.process) this.active.fail(id, unit)
    if (id !== this.rereading) return
    this.rereading = Number.NaN
    this.found = []
  }

  /** True when a point has to be read again: the one that is looked at, or the lowest when it is time for a look. */
  private looks(): boolean {
    const { readings } = this.context
    if (!Number.isNaN(this.rereading) || !(this.apart > 0)) return false
    if (this.found.length > 0) return true
    if (this.since < LOOK_EVERY) return false
    this.since = 0
    readings.read(readings.lowest, this.point)
    this.found.push(readings.losses[readings.lowest])
    return true
  }

  private enter(next: Strategy): void {
    this.active = next
    for (const unit of this.failed) next.fail(-1, unit)
  }
}

const evolves = ({ space, remaining }: StrategyContext, dimensions: number): boolean =>
  space.size >= dimensions && remaining() >= EVOLVE * space.size

const simplexOf = (context: StrategyContext): Strategy => new NelderMead(context, { start: null, edge: EDGE })

/** Where noise is small or fades: a local surrogate, in turn with a simplex, which goes on where the surrogate gets stuck. */
export const surrogateFirst = (context: StrategyContext): Strategy =>
  new Rotation(context, [() => new LocalRbf(context), () => simplexOf(context)])

/** How far apart the first two different readings of one point are; 0 where there are none. */
function repeatedApart({ readings, space }: StrategyContext): number {
  const { units, losses, count } = readings
  const seen = new Map<string, number>()
  for (let r = 0; r < count; r++) {
    const key = units.subarray(r * space.size, (r + 1) * space.size).join()
    const before = seen.get(key)
    if (before !== undefined && losses[before] !== losses[r]) return Math.abs(losses[before] - losses[r])
    seen.set(key, r)
  }
  return 0
}
