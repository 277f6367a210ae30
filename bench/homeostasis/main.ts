/**
 * What remembering regimes is worth: the control loop against plants whose load comes and goes, with and without the
 * homeostasis cache, same seeds and same noise. The last plants are there to be lost: where the load tells nothing, or lies.
 */
import { meanOf, quantileOf } from "../../src/testing/simulate.ts"
import { readOptions, whole } from "../options.ts"
import { EACH_US, plants, VISITS } from "./plants.ts"
import { type Run, run } from "./run.ts"

const HELP = `Compares the control loop with and without the homeostasis cache on plants whose load comes and goes.

USAGE
  npm run bench:homeostasis -- [--seeds N]

  --seeds N   Runs of each plant, with one seed after another (default 20)
`

const values = readOptions(HELP, { seeds: { type: "string", default: "20" } })
const seeds = whole("seeds", values.seeds)

/** Visits before every load has been met once say nothing about remembering. */
const FIRST = 3

const row = (title: string, runs: ReadonlyArray<Run>): string => {
  const regains = runs.flatMap(({ regainS }) => regainS.slice(FIRST))
  const [median, low, high] = [0.5, 0.1, 0.9].map((q) => quantileOf(regains, q).toFixed(1))
  const excess = meanOf(runs.map((one) => one.excess))
  const never = regains.filter((s) => s >= EACH_US / 1e6).length
  return `| ${title} | ${median} | ${low} | ${high} | ${never} of ${regains.length} | ${excess.toPrecision(3)} |`
}

console.log(
  `${VISITS} visits of ${EACH_US / 1e6} s, ${seeds} seeds; seconds until the base has regained nine tenths.\n`,
)
for (const plant of plants) {
  const without = Array.from({ length: seeds }, (_, seed) => run(plant, seed, false))
  const cached = Array.from({ length: seeds }, (_, seed) => run(plant, seed, true))
  console.log(plant.title)
  console.log("| | median s | 10 % | 90 % | never | mean excess loss |\n|---|---|---|---|---|---|")
  console.log(row("without", without))
  console.log(row("with the cache", cached))
  const sumOf = (runs: ReadonlyArray<Run>, of: (one: Run) => number): number =>
    runs.reduce((sum, one) => sum + of(one), 0)
  const both = (of: (one: Run) => number): string => `${sumOf(cached, of)} (without: ${sumOf(without, of)})`
  const said = (reason: string): string => `${reason} ${sumOf(cached, ({ plans }) => plans[reason] ?? 0)}`
  const worse = cached.filter((one, seed) => one.excess > without[seed].excess).length
  const outcomes = ["kept", "lost", "undecided", "reverted", "contextLeft"].map(said).join(", ")
  console.log(`canaries: ${outcomes}; evicted ${sumOf(cached, (one) => one.evicted)}`)
  console.log(`refused ${both((one) => one.refused)}; rollbacks ${both((one) => one.rollbacks)}`)
  console.log(`more excess loss than without in ${worse} of ${seeds} runs\n`)
}
