/**
 * The variant catalogue as an Effect service: its calls are Effects that fail with a VariantError, its store closes with the
 * layer. Needed in Effect programs; everybody else takes `createVariantCatalogue`, which is the same catalogue.
 */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type { VariantError } from "../../domain/errors.ts"
import { Catalogue } from "./VariantCatalogue.ts"
import { memoryVariants, type VariantStore } from "./VariantStore.ts"

/** The catalogue of a program. `Variants.memory` forgets it with the process; `arqon/node` has a layer that keeps it. */
export class Variants extends Context.Service<Variants, Catalogue>()("arqon/Variants") {
  /** Over a store of one's own, which is closed with the layer. */
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

  /** For as long as the process lives. */
  static readonly memory: Layer.Layer<Variants, VariantError> = Variants.layer(Effect.sync(memoryVariants))
}
