/**
 * Every kind of audit record is shown. Root cause of what this holds: "Everything decided" was a list written by hand, twice, and each new
 * kind of record was left out until somebody missed it.
 */
import { join } from "node:path"
import { describe, expect, it } from "vitest"
import { requireEngineConfig } from "../../../src/domain/Config.ts"
import { AUDIT_KINDS } from "../../../src/domain/records.ts"
import type { AuditRecord } from "../../../src/domain/AuditRecord.ts"
import { nameOfRecord, RECORD_GROUPS, SHOWN_KINDS } from "../../../src/domain/recordTexts.ts"
import { readJournal } from "../../../src/journal/read/readJournal.ts"
import { loadRun } from "../../../src/journal/replay/replayJournal.ts"
import { Track } from "../../../src/studio/page/core/Track.ts"
import { framesOf } from "../../../src/studio/server/runFrames.ts"
import { lineOf } from "../../../src/studio/page/parts/recordLine.ts"

describe("the audit of the studio", () => {
  it("has every kind of record in one of its groups, and all but digests and ticks under decisions", () => {
    const decided = SHOWN_KINDS.split(",")
    const groups = RECORD_GROUPS.flatMap(({ kinds }) => (kinds === "" ? decided : kinds.split(",")))
    expect(new Set(groups)).toEqual(new Set(AUDIT_KINDS))
    expect(AUDIT_KINDS.filter((kind) => !decided.includes(kind))).toEqual(["digest", "tick"])
  })

  it.each(AUDIT_KINDS)("has a name and a line for a record of kind %s", (kind) => {
    const record: AuditRecord = {
      run: "run",
      seq: 1,
      kind,
      atUs: 0,
      generation: 1,
      action: "step",
      reason: "known",
      exit: "timer",
      regime: 3,
      value: 1,
      limit: 2,
      note: "a note",
      values: { x: 1 },
      asked: { x: 0.5 },
      digest: { objective: 1 },
    }
    expect(nameOfRecord(record)).not.toBe("")
    expect(lineOf(record, [])).not.toBe("")
  })

  it("has the same marks before and after a reload", () => {
    const recorded = join(import.meta.dirname, "../../journal/recorded")
    let marks = 0
    for (const id of ["busy", "falling", "guarded", "refused"]) {
      const loaded = loadRun(recorded, { run: id })
      if (typeof loaded === "string") throw new Error(loaded)
      const track = new Track({ knobs: [] })
      for (const record of readJournal(recorded, { run: id }).records) track.note(record)
      expect(
        framesOf(loaded.recorded, requireEngineConfig(loaded.recorded.config)).history.read(id, 10).marks,
      ).toEqual(track.marks)
      marks += track.marks.length
    }
    expect(marks).toBeGreaterThan(10)
  })
})
