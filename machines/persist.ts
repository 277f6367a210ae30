/**
 * Snapshots of Arqon's machines as JSON and back. XState persists contexts as they are, and ours hold typed arrays and
 * live objects; here the arrays are written out, and the live objects are named so that they can be supplied again.
 * One needs it to carry an engine, a cycle or a latch over a restart.
 *
 * ```ts
 * const json = JSON.stringify(persist(actor))
 * const data = JSON.parse(json)
 * const hot = new HotPath({ ...options, initialUnit: safeUnits(data) ?? initialUnit })
 * createActor(engineMachine, { input: { hot, seed }, snapshot: revive(data, { hot }) }).start()
 * ```
 *
 * A restored engine stands where its new hot path was built (hand it `safeUnits`: the baseline), never on a perturbation,
 * and its cycle begins afresh from there with everything it has learnt. A restored latch is open until the same time. A
 * restored solver asks for the very points that the old one would have asked for; what was out is still out (`pendingTrials`).
 */
import type { Snapshot } from "xstate"
import { Solver, type SolverOptions } from "../src/solver/Solver.ts"
import { type EngineParts, type Json, reviveParts } from "./persistCodec.ts"
import { SolverMoment } from "./SolverMoment.ts"

export { type Json, persist, safeUnits } from "./persistCodec.ts"

/** The live objects that no JSON can hold; those a snapshot names must be there. */
export interface LiveParts extends EngineParts {
  /** For solvers that use strategies of one's own, or a clock. */
  readonly solver?: SolverOptions
}

/** A snapshot for `createActor(machine, { input, snapshot })`. */
export function revive(data: Json, parts: LiveParts = {}): Snapshot<unknown> {
  const options = parts.solver ?? {}
  return reviveParts(data, parts, (state) => new SolverMoment(Solver.restore(state, options), options))
}
