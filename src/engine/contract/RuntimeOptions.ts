/** What only code can give an engine, beside its configuration. */
import type { AuditSink } from "../audit/AuditSink.ts"
import type { Inspect } from "../calls/guarded.ts"

/** What a runtime adds to a configuration. */
export interface RuntimeOptions {
  /** Looks into every actor, as XState's `inspect`. */
  readonly inspect?: Inspect | undefined
  /** Further places for the audit, beside memory and disk. */
  readonly sinks?: ReadonlyArray<AuditSink> | undefined
}
