/**
 * What an ask and a tell cost, over runs of 10,000 evaluations, and a whole small study. The objective is read outside of
 * the timed part.
 */
import { createSolver } from "arqon"
import type { Instance } from "../../src/testing/functions.ts"
import { type Formula, rastrigin, rosenbrock, sphere } from "../../src/testing/formulas.ts"
import { instanceOf, row } from "../../src/testing/functions.ts"
import { meanOf } from "../../src/testing/simulate.ts"
import { quantile } from "./score.ts"
import { strategies } from "./studies.ts"

const EVALUATIONS = 10_000
/**
 * Trials from number 100 on, and up to number 10,000, that a typical cost is the mean of: several rounds of a strategy. Within a
 * round a point of a first stencil costs a twentieth of a step of a fitted model, so a narrow window would compare moves.
 */
const WINDOW = 500
const RUNS = 5
const STUDIES = 200

export interface AskTellTime {
  readonly landscape: string
  readonly dimensions: number
  /** Microseconds of ask + tell over the trials of a run. */
  readonly p50Us: number
  readonly p99Us: number
  /** Medians near trial 100 and near trial 10,000, and how many times the one the other is. */
  readonly at100Us: number
  readonly at10000Us: number
  readonly ratio: number
}

/** Microseconds of each ask + tell of one run. */
function timeRun(instance: Instance, seed: number, strategy: string | null): Float64Array {
  const took = new Float64Array(EVALUATIONS)
  const solver = createSolver(
    { seed, budget: EVALUATIONS, bounds: instance.bounds, ...(strategy === null ? {} : { strategy }) },
    { strategies },
  )
  for (let k = 0; k < EVALUATIONS; k++) {
    const asked = performance.now()
    const trials = solver.askTrials(1)
    const answered = performance.now()
    if (trials === null) throw new Error(`the solver stopped asking at evaluation ${k} of ${EVALUATIONS}`)
    const value = instance.reading(instance.pointOf(trials[0].params), seed, k)
    const told = performance.now()
    solver.tell({ id: trials[0].id, value })
    took[k] = 1000 * (performance.now() - told + (answered - asked))
  }
  return took
}

/**
 * What each trial typically took: its median over runs that do the same thing to the last bit. What the solver does at a trial
 * it does in every run; where the machine did something else for a while differs.
 */
function medianRun(runs: ReadonlyArray<Float64Array>): Float64Array {
  return Float64Array.from(runs[0], (_, k) =>
    quantile(
      runs.map((took) => took[k]),
      0.5,
    ),
  )
}

const landscapes: ReadonlyArray<readonly [string, Formula, number]> = [
  ["bowl", sphere, 0],
  ["valley", rosenbrock, 0],
  ["ripples", rastrigin, 0],
  ["noisy bowl", sphere, 0.1],
]

/** Every landscape in each number of dimensions, rotated, by the default solver or a named strategy. */
export function timeAskTell(
  dimensions: ReadonlyArray<number>,
  strategy: string | null,
  say: (text: string) => void,
): ReadonlyArray<AskTellTime> {
  return dimensions.flatMap((d) =>
    landscapes.map(([landscape, formula, noise]) => {
      say(`ask + tell, ${d} dimensions, ${landscape}`)
      const at = formula === rosenbrock ? 1 : 0
      const instance = instanceOf(row(`timed-${landscape}-${d}`, d, -5, 5, at, formula, 0, noise), "r", 0)
      const took = medianRun(Array.from({ length: RUNS }, () => timeRun(instance, 0, strategy)))
      const at100Us = meanOf(took.subarray(100, 100 + WINDOW))
      const at10000Us = meanOf(took.subarray(EVALUATIONS - WINDOW))
      return {
        landscape,
        dimensions: d,
        p50Us: quantile([...took], 0.5),
        p99Us: quantile([...took], 0.99),
        at100Us,
        at10000Us,
        ratio: at10000Us / at100Us,
      }
    }),
  )
}

/** Milliseconds of studies of 100 evaluations in 5 dimensions, making the solver and reading the objective included. */
export function timeStudy(): { readonly p50Ms: number; readonly p99Ms: number; readonly meanMs: number } {
  const took: Array<number> = []
  for (let k = -STUDIES / 2; k < STUDIES; k++) {
    const [, formula] = landscapes[Math.abs(k) % 3]
    const instance = instanceOf(
      row("timed-study", 5, -5, 5, formula === rosenbrock ? 1 : 0, formula),
      "r",
      Math.abs(k),
    )
    const began = performance.now()
    const solver = createSolver({ seed: Math.abs(k), budget: 100, bounds: instance.bounds })
    for (let trials = solver.askTrials(); trials !== null; trials = solver.askTrials()) {
      for (const { id, params } of trials)
        solver.tell({ id, value: instance.trueValue(instance.pointOf(params)) })
    }
    // The first studies run before the code is compiled; they are the price of a process, not of a study.
    if (k >= 0) took.push(performance.now() - began)
  }
  return {
    p50Ms: quantile(took, 0.5),
    p99Ms: quantile(took, 0.99),
    meanMs: meanOf(took),
  }
}
