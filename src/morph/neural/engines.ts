/**
 * The two ways to run a neural host's programs that the package has: as SIMD instructions, or as plain loops that are the oracle for them.
 * Under Node there is a third one, which runs grafts by compiled kernels (`morph/node/kernels`).
 */
import type { Arena } from "../tensor/Arena.ts"
import { FastPlan } from "../tensor/fast/FastPlan.ts"
import { fastUpdates } from "../tensor/fast/fastUpdates.ts"
import { REFERENCE_UPDATES, type Updates } from "../tensor/optimisers.ts"
import { type Plan, ReferencePlan } from "../tensor/ReferencePlan.ts"
import type { Program } from "../tensor/Program.ts"
import type { Planted } from "./Grafts.ts"
import type { Insert } from "./mixed.ts"
import type { PlanMaker } from "./runs.ts"

/** Whose programs are run: by owner, what is planted in it and what was kept. */
export interface Grafted {
  readonly grafts: { readonly bySocket: ReadonlyMap<string, Planted> }
  readonly network: { readonly kept: ReadonlyArray<Insert> }
}

/** How programs are run, and how numbers are changed by their gradients. */
export interface Engine {
  readonly make: (program: Program, arena: Arena, host: Grafted) => Plan
  readonly updates: (arena: Arena) => Updates
}

/** An engine that does not ask whose programs they are. */
export type PlainEngine = Engine & { readonly make: PlanMaker }

/** SIMD, in browsers too. */
export const FAST: PlainEngine = {
  make: (program, arena) => new FastPlan(program, arena),
  updates: (arena) => fastUpdates(arena),
}

/** Plain loops: the oracle. */
export const REFERENCE: PlainEngine = {
  make: (program, arena) => new ReferencePlan(program, arena),
  updates: () => REFERENCE_UPDATES,
}
