/**
 * Where a local search begins: at the best of what the probe read, then at the best that lies apart from every start
 * before it, then anywhere. Looks at the readings once, when made, and keeps a bounded number of them.
 */
import type { StrategyContext } from "../Strategy.ts"

/** Readings kept to choose starts from. The probe has at most 15; a warm start may bring any number. */
const KEPT = 48
/** Starts remembered to stay apart from; older ones are forgotten. */
const REMEMBERED = 32
/** A start lies at least this share of the cube's diagonal from those before it. */
const APART = 0.2
/** Uniform draws among which the one furthest from earlier starts is taken. */
const DRAWS = 4

export class Starts {
  private readonly context: StrategyContext
  /** Indices of the best readings, best first. */
  private readonly best: Int32Array
  private kept = 0
  private next = 0
  private readonly used: Float64Array
  private count = 0
  private readonly scratch: Float64Array

  constructor(context: StrategyContext) {
    this.context = context
    this.best = new Int32Array(KEPT)
    this.used = new Float64Array(REMEMBERED * context.space.size)
    this.scratch = new Float64Array(context.space.size)
    const { losses, count } = context.readings
    for (let r = 0; r < count; r++) {
      let at = Math.min(this.kept, KEPT - 1)
      if (this.kept === KEPT && losses[r] >= losses[this.best[KEPT - 1]]) continue
      for (; at > 0 && losses[this.best[at - 1]] > losses[r]; at--) this.best[at] = this.best[at - 1]
      this.best[at] = r
      if (this.kept < KEPT) this.kept++
    }
  }

  /** Counts a point as used, so that later starts stay away from it. */
  avoid(point: Float64Array): void {
    const { space } = this.context
    const to = (this.count % REMEMBERED) * space.size
    for (let i = 0; i < space.size; i++) this.used[to + i] = space.contain(i, point[i])
    this.count++
  }

  /** Writes the next start to `out` and counts it as used. Returns its loss where it was read, else NaN. */
  take(out: Float64Array): number {
    const { readings } = this.context
    while (this.next < this.kept) {
      const reading = this.best[this.next++]
      readings.read(reading, out)
      if (this.count > 0 && this.distance(out) < APART * APART * out.length) continue
      this.avoid(out)
      return readings.losses[reading]
    }
    this.drawn(out)
    this.avoid(out)
    return Number.NaN
  }

  /** The furthest from earlier starts of a few uniform draws; the centre when nothing is known at all. */
  private drawn(out: Float64Array): void {
    if (this.count === 0 && this.kept === 0) {
      out.fill(0.5)
      return
    }
    let furthest = -1
    for (let k = 0; k < DRAWS; k++) {
      for (let i = 0; i < this.scratch.length; i++) this.scratch[i] = this.context.draw.uniform()
      const distance = this.distance(this.scratch)
      if (distance > furthest) {
        furthest = distance
        out.set(this.scratch)
      }
    }
  }

  /** Squared distance to the nearest remembered start. */
  private distance(point: Float64Array): number {
    const { space } = this.context
    let nearest = Number.POSITIVE_INFINITY
    const remembered = Math.min(this.count, REMEMBERED)
    for (let k = 0; k < remembered; k++) {
      nearest = Math.min(nearest, space.squaredDistance(point, 0, this.used, k * space.size))
    }
    return nearest
  }
}
