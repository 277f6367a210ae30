/**
 * The greatest, over the digests of a window, of one value there and the least of another one on the way to it: what an until or a
 * since is worth. The window moves forward at a few steps a digest on average. Two neighbouring pieces of a window combine into one,
 * so a window is kept as two: an older piece with the value of each of its ends, and a newer one with its own value only. When the
 * older one is used up, the newer one takes its place.
 *
 * Source: K. Tangwongsan, M. Hirzel, S. Schneider, "Low-latency sliding-window aggregation in worst-case constant time", DEBS 2017,
 * where this is the known two-stacks algorithm. It allocates nothing after construction.
 */
export class Reach {
  /** The window: digests from `head` to before `tail`. */
  head = 0
  tail = 0
  private readonly left: Float64Array
  private readonly right: Float64Array
  private readonly sign: number
  /** The way starts at the newest digest, and not at the oldest. */
  private readonly back: boolean
  private readonly mask: number
  /** Of the window from each digest to before `split`: the least left side, and the value. */
  private readonly leasts: Float64Array
  private readonly bests: Float64Array
  private split = 0
  /** The same from `split` on. */
  private least = Number.POSITIVE_INFINITY
  private newest = Number.NEGATIVE_INFINITY

  /** @param left, right settled values of both sides in rings of a length of a power of two, times `sign` */
  constructor(left: Float64Array, right: Float64Array, sign: number, back: boolean, capacity: number) {
    this.left = left
    this.right = right
    this.sign = sign
    this.back = back
    this.mask = left.length - 1
    this.leasts = new Float64Array(capacity)
    this.bests = new Float64Array(capacity)
  }

  /** The value of the window; -Infinity if it is empty. */
  get best(): number {
    if (this.head === this.split) return this.newest
    const at = this.head & this.mask
    return this.back
      ? Math.max(this.newest, Math.min(this.least, this.bests[at]))
      : Math.max(this.bests[at], Math.min(this.leasts[at], this.newest))
  }

  /** Takes the next digest in. */
  add(): void {
    const at = this.tail++ & this.mask
    const left = this.sign * this.left[at]
    const right = this.sign * this.right[at]
    this.newest = this.back
      ? Math.max(right, Math.min(left, this.newest))
      : Math.max(this.newest, Math.min(this.least, right))
    this.least = Math.min(this.least, left)
  }

  /** Lets the oldest digest go. */
  drop(): void {
    if (this.head === this.split) this.turn()
    this.head++
  }

  clear(): void {
    this.head = 0
    this.tail = 0
    this.turn()
  }

  /** Makes the newer piece the older one. */
  private turn(): void {
    const { left, right, leasts, bests, sign, mask } = this
    let least = Number.POSITIVE_INFINITY
    let best = Number.NEGATIVE_INFINITY
    for (let i = this.tail - 1; i >= this.head; i--) {
      const at = i & mask
      const own = sign * right[at]
      best = this.back ? Math.max(best, Math.min(least, own)) : Math.max(own, Math.min(sign * left[at], best))
      least = Math.min(least, sign * left[at])
      leasts[at] = least
      bests[at] = best
    }
    this.split = this.tail
    this.least = Number.POSITIVE_INFINITY
    this.newest = Number.NEGATIVE_INFINITY
  }
}
