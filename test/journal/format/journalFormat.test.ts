/**
 * The format on disk is a promise: these bytes were put together by another program, in another language, from the tables
 * of docs/reference/journal.md. This build must read them as they were meant, and write the very same.
 */
import { describe, expect, it } from "vitest"
import { scanSegment } from "../../../src/journal/format/scanSegment.ts"
import { SegmentWriter } from "../../../src/journal/format/SegmentWriter.ts"
import { sha256 } from "../../engine/recordedRun.ts"

const FILE = [
  "4152514f4e4a0100b7b1ac2727a425d22ff9858089000000017b2272756e223a22676f6c64656e222c22656e67696e65223a",
  "22302e312e30222c227365676d656e74223a312c226669727374536571223a312c226b6e6f6273223a322c22637265617465",
  "644174223a22323032362d30312d30315430303a30303a30302e3030305a222c227374617274223a6e756c6c2c2270726576",
  "696f7573223a6e756c6c7d2d97a65a9ebfffc56a9e709c340000000200752206018080f2818389850606f403000000000000",
  "4a934000000000000000809a9999999999b93f03010000000000001d40f61c7df4b4b8db349d8eb21e2e0000000206450400",
  "02d884f28183898506080c0102000000000000e03f000000000000d03f66c3bc72207370c3a4746572d458820222b812af10",
  "5d00c423000000020945040003a086f281838985060a000102000000000000e03f000000000000d03f001f6576c540b2c8b2",
  "e5439fd92a0000000301000000000000084022b812af105d00c46af5db67547f48346539ba47ec3f0d0b12154c01de1c4e2d",
].join("")
const HEAD = "40b2c8b2e5439fd969c633b0c64156bc881d5125cb9df13b6b89ad60139973be"

const NONE = Number.NaN
const STAMP = 1_700_000_000_000_000
const HEADER = {
  run: "golden",
  engine: "0.1.0",
  segment: 1,
  firstSeq: 1,
  knobs: 2,
  createdAt: "2026-01-01T00:00:00.000Z",
  start: null,
  previous: null,
}
const RECORDS = [
  {
    numbers: [1, 0, STAMP, 3, STAMP + 250, 0, 1234.5, NONE, -0, NONE, 0.1, -2, 7.25, NONE, NONE, NONE],
    note: undefined,
  },
  {
    numbers: [2, 6, STAMP + 300, 4, NONE, 6, NONE, -1, NONE, NONE, NONE, NONE, 0.5, 0.25, NONE, NONE],
    note: "für später",
  },
  {
    numbers: [3, 9, STAMP + 400, 5, NONE, 0, NONE, -1, NONE, NONE, NONE, NONE, 0.5, 0.25, NONE, NONE],
    note: "",
  },
]

describe("version 1 of the journal's format", () => {
  it("is read as specified", () => {
    const read: Array<unknown> = []
    const scan = scanSegment(Buffer.from(FILE, "hex"), sha256, ({ numbers, note }) =>
      read.push({ numbers: Array.from(numbers), note: note ?? undefined }),
    )
    expect(scan).toMatchObject({ header: HEADER, ended: true, problems: [], head: HEAD, lastSeq: 3 })
    expect(read).toEqual(RECORDS)
  })

  it("is written byte for byte", () => {
    const writer = new SegmentWriter(sha256, HEADER)
    for (const { numbers, note } of RECORDS) writer.append({ numbers: Float64Array.from(numbers), note })
    writer.seal(true)
    expect(Buffer.from(writer.bytes).toString("hex")).toBe(FILE)
    expect(writer.link.hash).toBe(HEAD)
  })
})
