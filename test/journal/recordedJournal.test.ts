/**
 * Journals that earlier builds wrote, with a record of every kind there was: they read and are written again to the byte, and the later
 * one replays. The tuning rule has changed since the first: a replay of it decides otherwise. `recorded/words.jsonl` is what the first
 * build exported; `everyKindRuns.ts` says what the runs did.
 */
import { readdirSync, readFileSync } from "node:fs"
import { join } from "node:path"
import { gunzipSync } from "node:zlib"
import { describe, expect, it } from "vitest"
import { sha256 } from "../../src/journal/disk/journalSegments.ts"
import type { JournalHeader } from "../../src/journal/format/JournalHeader.ts"
import { scanSegment } from "../../src/journal/format/scanSegment.ts"
import { SegmentWriter } from "../../src/journal/format/SegmentWriter.ts"
import { exportJournal, readJournal, verifyJournal } from "../../src/journal/read/readJournal.ts"
import { replayJournal } from "../../src/journal/replay/replayJournal.ts"
import { AUDIT_KINDS } from "../../src/domain/records.ts"
import { recordEveryKind } from "./everyKindRuns.ts"
import { ownFolder } from "./journalRig.ts"

const RECORDED = join(import.meta.dirname, "recorded")
/** By the first build that remembers the slope from pair to pair. */
const LATER = join(import.meta.dirname, "recordedLater")
const unpacked = (name: string, folder = RECORDED): Buffer => gunzipSync(readFileSync(join(folder, name)))

/** Lines of JSON without the one text that is made when a record is read. */
const comparable = (lines: string): ReadonlyArray<string> =>
  lines
    .trimEnd()
    .split("\n")
    .map((line) => (line.includes('"kind":"guard"') ? line.replace(/,"note":"[^"]*"/, "") : line))

describe("a journal that an earlier build wrote", () => {
  it("is whole, and exports the lines of JSON that the earlier build exported", () => {
    let lines = ""
    exportJournal(RECORDED, (line) => (lines += line))
    expect(verifyJournal(RECORDED)).toMatchObject({ status: "whole", segments: 4 })
    expect(comparable(lines)).toEqual(comparable(unpacked("words.jsonl.gz").toString("utf8")))
  })

  it.each(["busy", "falling", "guarded"])("holds the run %s, which repeats itself bit for bit", (run) => {
    expect(replayJournal(LATER, { run })).toMatchObject({ verdict: "identical", difference: null })
  })

  it.each([RECORDED, LATER])("is written again byte for byte", (folder) => {
    for (const name of readdirSync(folder).filter((file) => file.startsWith("journal-"))) {
      const bytes = unpacked(name, folder)
      let writer: SegmentWriter | null = null
      const follow = (header: JournalHeader): SegmentWriter => (writer ??= new SegmentWriter(sha256, header))
      scanSegment(bytes, sha256, ({ numbers, note }, header) => {
        if (header !== null) follow(header).append({ numbers, note: note ?? undefined })
      })
      const again = writer as SegmentWriter | null
      again?.seal(true)
      expect(again !== null && bytes.equals(again.bytes)).toBe(true)
    }
  })
})

describe("a journal written now", () => {
  const folder = ownFolder()

  it("can hold every kind of record, and its runs replay", async () => {
    await recordEveryKind(folder.path)
    const { records, problems } = readJournal(folder.path)
    expect(problems).toEqual([])
    // Those of a tuner of many replicas are held by `replica/tunerAudit.test.ts`: no engine writes them.
    expect(new Set(records.map(({ kind }) => kind).concat("cohort"))).toEqual(new Set(AUDIT_KINDS))
    for (const run of ["busy", "falling", "guarded", "retuned"])
      expect(replayJournal(folder.path, { run })).toMatchObject({ verdict: "identical" })
  })
})
