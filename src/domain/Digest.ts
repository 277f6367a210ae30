/**
 * A digest in words: one compact measurement of the plant, as a person or an Observable gives it. One needs this where
 * measurements enter as objects; per digest the hot path works on positions in an array, which `fillDigest` writes.
 */
import { type DigestObject, writeDigest } from "../hot/writeDigest.ts"

/** One compact measurement. Only the objective decides whether it counts; what is left out is absent, not zero. */
export interface DigestInput {
  /** What is being minimised or maximised. A non-finite one makes the digest invalid: counted, not used. */
  readonly objective: number
  /** When it was taken; now when omitted. */
  readonly timestampUs?: number | undefined
  /** The generation under which the measured work started; the live one when omitted. */
  readonly generation?: number | undefined
  readonly latencyP99Us?: number | undefined
  readonly throughputRps?: number | undefined
  /** Share of failed work, 0 to 1. */
  readonly errorRate?: number | undefined
  /** How far a constraint is satisfied: positive is satisfied, below 0 is broken. */
  readonly constraintMargin?: number | undefined
  /** Up to four further channels by name. */
  readonly extras?: Readonly<Record<string, number | undefined>> | undefined
}

/**
 * Writes a digest into a block by position, NaN where it says nothing: stamp and generation too.
 *
 * `extras` names the extra channels in the order of their positions; others are ignored. Anything that is no number is
 * absent, so that nonsense from untyped code becomes an invalid digest and is counted.
 */
export function fillDigest(
  block: Float64Array,
  digest: DigestInput,
  extras: ReadonlyArray<string> = [],
): void {
  block.fill(Number.NaN)
  writeDigest(block, digest as unknown as DigestObject, extras)
}
