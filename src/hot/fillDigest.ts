/** A digest as an object, written into an inbox by position; absent channels are NaN. For whoever reports objects instead of numbers. */
import type { AtomicConfig } from "./AtomicConfig.ts"
import {
  DIGEST_CONSTRAINT_MARGIN,
  DIGEST_ERROR_RATE,
  DIGEST_EXTRA_0,
  DIGEST_EXTRA_1,
  DIGEST_EXTRA_2,
  DIGEST_EXTRA_3,
  DIGEST_GENERATION,
  DIGEST_LATENCY_P99_US,
  DIGEST_OBJECTIVE,
  DIGEST_THROUGHPUT_RPS,
  DIGEST_TIMESTAMP_US,
} from "./codes.ts"
import type { DigestFields } from "./HotPathOptions.ts"

/** What is left out is now (`nowCell[0]`) and the live generation. */
export function fillDigest(
  digest: Float64Array,
  fields: DigestFields,
  nowCell: Float64Array,
  config: AtomicConfig,
): void {
  const absent = Number.NaN
  digest[DIGEST_TIMESTAMP_US] = fields.timestampUs ?? nowCell[0]
  digest[DIGEST_GENERATION] = fields.generation ?? config.generation
  digest[DIGEST_OBJECTIVE] = fields.objective
  digest[DIGEST_LATENCY_P99_US] = fields.latencyP99Us ?? absent
  digest[DIGEST_THROUGHPUT_RPS] = fields.throughputRps ?? absent
  digest[DIGEST_ERROR_RATE] = fields.errorRate ?? absent
  digest[DIGEST_CONSTRAINT_MARGIN] = fields.constraintMargin ?? absent
  digest[DIGEST_EXTRA_0] = fields.extras?.[0] ?? absent
  digest[DIGEST_EXTRA_1] = fields.extras?.[1] ?? absent
  digest[DIGEST_EXTRA_2] = fields.extras?.[2] ?? absent
  digest[DIGEST_EXTRA_3] = fields.extras?.[3] ?? absent
}
