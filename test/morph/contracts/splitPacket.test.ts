import fc from "fast-check"
import { describe, expect, it } from "vitest"
import { problemsOf } from "../../problemsOf.ts"
import type { HostState } from "../../../src/morph/contracts/messages.ts"
import { joinPackets, splitPacket } from "../../../src/morph/contracts/splitPacket.ts"
import { utf8Bytes } from "../../../src/morph/contracts/utf8Bytes.ts"
import { decode, encode } from "../../../src/morph/contracts/wire/codec.ts"
import { SAMPLES } from "./samples.ts"

const { part: _part, parts: _parts, ...one } = SAMPLES.statePacket
const host: HostState = one

/** Up to 40 bytes of one to four bytes each. */
const name = fc.oneof(
  fc.constantFrom("x".repeat(40), "é".repeat(20), "😀".repeat(10), "__proto__", ""),
  fc.string({ maxLength: 10, unit: "binary" }),
)
const metrics = (most: number): fc.Arbitrary<Readonly<Record<string, number>>> =>
  fc.array(fc.tuple(name, fc.double()), { maxLength: most }).map((entries) => Object.fromEntries(entries))
const count = fc.constantFrom(0, 1, 2 ** 32 - 1)
const graft = fc.record({
  id: fc.nat(),
  state: fc.constantFrom("terminated" as const, "unknown" as const),
  gradientNorm: fc.double(),
  learningRate: fc.double(),
  depth: count,
  age: count,
  risk: fc.double(),
  metrics: metrics(12),
})
const issuer = name.filter((text) => text !== "")
const hardware = fc.record({
  device: name,
  cores: count,
  memoryBytes: fc.maxSafeNat(),
  availableBytes: fc.maxSafeNat(),
  utilisation: fc.double(),
  temperatureCelsius: fc.double(),
})
const state: fc.Arbitrary<HostState> = fc.record(
  {
    id: fc.constantFrom(1, Number.MAX_SAFE_INTEGER - 1_000),
    issuedAtMs: fc.maxSafeNat(),
    issuer,
    run: name,
    epoch: count,
    step: fc.maxSafeNat(),
    accuracy: fc.double(),
    trainingLoss: fc.double(),
    validationLoss: fc.double(),
    metrics: metrics(12),
    hardware,
    grafts: fc.uniqueArray(graft, { maxLength: 12, selector: ({ id }) => id }),
  },
  {
    noNullPrototype: true,
    requiredKeys: [
      "id",
      "issuedAtMs",
      "issuer",
      "run",
      "epoch",
      "step",
      "accuracy",
      "trainingLoss",
      "validationLoss",
      "metrics",
      "grafts",
    ],
  },
)

describe("a host's state in packets", () => {
  it("has one graft in each at most, none above 280 bytes, and is the same once it is joined", () => {
    fc.assert(
      fc.property(state, (given) => {
        const packets = splitPacket(given)
        const read = packets.map((packet) => {
          const bytes = encode("statePacket", packet)
          expect(bytes.length).toBeLessThanOrEqual(280)
          const found = decode("statePacket", bytes)
          if (!found.ok) throw new Error(found.message)
          return found.message
        })
        expect(packets.every(({ grafts }) => grafts.length <= 1)).toBe(true)
        expect(packets.map(({ id }) => id)).toEqual(packets.map((_, part) => given.id + part))
        expect(joinPackets(read.toReversed())).toEqual(given)
      }),
      { numRuns: 150 },
    )
  })

  it("is one packet where all of it fits, and then as many as it has grafts", () => {
    const small: HostState = { ...host, metrics: {} }
    const grafts = Array.from({ length: 1_000 }, (_, id) => ({ ...SAMPLES.graftState, id }))
    expect(splitPacket({ ...small, grafts: [] })).toHaveLength(1)
    expect(splitPacket(small)).toHaveLength(1)
    expect(splitPacket({ ...small, grafts })).toHaveLength(1_000)
  })

  it("keeps what a later version added, with the first part and with its graft", () => {
    // Text of 40 bytes: three of it leave no room for the graft beside the first part.
    const unknown = [900, 901, 902].map((no) => ({
      no,
      wireType: 2,
      data: new Uint8Array(41).fill(97).with(0, 40),
    }))
    const given: HostState = {
      ...host,
      unknown,
      grafts: [{ ...SAMPLES.graftState, unknown: unknown.slice(1) }],
    }
    const packets = splitPacket({ ...given, hardware: { ...SAMPLES.hardwareContext, device: "" } })
    for (const packet of packets) expect(encode("statePacket", packet).length).toBeLessThanOrEqual(280)
    expect(joinPackets(splitPacket(given))).toEqual(given)
  })

  it("ends with what can never fit, so that encode() can say which name is too long", () => {
    const given = { ...host, metrics: { ["m".repeat(400)]: 1, ["n".repeat(400)]: 2 } }
    const packets = splitPacket(given)
    expect(packets).toHaveLength(3)
    expect(problemsOf(() => encode("statePacket", packets[1]))[0].message).toContain("has 400 bytes")
  })

  it("is refused with the same graft twice", () => {
    expect(
      problemsOf(() => splitPacket({ ...host, grafts: [SAMPLES.graftState, SAMPLES.graftState] })),
    ).toEqual([{ path: "grafts[1].id", message: "is 3, as another graft's." }])
  })

  it("is refused in joining where a part is missing, twice, of another state, or where there is none", () => {
    const grafts = [1, 2, 3].map((id) => ({ ...SAMPLES.graftState, id }))
    const packets = splitPacket({ ...host, grafts })
    const [first, second, third] = packets
    for (const wrong of [
      [],
      [first, third],
      [first, second],
      [second, third],
      [first, second, second, third],
      [first, { ...second, id: second.id + 1 }, third],
      [first, { ...second, run: "another" }, third],
      [first, { ...second, issuer: "another" }, third],
      [first, second, { ...third, parts: 4 }],
    ])
      expect(problemsOf(() => joinPackets(wrong))).toHaveLength(1)
  })
})

it("bytes of a text are counted as an encoder makes them", () => {
  fc.assert(
    fc.property(fc.string({ unit: "binary" }), (text) => {
      expect(utf8Bytes(text)).toBe(new TextEncoder().encode(text).length)
    }),
    { examples: [["\u007f\u0080"], ["\u07ff\u0800\u0fff"], ["\ud7ff\ue000\uffff"], ["\u{10000}\u{10ffff}"]] },
  )
})
