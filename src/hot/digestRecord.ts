/**
 * A digest as one audit record. It uses the header otherwise than the records of decisions: its time of receipt lies where they have the
 * proposal, its latency where they have the detail. This file alone knows; who reads a digest's record reads it through here.
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

/** By name: where a reading lies in a digest, and where in its record. Part of the audit format: never change a place. */
export const DIGEST_PLACES = {
  receivedUs: [DIGEST_RECEIVED_US, RECORD_PROPOSAL_ID],
  objective: [DIGEST_OBJECTIVE, RECORD_OBJECTIVE],
  latencyP99Us: [DIGEST_LATENCY_P99_US, RECORD_DETAIL],
  throughputRps: [DIGEST_THROUGHPUT_RPS, RECORD_KNOB],
  errorRate: [DIGEST_ERROR_RATE, RECORD_VALUE],
  constraintMargin: [DIGEST_CONSTRAINT_MARGIN, RECORD_MARGIN],
} as const
/** The extra channels lie here in their order. */
export const DIGEST_EXTRAS_AT = RECORD_POINT
/** A record has room for so many, however few knobs there are. */
const EXTRAS = 4

const PLACES = /* @__PURE__ */ Object.values(DIGEST_PLACES)
const [RECEIVED, RECEIVED_AT] = DIGEST_PLACES.receivedUs
const [OBJECTIVE, OBJECTIVE_AT] = DIGEST_PLACES.objective
const [LATENCY, LATENCY_AT] = DIGEST_PLACES.latencyP99Us
const [THROUGHPUT, THROUGHPUT_AT] = DIGEST_PLACES.throughputRps
const [ERRORS, ERRORS_AT] = DIGEST_PLACES.errorRate
const [MARGIN, MARGIN_AT] = DIGEST_PLACES.constraintMargin

/** Writes `digest` at the reserved place `at`; below 0 there was none, and the loss is counted. */
export function writeDigestRecord(audit: AuditRing, at: number, digest: Float64Array): void {
  if (at < 0) return audit.drop()
  const record = audit.block
  record[at + RECORD_KIND] = AUDIT_DIGEST
  record[at + RECORD_TIMESTAMP_US] = digest[DIGEST_TIMESTAMP_US]
  record[at + RECORD_GENERATION] = digest[DIGEST_GENERATION]
  record[at + RECORD_CODE] = digest[DIGEST_VALIDITY]
  // Written out: a loop over the places takes half as long again.
  record[at + RECEIVED_AT] = digest[RECEIVED]
  record[at + OBJECTIVE_AT] = digest[OBJECTIVE]
  record[at + LATENCY_AT] = digest[LATENCY]
  record[at + THROUGHPUT_AT] = digest[THROUGHPUT]
  record[at + ERRORS_AT] = digest[ERRORS]
  record[at + MARGIN_AT] = digest[MARGIN]
  record[at + RECORD_LIMIT] = Number.NaN
  for (let i = 0; i < EXTRAS; i++) record[at + DIGEST_EXTRAS_AT + i] = digest[DIGEST_EXTRA_0 + i]
  for (let i = RECORD_POINT + EXTRAS; i < audit.width; i++) record[at + i] = Number.NaN
  audit.commit()
}

/** Fills `digest` with what the record at `record[0]` holds of it, time of receipt and validity too. */
export function readDigestRecord(record: Float64Array, digest: Float64Array): void {
  digest.fill(Number.NaN)
  digest[DIGEST_TIMESTAMP_US] = record[RECORD_TIMESTAMP_US]
  digest[DIGEST_GENERATION] = record[RECORD_GENERATION]
  digest[DIGEST_VALIDITY] = record[RECORD_CODE]
  for (const [place, at] of PLACES) digest[place] = record[at]
  for (let i = 0; i < EXTRAS; i++) digest[DIGEST_EXTRA_0 + i] = record[DIGEST_EXTRAS_AT + i]
}

/** When the digest of the record at `record[0]` was received. */
export const receivedAtUs = (record: Float64Array): number => record[RECEIVED_AT]
