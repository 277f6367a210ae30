/** What docs/benchmarks.md says of the 24 classes, from what `bench/solver/classesMain.ts` prints with --json. */
import { figure, LABELS, table } from "./solverSection.ts"

interface Total {
  readonly reached: number
  readonly score: number
}

export interface ClassesBench {
  readonly seed: number
  readonly results: ReadonlyArray<{
    readonly dimensions: number
    readonly evaluations: number
    readonly runs: number
    readonly all: Readonly<Record<string, Total>>
    readonly classes: ReadonlyArray<{
      readonly name: string
      readonly regret: number
      readonly solvers: Readonly<Record<string, { readonly reached: number; readonly median: number }>>
    }>
    readonly behind: ReadonlyArray<string>
  }>
}

/** The largest budget of a number of dimensions, class by class. */
const SHOWN = 100

export function classesSection({ seed, results }: ClassesBench): string {
  const names = Object.keys(results[0].all)
  const head = names.map((name) => LABELS[name] ?? name)
  const total = ({ reached, score }: Total): string => `${reached}, ${score.toFixed(2)}`
  const byClass = results
    .filter(({ evaluations }) => evaluations === SHOWN)
    .map(
      ({
        dimensions,
        classes,
        behind,
        runs,
      }) => `${dimensions} dimensions, ${SHOWN} evaluations for each: runs of ${runs / classes.length} that come within a thousandth, and the median error.

${table(
  ["", ...head],
  classes.map(({ name, solvers }) => [
    name,
    ...names.map((solver) => `${solvers[solver].reached}, ${figure(solvers[solver].median)}`),
  ]),
)}

More than 20 % behind the best by median, among errors above a thousandth: ${behind.length === 0 ? "none" : behind.join("; ")}.`,
    )
  return `### 24 classes of landscapes
\`npm run bench:classes\`: bowls of condition 1 to a million, bent and rotated valleys, ridges, kinks, attractive sectors, steps, and rugged, many-branched, deceptive and noisy
landscapes. Their instances are drawn from a committed seed (${seed}). **No setting was chosen on these instances**: the settings of this round were chosen on those of another
seed (\`--set choosing\`, 5 to 40 of every class). The 60 rows above were watched meanwhile, but decided nothing.

The number of runs that come within a thousandth of the lowest value, and the mean log10 of the error (not below 1e-8):

${table(
  ["dimensions, evaluations for each", "runs", ...head],
  results.map(({ dimensions, evaluations, runs, all }) => [
    `${dimensions}, ${evaluations}`,
    String(runs),
    ...names.map((name) => total(all[name])),
  ]),
)}

${byClass.join("\n\n")}
`
}
