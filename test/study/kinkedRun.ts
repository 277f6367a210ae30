/** A run that has a story: it takes its landscape for something else on the way. */
import type { RunArtifact } from "../../src/solver/RunArtifact.ts"
import { createSolver } from "../../src/solver/createSolver.ts"

/** On a bowl with a kink; every 37th evaluation fails, and some readings were known before. */
export function kinkedRun({ seeds = 0, budget = 200 } = {}): RunArtifact {
  const bounds = { x: { min: -5, max: 5 }, y: { min: -5, max: 5 }, z: { min: -5, max: 5 } }
  const solver = createSolver({ seed: 4, budget, bounds })
  const value = (x: number, y: number, z: number): number =>
    Math.abs(0.6 * x + 0.8 * y - 1) + 12 * Math.abs(0.8 * x - 0.6 * y + 0.4) + 3 * (z - 0.3 * x) ** 2
  for (let k = 0; k < seeds; k++) solver.seed({ params: { x: 3, y: k, z: -4 }, value: value(3, k, -4) })
  for (let n = 1, trials = solver.askTrials(1); trials !== null; n++, trials = solver.askTrials(1)) {
    const [{ id, params }] = trials
    solver.tell(n % 37 === 0 ? { id, failed: true } : { id, value: value(params.x, params.y, params.z) })
  }
  return solver.artifact()
}
