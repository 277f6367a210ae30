/**
 * A solver at one moment of its run. Snapshots of an actor are values: an inspector keeps old ones, a model explores from
 * any of them, and an old one must not change because the run went on. A solver does change; so a snapshot holds the solver
 * together with how far it had come, and when it has gone further since, gives a copy that is repeated up to there.
 *
 * In an actor that runs, the solver is always where its last snapshot left it, and nothing is ever repeated.
 */
import { Solver, type SolverCounts, type SolverOptions } from "../src/solver/Solver.ts"
import type { PendingEntry, SolverState } from "../src/solver/SolverState.ts"

/** A solver as it stood at one moment of its run; a value, however far the run has gone since. */
export class SolverMoment {
  /** Where the run stood. */
  readonly counts: SolverCounts
  readonly #solver: Solver
  readonly #options: SolverOptions
  readonly #entries: number

  /** The present moment of a solver. `options` are those it was made with: a copy needs them. */
  constructor(solver: Solver, options: SolverOptions) {
    this.counts = solver.counts
    this.#solver = solver
    this.#options = options
    this.#entries = solver.history.length
  }

  /** The solver, standing at this moment. */
  get(): Solver {
    const { asked, duplicates } = this.#solver.counts
    const still =
      asked === this.counts.asked &&
      duplicates === this.counts.duplicates &&
      this.#solver.history.length === this.#entries
    return still ? this.#solver : Solver.fromState(this.state(), this.#options)
  }

  /** The moment to which a solver that came from this one has got. */
  next(solver: Solver): SolverMoment {
    return new SolverMoment(solver, this.#options)
  }

  /** The run up to this moment, as JSON. */
  state(): SolverState {
    const now = this.#solver.state()
    // What was told since is out again, what was asked since is forgotten.
    const since = now.history.slice(this.#entries).flatMap((entry): ReadonlyArray<PendingEntry> => {
      const { eval_id, asked_after, params, phase, decision } = entry
      if (eval_id === null || asked_after === null || phase === "seed" || phase === "told") return []
      return [{ eval_id, params, asked_after, phase, decision }]
    })
    const out = [...now.pending, ...since].filter((entry) => entry.eval_id < this.counts.asked)
    return {
      ...now,
      history: now.history.slice(0, this.#entries),
      pending: out.toSorted((a, b) => a.eval_id - b.eval_id),
      counts: this.counts,
    }
  }
}

/** The moment that a saved state holds. A StateError for one that is none, or that needs strategies which are not there. */
export const solverFrom = (state: unknown, options: SolverOptions = {}): SolverMoment =>
  new SolverMoment(Solver.restore(state, options), options)
