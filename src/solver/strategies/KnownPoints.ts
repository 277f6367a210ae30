/**
 * Which points of a grid were read before, so that a strategy need not ask for one twice. On a continuous space nothing
 * repeats, and under noise a second reading says something new: there it knows nothing and costs nothing.
 */
import type { StrategyContext } from "../Strategy.ts"

/** Draws in search of a point that nobody read. */
const DRAWS = 16

/** Losses by snapped point. Keeps up with the readings by itself; each is looked at once. */
export class KnownPoints {
  private readonly context: StrategyContext
  private readonly losses = new Map<string, number>()
  private readonly key: Float64Array
  private readonly idle: boolean
  private seen = 0

  constructor(context: StrategyContext) {
    this.context = context
    this.key = new Float64Array(context.space.size)
    this.idle = context.space.continuous || context.noise > 0
  }

  /** The loss read at the point that asking for `unit` would read: Infinity where that failed, NaN where nobody looked. */
  loss(unit: Float64Array): number {
    if (this.idle) return Number.NaN
    this.catchUp()
    return this.losses.get(this.keyOf(unit, 0)) ?? Number.NaN
  }

  /** Notes a point that gave no number. A reading of it, should one come, counts more. */
  failed(unit: Float64Array): void {
    if (this.idle) return
    const key = this.keyOf(unit, 0)
    if (!this.losses.has(key)) this.losses.set(key, Number.POSITIVE_INFINITY)
  }

  /** Writes a uniform point that nobody read, as far as a few draws can find one on a grid. */
  drawUnread(out: Float64Array): void {
    const { space, draw } = this.context
    for (let k = 0; k < DRAWS; k++) {
      for (let i = 0; i < space.size; i++) out[i] = draw.uniform()
      space.snap(out)
      if (Number.isNaN(this.loss(out))) return
    }
  }

  private catchUp(): void {
    const { readings } = this.context
    for (; this.seen < readings.count; this.seen++) {
      this.losses.set(this.keyOf(readings.units, this.seen * readings.dimensions), readings.losses[this.seen])
    }
  }

  private keyOf(units: Float64Array, from: number): string {
    const { space } = this.context
    for (let i = 0; i < space.size; i++) this.key[i] = space.snapOne(i, units[from + i])
    return this.key.join()
  }
}
