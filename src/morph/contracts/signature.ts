/**
 * Signs payloads with HMAC-SHA256 and checks signatures, with two secrets while one replaces the other. Needed at both ends of a bus.
 *
 * The payload is signed as it stands, byte for byte, and nothing is encoded again to check it. The key is the HMAC of the type's name
 * under the secret, so that a signed message of one type cannot pass for one of another.
 *
 * HMAC itself is passed in. WebCrypto has one, but only asynchronously, and Node's is not in a browser; to write SHA-256 here would be a
 * second one to keep, and to depend on one would install it for everyone. `arqon/morph/contracts` brings Node's under Node; a browser
 * passes any synchronous one, as `(key, bytes) => hmac(sha256, key, bytes)` with @noble/hashes.
 */
import type { Problem } from "../../domain/errors.ts"
import { GrowthError } from "../../domain/GrowthError.ts"
import type { MessageName } from "./enums.ts"

/** HMAC-SHA256: 32 bytes. */
export type Hmac = (key: Uint8Array, bytes: Uint8Array) => Uint8Array

/** At least 32 bytes each. */
export type Secret = string | Uint8Array

const LEAST_SECRET_BYTES = 32
const MOST_SECRETS = 2

const utf8 = new TextEncoder()
const bytesOf = (secret: Secret): Uint8Array =>
  typeof secret === "string" ? utf8.encode(secret) : Uint8Array.from(secret)

/** Takes the same time wherever the first difference is. */
export function sameBytes(a: Uint8Array, b: Uint8Array): boolean {
  if (a.length !== b.length) return false
  let difference = 0
  for (let at = 0; at < a.length; at++) difference |= a[at] ^ b[at]
  return difference === 0
}

function problemsOf(secrets: ReadonlyArray<Secret>, hmac: Hmac | undefined): ReadonlyArray<Problem> {
  const problems: Array<Problem> = []
  if (!Array.isArray(secrets) || secrets.length === 0 || secrets.length > MOST_SECRETS)
    problems.push({
      path: "secrets",
      message: "must be one secret or two.",
      suggestion: "Put the new one first; it signs, and both are accepted.",
    })
  else
    for (const [at, secret] of secrets.entries())
      if (typeof secret !== "string" && !(secret instanceof Uint8Array))
        problems.push({ path: `secrets[${at}]`, message: "must be a text or a Uint8Array." })
      else if (bytesOf(secret).length < LEAST_SECRET_BYTES)
        // Neither its length nor any of it goes into a log.
        problems.push({
          path: `secrets[${at}]`,
          message: `has fewer than ${LEAST_SECRET_BYTES} bytes.`,
          suggestion: "Make one with: openssl rand -hex 32",
        })
  if (hmac === undefined)
    problems.push({
      path: "hmac",
      message: "is missing. This platform has no synchronous HMAC of its own.",
      suggestion: "With @noble/hashes: (key, bytes) => hmac(sha256, key, bytes)",
    })
  return problems
}

export class Signature {
  private readonly secrets: ReadonlyArray<Uint8Array>
  /** By type: a key for each secret, in their order. */
  private readonly keys = new Map<string, ReadonlyArray<Uint8Array>>()
  private readonly hmac: Hmac

  /** The first secret signs; all are accepted. Throws `GrowthError`. */
  constructor(secrets: ReadonlyArray<Secret>, hmac: Hmac | undefined) {
    const problems = problemsOf(secrets, hmac)
    if (problems.length > 0) throw new GrowthError({ problems })
    this.secrets = secrets.map(bytesOf)
    this.hmac = hmac as Hmac
  }

  private keysOf(type: MessageName): ReadonlyArray<Uint8Array> {
    let keys = this.keys.get(type)
    if (keys === undefined) {
      keys = this.secrets.map((secret) => this.hmac(secret, utf8.encode(`morph.v1/${type}`)))
      this.keys.set(type, keys)
    }
    return keys
  }

  sign(type: MessageName, payload: Uint8Array): Uint8Array {
    return this.hmac(this.keysOf(type)[0], payload)
  }

  /** Asks every secret, even after one has agreed. */
  accepts(type: MessageName, payload: Uint8Array, signature: Uint8Array): boolean {
    let agreed = 0
    for (const key of this.keysOf(type)) {
      if (sameBytes(this.hmac(key, payload), signature)) agreed++
    }
    return agreed > 0
  }
}
