/**
 * How wide each kernel of a mixture is in one dimension: as wide as the larger gap to its neighbours, or the same for all by
 * Scott's rule. Gaps let kernels be narrow where points crowd and wide where they are sparse, dimension by dimension;
 * one common width does clearly worse.
 *
 * Sources: Bergstra et al. 2011 (gaps); Scott 1992 (rule); Optuna (which gap the outermost take, and the bounds).
 */

/** Orders are kept from call to call: after one change of members the sort has next to nothing to do. */
export class KernelWidths {
  private readonly capacity: number
  /** Slots by position, one stretch of `capacity` per dimension, and how many there are. */
  private readonly order: Int32Array
  private readonly ordered: Int32Array
  private readonly stamps: Int32Array
  private stamp = 0
  private readonly ages: Int32Array
  private readonly sorted: Float64Array
  private readonly along: Int32Array

  constructor(dimensions: number, capacity: number) {
    this.capacity = capacity
    this.order = new Int32Array(dimensions * capacity)
    this.ordered = new Int32Array(dimensions)
    this.stamps = new Int32Array(capacity)
    this.ages = new Int32Array(capacity)
    this.sorted = new Float64Array(capacity)
    this.along = new Int32Array(capacity)
  }

  /**
   * Widths in dimension i by the gaps to the neighbours, into `out` by slot. The outermost two have one neighbour each; on
   * a circle those are the two on either side of the widest gap. A kernel alone reaches to the further bound.
   *
   * @param at positions by slot, `stride` apart, dimension i's first
   */
  byGaps(
    i: number,
    circle: boolean,
    members: Int32Array,
    count: number,
    at: Float64Array,
    stride: number,
    out: Float64Array,
  ): void {
    if (count === 0) return
    this.arrange(i, members, count, at, stride)
    const { sorted, along } = this
    const from = i * this.capacity
    const first = circle ? this.afterWidestGap(i, count, at, stride) : 0
    for (let k = 0; k < count; k++) {
      const place = first + k
      const slot = this.order[from + (place < count ? place : place - count)]
      along[k] = slot
      sorted[k] = at[slot * stride + i] + (place < count ? 0 : 1)
    }
    const least = 1 / Math.min(100, 2 + count)
    if (count === 1) {
      const x = sorted[0]
      out[along[0] * stride + i] = Math.max(least, circle ? 0.5 : Math.max(x, 1 - x))
      return
    }
    for (let k = 0; k < count; k++) {
      const below = k > 0 ? sorted[k] - sorted[k - 1] : 0
      const above = k < count - 1 ? sorted[k + 1] - sorted[k] : 0
      const gap = below > above ? below : above
      out[along[k] * stride + i] = gap < least ? least : gap > 1 ? 1 : gap
    }
  }

  /** One width for all in dimension i: `factor` times the standard deviation times count^(-1/(d+4)), within the same bounds. */
  byScott(
    i: number,
    circle: boolean,
    members: Int32Array,
    count: number,
    at: Float64Array,
    stride: number,
    out: Float64Array,
    factor: number,
  ): void {
    if (count === 0) return
    const origin = at[members[0] * stride + i]
    let sum = 0
    let squares = 0
    for (let m = 0; m < count; m++) {
      let x = at[members[m] * stride + i] - origin
      if (circle) x -= Math.round(x)
      sum += x
      squares += x * x
    }
    const variance = count > 1 ? Math.max(0, (squares - (sum * sum) / count) / (count - 1)) : 0
    const rule = factor * Math.sqrt(variance) * count ** (-1 / (stride + 4))
    const width = Math.min(1, Math.max(1 / Math.min(100, 2 + count), rule))
    for (let m = 0; m < count; m++) out[members[m] * stride + i] = width
  }

  /** Brings the order of dimension i up to date: who left goes, who came is added, all are sorted. */
  private arrange(i: number, members: Int32Array, count: number, at: Float64Array, stride: number): void {
    const { order, stamps, ages } = this
    const from = i * this.capacity
    const here = ++this.stamp
    for (let m = 0; m < count; m++) {
      stamps[members[m]] = here
      ages[members[m]] = m
    }
    let kept = 0
    for (let k = 0; k < this.ordered[i]; k++) {
      const slot = order[from + k]
      if (stamps[slot] !== here) continue
      stamps[slot] = 0
      order[from + kept++] = slot
    }
    for (let m = 0; m < count; m++) if (stamps[members[m]] === here) order[from + kept++] = members[m]
    this.ordered[i] = kept
    for (let k = 1; k < kept; k++) {
      const slot = order[from + k]
      const x = at[slot * stride + i]
      let place = k
      for (; place > 0; place--) {
        const other = order[from + place - 1]
        const y = at[other * stride + i]
        // Among equals the newest first, so that the order does not depend on what it was before.
        if (y < x || (y === x && ages[other] < ages[slot])) break
        order[from + place] = other
      }
      order[from + place] = slot
    }
  }

  /** Place in the order of the position that follows the widest gap on the circle. */
  private afterWidestGap(i: number, count: number, at: Float64Array, stride: number): number {
    const from = i * this.capacity
    const position = (k: number): number => at[this.order[from + k] * stride + i]
    let first = 0
    let widest = position(0) + 1 - position(count - 1)
    for (let k = 1; k < count; k++) {
      const gap = position(k) - position(k - 1)
      if (gap > widest) {
        widest = gap
        first = k
      }
    }
    return first
  }
}
