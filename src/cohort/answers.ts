/** What an owner answers to a replica that it knows: the loop's numbers in user units, by name. */
import { byName } from "../domain/listOf.ts"
import { MILLISECOND_US } from "../domain/Units.ts"
import { TRIP_REASONS } from "../domain/words.ts"
import type { CohortLoop } from "./CohortLoop.ts"
import { type Answer, PROTOCOL } from "./protocol.ts"
import type { RosterEntry } from "./Roster.ts"

/** The answer for this replica now. */
export function answerFor(loop: CohortLoop, names: ReadonlyArray<string>, entry: RosterEntry): Answer {
  const { hot, cohort } = loop
  const { table, config, executor } = hot
  const named = (units: Float64Array): Readonly<Record<string, number>> =>
    byName(names, (i) => table.decode(i, units[i]))
  const baseline = new Float64Array(table.size)
  if (config.hasBaseline) config.baselineUnits(baseline)
  else baseline.set(hot.startUnits)
  const { role, units } = loop.place(entry)
  const trip = Atomics.load(executor.latch, 0)
  return {
    protocol: PROTOCOL,
    at: loop.pair,
    role,
    values: named(units),
    base: named(executor.base),
    baseline: named(baseline),
    leaseMs: cohort.leaseUs / MILLISECOND_US,
    baselineAfterMs: cohort.baselineAfterUs / MILLISECOND_US,
    reportMs: cohort.reportUs / MILLISECOND_US,
    settleMs: cohort.settleUs / MILLISECOND_US,
    emergencyMargin: executor.policy.emergencyMargin,
    ...(trip === 0 ? {} : { safeMode: TRIP_REASONS[trip] }),
  }
}
