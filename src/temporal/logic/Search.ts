/** The parts of a compiled formula that look for one value and hold another until there: until, release and since. */
import { SlidingMinimum } from "../SlidingMinimum.ts"
import { Bounded } from "./boundedParts.ts"
import type { Formula } from "./formula.ts"
import type { Part, Side, Trace, Witness } from "./Part.ts"
import { Reach } from "./Reach.ts"

/**
 * Until, release, since. What is settled costs a few steps a digest on average, however wide the bound; so do provisional bounds of an
 * until or a release from now on. Other provisional bounds are searched digest by digest.
 */
export class Search extends Bounded {
  private readonly sign: 1 | -1
  private readonly past: boolean
  private readonly endless: boolean
  private readonly reachLo: Reach
  private readonly reachHi: Reach
  /** The left side between a digest and its window, where a bound does not begin at once. */
  private readonly leastLo: SlidingMinimum
  private readonly leastHi: SlidingMinimum
  private readonly openLo = new Float64Array(2)
  private readonly openHi = new Float64Array(2)

  constructor(formula: Extract<Formula, { bound: unknown }>, children: ReadonlyArray<Part>, trace: Trace) {
    super(formula, children, trace)
    this.sign = formula.op === "release" ? -1 : 1
    this.past = formula.op === "since"
    this.endless = this.past && this.from === 0 && this.to === Number.POSITIVE_INFINITY
    const [left, right] = children
    const room = this.endless ? 1 : trace.capacity
    this.reachLo = new Reach(left.lo, right.lo, this.sign, this.past, room)
    this.reachHi = new Reach(left.hi, right.hi, this.sign, this.past, room)
    const between = this.from > 0 ? room : 1
    this.leastLo = new SlidingMinimum(between)
    this.leastHi = new SlidingMinimum(between)
  }

  override clear(): void {
    super.clear()
    this.reachLo.clear()
    this.reachHi.clear()
    this.leastLo.clear()
    this.leastHi.clear()
  }

  protected settleAt(index: number): boolean {
    const [left, right] = this.children
    const both = Math.min(left.settled, right.settled)
    if (this.past ? both <= index : !this.hasEnded(index, both)) return false
    if (this.endless) this.put(index, this.found(index, "lo", true), this.found(index, "hi", true))
    else if (this.past) this.slideBack(index)
    else this.slideOn(index, both)
    return !this.trace.overflowed
  }

  /** Whether the window of a digest lies within the first `known` digests, whatever comes. */
  private hasEnded(index: number, known: number): boolean {
    const last = this.position(index) + this.to
    return this.isAfter(known - 1, last) || this.isAfter(known, last)
  }

  /** Moves the window that ends before a digest. */
  private slideBack(index: number): void {
    const { reachLo, reachHi, trace } = this
    const here = this.position(index)
    const oldest = trace.received - trace.capacity
    // What was let go of may lie within the bound.
    if (oldest > 0 && this.position(oldest) >= here - this.to) trace.overflowed = true
    if (this.from > 0) this.pass(index)
    for (; reachLo.tail <= index && this.position(reachLo.tail) <= here - this.from; reachHi.add())
      reachLo.add()
    while (
      reachLo.head < reachLo.tail &&
      (reachLo.head < oldest || this.position(reachLo.head) < here - this.to)
    ) {
      reachLo.drop()
      reachHi.drop()
    }
    this.conclude(index, reachLo.tail)
  }

  /** Moves the window that begins after a digest; its end is settled. */
  private slideOn(index: number, settled: number): void {
    const { reachLo, reachHi } = this
    const here = this.position(index)
    for (; reachLo.tail < settled && this.position(reachLo.tail) <= here + this.to; reachHi.add())
      reachLo.add()
    while (
      reachLo.head < reachLo.tail &&
      (reachLo.head < index || this.position(reachLo.head) < here + this.from)
    ) {
      if (this.from > 0) this.pass(reachLo.head)
      reachLo.drop()
      reachHi.drop()
    }
    this.conclude(index, index)
  }

  /** Takes the left side of a digest into what lies between. */
  private pass(index: number): void {
    const [left] = this.children
    this.leastLo.push(index, index, this.sign * left.at(index, "lo"))
    this.leastHi.push(index, index, this.sign * left.at(index, "hi"))
  }

  /** Writes the value; `first` is the first digest of what lies between. */
  private conclude(index: number, first: number): void {
    const { leastLo, leastHi, sign } = this
    leastLo.dropBefore(first, first)
    leastHi.dropBefore(first, first)
    const lo = Math.min(leastLo.least, this.reachLo.best)
    const hi = Math.min(leastHi.least, this.reachHi.best)
    this.put(index, sign * lo, sign * hi)
  }

  provide(): void {
    const { past, from, trace } = this
    if (past || from > 0) {
      for (let index = this.settled; index < trace.received; index++) this.search(index)
      return
    }
    let index = trace.received - 1
    const end = this.settled
    this.openLo[0] = Number.NEGATIVE_INFINITY
    this.openLo[1] = Number.POSITIVE_INFINITY
    this.openHi.set(this.openLo)
    const newest = index < end ? 0 : this.position(index)
    for (; index >= end && this.isOpen(index, newest); index--)
      this.put(index, this.opened(index, "lo", this.openLo), this.opened(index, "hi", this.openHi))
    for (; index >= end; index--) this.search(index)
  }

  /** Whether the window of a digest reaches to the newest one and goes on. */
  private isOpen(index: number, newest: number): boolean {
    const last = this.position(index) + this.to
    return newest <= last && !this.isAfter(this.trace.received, last)
  }

  /** The value of a digest whose window is open, from that of the next one: best right side so far, and least left side. */
  private opened(index: number, side: Side, open: Float64Array): number {
    const [left, right] = this.children
    const { sign } = this
    const own = sign * left.at(index, side)
    open[0] = Math.max(sign * right.at(index, side), Math.min(own, open[0]))
    open[1] = Math.min(own, open[1])
    // Something better may still come: as good as the left side has been so far.
    return sign * ((side === "hi") === (sign === 1) ? Math.max(open[0], open[1]) : open[0])
  }

  private search(index: number): void {
    const complete = this.past || this.hasEnded(index, this.trace.received)
    this.put(index, this.found(index, "lo", complete), this.found(index, "hi", complete))
  }

  witness(index: number, side: Side): Witness {
    const value = this.at(index, side)
    const step = this.past ? -1 : 1
    for (let i = index; this.isKept(i); i += step)
      for (const child of this.children) if (child.at(i, side) === value) return child.witness(i, side)
    return this.itself(index, side)
  }

  /** The greatest, over the digests of the window, of the right side there and the least of the left side before it. */
  private found(index: number, side: Side, complete: boolean): number {
    const [left, right] = this.children
    const { sign } = this
    if (this.endless) {
      const before = index === 0 ? Number.NEGATIVE_INFINITY : this.at(index - 1, side)
      return Math.max(right.at(index, side), Math.min(left.at(index, side), before))
    }
    const here = this.position(index)
    const step = this.past ? -1 : 1
    let least = Number.POSITIVE_INFINITY
    let best = Number.NEGATIVE_INFINITY
    for (let i = index; i >= 0 && i < this.trace.received; i += step) {
      const away = step * (this.position(i) - here)
      if (away > this.to) break
      if (!this.isKept(i)) {
        this.trace.overflowed = true
        break
      }
      if (away >= this.from) best = Math.max(best, Math.min(sign * right.at(i, side), least))
      least = Math.min(least, sign * left.at(i, side))
    }
    // Something better may still come: as good as the left side has been so far.
    if (!complete && (side === "hi") === (sign === 1)) best = Math.max(best, least)
    return sign * best
  }
}
