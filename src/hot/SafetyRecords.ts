/**
 * What Tier 1 puts on the record: each apply, each refusal and each safety action as one record of the audit ring, with the state
 * after the call. `SafetyExecutor` owns one and decides what there is to be said.
 */
import type { AtomicConfig } from "./AtomicConfig.ts"
import type { AuditRing } from "./AuditRing.ts"
import { RECORD_KIND, RECORD_LIMIT, RECORD_POINT, RECORD_VALUE } from "./AuditRing.ts"
import { ACCEPTED, AUDIT_ROLLBACK, AUDIT_VIOLATION, ROLLBACK, UPDATE, VISIT_BASELINE } from "./codes.ts"
import * as layout from "./executorCells.ts"
import { P_ID, P_TARGET } from "./ProposalDraft.ts"

// Imported bindings are looked up at every use: see WindowAccumulator. These are on the way of an accepted apply.
const NOW = layout.NOW
const VALUE = layout.VALUE
const LIMIT = layout.LIMIT
const MARGIN = layout.MARGIN

export class SafetyRecords {
  private readonly audit: AuditRing
  private readonly config: AtomicConfig
  private readonly proposal: Float64Array
  private readonly base: Float64Array
  private readonly cells: Float64Array

  constructor(
    audit: AuditRing,
    config: AtomicConfig,
    proposal: Float64Array,
    base: Float64Array,
    cells: Float64Array,
  ) {
    this.audit = audit
    this.config = config
    this.proposal = proposal
    this.base = base
    this.cells = cells
  }

  /** A rollback or a return to the base, which always finds a place while anything does. */
  landing(kind: number): void {
    const at = this.audit.reserveSafety()
    if (at < 0) this.audit.drop()
    else {
      this.whole(at, AUDIT_ROLLBACK, ACCEPTED, kind, -1)
      this.audit.commit()
    }
  }

  /** A refusal with what was asked for; where the ring has no place for it, the count is what remains. */
  refusal(status: number, kind: number, knob: number): void {
    const safety = kind === ROLLBACK
    const at = safety ? this.audit.reserveSafety() : this.audit.reserve()
    if (at < 0) {
      this.audit.drop()
      return
    }
    this.whole(at, AUDIT_VIOLATION, status, kind, knob)
    const { proposal, base } = this
    const block = this.audit.block
    // A violation holds what was asked for.
    if (!safety) for (let i = 0; i < base.length; i++) block[at + RECORD_POINT + i] = proposal[P_TARGET + i]
    this.audit.commit()
  }

  /** What happened to the baseline or the latch, with the positions at `point[from]`. */
  safety(kind: number, code: number, value: number, point: Float64Array, from: number): void {
    const at = this.audit.reserveSafety()
    if (at < 0) {
      this.audit.drop()
      return
    }
    this.whole(at, kind, code, Number.NaN, -1)
    const block = this.audit.block
    // What the last proposal broke stays readable in `value` and `limit`, but is no part of this record.
    block[at + RECORD_VALUE] = value
    block[at + RECORD_LIMIT] = Number.NaN
    for (let i = 0; i < this.base.length; i++) block[at + RECORD_POINT + i] = point[from + i]
    this.audit.commit()
  }

  /** Everything of a record but its point and its sequence, in the order of the RECORD_ positions. */
  head(at: number, kind: number, code: number, detail: number, knob: number): void {
    const { cells, proposal } = this
    const record = this.audit.block
    let next = at + RECORD_KIND
    record[next++] = kind
    record[next++] = cells[NOW]
    record[next++] = this.config.generation
    record[next++] = detail <= UPDATE || detail === VISIT_BASELINE ? proposal[P_ID] : Number.NaN
    record[next++] = code
    record[next++] = detail
    record[next++] = knob
    record[next++] = cells[VALUE]
    record[next++] = cells[LIMIT]
    // The objective is no affair of Tier 1.
    record[next++] = Number.NaN
    record[next++] = cells[MARGIN]
    // A point with room for more than there are knobs.
    const end = at + this.audit.width
    for (next += this.base.length; next < end; next++) record[next] = Number.NaN
  }

  /** What is so from here on, with the numbers in `value` and `limit`, at a place that was reserved. */
  stands(at: number, kind: number): void {
    this.whole(at, kind, ACCEPTED, Number.NaN, -1)
    this.audit.commit()
  }

  /** Fills the record at `at` with the state after the call: header, then the live positions. */
  private whole(at: number, kind: number, code: number, detail: number, knob: number): void {
    this.head(at, kind, code, detail, knob)
    const record = this.audit.block
    const { block, unitsAt, knobs } = this.config
    for (let i = 0; i < knobs; i++) record[at + RECORD_POINT + i] = block[unitsAt + i]
  }
}
