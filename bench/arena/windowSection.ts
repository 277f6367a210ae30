/** What windows of other lengths cost on plants that remember: the whole run over doing nothing. */
import type { MemoryPlant } from "../../src/testing/MemoryPlant.ts"
import * as queues from "../../src/testing/memoryPlants.ts"
import * as stores from "../../src/testing/storePlants.ts"
import { FIRST_SEED } from "./memorySection.ts"
import { DIGEST_S, DIGESTS, loopedRun, standing } from "./memoryRun.ts"
import { type Section, short, table } from "./print.ts"

const SECONDS = 900
const PLANTS: ReadonlyArray<MemoryPlant> = [
  queues.staffing(22),
  queues.crew,
  queues.autoscaler,
  queues.inFlight,
  queues.retryStorm,
  stores.heat,
  stores.battery,
]
/** Digests of a window, and seconds between two. */
const WINDOWS: ReadonlyArray<readonly [digests: number, digestS: number]> = [
  [5, 0.01],
  [5, 0.02],
  [5, 0.05],
  [5, 0.1],
  [10, 0.1],
  [20, 0.1],
  [40, 0.1],
  [2, 0.1],
]

const mean = (values: Float64Array): number => values.reduce((a, b) => a + b, 0) / values.length

function costOf(plant: MemoryPlant, seeds: number, digests: number, digestS: number): number {
  let logs = 0
  for (let seed = FIRST_SEED; seed < FIRST_SEED + seeds; seed++) {
    const windows = Math.round(SECONDS / (digests * digestS))
    const { paid } = loopedRun(plant, seed, windows, { digests, digestS })
    const still = standing(plant, plant.start, seed, Math.round(SECONDS / (DIGESTS * DIGEST_S)))
    logs += Math.log(mean(paid) / mean(still))
  }
  return Math.exp(logs / seeds)
}

/** One row a plant, one column a length of the window. */
export function windowSection(seeds: number): Section {
  const rows = PLANTS.map((plant) => ({
    plant: plant.name,
    costs: WINDOWS.map(([digests, digestS]) => costOf(plant, seeds, digests, digestS)),
  }))
  const named = WINDOWS.map(([digests, digestS]) => {
    const seconds = `${Number((digests * digestS).toFixed(2))} s`
    return digests === DIGESTS ? seconds : `${seconds}, ${digests} digests`
  })
  const text = table(
    ["window", ...named],
    rows.map(({ plant, costs }) => [plant, ...costs.map(short)]),
  )
  return { name: "windows", text, bars: [], data: rows }
}
