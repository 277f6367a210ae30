/**
 * The solver as `arqon` gives it: the pure one with a clock, so that its artifact can say how long each phase took. The
 * clock is read when a phase begins and for nothing else; no decision depends on it.
 */
import { type CreateSolver, createSolver as createPureSolver } from "../solver/createSolver.ts"
import { Solver, type SolverOptions } from "../solver/Solver.ts"
import type { Params } from "../solver/SearchSpace.ts"

const nowMs = (): number => globalThis.performance.now()

/** Makes a solver over a space of parameters; `docs/reference/solver.md` lists every option. */
export const createSolver: CreateSolver = (config, options = {}) =>
  createPureSolver(config, { nowMs, ...options })

/**
 * The solver that a saved state belongs to; it goes on where that one stood. Takes what `state()` gave, or the
 * same read from JSON; throws a StateError for anything else, and where the recorded points are not those this build asks for.
 */
export const restoreSolver = <P = Params>(state: unknown, options: SolverOptions = {}): Solver<P> =>
  Solver.restore<P>(state, { nowMs, ...options })
