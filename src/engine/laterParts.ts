/**
 * The parts of an engine that a browser loads on demand, as one module: for the audit's sinks, and for `homeostasis`, `variants`,
 * `stability`, `schedule`, `rules` and `meta`. One, because bundlers split off what two such modules share with the engine, and every page would load that
 * as a file of its own.
 */
export { openSinks } from "./audit/openSinks.ts"
export { attachMeta } from "./meta/attachMeta.ts"
export { watchStability } from "./stability/watchStability.ts"
export { runSchedule } from "./schedule/runSchedule.ts"
export { relocationParts } from "./relocation/relocationParts.ts"
export { watchRules } from "./rules/RuleWatch.ts"
