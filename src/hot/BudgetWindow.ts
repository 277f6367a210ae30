/**
 * How much the base of each knob has moved in the last minute: turns, range and path (DESIGN 7, SPSA "Budgets that bound
 * thrashing without stopping learning"). Tier 1 asks it before a base update and tells it after. Perturbations do not come here.
 *
 * Sixteen buckets of four seconds: the fifteen full ones and the running one cover the last 60 to 64 seconds, so any 60
 * seconds are inside the limits, and a check costs the same however many updates there were. Positions are unwrapped: on
 * a circle they count on through the seam, so a way round is a way and not a jump.
 */
import { ACCEPTED, BUDGET_EXHAUSTED, PERIODIC, THRASHING } from "./codes.ts"
import type { GuardrailNumbers } from "./Guardrails.ts"
import type { KnobTable } from "./KnobTable.ts"

const BUCKETS = 16
const BUCKET_US = 4_000_000

/** What a knob keeps, one cache line of doubles each. */
const ROW = 8
const POSITION = 0
/** Running extreme in the direction of travel. Before there is a direction: the highest position so far. */
const EXTREME = 1
/** +1 or -1; 0 until the base has come further than a retrace from its start. */
const DIRECTION = 2
/** Before there is a direction: the lowest position so far. */
const LOWEST = 3
/** Over all buckets. */
const WINDOW_MAX = 4
const WINDOW_MIN = 5
const WINDOW_PATH = 6
const WINDOW_TURNS = 7

/** What a bucket keeps per knob. Blocks of sixteen, so that one knob's maxima lie together. */
const B_MAX = 0
const B_MIN = BUCKETS
const B_PATH = 2 * BUCKETS
const B_TURNS = 3 * BUCKETS
const BUCKET_ROW = 4 * BUCKETS

/** Paths are summed in whole units of 2^-40, rounded up: what leaves with a bucket is exactly what came with it. */
const PATH_UNIT = 2 ** 40
/** Distance kept from every limit by `band`. */
export const BAND_HAIR = 1e-9
/** A knob's own neighbours stay reachable through `band` after its hair and the rounding of a snapped position. */
export const NEIGHBOUR_SLACK = 2 * BAND_HAIR

export class BudgetWindow {
  /** Inbox of `check` and `commit`: how far each base is meant to move, signed, the short way on a circle. */
  readonly moves: Float64Array
  /** Details of a refused `check`: knob, value, limit. */
  readonly details = new Float64Array(3)
  private readonly table: KnobTable
  private readonly now: Float64Array
  private readonly turnsLimit: number
  private readonly maxStep: number
  private readonly range: number
  private readonly pathLimit: number
  /** Distance between the grid neighbours of each base with the slack, 0 where continuous; kept by the owner. */
  private readonly reach: Float64Array
  private readonly rows: Float64Array
  private readonly buckets: Float64Array
  /** [0]: end of the running bucket. */
  private readonly edge = new Float64Array(1)
  private running = 0

  /** `now[0]` is the time of every call; `reach` belongs to the owner, who rewrites it when the base moves. */
  constructor(table: KnobTable, policy: GuardrailNumbers, reach: Float64Array, now: Float64Array) {
    const knobs = table.size
    this.table = table
    this.now = now
    this.turnsLimit = policy.turnsPerMinute
    this.maxStep = policy.maxStep
    this.range = policy.rangePerMinute
    this.pathLimit = Math.floor(policy.pathPerMinute * PATH_UNIT)
    this.reach = reach
    this.moves = new Float64Array(knobs)
    this.rows = new Float64Array(knobs * ROW)
    this.buckets = new Float64Array(knobs * BUCKET_ROW)
    this.edge[0] = Number.NEGATIVE_INFINITY
  }

  /** Lets the window end at `now[0]`. Everything below calls it first. */
  advance(): void {
    const now = this.now[0]
    if (now < this.edge[0]) return
    const bucket = Math.floor(now / BUCKET_US)
    const passed = (now - this.edge[0]) / BUCKET_US
    this.edge[0] = (bucket + 1) * BUCKET_US
    // After sixteen edges nothing of the past is left; the loop below would do the same work more than once.
    const turns = passed < BUCKETS ? Math.floor(passed) + 1 : BUCKETS
    for (let t = 0; t < turns; t++) this.turnOver()
  }

  /** ACCEPTED when all `moves` stay within the budgets, else THRASHING or BUDGET_EXHAUSTED with `details`; changes nothing. */
  check(): number {
    this.advance()
    const { moves, rows, reach, turnsLimit, maxStep, range, pathLimit } = this
    const knobs = moves.length
    for (let i = 0, r = 0; i < knobs; i++, r += ROW) {
      const move = moves[i]
      if (move === 0) continue
      const position = rows[r + POSITION] + move
      const own = reach[i]
      if (rows[r + WINDOW_TURNS] >= turnsLimit) {
        const direction = rows[r + DIRECTION]
        const retrace = (rows[r + EXTREME] - position) * direction
        // Going on in the direction of travel is no retrace, even where the limit shrank since the extreme.
        if (move * direction < 0 && retrace > (own > maxStep ? own : maxStep)) {
          return this.refuse(THRASHING, i, rows, r + WINDOW_TURNS, 1, turnsLimit)
        }
      }
      const limit = own > range ? own : range
      const high = rows[r + WINDOW_MAX]
      const low = rows[r + WINDOW_MIN]
      // Only a move that widens the range can break it: a coarse knob's limit may have shrunk since.
      if ((position > high && position - low > limit) || (position < low && high - position > limit)) {
        this.details[1] = position > high ? position - low : high - position
        return this.refuse(BUDGET_EXHAUSTED, i, this.details, 1, 0, limit)
      }
      const way = Math.ceil((move < 0 ? -move : move) * PATH_UNIT)
      if (rows[r + WINDOW_PATH] + way > pathLimit) {
        this.details[1] = (rows[r + WINDOW_PATH] + way) / PATH_UNIT
        return this.refuse(BUDGET_EXHAUSTED, i, this.details, 1, 0, pathLimit / PATH_UNIT)
      }
    }
    return ACCEPTED
  }

  /** Takes `moves` in. The reaches must still be those of the base before the move. */
  commit(): void {
    this.advance()
    const { moves, rows, buckets, reach, maxStep, running } = this
    const knobs = moves.length
    for (let i = 0, r = 0, b = running; i < knobs; i++, r += ROW, b += BUCKET_ROW) {
      const move = moves[i]
      if (move === 0) continue
      const position = rows[r + POSITION] + move
      const own = reach[i]
      const lim = own > maxStep ? own : maxStep
      rows[r + POSITION] = position
      if (position > buckets[b + B_MAX]) {
        buckets[b + B_MAX] = position
        if (position > rows[r + WINDOW_MAX]) rows[r + WINDOW_MAX] = position
      } else if (position < buckets[b + B_MIN]) {
        buckets[b + B_MIN] = position
        if (position < rows[r + WINDOW_MIN]) rows[r + WINDOW_MIN] = position
      }
      const way = Math.ceil((move < 0 ? -move : move) * PATH_UNIT)
      buckets[b + B_PATH] += way
      rows[r + WINDOW_PATH] += way
      const direction = rows[r + DIRECTION]
      const extreme = rows[r + EXTREME]
      if (direction === 0) {
        // The first leg sets a direction and is no turn: nothing was retraced that had been a leg.
        if (position > extreme) rows[r + EXTREME] = position
        if (position < rows[r + LOWEST]) rows[r + LOWEST] = position
        if (position - rows[r + LOWEST] > lim) rows[r + DIRECTION] = 1
        else if (rows[r + EXTREME] - position > lim) rows[r + DIRECTION] = -1
        if (rows[r + DIRECTION] !== 0) rows[r + EXTREME] = position
      } else if ((position - extreme) * direction > 0) {
        rows[r + EXTREME] = position
      } else if (move * direction < 0 && (extreme - position) * direction > lim) {
        rows[r + EXTREME] = position
        rows[r + DIRECTION] = -direction
        rows[r + WINDOW_TURNS]++
        buckets[b + B_TURNS]++
      }
    }
  }

  /**
   * How far each base may move now: `out[2i]` down (<= 0) and `out[2i + 1]` up (>= 0), a hair inside the budgets. The
   * caller still keeps inside [0,1] and the step limit.
   */
  band(out: Float64Array): void {
    this.advance()
    const { rows, reach, turnsLimit, maxStep, range, pathLimit, table } = this
    const knobs = table.size
    for (let i = 0, r = 0; i < knobs; i++, r += ROW) {
      const position = rows[r + POSITION]
      const own = reach[i]
      const limit = (own > range ? own : range) - BAND_HAIR
      const high = rows[r + WINDOW_MAX]
      const low = rows[r + WINDOW_MIN]
      const ceiling = low + limit
      const floor = high - limit
      let up = (ceiling > high ? ceiling : high) - position
      let down = (floor < low ? floor : low) - position
      const left = (pathLimit - rows[r + WINDOW_PATH]) / PATH_UNIT - BAND_HAIR
      const way = left > 0 ? left : 0
      if (up > way) up = way
      if (down < -way) down = -way
      const direction = rows[r + DIRECTION]
      if (direction !== 0 && rows[r + WINDOW_TURNS] >= turnsLimit) {
        const lim = (own > maxStep ? own : maxStep) - BAND_HAIR
        const back = rows[r + EXTREME] - direction * lim - position
        if (direction > 0) {
          if (down < back) down = back < 0 ? back : 0
        } else if (up > back) up = back > 0 ? back : 0
      }
      if (table.scale[i] === PERIODIC) {
        // Half a turn is ambiguous: the short way may be either.
        if (up > 0.5 - BAND_HAIR) up = 0.5 - BAND_HAIR
        if (down < BAND_HAIR - 0.5) down = BAND_HAIR - 0.5
      }
      // A lifted budget is still a finite band: nothing is further than the other end.
      if (up > 1) up = 1
      if (down < -1) down = -1
      out[2 * i] = down
      out[2 * i + 1] = up
    }
  }

  /**
   * The base was put elsewhere by a rollback, not by an update: ranges and directions start there. Turns and path stay
   * spent, so that rolling back is no way to a fresh allowance.
   */
  reset(units: Float64Array): void {
    this.advance()
    const { rows, buckets } = this
    const knobs = units.length
    for (let i = 0, r = 0; i < knobs; i++, r += ROW) {
      const at = units[i]
      rows[r + POSITION] = at
      rows[r + EXTREME] = at
      rows[r + LOWEST] = at
      rows[r + DIRECTION] = 0
      rows[r + WINDOW_MAX] = at
      rows[r + WINDOW_MIN] = at
      const first = i * BUCKET_ROW
      buckets.fill(at, first + B_MAX, first + B_PATH)
    }
  }

  /** One bucket edge: the oldest bucket leaves, and a new one starts where each base stands. */
  private turnOver(): void {
    const { rows, buckets, moves } = this
    const knobs = moves.length
    const next = this.running + 1 === BUCKETS ? 0 : this.running + 1
    this.running = next
    for (let i = 0, r = 0, b = 0; i < knobs; i++, r += ROW, b += BUCKET_ROW) {
      const at = rows[r + POSITION]
      rows[r + WINDOW_PATH] -= buckets[b + B_PATH + next]
      rows[r + WINDOW_TURNS] -= buckets[b + B_TURNS + next]
      buckets[b + B_PATH + next] = 0
      buckets[b + B_TURNS + next] = 0
      const oldMax = buckets[b + B_MAX + next]
      const oldMin = buckets[b + B_MIN + next]
      buckets[b + B_MAX + next] = at
      buckets[b + B_MIN + next] = at
      // The leaving bucket mattered only if it held the extreme of all.
      if (oldMax === rows[r + WINDOW_MAX]) {
        let high = at
        for (let k = b + B_MAX; k < b + B_MIN; k++) if (buckets[k] > high) high = buckets[k]
        rows[r + WINDOW_MAX] = high
      }
      if (oldMin === rows[r + WINDOW_MIN]) {
        let low = at
        for (let k = b + B_MIN; k < b + B_PATH; k++) if (buckets[k] < low) low = buckets[k]
        rows[r + WINDOW_MIN] = low
      }
    }
  }

  private refuse(
    status: number,
    knob: number,
    source: Float64Array,
    at: number,
    more: number,
    limit: number,
  ): number {
    this.details[0] = knob
    this.details[1] = source[at] + more
    this.details[2] = limit
    return status
  }
}
