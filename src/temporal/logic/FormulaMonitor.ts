/**
 * Watches a formula over digests as they come. After each digest it gives the robustness of the digests that are settled, and
 * bounds for those that are not: trouble shows before a horizon closes. A recorded trace is judged the same way by `robustness`.
 * It allocates nothing per digest.
 */
import { ConfigError, DigestError } from "../../domain/errors.ts"
import { problem } from "../../domain/problems.ts"
import { channelsOf, type Formula, formulaText, inside } from "./formula.ts"
import { Window } from "./boundedParts.ts"
import { Search } from "./Search.ts"
import { Leaf, Next, Now, type Part, type Side, type Trace, type Witness } from "./Part.ts"

/** What a digest holds, and how much room bounds in time get. */
export interface FormulaMonitorOptions {
  /** The channels of a digest, in the order in which they are given to `observe`. */
  readonly channels: ReadonlyArray<string>
  /** Most digests that bounds in time may cover. Default 4096. Bounds in digests take what they need, up to 65536. */
  readonly mostDigests?: number | undefined
}

/** Bounds of a robustness, and the digest that they are of. Equal bounds are the robustness itself. */
export interface Verdict {
  readonly lo: number
  readonly hi: number
  /** Counted from the first digest; -1 if there is none. */
  readonly index: number
}

const MOST = 65_536

/** Watches one formula; see the top of this file. */
export class FormulaMonitor {
  readonly formula: Formula
  private readonly channels: ReadonlyArray<string>
  private readonly values: Float64Array
  private readonly trace: Trace
  private readonly parts: Array<Part> = []
  private readonly root: Part
  private provided = 0
  private readonly now = new Float64Array(1)

  /**
   * Throws a ConfigError for channels that are not there, and for a formula that looks forward without an end: no digest of it
   * would ever be settled. For a recorded trace, which has an end, \`recorded\` allows it.
   */
  constructor(formula: Formula, options: FormulaMonitorOptions, recorded = false) {
    const { channels, mostDigests = 4_096 } = options
    const digests = span(formula)
    const unknown = channelsOf(formula).filter((name) => !channels.includes(name))
    const problems = [
      ...unknown.map((name) => problem(["formula"], `names a channel that is not there: ${name}.`)),
      ...(recorded ? [] : endless(formula)).map((part) =>
        problem(
          ["formula"],
          `never ends: ${formulaText(part)}.`,
          "Give it a bound, as in always[0,60s]. A rule is checked at every digest anyway.",
        ),
      ),
      ...(digests > MOST && !recorded
        ? [problem(["formula"], `spans ${digests} digests, more than ${MOST}.`, "Use smaller bounds.")]
        : []),
    ]
    if (problems.length > 0) throw new ConfigError({ problems })
    const least = recorded ? mostDigests : inTime(formula) ? Math.max(digests, mostDigests) : digests
    const capacity = 2 ** Math.ceil(Math.log2(least + 2))
    this.formula = formula
    this.channels = channels
    this.values = new Float64Array(channels.length)
    this.trace = {
      received: 0,
      closed: false,
      overflowed: false,
      capacity,
      mask: capacity - 1,
      atUs: new Float64Array(capacity),
    }
    this.root = this.compile(formula)
  }

  /** Digests received, and those of them that are settled. */
  get received(): number {
    return this.trace.received
  }

  get settled(): number {
    return this.root.settled
  }

  /** A bound in time covered more digests than there is room for. Nothing is known from then on. */
  get overflowed(): boolean {
    return this.trace.overflowed
  }

  /**
   * Takes a digest: one value for each channel (NaN if it has none) and its time. Returns how many digests were settled by it.
   * Throws a DigestError, and changes nothing, if the time is not a number or before the last one.
   */
  observe(values: ArrayLike<number>, atUs: number): number {
    this.now[0] = atUs
    return this.observeAt(values, this.now)
  }

  /** As `observe`, with the time in the first place of an array: a double that is handed on is allocated. */
  observeAt(values: ArrayLike<number>, time: Float64Array): number {
    const { trace } = this
    const atUs = time[0]
    const last =
      trace.received === 0 ? Number.NEGATIVE_INFINITY : trace.atUs[(trace.received - 1) & trace.mask]
    if (!(atUs >= last) || atUs === Number.POSITIVE_INFINITY) this.refuse(atUs, last)
    if (trace.overflowed) return 0
    for (const part of this.parts) if (trace.received - part.oldest >= trace.capacity) trace.overflowed = true
    if (trace.overflowed) return 0
    trace.atUs[trace.received & trace.mask] = atUs
    for (let i = 0; i < this.values.length; i++) this.values[i] = values[i]
    trace.received++
    return this.advance()
  }

  /** No more digests will come: settles the rest. Windows then end with the trace. */
  finish(): number {
    this.trace.closed = true
    return this.advance()
  }

  /** The robustness at a settled digest, as bounds. Only digests that are still kept can be asked for. */
  verdictAt(index: number): Verdict {
    if (index < 0 || index >= this.root.settled || index < this.trace.received - this.trace.capacity)
      return { lo: Number.NEGATIVE_INFINITY, hi: Number.POSITIVE_INFINITY, index }
    return { lo: this.root.at(index, "lo"), hi: this.root.at(index, "hi"), index }
  }

  /**
   * The worst of the digests that are not settled: bounds that hold whatever comes. Below zero on both sides means that the
   * formula fails there for certain. Costs one pass over the digests that are not settled.
   */
  outlook(): Verdict {
    const { trace, root } = this
    if (this.provided !== trace.received) {
      for (const part of this.parts) part.provide()
      this.provided = trace.received
    }
    let index = -1
    let lo = Number.POSITIVE_INFINITY
    let hi = Number.POSITIVE_INFINITY
    for (let i = root.settled; i < trace.received; i++) {
      lo = Math.min(lo, root.at(i, "lo"))
      if (root.at(i, "hi") < hi || index < 0) {
        hi = root.at(i, "hi")
        index = i
      }
    }
    if (trace.overflowed) return { lo: Number.NEGATIVE_INFINITY, hi: Number.POSITIVE_INFINITY, index }
    return { lo, hi, index }
  }

  /**
   * Of the digests settled from `from` on, and with `open` of those that are not settled: the least upper bound at `into[0]`, its index
   * at `into[1]`, and the least lower bound of the settled ones at `into[2]`. Allocates nothing.
   */
  worst(from: number, open: boolean, into: Float64Array): void {
    const { trace, root } = this
    const { lo, hi, settled } = root
    into[0] = Number.POSITIVE_INFINITY
    into[1] = -1
    into[2] = Number.POSITIVE_INFINITY
    if (trace.overflowed) return
    if (open && settled < trace.received && this.provided !== trace.received) {
      for (const part of this.parts) part.provide()
      this.provided = trace.received
    }
    const end = open ? trace.received : settled
    for (let i = Math.max(from, trace.received - trace.capacity); i < end; i++) {
      const at = i & trace.mask
      if (hi[at] < into[0] || into[1] < 0) {
        into[0] = hi[at]
        into[1] = i
      }
      if (i < settled && lo[at] < into[2]) into[2] = lo[at]
    }
  }

  /** When a digest that is still kept came, microseconds. */
  timeOf(index: number): number {
    return this.trace.atUs[index & this.trace.mask]
  }

  /** Which predicate, at which digest, makes the upper bound at `index` what it is, or the lower one. */
  witness(index: number, side: Side = "hi"): Witness {
    return this.root.witness(index, side)
  }

  /** Forgets all digests. */
  clear(): void {
    this.trace.received = 0
    this.trace.closed = false
    this.trace.overflowed = false
    this.provided = 0
    for (const part of this.parts) part.clear()
  }

  private advance(): number {
    const before = this.root.settled
    for (const part of this.parts) part.settle()
    return this.root.settled - before
  }

  private compile(formula: Formula): Part {
    const children = inside(formula).map((one) => this.compile(one))
    const part = this.partOf(formula, children)
    this.parts.push(part)
    return part
  }

  private partOf(formula: Formula, children: ReadonlyArray<Part>): Part {
    const { trace } = this
    switch (formula.op) {
      case "predicate":
      case "constant":
        return new Leaf(formula, trace, this.channels, this.values)
      case "not":
      case "and":
      case "or":
        return new Now(formula, children, trace)
      case "next":
        return new Next(formula, children, trace)
      case "until":
      case "release":
      case "since":
        return new Search(formula, children, trace)
      default:
        return new Window(formula, children, trace)
    }
  }

  private refuse(atUs: number, last: number): never {
    const message = Number.isFinite(atUs)
      ? `is ${atUs}, before the digest before it (${last}).`
      : `must be a finite time in microseconds, got ${atUs}.`
    throw new DigestError({ problems: [problem(["timestampUs"], message)] })
  }
}

/** Parts that look forward, or search back, without an end that a stream would reach. */
function endless(formula: Formula): ReadonlyArray<Formula> {
  const own =
    "bound" in formula &&
    formula.bound.to === Number.POSITIVE_INFINITY &&
    (formula.op === "since" ? formula.bound.from > 0 : formula.op !== "historically" && formula.op !== "once")
  return own ? [formula] : inside(formula).flatMap(endless)
}

/** Most digests between the first and the last that a robustness depends on, as far as bounds count digests. */
function span(formula: Formula): number {
  const own = "bound" in formula && formula.bound.unit === "digests" ? formula.bound : null
  const reach = own === null || own.to === Number.POSITIVE_INFINITY ? (own?.from ?? 0) : own.to
  return (formula.op === "next" ? 1 : reach) + Math.max(0, ...inside(formula).map(span))
}

const inTime = (formula: Formula): boolean =>
  ("bound" in formula && formula.bound.unit === "us") || inside(formula).some(inTime)
