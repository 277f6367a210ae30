/** The section on the solver of docs/benchmarks.md, from what `bench/solver` prints with --json. */
import type { PictureRow } from "./rowsPicture.ts"

interface SolverRow extends PictureRow {
  readonly rank: number | null
  readonly oracle: string
  readonly regret: ReadonlyArray<number>
  readonly strategies: Readonly<Record<string, { readonly median: number }>>
}

type Ranks = Readonly<Record<string, number>>

interface AskTell {
  readonly landscape: string
  readonly dimensions: number
  readonly p50Us: number
  readonly p99Us: number
  readonly at100Us: number
  readonly at10000Us: number
  readonly ratio: number
}

export interface SolverBench {
  readonly seeds: number
  readonly budget: number
  readonly meanRank: Ranks | null
  readonly meanRankByVariant: Readonly<Record<string, Ranks>> | null
  readonly rows: number
  readonly regret: ReadonlyArray<{
    readonly floor: number
    readonly p50: number
    readonly p90: number
    readonly rowsWithin20: number
  }>
  readonly functions: ReadonlyArray<SolverRow>
  readonly peers: { readonly source: string; readonly versions: Readonly<Record<string, string>> | null }
  readonly times: {
    readonly askTell: ReadonlyArray<AskTell>
    readonly study: { readonly p50Ms: number; readonly p99Ms: number }
  }
  readonly classification: {
    readonly studies: number
    readonly accuracy: number
    readonly balanced: number
    readonly confusion: Readonly<Record<string, Readonly<Record<string, number>>>>
    readonly byFamily: Readonly<Record<string, number>>
  }
  readonly bars: ReadonlyArray<{
    readonly name: string
    readonly value: number | null
    readonly bar: number
    readonly sense: string
    readonly holds: boolean | null
  }>
}

export const LABELS: Readonly<Record<string, string>> = {
  arqon: "arqon",
  optunaTpe: "Optuna TPE",
  nelderMead: "Nelder-Mead",
  quadraticTrustRegion: "trust region",
  nelderMeadMultistart: "Nelder-Mead multistart",
  bobyqaMultistart: "BOBYQA multistart",
}

export const table = (head: ReadonlyArray<string>, rows: ReadonlyArray<ReadonlyArray<string>>): string =>
  [head, head.map(() => "---"), ...rows].map((cells) => `| ${cells.join(" | ")} |`).join("\n")

/** Three digits; below a millionth an error counts as none. */
export const figure = (x: number): string => {
  if (x < 1e-6) return "<1e-6"
  return x >= 0.001 && x < 100_000 ? String(Number(x.toPrecision(3))) : x.toExponential(1)
}
const percent = (share: number): string => `${(100 * share).toFixed(0)} %`

function rankTable({ meanRank, meanRankByVariant }: SolverBench): string {
  if (meanRank === null || meanRankByVariant === null) return "(no figures of the peers)"
  return table(
    ["mean rank of four, by median", "all", "as they are", "shifted", "shifted and rotated"],
    Object.keys(meanRank).map((name) => [
      LABELS[name],
      meanRank[name].toFixed(2),
      ...["o", "s", "r"].map((variant) => meanRankByVariant[variant][name].toFixed(2)),
    ]),
  )
}

/** Every row; the lowest median of the four is bold, and so is what is level with it below a millionth. */
function rowTable({ functions }: SolverBench): string {
  const solvers = Object.keys(functions[0].solvers)
  return table(
    ["", "random search", ...solvers.map((name) => LABELS[name])],
    functions.map((row) => {
      const lowest = Math.max(1e-6, Math.min(...solvers.map((name) => row.solvers[name].median)))
      return [
        row.name,
        figure(row.randomMedian),
        ...solvers.map((name) => {
          const { median } = row.solvers[name]
          return median <= lowest ? `**${figure(median)}**` : figure(median)
        }),
      ]
    }),
  )
}

function lostTable({ functions }: SolverBench): { readonly count: number; readonly table: string } {
  const lost = functions.flatMap((row) => {
    const { arqon, ...peers } = row.solvers
    const own = Math.max(1e-6, arqon.median)
    const better = Object.entries(peers).filter(([, { median }]) => Math.max(1e-6, median) < own)
    return better.length === 0
      ? []
      : [
          [
            row.name,
            figure(arqon.median),
            better.map(([name, { median }]) => `${LABELS[name]} ${figure(median)}`).join(", "),
          ],
        ]
  })
  return { count: lost.length, table: table(["", "arqon", "better"], lost) }
}

function regretTable({ functions }: SolverBench): string {
  return table(
    ["", "arqon", "best of its own", "", "regret"],
    functions
      .filter(({ regret }) => regret[0] > 0.2)
      .map((row) => [
        row.name,
        figure(row.solvers["arqon"].median),
        row.oracle,
        figure(row.strategies[row.oracle].median),
        percent(row.regret[0]),
      ]),
  )
}

function labelTable({ classification: { confusion } }: SolverBench): string {
  const labels = Object.keys(confusion)
  return table(
    ["true label (rows), found label (columns)", ...labels],
    labels.map((label) => [label, ...labels.map((found) => String(confusion[label][found]))]),
  )
}

function timeTable({ times }: SolverBench): string {
  return table(
    ["ask + tell, us", "landscape", "p50", "p99", "from trial 100", "up to trial 10,000", "ratio"],
    times.askTell.map((one) => [
      `${one.dimensions} dimensions`,
      one.landscape,
      ...[one.p50Us, one.p99Us, one.at100Us, one.at10000Us].map((us) => us.toFixed(1)),
      one.ratio.toFixed(2),
    ]),
  )
}

export function solverSection(bench: SolverBench): string {
  const lost = lostTable(bench)
  const [coarse, fine] = bench.regret
  const versions = Object.entries(bench.peers.versions ?? {}).map((pair) => pair.join(" "))
  return `## The solver
\`npm run bench:solver\`: 20 functions as they are (o), shifted (s), shifted and rotated (r), ${bench.budget} evaluations, ${bench.seeds} seeds, each seed a separate
instance, the same for all. The figure is the median of the **true value at the recommended point**, so no solver is scored by a lucky reading. The optimum is 0. Peers
recommend the point of their lowest reading. Their figures are recorded by \`npm run bench:peers\` (${versions.join(", ")}) and
checked against a live sample if a Python environment is available.

${rankTable(bench)}

![True value at the recommended point as a share of random search, for every row](images/solver-rows.svg)

Many of these functions are lowest at the centre of their box, where the probe looks first. So the o rows flatter us; the s and r rows do not.

${rowTable(bench)}

### Where a peer wins
${lost.count} of ${bench.rows} rows:

${lost.table}

### What the selection costs
Regret of the default against the best of its own strategies on each row, chosen in hindsight. Differences below ${coarse.floor} of random search do not count: median
${percent(coarse.p50)}, p90 ${percent(coarse.p90)}, ${coarse.rowsWithin20} of ${bench.rows} rows within 20 %. With a floor of ${fine.floor}: median ${percent(fine.p50)}, p90 ${percent(fine.p90)}, ${fine.rowsWithin20} of ${bench.rows}. The rows beyond 20 %:

${regretTable(bench)}

### How often the classification is right
On ${bench.classification.studies} studies of landscapes whose family gives the label, none of which set a threshold: ${percent(bench.classification.accuracy)}, mean over the labels
${percent(bench.classification.balanced)}. By family: ${Object.entries(bench.classification.byFamily)
    .map(([name, share]) => `${name} ${percent(share)}`)
    .join(", ")}.

${labelTable(bench)}

### What an evaluation costs
Runs of 10,000 evaluations with the default, each trial's median over five equal runs, without the objective itself. A whole study of 100
evaluations in 5 dimensions takes ${bench.times.study.p50Ms.toFixed(2)} ms at p50, ${bench.times.study.p99Ms.toFixed(1)} ms at p99.

${timeTable(bench)}

${table(
  ["", "reached", "bar", ""],
  bench.bars.map(({ name, value, bar, sense, holds }) => [
    name,
    value === null ? "" : String(Number(value.toPrecision(4))),
    `${sense} ${Number(bar.toPrecision(4))}`,
    holds === null ? "not measured" : holds ? "holds" : "**missed**",
  ]),
)}
`
}
