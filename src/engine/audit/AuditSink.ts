/**
 * Where audit records go after the ring. A sink takes batches and may be slow or fail. The trail keeps what it has
 * not accepted, and stops emptying the ring when too much is waiting. Implement this interface to send the audit
 * somewhere.
 */
import type * as Effect from "effect/Effect"
import type { AuditError } from "../../domain/errors.ts"
import type { AuditRecord } from "../../domain/AuditRecord.ts"

/** A destination for audit records. The engine option `sinks` takes any number of them. */
export interface AuditSink {
  readonly name: string
  /** Requests the doubles of each record, as on the ring, in addition to its words: for sinks that keep every bit. */
  readonly exact?: boolean
  /**
   * Takes a batch, in order, each record once. After a failure the same batch is offered again. `exact` belongs to
   * the batch if the sink requested it, and is empty otherwise.
   */
  readonly write: (
    batch: ReadonlyArray<AuditRecord>,
    exact?: ReadonlyArray<Float64Array>,
  ) => Effect.Effect<void, AuditError>
  /**
   * The same without waiting, if the sink can. Engines in manual time use it, because nothing runs between their
   * calls. Returns null, or what went wrong.
   */
  readonly writeNow?:
    | ((batch: ReadonlyArray<AuditRecord>, exact?: ReadonlyArray<Float64Array>) => AuditError | null)
    | undefined
  /** Called once, after the last batch. */
  readonly close: Effect.Effect<void, AuditError>
  /**
   * Why nothing can be written at the moment, as a sentence for a person; null while writing works. An engine whose
   * sink cannot start stays frozen until it can.
   */
  readonly blocked?: () => string | null
  /**
   * A problem without a failed write, for instance a collector that accepts records and drops them; null while
   * there is none.
   */
  readonly trouble?: () => string | null
  /** Where a person finds what was written; shown in the snapshot. */
  readonly location?: string
}
