/**
 * Watches one rule over the digests of an engine: where it stands after each, and since when. A reading that is not there is unknown,
 * never good: readings that are missing for longer than the rule's patience count as a violation. Allocates nothing per digest.
 */
import type { RuleStatus } from "../domain/Rule.ts"
import { DIGEST_RECEIVED_US, DIGEST_TIMESTAMP_US } from "../hot/codes.ts"
import { type Formula, formulaText, inside } from "../temporal/logic/formula.ts"
import { FormulaMonitor } from "../temporal/logic/FormulaMonitor.ts"
import type { Rule } from "./ruleBook.ts"

/** Status of a rule, as a number. */
export const RULE_PENDING = 0
export const RULE_HOLDS = 1
export const RULE_UNKNOWN = 2
export const RULE_VIOLATED = 3
/** By status code. */
export const RULE_STATUSES: ReadonlyArray<RuleStatus> = ["pending", "holds", "unknown", "violated"]

/** Positions in `cells`. */
export const RULE_MARGIN = 0
const WORST_INDEX = 1
const LEAST_LOW = 2
const MISSING_SINCE = 3
/** Digests that could not be judged. */
export const RULE_UNKNOWNS = 4

/** Parts of open digests that may be looked at for one digest; more of them take turns. */
const MOST_OPEN = 256
/** How far a stamp may lie ahead of the clock, as in the hot path. */
const AHEAD_US = 1_000

/** What decides a violation. */
export interface RuleWitness {
  /** The part of the rule, and when its digest came. */
  readonly part: string
  readonly atUs: number
  readonly margin: number
  /** What was read there, if the part is about one channel. */
  readonly value: number | null
}

/** Where the live values of knobs are. */
export interface KnobReader {
  readonly value: (knob: number) => number
}

export class RuleMonitor {
  readonly rule: Rule
  /** RULE_PENDING and so on. */
  status = RULE_PENDING
  /** Readings have been missing for longer than the rule has patience. */
  overdue = false
  readonly cells = new Float64Array(5)
  private readonly monitor: FormulaMonitor
  private readonly values: Float64Array
  private readonly time = new Float64Array(1)
  private readonly maxAgeUs: number

  constructor(rule: Rule, maxAgeUs: number) {
    this.rule = rule
    this.maxAgeUs = maxAgeUs
    this.values = new Float64Array(rule.channels.length)
    this.monitor = new FormulaMonitor(rule.formula, rule)
    this.cells[RULE_MARGIN] = Number.NaN
    this.cells[MISSING_SINCE] = Number.NaN
  }

  /** The monitor ran out of room: its bounds cover more digests than `mostDigests`. */
  get overflowed(): boolean {
    return this.monitor.overflowed
  }

  /** Takes a digest as the hot path has judged it. A stale one, or one from the future, says nothing. */
  observe(digest: Float64Array, knobs: KnobReader): void {
    const { cells, monitor, values, rule } = this
    const now = digest[DIGEST_RECEIVED_US]
    const age = now - digest[DIGEST_TIMESTAMP_US]
    const stale = !(age <= this.maxAgeUs && age >= -AHEAD_US)
    let missing = false
    for (let i = 0; i < values.length; i++) {
      const source = rule.sources[i]
      values[i] = source < 0 ? knobs.value(-1 - source) : stale ? Number.NaN : digest[source]
      if (values[i] !== values[i]) missing = true
    }
    const before = monitor.settled
    this.time[0] = now
    monitor.observeAt(values, this.time)
    const open = monitor.received - monitor.settled
    monitor.worst(before, monitor.received % Math.ceil((open + 1) / MOST_OPEN) === 0, cells)
    const lost = missing || monitor.overflowed
    if (!lost) cells[MISSING_SINCE] = Number.NaN
    else if (cells[MISSING_SINCE] !== cells[MISSING_SINCE]) cells[MISSING_SINCE] = now
    this.overdue = lost && now - cells[MISSING_SINCE] >= rule.patienceUs
    if (cells[RULE_MARGIN] < 0) this.status = RULE_VIOLATED
    else if (lost || cells[LEAST_LOW] < 0) {
      this.status = RULE_UNKNOWN
      cells[RULE_UNKNOWNS]++
    } else if (monitor.settled > 0 || cells[RULE_MARGIN] < Number.POSITIVE_INFINITY) this.status = RULE_HOLDS
  }

  /** How far the rule holds, or fails, at the digests that are judged; null while nothing is known of them. */
  get margin(): number | null {
    const margin = this.cells[RULE_MARGIN]
    return Number.isFinite(margin) ? margin : null
  }

  /** What decides the margin; null where nothing does. */
  witness(): RuleWitness | null {
    const { cells, monitor, rule } = this
    if (cells[WORST_INDEX] < 0) return null
    const { text, index, robustness } = monitor.witness(cells[WORST_INDEX])
    return {
      part: text,
      atUs: monitor.timeOf(index),
      margin: cells[RULE_MARGIN],
      value: valueAt(predicateOf(rule.formula, text), robustness),
    }
  }
}

type Predicate = Extract<Formula, { op: "predicate" }>

function predicateOf(formula: Formula, text: string): Predicate | null {
  if (formula.op === "predicate") return formulaText(formula) === text ? formula : null
  for (const one of inside(formula)) {
    const found = predicateOf(one, text)
    if (found !== null) return found
  }
  return null
}

/** The reading behind a robustness. */
function valueAt(predicate: Predicate | null, robustness: number): number | null {
  if (predicate === null || predicate.sum.terms.length !== 1) return null
  const value = (robustness - predicate.sum.constant) / predicate.sum.terms[0].factor
  return Number.isFinite(value) ? value : null
}
