/**
 * Seals messages into signed envelopes and opens them. A message is looked into only when its signature is right, and it is remembered
 * only when everything is right: what is refused has changed nothing. Time is an argument, in milliseconds since 1970.
 */
import type { DeliveryName, MessageName, PriorityName } from "../enums.ts"
import { MOST_BYTES, refused, type Refused } from "../limits.ts"
import type { Head, Messages, Texts, UnknownField } from "../messages.ts"
import { NonceLedger } from "../NonceLedger.ts"
import { Signature, type Hmac, type Secret } from "../signature.ts"
import { decode, encode } from "./codec.ts"

/** How long after it was issued a message is taken. */
export const FRESH_MS = 60_000
/** How far the issuer's clock may be ahead. */
export const AHEAD_MS = 5_000

/** What a sealer signs with. */
export interface SealerOptions {
  /** One, or two while one replaces the other: the new one first. */
  readonly secrets: ReadonlyArray<Secret>
  /** HMAC-SHA256 where the platform brings none that is synchronous: in browsers. */
  readonly hmac?: Hmac
}

/** What stands on the envelope, unsigned. */
export interface SealOptions {
  readonly attributes?: Texts
  readonly priority?: PriorityName
  readonly delivery?: DeliveryName
}

/** Signs messages. */
export interface Sealer {
  /** The bytes of a signed envelope with the message in it. Throws `GrowthError`. */
  seal<N extends MessageName>(type: N, message: Messages[N], options?: SealOptions): Uint8Array
}

/** What an opener accepts. */
export interface OpenerOptions extends SealerOptions {
  /** One ledger for all openers of a process that get the same messages. */
  readonly ledger?: NonceLedger
}

/** What was in an envelope, or why it is refused. */
export type Opened =
  | {
      readonly [N in MessageName]: {
        readonly ok: true
        readonly type: N
        readonly message: Messages[N]
        /** Not signed. */
        readonly attributes: Texts
        readonly priority: PriorityName
        readonly delivery: DeliveryName
        readonly unknown?: ReadonlyArray<UnknownField>
      }
    }[MessageName]
  | Refused

/** Checks and reads envelopes. */
export interface Opener {
  /** The message in an envelope, or why it is refused. Never throws, whatever the bytes. */
  open(bytes: Uint8Array, nowMs: number): Opened
}

/** Makes a sealer; throws `GrowthError`. */
export type CreateSealer = (options: SealerOptions) => Sealer
/** Makes an opener; throws `GrowthError`. */
export type CreateOpener = (options: OpenerOptions) => Opener

export const createSealerOn =
  (platform: Hmac | undefined): CreateSealer =>
  ({ secrets, hmac = platform }) => {
    const signature = new Signature(secrets, hmac)
    return {
      seal(type, message, { attributes = {}, priority = "normal", delivery = "atLeastOnce" } = {}) {
        const payload = encode(type, message)
        return encode("envelope", {
          type,
          payload,
          attributes,
          signature: signature.sign(type, payload),
          priority,
          delivery,
        })
      },
    }
  }

/** Why a message with a right signature is not taken now; null where it is, and then it is remembered. */
function untimely(type: MessageName, message: Head, nowMs: number, ledger: NonceLedger): Refused | null {
  const { id, issuer, issuedAtMs } = message
  const ageMs = nowMs - issuedAtMs
  const name = `The ${type} ${id} of ${issuer}`
  if (ageMs < -AHEAD_MS)
    return refused("future", `${name} was issued ${-ageMs} ms ahead; at most ${AHEAD_MS} are allowed.`)
  // A time that is no number is never fresh.
  if (!(ageMs <= FRESH_MS))
    return refused("stale", `${name} is ${ageMs} ms old; at most ${FRESH_MS} are allowed.`)
  switch (ledger.take(`${type} ${id} ${issuer}`, issuedAtMs, nowMs)) {
    case "seen":
      return refused("replayed", `${name} was accepted before.`)
    case "full":
      return refused(
        "replayed",
        `${name} cannot be told from a copy: the ledger is full, with ${ledger.size} ids.`,
      )
    case "forgotten":
      return refused("stale", `${name} was issued before what the ledger has already forgotten.`)
    default:
      return null
  }
}

export const createOpenerOn =
  (platform: Hmac | undefined): CreateOpener =>
  ({ secrets, hmac = platform, ledger = new NonceLedger() }) => {
    const signature = new Signature(secrets, hmac)
    return {
      open(bytes, nowMs) {
        const envelope = decode("envelope", bytes)
        if (!envelope.ok) return envelope
        const { type, payload, signature: signed, ...carried } = envelope.message
        if (type === "unknown")
          return refused("unknownType", "The envelope has a type that is not known here.")
        if (payload.length > MOST_BYTES[type])
          return refused(
            "tooLarge",
            `A ${type} of ${payload.length} bytes; at most ${MOST_BYTES[type]} are allowed.`,
          )
        if (!signature.accepts(type, payload, signed))
          return refused("forged", `The signature of the ${type} fits none of the secrets.`)
        const found = decode(type, payload)
        if (!found.ok) return found
        const late = untimely(type, found.message, nowMs, ledger)
        return late ?? ({ ok: true, type, message: found.message, ...carried } as Opened)
      },
    }
  }
