/**
 * The default solver and its own strategies on the 24 classes of `classes.ts`: how many runs come within a thousandth of the
 * lowest value, and how near they come. `npm run bench:classes -- --help` tells the options.
 */
import { numbers, oneOf, readOptions, refuse, whole } from "../../scripts/options.ts"
import { CHOOSING_SEED, landscapeClasses, problemOf, PUBLISHED_SEED } from "./classes.ts"
import { figure, table } from "./report.ts"
import { quantile, regretOf } from "./score.ts"
import { DEFAULT, known, study } from "./studies.ts"

const HELP = `Runs the solver and its own strategies on 24 classes of landscapes that no setting was chosen on.

USAGE
  npm run bench:classes -- [--dimensions A,B] [--evaluations A,B] [--instances N] [--strategies A,B] [--set SET] [--json]

  --dimensions A,B   Default 2,5,10,20
  --evaluations A,B  Evaluations for each dimension (default 25,50,100)
  --instances N      Instances of every class (default 15; 7 in ten dimensions and 3 in twenty)
  --strategies A,B   Those beside the default (default quadraticTrustRegion,nelderMead)
  --set SET          published, or choosing: the instances that settings are chosen on (default published)
  --json             Print the figures as JSON

All figures are a function of the seeds alone.
`

/** An error of a thousandth counts as reached; below it differences between medians do not count. */
const REACHED = 1e-3
/** Errors are raised to this before their logarithm is averaged. */
const LEAST = 1e-8
const MOST_REGRET = 0.2

const options = readOptions(HELP, {
  json: { type: "boolean", default: false },
  dimensions: { type: "string", default: "2,5,10,20" },
  evaluations: { type: "string", default: "25,50,100" },
  instances: { type: "string", default: "" },
  strategies: { type: "string", default: "quadraticTrustRegion,nelderMead" },
  set: { type: "string", default: "published" },
})
const setSeed =
  oneOf("set", options.set, ["published", "choosing"]) === "published" ? PUBLISHED_SEED : CHOOSING_SEED
const strategies = options.strategies.split(",").filter((name) => name !== "")
const unknown = strategies.filter((name) => !known(strategies).includes(name))
if (unknown.length > 0) refuse(`There is no strategy ${unknown[0]}.`)

interface Figures {
  readonly reached: number
  readonly score: number
  readonly median: number
}

interface ClassResult {
  readonly name: string
  readonly solvers: Readonly<Record<string, Figures>>
  /** Regret of the default's median to the lowest median of all. */
  readonly regret: number
}

const instancesIn = (d: number): number =>
  options.instances === "" ? (d < 10 ? 15 : d < 20 ? 7 : 3) : whole("instances", options.instances)
const log = (error: number): number => Math.log10(Math.max(LEAST, error))
const mean = (values: ReadonlyArray<number>): number =>
  values.reduce((sum, value) => sum + value, 0) / values.length

function figuresOf(errors: ReadonlyArray<number>): Figures {
  return {
    reached: errors.filter((error) => error <= REACHED).length,
    score: mean(errors.map(log)),
    median: quantile(errors, 0.5),
  }
}

function classResult(of: (typeof landscapeClasses)[number], d: number, evaluations: number): ClassResult {
  const solvers = Object.fromEntries(
    [DEFAULT, ...strategies].map((name) => {
      const errors = Array.from({ length: instancesIn(d) }, (_, number) => {
        const strategy = name === DEFAULT ? null : name
        return study(problemOf(of, d, number, setSeed), number, evaluations * d, strategy).error
      })
      return [name, figuresOf(errors)]
    }),
  )
  const { [DEFAULT]: own, ...others } = solvers
  const medians = Object.values(others).map(({ median }) => median)
  return { name: of.name, solvers, regret: regretOf(own.median, medians, REACHED) }
}

const say = (text: string): void => {
  if (!options.json) console.log(text)
}
const results = numbers("dimensions", options.dimensions).flatMap((d) =>
  numbers("evaluations", options.evaluations).map((evaluations) => {
    const classes = landscapeClasses.map((of) => classResult(of, d, evaluations))
    const all = Object.fromEntries(
      [DEFAULT, ...strategies].map((name) => {
        const figures = classes.map(({ solvers }) => solvers[name])
        return [
          name,
          {
            reached: figures.reduce((sum, one) => sum + one.reached, 0),
            score: mean(figures.map(({ score }) => score)),
          },
        ]
      }),
    )
    const behind = classes.filter(({ regret }) => regret > MOST_REGRET).map(({ name }) => name)
    const runs = landscapeClasses.length * instancesIn(d)
    say(`${d} dimensions, ${evaluations} evaluations for each, ${runs} runs`)
    say(
      table(
        ["", ...Object.keys(all)],
        [
          ...classes.map(({ name, solvers }) => [
            name,
            ...Object.values(solvers).map(({ reached, median }) => `${reached}, ${figure(median)}`),
          ]),
          [
            "all: reached, score",
            ...Object.values(all).map(({ reached, score }) => `${reached}, ${score.toFixed(2)}`),
          ],
        ],
      ),
    )
    say(
      `more than 20 % behind the best of these by median: ${behind.length === 0 ? "none" : behind.join("; ")}\n`,
    )
    return { dimensions: d, evaluations, runs, all, classes, behind }
  }),
)
if (options.json) console.log(JSON.stringify({ set: options.set, seed: setSeed, results }))
