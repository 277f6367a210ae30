/**
 * An engine of a fleet goes on where the owner of its bucket before left it: on its base after a stop, on its baseline in SafeMode after a
 * kill. An owner does it when a key is asked for, and a replay does it again.
 */
import { fits } from "../domain/Resumption.ts"
import { SECOND_US } from "../domain/Units.ts"
import type { FleetCore } from "../fleet/FleetCore.ts"
import { adopt } from "../fleet/handOver.ts"
import { type KeyStanding, safeForUs } from "./keyStanding.ts"

const HOUR_US = 3600 * SECOND_US

export interface TakenUp {
  readonly key: string
  /** Null: what was saved cannot be read, so a person has to look. */
  readonly left: KeyStanding | null
  /** Hash of the knobs. */
  readonly table: string
  readonly nowUs: number
}

/** When SafeMode ends that it stands in by the change of owners; infinite: it is in none, or only a person resets it. */
export function takeUp(core: FleetCore, { key, left, table, nowUs }: TakenUp): number {
  const { space } = core.settings.engine
  const same = left?.table === table
  const found = left?.baseline ?? null
  const baseline =
    found !== null && space.names.every((name, i) => fits(space, i, found[name])) ? found : null
  const from = left === null ? {} : left.ended ? left.start : (baseline ?? left.start)
  const initial = Object.fromEntries(
    Object.entries(from).filter(([name, value]) => fits(space, space.names.indexOf(name), value)),
  )
  const cell = adopt(
    core,
    key,
    { initial },
    {
      baseline:
        baseline && Float64Array.from(space.names, (name, i) => space.table.encode(i, baseline[name])),
      learned: same ? left.learned : [],
      guarded: same ? left.guarded : [],
      records: left?.records ?? 0,
    },
  )
  const crashed = left?.ended !== true
  const rollbacks = (left?.rollbacksAgoUs ?? [])
    .map((agoUs) => nowUs - agoUs)
    .filter((us) => us > nowUs - HOUR_US)
  if (!crashed && left.safe === null && rollbacks.length === 0) return Number.POSITIVE_INFINITY
  // Its budgets, and SafeMode, need a loop. A kill is a rollback that nobody counted.
  core.send(cell, { type: "reset", note: "Its owner has changed." })
  cell.loop?.hot.executor.recallRollbacks(crashed ? [...rollbacks, nowUs] : rollbacks)
  const safeUs = safeForUs(left, {
    rollbacksThisHour: rollbacks.length,
    rollbacksPerHour: cell.loop?.hot.executor.policy.rollbacksPerHour ?? 0,
    cooldownUs: cell.loop?.options.safeModeUs ?? Number.POSITIVE_INFINITY,
  })
  if (safeUs <= 0) return Number.POSITIVE_INFINITY
  core.send(cell, {
    type: "trip",
    note: crashed ? "Its owner ended without saying so." : "SafeMode was open under the owner before.",
  })
  return nowUs + safeUs
}
