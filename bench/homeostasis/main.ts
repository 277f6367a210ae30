/**
 * What remembering regimes is worth: the control loop against plants whose load comes and goes, with and without the
 * homeostasis cache, by either of its keys, same seeds and same noise. The last plants are there to be lost: where the load tells nothing, or lies.
 */
import { meanOf, quantileOf } from "../../src/testing/simulate.ts"
import { readOptions, whole } from "../../scripts/options.ts"
import { EACH_US, plants, VISITS } from "./plants.ts"
import { type Key, type Run, run } from "./run.ts"

const HELP = `Compares the control loop with and without the homeostasis cache on plants whose load comes and goes.

USAGE
  npm run bench:homeostasis -- [--seeds N]

  --seeds N   Runs of each plant, with one seed after another (default 20)
`

const values = readOptions(HELP, { seeds: { type: "string", default: "20" } })
const seeds = whole("seeds", values.seeds)

/** Visits before every load has been met once say nothing about remembering. */
const FIRST = 3

const KEYS: ReadonlyArray<Key> = [null, "features", "temporal"]

const sumOf = (runs: ReadonlyArray<Run>, of: (one: Run) => number): number =>
  runs.reduce((sum, one) => sum + of(one), 0)

const share = (part: number, all: number): string => (all === 0 ? "" : `${((100 * part) / all).toFixed(1)} %`)

const row = (title: string, runs: ReadonlyArray<Run>): string => {
  const regains = runs.flatMap(({ regainS }) => regainS.slice(FIRST))
  const [median, low, high] = [0.5, 0.1, 0.9].map((q) => quantileOf(regains, q).toFixed(1))
  const excess = meanOf(runs.map((one) => one.excess))
  const never = regains.filter((s) => s >= EACH_US / 1e6).length
  const [visits, wrong, stored, pure] = (["visits", "wrong", "stored", "pure"] as const).map((what) =>
    sumOf(runs, (one) => one[what]),
  )
  const said = ["kept", "lost", "undecided"].map((word) => sumOf(runs, ({ plans }) => plans[word] ?? 0))
  return [
    "",
    title,
    `${median} (${low} to ${high})`,
    `${never} of ${regains.length}`,
    excess.toPrecision(3),
    said.join("/"),
    share(pure, stored),
    visits === 0 ? "" : `${wrong} of ${visits}`,
    sumOf(runs, (one) => one.refused),
    sumOf(runs, (one) => one.rollbacks),
    "",
  ]
    .join(" | ")
    .trim()
}

console.log(
  `${VISITS} visits of ${EACH_US / 1e6} s, ${seeds} seeds; seconds until the base has regained nine tenths.\n`,
)
const HEAD = [
  "key",
  "median s (10 % to 90 %)",
  "never",
  "mean excess loss",
  "kept/lost/undecided",
  "purity",
  "wrong visits",
  "refused",
  "rollbacks",
]
for (const plant of plants) {
  const all = KEYS.map((key) => Array.from({ length: seeds }, (_, seed) => run(plant, seed, key)))
  console.log(plant.title)
  console.log(`| ${HEAD.join(" | ")} |\n|${HEAD.map(() => "---|").join("")}`)
  KEYS.forEach((key, i) => console.log(row(key ?? "no cache", all[i])))
  const worse = all.map((runs) => runs.filter((one, seed) => one.excess > all[0][seed].excess).length)
  console.log(`more excess loss than without in ${worse[1]} and ${worse[2]} of ${seeds} runs\n`)
}
