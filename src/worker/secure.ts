/**
 * What the caller's thread does with a configuration whose worker is gone for good. Before anything else, the last
 * known good configuration goes live under a new generation with the latch word open, so that no reader is left on
 * a perturbation. The dead thread may have stopped at any point; only what it had published counts.
 */
import { TRIP_ENGINE_FAULT } from "../hot/codes.ts"
import { AtomicConfig, WORD_LATCH } from "../hot/AtomicConfig.ts"
import { P_TARGET } from "../hot/SafetyExecutor.ts"
import { resolveGuardrails } from "../control/guardrails.ts"
import { noteRollback } from "../control/tripRules.ts"
import type { EngineSettings } from "../domain/Config.ts"
import { valuesByName } from "../domain/ParamSpace.ts"
import type { Resumption } from "../domain/Resumption.ts"
import { SAFE_MODE_EXITS, tripReason } from "../domain/words.ts"
import {
  cellsOf,
  LATCH_DEADLINE,
  LATCH_EXIT,
  LATCH_SINCE,
  readRollbacks,
  type SharedEngine,
  writeRollbacks,
} from "./SharedEngine.ts"

/** Puts the plant on its baseline, or its base if there is none. Returns how the next worker begins. */
export function secure(
  handle: SharedEngine,
  settings: EngineSettings,
  death: { readonly run: string; readonly atUs: number; readonly detail: string },
): Resumption {
  const { space } = settings
  const { table } = space
  const config = AtomicConfig.takeOver(table, handle.config)
  const latch = new Int32Array(handle.config, WORD_LATCH * 4, 1)
  const open = tripReason(Atomics.load(latch, 0))
  if (open === null) Atomics.store(latch, 0, TRIP_ENGINE_FAULT)
  if (config.hasBaseline) config.draftBaseline()
  // A base that was being moved is a mixture of two, each knob within its bounds. An invalid one is not used.
  else if (config.draftFrom(baseOf(config)) >= 0) config.draftFrom(space.initialUnit)
  config.commit(Float64Array.of(death.atUs), 0)
  const live = new Float64Array(config.knobs)
  config.readUnits(live)
  const values = valuesByName(space, live)
  const rollbacksUs = rollbacksOf(cellsOf(handle.state), config.hasBaseline, death.atUs)
  return {
    start: values,
    baseline: config.hasBaseline ? values : null,
    safeMode: latchOf(handle, settings, open, death, rollbacksUs.length),
    rollbacksUs,
    generation: config.generation,
    from: { run: death.run, ended: false, atUs: death.atUs, why: `Its worker died: ${death.detail}` },
    warnings: ["What the cycle had learned, and audit records still in memory, were lost with the worker."],
  }
}

/** The base in the writer's scratch memory. */
const baseOf = (config: AtomicConfig): Float64Array =>
  new Float64Array(config.buffer, 8 * (config.deskAt + P_TARGET + config.knobs), config.knobs)

/**
 * A latch that was already open stays as it was. One opened by the death is released after the cooldown of a
 * rollback, unless there were too many rollbacks in an hour.
 */
function latchOf(
  handle: SharedEngine,
  settings: EngineSettings,
  open: ReturnType<typeof tripReason>,
  { atUs, detail }: { readonly atUs: number; readonly detail: string },
  rollbacks: number,
): Resumption["safeMode"] {
  if (open === null) {
    const { cooldownUs, rollbacksPerHour } = resolveGuardrails(settings.guardrails)
    const latch = { reason: "engineFault", sinceUs: atUs, detail } as const
    return rollbacks > rollbacksPerHour
      ? { ...latch, exit: "manualReset", deadlineUs: null }
      : { ...latch, exit: "timer", deadlineUs: atUs + cooldownUs }
  }
  const cells = cellsOf(handle.state)
  const deadlineUs = cells[LATCH_DEADLINE]
  return {
    reason: open,
    sinceUs: finite(cells[LATCH_SINCE]) ?? atUs,
    exit: SAFE_MODE_EXITS[cells[LATCH_EXIT]] ?? "manualReset",
    deadlineUs: finite(deadlineUs),
    detail,
  }
}

/** The worker's rollbacks, plus this one if it was one: the next worker may die before it reports it. */
function rollbacksOf(cells: Float64Array, rolledBack: boolean, atUs: number): ReadonlyArray<number> {
  const before = readRollbacks(cells)
  const now = rolledBack ? noteRollback(before, atUs, before.length + 1) : before
  writeRollbacks(cells, now)
  return now
}

const finite = (value: number): number | null => (Number.isFinite(value) ? value : null)
