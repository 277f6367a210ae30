/**
 * Tier 1: the only writer of the live configuration. It holds every proposal against every guardrail and either applies
 * it whole or refuses it whole, and it can always go back to the baseline or the base. Everything it does or refuses is one
 * record in the audit ring. One needs it directly only in loops without actors; otherwise `HotPath` owns one.
 *
 * Calls return status codes; numbers go in through `proposal` and come out through `knob`, `value`, `limit` and
 * `nextApplyUs`. Nothing is allocated after construction, no clock is read, nothing throws.
 */
import { RECORD_GENERATION, RECORD_KIND, RECORD_POINT, RECORD_TIMESTAMP_US } from "./AuditRing.ts"
import {
  ACCEPTED,
  AUDIT_APPLY,
  AUDIT_BASELINE_SET,
  AUDIT_GUARDRAILS_SET,
  AUDIT_QUEUE_FULL,
  AUDIT_RANGE_EARNED,
  AUDIT_RESET_DEMANDED,
  AUDIT_SAFE_MODE_ENTERED,
  AUDIT_SAFE_MODE_EXITED,
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
import * as layout from "./executorCells.ts"
import { writeGuardrails } from "./guardrailRecord.ts"
import type { GuardrailNumbers } from "./Guardrails.ts"
import { checkGuardrails } from "./Guardrails.ts"
import { FAULT_LIMIT, FAULT_VALUE, P_EXPECTED_GENERATION, P_LENGTH, P_NOW_US } from "./ProposalDraft.ts"
import { MAX_TIME_US } from "./RateWindow.ts"
import { SafetyState } from "./SafetyState.ts"

export { P_EXPECTED_GENERATION, P_ID, P_LENGTH, P_NOW_US, P_TARGET } from "./ProposalDraft.ts"

const NOW = layout.NOW
const LAST_HELD = layout.LAST_HELD
const COOLDOWN_UNTIL = layout.COOLDOWN_UNTIL
const MARGIN = layout.MARGIN
const REGRESSIONS = layout.REGRESSIONS
const VALUE = layout.VALUE
const LIMIT = layout.LIMIT
const BASE_GENERATION = layout.BASE_GENERATION
const EMERGENCY_MARGIN = layout.EMERGENCY_MARGIN
const EARNED = layout.EARNED
/** Updates that one proof of a falling level is good for. */
const EARNED_UPDATES = 5

/** Tier 1, the only writer: applies a proposal whole or refuses it whole, by status code, and audits both. */
export class SafetyExecutor extends SafetyState {
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
    if (latch !== NOT_TRIPPED) {
      cells[VALUE] = latch
      return this.refuse(SAFE_MODE_OPEN, kind)
    }
    const at = this.audit.reserve()
    if (at < 0) return this.refuse(AUDIT_QUEUE_FULL, kind)
    if (proposal[P_EXPECTED_GENERATION] !== config.generation) {
      cells[VALUE] = proposal[P_EXPECTED_GENERATION]
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
    if (proposal[P_LENGTH] !== n || !((kind >= 0 && kind <= UPDATE) || kind === VISIT_BASELINE)) {
      cells[VALUE] = proposal[P_LENGTH]
      cells[LIMIT] = n
      return this.refuse(UNKNOWN_PARAMETER, kind)
    }
    if (kind === UPDATE && cells[REGRESSIONS] >= this.policy.regressionsToTrip) {
      cells[VALUE] = cells[REGRESSIONS]
      cells[LIMIT] = this.policy.regressionsToTrip
      return this.refuse(OBJECTIVE_REGRESSION, kind)
    }
    const judged =
      kind === VISIT_BASELINE
        ? this.draft.writeBaseline(at + RECORD_POINT)
        : this.draft.write(at + RECORD_POINT)
    if (judged !== ACCEPTED) {
      this.knob = this.draft.knob
      cells[VALUE] = this.draft.fault[FAULT_VALUE]
      cells[LIMIT] = this.draft.fault[FAULT_LIMIT]
      return this.refuse(judged, kind)
    }
    if (kind === UPDATE) {
      const status = this.budgets.check(config.block, config.nextUnitsAt)
      if (status !== ACCEPTED) {
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
    if (kind === UPDATE) {
      this.budgets.commit(config.block, config.unitsAt)
      cells[BASE_GENERATION] = config.generation
      if (cells[EARNED] > 0) this.spendEarned()
      this.draft.settled()
      if (this.table.grids.length > 0) this.draft.measureSteps()
    } else this.draft.published()
    this.applies++
    this.lastKind = kind
    // The point stands in the record since the draft.
    this.records.head(at, AUDIT_APPLY, ACCEPTED, kind, -1)
    this.audit.commit()
    return ACCEPTED
  }

  /**
   * Puts the baseline back, bit for bit, under a new generation, and makes it the base. Never limited; afterwards
   * proposals wait out the cooldown. One that a person has `asked` for is no sign that the tuner is wrong, and does not count
   * towards `rollbacksPerHour`. NO_BASELINE when there is none.
   */
  rollback(asked = false): number {
    this.holdClock()
    const { config } = this
    this.clearDetails()
    if (!config.hasBaseline) return this.refuse(NO_BASELINE, ROLLBACK)
    config.draftBaseline()
    this.land(asked)
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
    this.land(false)
    this.setBaseline()
  }

  /**
   * Goes to positions inside [0,1] on behalf of the runaway guard and makes them the base: RETREAT, to look whether it is better
   * there, or RETURN_TO_TUNED, since it is not. Never limited; neither counts as a rollback nor begins a cooldown, for nothing has been
   * blamed yet.
   */
  stand(units: Float64Array, kind: number): void {
    this.holdClock()
    this.clearDetails()
    this.config.draftFrom(units)
    this.rebase()
    this.finish(kind)
  }

  /**
   * The proposer says that the level provably falls: range and turns of the minute are twice the policy's for the next five updates,
   * and no more whatever it says and however often. Step limit, path and pace stay. On the record; where there is no room for that,
   * or the latch is open, nothing is earned.
   */
  earn(): void {
    this.holdClock()
    if (Atomics.load(this.latch, 0) !== NOT_TRIPPED) return
    const at = this.audit.reserve()
    if (at < 0) return
    const { cells, policy } = this
    cells[VALUE] = 2 * policy.rangePerMinute
    cells[LIMIT] = 2 * policy.turnsPerMinute
    this.records.stands(at, AUDIT_RANGE_EARNED)
    this.clearDetails()
    cells[EARNED] = EARNED_UPDATES
    this.budgets.earn(true)
  }

  private spendEarned(): void {
    const { cells } = this
    cells[EARNED]--
    if (cells[EARNED] === 0) this.budgets.earn(false)
  }

  /** Publishes what was drafted as the base that proposals begin from, after the cooldown. */
  private land(asked: boolean): void {
    const { cells } = this
    this.rebase()
    cells[COOLDOWN_UNTIL] = cells[NOW] + this.policy.cooldownUs
    cells[layout.ROLLED_BACK] = cells[NOW]
    this.rollbacks++
    if (!asked) {
      this.rollbackRate.record()
      this.rollbacksCounted++
    }
    this.finish(ROLLBACK)
  }

  /** Publishes what was drafted as the base. */
  private rebase(): void {
    const { config, cells, base } = this
    this.commitSafety()
    config.readUnits(base)
    cells[BASE_GENERATION] = config.generation
    cells[REGRESSIONS] = 0
    cells[EARNED] = 0
    this.budgets.earn(false)
    this.budgets.reset()
    this.draft.measureSteps()
  }

  /** Puts the base back under a new generation, whatever perturbation was live. Never limited, always ACCEPTED. */
  returnToBase(): number {
    this.holdClock()
    this.clearDetails()
    this.config.draftFrom(this.base)
    this.commitSafety()
    this.cells[BASE_GENERATION] = this.config.generation
    this.returns++
    this.finish(RETURN_TO_BASE)
    return ACCEPTED
  }

  /** Makes the base the baseline. Never the live configuration: that may be a perturbation. Always ACCEPTED. */
  setBaseline(): number {
    return this.keepAsBaseline(this.base)
  }

  /** Makes a place the baseline, such as the mean of the bases that earned it: on the grid, inside [0,1]. Always ACCEPTED. */
  keepAsBaseline(units: Float64Array): number {
    this.holdClock()
    this.clearDetails()
    this.config.keepBaseline(units, this.cells, BASE_GENERATION)
    this.records.safety(AUDIT_BASELINE_SET, ACCEPTED, Number.NaN, units, 0)
    return ACCEPTED
  }

  /**
   * Puts another policy in force, now and whole: ACCEPTED, or AUDIT_QUEUE_FULL with nothing changed, for a change that cannot be
   * recorded is not made. A perturbation ends first. Ledgers are kept: what was spent and counted counts under the new numbers
   * too; the interval between applies begins anew, a cooldown that runs becomes no shorter, the latch stays as it is. A RangeError for
   * a policy nothing could work with. May allocate; call it between digests. Who proposes must keep to the new step limit.
   */
  setGuardrails(policy: GuardrailNumbers): number {
    checkGuardrails(policy)
    this.holdClock()
    this.clearDetails()
    const { audit, cells } = this
    const at = audit.reserve()
    if (at < 0) return this.refuse(AUDIT_QUEUE_FULL, -1)
    const record = audit.block
    record.fill(Number.NaN, at + RECORD_POINT, at + audit.width)
    record[at + RECORD_KIND] = AUDIT_GUARDRAILS_SET
    record[at + RECORD_TIMESTAMP_US] = cells[NOW]
    record[at + RECORD_GENERATION] = this.config.generation
    writeGuardrails(record, at, policy)
    audit.commit()
    if (!this.onBase) this.returnToBase()
    this.relimit(policy)
    return ACCEPTED
  }

  /** Opens SafeMode: from now on proposals are refused. The same reason twice is one record. */
  openLatch(trip: number): void {
    this.holdClock()
    if (Atomics.exchange(this.latch, 0, trip) === trip) return
    this.trips[trip]++
    this.records.safety(AUDIT_SAFE_MODE_ENTERED, trip, Number.NaN, this.config.block, this.config.unitsAt)
  }

  /** SafeMode that is open waits for a person from here on, though its reason alone would not ask for one: one record. */
  demandReset(): void {
    this.holdClock()
    const trip = Atomics.load(this.latch, 0)
    if (trip === NOT_TRIPPED || this.resetDemanded) return
    this.cells[layout.RESET_DEMANDED] = 1
    this.records.safety(AUDIT_RESET_DEMANDED, trip, Number.NaN, this.config.block, this.config.unitsAt)
  }

  /** Ends SafeMode, forgets the regressions and the margin that may have led to it. `exit`: how it ended, for the record. */
  closeLatch(exit = Number.NaN): void {
    this.holdClock()
    const trip = Atomics.exchange(this.latch, 0, NOT_TRIPPED)
    if (trip === NOT_TRIPPED) return
    this.cells[layout.RESET_DEMANDED] = 0
    this.cells[REGRESSIONS] = 0
    this.cells[MARGIN] = Number.NaN
    this.records.safety(AUDIT_SAFE_MODE_EXITED, trip, exit, this.config.block, this.config.unitsAt)
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
    const now = this.proposal[P_NOW_US]
    if (now >= cells[NOW] && now <= MAX_TIME_US) {
      cells[NOW] = now
      return
    }
    // One backward reading is one event, however many calls are made at it.
    if (!Object.is(now, cells[LAST_HELD])) {
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

  private finish(kind: number): void {
    this.lastKind = kind
    this.records.landing(kind)
  }

  /** Counts and records a refusal; one for want of room has no record of its own. */
  private refuse(status: number, kind: number): number {
    this.refused[status]++
    if (status !== AUDIT_QUEUE_FULL) this.records.refusal(status, kind, this.knob)
    return status
  }
}
