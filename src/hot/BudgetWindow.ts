/**
 * How much the base of each knob has moved in the last minute: turns, range and path (DESIGN 7, SPSA "Budgets that bound
 * thrashing without stopping learning"). Tier 1 asks it before a base update and tells it after. Perturbations do not come here.
 *
 * Sixteen buckets of four seconds: the fifteen full ones and the running one cover the last 60 to 64 seconds, so any 60
 * seconds are inside the limits, and a check costs the same however many updates there were. Positions are unwrapped: on
 * a circle they count on through the seam, so a way round is a way and not a jump.
 */
import { BudgetLedger } from "./BudgetLedger.ts"
import * as layout from "./budgetLayout.ts"
import { ACCEPTED, BUDGET_EXHAUSTED, PERIODIC, THRASHING } from "./codes.ts"
import type { GuardrailNumbers } from "./Guardrails.ts"
import type { KnobTable } from "./KnobTable.ts"

// Imported bindings are looked up at every use: see WindowAccumulator.
const BUCKETS = layout.BUCKETS
const BUCKET_US = layout.BUCKET_US
const ROW = layout.ROW
const QUIET_LOW = layout.QUIET_LOW
const QUIET_HIGH = layout.QUIET_HIGH
const PATH_LEFT = layout.PATH_LEFT
const PATH_BEFORE = layout.PATH_BEFORE
const TURNS_LEFT = layout.TURNS_LEFT
const TURNS_BEFORE = layout.TURNS_BEFORE
const HIGH = layout.HIGH
const LOW = layout.LOW
const EXTREME = layout.EXTREME
const DIRECTION = layout.DIRECTION
const LOWEST = layout.LOWEST
const BUCKET_HIGH = layout.BUCKET_HIGH
const BUCKET_LOW = layout.BUCKET_LOW
const LAPS = layout.LAPS
const WAY = layout.WAY
const NEXT = layout.NEXT
const PATH_UNIT = layout.PATH_UNIT
const STEP = layout.STEP
const RANGE = layout.RANGE
const TURNS = layout.TURNS
const PATH = layout.PATH
const STRICT_UNTIL = layout.STRICT_UNTIL
const RANGE_NOW = layout.RANGE_NOW
const MORE_TURNS = layout.MORE_TURNS
const BAND_HAIR = layout.BAND_HAIR

/** What stands for no limit: 4,096 times the range of a knob in a minute, or as many turns; sums with it are exact too. */
const UNLIMITED_PATH = 2 ** 52
const UNLIMITED_TURNS = 2 ** 12

/** Turns, range and path of every knob's base over the last minute, unit space. */
export class BudgetWindow extends BudgetLedger {
  private louds = 0

  /** `now[0]` is the time of every call. */
  constructor(
    table: KnobTable,
    policy: GuardrailNumbers,
    base: Float64Array,
    reach: Float64Array,
    now: Float64Array,
  ) {
    super(table, base, reach, now)
    this.relimit(policy)
    this.reset()
  }

  /**
   * Other limits from now on, the ledgers kept: what a knob has spent in the last minute counts under them too. A knob that has
   * spent more than it may now stays where it is (or, where it is turns, turns no more) until enough of the minute is over.
   */
  relimit(policy: GuardrailNumbers): void {
    const { rows, details } = this
    const turns = Math.min(Math.floor(policy.turnsPerMinute), UNLIMITED_TURNS)
    const path = Math.min(Math.floor(policy.pathPerMinute * PATH_UNIT), UNLIMITED_PATH)
    const moreTurns = turns - details[TURNS]
    const morePath = path - details[PATH]
    // From then on no bucket knows of what was allowed before.
    if (policy.rangePerMinute < details[RANGE]) details[STRICT_UNTIL] = this.now[0] + BUCKETS * BUCKET_US
    details[TURNS] = turns
    details[PATH] = path
    details[STEP] = policy.maxStep
    details[RANGE] = policy.rangePerMinute
    details[RANGE_NOW] = policy.rangePerMinute
    details[MORE_TURNS] = 0
    for (let i = 0, r = 0; i < this.base.length; i++, r += ROW) {
      rows[r + PATH_LEFT] += morePath
      rows[r + PATH_BEFORE] += morePath
      rows[r + TURNS_LEFT] += moreTurns
      rows[r + TURNS_BEFORE] += moreTurns
      this.hush(i)
    }
  }

  /**
   * Twice the range and the turns, or no longer. What was spent stays spent: a knob with more behind it than the policy allows stays
   * where it is, or turns no more, until enough of the minute is over.
   */
  earn(earned: boolean): void {
    const { details } = this
    const range = earned ? 2 * details[RANGE] : details[RANGE]
    if (details[RANGE_NOW] === range) return
    if (!earned) details[STRICT_UNTIL] = this.now[0] + BUCKETS * BUCKET_US
    details[RANGE_NOW] = range
    details[MORE_TURNS] = earned ? details[TURNS] : 0
    for (let i = 0; i < this.base.length; i++) this.hush(i)
  }

  /**
   * ACCEPTED when moving all bases to `block[targets]` stays within the budgets, else THRASHING or BUDGET_EXHAUSTED with
   * `details`. Spends nothing; `commit` with the same targets does.
   */
  check(block: Float64Array, targets: number): number {
    this.advance()
    const { rows, base, loud } = this
    const knobs = base.length
    let louds = 0
    // Two knobs a turn: see `ProposalDraft.writeNear`.
    const even = knobs & ~1
    let i = 0
    let r = 0
    for (; i < even; i += 2, r += 2 * ROW) {
      const q = r + ROW
      const target = block[targets + i]
      const other = block[targets + i + 1]
      const way = Math.ceil(Math.abs(target - base[i]) * PATH_UNIT)
      const wayOfOther = Math.ceil(Math.abs(other - base[i + 1]) * PATH_UNIT)
      rows[r + WAY] = way
      rows[q + WAY] = wayOfOther
      if (target < rows[r + QUIET_LOW] || target > rows[r + QUIET_HIGH]) loud[louds++] = i
      else if (way > rows[r + PATH_LEFT] && way > 0) return this.refusePath(i)
      if (other < rows[q + QUIET_LOW] || other > rows[q + QUIET_HIGH]) loud[louds++] = i + 1
      else if (wayOfOther > rows[q + PATH_LEFT] && wayOfOther > 0) return this.refusePath(i + 1)
    }
    if (i < knobs) {
      const target = block[targets + i]
      const way = Math.ceil(Math.abs(target - base[i]) * PATH_UNIT)
      rows[r + WAY] = way
      if (target < rows[r + QUIET_LOW] || target > rows[r + QUIET_HIGH]) loud[louds++] = i
      else if (way > rows[r + PATH_LEFT] && way > 0) return this.refusePath(i)
    }
    this.louds = louds
    return louds === 0 ? ACCEPTED : this.checkLoud(block, targets)
  }

  /** Spends what `check` has just accepted for the same targets, and moves the bases there. The owner then rewrites the reaches. */
  commit(block: Float64Array, targets: number): void {
    if (this.louds > 0) this.commitLoud(block, targets)
    const { rows, base } = this
    const knobs = base.length
    for (let i = 0, r = 0; i < knobs; i++, r += ROW) {
      const target = block[targets + i]
      const position = target + rows[r + LAPS]
      if (position > rows[r + BUCKET_HIGH]) rows[r + BUCKET_HIGH] = position
      else if (position < rows[r + BUCKET_LOW]) rows[r + BUCKET_LOW] = position
      rows[r + PATH_LEFT] -= rows[r + WAY]
      base[i] = target
    }
  }

  private checkLoud(block: Float64Array, targets: number): number {
    const { rows, reach, base, loud, louds, details } = this
    const { scale } = this.table
    const maxStep = details[STEP]
    const range = details[RANGE_NOW]
    const strict = details[STRICT_UNTIL] > this.now[0]
    for (let k = 0; k < louds; k++) {
      const i = loud[k]
      const r = i * ROW
      const target = block[targets + i]
      const ahead = target - base[i]
      // Across the seam of a circle the short way is a lap more or less than the difference.
      const laps = scale[i] === PERIODIC ? -Math.round(ahead) : 0
      const move = ahead + laps
      const position = target + (rows[r + LAPS] + laps)
      rows[r + NEXT] = position
      const high = rows[r + HIGH]
      const low = rows[r + LOW]
      // Only a move that widens the range can break it: a coarse knob's limit may have shrunk since.
      let span = position > high ? position - low : position < low ? high - position : 0
      if (strict && span === 0 && move !== 0) span = high - low
      if (span > range && span > reach[i]) {
        return this.refuse(BUDGET_EXHAUSTED, i, span, range > reach[i] ? range : reach[i])
      }
      // The seam of a circle is no way.
      rows[r + WAY] = Math.ceil(Math.abs(move) * PATH_UNIT)
      if (rows[r + WAY] > rows[r + PATH_LEFT] && rows[r + WAY] > 0) return this.refusePath(i)
      if (rows[r + TURNS_LEFT] + details[MORE_TURNS] <= 0) {
        const direction = rows[r + DIRECTION]
        const retrace = (rows[r + EXTREME] - position) * direction
        // Going on in the direction of travel is no retrace, even where the limit shrank since the extreme.
        if (move * direction < 0 && retrace > maxStep && retrace > reach[i]) {
          const turns = details[TURNS] + details[MORE_TURNS]
          return this.refuse(THRASHING, i, turns + 1, turns)
        }
      }
    }
    return ACCEPTED
  }

  private commitLoud(block: Float64Array, targets: number): void {
    const { rows, reach, base, loud, louds } = this
    const maxStep = this.details[STEP]
    for (let k = 0; k < louds; k++) {
      const i = loud[k]
      const r = i * ROW
      const position = rows[r + NEXT]
      const move = position - (base[i] + rows[r + LAPS])
      rows[r + LAPS] = Math.round(position - block[targets + i])
      if (position > rows[r + HIGH]) rows[r + HIGH] = position
      if (position < rows[r + LOW]) rows[r + LOW] = position
      const direction = rows[r + DIRECTION]
      const beyond = (position - rows[r + EXTREME]) * direction
      const lim = reach[i] > maxStep ? reach[i] : maxStep
      if (direction === 0) {
        // The first leg sets a direction and is no turn: nothing was retraced that had been a leg.
        if (position > rows[r + EXTREME]) rows[r + EXTREME] = position
        if (position < rows[r + LOWEST]) rows[r + LOWEST] = position
        if (position - rows[r + LOWEST] > lim) rows[r + DIRECTION] = 1
        else if (rows[r + EXTREME] - position > lim) rows[r + DIRECTION] = -1
        if (rows[r + DIRECTION] !== 0) rows[r + EXTREME] = position
      } else if (beyond > 0) {
        rows[r + EXTREME] = position
      } else if (-beyond > lim && move * direction < 0) {
        rows[r + EXTREME] = position
        rows[r + DIRECTION] = -direction
        rows[r + TURNS_LEFT]--
      }
      this.hush(i)
    }
  }

  /**
   * How far each base may move now: `out[2i]` down (<= 0) and `out[2i + 1]` up (>= 0), a hair inside the budgets. The
   * caller still keeps inside [0,1] and the step limit.
   */
  band(out: Float64Array): void {
    this.advance()
    const { rows, base, reach, table, details } = this
    const { size, scale } = table
    const maxStep = details[STEP]
    const range = details[RANGE_NOW]
    for (let i = 0, r = 0; i < size; i++, r += ROW) {
      const position = base[i] + rows[r + LAPS]
      const own = reach[i]
      const limit = (own > range ? own : range) - BAND_HAIR
      const high = rows[r + HIGH]
      const low = rows[r + LOW]
      const ceiling = low + limit
      const floor = high - limit
      let up = (ceiling > high ? ceiling : high) - position
      let down = (floor < low ? floor : low) - position
      const left = rows[r + PATH_LEFT] / PATH_UNIT - BAND_HAIR
      const way = left > 0 && !this.isOver(i) ? left : 0
      if (up > way) up = way
      if (down < -way) down = -way
      const direction = rows[r + DIRECTION]
      if (direction !== 0 && rows[r + TURNS_LEFT] + details[MORE_TURNS] <= 0) {
        const lim = (own > maxStep ? own : maxStep) - BAND_HAIR
        const back = rows[r + EXTREME] - direction * lim - position
        if (direction > 0) {
          if (down < back) down = back < 0 ? back : 0
        } else if (up > back) up = back > 0 ? back : 0
      }
      // On a circle half a turn is ambiguous: the short way may be either. And a lifted budget is still a finite band.
      const most = scale[i] === PERIODIC ? 0.5 - BAND_HAIR : 1
      out[2 * i] = down < -most ? -most : down
      out[2 * i + 1] = up > most ? most : up
    }
  }

  private refusePath(knob: number): number {
    const { rows, details } = this
    const pathLimit = details[PATH]
    const r = knob * ROW
    const spent = pathLimit - rows[r + PATH_LEFT] + rows[r + WAY]
    return this.refuse(BUDGET_EXHAUSTED, knob, spent / PATH_UNIT, pathLimit / PATH_UNIT)
  }

  private refuse(status: number, knob: number, value: number, limit: number): number {
    this.details[0] = knob
    this.details[1] = value
    this.details[2] = limit
    return status
  }
}
