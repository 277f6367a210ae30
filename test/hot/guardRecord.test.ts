/** An act of the runaway guard on the record: every number that it decided by can be read back, and none is lost uncounted. */
import { describe, expect, it } from "vitest"
import {
  AuditRing,
  RECORD_CODE,
  RECORD_GENERATION,
  RECORD_KIND,
  RECORD_TIMESTAMP_US,
} from "../../src/hot/AuditRing.ts"
import { AUDIT_GUARD, GUARD_BLAME, GUARD_RETREAT } from "../../src/hot/codes.ts"
import * as layout from "../../src/hot/guardLayout.ts"
import { readGuardRecord, writeGuardRecord } from "../../src/hot/guardRecord.ts"
import { drained } from "./rig.ts"

/** A state in which every number is another one. */
const state = Float64Array.from({ length: layout.guardStateLength(2) }, (_, i) => 100 + i)

describe("the record of an act of the guard", () => {
  it("has its kind, time and configuration, and each number under its name", () => {
    const audit = new AuditRing(2, 16)
    writeGuardRecord(audit, GUARD_RETREAT, state, 1, 3)
    writeGuardRecord(audit, GUARD_BLAME, state, 7_000, 4)
    const [, record] = drained(audit)
    expect(record[RECORD_KIND]).toBe(AUDIT_GUARD)
    expect([record[RECORD_CODE], record[RECORD_TIMESTAMP_US], record[RECORD_GENERATION]]).toEqual([
      GUARD_BLAME,
      7_000,
      4,
    ])
    expect(readGuardRecord(record, 0)).toEqual({
      reference: state[layout.G_REFERENCE],
      blames: state[layout.G_BLAMES],
      windows: state[layout.G_STOOD],
      level: state[layout.G_NOW],
      threshold: state[layout.G_THRESHOLD],
      levelAtRetreat: state[layout.G_RETREAT_LEVEL],
      noise: state[layout.G_NOISE],
      world: state[layout.G_WORLD],
      startReference: state[layout.G_START_REFERENCE],
      slopeAtRetreat: state[layout.G_SLOPE],
      blockLevel: state[layout.G_LEVEL],
    })
  })

  it("is read from its place among others", () => {
    const audit = new AuditRing(2, 16)
    writeGuardRecord(audit, GUARD_RETREAT, state, 1, 3)
    const [record] = drained(audit)
    const among = new Float64Array(3 * audit.width).fill(-1)
    among.set(record, audit.width)
    expect(readGuardRecord(among, audit.width)).toEqual(readGuardRecord(record, 0))
  })

  it("is counted as lost if the ring is full, and overwrites nothing", () => {
    const audit = new AuditRing(2, 16)
    for (let i = 0; i < 60; i++) writeGuardRecord(audit, GUARD_RETREAT, state, i, 3)
    const kept = audit.size
    expect(audit.dropped).toBe(60 - kept)
    expect(drained(audit).map((record) => record[RECORD_TIMESTAMP_US])).toEqual(
      Array.from({ length: kept }, (_, i) => i),
    )
  })
})
