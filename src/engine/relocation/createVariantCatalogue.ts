/**
 * The variant catalogue for plain programs: promises around the Effects of `VariantCatalogue`. The default store
 * depends on the entry: memory in a browser, SQLite under Node if a directory is given.
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

/** Options of `createVariantCatalogue`. Without any, the catalogue is in memory. */
export interface VariantCatalogueOptions {
  /** A directory for the catalogue, created if necessary. Default: memory. Needs a disk. */
  readonly state?: string | undefined
  /** Your own store instead. */
  readonly store?: VariantStore | undefined
}

/** A step that needs only a signature. */
type SignedStep = (name: string, signed: SignedBy) => Promise<VariantRecord>

/** A call that refuses rejects with a VariantError and changes nothing. */
export interface VariantCatalogue extends Readonly<Record<PlainStep, SignedStep>> {
  readonly draft: (name: string, content: VariantContent, signed: SignedBy) => Promise<VariantRecord>
  readonly revise: (name: string, content: VariantContent, signed: SignedBy) => Promise<VariantRecord>
  readonly evaluate: (name: string, evidence: Evidence, signed: SignedBy) => Promise<VariantRecord>
  readonly get: (name: string) => Promise<VariantRecord | null>
  readonly list: () => Promise<ReadonlyArray<VariantRecord>>
  /** Variants that may be live: approved and promoted ones only. */
  readonly selectable: () => Promise<ReadonlyArray<SelectableVariant>>
  /** Every step of one variant or of all, in the order they were taken. */
  readonly history: (name?: string) => Promise<ReadonlyArray<VariantTransition>>
  /** Called with every step taken through this catalogue. */
  readonly subscribe: (listener: (transition: VariantTransition) => void) => Subscription
  readonly close: () => Promise<void>
}

/** Creates or opens a catalogue. Rejects with a VariantError if its store cannot be opened. */
export type CreateVariantCatalogue = (options?: VariantCatalogueOptions) => Promise<VariantCatalogue>

/** How a platform opens the store in a directory; null if there is no disk. */
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
