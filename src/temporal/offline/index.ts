/**
 * `arqon/temporal/offline`: what is asked of a rule before it is put in force. One imports it to try a plan on a model, or to make
 * the table of a shield; what then runs beside the engine is in `arqon/temporal`.
 *
 * Stability: unstable.
 */
export { checkPlan, type Named, type PlanOptions, type PlanVerdict } from "../logic/checkPlan.ts"
export {
  type ShieldBins,
  type ShieldGame,
  type ShieldSynthesis,
  synthesizeShield,
} from "../logic/synthesizeShield.ts"
