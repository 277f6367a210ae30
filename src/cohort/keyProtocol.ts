/**
 * What a process that uses keys of a fleet and the fleet's owners say to each other: digests go in batches, and a key that is followed is told
 * where to stand.
 */
import type { DigestInput } from "../domain/Digest.ts"
import type { Pair } from "./order.ts"
import type { Role } from "./protocol.ts"

/** A digest for a key. `at`: under what it was measured, where its sender follows the key. */
export type KeyDigest = readonly [key: string, digest: DigestInput, at: Pair | null]

/** What became of digests, by number. */
export interface DigestCounts {
  readonly taken: number
  /** The bucket has `maxEngines` already, and this key is not among them. */
  readonly full: number
  /** No digest, or no key. */
  readonly invalid: number
  /** Measured under another owner, or before the key was loaded again. */
  readonly late: number
}

/** What a follower of a key is told. */
export interface KeyAnswer {
  readonly key: string
  readonly at: Pair
  readonly role: Role
  readonly values: Readonly<Record<string, number>>
  readonly base: Readonly<Record<string, number>>
  readonly baseline: Readonly<Record<string, number>>
}

/** A digest as its key takes it. Its sender has another clock, and says by `at` alone what it was measured under. */
export function readingOf(digest: DigestInput, generation: number | null): DigestInput {
  if (typeof digest !== "object" || digest === null) return digest
  const foreign = digest.timestampUs !== undefined || digest.generation !== undefined
  if (!foreign && generation === null) return digest
  return { ...digest, timestampUs: undefined, generation: generation ?? undefined }
}
