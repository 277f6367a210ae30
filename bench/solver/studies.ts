/** Whole studies of the built solver, of plain random search, and what both are scored by. */
import { createSolver } from "arqon"
import * as extra from "arqon/solver/extra"
import { Draw } from "../../src/solver/Draw.ts"
import type { Instance } from "../../src/testing/functions.ts"

/** Those that a user asks for beside the solver. */
export const strategies = Object.values(extra)

/** The default, and every strategy by its name. */
export const DEFAULT = "arqon"
export const OWN = [
  "quadraticTrustRegion",
  "localRbf",
  "nelderMead",
  "nelderMeadMultistart",
  "tpe",
  "cmaEs",
  "random",
] as const

/** The stream of the random search that floors are measured from; no part of the solver draws from it. */
const STREAM_REFERENCE = 900_001

/** What a study needs to know of a landscape. */
export type Problem = Pick<Instance, "name" | "bounds" | "optimum" | "trueValue" | "reading" | "pointOf">

/** What one study came to. */
export interface Outcome {
  /** True value at the recommended point, less the value at the optimum. */
  readonly error: number
  /** What the landscape was classified as. */
  readonly label: string
}

/** A study of our solver: every point one evaluation, in the order asked. `strategy` null is the default. */
export function study(instance: Problem, seed: number, budget: number, strategy: string | null): Outcome {
  const solver = createSolver(
    { seed, budget, bounds: instance.bounds, ...(strategy === null ? {} : { strategy }) },
    { strategies },
  )
  let evaluations = 0
  for (let trials = solver.askTrials(); trials !== null; trials = solver.askTrials()) {
    for (const { id, params } of trials) {
      solver.tell({ id, value: instance.reading(instance.pointOf(params), seed, evaluations++) })
    }
  }
  if (evaluations !== budget || solver.best === null)
    throw new Error(`${strategy ?? DEFAULT} made ${evaluations} evaluations of ${budget} on ${instance.name}`)
  return {
    error: instance.trueValue(instance.pointOf(solver.best.params)) - instance.optimum,
    label: solver.classification?.label ?? "none",
  }
}

/** Uniform random search, recommended by its lowest reading like the peers. */
export function randomSearch(instance: Instance, seed: number, budget: number): number {
  const { min, max } = instance.function
  const draw = new Draw(seed, STREAM_REFERENCE)
  const point = new Float64Array(instance.dimensions)
  let lowest = Number.POSITIVE_INFINITY
  let error = Number.NaN
  for (let evaluation = 0; evaluation < budget; evaluation++) {
    for (let i = 0; i < point.length; i++) point[i] = min + (max - min) * draw.uniform()
    const reading = instance.reading(point, seed, evaluation)
    if (reading < lowest) {
      lowest = reading
      error = instance.trueValue(point) - instance.optimum
    }
  }
  return error
}

/** Which of `names` the built solver knows. */
export function known(names: ReadonlyArray<string>): ReadonlyArray<string> {
  return names.filter((strategy) => {
    try {
      createSolver({ budget: 1, bounds: { x: { min: 0, max: 1 } }, strategy }, { strategies })
      return true
    } catch {
      return false
    }
  })
}
