/** A growing host for an Effect program under Node: policies can have threads, and so can what trains. */
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type { GrowthError } from "../../domain/GrowthError.ts"
import type { GrowthOptions } from "../service/Growth.ts"
import { Growth, growthOn } from "../service/GrowthService.ts"
import { onNode } from "./createGrowth.ts"

/** Begins a growing host; the end of the scope stops it. */
export const makeGrowth: ReturnType<typeof growthOn> = (given) =>
  Effect.flatMap(
    Effect.try({ try: () => onNode(given), catch: (cause) => cause as GrowthError }),
    ([options, platform]) => growthOn(platform)(options),
  )

/** Provides `Growth`. */
export const growthLayer = (options: GrowthOptions): Layer.Layer<Growth, GrowthError> =>
  Layer.effect(Growth, makeGrowth(options))
