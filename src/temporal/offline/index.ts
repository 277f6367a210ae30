/**
 * `arqon/temporal/offline`: what is asked of a rule before it is put in force, and of estimates before they are believed. One
 * imports it to try a plan on a model, to make the table of a shield, or to check estimates against known equations and against
 * linear noise; what runs beside the engine is in `arqon/temporal`.
 *
 * Stability: unstable.
 */
export { correlationDimension, type CorrelationDimensionOptions } from "../attractor/correlationDimension.ts"
export { exponentSpectrum, type KnownSystem } from "../attractor/exponentSpectrum.ts"
export { surrogateOf, surrogateZ } from "../attractor/surrogates.ts"
export { checkPlan, type Named, type PlanOptions, type PlanVerdict } from "../logic/checkPlan.ts"
export {
  type ShieldBins,
  type ShieldGame,
  type ShieldSynthesis,
  synthesizeShield,
} from "../logic/synthesizeShield.ts"
