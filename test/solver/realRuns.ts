/**
 * States and artifacts as the solver itself writes them, for tests of what reads them: noisy, failing, seeded, with trials
 * out and readings nobody asked for.
 */
import { createSolver } from "../../src/solver/createSolver.ts"
import type { Solver } from "../../src/solver/Solver.ts"

/** What a file would hold. */
export const saved = <A>(document: A): A => JSON.parse(JSON.stringify(document)) as A

/** A run of `evaluations` results over a mixed space, the last batch still out. */
export function mixedRun(evaluations = 20): Solver {
  const solver = createSolver({
    seed: 7,
    budget: 40,
    bounds: {
      x: { min: -5, max: 5 },
      rate: { min: 1e-4, max: 1, scale: "log" },
      angle: { min: 0, max: 360, scale: "periodic" },
      layers: { min: 1, max: 8, step: 1 },
      kernel: { choices: ["rbf", "linear", 3] },
      shrink: { type: "boolean" },
    },
    strategy: "nelderMead",
    strategy_params: { edge: 0.3, edgy: 1 },
  }) as unknown as Solver
  solver.seed({ params: { x: 1, rate: 0.1, angle: 10, layers: 2, kernel: "rbf", shrink: true }, value: 9 })
  solver.tell({ params: { x: 2, rate: 0.1, angle: 10, layers: 2, kernel: 3, shrink: false }, value: 11 })
  for (let told = 0; told < evaluations; ) {
    const trials = solver.askTrials(2) ?? []
    for (const { id, params } of trials.toReversed()) {
      const value = (params.x as number) ** 2 + Math.log(params.rate as number) ** 2
      solver.tell(id % 7 === 3 ? { id, failed: "diverged" } : { id, value })
      told++
    }
  }
  solver.askTrials(2)
  return solver
}
