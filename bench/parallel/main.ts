/**
 * Several workers at once: what a study loses when five or twenty evaluations are always out, against one after the other,
 * and how often a worker had nothing to do. `node bench/parallel/main.ts --help` tells the options.
 */
import { createSolver } from "arqon"
import { ackley, ellipsoid, griewank, levy, rosenbrock, sphere } from "../../src/testing/formulas.ts"
import { instanceOf, row, type TestFunction } from "../../src/testing/functions.ts"
import { trainingFunctions } from "../../src/testing/trainingFunctions.ts"
import { oneOf, readOptions, whole } from "../../scripts/options.ts"
import { table } from "../solver/report.ts"

const HELP = `Compares studies with several workers with studies one evaluation after the other, on eleven functions.

USAGE
  npm run bench:parallel -- [--seeds N] [--evaluations N] [--dimensions N,N] [--json]

  --seeds N          Studies of every function (default 5)
  --evaluations N    Evaluations of a study, by dimension: 20 or 50 (default 50)
  --dimensions N,N   Numbers of dimensions (default 2,5,10)
  --json             Print the figures as JSON

Figures are means of the logarithm to base ten of the error, not below -8, and a function of the seeds alone. Answers come in the order in which
they were asked for. The exit code is 1 when a bar is missed.
`

const options = readOptions(HELP, {
  json: { type: "boolean", default: false },
  seeds: { type: "string", default: "5" },
  evaluations: { type: "string", default: "50" },
  dimensions: { type: "string", default: "2,5,10" },
})
const seeds = whole("seeds", options.seeds)
const evaluations = Number(oneOf("evaluations", options.evaluations, ["20", "50"]))
const dimensions = options.dimensions.split(",").map((text) => whole("dimensions", text))
const WORKERS = [1, 5, 20] as const
const SOLVED = 1e-8

const formulaOf = (name: string): TestFunction["formula"] =>
  trainingFunctions.find((fn) => fn.name === name)!.formula
const functionsOf = (d: number): ReadonlyArray<TestFunction> => [
  row(`sphere-${d}`, d, -5, 5, 0, sphere),
  row(`ellipsoid-${d}`, d, -5, 5, 0, ellipsoid),
  row(`rosenbrock-${d}`, d, -5, 10, 1, rosenbrock),
  row(`ackley-${d}`, d, -5, 5, 0, ackley),
  row(`levy-${d}`, d, -10, 10, 1, levy),
  row(`griewank-${d}`, d, -600, 600, 0, griewank),
  row(`zakharov-${d}`, d, -5, 10, 0, formulaOf("zakharov-5")),
  row(`different-powers-${d}`, d, -5, 5, 0, formulaOf("different-powers-5")),
  row(`absolute-${d}`, d, -5, 5, 0, formulaOf("absolute-8")),
  row(`log-bowl-${d}`, d, -5, 5, 0, formulaOf("log-bowl-16")),
  row(`ripples-${d}`, d, -5, 5, 0, formulaOf("ripples-7")),
]

interface Outcome {
  readonly score: number
  /** Times a worker was refused a point while the budget lasted. */
  readonly idle: number
}

function study(fn: TestFunction, seed: number, workers: number): Outcome {
  const instance = instanceOf(fn, "r", seed)
  const budget = evaluations * fn.dimensions
  const solver = createSolver({ seed, budget, bounds: instance.bounds })
  const out: Array<{ readonly id: number; readonly value: number }> = []
  let asked = 0
  let idle = 0
  for (;;) {
    while (out.length < workers && asked < budget) {
      const trials = solver.askTrials(workers === 1 ? undefined : 1)
      if (trials === null) {
        idle++
        break
      }
      asked += trials.length
      for (const { id, params } of trials)
        out.push({ id, value: instance.trueValue(instance.pointOf(params)) })
    }
    const next = out.shift()
    if (next === undefined) break
    solver.tell(next)
  }
  if (solver.best === null) throw new Error(`nothing was read on ${instance.name}`)
  const error = instance.trueValue(instance.pointOf(solver.best.params)) - instance.optimum
  return { score: Math.log10(Math.max(SOLVED, error)), idle }
}

const rows = dimensions.map((d) => ({
  dimensions: d,
  workers: WORKERS.map((workers) => {
    const outcomes = functionsOf(d).flatMap((fn) =>
      Array.from({ length: seeds }, (_, seed) => study(fn, seed, workers)),
    )
    return {
      workers,
      score: outcomes.reduce((sum, one) => sum + one.score, 0) / outcomes.length,
      idle: outcomes.reduce((sum, one) => sum + one.idle, 0),
    }
  }),
}))
const bars = [
  ...rows.map(({ dimensions: d, workers: [one, five] }) => ({
    name: `what five workers lose in ${d} dimensions, powers of ten`,
    value: five.score - one.score,
    bar: 1,
  })),
  {
    name: "workers that were refused a point",
    value: rows.reduce((sum, { workers }) => sum + workers.reduce((idle, one) => idle + one.idle, 0), 0),
    bar: 0,
  },
]

if (options.json) console.log(JSON.stringify({ seeds, evaluations, rows, bars }))
else {
  console.log(
    `Eleven functions, shifted and rotated, ${seeds} seeds, ${evaluations} evaluations a dimension; mean log10 of the error.\n`,
  )
  console.log(
    table(
      ["dimensions", ...WORKERS.map((workers) => (workers === 1 ? "one at a time" : `${workers} at once`))],
      rows.map(({ dimensions: d, workers }) => [String(d), ...workers.map(({ score }) => score.toFixed(2))]),
    ),
  )
  for (const { name, value, bar } of bars)
    console.log(
      `${value <= bar ? "holds " : "MISSED"} ${name}: ${Number(value.toPrecision(3))} (at most ${bar})`,
    )
}
if (bars.some(({ value, bar }) => value > bar)) process.exitCode = 1
