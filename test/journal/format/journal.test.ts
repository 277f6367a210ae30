/**
 * The journal as bytes: what goes in comes out bit for bit, a file that ends anywhere gives its longest whole prefix, and
 * no bit of it can be another without being found where it is.
 */
import * as fc from "fast-check"
import { describe, expect, it } from "vitest"
import { configOf, requireEngineConfig } from "../../../src/domain/Config.ts"
import { crc32c } from "../../../src/journal/format/crc32c.ts"
import { FrameBuilder } from "../../../src/journal/format/frames.ts"
import { headerBytes, readHeader } from "../../../src/journal/format/JournalHeader.ts"
import { scanSegment } from "../../../src/journal/format/scanSegment.ts"
import { SegmentWriter } from "../../../src/journal/format/SegmentWriter.ts"
import { knobs } from "../../engine/plant.ts"
import { everyKind, headerOf, record, type Recorded, segmentOf, sha256 } from "../../engine/recordedRun.ts"

const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text)

/** Every double as text that tells -0 and NaN; all NaN are one, and those at the end are room that was not used. */
const bits = (numbers: Float64Array): string =>
  Array.from(numbers, (n) => (Object.is(n, -0) ? "-0" : String(n)))
    .join(" ")
    .replace(/( NaN)+$/, "")

interface Read {
  readonly seq: number
  readonly at: number
  readonly bytes: number
  readonly numbers: string
  readonly note: string | undefined
}

function readAll(bytes: Uint8Array) {
  const entries: Array<Read> = []
  const scan = scanSegment(bytes, sha256, ({ seq, at, bytes: size, numbers, note }) =>
    entries.push({ seq, at, bytes: size, numbers: bits(numbers), note: note ?? undefined }),
  )
  return { scan, entries }
}

const written = (recorded: Recorded) => recorded.records.map(({ numbers, note }) => [bits(numbers), note])
const read = (entries: ReadonlyArray<Read>) => entries.map(({ numbers, note }) => [numbers, note])

describe("CRC-32C", () => {
  it("matches the published check values", () => {
    // Koopman's and the RevEng catalogue's check; RFC 3720, B.4.
    expect(crc32c(bytesOf("123456789"))).toBe(0xe3069283)
    expect(crc32c(new Uint8Array(32))).toBe(0x8a9136aa)
    expect(crc32c(new Uint8Array(32).fill(0xff))).toBe(0x62a8ab43)
    expect(crc32c(Uint8Array.from({ length: 32 }, (_, i) => i))).toBe(0x46dd794e)
    expect(crc32c(Uint8Array.from({ length: 32 }, (_, i) => 31 - i))).toBe(0x113fdb5c)
    expect(crc32c(new Uint8Array(0))).toBe(0)
  })

  it("covers exactly the bytes between its bounds", () => {
    expect(crc32c(bytesOf("xx123456789yy"), 2, 11)).toBe(0xe3069283)
  })
})

describe("a segment", () => {
  it("returns every bit of a run with records of every kind, including notes", async () => {
    const run = await record(everyKind)
    expect(new Set(run.words.map(({ kind }) => kind)).size).toBe(12)
    const header = headerOf(run)
    const { scan, entries } = readAll(segmentOf(run, header, true))
    expect(read(entries)).toEqual(written(run))
    expect(scan).toMatchObject({
      header,
      sealed: true,
      ended: true,
      records: run.records.length,
      problems: [],
    })
    expect(scan.trustedBytes).toBe(scan.bytes)
  })

  it("returns any doubles, with NaN as one number", () => {
    const double = fc.oneof(
      fc.double(),
      fc.constantFrom(Number.NaN, -0, 0, 2 ** 52, -(2 ** 52), 2 ** 53, 1e300, Number.NEGATIVE_INFINITY),
      fc.maxSafeInteger(),
      fc.integer({ min: 1_700_000_000_000_000, max: 1_700_000_200_000_000 }),
    )
    const numbers = fc.array(double, { minLength: 17, maxLength: 17 })
    const one = fc.tuple(numbers, fc.option(fc.string(), { nil: undefined }))
    fc.assert(
      fc.property(fc.array(one, { maxLength: 5 }), (list) => {
        const records = list.map(([given, note], i) => ({
          numbers: Float64Array.from([i + 1, i % 256, ...given.slice(2)]),
          note: note?.replaceAll("\0", ""),
        }))
        const header = { ...headerOf({ records: [], words: [] }), knobs: 5 }
        const { scan, entries } = readAll(segmentOf({ records, words: [] }, header))
        expect(scan.problems).toEqual([])
        expect(read(entries)).toEqual(written({ records, words: [] }))
      }),
    )
  })

  it("has the same bytes when a batch was refused and built again", async () => {
    const run = await record(everyKind)
    const writer = new SegmentWriter(sha256, headerOf(run))
    const parts: Array<Uint8Array> = []
    for (let i = 0; i < run.records.length; i += 7) {
      const batch = run.records.slice(i, i + 7)
      for (const failures of [2, 1, 0]) {
        for (const one of batch) writer.append(one)
        if (failures > 0) writer.reset()
      }
      parts.push(writer.bytes.slice())
      writer.commit()
    }
    expect(Buffer.concat(parts).equals(Buffer.from(segmentOf(run)))).toBe(true)
  })
})

describe("a segment that was cut off", () => {
  it("yields, cut at any byte, the longest whole prefix and what was cut", async () => {
    const run = await record(everyKind)
    const whole = segmentOf(run, headerOf(run), true)
    const all = readAll(whole)
    const ends = [
      8,
      ...all.entries.map(({ at }) => at),
      (all.entries.at(-1)?.at ?? 0) + (all.entries.at(-1)?.bytes ?? 0),
    ]
    for (let length = 0; length < whole.length; length++) {
      const { scan, entries } = readAll(whole.subarray(0, length))
      const trusted = ends.findLast((end) => end <= length) ?? 0
      expect(scan.trustedBytes).toBe(trusted)
      expect(entries).toEqual(all.entries.filter(({ at, bytes }) => at + bytes <= length))
      expect(scan.sealed).toBe(false)
      const cut = length - trusted
      expect(scan.problems.map(({ kind, at, bytes }) => [kind, at, bytes])).toEqual(
        cut === 0 ? [] : [["torn", trusted, cut]],
      )
    }
  })

  it("reads the same with zeros or noise after the cut", async () => {
    const run = await record(everyKind)
    const whole = segmentOf(run)
    const tail = fc.oneof(
      fc.integer({ min: 1, max: 9000 }).map((length) => new Uint8Array(length)),
      fc.uint8Array({ minLength: 1, maxLength: 300 }),
    )
    fc.assert(
      fc.property(tail, (noise) => {
        const { scan, entries } = readAll(Buffer.concat([whole, noise]))
        expect(scan.trustedBytes).toBe(whole.length)
        expect(entries).toHaveLength(run.records.length)
        expect(scan.problems).toMatchObject([{ kind: "torn", at: whole.length, bytes: noise.length }])
      }),
    )
  })

  it("can be continued from there, as if it had never been cut", async () => {
    const run = await record(everyKind)
    const whole = segmentOf(run)
    const { scan } = readAll(whole.subarray(0, whole.length - 3))
    const again = segmentOf({ records: run.records.slice(0, scan.lastSeq), words: run.words })
    expect(again.length).toBe(scan.trustedBytes)
    expect(whole.subarray(0, scan.trustedBytes)).toEqual(again)
  })
})

describe("a segment with a flipped bit", () => {
  /** Where each frame begins, the file's head being the first. */
  const starts = (whole: Uint8Array): ReadonlyArray<number> => {
    const { entries } = readAll(whole)
    const last = entries.at(-1)
    return [0, 8, ...entries.map(({ at }) => at), (last?.at ?? 0) + (last?.bytes ?? 0)]
  }

  const flipped = (whole: Uint8Array, bit: number): Uint8Array => {
    const copy = whole.slice()
    copy[bit >> 3] ^= 1 << (bit & 7)
    return copy
  }

  it("is detected for every bit, in exactly the frame that has it", async () => {
    const run = await record((engine) => engine.trip("short"))
    const whole = segmentOf(run, { ...headerOf(run), start: { seed: 42 } }, true)
    const frames = starts(whole)
    const before = readAll(whole).entries
    for (let bit = 0; bit < 8 * whole.length; bit++) {
      const { scan, entries } = readAll(flipped(whole, bit))
      const frame = frames.findLast((start) => start <= bit >> 3)
      expect(scan.problems[0]?.at).toBe(frame)
      expect(scan.trustedBytes).toBe(frame)
      expect(scan.sealed).toBe(false)
      // What stands before it is trusted, and nothing comes out that was not written.
      for (const entry of entries) expect(before).toContainEqual(entry)
      expect(entries.filter(({ at }) => at < (frame ?? 0))).toEqual(
        before.filter(({ at }) => at < (frame ?? 0)),
      )
    }
  })

  it("is detected in a long run too, and what follows is readable but unverified", async () => {
    const run = await record(everyKind)
    const whole = segmentOf(run, headerOf(run), true)
    const frames = starts(whole)
    fc.assert(
      fc.property(fc.integer({ min: 8 * 8, max: 8 * whole.length - 1 }), (bit) => {
        const { scan, entries } = readAll(flipped(whole, bit))
        const at = frames.findLast((start) => start <= bit >> 3)
        expect(scan.problems[0]).toMatchObject({ at, kind: at === frames.at(-1) ? "torn" : "damaged" })
        const hit = readAll(whole).entries.find((entry) => entry.at === at)
        expect(entries.map(({ seq }) => seq)).toEqual(
          run.words.map(({ seq }) => seq).filter((seq) => seq !== hit?.seq),
        )
      }),
      { numRuns: 300 },
    )
  })

  it("is detected by the chain even if its checksum was corrected", async () => {
    const run = await record(everyKind)
    const whole = segmentOf(run, headerOf(run), true)
    const { entries } = readAll(whole)
    for (const { at, bytes, seq } of entries) {
      const forged = whole.slice()
      forged[at + bytes - 1] ^= 1
      const view = new DataView(forged.buffer)
      view.setUint32(at, crc32c(forged, at + 4, at + bytes), true)
      const { scan } = readAll(forged)
      expect(scan.problems[0]).toMatchObject({ kind: "changed", at, seq })
      expect(scan.trustedBytes).toBe(at)
    }
  })

  it("is detected when a whole record was removed, or two were swapped", async () => {
    const run = await record(everyKind)
    const whole = segmentOf(run)
    const { entries } = readAll(whole)
    const [third, fourth] = entries.slice(2, 4)
    const part = (from: number, to: number) => whole.subarray(from, to)
    const without = Buffer.concat([part(0, third.at), part(fourth.at, whole.length)])
    expect(readAll(without).scan.problems[0]).toMatchObject({ kind: "changed", at: third.at, seq: 3 })
    const end = fourth.at + fourth.bytes
    const swapped = Buffer.concat([
      part(0, third.at),
      part(fourth.at, end),
      part(third.at, fourth.at),
      part(end, whole.length),
    ])
    expect(readAll(swapped).scan.problems[0]).toMatchObject({ kind: "changed", at: third.at, seq: 3 })
  })
})

describe("a file that is not a segment", () => {
  it("gets an answer, whatever is in it", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 400 }), (bytes) => {
        const { scan, entries } = readAll(bytes)
        expect(entries).toEqual([])
        expect(scan.trustedBytes).toBe(0)
        expect(scan.problems.length).toBe(bytes.length === 0 ? 0 : 1)
      }),
    )
  })

  it("is classified: a foreign file, another version, records without a header, a senseless record", async () => {
    const run = await record(everyKind)
    const whole = segmentOf(run)
    // A file whose birth was cut short may hold anything; one with whole frames in it held records.
    expect(readAll(bytesOf("#!/bin/sh\necho hello\n")).scan.problems[0]?.kind).toBe("torn")
    expect(readAll(new Uint8Array(4096)).scan.problems[0]?.kind).toBe("torn")
    // The last of the eight first bytes is a zero itself.
    for (let there = 0; there < 7; there++) {
      const born = Uint8Array.of(...whole.subarray(0, there), ...new Uint8Array(400))
      expect(readAll(born).scan.problems).toMatchObject([{ kind: "torn", at: 0 }])
    }
    const { entries } = readAll(whole)
    const headless = Uint8Array.from(whole).fill(0, 0, entries[0].at)
    expect(readAll(headless).scan).toMatchObject({ problems: [{ kind: "damaged", at: 0 }], trustedBytes: 0 })
    const later = Uint8Array.of(
      ...whole.subarray(0, 6),
      2,
      0,
      ...bytesOf("who knows what version 2 looks like"),
    )
    expect(readAll(later).scan.problems[0]).toMatchObject({
      kind: "otherVersion",
      detail: expect.stringContaining("version 2"),
    })
    const built = (bodies: ReadonlyArray<Uint8Array>): Uint8Array => {
      const frames = new FrameBuilder(sha256)
      frames.raw(whole.subarray(0, 8))
      for (const body of bodies) {
        frames.begin()
        frames.raw(body)
        frames.end()
      }
      return frames.bytes.slice()
    }
    const header = Uint8Array.of(1, ...headerBytes(headerOf(run)))
    const kinds = (...bodies: ReadonlyArray<Uint8Array>) =>
      readAll(built(bodies)).scan.problems.map(({ kind }) => kind)
    expect(kinds(header)).toEqual([])
    expect(kinds(header, Uint8Array.of(2, 1))).toEqual(["unreadable"])
    expect(kinds(header, Uint8Array.of(2, 1, 0, 0, 0, 1, 7))).toEqual(["unreadable"])
    expect(kinds(header, Uint8Array.of(9))).toEqual(["unreadable"])
    expect(kinds(header, header)).toEqual(["unreadable"])
    expect(kinds(Uint8Array.of(1, ...bytesOf("{}")))).toEqual(["unreadable"])
    expect(kinds(header, Uint8Array.of(2, 1, 0, 0, 0, 5, 0))).toEqual(["gap"])
    expect(kinds(header, Uint8Array.of(3, 4))).toEqual(["unreadable"])
    const seal = (lastSeq: number): Uint8Array =>
      Uint8Array.of(3, 0, ...new Uint8Array(Float64Array.of(lastSeq).buffer), ...new Uint8Array(32))
    expect(kinds(header, seal(4))).toEqual(["gap", "changed"])
    expect(kinds(header, seal(0), seal(0))).toEqual(["changed", "afterSeal"])
  })

  it("yields no invalid header", () => {
    const header = headerOf({ records: [], words: [] })
    expect(readHeader(headerBytes(header))).toEqual(header)
    for (const [key, wrong] of Object.entries({
      run: 1,
      segment: -1,
      knobs: 70_000,
      firstSeq: 0.5,
      previous: {},
    })) {
      expect(readHeader(bytesOf(JSON.stringify({ ...header, [key]: wrong })))).toBeNull()
    }
    expect(readHeader(bytesOf("{"))).toBeNull()
  })
})

describe("the configuration in the record of the start", () => {
  it("reproduces the same settings", () => {
    const full = {
      params: knobs,
      objective: "maximize",
      seed: 7,
      guardrails: { preset: "aggressive", maxStep: 0.15 },
      window: { digests: 7, aggregate: "median", trim: 0.2 },
      clock: "manual",
      runId: "r",
      state: "./here",
      journal: { sync: "batch", keepSegments: 9 },
      gains: { mode: "spall", a0: 0.1 },
      safeMode: { exit: "timer", timerUs: 5e6 },
      constraint: false,
      extras: ["queue", "heap"],
      telemetry: { capacity: 64, overflow: "backpressure" },
      audit: { capacity: 128, memory: 5, digests: false },
      startIsBaseline: false,
    }
    for (const config of [full, { params: knobs }]) {
      const settings = requireEngineConfig(config)
      expect(requireEngineConfig(JSON.parse(JSON.stringify(configOf(settings))))).toEqual(settings)
    }
  })
})
