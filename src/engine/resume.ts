/**
 * How an engine that takes another one's place begins: with the configuration, the baseline and the latch that it was
 * given. A replay begins the same way, from the record of the start.
 */
import type { EngineSettings } from "../domain/Config.ts"
import { keptBaseline, type Resumption, startUnits } from "../domain/Resumption.ts"
import { AtomicConfig } from "../hot/AtomicConfig.ts"
import type { HotPath } from "../hot/HotPath.ts"
import type { EngineEvent } from "../../machines/engineContext.ts"
import { hotPathOf } from "./engineParts.ts"

/**
 * The hot path of the settings, standing where the resumption says. `shared` is a configuration in memory that readers of other
 * threads go on reading: it is taken over from its previous writer, and without a generation in the resumption it stands
 * at the start already.
 */
export function resumedHotPath(
  settings: EngineSettings,
  manualTime: boolean,
  resumption: Resumption | null,
  shared?: SharedArrayBuffer,
): HotPath {
  const { table } = settings.space
  const start = startUnits(settings.space, resumption)
  const config = shared === undefined ? new AtomicConfig(table, start) : AtomicConfig.takeOver(table, shared)
  const before = resumption?.generation ?? null
  if (before !== null && shared === undefined) config.beginAfter(before)
  else if (before !== null) {
    config.draftFrom(start)
    config.commit(new Float64Array(1), 0)
  }
  const hot = hotPathOf(settings, manualTime, start, config)
  hot.executor.recallRollbacks(resumption?.rollbacksUs ?? [])
  const baseline = keptBaseline(settings.space, resumption)
  if (baseline !== null) hot.config.keepBaseline(baseline, Float64Array.of(hot.config.generation), 0)
  return hot
}

/** The event that begins an engine, with what its latch takes over. */
export function startEvent(resumption: Resumption | null, nowUs: number): EngineEvent {
  if (resumption === null) return { type: "start", nowUs }
  const { safeMode, rollbacksUs } = resumption
  if (safeMode === null) return { type: "start", nowUs, resumed: { rollbacksUs, open: null } }
  const { reason, exit, sinceUs, deadlineUs } = safeMode
  return { type: "start", nowUs, resumed: { rollbacksUs, open: { reason, exit, sinceUs, deadlineUs } } }
}
