/** The fleet that a bucket's owner drives: without a clock, and with the rules and the watch over stability that the fleet has. */
import { ConfigError, type Problem } from "../domain/errors.ts"
import type { FleetSettings } from "../domain/FleetConfig.ts"
import { FleetCore } from "../fleet/FleetCore.ts"
import { watch } from "../fleet/watches.ts"

/** Records of a bucket are passed on at once; a stage for thousands of engines weighs half a megabyte. */
const STAGE_RECORDS = 256

/** Throws a ConfigError for rules that are none. */
export function watchedCore(settings: FleetSettings): FleetCore {
  const core = new FleetCore(settings, null, STAGE_RECORDS)
  if (settings.engine.rules !== null || settings.engine.stability) watch(core)
  return core
}

/** What is wrong with the rules of a fleet's engines, by their place in the engine's configuration. */
export function watchProblems(settings: FleetSettings): ReadonlyArray<Problem> {
  try {
    watchedCore(settings)
    return []
  } catch (error) {
    if (error instanceof ConfigError) return error.problems
    throw error
  }
}
