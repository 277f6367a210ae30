/**
 * The life of a variant as a statechart: draft, evaluated, approved, promoted, archived, and no way round a state. One
 * needs it to keep a catalogue (the runtime's does), or to spawn a variant as an actor inside a machine of one's own.
 *
 * Every state answers every event. What is refused changes nothing but `refusal`, which names all that is missing; what is
 * accepted leaves one transition in `last`: who, when, why, from where to where, on which evidence.
 */
import { assign, emit, enqueueActions, setup } from "xstate"
import { asData } from "./asData.ts"
import {
  approvalProblems,
  evidenceProblems,
  noWay,
  promotionProblems,
  revisionProblems,
  signatureProblems,
  withEvidence,
} from "../src/control/variantRules.ts"
import { samePerson } from "../src/domain/samePerson.ts"
import type { Problem } from "../src/domain/errors.ts"
import type {
  Evidence,
  Signature,
  VariantContent,
  VariantRecord,
  VariantState,
  VariantTransition,
} from "../src/domain/Variant.ts"

type Signed<T> = T & Signature

/** What `variantMachine` answers to: each step with who took it, when and why. */
export type VariantEvent =
  | Signed<{ readonly type: "revise"; readonly content: VariantContent }>
  | Signed<{ readonly type: "evaluate"; readonly evidence: Evidence }>
  | Signed<{ readonly type: "sendBack" | "approve" | "withdraw" | "promote" | "demote" | "archive" }>

/** What `variantMachine` is started with: a draft. */
export interface VariantInput extends Signature {
  readonly name: string
  readonly content: VariantContent
}

/** Context of `variantMachine`: the variant with its evidence and approval. */
export interface VariantContext {
  readonly record: VariantRecord
  /** The latest accepted step. */
  readonly last: VariantTransition
  /** What the latest event lacked; null when it was accepted. */
  readonly refusal: ReadonlyArray<Problem> | null
}

/** To listeners: a step was taken, or what it lacked. */
export type VariantReport =
  | { readonly type: "moved"; readonly transition: VariantTransition }
  | { readonly type: "refused"; readonly problems: ReadonlyArray<Problem> }

const signatureOf = ({ by, why, atUs }: Signature): Signature => ({ by, why, atUs })

/** All that an event lacks in the state where it would be taken. */
function lacks({ record }: VariantContext, event: VariantEvent): ReadonlyArray<Problem> {
  const unsigned = signatureProblems(event)
  switch (event.type) {
    case "revise":
      return [...unsigned, ...revisionProblems(record, event.by)]
    case "evaluate":
      return [...unsigned, ...evidenceProblems(event.evidence)]
    case "approve":
      return [...unsigned, ...approvalProblems(record, event.by)]
    case "promote":
      return [...unsigned, ...promotionProblems(record)]
    default:
      return unsigned
  }
}

/** The context after an accepted event. */
function moved(context: VariantContext, event: VariantEvent, to: VariantState): VariantContext {
  const { record } = context
  const { type: action } = event
  const signature = signatureOf(event)
  const revised = event.type === "revise" ? event.content : null
  const added = event.type === "evaluate" ? { id: record.evidenceCount + 1, ...event.evidence } : null
  const kept = added === null ? record.evidence : withEvidence(record.evidence, added)
  const evidence = revised === null ? kept : []
  const keepsApproval = to === "approved" || to === "promoted"
  const next: VariantRecord = {
    ...record,
    version: record.version + 1,
    state: to,
    content: revised ?? record.content,
    authors:
      revised === null || record.authors.some((author) => samePerson(author, event.by))
        ? record.authors
        : [...record.authors, event.by],
    evidence,
    evidenceCount: record.evidenceCount + (added === null ? 0 : 1),
    approval: action === "approve" ? signature : keepsApproval ? record.approval : null,
    promotion: action === "promote" ? signature : to === "promoted" ? record.promotion : null,
  }
  const last: VariantTransition = {
    variant: record.name,
    version: next.version,
    action,
    from: record.state,
    to,
    ...signature,
    // Of a revision: what it made void.
    evidence: (revised === null ? evidence : record.evidence).map(({ id }) => id),
    added,
    content: revised,
  }
  return { record: next, last, refusal: null }
}

/** A fresh draft. */
function drafted({ name, content, ...signature }: VariantInput): VariantContext {
  const record: VariantRecord = {
    name,
    version: 1,
    state: "draft",
    content,
    authors: [signature.by],
    evidence: [],
    evidenceCount: 0,
    approval: null,
    promotion: null,
  }
  const last: VariantTransition = {
    variant: name,
    version: 1,
    action: "draft",
    from: null,
    to: "draft",
    ...signatureOf(signature),
    evidence: [],
    added: null,
    content,
  }
  return { record, last, refusal: null }
}

const variantSetup = setup({
  types: {
    context: {} as VariantContext,
    events: {} as VariantEvent,
    input: {} as VariantInput,
    emitted: {} as VariantReport,
    tags: {} as "live" | "safe",
  },
  guards: {
    nothingIsMissing: ({ context, event }) => lacks(context, event).length === 0,
    breaksConstraint: ({ context, event }) =>
      event.type === "evaluate" && !event.evidence.constraintsHeld && lacks(context, event).length === 0,
  },
  actions: {
    move: assign(({ context, event }, params: { to: VariantState }) => moved(context, event, params.to)),
    report: emit(({ context }) => ({ type: "moved" as const, transition: context.last })),
    refuse: enqueueActions(({ context, event, enqueue }) => {
      const problems = lacks(context, event)
      enqueue.assign({ refusal: problems })
      enqueue.emit({ type: "refused", problems })
    }),
    sayNoWay: enqueueActions(({ context, event, enqueue }) => {
      const problems = [noWay(context.record.state, event.type)]
      enqueue.assign({ refusal: problems })
      enqueue.emit({ type: "refused", problems })
    }),
  },
})

const moveTo = (to: VariantState) => [{ type: "move" as const, params: { to } }, "report" as const]

/** Taken where nothing is missing, else refused with all that is. */
const step = (to: VariantState) => [
  { guard: "nothingIsMissing" as const, target: `#variant.${to}`, actions: moveTo(to) },
  { actions: "refuse" as const },
]

/** The same without leaving the state. */
const stay = (state: VariantState) => [
  { guard: "nothingIsMissing" as const, actions: moveTo(state) },
  { actions: "refuse" as const },
]

const no = { actions: "sayNoWay" as const }

/** Evidence while it may be live: a broken constraint withdraws every approval. */
const watch = (state: VariantState) => [
  { guard: "breaksConstraint" as const, target: "#variant.evaluated", actions: moveTo("evaluated") },
  ...stay(state),
]

const chart = variantSetup.createMachine({
  id: "variant",
  description: "The life of a variant: draft, evaluated, approved, promoted, archived.",
  context: ({ input }) => drafted(input),
  initial: "draft",
  states: {
    draft: {
      tags: ["safe"],
      description: "Written but not measured, or sent back. A revision voids all earlier evidence.",
      on: {
        revise: stay("draft"),
        evaluate: step("evaluated"),
        sendBack: no,
        approve: no,
        withdraw: no,
        promote: no,
        demote: no,
        archive: step("archived"),
      },
    },
    evaluated: {
      tags: ["safe"],
      description: "There is evidence, but nobody else has approved it yet.",
      on: {
        revise: step("draft"),
        evaluate: stay("evaluated"),
        sendBack: step("draft"),
        approve: step("approved"),
        withdraw: no,
        promote: no,
        demote: no,
        archive: step("archived"),
      },
    },
    approved: {
      tags: ["live"],
      description: "Selectable online: it may be tried.",
      on: {
        revise: no,
        evaluate: watch("approved"),
        sendBack: no,
        approve: no,
        withdraw: step("evaluated"),
        promote: step("promoted"),
        demote: no,
        archive: step("archived"),
      },
    },
    promoted: {
      tags: ["live"],
      description: "Selectable online, and the fallback when another variant must be left.",
      on: {
        revise: no,
        evaluate: watch("promoted"),
        sendBack: no,
        approve: no,
        withdraw: step("evaluated"),
        promote: no,
        demote: step("approved"),
        archive: step("archived"),
      },
    },
    archived: {
      tags: ["safe"],
      description: "Archived: kept for the record, never live again. A new draft is possible.",
      on: {
        revise: no,
        evaluate: no,
        sendBack: no,
        approve: no,
        withdraw: no,
        promote: no,
        demote: no,
        archive: no,
      },
    },
  },
})

/** The life of one variant as a statechart, from draft to archive; no step can be left out. */
export const variantMachine = asData(chart, {
  show: ({ record, refusal }: VariantContext) => ({
    name: record.name,
    version: record.version,
    evidence: record.evidenceCount,
    refusal,
  }),
})
