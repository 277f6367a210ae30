/** What goes into a hot path: its options, and a digest in words. */
import type { AtomicConfig } from "./AtomicConfig.ts"
import type { AuditRing } from "./AuditRing.ts"
import type { GuardrailNumbers } from "./Guardrails.ts"
import type { KnobTable } from "./KnobTable.ts"
import type { WindowNumbers } from "./WindowAccumulator.ts"

/** What a hot path is made of. */
export interface HotPathOptions {
  readonly table: KnobTable
  readonly policy: GuardrailNumbers
  /** What to call it where several are shown, and what tells it apart when a snapshot is restored. */
  readonly name?: string
  /** Where the plant starts, unit space; also the first base. Without effect beside `config`. */
  readonly initialUnit: Float64Array
  /** Where a person wants the plant when even its baseline is in an emergency, unit space; `initialUnit` when absent. */
  readonly fallbackUnit?: Float64Array
  /** It takes another one's place, away from its start: what its first windows show is not the level of the start. */
  readonly beginsElsewhere?: boolean
  readonly window: WindowNumbers
  /** Records, at least 16. */
  readonly auditCapacity: number
  /** Memory for the configuration, `AtomicConfig.byteLength` bytes; own shared memory when absent. */
  readonly buffer?: SharedArrayBuffer | ArrayBuffer
  /** The configuration of a writer that is gone, taken over (`AtomicConfig.takeOver`): then it begins where that one stands. */
  readonly config?: AtomicConfig | undefined
  /** The inbox of digests that several hot paths of one thread share; an own one when absent. */
  readonly digest?: Float64Array
  /** The ring of records that several hot paths of one thread share, drained after every call on each; an own one when absent. */
  readonly audit?: AuditRing
  /** Write every digest and every tick that led to something into the audit ring, so that a run can be replayed. */
  readonly journalDigests?: boolean
  /** Digests drive the time: their stamps raise now however far. Without it a stamp over 1 ms ahead is invalid. */
  readonly manualTime?: boolean
}

/** A digest as an object; channels left out are absent. */
export interface DigestFields {
  readonly objective: number
  /** Default: now. */
  readonly timestampUs?: number | undefined
  /** Default: the live generation. */
  readonly generation?: number | undefined
  readonly latencyP99Us?: number | undefined
  readonly throughputRps?: number | undefined
  readonly errorRate?: number | undefined
  readonly constraintMargin?: number | undefined
  /** Up to four further channels, by position. */
  readonly extras?: ReadonlyArray<number> | undefined
}
