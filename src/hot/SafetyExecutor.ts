/**
 * Tier 1: the only writer of the live configuration. It holds every proposal against every guardrail and either applies
 * it whole or refuses it whole, and it can always go back to the baseline or the base. Everything it does or refuses is one
 * record in the audit ring. One needs it directly only in loops without actors; otherwise `HotPath` owns one.
 *
 * Calls return status codes; numbers go in through `proposal` and come out through `knob`, `value`, `limit` and
 * `nextApplyUs`. Nothing is allocated after construction, no clock is read, nothing throws.
 */
import type { AtomicConfig } from "./AtomicConfig.ts"
import { WORD_LATCH } from "./AtomicConfig.ts"
import type { AuditRing } from "./AuditRing.ts"
import { RECORD_KIND, RECORD_KNOB, RECORD_LIMIT, RECORD_POINT, RECORD_VALUE } from "./AuditRing.ts"
import { BudgetWindow, NEIGHBOUR_SLACK } from "./BudgetWindow.ts"
import {
  ACCEPTED,
  AUDIT_APPLY,
  AUDIT_BASELINE_SET,
  AUDIT_QUEUE_FULL,
  AUDIT_ROLLBACK,
  AUDIT_SAFE_MODE_ENTERED,
  AUDIT_SAFE_MODE_EXITED,
  AUDIT_VIOLATION,
  CONSTRAINT_VIOLATION,
  COOLDOWN_ACTIVE,
  DELTA_TOO_LARGE,
  NO_BASELINE,
  NOT_TRIPPED,
  OBJECTIVE_REGRESSION,
  OUT_OF_BOUNDS,
  PERIODIC,
  RATE_LIMIT_EXCEEDED,
  RETURN_TO_BASE,
  ROLLBACK,
  SAFE_MODE_OPEN,
  STALE_GENERATION,
  UNKNOWN_PARAMETER,
  UPDATE,
} from "./codes.ts"
import type { GuardrailNumbers } from "./Guardrails.ts"
import { checkGuardrails } from "./Guardrails.ts"
import type { KnobTable } from "./KnobTable.ts"
import { MAX_TIME_US, RateWindow } from "./RateWindow.ts"

/** Positions in `SafetyExecutor.proposal`. */
export const P_NOW_US = 0
/** The generation the proposer believes to be live. */
export const P_EXPECTED_GENERATION = 1
export const P_ID = 2
/** How many targets the proposer gives; must be the number of knobs. */
export const P_LENGTH = 3
/** First of n targets, unit space. */
export const P_TARGET = 4

// Imported and exported bindings are looked up at every use: see WindowAccumulator. These are the ones on the way of an
// accepted apply.
const NOW_OF = P_NOW_US
const EXPECTED_OF = P_EXPECTED_GENERATION
const ID_OF = P_ID
const LENGTH_OF = P_LENGTH
const TARGETS_OF = P_TARGET
const POINT_OF = RECORD_POINT
const KIND_OF = RECORD_KIND
const IS_UPDATE = UPDATE
const IS_ACCEPTED = ACCEPTED
const IS_OPEN_TO_PROPOSALS = NOT_TRIPPED

/** Status codes there are. */
const STATUSES = 14
/** Number of TRIP_* codes, NOT_TRIPPED included. */
const TRIPS = 10
const HOUR_US = 3_600_000_000
/** Rounding allowed on a step that was computed as base + c and base - c; a guardrail is not a test of ulps. */
const STEP_ROUNDING = 1e-12

/** Cells of doubles that must not cross calls. */
const NOW = 0
const LAST_HELD = 1
const COOLDOWN_UNTIL = 2
const MARGIN = 3
const REGRESSIONS = 4
const VALUE = 5
const LIMIT = 6
const NEXT_APPLY = 7
const BASE_GENERATION = 8
/** Half of the smallest step limit there is; coarse knobs have more. */
const HALF_STEP = 9
const EMERGENCY_MARGIN = 10
const CELLS = 11

export class SafetyExecutor {
  readonly table: KnobTable
  readonly config: AtomicConfig
  readonly audit: AuditRing
  readonly policy: GuardrailNumbers
  /** Inbox: P_NOW_US, P_EXPECTED_GENERATION, P_ID, P_LENGTH, then n targets from P_TARGET. Calls read it and leave it be. */
  readonly proposal: Float64Array
  /** The current iterate without perturbation, unit space, on the grid. Read only. */
  readonly base: Float64Array
  /** One word, shared with every thread that has the configuration's buffer: the trip reason, or 0. Read with Atomics. */
  readonly latch: Int32Array
  /** Refusals by status code. */
  readonly refused = new Uint32Array(STATUSES)
  /** How often SafeMode opened, by TRIP_* code. */
  readonly trips = new Uint32Array(TRIPS)
  applies = 0
  rollbacks = 0
  returns = 0
  /** Calls whose time lay behind the last one (or was no time at all): the last one was used. */
  clockHeld = 0
  /** What the last committed call was: PLUS..RETURN_TO_BASE, or -1 at the start. */
  lastKind = -1
  /** Details of the last refusal: the knob it is about, or -1. */
  knob = -1
  private readonly cells: Float64Array
  private readonly budgets: BudgetWindow
  private readonly rate: RateWindow
  private readonly rollbackRate: RateWindow
  /** Step limit of each knob at its base: max(its own limit, distance of its grid neighbours). */
  private readonly steps: Float64Array
  /** Whether the live configuration lies within HALF_STEP of the base on every knob, without the help of a circle. */
  private near = true
  private readonly reach: Float64Array

  /** Starts with the live configuration as the base. A RangeError for a policy nothing could work with. */
  constructor(table: KnobTable, config: AtomicConfig, audit: AuditRing, policy: GuardrailNumbers) {
    checkGuardrails(policy)
    if (config.knobs !== table.size || audit.knobs !== table.size) {
      throw new RangeError("table, configuration and audit ring must have the same number of knobs")
    }
    const n = table.size
    this.table = table
    this.config = config
    this.audit = audit
    this.policy = policy
    // The desk: inbox, then base, min, rise, steps and reaches, n doubles each, then the cells.
    const desk = (at: number, length: number): Float64Array =>
      new Float64Array(config.buffer, 8 * (config.deskAt + at), length)
    this.proposal = desk(0, P_TARGET + n)
    this.base = desk(P_TARGET + n, n)
    this.steps = desk(P_TARGET + 4 * n, n)
    this.reach = desk(P_TARGET + 5 * n, n)
    this.cells = desk(P_TARGET + 6 * n, CELLS)
    desk(P_TARGET + 2 * n, n).set(table.min)
    desk(P_TARGET + 3 * n, n).set(table.rise)
    this.latch = new Int32Array(config.buffer, WORD_LATCH * 4, 1)
    config.readUnits(this.base)
    this.budgets = new BudgetWindow(table, policy, this.base, this.reach, this.cells)
    this.rate = RateWindow.perSecond(policy.appliesPerSecond, policy.minIntervalUs, this.cells)
    const perHour = Math.min(1024, Math.max(1, Math.floor(policy.rollbacksPerHour) + 1))
    this.rollbackRate = new RateWindow(perHour, HOUR_US, 0, this.cells)
    for (let i = 0; i < n; i++) {
      const own = table.maxStep[i]
      this.steps[i] = (own > 0 && own < policy.maxStep ? own : policy.maxStep) + STEP_ROUNDING
    }
    this.cells[HALF_STEP] = this.steps.reduce((least, step) => Math.min(least, step), 1) / 2
    this.cells[MARGIN] = Number.NaN
    this.cells[EMERGENCY_MARGIN] = policy.emergencyMargin
    this.cells[COOLDOWN_UNTIL] = Number.NEGATIVE_INFINITY
    this.cells[BASE_GENERATION] = config.generation
    this.measureSteps()
    this.proposal[P_LENGTH] = n
  }

  /** The value that broke a limit, from the last refusal; NaN where there is none. */
  get value(): number {
    return this.cells[VALUE]
  }

  /** The limit that was broken, from the last refusal; NaN where there is none. */
  get limit(): number {
    return this.cells[LIMIT]
  }

  /** Earliest time at which rate and cooldown let the next apply through. */
  get nextApplyUs(): number {
    const cells = this.cells
    this.rate.nextInto(cells, NEXT_APPLY)
    if (cells[COOLDOWN_UNTIL] > cells[NEXT_APPLY]) cells[NEXT_APPLY] = cells[COOLDOWN_UNTIL]
    if (cells[NEXT_APPLY] < cells[NOW]) cells[NEXT_APPLY] = cells[NOW]
    return cells[NEXT_APPLY]
  }

  /** The latest time this executor was given. */
  get nowUs(): number {
    return this.cells[NOW]
  }

  /** Generation under which the base was applied. */
  get baseGeneration(): number {
    return this.cells[BASE_GENERATION]
  }

  /** The margin last noted, NaN when none. */
  get margin(): number {
    return this.cells[MARGIN]
  }

  /** Rollbacks within the hour that ends at the latest time, counted up to one more than the policy allows. */
  get rollbacksThisHour(): number {
    return this.rollbackRate.inWindow()
  }

  /** Step limits at the base, unit space: `out[i]` is what |target - live| and |target - base| may be. */
  stepLimits(out: Float64Array): void {
    for (let i = 0; i < this.steps.length; i++) out[i] = this.steps[i]
  }

  /** Regressions in a row as the proposer's judge counts them; from `regressionsToTrip` on, updates are refused. */
  noteRegressions(count: number): void {
    this.cells[REGRESSIONS] = count
  }

  /** The constraint margin at `source[at]`: below the emergency margin every proposal is refused. NaN: none known. */
  noteMargin(source: Float64Array, at: number): void {
    this.cells[MARGIN] = source[at]
  }

  /**
   * Applies the proposal in the inbox as PLUS, MINUS or UPDATE: ACCEPTED with a new generation, or why not, with
   * nothing changed. Order of judgement: latch, audit, generation, cooldown, rate, margin, length, then knob by
   * knob bounds and step, and for an UPDATE the budgets of the minute.
   */
  apply(kind: number): number {
    this.holdClock()
    const { proposal, cells, config } = this
    this.knob = -1
    cells[VALUE] = Number.NaN
    cells[LIMIT] = Number.NaN
    const now = cells[NOW]
    const latch = Atomics.load(this.latch, 0)
    if (latch !== IS_OPEN_TO_PROPOSALS) {
      cells[VALUE] = latch
      return this.refuse(SAFE_MODE_OPEN, kind)
    }
    const at = this.audit.reserve()
    if (at < 0) return this.refuse(AUDIT_QUEUE_FULL, kind)
    if (proposal[EXPECTED_OF] !== config.generation) {
      cells[VALUE] = proposal[EXPECTED_OF]
      cells[LIMIT] = config.generation
      return this.refuse(STALE_GENERATION, kind)
    }
    if (now < cells[COOLDOWN_UNTIL]) {
      cells[VALUE] = now
      cells[LIMIT] = cells[COOLDOWN_UNTIL]
      return this.refuse(COOLDOWN_ACTIVE, kind)
    }
    if (!this.rate.allows()) {
      cells[VALUE] = now
      this.rate.nextInto(cells, LIMIT)
      return this.refuse(RATE_LIMIT_EXCEEDED, kind)
    }
    if (cells[MARGIN] < cells[EMERGENCY_MARGIN]) {
      cells[VALUE] = cells[MARGIN]
      cells[LIMIT] = cells[EMERGENCY_MARGIN]
      return this.refuse(CONSTRAINT_VIOLATION, kind)
    }
    const n = this.base.length
    let stillNear = true
    if (proposal[LENGTH_OF] !== n || !(kind >= 0 && kind <= IS_UPDATE)) {
      cells[VALUE] = proposal[LENGTH_OF]
      cells[LIMIT] = n
      return this.refuse(UNKNOWN_PARAMETER, kind)
    }
    if (kind === IS_UPDATE && cells[REGRESSIONS] >= this.policy.regressionsToTrip) {
      cells[VALUE] = cells[REGRESSIONS]
      cells[LIMIT] = this.policy.regressionsToTrip
      return this.refuse(OBJECTIVE_REGRESSION, kind)
    }
    if (!(this.near && this.draftNear(at + POINT_OF))) {
      const status = this.draft(at + POINT_OF)
      if (status !== IS_ACCEPTED) return this.refuse(status, kind)
      stillNear = false
    }
    if (kind === IS_UPDATE) {
      const status = this.budgets.check(config.block, config.nextUnitsAt)
      if (status !== IS_ACCEPTED) {
        const details = this.budgets.details
        this.knob = details[0]
        cells[VALUE] = details[1]
        cells[LIMIT] = details[2]
        return this.refuse(status, kind)
      }
    }
    // Nothing below can fail.
    config.commit(cells, NOW)
    this.rate.record()
    if (kind === IS_UPDATE) {
      this.budgets.commit(config.block, config.unitsAt)
      cells[BASE_GENERATION] = config.generation
      if (this.table.grids.length > 0) this.measureSteps()
    }
    // After an update the base is what is live.
    this.near = stillNear || kind === IS_UPDATE
    this.applies++
    this.lastKind = kind
    // The point stands in the record since the draft.
    this.head(at, AUDIT_APPLY, IS_ACCEPTED, kind)
    this.audit.commit()
    return IS_ACCEPTED
  }

  /**
   * Puts the baseline back, bit for bit, under a new generation, and makes it the base. Never limited; afterwards
   * proposals wait out the cooldown. NO_BASELINE when there is none.
   */
  rollback(): number {
    this.holdClock()
    const { config, cells, base } = this
    this.clearDetails()
    if (!config.hasBaseline) return this.refuse(NO_BASELINE, ROLLBACK)
    config.draftBaseline()
    this.commitSafety()
    config.readUnits(base)
    cells[BASE_GENERATION] = config.generation
    cells[REGRESSIONS] = 0
    cells[COOLDOWN_UNTIL] = cells[NOW] + this.policy.cooldownUs
    this.budgets.reset()
    this.measureSteps()
    this.rollbackRate.record()
    this.rollbacks++
    this.finishSafety(ROLLBACK)
    return ACCEPTED
  }

  /** Puts the base back under a new generation, whatever perturbation was live. Never limited, always ACCEPTED. */
  returnToBase(): number {
    this.holdClock()
    this.clearDetails()
    this.config.draftFrom(this.base)
    this.commitSafety()
    this.cells[BASE_GENERATION] = this.config.generation
    this.returns++
    this.finishSafety(RETURN_TO_BASE)
    return ACCEPTED
  }

  /** Makes the base the baseline. Never the live configuration: that may be a perturbation. Always ACCEPTED. */
  setBaseline(): number {
    this.holdClock()
    this.clearDetails()
    this.config.keepBaseline(this.base, this.cells, BASE_GENERATION)
    this.recordSafety(AUDIT_BASELINE_SET, ACCEPTED, Number.NaN, this.base, 0)
    return ACCEPTED
  }

  /** Opens SafeMode: from now on proposals are refused. The same reason twice is one record. */
  openLatch(trip: number): void {
    this.holdClock()
    if (Atomics.exchange(this.latch, 0, trip) === trip) return
    this.trips[trip]++
    this.recordSafety(AUDIT_SAFE_MODE_ENTERED, trip, Number.NaN, this.config.block, this.config.unitsAt)
  }

  /** Ends SafeMode, forgets the regressions and the margin that may have led to it. `exit`: how it ended, for the record. */
  closeLatch(exit = Number.NaN): void {
    this.holdClock()
    const trip = Atomics.exchange(this.latch, 0, NOT_TRIPPED)
    if (trip === NOT_TRIPPED) return
    this.cells[REGRESSIONS] = 0
    this.cells[MARGIN] = Number.NaN
    this.recordSafety(AUDIT_SAFE_MODE_EXITED, trip, exit, this.config.block, this.config.unitsAt)
  }

  /** See `BudgetWindow.band`, at P_NOW_US; on a grid the ends are grid points, so that snapping stays inside. */
  band(out: Float64Array): void {
    this.holdClock()
    this.budgets.band(out)
    const { table, base } = this
    const { grids } = table
    for (let g = 0; g < grids.length; g++) {
      const i = grids[g]
      out[2 * i] = table.gridOffset(i, base[i], out[2 * i])
      out[2 * i + 1] = table.gridOffset(i, base[i], out[2 * i + 1])
    }
  }

  /** Takes P_NOW_US as the time unless it is behind, not a number or beyond all time: then the last time stays. */
  private holdClock(): void {
    const cells = this.cells
    const now = this.proposal[NOW_OF]
    if (now >= cells[NOW] && now <= MAX_TIME_US) {
      cells[NOW] = now
      return
    }
    // One backward reading is one event, however many calls are made at it.
    if (now !== cells[LAST_HELD]) {
      cells[LAST_HELD] = now
      this.clockHeld++
    }
  }

  private clearDetails(): void {
    this.knob = -1
    this.cells[VALUE] = Number.NaN
    this.cells[LIMIT] = Number.NaN
  }

  /** Publishes a safety action. The atomic read keeps the draft behind every earlier publication, as in `apply`. */
  private commitSafety(): void {
    this.config.commit(this.cells, NOW)
    this.near = true
    this.rate.touch()
    this.cells[MARGIN] = Number.NaN
  }

  private finishSafety(kind: number): void {
    this.lastKind = kind
    const at = this.audit.reserveSafety()
    if (at < 0) this.audit.drop()
    else {
      this.record(at, AUDIT_ROLLBACK, ACCEPTED, kind)
      this.audit.commit()
    }
  }

  /** Counts and records a refusal. A full ring has no place for it: then the count is what remains. */
  private refuse(status: number, kind: number): number {
    this.refused[status]++
    if (status === AUDIT_QUEUE_FULL) return status
    const safety = kind === ROLLBACK
    const at = safety ? this.audit.reserveSafety() : this.audit.reserve()
    if (at < 0) {
      this.audit.drop()
      return status
    }
    this.record(at, AUDIT_VIOLATION, status, kind)
    const { proposal, base } = this
    const block = this.audit.block
    // A violation holds what was asked for.
    if (!safety) for (let i = 0; i < base.length; i++) block[at + RECORD_POINT + i] = proposal[P_TARGET + i]
    this.audit.commit()
    return status
  }

  private recordSafety(kind: number, code: number, value: number, point: Float64Array, from: number): void {
    const at = this.audit.reserveSafety()
    if (at < 0) {
      this.audit.drop()
      return
    }
    this.record(at, kind, code, Number.NaN)
    const block = this.audit.block
    // What the last proposal broke stays readable in `knob`, but is no part of this record.
    block[at + RECORD_KNOB] = -1
    block[at + RECORD_VALUE] = value
    block[at + RECORD_LIMIT] = Number.NaN
    for (let i = 0; i < this.base.length; i++) block[at + RECORD_POINT + i] = point[from + i]
    this.audit.commit()
  }

  /** Fills the record at `at` with the state after the call: header, then the live positions. */
  private record(at: number, kind: number, code: number, detail: number): void {
    this.head(at, kind, code, detail)
    const record = this.audit.block
    const { block, unitsAt, knobs } = this.config
    for (let i = 0; i < knobs; i++) record[at + RECORD_POINT + i] = block[unitsAt + i]
  }

  /** Everything of a record but its point and its sequence, in the order of the RECORD_ positions. */
  private head(at: number, kind: number, code: number, detail: number): void {
    const { cells, proposal } = this
    const record = this.audit.block
    let next = at + KIND_OF
    record[next++] = kind
    record[next++] = cells[NOW]
    record[next++] = this.config.generation
    record[next++] = detail <= IS_UPDATE ? proposal[ID_OF] : Number.NaN
    record[next++] = code
    record[next++] = detail
    record[next++] = this.knob
    record[next++] = cells[VALUE]
    record[next++] = cells[LIMIT]
    // The objective is no affair of Tier 1.
    record[next++] = Number.NaN
    record[next++] = cells[MARGIN]
    // A point with room for more than there are knobs.
    const end = at + this.audit.width
    for (next += this.base.length; next < end; next++) record[next] = Number.NaN
  }

  /**
   * Judges all targets and writes the next version and the audit's point in one pass: nobody reads either before they
   * are published. This is for the common case, where live and target both lie within half of every knob's step from the
   * base, so that one is within a step of the other. True: all is well. False is no verdict, `draft` has to look.
   */
  private draftNear(point: number): boolean {
    const { table, config } = this
    const { block, nextUnitsAt, nextValuesAt, knobs } = config
    const record = this.audit.block
    const half = this.cells[HALF_STEP]
    const targets = config.deskAt + TARGETS_OF
    const base = targets + knobs
    const min = base + knobs
    const rise = min + knobs
    // No call in this loop: after one, V8 reads the address of every array again.
    for (let i = 0; i < knobs; i++) {
      // + 0 as in `KnobTable.place`, which this must agree with to the bit.
      const unit = block[targets + i] + 0
      if (!(unit >= 0 && unit <= 1) || Math.abs(unit - block[base + i]) > half) return false
      block[nextUnitsAt + i] = unit
      block[nextValuesAt + i] = block[min + i] + unit * block[rise + i]
      record[point + i] = unit
    }
    const { bends } = table
    if (bends.length === 0) return true
    table.placeBends(block, nextUnitsAt, nextValuesAt)
    for (let k = 0; k < bends.length; k++) {
      const i = bends[k]
      const unit = block[nextUnitsAt + i]
      if (Math.abs(unit - block[base + i]) > half) return false
      record[point + i] = unit
    }
    return true
  }

  /** The same for any proposal, the short way round on circles: ACCEPTED, or the status of the first knob that is at fault. */
  private draft(point: number): number {
    const { proposal, table, config, base, steps, cells } = this
    const { block, unitsAt, nextUnitsAt } = config
    const record = this.audit.block
    const outside = table.place(proposal, P_TARGET, block, nextUnitsAt, config.nextValuesAt)
    if (outside >= 0) {
      this.knob = outside
      cells[VALUE] = proposal[P_TARGET + outside]
      cells[LIMIT] = proposal[P_TARGET + outside] < 0 ? 0 : 1
      return OUT_OF_BOUNDS
    }
    const { scale } = table
    for (let i = 0; i < base.length; i++) {
      const unit = block[nextUnitsAt + i]
      let delta = unit - block[unitsAt + i]
      // A perturbation is bounded from its base too, or a row of them would walk away uncounted.
      let move = unit - base[i]
      if (scale[i] === PERIODIC) {
        delta -= Math.round(delta)
        move -= Math.round(move)
      }
      const step = steps[i]
      if (Math.abs(delta) > step || Math.abs(move) > step) {
        this.knob = i
        cells[VALUE] = Math.abs(delta) > step ? delta : move
        cells[LIMIT] = step
        return DELTA_TOO_LARGE
      }
      record[point + i] = unit
    }
    return ACCEPTED
  }

  /** Neighbour distances and step limits of coarse knobs at the base, which is live or what the plant returns to. */
  private measureSteps(): void {
    const { table, config, reach, steps, policy } = this
    const { grids } = table
    table.spans(config.block, config.valuesAt, reach)
    for (let g = 0; g < grids.length; g++) {
      const i = grids[g]
      reach[i] += NEIGHBOUR_SLACK
      const own = table.maxStep[i]
      const limit = (own > 0 && own < policy.maxStep ? own : policy.maxStep) + STEP_ROUNDING
      steps[i] = limit > reach[i] ? limit : reach[i]
    }
  }
}
