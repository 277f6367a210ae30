/**
 * The variant catalogue for plain programs: promises around the Effects of `VariantCatalogue`. Which store it opens by
 * default is up to the entry: memory in a browser, SQLite under Node where a directory is given.
 */
import * as Effect from "effect/Effect"
import { VariantError } from "../../domain/errors.ts"
import type {
  Evidence,
  SelectableVariant,
  VariantContent,
  VariantRecord,
  VariantTransition,
} from "../../domain/Variant.ts"
import type { Subscription } from "../calls/Listeners.ts"
import { Catalogue, type PlainStep, type SignedBy } from "./VariantCatalogue.ts"
import { memoryVariants, type VariantStore } from "./VariantStore.ts"

/** Options of `createVariantCatalogue`; without any it lives in memory. */
export interface VariantCatalogueOptions {
  /** A directory for the catalogue, made if need be; memory when omitted. Needs a disk. */
  readonly state?: string | undefined
  /** A store of one's own instead. */
  readonly store?: VariantStore | undefined
}

/** A step that needs a signature and nothing else. */
type SignedStep = (name: string, signed: SignedBy) => Promise<VariantRecord>

/** Every call rejects with a VariantError where it refuses, and then nothing was changed. */
export interface VariantCatalogue extends Readonly<Record<PlainStep, SignedStep>> {
  readonly draft: (name: string, content: VariantContent, signed: SignedBy) => Promise<VariantRecord>
  readonly revise: (name: string, content: VariantContent, signed: SignedBy) => Promise<VariantRecord>
  readonly evaluate: (name: string, evidence: Evidence, signed: SignedBy) => Promise<VariantRecord>
  readonly get: (name: string) => Promise<VariantRecord | null>
  readonly list: () => Promise<ReadonlyArray<VariantRecord>>
  /** Those that may be live: approved and promoted ones, and no others. */
  readonly selectable: () => Promise<ReadonlyArray<SelectableVariant>>
  /** Every step, of one variant or of all, in the order they were taken. */
  readonly history: (name?: string) => Promise<ReadonlyArray<VariantTransition>>
  /** Hears every step that is taken through this catalogue. */
  readonly subscribe: (listener: (transition: VariantTransition) => void) => Subscription
  readonly close: () => Promise<void>
}

/** Makes or opens a catalogue; rejects with a VariantError where its store cannot be opened. */
export type CreateVariantCatalogue = (options?: VariantCatalogueOptions) => Promise<VariantCatalogue>

/** How a place opens the store in a directory; null where there is no disk. */
export type OpenVariants = ((directory: string) => Effect.Effect<VariantStore, VariantError>) | null

const noDisk = /* @__PURE__ */ new VariantError({
  reason: "store",
  variant: "",
  problems: [
    {
      path: "state",
      message: "needs a disk, which is not available here.",
      suggestion: "Leave it out in a browser, or give a store.",
    },
  ],
})

export const createVariantCatalogueOn =
  (open: OpenVariants): CreateVariantCatalogue =>
  (options = {}) => {
    const { state, store } = options
    const opening =
      store !== undefined || state === undefined
        ? Effect.succeed(store ?? memoryVariants())
        : open === null
          ? Effect.fail(noDisk)
          : open(state)
    return Effect.runPromise(Effect.map(opening, (opened) => plainCatalogue(new Catalogue(opened))))
  }

function plainCatalogue(catalogue: Catalogue): VariantCatalogue {
  const { store, steps } = catalogue
  const take =
    (type: PlainStep): SignedStep =>
    (name, signed) =>
      Effect.runPromise(catalogue.take(type, name, signed))
  return {
    draft: (name, content, signed) => Effect.runPromise(catalogue.draft(name, content, signed)),
    revise: (name, content, signed) => Effect.runPromise(catalogue.revise(name, content, signed)),
    evaluate: (name, evidence, signed) => Effect.runPromise(catalogue.evaluate(name, evidence, signed)),
    sendBack: take("sendBack"),
    approve: take("approve"),
    withdraw: take("withdraw"),
    promote: take("promote"),
    demote: take("demote"),
    archive: take("archive"),
    get: (name) => Effect.runPromise(catalogue.get(name)),
    list: () => Effect.runPromise(store.list),
    selectable: () => Effect.runPromise(catalogue.selectable()),
    history: (name) => Effect.runPromise(store.history(name)),
    subscribe: (listener) => steps.add(listener),
    close: () => Effect.runPromise(store.close),
  }
}
