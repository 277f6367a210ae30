/**
 * Spaces with choices: the default solver beside Optuna's TPE, in eleven classes, by how often the recommended choices are
 * not the best there are. `node bench/mixed/main.ts --help` tells the options.
 */
import { oneOf, readOptions, whole } from "../../scripts/options.ts"
import { findPython } from "../peers/environment.ts"
import { type MixedRecord, readRecord } from "../peers/record.ts"
import { table } from "../solver/report.ts"
import { checkMixed, recordMixed } from "./optuna.ts"
import { classes, FEW } from "./spaces.ts"
import { BUDGETS, fitting, MIXED_SEEDS, study, tally } from "./studies.ts"

const HELP = `Compares the solver with Optuna's TPE on spaces with choices, by wrong choices in the recommendation.

USAGE
  npm run bench:mixed -- [--seeds N] [--peers HOW] [--json]

  --seeds N     Studies of every class (default ${MIXED_SEEDS})
  --peers HOW   recorded, checked (a study of each class runs again), run or skip (default recorded)
  --json        Print the figures as JSON

Figures are a function of the seeds alone. The exit code is 1 when a bar is missed.
`

const options = readOptions(HELP, {
  json: { type: "boolean", default: false },
  seeds: { type: "string", default: String(MIXED_SEEDS) },
  peers: { type: "string", default: "recorded" },
})
const seeds = whole("seeds", options.seeds)
const mode = oneOf("peers", options.peers, ["recorded", "checked", "run", "skip"])

/** Optuna's figures, or null; and where they are from. */
async function peer(): Promise<readonly [MixedRecord | null, string]> {
  if (mode === "skip") return [null, "skipped: --peers skip"]
  const python = mode === "recorded" ? null : findPython()
  if (mode === "run")
    return python === null
      ? [null, "skipped: there is no Python environment with the peers (npm run bench:peers makes one)"]
      : [await recordMixed(python, seeds), "run now"]
  const record = fitting(readRecord()?.mixed, seeds)
  if (record === null) return [null, "skipped: the record does not fit these spaces (npm run bench:peers)"]
  if (python === null) return [record, "bench/peers/recorded.json"]
  const { studies, equal } = await checkMixed(python, record)
  return [
    record,
    `bench/peers/recorded.json; run again now: ${studies} studies, ${equal} of them as recorded`,
  ]
}

const [record, source] = await peer()
const rows = classes.map((kind) => {
  const own = Array.from({ length: seeds }, (_, seed) => study(kind, seed, BUDGETS))
  return {
    name: kind.name,
    few: FEW.includes(kind),
    budgets: BUDGETS.map((budget, b) => ({
      budget,
      arqon: tally(own, b),
      optuna: record === null ? null : tally(record.figures[kind.name].slice(0, seeds), b),
    })),
  }
})

const at40 = BUDGETS.indexOf(40)
const behind = rows.flatMap(({ name, budgets }) =>
  budgets
    .filter(
      ({ arqon, optuna }) =>
        optuna !== null && optuna.wrongPicks > 0 && arqon.wrongPicks >= optuna.wrongPicks,
    )
    .map(({ budget }) => `${name} at ${budget}`),
)
const few = rows.filter((row) => row.few).reduce((sum, row) => sum + row.budgets[at40].arqon.wrongRuns, 0)
const bars = [
  { name: "classes and budgets with no fewer wrong picks than Optuna", value: behind.length, bar: 0 },
  {
    name: `wrong of ${5 * seeds} runs at 40 evaluations, few combinations`,
    value: few,
    bar: 0.1 * 5 * seeds,
  },
  {
    name: `wrong of ${seeds} runs at 40 evaluations, ${rows[0].name}`,
    value: rows[0].budgets[at40].arqon.wrongRuns,
    bar: 0.05 * seeds,
  },
]

if (options.json)
  console.log(JSON.stringify({ seeds, source, versions: record?.versions ?? null, rows, behind, bars }))
else {
  console.log(`${rows.length} classes of spaces, ${seeds} seeds, each an instance of its own.`)
  console.log("Runs with a wrong choice in the recommendation (wrong choices in all), arqon : Optuna TPE:\n")
  console.log(
    table(
      ["", ...BUDGETS.map((budget) => `${budget} evaluations`), "log10 of the error at 100"],
      rows.map(({ name, budgets }) => [
        name,
        ...budgets.map(({ arqon, optuna }) =>
          [arqon, optuna]
            .map((one) => (one === null ? "-" : `${one.wrongRuns} (${one.wrongPicks})`))
            .join(" : "),
        ),
        [budgets[BUDGETS.length - 1].arqon, budgets[BUDGETS.length - 1].optuna]
          .map((one) => (one === null ? "-" : one.score.toFixed(2)))
          .join(" : "),
      ]),
    ),
  )
  console.log(`\nOptuna: ${source}`)
  if (behind.length > 0) console.log(`not ahead: ${behind.join("; ")}`)
  for (const { name, value, bar } of bars)
    console.log(`${value <= bar ? "holds " : "MISSED"} ${name}: ${value} (at most ${bar})`)
}
if (bars.some(({ value, bar }) => value > bar)) process.exitCode = 1
