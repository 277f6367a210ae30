/**
 * How large messages and their parts may be, and why one is refused. Needed wherever one is written or read: what is larger is refused
 * before anything looks into it.
 */
import type { Messages } from "./messages.ts"

/** UTF-8 bytes of an id, a name or a key: a UUID has 36. With this a packet of a state always has room for one more metric. */
export const MOST_NAME_BYTES = 40
/** UTF-8 bytes of a sentence: a reason, a note, a description, the value of an annotation. */
export const MOST_TEXT_BYTES = 1_000
/**
 * Fields of a message, with those of what is in it, entries of maps and items of lists. An envelope is read before its signature is
 * known, and four megabytes of tiny fields would take a second.
 */
export const MOST_FIELDS = 16_384
/** SHA-256, and HMAC with it. */
export const DIGEST_BYTES = 32

/** The most bytes of each message. */
export const MOST_BYTES: Readonly<Record<keyof Messages, number>> = {
  statePacket: 280,
  graftState: 280,
  hardwareContext: 280,
  command: 4_096,
  report: 8_192,
  blueprintDescriptor: 8_192,
  policyUpdate: 4_194_304,
  prefetchRequest: 2_048,
  prefetchReady: 2_048,
  prefetchError: 2_048,
  catalogUpdate: 262_144,
  telemetryPacket: 65_536,
  emergencySignal: 2_048,
  // The largest payload, and room for attributes.
  envelope: 4_194_304 + 8_192,
}

/** Why a message is refused. */
export const REFUSALS = [
  /** The signature fits none of the secrets. */
  "forged",
  /** Older than 60 seconds, or older than what the ledger has already forgotten. */
  "stale",
  /** Issued more than 5 seconds ahead of the receiver's time. */
  "future",
  /** Seen before; or the ledger is full, and could not tell. */
  "replayed",
  /** Of another version of the contract. */
  "wrongVersion",
  /** A type that this version does not know. */
  "unknownType",
  /** More bytes than the message may have. */
  "tooLarge",
  /** No message of its type: cut off, wrong wire types, values out of their ranges. */
  "malformed",
] as const
/** One of the reasons to refuse a message. */
export type RefusalReason = (typeof REFUSALS)[number]

/** A refused message has changed nothing. */
export interface Refused {
  readonly ok: false
  readonly reason: RefusalReason
  /** What is wrong and where, in one sentence. */
  readonly message: string
}

export const refused = (reason: RefusalReason, message: string): Refused => ({ ok: false, reason, message })
