/**
 * The variant catalogue as an Effect service. Its calls fail with a VariantError, and the layer closes its store.
 * Outside Effect programs, use `createVariantCatalogue`, which is the same catalogue.
 */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type { VariantError } from "../../domain/errors.ts"
import { Catalogue } from "./VariantCatalogue.ts"
import { memoryVariants, type VariantStore } from "./VariantStore.ts"

/**
 * The catalogue of a program. `Variants.memory` lasts as long as the process; `arqon/node` has a layer that
 * persists it.
 */
export class Variants extends Context.Service<Variants, Catalogue>()("arqon/Variants") {
  /** Over your own store, which the layer closes. */
  static readonly layer = (
    open: Effect.Effect<VariantStore, VariantError>,
  ): Layer.Layer<Variants, VariantError> =>
    Layer.effect(
      Variants,
      Effect.map(
        Effect.acquireRelease(open, (store) => Effect.ignore(store.close)),
        (store) => new Catalogue(store),
      ),
    )

  /** Lasts as long as the process. */
  static readonly memory: Layer.Layer<Variants, VariantError> = Variants.layer(Effect.sync(memoryVariants))
}
