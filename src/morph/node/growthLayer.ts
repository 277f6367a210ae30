/** A growing host for an Effect program under Node: policies can have threads, and so can what trains. */
import * as Layer from "effect/Layer"
import type { GrowthError } from "../../domain/GrowthError.ts"
import type { GrowthOptions } from "../service/Growth.ts"
import { Growth, growthOn } from "../service/GrowthService.ts"
import { PLATFORM } from "./createGrowth.ts"

/** Begins a growing host; the end of the scope stops it. */
export const makeGrowth: ReturnType<typeof growthOn> = growthOn(PLATFORM)

/** Provides `Growth`. */
export const growthLayer = (options: GrowthOptions): Layer.Layer<Growth, GrowthError> =>
  Layer.effect(Growth, makeGrowth(options))
