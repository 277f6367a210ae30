/**
 * Raw measurements, one unit of work each. They carry the generation under which the work started, because that is
 * the configuration they measure.
 */
import type { DigestInput } from "../domain/Digest.ts"
import { SECOND_US } from "../domain/Units.ts"

/** One unit of work, finished. */
export interface Sample {
  /** When the work started. */
  readonly startedUs?: number | undefined
  readonly durationUs: number
  /** Whether it succeeded. */
  readonly ok: boolean
  /** The generation that was live when the work started. */
  readonly generation: number
}

/**
 * What each failure adds to an objective made of durations, by default: ten seconds. Failures are often fast, and a
 * tuner that only saw durations would learn to fail.
 */
export const FAILURE_US = 10 * SECOND_US

/** A digest of a single sample: its duration is the objective, plus `failureUs` if it failed. */
export function digestOf(sample: Sample, failureUs = FAILURE_US): DigestInput {
  const digest = {
    objective: sample.durationUs + (sample.ok ? 0 : failureUs),
    generation: sample.generation,
    latencyP99Us: sample.durationUs,
    errorRate: sample.ok ? 0 : 1,
  }
  return sample.startedUs === undefined
    ? digest
    : { ...digest, timestampUs: sample.startedUs + sample.durationUs }
}
