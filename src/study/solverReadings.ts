/** The readings of a recorded run as the numbers that importance is estimated from. */
import { Readings } from "../solver/Readings.ts"
import type { SolverSettings } from "../solver/SolverConfig.ts"
import type { HistoryEntry } from "../solver/SolverState.ts"

/** Entries without a value, or with parameters that the space has no place for, are left out. */
export function readingsOf(
  history: ReadonlyArray<HistoryEntry>,
  { space, objective }: SolverSettings,
): Readings {
  const readings = new Readings(space.size)
  const unit = new Float64Array(space.size)
  for (const { params, value } of history) {
    if (value === null) continue
    space.names.forEach((name, i) => {
      unit[i] = space.encodeOne(i, params[name])
    })
    if (unit.every((x) => !Number.isNaN(x))) readings.add(-1, unit, objective === "maximize" ? -value : value)
  }
  return readings
}
