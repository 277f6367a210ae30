/** A cohort's loop from the settings of an engine: where names and defaults of a configuration meet the numbers. */
import { resolveGuardrails } from "../control/guardrails.ts"
import { type ComparisonPolicy, DEFAULT_COMPARISON } from "../control/comparison.ts"
import { cycleOf, spsaOf } from "../control/loopSettings.ts"
import type { EngineSettings } from "../domain/Config.ts"
import { type Resumption, startUnits } from "../domain/Resumption.ts"
import { MEAN, PERIODIC } from "../hot/codes.ts"
import { HotPath } from "../hot/HotPath.ts"
import { SpsaKernel } from "../hot/SpsaKernel.ts"
import { CohortLoop } from "./CohortLoop.ts"
import type { CohortSettings } from "./cohortOptions.ts"
import { PATIENCE } from "./SideBySide.ts"

/** Windows that a cycle takes at most, about. */
const LONGEST_CYCLE = 3

/**
 * A loop that stands where the settings begin, or where the owner before stood; `start` it, or `resume` it. `epoch`, from 1, is higher
 * than that of every owner before. `records`: what replicas have shown is recorded; `Loop`: where something else than replicas shows it.
 */
export function makeCohort(
  settings: EngineSettings,
  cohort: CohortSettings,
  epoch: number,
  resumption: Resumption | null = null,
  {
    records = false,
    Loop = CohortLoop,
  }: { readonly records?: boolean; readonly Loop?: typeof CohortLoop } = {},
): CohortLoop {
  const { space } = settings
  const policy = resolveGuardrails(settings.guardrails)
  const initialUnit = startUnits(space, resumption)
  const hot = new HotPath({
    table: space.table,
    policy,
    initialUnit,
    fallbackUnit: space.initialUnit,
    beginsElsewhere: initialUnit.some((unit, i) => unit !== space.initialUnit[i]),
    // A stage is one digest and one window: replicas have averaged, and have let it settle.
    window: {
      windowDigests: 1,
      windowUs: cohort.windowUs,
      settleUs: 0,
      maxAgeUs: Number.POSITIVE_INFINITY,
      aggregate: MEAN,
      trim: 0,
    },
    auditCapacity: settings.auditCapacity,
    journalDigests: records,
    manualTime: true,
  })
  const shared = space.names.map((name) => cohort.shared.includes(name))
  const design = shared.every(Boolean) ? "together" : cohort.design
  const mixed = shared.some(Boolean) && design !== "together"
  // Stages are not equally long, and no trend runs through readings of different replicas.
  const spsa = { ...spsaOf(settings, policy), covariate: 0, lookAhead: false }
  return new Loop(hot, new SpsaKernel(space.table, spsa), {
    epoch,
    seed: settings.seed,
    cohort: { ...cohort, design, comparison: comparisonOf(settings, cohort, policy.maxStep) },
    shared: mixed ? shared : null,
    records,
    cycle: cycleOf(settings, policy),
  })
}

/** How control replicas are compared; null where nobody has asked for it. A turn without a pair must not pass for silence. */
function comparisonOf(
  { comparison, space }: EngineSettings,
  { windowUs }: CohortSettings,
  radius: number,
): ComparisonPolicy | null {
  if (comparison === null) return null
  const { everyCycles = DEFAULT_COMPARISON.everyCycles } = comparison
  const periodic = Array.from(space.table.scale, (scale) => scale === PERIODIC)
  const holdUs = Math.max(DEFAULT_COMPARISON.holdUs, LONGEST_CYCLE * PATIENCE * everyCycles * windowUs)
  return { ...DEFAULT_COMPARISON, radius, periodic, holdUs, ...(comparison as Partial<ComparisonPolicy>) }
}
