/**
 * `arqon/morph/effect`: a growing host for Effect programs, scoped and supervised.
 *
 * Stability: unstable.
 */
export { EngineFaultError } from "../domain/errors.ts"
export { GrowthError } from "../domain/GrowthError.ts"
export { growthLayer, makeGrowth } from "./service/growthLayer.ts"
export { Growth, type GrowthService } from "./service/GrowthService.ts"
