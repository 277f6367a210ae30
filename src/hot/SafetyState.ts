/**
 * What Tier 1 stands on and what can be read of it: the parts it is made of, its ledgers, its counts. Apart from what it does, so
 * that each can be read as one; nobody makes one but as a `SafetyExecutor`.
 */
import type { AtomicConfig } from "./AtomicConfig.ts"
import { WORD_LATCH } from "./AtomicConfig.ts"
import type { AuditRing } from "./AuditRing.ts"
import { beside } from "./beside.ts"
import { BudgetWindow } from "./BudgetWindow.ts"
import * as layout from "./executorCells.ts"
import type { GuardrailNumbers } from "./Guardrails.ts"
import { checkGuardrails } from "./Guardrails.ts"
import type { KnobTable } from "./KnobTable.ts"
import { ProposalDraft } from "./ProposalDraft.ts"
import { RateWindow } from "./RateWindow.ts"
import { SafetyRecords } from "./SafetyRecords.ts"
import { outOfRange } from "./outOfRange.ts"

/** Status codes there are. */
const STATUSES = 14
/** Number of TRIP_* codes, NOT_TRIPPED included. */
const TRIPS = 13
const HOUR_US = 3_600_000_000
/** Rollbacks that are remembered at least, and at most: no change between the presets forgets one. */
const LEAST_ROLLBACKS = 16
const MOST_ROLLBACKS = 1024

// Imported bindings are looked up at every use: see WindowAccumulator.
const NOW = layout.NOW
const COOLDOWN_UNTIL = layout.COOLDOWN_UNTIL
const NEXT_APPLY = layout.NEXT_APPLY

const rollbacksKept = ({ rollbacksPerHour }: GuardrailNumbers): number =>
  Math.min(MOST_ROLLBACKS, Math.max(LEAST_ROLLBACKS, Math.floor(rollbacksPerHour) + 1))

export class SafetyState {
  readonly table: KnobTable
  readonly config: AtomicConfig
  readonly audit: AuditRing
  /** What is in force; `setGuardrails` puts another in its place, and nobody writes into it. */
  policy: GuardrailNumbers
  /** How often another one was put in force. */
  policies = 0
  /** Inbox: P_NOW_US, P_EXPECTED_GENERATION, P_ID, P_LENGTH, then n targets from P_TARGET. Calls read it and leave it be. */
  readonly proposal: Float64Array
  /** The current iterate without perturbation, unit space, on the grid. Read only. */
  readonly base: Float64Array
  /** One word, shared with every thread that has the configuration's buffer: the trip reason, or 0. Read with Atomics. */
  readonly latch: Int32Array
  /** Refusals by status code. */
  readonly refused: Float64Array
  /** How often SafeMode opened, by TRIP_* code. */
  readonly trips: Float64Array
  applies = 0
  rollbacks = 0
  /** Of these, those that count towards `rollbacksPerHour`: no person has asked for them. */
  rollbacksCounted = 0
  returns = 0
  /** Calls whose time lay behind the last one (or was no time at all): the last one was used. */
  clockHeld = 0
  /** What the last committed call was: PLUS..RETURN_TO_BASE, or -1 at the start. */
  lastKind = -1
  /** Details of the last refusal: the knob it is about, or -1. */
  knob = -1
  /** See `executorCells`. */
  protected readonly cells: Float64Array
  protected readonly draft: ProposalDraft
  protected readonly records: SafetyRecords
  protected readonly budgets: BudgetWindow
  protected readonly rate: RateWindow
  protected readonly rollbackRate: RateWindow

  /** Starts with the live configuration as the base. A RangeError for a policy nothing could work with. */
  constructor(table: KnobTable, config: AtomicConfig, audit: AuditRing, policy: GuardrailNumbers) {
    checkGuardrails(policy)
    if (config.knobs !== table.size || audit.knobs !== table.size) {
      const got = `${config.knobs} and ${audit.knobs}`
      throw outOfRange("config and audit", `for the ${table.size} knobs of the table`, got)
    }
    this.table = table
    this.config = config
    this.audit = audit
    this.policy = policy
    ;[this.refused, this.trips, this.cells] = beside(STATUSES, TRIPS, layout.CELLS)
    this.draft = new ProposalDraft(table, config, audit, policy)
    this.proposal = this.draft.inbox
    this.base = this.draft.base
    this.latch = new Int32Array(config.buffer, WORD_LATCH * 4, 1)
    this.budgets = new BudgetWindow(table, policy, this.base, this.draft.reach, this.cells)
    this.rate = RateWindow.perSecond(policy.appliesPerSecond, policy.minIntervalUs, this.cells)
    this.rollbackRate = new RateWindow(rollbacksKept(policy), HOUR_US, 0, this.cells)
    this.records = new SafetyRecords(audit, config, this.proposal, this.base, this.cells)
    this.cells[layout.MARGIN] = Number.NaN
    this.cells[layout.EMERGENCY_MARGIN] = policy.emergencyMargin
    this.cells[COOLDOWN_UNTIL] = Number.NEGATIVE_INFINITY
    this.cells[layout.BASE_GENERATION] = config.generation
  }

  /** The value that broke a limit, from the last refusal; NaN where there is none. */
  get value(): number {
    return this.cells[layout.VALUE]
  }

  /** The limit that was broken, from the last refusal; NaN where there is none. */
  get limit(): number {
    return this.cells[layout.LIMIT]
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
    return this.cells[layout.BASE_GENERATION]
  }

  /** Updates that may still use twice the range and turns of a minute. */
  get earnedUpdates(): number {
    return this.cells[layout.EARNED]
  }

  /** The margin last noted, NaN when none. */
  get margin(): number {
    return this.cells[layout.MARGIN]
  }

  /** When the cooldown of the last rollback ends; -Infinity before the first. */
  get cooldownUntilUs(): number {
    return this.cells[COOLDOWN_UNTIL]
  }

  /** Whether `demandReset` was called since SafeMode opened. */
  get resetDemanded(): boolean {
    return this.cells[layout.RESET_DEMANDED] === 1
  }

  /** Regressions in a row as last noted. */
  get regressions(): number {
    return this.cells[layout.REGRESSIONS]
  }

  /** Applies that count against the rate at `nowUs`. For showing. */
  appliesInWindow(nowUs: number): number {
    return this.rate.inWindow(nowUs)
  }

  /** See `BudgetWindow.usage`. */
  budgetUsage(nowUs: number, out: Float64Array): void {
    this.budgets.usage(nowUs, out)
  }

  /** Rollbacks that no person asked for within the hour that ends at the latest time, up to one more than the policy allows. */
  get rollbacksThisHour(): number {
    return this.rollbacksInHour(this.cells[NOW])
  }

  /** As `rollbacksThisHour`, for the hour that ends at `nowUs`. */
  rollbacksInHour(nowUs: number): number {
    const most = Math.floor(this.policy.rollbacksPerHour) + 1
    return Math.min(this.rollbackRate.inWindow(nowUs), most)
  }

  /** When those were that count, oldest first: for an executor that takes the place of this one. */
  rollbackTimes(): ReadonlyArray<number> {
    return this.rollbackRate.times()
  }

  /** Goes on counting from those that another executor has counted. */
  recallRollbacks(timesUs: ReadonlyArray<number>): void {
    this.rollbackRate.recall(timesUs)
  }

  /** Whether the plant stands on its base, without perturbation. */
  get onBase(): boolean {
    const { base } = this
    const { block, unitsAt } = this.config
    for (let i = 0; i < base.length; i++) if (block[unitsAt + i] !== base[i]) return false
    return true
  }

  /** Step limits at the base, unit space: `out[i]` is what |target - live| and |target - base| may be. */
  stepLimits(out: Float64Array): void {
    const { steps } = this.draft
    for (let i = 0; i < steps.length; i++) out[i] = steps[i]
  }

  /** Other numbers in every ledger from the latest time on, and what was counted before still counted. */
  protected relimit(policy: GuardrailNumbers): void {
    const { cells } = this
    this.policy = Object.freeze({ ...policy })
    this.policies++
    this.draft.relimit(policy)
    cells[layout.EARNED] = 0
    this.budgets.earn(false)
    this.budgets.relimit(policy)
    this.rate.relimitPerSecond(policy.appliesPerSecond, policy.minIntervalUs)
    this.rollbackRate.relimit(rollbacksKept(policy), HOUR_US, 0)
    cells[layout.EMERGENCY_MARGIN] = policy.emergencyMargin
    if (this.rollbacks === 0) return
    const until = cells[layout.ROLLED_BACK] + policy.cooldownUs
    if (until > cells[COOLDOWN_UNTIL]) cells[COOLDOWN_UNTIL] = until
  }
}
