/**
 * The ledger behind the budgets: where each base has been in the last minute, bucket by bucket. `BudgetWindow` judges by it; it grows by
 * what that commits, and forgets with time.
 */
import { beside } from "./beside.ts"
import * as layout from "./budgetLayout.ts"
import { readUsage } from "./budgetUsage.ts"
import { PERIODIC } from "./codes.ts"
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
const B_HIGH = layout.B_HIGH
const B_LOW = layout.B_LOW
const B_PATH = layout.B_PATH
const B_TURNS = layout.B_TURNS
const BUCKET_ROW = layout.BUCKET_ROW
const EDGE = layout.EDGE
const STEP = layout.STEP
const RANGE_NOW = layout.RANGE_NOW
const STRICT_UNTIL = layout.STRICT_UNTIL
const BAND_HAIR = layout.BAND_HAIR

/** Where each knob's base has been over the last minute, unit space. */
export class BudgetLedger {
  /** Details of a refused `check`: knob, value, limit. Behind them the end of the running bucket, and the limits. */
  readonly details: Float64Array
  protected readonly table: KnobTable
  /** Where each base stands; shared with the owner. */
  protected readonly base: Float64Array
  /** The owner's: distance between the grid neighbours of each base with the slack, 0 where continuous. */
  protected readonly reach: Float64Array
  protected readonly now: Float64Array
  protected readonly rows: Float64Array
  protected readonly buckets: Float64Array
  /** Ids of the knobs whose judged move is not quiet. */
  protected readonly loud: Float64Array
  protected running = 0

  /** `now[0]` is the time of every call. */
  constructor(table: KnobTable, base: Float64Array, reach: Float64Array, now: Float64Array) {
    const knobs = table.size
    this.table = table
    this.base = base
    this.reach = reach
    this.now = now
    ;[this.rows, this.buckets, this.details, this.loud] = beside(knobs * ROW, knobs * BUCKET_ROW, 11, knobs)
    this.details[EDGE] = Number.NEGATIVE_INFINITY
    this.details[STRICT_UNTIL] = Number.NEGATIVE_INFINITY
  }

  /**
   * What each knob has used of its budgets in the minute before `nowUs`, which may lie ahead of the last call: `out[3i]` turns,
   * `out[3i + 1]` range, `out[3i + 2]` path. For showing; changes nothing.
   */
  usage(nowUs: number, out: Float64Array): void {
    const { rows, buckets, base, running, details } = this
    readUsage({ rows, buckets, base, running, edgeUs: details[EDGE] }, nowUs, out)
  }

  /**
   * The bases were put elsewhere by a rollback, not by an update: ranges and directions start there. Turns and path stay
   * spent, so that rolling back is no way to a fresh allowance.
   */
  reset(): void {
    const { rows, buckets, base } = this
    for (let i = 0, r = 0; i < base.length; i++, r += ROW) {
      const at = base[i]
      rows[r + LAPS] = 0
      rows[r + EXTREME] = at
      rows[r + LOWEST] = at
      rows[r + DIRECTION] = 0
      rows[r + HIGH] = at
      rows[r + LOW] = at
      rows[r + BUCKET_HIGH] = at
      rows[r + BUCKET_LOW] = at
      const first = i * BUCKET_ROW
      buckets.fill(at, first + B_HIGH, first + B_PATH)
      this.hush(i)
    }
  }

  /** Works out the quiet interval of a knob. A retrace a hair within `maxStep` is no turn, whatever reach and rounding. */
  protected hush(i: number): void {
    const { rows, details } = this
    const still = details[STEP] - BAND_HAIR
    const r = i * ROW
    if (this.table.scale[i] === PERIODIC || this.isOver(i)) {
      rows[r + QUIET_LOW] = Number.POSITIVE_INFINITY
      rows[r + QUIET_HIGH] = Number.NEGATIVE_INFINITY
      return
    }
    const direction = rows[r + DIRECTION]
    const extreme = rows[r + EXTREME]
    const lowest = rows[r + LOWEST]
    // Without a direction there is a way to two of them; whatever the window has seen lies between lowest and extreme then.
    const from = direction < 0 ? extreme : extreme - still
    const to = direction > 0 ? extreme : (direction < 0 ? extreme : lowest) + still
    rows[r + QUIET_LOW] = from > rows[r + LOW] ? from : rows[r + LOW]
    rows[r + QUIET_HIGH] = to < rows[r + HIGH] ? to : rows[r + HIGH]
  }

  /** The range behind the knob is wider than it may be since the limits were changed. */
  protected isOver(i: number): boolean {
    const { rows, details, reach } = this
    if (!(details[STRICT_UNTIL] > this.now[0])) return false
    const range = rows[i * ROW + HIGH] - rows[i * ROW + LOW]
    return range > details[RANGE_NOW] && range > reach[i]
  }

  /** Lets the window end at `now[0]`. */
  protected advance(): void {
    if (this.now[0] >= this.details[EDGE]) this.passEdges()
  }

  protected passEdges(): void {
    const now = this.now[0]
    const passed = (now - this.details[EDGE]) / BUCKET_US
    this.details[EDGE] = (Math.floor(now / BUCKET_US) + 1) * BUCKET_US
    // After sixteen edges nothing of the past is left; more would do the same work again.
    const edges = passed < BUCKETS ? Math.floor(passed) + 1 : BUCKETS
    for (let k = 0; k < edges; k++) this.turnOver()
  }

  /** One edge: the running bucket is put away where the oldest lay, and a new one starts where each base stands. */
  protected turnOver(): void {
    const { rows, buckets, base, running } = this
    const knobs = base.length
    const next = running + 1 === BUCKETS ? 0 : running + 1
    this.running = next
    for (let i = 0, r = 0, b = 0; i < knobs; i++, r += ROW, b += BUCKET_ROW) {
      const at = base[i] + rows[r + LAPS]
      buckets[b + B_HIGH + running] = rows[r + BUCKET_HIGH]
      buckets[b + B_LOW + running] = rows[r + BUCKET_LOW]
      const goneHigh = buckets[b + B_HIGH + next]
      const goneLow = buckets[b + B_LOW + next]
      buckets[b + B_HIGH + next] = at
      buckets[b + B_LOW + next] = at
      rows[r + BUCKET_HIGH] = at
      rows[r + BUCKET_LOW] = at
      // The bucket that leaves mattered only if it held the extreme of all, and nothing is higher than that.
      const formerHigh = rows[r + HIGH]
      if (goneHigh === formerHigh) {
        let high = at
        for (let k = b + B_HIGH; k < b + B_LOW && high < formerHigh; k++) {
          if (buckets[k] > high) high = buckets[k]
        }
        rows[r + HIGH] = high
      }
      const formerLow = rows[r + LOW]
      if (goneLow === formerLow) {
        let low = at
        for (let k = b + B_LOW; k < b + B_PATH && low > formerLow; k++) if (buckets[k] < low) low = buckets[k]
        rows[r + LOW] = low
      }
      if (rows[r + HIGH] !== formerHigh || rows[r + LOW] !== formerLow) this.hush(i)
      buckets[b + B_PATH + running] = rows[r + PATH_BEFORE] - rows[r + PATH_LEFT]
      buckets[b + B_TURNS + running] = rows[r + TURNS_BEFORE] - rows[r + TURNS_LEFT]
      rows[r + PATH_LEFT] += buckets[b + B_PATH + next]
      rows[r + TURNS_LEFT] += buckets[b + B_TURNS + next]
      rows[r + PATH_BEFORE] = rows[r + PATH_LEFT]
      rows[r + TURNS_BEFORE] = rows[r + TURNS_LEFT]
    }
  }
}
