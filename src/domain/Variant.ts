/**
 * A variant: one discrete way for the plant to be (an algorithm, a code path, a set of choices that is no knob), with its
 * constraints, its way back, and the evidence for it. One needs this wherever variants are drafted, judged, kept or chosen.
 *
 * A variant goes draft, evaluated, approved, promoted, archived. Only approved and promoted ones are selectable online.
 */
import {
  boolean,
  either,
  list,
  maybe,
  nullOr,
  number,
  numberThat,
  object,
  oneOf,
  type Reading,
  record,
  type Rule,
  type Shape,
  type ShapeType,
  string,
} from "./Shape.ts"
import { readText, readTotally } from "./readInput.ts"

/** Where a variant is in its life, in order. */
export const VARIANT_STATES = ["draft", "evaluated", "approved", "promoted", "archived"] as const
/** Where a variant stands in its life. */
export type VariantState = (typeof VARIANT_STATES)[number]

/** What may be asked for a variant after it was drafted. */
export const VARIANT_ACTIONS = [
  "revise",
  "evaluate",
  "sendBack",
  "approve",
  "withdraw",
  "promote",
  "demote",
  "archive",
] as const
export type VariantAction = (typeof VARIANT_ACTIONS)[number]

/** True for variants that may be live. */
export const isSelectable = (state: VariantState): boolean => state === "approved" || state === "promoted"

const text = (most: number): Shape<string> =>
  string({
    expected: `a text of 1 to ${most} characters`,
    holds: (value) => value.trim() !== "" && value.length <= most,
    json: { minLength: 1, maxLength: most },
  })
const NAME: Rule<string> = {
  expected: "a name of 1 to 128 characters without white space around it",
  holds: (value) => value.trim() === value && value !== "" && value.length <= 128 && value !== "__proto__",
  json: { minLength: 1, maxLength: 128 },
}
/** What a variant may be called. */
export const VariantName = string(NAME)
const name = VariantName
const finite = number()
const whole = (least: number): Shape<number> =>
  numberThat(`a whole number from ${least}`, (n) => Number.isSafeInteger(n) && n >= least, {
    type: "integer",
    minimum: least,
  })
const atLeast0 = numberThat("a number from 0", (n) => n >= 0, { minimum: 0 })
const atMost = (items: number): Rule<ReadonlyArray<unknown>> => ({
  expected: `a list of at most ${items}`,
  holds: ({ length }) => length <= items,
  json: { maxItems: items },
})

/**
 * A bound on one channel of the digests. Of the "context": it must hold before the variant may be chosen (only below 500
 * requests a second). Of the "outcome": it must hold while the variant is live (errors at most 1 %).
 */
const VariantConstraintShape = object(
  {
    channel: name,
    of: oneOf(["context", "outcome"]),
    atLeast: maybe(finite),
    atMost: maybe(finite),
  },
  {
    expected: "a constraint with atLeast or atMost",
    holds: (one) => one["atLeast"] !== undefined || one["atMost"] !== undefined,
    // Channel, side and at least one of the two.
    json: { minProperties: 3 },
  },
)
/** A channel's bound: of the context, to be chosen at all; of the outcome, to be kept. */
export type VariantConstraint = ShapeType<typeof VariantConstraintShape>

/** What is done when a variant breaks a constraint on its outcome. */
const RollbackPlanShape = object({
  /** Where to go: a variant by name, or "previous", the one that was live before. */
  to: name,
  /** Windows in a row that break a constraint before it is left. */
  afterBreaches: whole(1),
  /** How long it is not chosen again. */
  quarantineUs: atLeast0,
})
/** What takes a variant's place when it has to be left. */
export type RollbackPlan = ShapeType<typeof RollbackPlanShape>

const Level = object({ mean: finite, standardError: atLeast0, readings: whole(1) })

/** One measurement of a variant as it is now; a revision makes what was measured before void. */
export const EvidenceShape = object({
  /** Where it comes from: a benchmark, a replay, a canary, a report. */
  source: text(500),
  ...Level.fields,
  /** The same reading of what it was compared with. */
  against: maybe(Level),
  /** Whether every constraint on the outcome held. */
  constraintsHeld: boolean,
  note: maybe(text(2000)),
})
/** One measurement of a variant: its loss, beside what it was measured against, and whether its constraints held. */
export type Evidence = ShapeType<typeof EvidenceShape>

/** Evidence with the number it has among all that was ever given for its variant. */
const NumberedEvidenceShape = object({ id: whole(1), ...EvidenceShape.fields })
export type NumberedEvidence = ShapeType<typeof NumberedEvidenceShape>

/** Pieces of evidence a variant may have at a time: what grows has a cap. */
export const MAX_EVIDENCE = 64

const content = {
  /** The choices it stands for, for the plant to read. */
  values: record(either(finite, string(), boolean), NAME),
  description: maybe(text(2000)),
  /** An empty list says that there are none; left out, nobody has thought about it, and it cannot be approved. */
  constraints: maybe(list(VariantConstraintShape, atMost(32))),
  rollback: maybe(RollbackPlanShape),
}

/** What an author writes. */
export const VariantContentShape = object(content)
/** What a variant is: its values, constraints and way back. */
export type VariantContent = ShapeType<typeof VariantContentShape>

/** Characters of a signature. */
export const MAX_BY = 200
export const MAX_WHY = 2000

/** Who did it, when and why. */
const SignatureShape = object({ by: text(MAX_BY), why: text(MAX_WHY), atUs: finite })
export type Signature = ShapeType<typeof SignatureShape>

/** A variant as a store keeps it. */
export const VariantRecordShape = object({
  name,
  /** Counts the transitions, drafting included: what writers compare to not overwrite each other. */
  version: whole(1),
  state: oneOf(VARIANT_STATES),
  content: VariantContentShape,
  /** The author of the current content, who cannot approve it. */
  authors: list(text(MAX_BY), atMost(100)),
  evidence: list(NumberedEvidenceShape, atMost(MAX_EVIDENCE)),
  /** Pieces of evidence ever given. */
  evidenceCount: whole(0),
  approval: nullOr(SignatureShape),
  promotion: nullOr(SignatureShape),
})
/** A variant with its state, evidence, approval and promotion. */
export type VariantRecord = ShapeType<typeof VariantRecordShape>

/** One step in a variant's life: the record of the audit. */
export const VariantTransitionShape = object({
  variant: name,
  /** Version of the variant after it. */
  version: whole(1),
  action: oneOf(["draft", ...VARIANT_ACTIONS]),
  /** Null for the draft. */
  from: nullOr(oneOf(VARIANT_STATES)),
  to: oneOf(VARIANT_STATES),
  ...SignatureShape.fields,
  /** Numbers of the evidence it rested on. */
  evidence: list(whole(1)),
  /** Evidence that came with it. */
  added: nullOr(NumberedEvidenceShape),
  /** The content, where this step wrote it. */
  content: nullOr(VariantContentShape),
})
/** One step in a variant's life: what, from where to where, by whom, when and why. */
export type VariantTransition = ShapeType<typeof VariantTransitionShape>

/** What selection needs to know of a variant that may be live. */
const SelectableVariantShape = object({
  name,
  version: whole(1),
  state: oneOf(["approved", "promoted"]),
  values: content.values,
  constraints: list(VariantConstraintShape, atMost(32)),
  rollback: RollbackPlanShape,
  /** Who agreed to it, when and why; for the record of a switch. */
  approval: maybe(SignatureShape),
})
/** A variant as selection sees it: approved or promoted. */
export type SelectableVariant = ShapeType<typeof SelectableVariantShape>

const Offer = list(SelectableVariantShape)

/** The same from the text of a record's note; null where it says no such thing. */
export const readOfferText = (text: string): ReadonlyArray<SelectableVariant> | null => readText(Offer, text)

/** What a catalogue offers an engine, checked; problems lie below `at`. */
export const readOffer = (
  input: unknown,
  at: ReadonlyArray<string>,
): Reading<ReadonlyArray<SelectableVariant>> => readTotally(Offer, input, { at, excess: "drop" })

/** A variant for selection, or null for one that must not be live: not approved, or without what an approval demands. */
export function selectableOf(record: VariantRecord): SelectableVariant | null {
  const { name: called, version, state, content: own, approval } = record
  const { values, constraints, rollback } = own
  if (state !== "approved" && state !== "promoted") return null
  if (approval === null || constraints === undefined || rollback === undefined) return null
  return { name: called, version, state, values, constraints, rollback, approval }
}
