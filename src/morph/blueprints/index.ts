/**
 * `arqon/morph/blueprints`: blueprints beyond the six that a growing host has by itself. Give those that you want as `blueprints` of
 * `createGrowth`: what is not imported is not carried along.
 *
 * Stability: unstable.
 */
export { approveBlueprint } from "./approveBlueprint.ts"
export type { Approval, Blueprint, BlueprintParameters, Bound, Cost } from "./Blueprint.ts"
export { GrowthError } from "../../domain/GrowthError.ts"
export { type BlueprintDefinition, defineBlueprint } from "./defineBlueprint.ts"
export { CATALOGUE, FURTHER_BLUEPRINTS } from "./more/all.ts"
export { UNAVAILABLE } from "./unavailable.ts"
export { type BlueprintWish, chooseBlueprint, findBlueprint, findBlueprints } from "./query.ts"
