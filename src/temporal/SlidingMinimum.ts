/**
 * The smallest value of a window that moves forward, in constant time per value on average: values that can no longer become the
 * smallest are dropped as they are passed (Lemire, "Streaming Maximum-Minimum Filter Using No More than Three Comparisons per
 * Element", Nordic Journal of Computing 13, 2006). It allocates nothing after construction.
 */
export class SlidingMinimum {
  private readonly indices: Float64Array
  private readonly positions: Float64Array
  private readonly values: Float64Array
  private readonly mask: number
  private head = 0
  private tail = 0

  /** Holds up to `capacity` values, a power of two. */
  constructor(capacity: number) {
    this.indices = new Float64Array(capacity)
    this.positions = new Float64Array(capacity)
    this.values = new Float64Array(capacity)
    this.mask = capacity - 1
  }

  get isEmpty(): boolean {
    return this.head === this.tail
  }

  /** The smallest value; Infinity if the window is empty. */
  get least(): number {
    return this.head === this.tail ? Number.POSITIVE_INFINITY : this.values[this.head & this.mask]
  }

  /** Adds the next value. Positions never decrease. False if there is no room. */
  push(index: number, position: number, value: number): boolean {
    while (this.tail > this.head && this.values[(this.tail - 1) & this.mask] >= value) this.tail--
    if (this.tail - this.head > this.mask) return false
    const at = this.tail++ & this.mask
    this.indices[at] = index
    this.positions[at] = position
    this.values[at] = value
    return true
  }

  /** Drops what lies before a position or an index. */
  dropBefore(index: number, position: number): void {
    for (; this.head < this.tail; this.head++) {
      const at = this.head & this.mask
      if (this.positions[at] >= position && this.indices[at] >= index) break
    }
  }

  /** Becomes equal to another one of the same capacity. */
  copy(other: SlidingMinimum): void {
    this.head = 0
    this.tail = 0
    for (let i = other.head; i < other.tail; i++) {
      const at = i & other.mask
      this.indices[this.tail] = other.indices[at]
      this.positions[this.tail] = other.positions[at]
      this.values[this.tail] = other.values[at]
      this.tail++
    }
  }

  clear(): void {
    this.head = 0
    this.tail = 0
  }
}
