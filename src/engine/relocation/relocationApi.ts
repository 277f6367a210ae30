/**
 * What a user can ask about regimes of the homeostasis cache and about variants. Both faces of the engine share
 * this object.
 */
import type { Learned } from "../../domain/Learned.ts"
import type { SelectableVariant } from "../../domain/Variant.ts"
import type { VariantCatalogue } from "./createVariantCatalogue.ts"
import type { EngineCore } from "../EngineCore.ts"
import type { Subscription } from "../calls/Listeners.ts"
import { type Note, noteOf } from "../contract/noteOf.ts"
import { outcomeOf } from "../calls/outcome.ts"
import type { KnownRegime, VariantSwitch } from "../contract/RelocationState.ts"

/** Regimes and variants of an engine. Empty and refusing without `homeostasis` and `variants`. */
export interface EngineRelocation {
  /** The regimes remembered by the homeostasis cache, best first. */
  readonly regimes: () => ReadonlyArray<KnownRegime>
  /**
   * Forgets a regime; false if there is none with that number. Throws an EngineStateError unless the engine is
   * running.
   */
  readonly evict: (regime: number, note?: Note) => boolean
  /** The live variant; null if there is none. */
  readonly variant: () => string | null
  /** Sets which variants may be live. Throws a ConfigError for one that does not suit this engine. */
  readonly offer: (variants: ReadonlyArray<SelectableVariant>) => void
  /** Called with every switch of variants, once it is recorded and within the same call. */
  readonly onSwitch: (listener: (change: VariantSwitch) => void) => Subscription
  /** What the engine has learned, as plain data for the option `learned` of another engine. */
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
 * Lets an engine choose among the variants that a catalogue allows: now, after every step taken through this
 * catalogue, and within a second of steps taken elsewhere (never in manual time). Rejects if the engine is not
 * running, if the catalogue cannot be read, or if a variant does not suit the engine. Later failures are counted
 * and audited: while the catalogue cannot be read, the last offer stays in force, and a variant that does not suit
 * is left out.
 */
export function useVariants(
  core: EngineCore,
  catalogue: OfferingCatalogue,
  onSwitch?: (change: VariantSwitch) => void,
): Promise<Subscription> {
  const { relocations } = core
  const ready = outcomeOf(() => relocations.expectVariants("useVariants"))
  if (!ready.ok) return Promise.reject(ready.error)
  // Before the first offer, because the first variant may be chosen at once.
  const subscription = onSwitch === undefined ? null : relocations.onSwitch(onSwitch)
  let looks = 0
  let taken = 0
  const offer = (whole: boolean): Promise<void> => {
    const look = ++looks
    return catalogue.selectable().then((variants) => {
      // An answer overtaken by a later look is outdated.
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
