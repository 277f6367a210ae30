/** What a step in a variant's life demands: every want with its path and its remedy, and nothing more than is wanting. */
import { describe, expect, it } from "vitest"
import {
  approvalProblems,
  contentProblems,
  evidenceProblems,
  MIN_READINGS,
  nameProblems,
  noWay,
  promotionProblems,
  revisionProblems,
  signatureProblems,
  withEvidence,
} from "../../src/control/variantRules.ts"
import { samePerson } from "../../src/domain/samePerson.ts"
import type { Problem } from "../../src/domain/errors.ts"
import {
  MAX_BY,
  MAX_EVIDENCE,
  MAX_WHY,
  type NumberedEvidence,
  VARIANT_STATES,
  type VariantConstraint,
  type VariantRecord,
} from "../../src/domain/Variant.ts"

const evidence = (id: number, own: Partial<NumberedEvidence> = {}): NumberedEvidence => ({
  id,
  source: "bench",
  mean: 1,
  standardError: 0.1,
  readings: MIN_READINGS,
  constraintsHeld: true,
  ...own,
})
/** What Ada wrote and Bob may approve. */
const record = (own: Partial<VariantRecord> = {}): VariantRecord => ({
  name: "fast",
  version: 2,
  state: "evaluated",
  content: { values: {}, constraints: [], rollback: { to: "previous", afterBreaches: 2, quarantineUs: 0 } },
  authors: ["Ada"],
  evidence: [evidence(1)],
  evidenceCount: 1,
  approval: null,
  promotion: null,
  ...own,
})
/** Path, what is wrong and what to do about it. */
const rows = (problems: ReadonlyArray<Problem>) =>
  problems.map(({ path, message, suggestion }) => [path, message, suggestion])

describe("two names", () => {
  it("are the same person whatever their case, white space and Unicode form", () => {
    for (const other of ["ada lovelace", " Ada  Lovelace ", "ADA\tLOVELACE", "\uFF21da\u00A0Lovelace"])
      expect(samePerson("Ada Lovelace", other)).toBe(true)
    // Nor what cannot be seen, nor capitals that are two letters.
    for (const other of ["Ada\u200b Lovelace", "\ufeffAda Lovelace\u2060", "A\u00adda Lovelace"])
      expect(samePerson("Ada Lovelace", other)).toBe(true)
    expect(samePerson("Gro\u00df", "GROSS")).toBe(true)
    for (const other of ["AdaLovelace", "Ada", ""]) expect(samePerson("Ada Lovelace", other)).toBe(false)
  })
})

describe("what is stored", () => {
  it("has a readable length, a calendar date, and a visible author", () => {
    const whole = { by: "a".repeat(MAX_BY), why: "w".repeat(MAX_WHY), atUs: -8.64e21 }
    expect(signatureProblems(whole)).toEqual([])
    const long = { by: `${whole.by}a`, why: `${whole.why}w`, atUs: 8.65e21 }
    expect(rows(signatureProblems(long))).toEqual([
      ["by", "has 201 characters.", "Use at most 200."],
      ["why", "has 2001 characters.", "Use at most 2000."],
      ["atUs", "is not a time.", "Give it in microseconds since 1970."],
    ])
    const unseen = { by: "\u200b\u200d", why: "\ufeff \u00ad", atUs: 0 }
    expect(signatureProblems(unseen).map(({ path }) => path)).toEqual(["by", "why"])
  })

  it("has a distinguishable name", () => {
    for (const name of ["zstd", "caf\u00e9", "a b", "日本語", "\u{1f469}\u200d\u{1f4bb}", "constructor"])
      expect(nameProblems(name)).toEqual([])
    for (const name of ["a\u0000", "a\nb", "\u001b[2J", "\u202etxt", "a\u200b", "\ud800", "cafe\u0301"])
      expect(nameProblems(name).map(({ path }) => path)).toEqual(["name"])
  })

  it("has satisfiable bounds", () => {
    const of = "outcome" as const
    const wrong = (constraints: ReadonlyArray<VariantConstraint>) =>
      contentProblems({ values: {}, constraints }, ["content"]).map(({ path, message }) => [path, message])
    expect(contentProblems({ values: {} })).toEqual([])
    expect(wrong([{ channel: "a", of, atLeast: 1, atMost: 1 }])).toEqual([])
    const both = [
      { channel: "a", of, atLeast: 2, atMost: 1 },
      { channel: "b", of, atMost: 1 },
      { channel: "b", of: "context" as const, atLeast: 2 },
      { channel: "b", of, atLeast: 2 },
    ]
    expect(wrong(both)).toEqual([
      ["content.constraints[0]", expect.stringContaining("contradicts itself")],
      ["content.constraints[3]", expect.stringContaining("contradicts constraint 1")],
    ])
    const unfit = { ...record().content, constraints: both.slice(0, 1) }
    expect(approvalProblems(record({ content: unfit }), "Bob")).toHaveLength(1)
  })
})

describe("a signature", () => {
  it("states who, why and when", () => {
    expect(signatureProblems({ by: "Ada", why: "faster", atUs: 0 })).toEqual([])
    expect(rows(signatureProblems({ by: " ", why: "\t", atUs: Number.NaN }))).toEqual([
      ["by", "is missing.", "Say who does it."],
      ["why", "is missing.", "Say why it is done."],
      ["atUs", "is not a time.", "Give it in microseconds since 1970."],
    ])
  })
})

describe("evidence", () => {
  it("has finite numbers, also in its comparison", () => {
    const level = { mean: 0, standardError: 0, readings: 1 }
    expect(evidenceProblems(evidence(1, level))).toEqual([])
    expect(evidenceProblems(evidence(1, { against: level }))).toEqual([])
    const want = ["evidence", "has values that are not numbers.", "No reading is better than a wrong one."]
    const wrong = [
      { mean: Number.NaN },
      { mean: Number.POSITIVE_INFINITY },
      { standardError: Number.NaN },
      { standardError: -1e-9 },
      { readings: 0 },
      { readings: Number.NaN },
    ]
    for (const one of wrong) {
      expect(rows(evidenceProblems(evidence(1, one)))).toEqual([want])
      expect(rows(evidenceProblems(evidence(1, { against: { ...level, ...one } })))).toEqual([want])
      expect(evidenceProblems(evidence(1, { ...one, against: { ...level, ...one } }))).toHaveLength(2)
    }
  })

  it("drops the oldest favourable evidence to make room", () => {
    const full = Array.from({ length: MAX_EVIDENCE }, (_, i) => evidence(i + 1, { constraintsHeld: i !== 0 }))
    const added = evidence(100)
    const ids = withEvidence(full, added).map(({ id }) => id)
    expect(ids).toHaveLength(MAX_EVIDENCE)
    expect([ids[0], ids[1], ids.at(-1)]).toEqual([1, 3, 100])
    const against = full.map((one) => ({ ...one, constraintsHeld: false }))
    expect(withEvidence(against, added).map(({ id }) => id)).toEqual([
      ...full.slice(1).map(({ id }) => id),
      100,
    ])
    expect(withEvidence(full.slice(1), added)).toHaveLength(MAX_EVIDENCE)
  })
})

describe("a revision", () => {
  it("adds its author, unless there are a hundred others", () => {
    const authors = Array.from({ length: 100 }, (_, i) => `author ${i}`)
    expect(revisionProblems(record({ authors: authors.slice(1) }), "Ada")).toEqual([])
    expect(revisionProblems(record({ authors }), "Author 42")).toEqual([])
    expect(rows(revisionProblems(record({ authors }), "Ada"))).toEqual([
      ["by", "has 100 authors already.", "Draft a new variant."],
    ])
  })
})

describe("an approval", () => {
  it("is granted for a complete variant, tried often enough and written by others", () => {
    expect(approvalProblems(record(), "Bob")).toEqual([])
    const mixed = [evidence(1, { readings: MIN_READINGS - 1 }), evidence(2)]
    expect(approvalProblems(record({ evidence: mixed }), "Bob")).toEqual([])
  })

  it("requires constraints, a rollback target elsewhere, and evidence that held", () => {
    expect(rows(approvalProblems(record({ content: { values: {} } }), "Bob"))).toEqual([
      ["constraints", "are missing.", "Write [] where there are none."],
      ["rollback", "is missing.", 'Say where to go back to: { to: "previous", ... }.'],
    ])
    const rollback = { to: "fast", afterBreaches: 2, quarantineUs: 0 }
    expect(
      rows(approvalProblems(record({ content: { values: {}, constraints: [], rollback } }), "Bob")),
    ).toEqual([["rollback.to", "is the variant itself.", "Name another."]])
    expect(rows(approvalProblems(record({ evidence: [] }), "Bob"))).toEqual([
      ["evidence", "is missing.", "Evaluate the variant as it is now."],
    ])
    const few = [evidence(1, { readings: MIN_READINGS - 1 }), evidence(2, { readings: 1 })]
    expect(rows(approvalProblems(record({ evidence: few }), "Bob"))).toEqual([
      ["evidence", `has fewer than ${MIN_READINGS} readings.`, "Measure it more often."],
    ])
    const broken = [
      evidence(1),
      evidence(2, { constraintsHeld: false }),
      evidence(7, { constraintsHeld: false }),
    ]
    expect(rows(approvalProblems(record({ evidence: broken }), "Bob"))).toEqual([
      ["evidence", "number 2 says that a constraint was broken.", "Revise the variant."],
      ["evidence", "number 7 says that a constraint was broken.", "Revise the variant."],
    ])
  })

  it("requires a second person, and named authors", () => {
    const authors = ["Ada", "Bob"]
    expect(rows(approvalProblems(record({ authors }), " bob"))).toEqual([
      ["by", "is one of its authors.", "Somebody else must approve it."],
    ])
    expect(rows(approvalProblems(record({ authors: ["Ada", " "] }), "Bob"))).toEqual([
      ["authors", "include somebody without a name.", "Draft a new variant."],
    ])
  })
})

describe("a promotion", () => {
  const by = (name: string) => ({ by: name, why: "good", atUs: 1 })

  it("requires an approval that would be given again", () => {
    expect(promotionProblems(record({ approval: by("Bob") }))).toEqual([])
    expect(rows(promotionProblems(record()))).toEqual([
      ["approval", "is missing.", "Have it approved first."],
    ])
    expect(rows(promotionProblems(record({ approval: by("Ada") })))).toEqual([
      ["approval.by", "is one of its authors.", "Have somebody else approve it."],
    ])
    const unfounded = record({ approval: by("Bob"), evidence: [] })
    expect(promotionProblems(unfounded)).toEqual(approvalProblems(unfounded, "Bob"))
  })
})

describe("an impossible step", () => {
  it("reports the state, the step, and the alternatives", () => {
    const ways = VARIANT_STATES.map((state) => noWay(state, "promote"))
    expect(new Set(ways.map(({ suggestion }) => suggestion)).size).toBe(VARIANT_STATES.length)
    for (const { suggestion = "" } of ways) expect(suggestion).toMatch(/^[A-Z].*\.$/)
    expect(noWay("draft", "promote").message).toBe("cannot promote a variant that is draft.")
    expect(noWay("archived", "sendBack").message).toBe("cannot send back a variant that is archived.")
  })
})
