/** Makes of a whole segment one that nobody wrote: overwritten to its last byte, or without the record of how its run was started. */
import { readFileSync, writeFileSync } from "node:fs"
import { basename } from "node:path"
import { listSegments, sha256 } from "../../src/journal/disk/journalSegments.ts"
import { scanSegment } from "../../src/journal/format/scanSegment.ts"
import { type JournalRecord, SegmentWriter } from "../../src/journal/format/SegmentWriter.ts"
import type { Overwriting } from "./catalogue.ts"
import { drawsOf } from "./sabotage.ts"

/** Where the header of a segment ends: eight bytes, and a frame that says how long it is. */
export const headEnd = (bytes: Buffer): number => (bytes.length < 24 ? 24 : 24 + bytes.readUInt32LE(20))

const LINE = "2026-11-22 03:14:15 INFO  a line of somebody else's log\n"

function filled(length: number, by: Overwriting, seed: number): Buffer {
  if (by === "zeros") return Buffer.alloc(length)
  if (by === "text") return Buffer.alloc(length, LINE)
  const draw = drawsOf(seed)
  return Buffer.from(Uint8Array.from({ length }, () => Math.floor(256 * draw())))
}

/** Overwrites the last segment of a directory that holds anything; returns its name. */
export const overwriteLast = (directory: string, by: Overwriting, seed: number): string =>
  replaceLast(directory, (bytes) => filled(bytes.length, by, seed))

/** The same records in a chain of their own, and a header that does not say how the run was started. */
export const dropStart = (directory: string): string =>
  replaceLast(directory, (bytes) => {
    const records: Array<JournalRecord> = []
    const { header } = scanSegment(bytes, sha256, ({ numbers, note }) => {
      records.push({ numbers: numbers.slice(), note: note ?? undefined })
    })
    if (header === null) throw new Error("the segment has no header")
    const writer = new SegmentWriter(sha256, { ...header, start: null })
    for (const one of records) writer.append(one)
    return writer.bytes
  })

function replaceLast(directory: string, by: (bytes: Buffer) => Uint8Array): string {
  for (const { path } of listSegments(directory).toReversed()) {
    const bytes = readFileSync(path)
    if (bytes.length === 0) continue
    writeFileSync(path, by(bytes))
    return basename(path)
  }
  throw new Error(`no journal in ${directory}`)
}
