/** The audit as rows: a cycle is one of them however its records lie, nothing is lost, and unit space is told in the knobs' own units. */
import { createEngine } from "arqon"
import { beforeAll, describe, expect, it } from "vitest"
import { requireEngineConfig } from "../../../src/domain/Config.ts"
import type { AuditRecord } from "../../../src/domain/AuditRecord.ts"
import { auditRows, concerns, moveOf } from "../../../src/studio/page/core/auditRows.ts"
import { decodeKnob, lineOf } from "../../../src/studio/page/parts/recordLine.ts"
import { knobsOf } from "../../../src/studio/server/engineEntry.ts"

const params = {
  workers: { min: 1, max: 64, scale: "log", step: 1, initial: 6 },
  batchMs: { min: 0, max: 20, initial: 16 },
} as const

const config = {
  params,
  seed: 42,
  guardrails: "aggressive",
  clock: "manual",
  window: { digests: 2, settleUs: 0 },
} as const
const { space } = requireEngineConfig(config)
const knobs = knobsOf(requireEngineConfig(config))

let records: ReadonlyArray<AuditRecord>

beforeAll(async () => {
  const engine = createEngine({ ...config, comparison: {} })
  await engine.start()
  for (let i = 1; i <= 400; i++) {
    const { workers, batchMs } = engine.values
    engine.observe({ timestampUs: i * 20_000, objective: 60 / workers + workers / 4 + batchMs + Math.sin(i) })
    engine.tick(i * 20_000)
    if (i === 200) engine.trip("look")
    if (i === 240) engine.reset("seen")
  }
  records = engine.audit.records().toReversed()
  await engine.stop()
})

/** What was read on a generation is the generation itself. */
const readings = Object.fromEntries(Array.from({ length: 2000 }, (_, i) => [String(i), i]))

describe("the audit as rows", () => {
  it("has every record in exactly one of them, newest first", () => {
    const rows = auditRows(records, readings)
    const all = rows.flatMap((row) => row.records.map(({ seq }) => seq))
    expect(all.toSorted((a, b) => b - a)).toEqual(records.map(({ seq }) => seq))
    const first = rows.map((row) => row.records[0].seq)
    expect(first).toEqual(first.toSorted((a, b) => b - a))
  })

  /** A resting engine filled the page with one sentence. */
  it("makes one row of a reason for no change that comes again and again, and none of two reasons", () => {
    const resting = (seq: number, reason: string): AuditRecord => ({
      run: "r",
      seq,
      atUs: seq,
      kind: "noChange",
      generation: 1,
      reason,
    })
    const rows = auditRows(
      [resting(5, "resting"), resting(4, "cooldownActive"), resting(3, "resting"), resting(2, "resting")],
      readings,
    )
    expect(rows.map((row) => row.records.map(({ seq }) => seq))).toEqual([[5], [4], [2, 3]])
  })

  it("tells a proposal without a place by what it is for", () => {
    const visits = records.filter(({ kind, action }) => kind === "proposal" && action === "visitBaseline")
    expect(visits.length).toBeGreaterThan(0)
    expect(new Set(visits.map((record) => lineOf(record, knobs)))).toEqual(
      new Set(["visit baseline asked for"]),
    )
  })

  it("shows for each finished cycle how the base moved, and what each side read", () => {
    const cycles = auditRows(records, readings).filter(
      ({ type, after }) => type === "cycle" && after !== null,
    )
    const updates = records.filter(({ kind, action }) => kind === "apply" && action === "update")
    expect(cycles.length).toBe(updates.length)
    expect(updates.length).toBeGreaterThan(20)
    for (const { reads } of cycles) {
      expect(reads.map(({ side }) => side).toSorted()).toEqual(["minus", "plus"])
      expect(reads.map(({ objective }) => objective)).toEqual(reads.map(({ generation }) => generation))
    }
    const moved = cycles.filter((row) => moveOf(row, "batchMs") !== null)
    expect(moved.length).toBeGreaterThan(5)
    // Each begins where the one before it ended.
    for (const [i, row] of moved.entries()) {
      const before = moved[i + 1]
      const between = before === undefined || row.records[0].seq - before.records.at(-1)!.seq > 1
      if (!between) expect(moveOf(row, "batchMs")?.[0]).toBe(moveOf(before, "batchMs")?.[1])
    }
  })

  it("joins a comparison with the baseline and its verdict, even if a cycle began before the verdict", () => {
    const pairs = auditRows(records, readings).filter(({ type }) => type === "comparison")
    const verdicts = records.filter(({ kind }) => kind === "verdict")
    const told = pairs.filter(({ records: of }) => of.some(({ kind }) => kind === "verdict"))
    expect(verdicts.length).toBeGreaterThan(3)
    expect(told.length).toBe(verdicts.length)
    expect(told.every(({ reads }) => reads.some(({ side }) => side === "baseline"))).toBe(true)
  })

  it("gives everything else its own row, and knows which rows concern a knob", () => {
    const rows = auditRows(records, readings)
    const alone = rows.filter(({ type }) => type === "record").map((row) => row.records[0].kind)
    expect(alone).toEqual(expect.arrayContaining(["safeModeEntered", "safeModeExited", "engineStarted"]))
    const about = rows.filter((row) => concerns(row, "workers"))
    expect(about.length).toBeLessThan(rows.length)
    expect(rows.filter(({ type }) => type === "cycle").every((row) => !concerns(row, "no such knob"))).toBe(
      true,
    )
  })

  it("keeps a cycle that begins before the page of records", () => {
    const cut = records.slice(0, 37)
    expect(auditRows(cut, {}).flatMap((row) => row.records)).toHaveLength(37)
  })
})

describe("unit space on the page", () => {
  it("is shown in the knobs' own units, as the engine reads it", () => {
    for (const [i, knob] of knobs.entries()) {
      for (let unit = 0; unit <= 1; unit += 1 / 64) {
        const own = space.table.decode(i, space.table.encode(i, decodeKnob(knob, unit)))
        expect(Math.abs(own - space.table.decode(i, unit))).toBeLessThanOrEqual((knob.step ?? 0) + 1e-9)
        expect(decodeKnob(knob, unit)).toBeCloseTo(own, 6)
      }
    }
  })

  it("is what proposals and refusals contain", () => {
    const record: AuditRecord = {
      run: "r",
      seq: 1,
      kind: "proposal",
      atUs: 0,
      generation: 1,
      action: "update",
      asked: { batchMs: 0.5, workers: 1 },
    }
    expect(lineOf(record, knobs)).toBe("update asked for batchMs 10, workers 64")
    const refused: AuditRecord = {
      run: "r",
      seq: 1,
      kind: "violation",
      atUs: 0,
      generation: 1,
      reason: "deltaTooLarge",
      knob: "workers",
      value: 0.25,
      limit: 0.2,
    }
    expect(lineOf(refused, knobs)).toBe(
      "delta too large of workers: 25 % of the range with a limit of 20 % of the range",
    )
  })
})
