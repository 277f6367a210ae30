/** The two ways to run a neural host's programs: as SIMD instructions, or as plain loops that are the oracle for them. */
import type { Arena } from "../tensor/Arena.ts"
import { FastPlan } from "../tensor/fast/FastPlan.ts"
import { fastUpdates } from "../tensor/fast/fastUpdates.ts"
import { REFERENCE_UPDATES, type Updates } from "../tensor/optimisers.ts"
import { ReferencePlan } from "../tensor/ReferencePlan.ts"
import type { PlanMaker } from "./runs.ts"

/** How programs are run, and how numbers are changed by their gradients. */
export interface Engine {
  readonly make: PlanMaker
  readonly updates: (arena: Arena) => Updates
}

/** SIMD, in browsers too. */
export const FAST: Engine = {
  make: (program, arena) => new FastPlan(program, arena),
  updates: (arena) => fastUpdates(arena),
}

/** Plain loops: the oracle. */
export const REFERENCE: Engine = {
  make: (program, arena) => new ReferencePlan(program, arena),
  updates: () => REFERENCE_UPDATES,
}
