/**
 * The same question of the whole engine, in manual time: digests in, windows, actors, Tier 1 with every guardrail, the relocation
 * by its own actor. Four digests a window, every 25 ms; the load and the objective as the plants have them.
 */
import { createEngine } from "../../src/index.ts"
import { gaussianAt } from "../../src/testing/noise.ts"
import { meanOf, quantileOf } from "../../src/testing/simulate.ts"
import { readOptions, whole } from "../../scripts/options.ts"
import { type Alternating, EACH_US, plants } from "./plants.ts"
import type { Key } from "./run.ts"

const HELP = `Compares whole engines with and without the homeostasis cache, by either key, on plants whose load comes and goes.

USAGE
  node bench/homeostasis/engine.ts [--seeds N]

  --seeds N   Runs of each plant, with one seed after another (default 5)
`

const values = readOptions(HELP, { seeds: { type: "string", default: "5" } })
const SEEDS = whole("seeds", values.seeds)
const VISITS = 10
/** Visits before every load has been met once say nothing about remembering. */
const FIRST = 3
const EVERY_US = 50_000
const LOAD_NOISE = 0.03

interface Run {
  readonly excess: number
  readonly regainS: ReadonlyArray<number>
  readonly refused: number
  readonly rollbacks: number
  readonly counts: Readonly<Record<string, number>>
}

async function run({ plant, noise, load }: Alternating, seed: number, key: Key): Promise<Run> {
  const knobs = plant.knobs.map((_, i) => `k${String(i).padStart(2, "0")}`)
  const engine = createEngine({
    params: Object.fromEntries(knobs.map((name, i) => [name, { min: 0, max: 1, initial: plant.start[i] }])),
    seed,
    clock: "manual",
    window: { digests: 4, us: 1_000_000, settleUs: 0 },
    audit: { memory: 1 },
    ...(key === null ? {} : { homeostasis: { key } }),
  })
  await engine.start()
  const unit = new Float64Array(knobs.length)
  const at = (values: Readonly<Record<string, number>>, nowUs: number): number => {
    knobs.forEach((name, i) => (unit[i] = values[name]))
    return plant.loss(unit, nowUs) - plant.best(nowUs)
  }
  const regainS: Array<number> = []
  let sum = 0
  let digests = 0
  let first = Number.NaN
  let since = Number.NaN
  for (let nowUs = EVERY_US; nowUs < VISITS * EACH_US; nowUs += EVERY_US) {
    engine.tick(nowUs)
    const excess = at(engine.values, nowUs)
    sum += excess
    digests++
    // Every digest has four times the variance of a window of four.
    const objective = plant.loss(unit, nowUs) + 2 * noise * gaussianAt(seed * 1_048_576, digests)
    const throughputRps = load(nowUs) * (1 + 2 * LOAD_NOISE * gaussianAt(seed * 1_048_576 + 524_288, digests))
    engine.observe({ timestampUs: nowUs, objective, throughputRps })
    const visitUs = nowUs % EACH_US
    if (visitUs === 0) {
      if (!Number.isNaN(since)) regainS.push(EACH_US / 1e6)
      since = nowUs
      first = at(engine.getSnapshot().base, nowUs)
    } else if (
      !Number.isNaN(since) &&
      digests % 4 === 0 &&
      at(engine.getSnapshot().base, nowUs) <= 0.1 * first
    ) {
      regainS.push((nowUs - since) / 1e6)
      since = Number.NaN
    }
  }
  if (!Number.isNaN(since)) regainS.push(EACH_US / 1e6)
  const { counters, relocation } = engine.getSnapshot()
  await engine.stop()
  const refused = Object.values(counters.refused).reduce((all, times) => all + times, 0)
  const counts = { ...relocation?.counts } as Readonly<Record<string, number>>
  return { excess: sum / digests, regainS, refused, rollbacks: counters.rollbacks, counts }
}

const row = (title: string, runs: ReadonlyArray<Run>): string => {
  const regains = runs.flatMap(({ regainS }) => regainS.slice(FIRST - 1))
  const [median, low, high] = [0.5, 0.1, 0.9].map((q) => quantileOf(regains, q).toFixed(1))
  const sumOf = (of: (one: Run) => number): number => runs.reduce((sum, one) => sum + of(one), 0)
  const said = ["kept", "lost", "undecided"].map((word) => sumOf(({ counts }) => counts[word] ?? 0)).join("/")
  const excess = meanOf(runs.map((one) => one.excess)).toPrecision(3)
  return `| ${title} | ${median} (${low} to ${high}) | ${excess} | ${said} | ${sumOf((one) => one.refused)} | ${sumOf((one) => one.rollbacks)} |`
}

console.log(`Through the engine: ${VISITS} visits of ${EACH_US / 1e6} s, ${SEEDS} seeds.\n`)
console.log(
  "| plant | regained nine tenths, s | mean excess loss | kept/lost/undecided | refused | rollbacks |",
)
console.log("|---|---|---|---|---|---|")
for (const one of plants.filter(({ plant }) => plant.knobs.every(({ min, max }) => min === 0 && max === 1))) {
  for (const key of [null, "features", "temporal"] as const) {
    const runs: Array<Run> = []
    for (let seed = 0; seed < SEEDS; seed++) runs.push(await run(one, seed, key))
    console.log(row(`${one.title}, ${key ?? "no cache"}`, runs))
  }
}
