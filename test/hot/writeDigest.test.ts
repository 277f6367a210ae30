/** Digests that come as objects go through one writer, which knows where each field lies. */
import * as fc from "fast-check"
import { describe, expect, it } from "vitest"
import { fillDigest } from "../../src/domain/Digest.ts"
import { readDigest } from "../../src/engine/digestInput.ts"
import * as codes from "../../src/hot/codes.ts"
import { copyDigest, emptyDigest, writeDigest } from "../../src/hot/writeDigest.ts"
import { HotPath } from "../../src/hot/HotPath.ts"
import { KnobTable } from "../../src/hot/KnobTable.ts"
import { balanced, linear } from "./rig.ts"

const PLACES: Readonly<Record<string, number>> = {
  timestampUs: codes.DIGEST_TIMESTAMP_US,
  generation: codes.DIGEST_GENERATION,
  objective: codes.DIGEST_OBJECTIVE,
  latencyP99Us: codes.DIGEST_LATENCY_P99_US,
  throughputRps: codes.DIGEST_THROUGHPUT_RPS,
  errorRate: codes.DIGEST_ERROR_RATE,
  constraintMargin: codes.DIGEST_CONSTRAINT_MARGIN,
}
const CHANNELS = ["cost", "depth", "queue", "heat"]
const UNTOUCHED = -7

const number = fc.double()
const fields = fc.record(
  Object.fromEntries(Object.keys(PLACES).map((name) => [name, fc.option(number, { nil: undefined })])),
  { requiredKeys: [] },
)
const channels = fc.record(
  Object.fromEntries(CHANNELS.map((name) => [name, fc.option(number, { nil: undefined })])),
  { requiredKeys: [] },
)
const digests = fc
  .tuple(fields, fc.option(channels, { nil: undefined }))
  .map(([plain, extras]): Record<string, unknown> => ({ ...plain, extras }))

const hotPath = (): HotPath =>
  new HotPath({
    table: new KnobTable([linear()]),
    policy: balanced,
    initialUnit: Float64Array.of(0.5),
    window: {
      windowDigests: 5,
      windowUs: 5e5,
      settleUs: 0,
      maxAgeUs: 1e6,
      aggregate: codes.MEAN,
      trim: 0,
    },
    auditCapacity: 16,
  })

/** What a block should hold, from the codes alone. */
const expected = (digest: Record<string, unknown>, generation: number): ReadonlyArray<number> => {
  const cells = Array.from({ length: codes.DIGEST_WIDTH }, (_, i) => (i < 11 ? Number.NaN : UNTOUCHED))
  cells[codes.DIGEST_GENERATION] = generation
  for (const [name, place] of Object.entries(PLACES))
    if (digest[name] !== undefined) cells[place] = digest[name] as number
  const extras = (digest["extras"] ?? {}) as Record<string, number | undefined>
  CHANNELS.forEach((name, i) => {
    if (extras[name] !== undefined) cells[codes.DIGEST_EXTRA_0 + i] = extras[name]
  })
  return cells
}

describe("a digest that comes as an object", () => {
  it("is written at the codes' places, with NaN for missing fields, and touches no other cell", () => {
    fc.assert(
      fc.property(digests, fc.nat(), (digest, generation) => {
        const block = new Float64Array(codes.DIGEST_WIDTH).fill(UNTOUCHED)
        emptyDigest(block, generation)
        expect(writeDigest(block, digest, CHANNELS)).toBeNull()
        expect([...block]).toEqual(expected(digest, generation))
        const copy = new Float64Array(codes.DIGEST_WIDTH).fill(UNTOUCHED)
        copyDigest(block, copy)
        expect([...copy]).toEqual([...block])
      }),
    )
  })

  it("is written identically for an engine, a stream and a hot path", () => {
    fc.assert(
      fc.property(digests, fc.double({ noNaN: true }), (given, objective) => {
        const digest = { ...given, objective }
        const block = new Float64Array(codes.DIGEST_WIDTH)
        fillDigest(block, digest, CHANNELS)
        const engines = new Float64Array(codes.DIGEST_WIDTH).fill(Number.NaN)
        expect(readDigest(engines, digest, CHANNELS)).toBeNull()
        expect([...engines]).toEqual([...block])
        const hot = hotPath()
        // An emergency among them makes another generation live.
        const { generation } = hot.config
        const { extras, ...plain } = digest as { extras?: Record<string, number>; objective: number }
        hot.observeObject({ ...plain, extras: CHANNELS.map((name) => extras?.[name] ?? Number.NaN) })
        expect(hot.digest.slice(2, 11)).toEqual(block.slice(2, 11))
        expect(hot.digest[codes.DIGEST_GENERATION]).toBe(given["generation"] ?? generation)
        expect(hot.digest[codes.DIGEST_TIMESTAMP_US]).toBe(given["timestampUs"] ?? 0)
      }),
    )
  })

  it("returns every invalid field and every channel without a place, in order, and writes the rest", () => {
    const block = new Float64Array(codes.DIGEST_WIDTH)
    emptyDigest(block, 1)
    const digest = {
      errorRate: "low",
      colour: 3,
      objective: 5,
      extras: { depth: 2, cost: "dear", unknown: 1 },
      generation: null,
    }
    expect(writeDigest(block, digest, CHANNELS)).toEqual([
      [["errorRate"], "low"],
      [["colour"], 3],
      [["extras", "cost"], "dear"],
      [["extras", "unknown"], 1],
      [["generation"], null],
    ])
    expect(Array.from(block.subarray(0, 11))).toEqual(
      expected({ objective: 5, extras: { depth: 2 } }, 1).slice(0, 11),
    )
    expect(writeDigest(block, { extras: 4 }, CHANNELS)).toEqual([[["extras"], 4]])
  })

  it("has no more channels than fit, however many are named", () => {
    const block = new Float64Array(codes.DIGEST_WIDTH).fill(UNTOUCHED)
    const extras = { a: 1, b: 2, c: 3, d: 4, e: 5 }
    expect(writeDigest(block, { extras }, Object.keys(extras))).toEqual([[["extras", "e"], 5]])
    expect(Array.from(block.subarray(7))).toEqual([
      1,
      2,
      3,
      4,
      UNTOUCHED,
      UNTOUCHED,
      UNTOUCHED,
      UNTOUCHED,
      UNTOUCHED,
    ])
  })
})
