/** Options that only code can give an engine, in addition to its configuration. */
import type { AuditSink } from "../audit/AuditSink.ts"
import type { Inspect } from "../calls/guarded.ts"

/** What a runtime adds to a configuration. */
export interface RuntimeOptions {
  /** Inspects every actor, like XState's `inspect`. */
  readonly inspect?: Inspect | undefined
  /** Additional destinations for the audit, besides memory and disk. */
  readonly sinks?: ReadonlyArray<AuditSink> | undefined
}
