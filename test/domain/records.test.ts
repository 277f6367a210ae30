/**
 * The table of audit records: every kind has a row, and everything that reads records follows the rows. Root cause of what this holds: the
 * kinds were spelt out in eighteen files, and lists written by hand forgot the new ones.
 */
import { readFileSync } from "node:fs"
import { join } from "node:path"
import * as fc from "fast-check"
import { describe, expect, it } from "vitest"
import { writeRecord } from "../../machines/hotAudit.ts"
import { requireEngineConfig } from "../../src/domain/Config.ts"
import { AUDIT_KINDS, type AuditKind, DECISIONS, RECORDS } from "../../src/domain/records.ts"
import { AuditDecoder } from "../../src/engine/audit/AuditDecoder.ts"
import { hotPathOf } from "../../src/engine/engineParts.ts"
import { RECORD_KIND } from "../../src/hot/AuditRing.ts"
import { showsLive } from "../../src/journal/format/Standing.ts"
import { isInput } from "../../src/journal/replay/recordedInput.ts"
import { root } from "../rooms.ts"

const settings = requireEngineConfig({ params: { x: { min: 0, max: 1, initial: 0.5 } }, clock: "manual" })

/** What of a kind is written by name, and a value for each. */
const fieldsOf = (kind: AuditKind): fc.Arbitrary<Record<string, string | number>> => {
  const given: Record<string, fc.Arbitrary<string | number>> = {}
  for (const [name, cell] of Object.entries(RECORDS[kind].fields)) {
    if (cell[0] === "word") given[name] = fc.constantFrom(...cell[2])
    else if (cell[0] === "index") given[name] = fc.nat()
    else if (cell.length > 1) given[name] = fc.double({ noNaN: true, noDefaultInfinity: true })
  }
  return fc.record(given)
}

describe("the table of audit records", () => {
  it("has its rows in the order of their codes", () => {
    expect(AUDIT_KINDS.map((kind) => RECORDS[kind].code)).toEqual(AUDIT_KINDS.map((_, code) => code))
  })

  it("gives no two fields of a kind the same place", () => {
    for (const kind of AUDIT_KINDS) {
      const places = Object.values(RECORDS[kind].fields).flatMap(([, at]) => at ?? [])
      expect(new Set(places).size, kind).toBe(places.length)
    }
  })

  it.each(AUDIT_KINDS)("reads a record of kind %s as it was written", (kind) => {
    fc.assert(
      fc.property(fieldsOf(kind), (fields) => {
        const hot = hotPathOf(settings, true)
        writeRecord(hot, kind, 7, fields)
        const read: Array<Readonly<Record<string, unknown>>> = []
        const decoder = new AuditDecoder("run", settings)
        hot.audit.drain((block, at) => read.push({ ...decoder.decode(block, at) }))
        const shown = Object.entries(fields).filter(([name]) => RECORDS[kind].fields[name][0] !== "hidden")
        expect(read).toHaveLength(1)
        expect(read[0]).toMatchObject({ kind, atUs: 7, ...Object.fromEntries(shown) })
        const known = new Set([
          "run",
          "seq",
          "kind",
          "atUs",
          "generation",
          ...Object.keys(RECORDS[kind].fields),
        ])
        expect(Object.keys(read[0]).filter((name) => !known.has(name))).toEqual([])
      }),
      { numRuns: 20 },
    )
  })

  it("counts as decisions all but telemetry and ticks, including relocations, regimes and variants", () => {
    expect(AUDIT_KINDS.filter((kind) => !DECISIONS.includes(kind))).toEqual(["digest", "tick"])
  })

  it("feeds back what came from outside, and nothing else", () => {
    const record = (kind: AuditKind): Float64Array => {
      const numbers = new Float64Array(16)
      numbers[RECORD_KIND] = RECORDS[kind].code
      return numbers
    }
    expect(AUDIT_KINDS.filter((kind) => isInput(record(kind)))).toEqual([
      "digest",
      "tick",
      "command",
      "guardrailsSet",
    ])
  })

  it("reads nothing from an unknown kind: neither the plant's place nor any field", () => {
    expect(showsLive(AUDIT_KINDS.length)).toBe(false)
    const numbers = new Float64Array(16).fill(0.5)
    numbers[RECORD_KIND] = AUDIT_KINDS.length
    const read = new AuditDecoder("run", settings).decode(numbers, 0)
    expect(Object.keys(read)).toEqual(["run", "seq", "kind", "atUs", "generation"])
  })

  it("has a row for each kind on the page about audit records", () => {
    const page = readFileSync(join(root, "docs/reference/engine.md"), "utf8")
    const rows = page.split("\n").flatMap((line) => (/^\| (`[^|]*`) \|/.exec(line)?.[1] ?? "").split(", "))
    expect(AUDIT_KINDS.filter((kind) => !rows.includes(`\`${kind}\``))).toEqual([])
  })
})
