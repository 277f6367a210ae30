/**
 * Valid documents to start from: configurations of every kind of dimension, runs as the solver writes them, and the
 * seeds' own shapes. What is broken afterwards is then broken in one place and whole elsewhere, which reaches further
 * into a parser than noise does.
 */
import { createSolver, type SolverInput } from "../../src/solver/createSolver.ts"
import type { Solver } from "../../src/solver/Solver.ts"

export type Kind = "config" | "state" | "artifact"

export interface ValidDocument {
  readonly kind: Kind
  /** As a file holds it: parse it for a copy of one's own. */
  readonly text: string
}

const mixed = {
  x: { min: -5, max: 5 },
  rate: { min: 1e-4, max: 1, scale: "log" },
  angle: { min: 0, max: 360, scale: "periodic" },
  layers: { min: 1, max: 8, step: 1 },
  kernel: { choices: ["rbf", "linear", 3] },
  shrink: { type: "boolean" },
} as const
const plane = { x: { min: -5, max: 5 }, y: { min: 0, max: 1 } } as const

const upstream = {
  seed: 42,
  budget: 100,
  bounds: { x: { min: -5, max: 5, scale: "Linear" } },
  probe_ratio: 0.2,
  batch_size: 4,
  strategy_params: { alpha: 0.1 },
}

const configs: ReadonlyArray<SolverInput> = [
  { seed: 7, budget: 24, bounds: mixed, strategy: "nelderMead", strategy_params: { edge: 0.3, edgy: 1 } },
  { seed: 1, budget: 30, bounds: plane },
  { seed: 2 ** 53 - 1, budget: 20, bounds: plane, objective: "maximize", strategy: "tpe" },
  { budget: 9, bounds: mixed, strategy: "tpe", probe: { method: "sobol", spice: 0.5 }, batch_size: 3 },
  {
    schema_version: 1,
    budget: 16,
    bounds: { x: plane.x },
    probe_ratio: 0.5,
    strategy: "quadraticTrustRegion",
  },
]

/** A run told out of order, with failures, a warm start and trials that are still out. */
function runOf(config: SolverInput, told: number): Solver {
  const solver: Solver = createSolver(config)
  const point = solver.settings.space.decode(new Float64Array(solver.settings.space.size).fill(0.5))
  solver.seed({ params: point, value: 3 })
  let left = told
  while (left > 0) {
    const trials = solver.askTrials(Math.min(2, left))
    if (trials === null) break
    for (const { id, params } of trials.toReversed()) {
      const value = Number(params.x) ** 2 + (params.kernel === "rbf" ? 1 : 0)
      solver.tell(id % 5 === 3 ? { id, failed: "diverged" } : { id, value, cost: 0.5 })
      left--
    }
  }
  solver.askTrials(1)
  return solver
}

/** The documents, the same in every process. Restoring the largest of them takes well under a millisecond. */
export function validDocuments(): ReadonlyArray<ValidDocument> {
  const runs = configs.flatMap((config) => [runOf(config, 0), runOf(config, 9)])
  const history = [
    { eval_id: 0, params: { x: 1.5, y: 0.5 }, value: 2.25, cost: 1 },
    { eval_id: 1, params: { x: -0.5, y: 1 }, value: null, cost: 0.5 },
  ]
  const documents: ReadonlyArray<{ readonly kind: Kind; readonly value: unknown }> = [
    { kind: "config", value: upstream },
    ...configs.map((value) => ({ kind: "config", value }) as const),
    ...runs.map((run) => ({ kind: "state", value: run.state() }) as const),
    ...runs.map((run) => ({ kind: "artifact", value: run.artifact({ arqon: "0.1.0", cpus: 2 }) }) as const),
    {
      kind: "state",
      value: {
        run_id: "a",
        config: { seed: 1, budget: 5, bounds: plane },
        history: history.map(({ params, value, cost }) => ({ params, value, cost })),
      },
    },
    { kind: "artifact", value: { run_id: "b", seed: 1, budget: 5, history } },
  ]
  return documents.map(({ kind, value }) => ({ kind, text: JSON.stringify(value) }))
}
