import { describe, expect, it } from "vitest"
import * as codes from "../../src/hot/codes.ts"
import { AUDIT_KINDS } from "../../src/domain/records.ts"
import {
  APPLY_KINDS,
  COMMANDS,
  NO_CHANGE_REASONS,
  TRIP_REASONS,
  tripCode,
  tripReason,
  VALIDITIES,
  VIOLATIONS,
} from "../../src/domain/words.ts"

const camel = (name: string): string =>
  name.toLowerCase().replace(/_([a-z0-9])/g, (_, letter: string) => letter.toUpperCase())

const table: Record<string, number> = { ...codes }

/** Names of the codes whose exported name starts with a prefix, ordered by the code. */
function byCode(names: ReadonlyArray<string>): Array<string> {
  const out: Array<string> = []
  for (const name of names) out[table[name]] = name
  return out
}

const exported = Object.keys(table)
const STATUS = [
  "ACCEPTED",
  "DELTA_TOO_LARGE",
  "RATE_LIMIT_EXCEEDED",
  "OUT_OF_BOUNDS",
  "UNKNOWN_PARAMETER",
  "THRASHING",
  "BUDGET_EXHAUSTED",
  "OBJECTIVE_REGRESSION",
  "CONSTRAINT_VIOLATION",
  "AUDIT_QUEUE_FULL",
  "NO_BASELINE",
  "STALE_GENERATION",
  "SAFE_MODE_OPEN",
  "COOLDOWN_ACTIVE",
]

describe("words match the codes", () => {
  it("every status code has its name at its index", () => {
    expect([...VIOLATIONS]).toEqual(byCode(STATUS).map(camel))
  })

  it("every trip code has its name at its index, and manual is spelled out", () => {
    const names = byCode(exported.filter((name) => name.startsWith("TRIP_")))
    const words = names.map((name) => (name === "TRIP_MANUAL" ? "manualTrigger" : camel(name.slice(5))))
    words[codes.NOT_TRIPPED] = "none"
    expect([...TRIP_REASONS]).toEqual(words)
  })

  it("every no-change code has its name at its index", () => {
    const words = byCode(exported.filter((name) => name.startsWith("NO_CHANGE_"))).map((n) =>
      camel(n.slice(10)),
    )
    words[0] = "none"
    expect([...NO_CHANGE_REASONS]).toEqual(words)
  })

  it("every kind of audit record has its name at its index", () => {
    const names = byCode(exported.filter((name) => name.startsWith("AUDIT_") && name !== "AUDIT_QUEUE_FULL"))
    expect([...AUDIT_KINDS]).toEqual(names.map((name) => camel(name.slice(6))))
  })

  it("every command has its name at its index", () => {
    const names = byCode(exported.filter((name) => name.startsWith("COMMAND_")))
    expect([...COMMANDS]).toEqual(names.map((name) => camel(name.slice(8))))
  })

  it("every validity and every apply kind has its name at its index", () => {
    expect([...VALIDITIES]).toEqual(
      byCode(["VALID", "INVALID", "WRONG_GENERATION", "SETTLING", "TOO_OLD"]).map(camel),
    )
    expect(APPLY_KINDS[codes.PLUS]).toBe("applyPlus")
    expect(APPLY_KINDS[codes.MINUS]).toBe("applyMinus")
    expect(APPLY_KINDS[codes.UPDATE]).toBe("update")
    expect(APPLY_KINDS[codes.ROLLBACK]).toBe("rollback")
    expect(APPLY_KINDS[codes.RETURN_TO_BASE]).toBe("returnToBase")
    expect(APPLY_KINDS[codes.VISIT_BASELINE]).toBe("visitBaseline")
    expect(APPLY_KINDS[codes.RETREAT]).toBe("retreat")
    expect(APPLY_KINDS[codes.RETURN_TO_TUNED]).toBe("returnToTuned")
    expect(APPLY_KINDS).toHaveLength(8)
  })

  it("a trip reason maps to its code and back; codes that are not trips have no reason", () => {
    for (const reason of TRIP_REASONS) {
      if (reason !== "none") expect(tripReason(tripCode(reason))).toBe(reason)
    }
    expect(tripReason(codes.NOT_TRIPPED)).toBeNull()
    expect(tripReason(99)).toBeNull()
  })
})
