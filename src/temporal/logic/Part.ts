/**
 * The parts of a compiled formula. A part settles its digests in order: a digest is settled when no later digest can change the
 * part's robustness there. What is not settled yet has provisional bounds, which hold whatever comes. All values are intervals:
 * a missing reading may be anything.
 */
import { type Formula, formulaText } from "./formula.ts"

/** What all parts of one formula share. */
export interface Trace {
  /** Digests received, and whether no more will come. */
  received: number
  closed: boolean
  /** A part needed more digests than there is room for: nothing can be said any more. */
  overflowed: boolean
  readonly capacity: number
  readonly mask: number
  /** Time of each digest, microseconds. */
  readonly atUs: Float64Array
}

/** Which of the two bounds. */
export type Side = "lo" | "hi"

/** The predicate that decides, where, and its robustness there. */
export interface Witness {
  readonly text: string
  readonly index: number
  readonly robustness: number
}

export abstract class Part {
  readonly formula: Formula
  readonly children: ReadonlyArray<Part>
  readonly lo: Float64Array
  readonly hi: Float64Array
  /** How many digests are settled. */
  settled = 0
  protected readonly trace: Trace

  constructor(formula: Formula, children: ReadonlyArray<Part>, trace: Trace) {
    this.formula = formula
    this.children = children
    this.trace = trace
    this.lo = new Float64Array(trace.capacity)
    this.hi = new Float64Array(trace.capacity)
  }

  /** Settles every digest that can be settled. */
  settle(): void {
    while (this.settled < this.trace.received && this.settleAt(this.settled)) this.settled++
  }

  /** Fills in provisional bounds for the digests that are not settled. */
  abstract provide(): void

  /** Where the value at `index` comes from. */
  abstract witness(index: number, side: Side): Witness

  clear(): void {
    this.settled = 0
  }

  /** The oldest digest that this part still has to look at. */
  get oldest(): number {
    return this.settled
  }

  /** True if the digest could be settled. */
  protected abstract settleAt(index: number): boolean

  protected put(index: number, lo: number, hi: number): void {
    const at = index & this.trace.mask
    this.lo[at] = lo
    this.hi[at] = hi
  }

  /** A value of one side, settled or provisional. */
  at(index: number, side: Side): number {
    return this[side][index & this.trace.mask]
  }

  protected itself(index: number, side: Side): Witness {
    return { text: formulaText(this.formula), index, robustness: this.at(index, side) }
  }

  protected isKept(index: number): boolean {
    return index >= 0 && index < this.trace.received && index >= this.trace.received - this.trace.capacity
  }
}

/** A predicate or a constant: settled as soon as the digest is there. */
export class Leaf extends Part {
  private readonly weights: Float64Array
  private readonly constant: number
  /** The digest that is being observed. */
  private readonly values: Float64Array

  constructor(
    formula: Extract<Formula, { op: "predicate" | "constant" }>,
    trace: Trace,
    channels: ReadonlyArray<string>,
    values: Float64Array,
  ) {
    super(formula, [], trace)
    this.values = values
    this.weights = new Float64Array(channels.length)
    if (formula.op === "constant") {
      this.constant = formula.holds ? Number.POSITIVE_INFINITY : Number.NEGATIVE_INFINITY
      return
    }
    this.constant = formula.sum.constant
    for (const { channel, factor } of formula.sum.terms) this.weights[channels.indexOf(channel)] += factor
  }

  protected settleAt(index: number): boolean {
    const { weights, values, lo, hi } = this
    let sum = this.constant
    for (let i = 0; i < weights.length; i++) if (weights[i] !== 0) sum += weights[i] * values[i]
    // Written here: a double that is handed on is allocated.
    const at = index & this.trace.mask
    lo[at] = sum === sum ? sum : Number.NEGATIVE_INFINITY
    hi[at] = sum === sum ? sum : Number.POSITIVE_INFINITY
    return true
  }

  provide(): void {}

  witness(index: number, side: Side): Witness {
    return this.itself(index, side)
  }
}

/** Negation, conjunction, disjunction: settled when all inside are. */
export class Now extends Part {
  protected settleAt(index: number): boolean {
    for (const child of this.children) if (child.settled <= index) return false
    this.join(index)
    return true
  }

  provide(): void {
    for (let index = this.settled; index < this.trace.received; index++) this.join(index)
  }

  private join(index: number): void {
    const { op } = this.formula
    const { children, lo, hi } = this
    const at = index & this.trace.mask
    if (op === "not") {
      lo[at] = -children[0].hi[at]
      hi[at] = -children[0].lo[at]
      return
    }
    lo[at] = op === "and" ? Number.POSITIVE_INFINITY : Number.NEGATIVE_INFINITY
    hi[at] = lo[at]
    for (let i = 0; i < children.length; i++) {
      const child = children[i]
      lo[at] = op === "and" ? Math.min(lo[at], child.lo[at]) : Math.max(lo[at], child.lo[at])
      hi[at] = op === "and" ? Math.min(hi[at], child.hi[at]) : Math.max(hi[at], child.hi[at])
    }
  }

  witness(index: number, side: Side): Witness {
    if (this.formula.op === "not") return this.children[0].witness(index, side === "lo" ? "hi" : "lo")
    const value = this.at(index, side)
    const child = this.children.find((one) => one.at(index, side) === value)
    return child === undefined ? this.itself(index, side) : child.witness(index, side)
  }
}

/** The next digest. */
export class Next extends Part {
  protected settleAt(index: number): boolean {
    const [child] = this.children
    if (child.settled > index + 1) this.put(index, child.at(index + 1, "lo"), child.at(index + 1, "hi"))
    else if (this.trace.closed && index === this.trace.received - 1) {
      const end = this.formula.op === "next" && this.formula.strong ? -1 : 1
      this.put(index, end * Number.POSITIVE_INFINITY, end * Number.POSITIVE_INFINITY)
    } else return false
    return true
  }

  provide(): void {
    const [child] = this.children
    for (let index = this.settled; index < this.trace.received; index++) {
      const known = index + 1 < this.trace.received
      this.put(
        index,
        known ? child.at(index + 1, "lo") : Number.NEGATIVE_INFINITY,
        known ? child.at(index + 1, "hi") : Number.POSITIVE_INFINITY,
      )
    }
  }

  witness(index: number, side: Side): Witness {
    return index + 1 < this.trace.received
      ? this.children[0].witness(index + 1, side)
      : this.itself(index, side)
  }
}
