/**
 * What the journal of one run says happened, followed record by record with a plain model that remembers everything: where
 * the base and the baseline are, whether SafeMode is open, and what every guardrail allowed. It knows nothing of how the
 * engine keeps its budgets; whatever it cannot account for is a finding.
 */
import {
  RECORD_CODE,
  RECORD_DETAIL,
  RECORD_GENERATION,
  RECORD_KIND,
  RECORD_POINT,
  RECORD_SEQUENCE,
  RECORD_TIMESTAMP_US,
} from "../../src/hot/AuditRing.ts"
import {
  AUDIT_APPLY,
  AUDIT_BASELINE_SET,
  AUDIT_ENGINE_STARTED,
  AUDIT_ENGINE_STOPPED,
  AUDIT_GUARD,
  AUDIT_RANGE_EARNED,
  AUDIT_ROLLBACK,
  AUDIT_SAFE_MODE_ENTERED,
  AUDIT_SAFE_MODE_EXITED,
  GUARD_PROMOTE,
  RETREAT,
  RETURN_TO_BASE,
  RETURN_TO_TUNED,
  UPDATE,
  VISIT_BASELINE,
} from "../../src/hot/codes.ts"
import { resolveGuardrails } from "../../src/control/guardrails.ts"
import type { GuardrailNumbers } from "../../src/hot/Guardrails.ts"
import { tripReason } from "../../src/domain/words.ts"
import type { JournalItem } from "../../src/journal/read/walkJournal.ts"
import { BaseHistory } from "./BaseHistory.ts"

/** Rounding that Tier 1 allows itself: a grid knob's own neighbours stay reachable. */
const SLACK = 3e-9
const SECOND_US = 1e6

/** A time in SafeMode. */
export interface Trip {
  readonly reason: string
  readonly fromUs: number
  /** Infinity where the run ended in it. */
  untilUs: number
  /** When the plant had been put on its base or baseline; Infinity: never. */
  safeUs: number
}

const bytesOf = (point: Float64Array): string =>
  Array.from(new BigUint64Array(point.slice().buffer)).join(" ")

export class Witness {
  readonly findings: Array<string> = []
  readonly trips: Array<Trip> = []
  /** What was live, by generation: unit positions. */
  readonly byGeneration = new Map<number, Float64Array>()
  /** Generations whose configuration was a base or a baseline, so: last known to be good. */
  readonly good = new Set<number>()
  base: Float64Array | null = null
  baseline: Float64Array | null = null
  live: Float64Array | null = null
  /** Where the run began. */
  start: Float64Array | null = null
  generation = 0
  applies = 0
  rollbacks = 0
  records = 0
  ended = false
  private readonly item: JournalItem
  private readonly policy: GuardrailNumbers
  private readonly history: BaseHistory
  private readonly appliedUs: Array<number> = []
  private lastWriteUs = Number.NEGATIVE_INFINITY
  private cooldownUntilUs = Number.NEGATIVE_INFINITY
  private open: Trip | null = null
  /** The guard has just said that the mean of a stay is the baseline now. */
  private earned = false
  /** The base that the guard left for a look at the baseline. */
  private tuned: Float64Array | null = null

  constructor(first: JournalItem) {
    this.item = first
    this.policy = resolveGuardrails(first.settings.guardrails)
    this.history = new BaseHistory(first.settings.space.table, this.policy)
  }

  take(numbers: Float64Array): void {
    this.records++
    const seq = numbers[RECORD_SEQUENCE]
    if (seq !== this.records) this.find(numbers, `it is the ${this.records}th of its run`)
    const kind = numbers[RECORD_KIND]
    const atUs = numbers[RECORD_TIMESTAMP_US]
    if (kind === AUDIT_ENGINE_STARTED) this.goLive(numbers, true)
    else if (kind === AUDIT_BASELINE_SET) this.setBaseline(numbers)
    else if (kind === AUDIT_GUARD) this.earned = numbers[RECORD_CODE] === GUARD_PROMOTE
    else if (kind === AUDIT_APPLY) this.apply(numbers)
    else if (kind === AUDIT_ROLLBACK) this.rollback(numbers)
    else if (kind === AUDIT_SAFE_MODE_ENTERED && this.open === null) this.enter(numbers)
    else if (kind === AUDIT_SAFE_MODE_EXITED && this.open !== null) {
      this.open.untilUs = atUs
      this.open = null
      this.tuned = null
    } else if (kind === AUDIT_RANGE_EARNED) this.history.earn()
    else if (kind === AUDIT_ENGINE_STOPPED) {
      this.ended = true
      if (!this.onGood) this.find(numbers, "the run ended with its plant off the base")
    }
  }

  /** The live configuration is the base or the baseline. */
  get onGood(): boolean {
    if (this.live === null) return false
    const live = bytesOf(this.live)
    return [this.base, this.baseline].some((point) => point !== null && bytesOf(point) === live)
  }

  /** Of a generation that the journal knows: user values by name. */
  values(generation: number): Readonly<Record<string, number>> | null {
    const unit = this.byGeneration.get(generation)
    return unit === undefined ? null : this.decoded(unit)
  }

  decoded(unit: Float64Array): Readonly<Record<string, number>> {
    const { names, table } = this.item.settings.space
    return Object.fromEntries(names.map((name, i) => [name, table.decode(i, unit[i])]))
  }

  private find(numbers: Float64Array, what: string): void {
    this.findings.push(`record ${numbers[RECORD_SEQUENCE]}: ${what}`)
  }

  private pointOf(numbers: Float64Array): Float64Array {
    return numbers.slice(RECORD_POINT, RECORD_POINT + this.item.settings.space.table.size)
  }

  /** What stands in the record is live from now on. */
  private goLive(numbers: Float64Array, isBase: boolean): void {
    const point = this.pointOf(numbers)
    const generation = numbers[RECORD_GENERATION]
    if (this.live !== null && generation !== this.generation + 1) {
      this.find(numbers, `generation ${generation} follows ${this.generation}`)
    }
    this.live = point
    this.start ??= point
    this.generation = generation
    if (isBase) {
      this.base = point
      this.history.startAnew(point)
    }
    this.byGeneration.set(generation, point)
    if (this.onGood) this.good.add(generation)
    this.expectInBounds(numbers, point)
    if (this.open !== null && this.onGood && this.open.safeUs === Number.POSITIVE_INFINITY) {
      this.open.safeUs = numbers[RECORD_TIMESTAMP_US]
    }
  }

  private expectInBounds(numbers: Float64Array, point: Float64Array): void {
    const { knobs, names, table } = this.item.settings.space
    knobs.forEach(({ min, max, step }, i) => {
      const value = table.decode(i, point[i])
      if (!(value >= min && value <= max)) this.find(numbers, `${names[i]} = ${value} is out of bounds`)
      if (step !== undefined && step > 0 && !Number.isInteger((value - min) / step)) {
        this.find(numbers, `${names[i]} = ${value} is off its grid`)
      }
    })
  }

  private setBaseline(numbers: Float64Array): void {
    const point = this.pointOf(numbers)
    if (this.base !== null && bytesOf(point) !== bytesOf(this.base) && this.records > 3 && !this.earned) {
      this.find(numbers, "the new baseline is not the base")
    }
    this.expectInBounds(numbers, point)
    this.earned = false
    this.baseline = point
    if (this.onGood) this.good.add(this.generation)
  }

  private apply(numbers: Float64Array): void {
    const kind = numbers[RECORD_DETAIL]
    const atUs = numbers[RECORD_TIMESTAMP_US]
    const point = this.pointOf(numbers)
    if (kind === RETURN_TO_BASE) this.expectBase(numbers, point)
    else {
      this.expectAllowed(numbers, atUs)
      if (kind !== VISIT_BASELINE) this.expectWithinStep(numbers, point)
      else if (this.baseline === null || bytesOf(point) !== bytesOf(this.baseline)) {
        this.find(numbers, "a visit of the baseline went somewhere else")
      }
      this.appliedUs.push(atUs)
      this.applies++
    }
    if (kind === UPDATE) {
      this.base = point
      for (const what of this.history.move(atUs, point)) this.find(numbers, what)
    }
    this.lastWriteUs = atUs
    this.goLive(numbers, false)
  }

  private expectAllowed(numbers: Float64Array, atUs: number): void {
    const { minIntervalUs, appliesPerSecond } = this.policy
    if (this.open !== null) this.find(numbers, "an apply in SafeMode")
    if (atUs < this.cooldownUntilUs) this.find(numbers, "an apply in the cooldown")
    if (atUs - this.lastWriteUs < minIntervalUs) {
      this.find(numbers, `only ${atUs - this.lastWriteUs} us after the last apply`)
    }
    const recent = this.appliedUs.filter((at) => at > atUs - SECOND_US).length
    if (recent >= appliesPerSecond) this.find(numbers, `${recent + 1} applies within a second`)
  }

  private expectWithinStep(numbers: Float64Array, point: Float64Array): void {
    const { base, live } = this
    if (base === null || live === null) return this.find(numbers, "an apply before the start")
    const { table, names } = this.item.settings.space
    for (let i = 0; i < table.size; i++) {
      const most = Math.max(this.policy.maxStep, table.neighbourSpan(i, base[i])) + SLACK
      for (const from of [base, live]) {
        const way = Math.abs(table.difference(i, from[i], point[i]))
        if (way > most) this.find(numbers, `${names[i]} moved by ${way}, ${most} is allowed`)
      }
    }
  }

  private expectBase(numbers: Float64Array, point: Float64Array): void {
    if (this.base !== null && bytesOf(point) === bytesOf(this.base)) return
    this.find(numbers, "a return to the base went somewhere else")
  }

  /** A safety action: the return to the base is recorded as one too. */
  private rollback(numbers: Float64Array): void {
    const atUs = numbers[RECORD_TIMESTAMP_US]
    const point = this.pointOf(numbers)
    if (numbers[RECORD_DETAIL] === RETURN_TO_BASE) {
      this.expectBase(numbers, point)
      this.lastWriteUs = atUs
      return this.goLive(numbers, false)
    }
    const known = (place: Float64Array | null): boolean => place !== null && bytesOf(place) === bytesOf(point)
    if (numbers[RECORD_DETAIL] === RETREAT || numbers[RECORD_DETAIL] === RETURN_TO_TUNED) {
      const back = numbers[RECORD_DETAIL] === RETURN_TO_TUNED
      if (back ? !known(this.tuned) : !known(this.baseline) && !known(this.start))
        this.find(numbers, "the guard went somewhere unknown")
      // Of several looks in a row the first one left it.
      if (!back) this.tuned ??= this.base
      this.lastWriteUs = atUs
      return this.goLive(numbers, true)
    }
    if (!known(this.baseline) && !known(this.start)) {
      this.find(numbers, "a rollback did not restore the baseline bit for bit")
    }
    this.rollbacks++
    this.lastWriteUs = atUs
    this.cooldownUntilUs = atUs + this.policy.cooldownUs
    this.goLive(numbers, true)
  }

  private enter(numbers: Float64Array): void {
    const fromUs = numbers[RECORD_TIMESTAMP_US]
    const reason = tripReason(numbers[RECORD_CODE]) ?? "none"
    const safeUs = this.onGood ? fromUs : Number.POSITIVE_INFINITY
    this.open = { reason, fromUs, untilUs: Number.POSITIVE_INFINITY, safeUs }
    this.trips.push(this.open)
  }
}
