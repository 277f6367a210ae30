/** A growing host for an Effect program, without threads and folders. */
import * as Layer from "effect/Layer"
import type { GrowthError } from "../../domain/GrowthError.ts"
import type { GrowthOptions } from "./Growth.ts"
import { Growth, growthOn } from "./GrowthService.ts"

/** Begins a growing host; the end of the scope stops it. */
export const makeGrowth: ReturnType<typeof growthOn> = growthOn({})

/** Provides `Growth`. */
export const growthLayer = (options: GrowthOptions): Layer.Layer<Growth, GrowthError> =>
  Layer.effect(Growth, makeGrowth(options))
