/**
 * What a user may ask about places the base was taken to: regimes of the homeostasis cache and variants. One object for both
 * faces of the engine.
 */
import type { Learned } from "../domain/Learned.ts"
import type { SelectableVariant } from "../domain/Variant.ts"
import type { VariantCatalogue } from "./createVariantCatalogue.ts"
import type { EngineCore } from "./EngineCore.ts"
import type { Subscription } from "./Listeners.ts"
import type { KnownRegime, VariantSwitch } from "./Relocations.ts"

/** Regimes and variants of an engine; empty and refusing without `homeostasis` and `variants`. */
export interface EngineRelocation {
  /** What the homeostasis cache remembers, best first. */
  readonly regimes: () => ReadonlyArray<KnownRegime>
  /** Lets a regime go; false where there is none of that number. Throws an EngineStateError while the engine does not run. */
  readonly evict: (regime: number) => boolean
  /** The variant that is live; null where none is. */
  readonly variant: () => string | null
  /** Says which variants may be live from now on. Throws a ConfigError for what no variant of this engine can be. */
  readonly offer: (variants: ReadonlyArray<SelectableVariant>) => void
  /** Hears of every switch of variants, after it was recorded and in the same call. */
  readonly onSwitch: (listener: (change: VariantSwitch) => void) => Subscription
  /** What outlives the engine, plain data: the option `learned` of another one. */
  readonly learned: () => Learned
}

export const relocationApi = ({ relocations }: EngineCore): EngineRelocation => ({
  regimes: () => relocations.regimes(),
  evict: (regime) => relocations.evict(regime),
  variant: () => relocations.save().variants.live,
  offer: (variants) => relocations.offer(variants),
  onSwitch: (listener) => relocations.onSwitch(listener),
  learned: () => relocations.save(),
})

/** A catalogue, as far as an engine reads it. */
export type OfferingCatalogue = Pick<VariantCatalogue, "selectable" | "subscribe">

/**
 * Offers an engine what a catalogue says may be live, now and after every step that is taken through it. Rejects where the
 * catalogue cannot be read or offers what the engine cannot be; later such failures are counted and told in the audit, and what
 * was offered before stays.
 */
export function useVariants(
  core: EngineCore,
  catalogue: OfferingCatalogue,
  onSwitch?: (change: VariantSwitch) => void,
): Promise<Subscription> {
  const { relocations } = core
  // Before the first offer: the first variant may be chosen at once.
  const heard = onSwitch === undefined ? null : relocations.onSwitch(onSwitch)
  const offer = (): Promise<void> =>
    catalogue.selectable().then((variants) => {
      if (core.status === "running") relocations.offer(variants)
    })
  const begun = offer().catch((error: unknown) => {
    heard?.unsubscribe()
    return Promise.reject(error)
  })
  return begun.then(() => {
    const reread = relocations.catalogue.add(offer)
    const steps = catalogue.subscribe(() => relocations.catalogue.notify())
    return {
      unsubscribe: () => {
        heard?.unsubscribe()
        reread.unsubscribe()
        steps.unsubscribe()
      },
    }
  })
}
