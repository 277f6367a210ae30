/**
 * The variant catalogue: the machine of a variant's life over a store. It decides nothing itself: it reads a variant, lets
 * the machine take the step or refuse it, and commits record and step together. Needed by `createVariantCatalogue`.
 */
import { signatureProblems } from "../../control/variantRules.ts"
import { nameProblems } from "../../control/variantRules.ts"
import { problemsOf } from "../../domain/readInput.ts"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import { getInitialSnapshot, transition } from "xstate"
import { contentProblems } from "../../control/variantRules.ts"
import { type Problem, VariantError } from "../../domain/errors.ts"
import { problem, tidy } from "../../domain/problems.ts"
import type { Reading } from "../../domain/Shape.ts"
import { readTotally } from "../../domain/readInput.ts"
import {
  type Evidence,
  EvidenceShape,
  type SelectableVariant,
  type Signature,
  selectableOf,
  type VariantContent,
  VariantContentShape,
  VariantName,
  type VariantRecord,
  type VariantTransition,
} from "../../domain/Variant.ts"
import { type VariantContext, type VariantEvent, variantMachine } from "../../../machines/variant.machine.ts"
import { Listeners } from "../calls/Listeners.ts"
import type { VariantStore } from "./VariantStore.ts"

/** Who asks for a step, and why. */
export interface SignedBy {
  readonly by: string
  readonly why: string
  /** When; now when omitted. */
  readonly atUs?: number | undefined
  /** The version one has looked at: where it is another by now, the step is refused as a conflict. */
  readonly version?: number | undefined
}

/** Steps that need no more than a signature. */
export type PlainStep = "sendBack" | "approve" | "withdraw" | "promote" | "demote" | "archive"

/** What a variant is not called: the word of rollback plans. */
const PREVIOUS = "previous"

/** Content that is well-formed and does not contradict itself. */
function readContent(content: unknown): Reading<VariantContent> {
  const read = readTotally(VariantContentShape, content, { at: ["content"] })
  const problems = read.ok ? contentProblems(read.value, ["content"]) : []
  return problems.length > 0 ? { ok: false, problems } : read
}

const fail = (reason: VariantError["reason"], variant: string, problems: ReadonlyArray<Problem> = []) =>
  new VariantError({ reason, variant, problems: tidy(problems) })

export class Catalogue {
  readonly store: VariantStore
  /** Called with every step after it was stored. */
  readonly steps = new Listeners<VariantTransition>()
  /** What may be live, as it was last read. */
  private known: { readonly revision: string; readonly variants: ReadonlyArray<SelectableVariant> } | null =
    null

  constructor(store: VariantStore) {
    this.store = store
  }

  readonly draft = Effect.fnUntraced(function* (
    this: Catalogue,
    name: string,
    content: VariantContent,
    signed: SignedBy,
  ) {
    const signature = yield* signatureOf(signed)
    const read = readContent(content)
    const problems = [
      ...problemsOf(readTotally(VariantName, name, { at: ["name"] })),
      ...nameProblems(textOf(name)),
      ...(name === PREVIOUS
        ? [problem(["name"], "is a reserved word of rollback plans.", "Choose another.")]
        : []),
      ...problemsOf(read),
      ...signatureProblems(signature),
    ]
    if (!read.ok || problems.length > 0) return yield* fail("invalid", textOf(name), problems)
    const { context } = getInitialSnapshot(variantMachine, { name, content: read.value, ...signature })
    if (yield* this.keep(context)) return context.record
    return yield* fail("exists", name)
  })

  readonly revise = (name: string, content: VariantContent, signed: SignedBy) =>
    this.step(name, signed, (signature) => {
      const read = readContent(content)
      return read.ok
        ? { type: "revise", content: read.value, ...signature }
        : fail("invalid", name, read.problems)
    })

  readonly evaluate = (name: string, evidence: Evidence, signed: SignedBy) =>
    this.step(name, signed, (signature) => {
      const read = readTotally(EvidenceShape, evidence, { at: ["evidence"] })
      return read.ok
        ? { type: "evaluate", evidence: read.value, ...signature }
        : fail("invalid", name, read.problems)
    })

  readonly take = (type: PlainStep, name: string, signed: SignedBy) =>
    this.step(name, signed, (signature) => ({ type, ...signature }))

  readonly get = (name: string) => this.store.read(name)

  /** By name; those that may be live, and what selection needs of them. The same list as long as nothing has changed. */
  readonly selectable = Effect.fnUntraced(function* (this: Catalogue) {
    const { list, live = list, revision } = this.store
    const now = revision === undefined ? null : yield* revision
    if (now !== null && now === this.known?.revision) return this.known.variants
    const variants = (yield* live).flatMap((record): ReadonlyArray<SelectableVariant> => {
      const one = selectableOf(record)
      return one === null ? [] : [one]
    })
    // What changed while it was read is read again.
    this.known = now === null ? null : { revision: now, variants }
    return variants
  })

  private readonly step = Effect.fnUntraced(function* (
    this: Catalogue,
    name: string,
    signed: SignedBy,
    eventOf: (signature: Signature) => VariantEvent | VariantError,
  ) {
    const event = eventOf(yield* signatureOf(signed))
    if (event instanceof VariantError) return yield* event
    const record = yield* this.store.read(name)
    if (record === null) return yield* fail("unknown", name)
    const version = signed?.version
    if (version !== undefined && version !== record.version)
      return yield* fail("conflict", name, [
        problem(["version"], `is ${record.version}, not ${version}.`, "Look at the variant again."),
      ])
    const before = variantMachine.resolveState({ value: record.state, context: contextOf(record) })
    const [{ context }] = transition(variantMachine, before, event)
    const missing = [...(context.refusal ?? []), ...(yield* this.targetProblems(context, event))]
    if (missing.length > 0) return yield* fail("refused", name, missing)
    if (yield* this.keep(context)) return context.record
    return yield* fail("conflict", name, [
      problem(["version"], `is no longer ${record.version}.`, "Look at the variant again."),
    ])
  })

  /** What no single variant can know: whether the one to go back to is there, and leads elsewhere. */
  private readonly targetProblems = Effect.fnUntraced(function* (
    this: Catalogue,
    { record }: VariantContext,
    event: VariantEvent,
  ) {
    if (event.type !== "approve" && event.type !== "promote") return []
    const way = [record.name]
    let plan = record.content.rollback?.to
    // Who leads to itself is told by the machine; a circle that it is not part of is that of others.
    while (plan !== undefined && plan !== PREVIOUS && !way.slice(1).includes(plan)) {
      if (plan === record.name) {
        if (way.length === 1) return []
        return [leads(`back to the variant itself, by way of ${way.slice(1).map(quoted).join(", ")}.`)]
      }
      const target: VariantRecord | null = yield* this.store.read(plan)
      if (way.length === 1 && target === null)
        return [leads(`to ${quoted(plan)}, which is not in the catalogue.`)]
      if (way.length === 1 && target?.state === "archived")
        return [leads(`to ${quoted(plan)}, which is archived.`)]
      way.push(plan)
      plan = target?.content.rollback?.to
    }
    return []
  })

  private readonly keep = Effect.fnUntraced(function* (this: Catalogue, { record, last }: VariantContext) {
    const kept = yield* this.store.commit(record, last)
    if (kept) this.steps.notify(last)
    return kept
  })
}

const quoted = (name: string): string => JSON.stringify(name)
const leads = (where: string): Problem => problem(["rollback", "to"], `leads ${where}`, "Name another.")

/** Who signs, as an untyped caller may have it. */
const signatureOf = (signed: SignedBy | undefined): Effect.Effect<Signature> =>
  Effect.map(nowUs, (now) => ({
    by: textOf(signed?.by),
    why: textOf(signed?.why),
    atUs: signed?.atUs ?? now,
  }))

/** Untyped callers may hand over anything: what is no text is a missing one. */
const textOf = (value: unknown): string => (typeof value === "string" ? value : "")

const nowUs = Effect.map(Clock.currentTimeMillis, (ms) => ms * 1000)

/** The machine's context of a kept variant. Its latest step is told by the store's history, and nothing decides on it. */
function contextOf(record: VariantRecord): VariantContext {
  const { name, version, state } = record
  const last = { variant: name, version, from: state, to: state, by: "", why: "", atUs: 0, evidence: [] }
  return { record, last: { ...last, action: "revise", added: null, content: null }, refusal: null }
}
