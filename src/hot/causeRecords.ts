/**
 * The records of what decisions come from: digests, the passing of time, commands. A hot path that keeps everything writes one
 * before anyone acts on it, so that a replay is told the same at the same moment. AuditRing tells how a digest lies in a record.
 */
import {
  type AuditRing,
  RECORD_CODE,
  RECORD_DETAIL,
  RECORD_GENERATION,
  RECORD_KIND,
  RECORD_KNOB,
  RECORD_LIMIT,
  RECORD_MARGIN,
  RECORD_OBJECTIVE,
  RECORD_POINT,
  RECORD_PROPOSAL_ID,
  RECORD_TIMESTAMP_US,
  RECORD_VALUE,
} from "./AuditRing.ts"
import {
  AUDIT_DIGEST,
  DIGEST_CONSTRAINT_MARGIN,
  DIGEST_ERROR_RATE,
  DIGEST_EXTRA_0,
  DIGEST_GENERATION,
  DIGEST_LATENCY_P99_US,
  DIGEST_OBJECTIVE,
  DIGEST_RECEIVED_US,
  DIGEST_THROUGHPUT_RPS,
  DIGEST_TIMESTAMP_US,
  DIGEST_VALIDITY,
} from "./codes.ts"

/** Writes `digest` at the reserved place `at`; below 0 there was none, and the loss is counted. */
export function writeDigestRecord(audit: AuditRing, at: number, digest: Float64Array): void {
  if (at < 0) return audit.drop()
  const record = audit.block
  record[at + RECORD_KIND] = AUDIT_DIGEST
  record[at + RECORD_TIMESTAMP_US] = digest[DIGEST_TIMESTAMP_US]
  record[at + RECORD_GENERATION] = digest[DIGEST_GENERATION]
  record[at + RECORD_PROPOSAL_ID] = digest[DIGEST_RECEIVED_US]
  record[at + RECORD_CODE] = digest[DIGEST_VALIDITY]
  record[at + RECORD_DETAIL] = digest[DIGEST_LATENCY_P99_US]
  record[at + RECORD_KNOB] = digest[DIGEST_THROUGHPUT_RPS]
  record[at + RECORD_VALUE] = digest[DIGEST_ERROR_RATE]
  record[at + RECORD_LIMIT] = Number.NaN
  record[at + RECORD_OBJECTIVE] = digest[DIGEST_OBJECTIVE]
  record[at + RECORD_MARGIN] = digest[DIGEST_CONSTRAINT_MARGIN]
  for (let i = 0; i < 4; i++) record[at + RECORD_POINT + i] = digest[DIGEST_EXTRA_0 + i]
  for (let i = RECORD_POINT + 4; i < audit.width; i++) record[at + i] = Number.NaN
  audit.commit()
}

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
