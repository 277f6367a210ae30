/** The state of a solver run with evaluations that failed and readings that are absurd. */
import { createSolver, type SolverState } from "../../../src/index.ts"

export function roughRun(): SolverState {
  const solver = createSolver({ seed: 4, budget: 60, bounds: { x: { min: -5, max: 5 } } })
  let told = 0
  for (let batch; (batch = solver.ask()) !== null; ) {
    solver.tell(
      batch.map((params) => {
        told++
        if (told % 9 === 4) return { params, value: null }
        return { params, value: told % 13 === 6 ? 1e9 : (params.x - 1) ** 2 }
      }),
    )
  }
  return solver.state()
}
