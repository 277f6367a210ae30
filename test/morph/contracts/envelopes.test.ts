/** Proof 11: forged, stale, future, replayed and wrong messages are refused, and change nothing. */
import { hmac } from "@noble/hashes/hmac.js"
import { sha256 } from "@noble/hashes/sha2.js"
import fc from "fast-check"
import { createHmac } from "node:crypto"
import { describe, expect, it } from "vitest"
import { GrowthError } from "../../../src/domain/GrowthError.ts"
import { MESSAGES, type MessageName } from "../../../src/morph/contracts/enums.ts"
import * as web from "../../../src/morph/contracts/index.ts"
import { createOpener, createSealer } from "../../../src/morph/contracts/index.node.ts"
import { MOST_BYTES, REFUSALS } from "../../../src/morph/contracts/limits.ts"
import type { Envelope } from "../../../src/morph/contracts/messages.ts"
import { NonceLedger } from "../../../src/morph/contracts/NonceLedger.ts"
import { decode, encode } from "../../../src/morph/contracts/wire/codec.ts"
import type { Opener } from "../../../src/morph/contracts/wire/envelopes.ts"
import { SAMPLES } from "./samples.ts"

const OLD = "an old secret of at least 32 bytes"
const NEW = "a new secret of at least 32 bytes!"
const THEIRS = "a secret that someone else made up"
const NOW = SAMPLES.command.issuedAtMs + 1_000
const TYPES = MESSAGES.filter((name): name is MessageName => name !== "unknown")

const sealer = createSealer({ secrets: [NEW] })
const command = sealer.seal("command", SAMPLES.command)
const reasonOf = (opener: Opener, bytes: Uint8Array, nowMs = NOW): string => {
  const opened = opener.open(bytes, nowMs)
  return opened.ok ? "taken" : opened.reason
}

/** The envelope with something else in it, and the signature as it was. */
function altered(bytes: Uint8Array, change: Partial<Envelope>): Uint8Array {
  const found = decode("envelope", bytes)
  if (!found.ok) throw new Error(found.message)
  return encode("envelope", { ...found.message, ...change })
}

const signed = (type: MessageName, payload: Uint8Array, secret = NEW): Uint8Array =>
  createHmac("sha256", createHmac("sha256", secret).update(`morph.v1/${type}`).digest())
    .update(payload)
    .digest()

describe("a sealed message", () => {
  it.each(TYPES)("is opened once, with everything in it: %s", (type) => {
    const opener = createOpener({ secrets: [NEW] })
    const bytes = sealer.seal(type, SAMPLES[type], { attributes: { lane: "normal" }, priority: "high" })
    expect(opener.open(bytes, NOW)).toEqual({
      ok: true,
      type,
      message: SAMPLES[type],
      attributes: { lane: "normal" },
      priority: "high",
      delivery: "atLeastOnce",
    })
    expect(reasonOf(opener, bytes)).toBe("replayed")
  })

  it("has the signature that anyone can compute from the payload and the secret", () => {
    const found = decode("envelope", command)
    if (!found.ok) throw new Error(found.message)
    const { payload, signature } = found.message
    expect(payload).toEqual(encode("command", SAMPLES.command))
    expect(Buffer.from(signature)).toEqual(signed("command", payload))
  })

  it("is the same in a browser, whose HMAC is passed in", () => {
    const options = { secrets: [NEW], hmac: (key: Uint8Array, bytes: Uint8Array) => hmac(sha256, key, bytes) }
    expect(web.createSealer(options).seal("command", SAMPLES.command)).toEqual(command)
    expect(reasonOf(web.createOpener(options), command)).toBe("taken")
  })

  it("keeps the envelope's unknown fields, and is not refused for them", () => {
    const opened = createOpener({ secrets: [NEW] }).open(Uint8Array.of(...command, 0xa0, 0x38, 5), NOW)
    expect(opened).toMatchObject({ ok: true, unknown: [{ no: 900, wireType: 0 }] })
  })
})

describe("while one secret replaces another", () => {
  const before = createSealer({ secrets: [OLD] }).seal("command", SAMPLES.command)

  it("both are accepted, and the first one signs", () => {
    const both = [NEW, OLD]
    expect(createSealer({ secrets: both }).seal("command", SAMPLES.command)).toEqual(command)
    for (const bytes of [before, command])
      expect(reasonOf(createOpener({ secrets: both }), bytes)).toBe("taken")
  })

  it("a message that was accepted under one is not accepted again under the other", () => {
    const opener = createOpener({ secrets: [NEW, OLD] })
    expect([before, command].map((bytes) => reasonOf(opener, bytes))).toEqual(["taken", "replayed"])
  })

  it("the old one is forged once it is gone", () => {
    expect(reasonOf(createOpener({ secrets: [NEW] }), before)).toBe("forged")
  })
})

describe("a message that is refused", () => {
  const payload = encode("command", SAMPLES.command)
  const report = encode("report", SAMPLES.report)
  const big = new Uint8Array(MOST_BYTES.command + 1)
  const next = encode("command", { ...SAMPLES.command, id: 7002 })
  const later = Uint8Array.of(8, 2, ...payload.subarray(2))
  const cut = payload.subarray(0, payload.length - 1)

  const REFUSED: ReadonlyArray<readonly [string, string, Uint8Array, number?]> = [
    [
      "signed by someone else",
      "forged",
      createSealer({ secrets: [THEIRS] }).seal("command", SAMPLES.command),
    ],
    ["not signed", "malformed", altered(command, {}).subarray(0, command.length - 34)],
    ["with another payload", "forged", altered(command, { payload: next })],
    ["with another signed payload's type", "forged", altered(command, { type: "report" })],
    [
      "signed for another type",
      "forged",
      altered(command, { type: "report", payload: report, signature: signed("command", report) }),
    ],
    ["with a signature of zeros", "forged", altered(command, { signature: new Uint8Array(32) })],
    ["60,001 ms old", "stale", command, SAMPLES.command.issuedAtMs + 60_001],
    ["5,001 ms ahead", "future", command, SAMPLES.command.issuedAtMs - 5_001],
    ["at no time", "stale", command, Number.NaN],
    [
      "of version 2, well signed",
      "wrongVersion",
      altered(command, { payload: later, signature: signed("command", later) }),
    ],
    ["in an envelope of version 2", "wrongVersion", Uint8Array.of(8, 2, ...command.subarray(2))],
    ["of a type that is not known", "unknownType", Uint8Array.of(8, 1, 16, 11, ...command.subarray(4))],
    ["of no type", "unknownType", Uint8Array.of(8, 1, ...command.subarray(4))],
    [
      "above its bytes, well signed",
      "tooLarge",
      altered(command, { payload: big, signature: signed("command", big) }),
    ],
    ["above its bytes, so that nothing is hashed", "tooLarge", altered(command, { payload: big })],
    ["in an envelope above its bytes", "tooLarge", new Uint8Array(MOST_BYTES.envelope + 1)],
    [
      "cut off, well signed",
      "malformed",
      altered(command, { payload: cut, signature: signed("command", cut) }),
    ],
    ["of no bytes", "wrongVersion", new Uint8Array(0)],
  ]

  it.each(REFUSED.map(([what, reason, bytes, nowMs = NOW]) => ({ what, reason, bytes, nowMs })))(
    "gets its reason, and nothing has changed: $what",
    ({ reason, bytes, nowMs }) => {
      const ledger = new NonceLedger()
      const opener = createOpener({ secrets: [NEW], ledger })
      expect(reasonOf(opener, bytes, nowMs)).toBe(reason)
      expect(ledger.size).toBe(0)
      expect(reasonOf(opener, command)).toBe("taken")
    },
  )

  it("is on the edge of its time still taken", () => {
    for (const at of [60_000, -5_000])
      expect(reasonOf(createOpener({ secrets: [NEW] }), command, SAMPLES.command.issuedAtMs + at)).toBe(
        "taken",
      )
  })

  it("as replayed is known by type, issuer and id, whatever else it says", () => {
    const opener = createOpener({ secrets: [NEW] })
    const open = (change: object): string =>
      reasonOf(opener, sealer.seal("command", { ...SAMPLES.command, ...change }))
    expect(open({})).toBe("taken")
    expect(open({ why: "once more" })).toBe("replayed")
    expect(open({ id: 7002 })).toBe("taken")
    expect(open({ issuer: "host-2" })).toBe("taken")
    expect(reasonOf(opener, sealer.seal("emergencySignal", SAMPLES.emergencySignal))).toBe("taken")
  })

  it("is named in the sentence, and no secret or signature is", () => {
    const opened = createOpener({ secrets: [OLD] }).open(command, NOW)
    expect(opened).toEqual({
      ok: false,
      reason: "forged",
      message: "The signature of the command fits none of the secrets.",
    })
  })

  it("gets an answer whatever its bytes are, and is never taken where one bit differs in what is signed", () => {
    const answered = (bytes: Uint8Array): void => {
      const opened = createOpener({ secrets: [NEW] }).open(bytes, NOW)
      if (!opened.ok) expect(REFUSALS).toContain(opened.reason)
      else expect(opened).toMatchObject({ type: "command", message: SAMPLES.command })
    }
    fc.assert(fc.property(fc.uint8Array({ maxLength: 300 }), answered), { numRuns: 200 })
    for (let length = 0; length < command.length; length++) answered(command.subarray(0, length))
    for (let at = 0; at < command.length; at++)
      for (let bit = 1; bit < 256; bit *= 2) answered(command.with(at, command[at] ^ bit))
  })
})

describe("options that cannot be used", () => {
  const problemsOf = (call: () => unknown): ReadonlyArray<string> => {
    try {
      call()
    } catch (error) {
      if (error instanceof GrowthError) return error.problems.map(({ path, message }) => `${path} ${message}`)
      throw error
    }
    return []
  }

  it("are refused, and no secret is in the words", () => {
    expect(problemsOf(() => createSealer({ secrets: [] }))).toEqual(["secrets must be one secret or two."])
    expect(problemsOf(() => createSealer({ secrets: [NEW, OLD, THEIRS] }))).toEqual([
      "secrets must be one secret or two.",
    ])
    expect(problemsOf(() => createOpener({ secrets: [NEW, "short"] }))).toEqual([
      "secrets[1] has fewer than 32 bytes.",
    ])
    expect(problemsOf(() => createOpener({ secrets: [undefined as never] }))).toEqual([
      "secrets[0] must be a text or a Uint8Array.",
    ])
    expect(problemsOf(() => web.createSealer({ secrets: [NEW] }))).toEqual([
      "hmac is missing. This platform has no synchronous HMAC of its own.",
    ])
  })

  it("are refused for an HMAC that gives anything but 32 bytes", () => {
    const hmac = (): Uint8Array => new Uint8Array(20)
    expect(problemsOf(() => createSealer({ secrets: [NEW], hmac }).seal("command", SAMPLES.command))).toEqual(
      ["signature has 20 bytes, 32 are needed."],
    )
    expect(reasonOf(createOpener({ secrets: [NEW], hmac }), command)).toBe("forged")
  })
})
