/**
 * Where audit records go once they are off the ring. A sink takes batches and may be slow or fail; the trail keeps what
 * it has not taken, and stops emptying the ring when that becomes too much. One needs this to send the audit somewhere.
 */
import type * as Effect from "effect/Effect"
import type { AuditError } from "../../domain/errors.ts"
import type { AuditRecord } from "../../domain/AuditRecord.ts"

/** A place for audit records: an option of the engine takes any number of them. */
export interface AuditSink {
  readonly name: string
  /** Asks for the doubles of each record, as they lay on the ring, beside its words: for sinks that keep every bit. */
  readonly exact?: boolean
  /**
   * Takes a batch, in order, each record once. After a failure the same batch is offered again. `exact` goes along with
   * the batch where the sink asked for it and is empty otherwise.
   */
  readonly write: (
    batch: ReadonlyArray<AuditRecord>,
    exact?: ReadonlyArray<Float64Array>,
  ) => Effect.Effect<void, AuditError>
  /**
   * The same without waiting, where a sink can. Engines in manual time use it, because nothing runs between their calls:
   * returns null, or what went wrong.
   */
  readonly writeNow?:
    | ((batch: ReadonlyArray<AuditRecord>, exact?: ReadonlyArray<Float64Array>) => AuditError | null)
    | undefined
  /** Called once, after the last batch. */
  readonly close: Effect.Effect<void, AuditError>
  /**
   * Why nothing at all can be written for now, in a sentence for a person; null while it can. An engine whose sink cannot
   * begin starts frozen, and is not let go before.
   */
  readonly blocked?: () => string | null
  /** What went wrong without a write having failed, as where a place takes records and does not keep them; null while nothing has. */
  readonly trouble?: () => string | null
  /** Where a person finds what was written; shown in the snapshot. */
  readonly location?: string
}
