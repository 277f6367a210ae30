/**
 * Every kind of audit record is shown. Root cause of what this holds: "Everything decided" was a list written by hand, twice, and each new
 * kind of record was left out until somebody missed it.
 */
import { describe, expect, it } from "vitest"
import { AUDIT_KINDS } from "../../../src/domain/words.ts"
import type { AuditRecord } from "../../../src/engine/audit/AuditRecord.ts"
import { GROUPS, SHOWN_KINDS } from "../../../src/studio/page/parts/recordKinds.ts"
import { lineOf, nameOfRecord } from "../../../src/studio/page/parts/recordLine.ts"

describe("the audit of the studio", () => {
  it("finds every kind of record in one of its groups, and all but digests and ticks among what was decided", () => {
    const decided = SHOWN_KINDS.split(",")
    const groups = GROUPS.flatMap(({ kinds }) => (kinds === "" ? decided : kinds.split(",")))
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
    expect(lineOf(record)).not.toBe("")
  })
})
