/**
 * `arqon/meta`: a bounded meta level that tunes the scalars of a tuner. Import it where gains or window lengths were guessed, and a
 * wrong guess must neither ruin a run nor be repaired by something without bounds.
 *
 * Stability: unstable.
 */
export { type Level, MOST_LEVELS, requireAcyclic } from "./levels.ts"
export { DEFAULT_PRESETS, type MetaTunerOptions, MOST_PRESETS, MOST_SCALARS } from "./metaOptions.ts"
export { MetaTuner } from "./MetaTuner.ts"
export { LOGGED, META, type MetaMove } from "./MoveLog.ts"
