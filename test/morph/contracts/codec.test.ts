import fc from "fast-check"
import { readFileSync } from "node:fs"
import { describe, expect, it } from "vitest"
import { GrowthError } from "../../../src/domain/GrowthError.ts"
import { MOST_BYTES, REFUSALS } from "../../../src/morph/contracts/limits.ts"
import type { Messages } from "../../../src/morph/contracts/messages.ts"
import { decode, encode } from "../../../src/morph/contracts/wire/codec.ts"
import { NAMES, SCHEMAS } from "../../../src/morph/contracts/wire/plan.ts"
import { file_morph_v1_enums } from "../../../src/morph/contracts/wire/gen/morph/v1/enums_pb.ts"
import { anyMessage, KINDS } from "./arbitraries.ts"
import { SAMPLES } from "./samples.ts"

/** Written by golden.py with Google's protobuf for Python; its values stand in golden.in.json. */
const GOLDEN = JSON.parse(readFileSync(new URL("golden.json", import.meta.url), "utf8")) as Readonly<
  Record<keyof Messages, string>
>

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString("hex")
const bytes = (text: string): Uint8Array => Uint8Array.from(Buffer.from(text.replaceAll(" ", ""), "hex"))

const camel = (words: string): string =>
  words.toLowerCase().replaceAll(/_(\w)/g, (_, letter: string) => letter.toUpperCase())

describe("the numbers of the protobuf enums", () => {
  it("are those of enums.ts, name by name", () => {
    const { enums } = file_morph_v1_enums
    expect(enums.map(({ name }) => name).toSorted()).toEqual(Object.keys(NAMES).toSorted())
    for (const { name, values, sharedPrefix } of enums)
      expect(
        values.map((value) => camel(value.name.slice((sharedPrefix ?? "").length))),
        name,
      ).toEqual(NAMES[name].map((one) => (name === "Gate" ? one.toLowerCase() : one)))
    for (const { name, values } of enums)
      expect(
        values.map(({ number }) => number),
        name,
      ).toEqual(values.map((_, at) => at))
  })
})

describe("an encoded message", () => {
  it.each(KINDS)("has the bytes that another implementation gives: %s", (kind) => {
    expect(hex(encode(kind, SAMPLES[kind]))).toBe(GOLDEN[kind])
    expect(decode(kind, bytes(GOLDEN[kind]))).toEqual({ ok: true, message: SAMPLES[kind] })
  })

  it.each(KINDS)("comes back as it was: %s", (kind) => {
    fc.assert(
      fc.property(anyMessage(kind), (message) => {
        let encoded: Uint8Array
        try {
          encoded = encode(kind, message)
        } catch (error) {
          // Metrics of any length may be above what a packet holds.
          expect(String(error)).toContain(`at most ${MOST_BYTES[kind]} are allowed`)
          return
        }
        expect(decode(kind, encoded)).toEqual({ ok: true, message })
      }),
      { numRuns: 60 },
    )
  })

  it.each(KINDS)("keeps what a later version added: %s", (kind) => {
    // Field 900 as a number, as text and as eight bytes.
    const later = bytes(`${GOLDEN[kind]} a038 05 a238 02 6869 a138 0102030405060708`)
    const found = decode(kind, later)
    expect(found).toMatchObject({ ok: true, message: SAMPLES[kind] })
    if (found.ok) expect(hex(encode(kind, found.message))).toBe(hex(later))
  })

  it("keeps a number that a later version gave a name, also inside, until the field is set", () => {
    // State 12 of a graft, in a packet that has nothing else.
    const later = bytes("0801 1005 1803 2201 68 6a04 0801 100c 7801")
    const found = decode("statePacket", later)
    if (!found.ok) throw new Error(found.message)
    expect(found.message.grafts[0].state).toBe("unknown")
    expect(hex(encode("statePacket", found.message))).toBe(hex(later))
    const [graft] = found.message.grafts
    const set = encode("statePacket", { ...found.message, grafts: [{ ...graft, state: "culled" }] })
    expect(hex(set)).toBe(hex(bytes("0801 1005 1803 2201 68 6a04 0801 1008 7801")))
  })

  it("keeps the body of a command of a type that is not known", () => {
    const later = bytes("0801 1005 1803 2201 68 3008 7a02 0801")
    const found = decode("command", later)
    if (!found.ok) throw new Error(found.message)
    expect(found.message.type).toBe("unknown")
    const again = decode("command", encode("command", found.message))
    expect(again).toEqual(found)
  })

  it("shares no memory with the bytes it was read from", () => {
    const given = bytes(`${GOLDEN.policyUpdate} a23802 6869`)
    const found = decode("policyUpdate", given)
    given.fill(7)
    expect(found).toMatchObject({ message: SAMPLES.policyUpdate })
    if (found.ok) expect(hex(found.message.unknown?.[0].data ?? given)).toBe("026869")
  })
})

describe("bytes that are no message", () => {
  const refusalOf = (kind: keyof Messages, given: Uint8Array): string => {
    const found = decode(kind, given)
    return found.ok ? "taken" : `${found.reason}: ${found.message}`
  }
  const command = "0801 1005 1803 2201 68"

  it.each([
    ["a field of the wrong wire type", "command", `${command} 4a01 61 3d00000000`, "wire type 5 in target"],
    ["a singular field twice", "command", `${command} 3801 3802`, "has target twice"],
    ["two bodies", "command", `${command} 3004 6200 6a00`, "more than one body"],
    ["a body of another type", "command", `${command} 3005 6a00`, "must not be there: the type is pause"],
    ["no body where the type wants one", "command", `${command} 3004`, "breaker is missing"],
    ["a negative number", "command", `${command} 38ffffffffffffffffff01`, "negative number"],
    ["a number of 33 bits", "command", `${command} 388080808010`, "has 4294967296 in target"],
    ["a number with zeros at its end", "command", `${command} 388100`, "zeros at its end"],
    ["a field's number with zeros at its end", "command", `${command} a0b880808000 05`, "zeros at its end"],
    ["an id of 2^53", "command", "0801 10808080808080 8010 2201 68", "2^53 or more"],
    ["a flag that is neither", "prefetchError", `${command} 4802`, "has 2 in retry"],
    ["a negative enum", "command", `${command} 30ffffffffffffffffff01`, "negative number"],
    ["a length beyond the end", "command", `${command} 4aff7f 61`, "16383 bytes should follow"],
    ["a length of half a terabyte", "command", `${command} 4affffffffff0f 61`, "should follow"],
    [
      "an inner message beyond the outer one",
      "statePacket",
      `${command} 6a03 0a05 61 6161 7801`,
      "wire type 2 in id",
    ],
    [
      "an inner text beyond the inner message",
      "blueprintDescriptor",
      "0a01 61 2202 0a05 6161616161",
      "cut off",
    ],
    ["a group", "command", `${command} a338 a438`, "wire type 3"],
    ["a thousand groups", "command", `${command} ${"a338".repeat(1000)}`, "wire type 3"],
    ["field number 0", "command", `${command} 0001`, "field number 0"],
    ["a wire type there is not", "command", `${command} a638`, "wire type 6"],
    ["a million unknown fields", "envelope", `0801 ${"a03805".repeat(1_000_000)}`, "more than 16384 fields"],
    ["the same key eight thousand times", "envelope", `0801 ${"2200".repeat(8_000)}`, "has a key twice"],
    ["text that is not UTF-8", "command", `${command} 4a02 c328`, "not UTF-8"],
    ["half a surrogate pair", "command", `${command} 4a03 eda080`, "not UTF-8"],
    ["an overlong encoding", "command", `${command} 4a02 c080`, "not UTF-8"],
    ["a key twice", "command", `${command} 7205 0a0161 1200 7205 0a0161 1200`, "has a key twice"],
    ["an entry with two keys", "command", `${command} 7206 0a0161 0a0162`, "not one key and one value"],
    ["an entry with a third field", "command", `${command} 7205 0a0161 1801`, "not one key and one value"],
    ["an id of 0", "command", "0801 2201 68", "id must be at least 1"],
    ["no issuer", "command", "0801 1005", "issuer must not be empty"],
    ["a name above its bytes", "command", `0801 1005 2229 ${"61".repeat(41)}`, "has 41 bytes"],
    ["a digest of 31 bytes", "policyUpdate", `${command} 421f ${"00".repeat(31)}`, "has 31 bytes"],
    ["two grafts", "statePacket", `${command} 6a00 6a00 7801`, "has 2 grafts"],
    ["a part beyond the parts", "statePacket", `${command} 7001 7801`, "must be below parts"],
    ["a risk above 1", "blueprintDescriptor", "29 0000000000000040", "risk must be from 0 to 1"],
    ["a risk that is NaN", "blueprintDescriptor", "29 000000000000f87f", "must be finite, not NaN"],
    [
      "bounds upside down",
      "blueprintDescriptor",
      "220e 0a0161 1209 09000000000000f03f",
      "least 1 above most 0",
    ],
    [
      "an infinite parameter",
      "command",
      `${command} 3001 520e 1a0c 0a0161 11 000000000000f07f`,
      "must be finite",
    ],
  ] as const)("are refused as malformed: %s", (_, kind, given, why) => {
    const found = refusalOf(kind, bytes(given))
    expect(found).toContain("malformed: ")
    expect(found).toContain(why)
  })

  it("are refused as of another version, even where nothing else can be read", () => {
    expect(refusalOf("command", bytes("0802 ff"))).toBe(
      "wrongVersion: The command is of version 2, this is 1.",
    )
    expect(refusalOf("command", bytes("1005 1803 2201 68 0803"))).toContain("of version 3")
    expect(refusalOf("command", bytes("1005 1803 2201 68"))).toContain("of version 0")
    expect(refusalOf("command", new Uint8Array(0))).toContain("of version 0")
  })

  it.each(KINDS)("are refused as too large before they are looked into: %s", (kind) => {
    expect(refusalOf(kind, new Uint8Array(MOST_BYTES[kind] + 1).fill(255))).toContain("tooLarge: ")
    expect(refusalOf(kind, new Uint8Array(MOST_BYTES[kind]).fill(255))).toContain("malformed: ")
  })

  it.each(KINDS)("get an answer, whatever they are: %s", (kind) => {
    const answered = (given: Uint8Array): void => {
      const found = decode(kind, given)
      if (!found.ok) expect(REFUSALS).toContain(found.reason)
      // What is taken can be written: nothing lies beside the bounds.
      else expect(decode(kind, encode(kind, found.message))).toEqual(found)
    }
    fc.assert(fc.property(fc.uint8Array({ maxLength: 200 }), answered), { numRuns: 100 })
    const golden = bytes(GOLDEN[kind])
    for (let length = 0; length < golden.length; length++) answered(golden.subarray(0, length))
    const edit = fc.tuple(fc.nat(golden.length), fc.nat(6), fc.uint8Array({ maxLength: 12 }))
    fc.assert(
      fc.property(fc.array(edit, { minLength: 1, maxLength: 3 }), (edits) => {
        let edited = golden
        for (const [at, gone, more] of edits)
          edited = Uint8Array.of(...edited.subarray(0, at), ...more, ...edited.subarray(at + gone))
        answered(edited)
      }),
      { numRuns: 200 },
    )
  })
})

describe("a message that cannot be written", () => {
  const problemsOf = (kind: keyof Messages, message: unknown): ReadonlyArray<string> => {
    try {
      encode(kind, message as never)
    } catch (error) {
      if (error instanceof GrowthError)
        return error.problems.map(({ path, message, suggestion = "" }) =>
          `${path} ${message} ${suggestion}`.trim(),
        )
      throw error
    }
    return []
  }

  it("is refused with every problem, where each is, and what to do", () => {
    const { why: _, ...command } = SAMPLES.command
    expect(
      problemsOf("command", {
        ...command,
        id: -1,
        target: 1.5,
        issuer: "x".repeat(41),
        deadline: 3,
        graft: {
          operation: "grow",
          blueprint: "\ud800",
          parameters: { width: Number.POSITIVE_INFINITY },
          socket: 3,
        },
        annotations: { ["k".repeat(50)]: "v" },
      }),
    ).toEqual([
      expect.stringMatching(/^annotations\["k{50}"\] as a key has 50 bytes, at most 40 are allowed\.$/),
      "deadline is not a field of this message. Did you mean deadlineMs?",
      "graft.blueprint has half of a surrogate pair, which UTF-8 cannot hold.",
      expect.stringMatching(/^graft\.operation must be one of unknown, germinate, .*, not "grow"\.$/),
      'graft.parameters["width"] must be finite, not Infinity.',
      "graft.socket must be a text, not 3.",
      "id must be a whole number from 0 to 9007199254740991, not -1.",
      "issuer has 41 bytes, at most 40 are allowed.",
      "target must be a whole number from 0 to 4294967295, not 1.5.",
      "why is missing.",
    ])
  })

  it.each([null, undefined, 3, "text", [], new Uint8Array(3)])(
    "is refused where it is no object: %s",
    (given) => {
      expect(problemsOf("report", given)).toHaveLength(1)
    },
  )

  it("is refused where its fields do not go together", () => {
    expect(problemsOf("command", { ...SAMPLES.command, type: "pause" })).toEqual([
      "graft must not be there: the type is pause.",
    ])
    expect(
      problemsOf("statePacket", { ...SAMPLES.statePacket, grafts: [SAMPLES.graftState, SAMPLES.graftState] }),
    ).toEqual(["grafts has 2 grafts, a packet has one at most. Use splitPacket."])
  })

  it("is refused where it is above its bytes", () => {
    const metrics = Object.fromEntries(Array.from({ length: 20 }, (_, at) => [`metric${at}`, at]))
    expect(problemsOf("statePacket", { ...SAMPLES.statePacket, metrics })).toEqual([
      expect.stringMatching(/^a statePacket takes \d+ bytes, at most 280 are allowed\. Use splitPacket\.$/),
    ])
  })

  it("is refused where it has more fields than a reader takes", () => {
    const attributes = (length: number) =>
      Object.fromEntries(Array.from({ length }, (_, at) => [String(at), ""]))
    // The envelope itself has five others, and its version.
    const most = { ...SAMPLES.envelope, attributes: attributes(16_384 - 6) }
    expect(decode("envelope", encode("envelope", most))).toEqual({ ok: true, message: most })
    expect(problemsOf("envelope", { ...most, attributes: attributes(16_384 - 5) })).toEqual([
      "has 16385 fields, at most 16384 are allowed. Send less, or in several messages.",
    ])
  })

  it("is refused where unknown fields are not what was read", () => {
    for (const unknown of [
      3,
      [3],
      [{ no: 1, wireType: 3, data: new Uint8Array(1) }],
      [{ no: 900, wireType: 0, data: "x" }],
    ])
      expect(problemsOf("graftState", { ...SAMPLES.graftState, unknown })).toEqual([
        "unknown must be what decode() put there. Leave it out.",
      ])
  })
})

it("every message of the schemas has a sample, or is part of one", () => {
  expect(Object.keys(SAMPLES).toSorted()).toEqual(Object.keys(SCHEMAS).toSorted())
})
