/**
 * The records of what decisions come from: the passing of time, commands. A hot path that keeps everything writes one before anyone acts
 * on it, so that a replay is told the same at the same moment. `digestRecord.ts` writes those of digests.
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

/** Writes that time was let pass (AUDIT_TICK) or something was asked for (AUDIT_COMMAND), `code` saying what, under `generation`. */
export function writeCauseRecord(
  audit: AuditRing,
  kind: number,
  code: number,
  nowUs: number,
  generation: number,
): void {
  const at = openRecord(audit, kind, code, nowUs, generation)
  if (at < 0) return
  audit.block[at + RECORD_KNOB] = -1
  audit.commit()
}
