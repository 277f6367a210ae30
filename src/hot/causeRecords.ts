/**
 * The records of what decisions come from: the passing of time, commands. A hot path that keeps everything writes one before anyone acts
 * on it, so that a replay gets the same input at the same moment. `digestRecord.ts` writes those of digests.
 */
import {
  type AuditRing,
  RECORD_CODE,
  RECORD_GENERATION,
  RECORD_KIND,
  RECORD_KNOB,
  RECORD_TIMESTAMP_US,
} from "./AuditRing.ts"

/**
 * Fills the head of a safety record, everything else absent, and gives its place; below 0 there was none, and the loss is counted. The
 * caller fills in what it knows and commits.
 */
export function openRecord(
  audit: AuditRing,
  kind: number,
  code: number,
  nowUs: number,
  generation: number,
): number {
  const at = audit.reserveSafety()
  if (at < 0) {
    audit.drop()
    return at
  }
  const record = audit.block
  record.fill(Number.NaN, at + RECORD_KIND, at + audit.width)
  record[at + RECORD_KIND] = kind
  record[at + RECORD_TIMESTAMP_US] = nowUs
  record[at + RECORD_GENERATION] = generation
  record[at + RECORD_CODE] = code
  return at
}

/** The parts of a hot path that a record of a cause needs. */
interface Recorded {
  readonly audit: AuditRing
  readonly nowCell: Float64Array
  readonly config: { readonly generation: number }
}

/** Records that time passed (AUDIT_TICK) or that something was asked for (AUDIT_COMMAND); `code` says what. */
export function writeCause({ audit, nowCell, config }: Recorded, kind: number, code: number): void {
  const at = openRecord(audit, kind, code, nowCell[0], config.generation)
  if (at < 0) return
  audit.block[at + RECORD_KNOB] = -1
  audit.commit()
}
