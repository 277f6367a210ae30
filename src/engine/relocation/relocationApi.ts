/**
 * What a user may ask about places the base was taken to: regimes of the homeostasis cache and variants. One object for both
 * faces of the engine.
 */
import type { Learned } from "../../domain/Learned.ts"
import type { SelectableVariant } from "../../domain/Variant.ts"
import type { VariantCatalogue } from "./createVariantCatalogue.ts"
import type { EngineCore } from "../EngineCore.ts"
import type { Subscription } from "../calls/Listeners.ts"
import { type Note, noteOf } from "../contract/noteOf.ts"
import { outcomeOf } from "../calls/outcome.ts"
import type { KnownRegime, VariantSwitch } from "../contract/RelocationState.ts"

/** Regimes and variants of an engine; empty and refusing without `homeostasis` and `variants`. */
export interface EngineRelocation {
  /** What the homeostasis cache remembers, best first. */
  readonly regimes: () => ReadonlyArray<KnownRegime>
  /** Lets a regime go; false where there is none of that number. Throws an EngineStateError while the engine does not run. */
  readonly evict: (regime: number, note?: Note) => boolean
  /** The variant that is live; null where none is. */
  readonly variant: () => string | null
  /** Says which variants may be live from now on. Throws a ConfigError for what no variant of this engine can be. */
  readonly offer: (variants: ReadonlyArray<SelectableVariant>) => void
  /** Hears of every switch of variants, after it was recorded and in the same call. */
  readonly onSwitch: (listener: (change: VariantSwitch) => void) => Subscription
  /** What outlives the engine, plain data: the option `learned` of another one. */
  readonly learned: () => Learned
}

export const relocationApi = (core: EngineCore): EngineRelocation => ({
  regimes: () => core.relocations.regimes(),
  evict: (regime, note) => core.send({ type: "evict", regime, note: noteOf(note) }),
  variant: () => core.relocations.save().variants.live,
  offer: (variants) => void core.send({ type: "offer", variants }),
  onSwitch: (listener) => core.relocations.onSwitch(listener),
  learned: () => core.relocations.save(),
})

/** A catalogue, as far as an engine reads it. */
export type OfferingCatalogue = Pick<VariantCatalogue, "selectable" | "subscribe">

/**
 * Offers an engine what a catalogue says may be live: now, after every step that is taken through it, and within a second of those
 * taken elsewhere (in manual time nobody looks). Rejects where the engine does not run, and where the catalogue cannot be read or
 * offers what the engine cannot be. Later such failures are counted and told in the audit: while the catalogue cannot be read
 * what was offered stays, and a variant that the engine cannot be is left out.
 */
export function useVariants(
  core: EngineCore,
  catalogue: OfferingCatalogue,
  onSwitch?: (change: VariantSwitch) => void,
): Promise<Subscription> {
  const { relocations } = core
  const ready = outcomeOf(() => relocations.expectVariants("useVariants"))
  if (!ready.ok) return Promise.reject(ready.error)
  // Before the first offer: the first variant may be chosen at once.
  const subscription = onSwitch === undefined ? null : relocations.onSwitch(onSwitch)
  let looks = 0
  let taken = 0
  const offer = (whole: boolean): Promise<void> => {
    const look = ++looks
    return catalogue.selectable().then((variants) => {
      // An answer that was overtaken by that of a later look says what no longer is.
      if (look < taken || core.status !== "running") return
      taken = look
      relocations.follow(variants, whole)
    })
  }
  const begun = offer(true).catch((error: unknown) => {
    subscription?.unsubscribe()
    return Promise.reject(error)
  })
  return begun.then(() => {
    const reread = relocations.catalogue.add(() => offer(false))
    const steps = catalogue.subscribe(() => relocations.catalogue.notify())
    return {
      unsubscribe: () => {
        subscription?.unsubscribe()
        reread.unsubscribe()
        steps.unsubscribe()
      },
    }
  })
}
