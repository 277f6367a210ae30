import { describe, expect, it } from "vitest"
import {
  AuditRing,
  RECORD_CODE,
  RECORD_KIND,
  RECORD_KNOB,
  RECORD_POINT,
  RECORD_PROPOSAL_ID,
  RECORD_SEQUENCE,
  RESERVED_RECORDS,
} from "../../src/hot/AuditRing.ts"
import { drained } from "./rig.ts"

const push = (ring: AuditRing, id: number): boolean => {
  ring.draft[RECORD_PROPOSAL_ID] = id
  return ring.push()
}

describe("AuditRing", () => {
  it("delivers every record once, in order, numbered without a gap, also across the wrap", () => {
    const ring = new AuditRing(2, 16)
    const seen: Array<number> = []
    for (let round = 0; round < 10; round++) {
      for (let i = 0; i < 7; i++) expect(push(ring, round * 7 + i)).toBe(true)
      for (const record of drained(ring)) {
        expect(record[RECORD_SEQUENCE]).toBe(seen.length + 1)
        seen.push(record[RECORD_PROPOSAL_ID])
      }
    }
    expect(seen).toEqual(Array.from({ length: 70 }, (_, i) => i))
    expect(ring.written).toBe(70)
    expect(ring.dropped).toBe(0)
  })

  it("refuses an ordinary record when only reserved places are left, and overwrites nothing", () => {
    const ring = new AuditRing(1, 20)
    for (let i = 0; i < 20 - RESERVED_RECORDS; i++) expect(push(ring, i)).toBe(true)
    expect(ring.full).toBe(true)
    expect(ring.free).toBe(0)
    expect(push(ring, 99)).toBe(false)
    expect(ring.dropped).toBe(1)
    for (let i = 0; i < RESERVED_RECORDS; i++) expect(ring.pushSafety()).toBe(true)
    expect(ring.pushSafety()).toBe(false)
    expect(ring.dropped).toBe(2)
    expect(drained(ring)[0][RECORD_PROPOSAL_ID]).toBe(0)
    expect(ring.full).toBe(false)
  })

  it("reserves a quarter, at most 64 places, for what follows from the last ordinary record", () => {
    const ordinary = (capacity: number): number => new AuditRing(1, capacity).free
    expect([16, 20, 32, 40, 64, 256, 512].map(ordinary)).toEqual([8, 12, 24, 30, 48, 192, 448])
    const ring = new AuditRing(1, 64)
    expect(ring.reserved).toBe(16)
    for (let i = 0; i < 64; i++) expect(ring.pushSafety()).toBe(true)
    expect(ring.pushSafety()).toBe(false)
  })

  it("asks to be drained at four fifths of what is not reserved", () => {
    const ring = new AuditRing(1, 40)
    while (ring.size < 23) expect(ring.push()).toBe(true)
    expect(ring.highWater).toBe(false)
    ring.push()
    expect(ring.highWater).toBe(true)
  })

  it("counts as drained once it is half empty", () => {
    const ring = new AuditRing(2, 16)
    for (let i = 0; i < 8; i++) ring.push()
    expect(ring.drained).toBe(true)
    ring.pushSafety()
    expect(ring.drained).toBe(false)
    ring.drain(() => {}, 1)
    expect(ring.drained).toBe(true)
  })

  it("drains no more than requested", () => {
    const ring = new AuditRing(1, 16)
    for (let i = 0; i < 5; i++) push(ring, i)
    expect(ring.drain(() => undefined, 2)).toBe(2)
    expect(ring.size).toBe(3)
    expect(drained(ring)[0][RECORD_PROPOSAL_ID]).toBe(2)
  })

  it("writes nothing when it only reserves", () => {
    const ring = new AuditRing(1, 16)
    const offset = ring.reserve()
    ring.block[offset + RECORD_KIND] = 7
    expect(ring.size).toBe(0)
    expect(ring.reserve()).toBe(offset)
    ring.commit()
    expect(drained(ring)[0][RECORD_KIND]).toBe(7)
  })

  it("has room for the four extra channels of a digest however few knobs there are", () => {
    expect(new AuditRing(1, 16).width).toBe(RECORD_POINT + 4)
    expect(new AuditRing(9, 16).width).toBe(RECORD_POINT + 9)
  })

  it("is not built too small for its reserve", () => {
    expect(() => new AuditRing(1, 15)).toThrow(RangeError)
    expect(() => new AuditRing(1, 16.5)).toThrow(RangeError)
  })

  it("states the capacity that it needs", () => {
    expect(() => new AuditRing(1, 15)).toThrow("capacity: must be a whole number from 16, got 15.")
  })

  it("reports free places for ordinary records, never below zero", () => {
    const ring = new AuditRing(1, 20)
    for (let left = 12; left > 0; left--) {
      expect(ring.free).toBe(left)
      ring.push()
    }
    for (let reserved = 0; reserved < RESERVED_RECORDS; reserved++) {
      expect(ring.free).toBe(0)
      ring.pushSafety()
    }
    expect(ring.free).toBe(0)
    ring.drain(() => undefined)
    expect(ring.free).toBe(12)
  })

  it("begins with an empty draft, without a knob or a code", () => {
    const empty = Array.from({ length: RECORD_POINT + 4 }, () => Number.NaN)
      .with(RECORD_KNOB, -1)
      .with(RECORD_CODE, 0)
    const ring = new AuditRing(2, 16)
    expect([...ring.draft]).toEqual(empty)
    ring.push()
    expect([...drained(ring)[0]]).toEqual(empty.with(RECORD_SEQUENCE, 1))
  })
})
