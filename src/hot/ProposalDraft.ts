/**
 * Tier 1 at its desk: judges the targets of a proposal knob by knob, bounds and step, and writes the version that would be
 * live, which is nobody's until it is published. `SafetyExecutor` owns one and decides everything else.
 */
import type { AtomicConfig } from "./AtomicConfig.ts"
import type { AuditRing } from "./AuditRing.ts"
import { NEIGHBOUR_SLACK } from "./budgetLayout.ts"
import { ACCEPTED, DELTA_TOO_LARGE, NO_BASELINE, OUT_OF_BOUNDS, PERIODIC } from "./codes.ts"
import type { GuardrailNumbers } from "./Guardrails.ts"
import type { KnobTable } from "./KnobTable.ts"

/** Positions in `ProposalDraft.inbox`, which is `SafetyExecutor.proposal`. */
export const P_NOW_US = 0
/** The generation the proposer believes to be live. */
export const P_EXPECTED_GENERATION = 1
export const P_ID = 2
/** How many targets the proposer gives; must be the number of knobs. */
export const P_LENGTH = 3
/** First of n targets, unit space. */
export const P_TARGET = 4

/** Imported and exported bindings are looked up at every use: see WindowAccumulator. */
const TARGETS_OF = P_TARGET

/** Rounding allowed on a step that was computed as base + c and base - c; a guardrail is not a test of ulps. */
const STEP_ROUNDING = 1e-12

/** Positions in `fault`. */
export const FAULT_VALUE = 0
export const FAULT_LIMIT = 1
/** Half of the smallest step limit there is; coarse knobs have more. */
const HALF_STEP = 2
/** The policy's step limit. */
const MAX_STEP = 3

export class ProposalDraft {
  /** P_NOW_US, P_EXPECTED_GENERATION, P_ID, P_LENGTH, then n targets from P_TARGET. */
  readonly inbox: Float64Array
  /** The current iterate without perturbation, unit space, on the grid. */
  readonly base: Float64Array
  /** Step limit of each knob at its base: max(its own limit, distance of its grid neighbours). */
  readonly steps: Float64Array
  /** Distance between the grid neighbours of each base with some slack, 0 where continuous. */
  readonly reach: Float64Array
  /** What the first knob at fault was asked for, and its limit. */
  readonly fault = new Float64Array(4)
  /** The first knob at fault. */
  knob = -1
  private readonly table: KnobTable
  private readonly config: AtomicConfig
  private readonly audit: AuditRing
  /** Whether the live configuration lies within HALF_STEP of the base on every knob, without the help of a circle. */
  private near = true
  private stillNear = true

  /** Starts with the live configuration as the base. */
  constructor(table: KnobTable, config: AtomicConfig, audit: AuditRing, policy: GuardrailNumbers) {
    const n = table.size
    this.table = table
    this.config = config
    this.audit = audit
    // The desk: inbox, then base, min, rise, steps and reaches, n doubles each.
    const desk = (at: number, length: number): Float64Array =>
      new Float64Array(config.buffer, 8 * (config.deskAt + at), length)
    this.inbox = desk(0, P_TARGET + n)
    this.base = desk(P_TARGET + n, n)
    desk(P_TARGET + 2 * n, n).set(table.min)
    desk(P_TARGET + 3 * n, n).set(table.rise)
    this.steps = desk(P_TARGET + 4 * n, n)
    this.reach = desk(P_TARGET + 5 * n, n)
    this.inbox[P_LENGTH] = n
    config.readUnits(this.base)
    this.relimit(policy)
  }

  /** Another step limit. The base is live, or what the plant returns to before anything is proposed. */
  relimit({ maxStep }: GuardrailNumbers): void {
    const { steps, fault } = this
    fault[MAX_STEP] = maxStep
    let least = 1
    for (let i = 0; i < steps.length; i++) {
      steps[i] = this.ownLimit(i)
      if (steps[i] < least) least = steps[i]
    }
    fault[HALF_STEP] = least / 2
    this.measureSteps()
    this.near = true
  }

  /**
   * Judges all targets and writes the next version, and its positions to the audit block at `point`: ACCEPTED, or
   * OUT_OF_BOUNDS or DELTA_TOO_LARGE with `knob` and `fault`.
   */
  write(point: number): number {
    this.stillNear = this.near && this.writeNear(point)
    return this.stillNear ? ACCEPTED : this.writeAnywhere(point)
  }

  /** The version that a rollback would publish; NO_BASELINE while there is none. */
  writeBaseline(point: number): number {
    const { config, fault } = this
    if (!config.hasBaseline) {
      this.knob = -1
      fault[FAULT_VALUE] = Number.NaN
      fault[FAULT_LIMIT] = Number.NaN
      return NO_BASELINE
    }
    config.draftBaseline()
    const record = this.audit.block
    for (let i = 0; i < config.knobs; i++) record[point + i] = config.block[config.nextUnitsAt + i]
    this.stillNear = false
    return ACCEPTED
  }

  /** What was written last is live now. */
  published(): void {
    this.near = this.stillNear
  }

  /** The base is what is live now. */
  settled(): void {
    this.near = true
  }

  /**
   * One pass for the common case, where live and target both lie within half of every knob's step from the base, so that
   * one is within a step of the other. True: all is well. False is no verdict, `writeAnywhere` has to look.
   */
  private writeNear(point: number): boolean {
    const { table, config } = this
    const { block, nextUnitsAt, nextValuesAt, knobs } = config
    const record = this.audit.block
    const half = this.fault[HALF_STEP]
    const targets = config.deskAt + TARGETS_OF
    const base = targets + knobs
    const min = base + knobs
    const rise = min + knobs
    // No call in this loop: after one, V8 reads the address of every array again. Two knobs a turn: one a turn takes a tenth longer,
    // and so do four.
    const even = knobs & ~1
    for (let i = 0; i < even; i += 2) {
      // + 0 as in `KnobTable.place`, which this must agree with to the bit.
      const unit = block[targets + i] + 0
      const other = block[targets + i + 1] + 0
      if (!(unit >= 0 && unit <= 1) || Math.abs(unit - block[base + i]) > half) return false
      if (!(other >= 0 && other <= 1) || Math.abs(other - block[base + i + 1]) > half) return false
      block[nextUnitsAt + i] = unit
      block[nextUnitsAt + i + 1] = other
      block[nextValuesAt + i] = block[min + i] + unit * block[rise + i]
      block[nextValuesAt + i + 1] = block[min + i + 1] + other * block[rise + i + 1]
      record[point + i] = unit
      record[point + i + 1] = other
    }
    if (even < knobs) {
      const unit = block[targets + even] + 0
      if (!(unit >= 0 && unit <= 1) || Math.abs(unit - block[base + even]) > half) return false
      block[nextUnitsAt + even] = unit
      block[nextValuesAt + even] = block[min + even] + unit * block[rise + even]
      record[point + even] = unit
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

  /** Any proposal, the short way round on circles. */
  private writeAnywhere(point: number): number {
    const { inbox, table, config, base, steps, fault } = this
    const { block, unitsAt, nextUnitsAt } = config
    const record = this.audit.block
    const outside = table.place(inbox, P_TARGET, block, nextUnitsAt, config.nextValuesAt)
    if (outside >= 0) {
      this.knob = outside
      fault[FAULT_VALUE] = inbox[P_TARGET + outside]
      fault[FAULT_LIMIT] = inbox[P_TARGET + outside] < 0 ? 0 : 1
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
        fault[FAULT_VALUE] = Math.abs(delta) > step ? delta : move
        fault[FAULT_LIMIT] = step
        return DELTA_TOO_LARGE
      }
      record[point + i] = unit
    }
    return ACCEPTED
  }

  /** Neighbour distances and step limits of coarse knobs at the base, which is live or what the plant returns to. */
  measureSteps(): void {
    const { table, config, reach, steps } = this
    const { grids } = table
    table.spans(config.block, config.valuesAt, reach)
    for (let g = 0; g < grids.length; g++) {
      const i = grids[g]
      reach[i] += NEIGHBOUR_SLACK
      const limit = this.ownLimit(i)
      steps[i] = limit > reach[i] ? limit : reach[i]
    }
  }

  /** The policy's step, or the knob's own where that is less. */
  private ownLimit(i: number): number {
    const own = this.table.maxStep[i]
    const most = this.fault[MAX_STEP]
    return (own > 0 && own < most ? own : most) + STEP_ROUNDING
  }
}
