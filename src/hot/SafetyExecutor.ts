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
import { BudgetWindow } from "./BudgetWindow.ts"
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
  NO_BASELINE,
  NOT_TRIPPED,
  OBJECTIVE_REGRESSION,
  RATE_LIMIT_EXCEEDED,
  RETURN_TO_BASE,
  ROLLBACK,
  SAFE_MODE_OPEN,
  STALE_GENERATION,
  UNKNOWN_PARAMETER,
  UPDATE,
  VISIT_BASELINE,
} from "./codes.ts"
import type { GuardrailNumbers } from "./Guardrails.ts"
import { checkGuardrails } from "./Guardrails.ts"
import type { KnobTable } from "./KnobTable.ts"
import {
  FAULT_LIMIT,
  FAULT_VALUE,
  P_EXPECTED_GENERATION,
  P_ID,
  P_LENGTH,
  P_NOW_US,
  P_TARGET,
  ProposalDraft,
} from "./ProposalDraft.ts"
import { MAX_TIME_US, RateWindow } from "./RateWindow.ts"

export { P_EXPECTED_GENERATION, P_ID, P_LENGTH, P_NOW_US, P_TARGET } from "./ProposalDraft.ts"

// Imported and exported bindings are looked up at every use: see WindowAccumulator. These are the ones on the way of an
// accepted apply.
const NOW_OF = P_NOW_US
const EXPECTED_OF = P_EXPECTED_GENERATION
const ID_OF = P_ID
const LENGTH_OF = P_LENGTH
const POINT_OF = RECORD_POINT
const KIND_OF = RECORD_KIND
const IS_UPDATE = UPDATE
const IS_VISIT = VISIT_BASELINE
const IS_ACCEPTED = ACCEPTED
const IS_OPEN_TO_PROPOSALS = NOT_TRIPPED

/** Status codes there are. */
const STATUSES = 14
/** Number of TRIP_* codes, NOT_TRIPPED included. */
const TRIPS = 10
const HOUR_US = 3_600_000_000

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
const EMERGENCY_MARGIN = 9
const CELLS = 10

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
  private readonly cells = new Float64Array(CELLS)
  private readonly draft: ProposalDraft
  private readonly budgets: BudgetWindow
  private readonly rate: RateWindow
  private readonly rollbackRate: RateWindow
  /** Starts with the live configuration as the base. A RangeError for a policy nothing could work with. */
  constructor(table: KnobTable, config: AtomicConfig, audit: AuditRing, policy: GuardrailNumbers) {
    checkGuardrails(policy)
    if (config.knobs !== table.size || audit.knobs !== table.size) {
      throw new RangeError("table, configuration and audit ring must have the same number of knobs")
    }
    this.table = table
    this.config = config
    this.audit = audit
    this.policy = policy
    this.draft = new ProposalDraft(table, config, audit, policy)
    this.proposal = this.draft.inbox
    this.base = this.draft.base
    this.latch = new Int32Array(config.buffer, WORD_LATCH * 4, 1)
    this.budgets = new BudgetWindow(table, policy, this.base, this.draft.reach, this.cells)
    this.rate = RateWindow.perSecond(policy.appliesPerSecond, policy.minIntervalUs, this.cells)
    const perHour = Math.min(1024, Math.max(1, Math.floor(policy.rollbacksPerHour) + 1))
    this.rollbackRate = new RateWindow(perHour, HOUR_US, 0, this.cells)
    this.cells[MARGIN] = Number.NaN
    this.cells[EMERGENCY_MARGIN] = policy.emergencyMargin
    this.cells[COOLDOWN_UNTIL] = Number.NEGATIVE_INFINITY
    this.cells[BASE_GENERATION] = config.generation
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

  /** When the cooldown of the last rollback ends; -Infinity before the first. */
  get cooldownUntilUs(): number {
    return this.cells[COOLDOWN_UNTIL]
  }

  /** Regressions in a row as last noted. */
  get regressions(): number {
    return this.cells[REGRESSIONS]
  }

  /** Applies that count against the rate at `nowUs`. For showing. */
  appliesInWindow(nowUs: number): number {
    return this.rate.inWindow(nowUs)
  }

  /** See `BudgetWindow.usage`. */
  budgetUsage(nowUs: number, out: Float64Array): void {
    this.budgets.usage(nowUs, out)
  }

  /** Rollbacks within the hour that ends at the latest time, counted up to one more than the policy allows. */
  get rollbacksThisHour(): number {
    return this.rollbackRate.inWindow()
  }

  /** Step limits at the base, unit space: `out[i]` is what |target - live| and |target - base| may be. */
  stepLimits(out: Float64Array): void {
    const { steps } = this.draft
    for (let i = 0; i < steps.length; i++) out[i] = steps[i]
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
   * knob bounds and step, and for an UPDATE the budgets of the minute. A VISIT_BASELINE has no targets and no step limit:
   * it goes where a rollback would go, by the same jump.
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
    if (proposal[LENGTH_OF] !== n || !((kind >= 0 && kind <= IS_UPDATE) || kind === IS_VISIT)) {
      cells[VALUE] = proposal[LENGTH_OF]
      cells[LIMIT] = n
      return this.refuse(UNKNOWN_PARAMETER, kind)
    }
    if (kind === IS_UPDATE && cells[REGRESSIONS] >= this.policy.regressionsToTrip) {
      cells[VALUE] = cells[REGRESSIONS]
      cells[LIMIT] = this.policy.regressionsToTrip
      return this.refuse(OBJECTIVE_REGRESSION, kind)
    }
    const judged =
      kind === IS_VISIT ? this.draft.writeBaseline(at + POINT_OF) : this.draft.write(at + POINT_OF)
    if (judged !== IS_ACCEPTED) {
      this.knob = this.draft.knob
      cells[VALUE] = this.draft.fault[FAULT_VALUE]
      cells[LIMIT] = this.draft.fault[FAULT_LIMIT]
      return this.refuse(judged, kind)
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
      this.draft.settled()
      if (this.table.grids.length > 0) this.draft.measureSteps()
    } else this.draft.published()
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
    const { config } = this
    this.clearDetails()
    if (!config.hasBaseline) return this.refuse(NO_BASELINE, ROLLBACK)
    config.draftBaseline()
    this.land()
    return ACCEPTED
  }

  /**
   * Goes to positions inside [0,1] and makes them the baseline, in place of one that is itself in an emergency: see
   * `Fallback`. A rollback like any other, never limited, on the record with the baseline that follows from it.
   */
  moveBaseline(units: Float64Array): void {
    this.holdClock()
    this.clearDetails()
    this.config.draftFrom(units)
    this.land()
    this.setBaseline()
  }

  /** Publishes what was drafted as the base that proposals begin from, after the cooldown. */
  private land(): void {
    const { config, cells, base } = this
    this.commitSafety()
    config.readUnits(base)
    cells[BASE_GENERATION] = config.generation
    cells[REGRESSIONS] = 0
    cells[COOLDOWN_UNTIL] = cells[NOW] + this.policy.cooldownUs
    this.budgets.reset()
    this.draft.measureSteps()
    this.rollbackRate.record()
    this.rollbacks++
    this.finishSafety(ROLLBACK)
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
    this.draft.settled()
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
    record[next++] = detail <= IS_UPDATE || detail === IS_VISIT ? proposal[ID_OF] : Number.NaN
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
}
