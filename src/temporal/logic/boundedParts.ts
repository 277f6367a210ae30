/** The parts of a compiled formula that look over a bound for one value: always and eventually, forwards and backwards. */
import type { Formula } from "./formula.ts"
import { Part, type Side, type Trace, type Witness } from "./Part.ts"
import { SlidingMinimum } from "../SlidingMinimum.ts"

/** What parts with a bound have in common: positions, which are digests or microseconds. */
export abstract class Bounded extends Part {
  protected readonly from: number
  protected readonly to: number
  private readonly inTime: boolean

  constructor(formula: Extract<Formula, { bound: unknown }>, children: ReadonlyArray<Part>, trace: Trace) {
    super(formula, children, trace)
    this.from = formula.bound.from
    this.to = formula.bound.to
    this.inTime = formula.bound.unit === "us"
  }

  protected position(index: number): number {
    return this.inTime ? this.trace.atUs[index & this.trace.mask] : index
  }

  /** Whether the digest at `index`, which may not have come yet, is certainly after `end`. */
  protected isAfter(index: number, end: number): boolean {
    if (index < this.trace.received) return this.position(index) > end
    return this.trace.closed || (!this.inTime && index > end)
  }
}

/** Always, eventually, historically, once: the least or greatest value of a window. */
export class Window extends Bounded {
  /** Least values are searched; for the greatest, values change their sign. */
  private readonly sign: 1 | -1
  private readonly past: boolean
  /** Everything before some digest: two numbers suffice. */
  private readonly endless: boolean
  private readonly leastLo: SlidingMinimum
  private readonly leastHi: SlidingMinimum
  private readonly scratchLo: SlidingMinimum
  private readonly scratchHi: SlidingMinimum
  private everLo = Number.POSITIVE_INFINITY
  private everHi = Number.POSITIVE_INFINITY
  /** The next digest to take into the window. */
  private next = 0

  constructor(formula: Extract<Formula, { bound: unknown }>, children: ReadonlyArray<Part>, trace: Trace) {
    super(formula, children, trace)
    this.sign = formula.op === "always" || formula.op === "historically" ? 1 : -1
    this.past = formula.op === "historically" || formula.op === "once"
    this.endless = this.past && this.to === Number.POSITIVE_INFINITY
    const make = (): SlidingMinimum => new SlidingMinimum(this.endless ? 1 : trace.capacity)
    this.leastLo = make()
    this.leastHi = make()
    this.scratchLo = make()
    this.scratchHi = make()
  }

  override get oldest(): number {
    return this.endless ? this.settled : Math.min(this.settled, this.next)
  }

  override clear(): void {
    super.clear()
    this.leastLo.clear()
    this.leastHi.clear()
    this.everLo = Number.POSITIVE_INFINITY
    this.everHi = Number.POSITIVE_INFINITY
    this.next = 0
  }

  protected settleAt(index: number): boolean {
    const [child] = this.children
    if (this.past && child.settled <= index) return false
    const end = this.endOf(index)
    while (this.next < (this.past ? index + 1 : child.settled) && this.position(this.next) <= end) {
      if (!this.takeIn(this.next, this.leastLo, this.leastHi)) return false
      this.next++
    }
    if (!this.past && !this.isAfter(this.next, end)) return false
    this.conclude(index, this.leastLo, this.leastHi, this.everLo, this.everHi, true)
    return true
  }

  provide(): void {
    if (this.settled === this.trace.received) return
    const [keptNext, keptLo, keptHi] = [this.next, this.everLo, this.everHi]
    this.scratchLo.copy(this.leastLo)
    this.scratchHi.copy(this.leastHi)
    for (let index = this.settled; index < this.trace.received; index++) {
      const end = this.endOf(index)
      const last = this.past ? index : this.trace.received - 1
      while (this.next <= last && this.position(this.next) <= end) {
        this.takeIn(this.next, this.scratchLo, this.scratchHi)
        this.next++
      }
      const complete = this.past || this.isAfter(this.next, end)
      this.conclude(index, this.scratchLo, this.scratchHi, this.everLo, this.everHi, complete)
    }
    this.next = keptNext
    this.everLo = keptLo
    this.everHi = keptHi
  }

  witness(index: number, side: Side): Witness {
    const [child] = this.children
    const value = this.at(index, side)
    const start = this.startOf(index)
    const end = this.endOf(index)
    // The latest digest of the window with this value, among those still kept.
    for (let i = this.trace.received - 1; this.isKept(i); i--) {
      const position = this.position(i)
      if (position >= start && position <= end && child.at(i, side) === value) return child.witness(i, side)
    }
    return this.itself(index, side)
  }

  private startOf(index: number): number {
    return this.position(index) + (this.past ? -this.to : this.from)
  }

  private endOf(index: number): number {
    return this.position(index) + (this.past ? -this.from : this.to)
  }

  private takeIn(index: number, lo: SlidingMinimum, hi: SlidingMinimum): boolean {
    const [child] = this.children
    const [one, other] = [child.at(index, "lo"), child.at(index, "hi")]
    const [low, high] = this.sign === 1 ? [one, other] : [-other, -one]
    if (this.endless) {
      this.everLo = Math.min(this.everLo, low)
      this.everHi = Math.min(this.everHi, high)
      return true
    }
    const position = this.position(index)
    if (lo.push(index, position, low) && hi.push(index, position, high)) return true
    this.trace.overflowed = true
    return false
  }

  private conclude(
    index: number,
    lo: SlidingMinimum,
    hi: SlidingMinimum,
    everLo: number,
    everHi: number,
    complete: boolean,
  ): void {
    if (!this.endless) {
      const start = this.startOf(index)
      // Digests may share a time: looking forward, those before this one do not count.
      const first = this.past ? 0 : index
      lo.dropBefore(first, start)
      hi.dropBefore(first, start)
    }
    // What is still to come may be as bad as anything.
    const low = complete ? (this.endless ? everLo : lo.least) : Number.NEGATIVE_INFINITY
    const high = this.endless ? everHi : hi.least
    if (this.sign === 1) this.put(index, low, high)
    else this.put(index, -high, -low)
  }
}
