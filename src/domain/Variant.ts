/**
 * A variant: one discrete way for the plant to be (an algorithm, a code path, a set of choices that is no knob), with its
 * constraints, its way back, and the evidence for it. One needs this wherever variants are drafted, judged, kept or chosen.
 *
 * A variant goes draft, evaluated, approved, promoted, archived. Only approved and promoted ones are selectable online.
 */
import * as Schema from "effect/Schema"

/** Where a variant is in its life, in order. */
export const VARIANT_STATES = ["draft", "evaluated", "approved", "promoted", "archived"] as const
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

const text = (most: number) =>
  Schema.String.check(
    Schema.makeFilter((value: string) => value.trim() !== "" && value.length <= most, {
      expected: `a text of 1 to ${most} characters`,
    }),
  )
const name = Schema.String.check(
  Schema.makeFilter(
    (value: string) => value.trim() === value && value !== "" && value.length <= 128 && value !== "__proto__",
    { expected: "a name of 1 to 128 characters without white space around it" },
  ),
)
const whole = (least: number) =>
  Schema.Finite.check(
    Schema.makeFilter((n: number) => Number.isSafeInteger(n) && n >= least, {
      expected: `a whole number from ${least}`,
    }),
  )
const atLeast0 = Schema.Finite.check(
  Schema.makeFilter((n: number) => n >= 0, { expected: "a number from 0" }),
)
const atMost = (items: number) =>
  Schema.makeFilter((list: ReadonlyArray<unknown>) => list.length <= items, {
    expected: `a list of at most ${items}`,
  })

/**
 * A bound on one channel of the digests. Of the "context": it must hold before the variant may be chosen (only below 500
 * requests a second). Of the "outcome": it must hold while the variant is live (errors at most 1 %).
 */
export const VariantConstraint = Schema.Struct({
  channel: name,
  of: Schema.Literals(["context", "outcome"]),
  atLeast: Schema.optionalKey(Schema.Finite),
  atMost: Schema.optionalKey(Schema.Finite),
}).check(
  Schema.makeFilter((one) => one.atLeast !== undefined || one.atMost !== undefined, {
    expected: "a constraint with atLeast or atMost",
  }),
)
export type VariantConstraint = typeof VariantConstraint.Type

/** What is done when a variant breaks a constraint on its outcome. */
export const RollbackPlan = Schema.Struct({
  /** Where to go: a variant by name, or "previous", the one that was live before. */
  to: name,
  /** Windows in a row that break a constraint before it is left. */
  afterBreaches: whole(1),
  /** How long it is not chosen again. */
  quarantineUs: atLeast0,
})
export type RollbackPlan = typeof RollbackPlan.Type

const Level = Schema.Struct({ mean: Schema.Finite, standardError: atLeast0, readings: whole(1) })

/** One measurement of a variant as it is now; a revision makes what was measured before void. */
export const Evidence = Schema.Struct({
  /** Where it comes from: a benchmark, a replay, a canary, a report. */
  source: text(500),
  ...Level.fields,
  /** The same reading of what it was compared with. */
  against: Schema.optionalKey(Level),
  /** Whether every constraint on the outcome held. */
  constraintsHeld: Schema.Boolean,
  note: Schema.optionalKey(text(2000)),
})
export type Evidence = typeof Evidence.Type

/** Evidence with the number it has among all that was ever given for its variant. */
export const NumberedEvidence = Schema.Struct({ id: whole(1), ...Evidence.fields })
export type NumberedEvidence = typeof NumberedEvidence.Type

/** Pieces of evidence a variant may have at a time: what grows has a cap. */
export const MAX_EVIDENCE = 64

const content = {
  /** The choices it stands for, for the plant to read. */
  values: Schema.Record(name, Schema.Union([Schema.Finite, Schema.String, Schema.Boolean])),
  description: Schema.optionalKey(text(2000)),
  /** An empty list says that there are none; left out, nobody has thought about it, and it cannot be approved. */
  constraints: Schema.optionalKey(Schema.Array(VariantConstraint).check(atMost(32))),
  rollback: Schema.optionalKey(RollbackPlan),
}

/** What an author writes. */
export const VariantContent = Schema.Struct(content)
export type VariantContent = typeof VariantContent.Type

/** Who did it, when and why. */
export const Signature = Schema.Struct({ by: text(200), why: text(2000), atUs: Schema.Finite })
export type Signature = typeof Signature.Type

/** A variant as a store keeps it. */
export const VariantRecord = Schema.Struct({
  name,
  /** Counts the transitions, drafting included: what writers compare to not overwrite each other. */
  version: whole(1),
  state: Schema.Literals(VARIANT_STATES),
  content: VariantContent,
  /** Who wrote the content as it is; whoever does so cannot approve it. */
  authors: Schema.Array(text(200)).check(atMost(100)),
  evidence: Schema.Array(NumberedEvidence).check(atMost(MAX_EVIDENCE)),
  /** Pieces of evidence ever given. */
  evidenceCount: whole(0),
  approval: Schema.NullOr(Signature),
  promotion: Schema.NullOr(Signature),
})
export type VariantRecord = typeof VariantRecord.Type

/** One step in a variant's life: the record of the audit. */
export const VariantTransition = Schema.Struct({
  variant: name,
  /** Version of the variant after it. */
  version: whole(1),
  action: Schema.Literals(["draft", ...VARIANT_ACTIONS]),
  /** Null for the draft. */
  from: Schema.NullOr(Schema.Literals(VARIANT_STATES)),
  to: Schema.Literals(VARIANT_STATES),
  ...Signature.fields,
  /** Numbers of the evidence it rested on. */
  evidence: Schema.Array(whole(1)),
  /** Evidence that came with it. */
  added: Schema.NullOr(NumberedEvidence),
  /** The content, where this step wrote it. */
  content: Schema.NullOr(VariantContent),
})
export type VariantTransition = typeof VariantTransition.Type

/** What selection needs to know of a variant that may be live. */
export const SelectableVariant = Schema.Struct({
  name,
  version: whole(1),
  state: Schema.Literals(["approved", "promoted"]),
  values: content.values,
  constraints: Schema.Array(VariantConstraint).check(atMost(32)),
  rollback: RollbackPlan,
})
export type SelectableVariant = typeof SelectableVariant.Type

/** The same from the text of a record's note. */
export const decodeOfferText = Schema.decodeUnknownExit(
  Schema.fromJsonString(Schema.Array(SelectableVariant)),
)

/** What a catalogue offers an engine, checked. */
export const decodeOffer = Schema.decodeUnknownExit(Schema.Array(SelectableVariant), { errors: "all" })

/** A variant for selection, or null for one that must not be live: not approved, or without what an approval demands. */
export function selectableOf(record: VariantRecord): SelectableVariant | null {
  const { name: called, version, state, content: own, approval } = record
  const { values, constraints, rollback } = own
  if (state !== "approved" && state !== "promoted") return null
  if (approval === null || constraints === undefined || rollback === undefined) return null
  return { name: called, version, state, values, constraints, rollback }
}
