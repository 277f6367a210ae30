/**
 * What a step in a variant's life demands, as pure functions: each gives the list of what is missing, empty where nothing
 * is. The machine's guards ask them, and a refusal repeats what they said. Needed wherever a variant may move.
 *
 * Four eyes: an author of any part of a variant's content cannot approve it, and what has no such approval cannot be
 * promoted. Approving and promoting may be done by the same person: the second look is at the content, not at the button.
 */
import type { Problem } from "../domain/errors.ts"
import { problem } from "../domain/problems.ts"
import { personOf, samePerson, UNSEEN } from "../domain/samePerson.ts"
import {
  type Evidence,
  MAX_BY,
  MAX_EVIDENCE,
  MAX_WHY,
  type NumberedEvidence,
  type Signature,
  type VariantAction,
  type VariantContent,
  type VariantRecord,
  type VariantState,
} from "../domain/Variant.ts"

/** Readings that a piece of evidence must rest on to count for an approval: with fewer a standard error means nothing. */
export const MIN_READINGS = 3
const MAX_AUTHORS = 100
/** As far as a Date goes, either way. */
const MAX_DATE_US = 8.64e21
/** Control characters, marks of direction, and spaces that take no room. */
const HIDDEN = /[\p{Cc}\u200b\u200e\u200f\u2028\u2029\u202a-\u202e\u2060\u2066-\u2069\ufeff]/u

/** Who and why: demanded of every step. */
export function signatureProblems({ by, why, atUs }: Signature): ReadonlyArray<Problem> {
  const problems: Array<Problem> = []
  if (personOf(by) === "") problems.push(problem(["by"], "is missing.", "Say who does it."))
  if (why.replace(UNSEEN, "").trim() === "")
    problems.push(problem(["why"], "is missing.", "Say why it is done."))
  // What is longer could be kept, and not be read again.
  for (const [path, text, most] of [["by", by, MAX_BY] as const, ["why", why, MAX_WHY] as const])
    if (text.length > most)
      problems.push(problem([path], `has ${text.length} characters.`, `Use at most ${most}.`))
  if (!(Math.abs(atUs) <= MAX_DATE_US))
    problems.push(problem(["atUs"], "is not a time.", "Give it in microseconds since 1970."))
  return problems
}

/** What a variant cannot be called: nobody could tell it from another in a list, or a store would keep it as another. */
export function nameProblems(name: string): ReadonlyArray<Problem> {
  if (/\p{Surrogate}/u.test(name))
    return [problem(["name"], "contains half a character.", "Use whole characters.")]
  if (HIDDEN.test(name)) return [problem(["name"], "contains invisible characters.", "Leave them out.")]
  if (name !== name.normalize("NFC"))
    return [problem(["name"], "is not in Unicode normal form C.", 'Use name.normalize("NFC").')]
  return []
}

/** What contradicts itself in a variant's content, below `at`. */
export function contentProblems(
  { constraints = [] }: VariantContent,
  at: ReadonlyArray<PropertyKey> = [],
): ReadonlyArray<Problem> {
  return constraints.flatMap((one, i) => {
    const least = one.atLeast ?? Number.NEGATIVE_INFINITY
    const before = constraints.slice(0, i + 1).find((other) => {
      const most = other.atMost ?? Number.POSITIVE_INFINITY
      const same = other.channel === one.channel && other.of === one.of
      const [otherLeast, ownMost] = [
        other.atLeast ?? Number.NEGATIVE_INFINITY,
        one.atMost ?? Number.POSITIVE_INFINITY,
      ]
      return same && (least > most || otherLeast > ownMost)
    })
    if (before === undefined) return []
    const where = before === one ? "itself" : `constraint ${constraints.indexOf(before)}`
    return [
      problem(
        [...at, "constraints", i],
        `contradicts ${where}: nothing that ${JSON.stringify(one.channel)} reads can be within both bounds.`,
        "Make atLeast no larger than atMost.",
      ),
    ]
  })
}

/** What a new piece of evidence lacks. */
export function evidenceProblems(evidence: Evidence): ReadonlyArray<Problem> {
  const problems: Array<Problem> = []
  const levels = [evidence, ...(evidence.against === undefined ? [] : [evidence.against])]
  for (const { mean, standardError, readings } of levels) {
    if (!Number.isFinite(mean) || !Number.isFinite(standardError) || standardError < 0 || !(readings >= 1))
      problems.push(
        problem(["evidence"], "has values that are not numbers.", "No reading is better than a wrong one."),
      )
  }
  return problems
}

/**
 * The evidence with one more piece. Where there is no room the oldest makes it, but never one that speaks against the
 * variant while there is another: an approval must not come nearer by waiting. The transitions keep what went.
 */
export function withEvidence(
  evidence: ReadonlyArray<NumberedEvidence>,
  added: NumberedEvidence,
): ReadonlyArray<NumberedEvidence> {
  if (evidence.length < MAX_EVIDENCE) return [...evidence, added]
  const favourable = evidence.findIndex((one) => one.constraintsHeld)
  return [...evidence.filter((_, i) => i !== Math.max(0, favourable)), added]
}

/** What a revision lacks. */
export function revisionProblems(record: VariantRecord, by: string): ReadonlyArray<Problem> {
  return record.authors.length >= MAX_AUTHORS && !record.authors.some((author) => samePerson(author, by))
    ? [problem(["by"], `has ${MAX_AUTHORS} authors already.`, "Draft a new variant.")]
    : []
}

/** What stands between a variant and its approval by someone. */
export function approvalProblems(record: VariantRecord, by: string): ReadonlyArray<Problem> {
  const { content, evidence, authors } = record
  const problems: Array<Problem> = [...contentProblems(content)]
  if (content.constraints === undefined)
    problems.push(problem(["constraints"], "are missing.", "Write [] where there are none."))
  if (content.rollback === undefined)
    problems.push(problem(["rollback"], "is missing.", 'Say where to go back to: { to: "previous", ... }.'))
  if (content.rollback?.to === record.name)
    problems.push(problem(["rollback", "to"], "is the variant itself.", "Name another."))
  if (evidence.length === 0)
    problems.push(problem(["evidence"], "is missing.", "Evaluate the variant as it is now."))
  else if (evidence.every((one) => one.readings < MIN_READINGS))
    problems.push(problem(["evidence"], `has fewer than ${MIN_READINGS} readings.`, "Measure it more often."))
  for (const { id, constraintsHeld } of evidence)
    if (!constraintsHeld)
      problems.push(
        problem(["evidence"], `number ${id} says that a constraint was broken.`, "Revise the variant."),
      )
  if (authors.some((author) => personOf(author) === ""))
    problems.push(problem(["authors"], "include somebody without a name.", "Draft a new variant."))
  if (authors.some((author) => samePerson(author, by)))
    problems.push(problem(["by"], "is one of its authors.", "Somebody else must approve it."))
  return problems
}

/** What stands between a variant and its promotion: the approval must be one that would be given. */
export function promotionProblems(record: VariantRecord): ReadonlyArray<Problem> {
  const { approval } = record
  if (approval === null) return [problem(["approval"], "is missing.", "Have it approved first.")]
  return approvalProblems(record, approval.by).map((one) =>
    one.path === "by"
      ? problem(["approval", "by"], "is one of its authors.", "Have somebody else approve it.")
      : one,
  )
}

const WAY: Readonly<Record<VariantState, string>> = {
  draft: "Evaluate it first.",
  evaluated: "Have it approved first.",
  approved: "Promote it, withdraw the approval, or archive it.",
  promoted: "Demote it, withdraw the approval, or archive it.",
  archived: "It is over: draft a new variant.",
}

/** A step that does not lead out of a state. */
export function noWay(state: VariantState, action: VariantAction): Problem {
  return problem(
    [],
    `cannot ${action === "sendBack" ? "send back" : action} a variant that is ${state}.`,
    WAY[state],
  )
}
