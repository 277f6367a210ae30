/** A solver from a recorded run, with a word for the user where the record does not repeat. */
import { StateError } from "../domain/errors.ts"
import { Solver, type SolverOptions } from "../solver/Solver.ts"
import type { SolverState } from "../solver/SolverState.ts"
import { EXTRA_STRATEGIES } from "../solver/strategies/extraStrategies.ts"
import { CliFailure } from "./exitCodes.ts"
import { shortPath } from "../system/paths.ts"

/** Throws a CliFailure that says where the recorded points are not those this version asks for. */
export function restoreFrom(path: string, state: SolverState, options: SolverOptions = {}): Solver {
  try {
    return Solver.fromState(state, { strategies: EXTRA_STRATEGIES, ...options })
  } catch (cause) {
    if (!(cause instanceof StateError)) throw cause
    const problems = cause.problems.map(
      ({ path: at, message, suggestion }) =>
        `  ${at}: ${message}${suggestion === undefined ? "" : ` ${suggestion}`}`,
    )
    throw new CliFailure(`${shortPath(path)} cannot be resumed:\n${problems.join("\n")}`)
  }
}
