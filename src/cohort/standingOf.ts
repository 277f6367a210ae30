/** Where a cohort's loop stands, as what its owner saves: the loop's numbers by name. */
import { byName } from "../domain/listOf.ts"
import type { ParamSpace } from "../domain/ParamSpace.ts"
import { SAFE_MODE_EXITS, type SafeModeExit, tripReason } from "../domain/words.ts"
import { BY_DRAIN, BY_GUARD, BY_RESET, BY_TIMER } from "../hot/LoopSafety.ts"
import type { CohortLoop } from "./CohortLoop.ts"
import type { CohortStanding } from "./CohortStanding.ts"
import { knobHash } from "./knobHash.ts"

/** Names of the ways out, by their number. */
const EXIT_OF = { [BY_TIMER]: 0, [BY_GUARD]: 0, [BY_DRAIN]: 3, [BY_RESET]: 1 } as const

/** Which way leads out of the SafeMode of a loop. Means nothing while it is closed. */
export const exitOf = ({ wayOut }: CohortLoop): SafeModeExit =>
  SAFE_MODE_EXITS[EXIT_OF[wayOut as keyof typeof EXIT_OF]]

/** Where the loop stands now. `ended`: it has stopped; otherwise this is for the case that it dies. */
export function standingOf(loop: CohortLoop, space: ParamSpace, run: string, ended: boolean): CohortStanding {
  const { hot, state, guarded, wayOut } = loop
  const { config, executor } = hot
  const nowUs = hot.nowCell[0]
  const named = (units: Float64Array): Readonly<Record<string, number>> =>
    byName(space.names, (i) => space.table.decode(i, units[i]))
  const baseline = new Float64Array(space.names.length)
  if (config.hasBaseline) config.baselineUnits(baseline)
  const reason = tripReason(Atomics.load(executor.latch, 0))
  const dueUs = wayOut === BY_GUARD ? nowUs + loop.options.safeModeUs : loop.leavesAtUs
  return {
    resumption: {
      start: named(executor.base),
      baseline: config.hasBaseline ? named(baseline) : null,
      safeMode:
        reason === null
          ? null
          : {
              reason,
              sinceUs: nowUs,
              exit: exitOf(loop),
              deadlineUs: Number.isFinite(dueUs) ? dueUs : null,
              detail: null,
            },
      rollbacksUs: [...executor.rollbackTimes()],
      generation: null,
      from: { run, ended, atUs: nowUs, why: ended ? "Its owner has stopped." : "Its owner is at work." },
      warnings: [],
    },
    paused: loop.isResting,
    learned: {
      table: knobHash(space),
      state: [...state],
      guarded: [...guarded],
      interferes: loop.interferes,
      own: [...loop.ownDeviations.save()],
      evidence: loop.evidence,
    },
  }
}

/** What must be saved before it is announced, as one text: the baseline, SafeMode, rollbacks, and whether a person has stopped tuning. */
export function essenceOf({ hot: { config, executor }, wayOut, isResting }: CohortLoop): string {
  const baseline = new Float64Array(config.knobs)
  if (config.hasBaseline) config.baselineUnits(baseline)
  const latch = Atomics.load(executor.latch, 0)
  return `${config.hasBaseline} ${baseline.join(" ")} ${latch} ${wayOut} ${isResting} ${executor.rollbacks}`
}
