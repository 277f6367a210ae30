/** One change of a knob with its reasons. */
import type { ApplyKind } from "../../domain/words.ts"
import type { AuditRecord } from "../../domain/AuditRecord.ts"

/** A window as the cycle read it, worked out again from the digests in the journal. */
export interface WindowEvidence {
  readonly side: "plus" | "minus" | "baseline" | "base"
  readonly generation: number
  /** Value of the knob while it was measured, user units. */
  readonly value: number
  readonly digests: number
  readonly fromUs: number
  readonly toUs: number
  /** Aggregates over the window; null where there were no readings. */
  readonly objective: number | null
  readonly constraintMargin: number | null
}

/** One change of a knob with its reasons; values in user units. */
export interface KnobChange {
  readonly knob: string
  readonly run: string
  readonly seq: number
  readonly atUs: number
  readonly generation: number
  /** What it was for; `start` where an engine began elsewhere than the run before it had ended. */
  readonly action: ApplyKind | "start"
  /** The live value, user units. Both are the same where only the base moved: the plant was there already. */
  readonly from: number
  readonly to: number
  /** The base before and after, user units; null where the journal does not say where it was. */
  readonly base: { readonly from: number | null; readonly to: number | null }
  /** What the plant was measured for until then; null where for nothing. */
  readonly left: WindowEvidence["side"] | null
  /** What was read before it was asked for; empty for what was not asked for by the cycle, and where digests are not journaled. */
  readonly windows: ReadonlyArray<WindowEvidence>
  /** What was asked for. Null for a safety action. */
  readonly proposal: AuditRecord | null
  /** The record that shows it: of an apply, a rollback or a start. */
  readonly apply: AuditRecord
  /**
   * What led to a safety action: commands, verdicts, violations and trips since the configuration before. Of an update: what was
   * learned since then of how to read the plant.
   */
  readonly causes: ReadonlyArray<AuditRecord>
  /** The record that SafeMode waits for a person since, where it does so and no later change is known. */
  readonly demanded: AuditRecord | null
  /** All of it for a person. */
  readonly text: string
}
