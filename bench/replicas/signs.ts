/** A prototype in which each replica has its own signs, beside halves: what was decided by. Both run under the same noise. */
import type { Row } from "../../scripts/section.ts"
import type { Plant } from "../../src/testing/Plant.ts"
import { quadratic, rotated } from "../../src/testing/plants.ts"
import { type Cohort, factorialRun } from "./factorial.ts"
import { MOST_WINDOWS, type Ran, runOf } from "./halves.ts"

const SEEDS = Array.from({ length: 30 }, (_, k) => 900 + k)
/** All four optima move by a quarter of the range, from the end of the first quarter of the run to its end. */
const DRIFTING = quadratic(4, { kind: "ramp", fromUs: MOST_WINDOWS / 4, toUs: MOST_WINDOWS, by: 0.25 })

type Circumstances = Omit<Cohort, "seed">

const PLAIN: Circumstances = { replicas: 10 }
const OTHERS: ReadonlyArray<readonly [name: string, Circumstances]> = [
  ["6 replicas", { replicas: 6 }],
  ["40 replicas", { replicas: 40 }],
  ["10 replicas that differ by 20 %", { replicas: 10, lasting: 0.2 }],
  ["10 replicas, own noise 15 %", { replicas: 10, own: 0.15 }],
  ["10 replicas, own noise 40 %", { replicas: 10, own: 0.4 }],
]

/** What is compared; less is better. */
const FIGURES = ["near", "late", "paid"] as const
const NAMES = { near: "windows", late: "late excess", paid: "excess of all replicas" } as const

const mean = (values: ReadonlyArray<number>): number => values.reduce((sum, x) => sum + x, 0) / values.length

/** Of all seeds: the median of the windows, never reached being the longest run, and means of the excess. */
function ofSeeds(run: (seed: number) => Ran): Ran {
  const runs = SEEDS.map(run)
  const windows = runs.map(({ near }) => Math.min(near, MOST_WINDOWS)).toSorted((a, b) => a - b)
  return {
    near: windows[windows.length >> 1],
    late: mean(runs.map(({ late }) => late)),
    paid: mean(runs.map(({ paid }) => paid)),
  }
}

interface Both {
  readonly halves: Ran
  readonly signs: Ran
}

function bothOf(plant: Plant, { replicas, own, lasting = 0 }: Circumstances): Both {
  const noise = own === undefined ? {} : { own }
  const load = { slow: 0, lasting, rests: true, ...noise }
  return {
    halves: ofSeeds((seed) => runOf(plant, "split", replicas, seed, load)),
    signs: ofSeeds((seed) => factorialRun(plant, { replicas, seed, lasting, ...noise })),
  }
}

/** A row for each figure of each plant with ten replicas; elsewhere their mean ratios, and on how many plants the prototype is behind. */
export function signRows(still: ReadonlyArray<Plant>): ReadonlyArray<Row> {
  const plants = [...still, rotated(8, 30), DRIFTING]
  const single = plants.flatMap((plant) => {
    const { halves, signs } = bothOf(plant, PLAIN)
    return FIGURES.map((figure): Row => {
      const digits = figure === "near" ? 0 : 4
      return {
        what: `${plant.name}: ${NAMES[figure]} (halves ${halves[figure].toFixed(digits)})`,
        value: Number(signs[figure].toFixed(digits)),
        unit: figure === "near" ? "windows" : "of the start's",
      }
    })
  })
  const summed = OTHERS.flatMap(([name, circumstances]) => {
    const all = plants.map((plant) => bothOf(plant, circumstances))
    return FIGURES.map((figure): Row => {
      const ratios = all.map(({ halves, signs }) => signs[figure] / halves[figure])
      const behind = plants.filter((_, i) => ratios[i] > 1).map((plant) => plant.name)
      const where = behind.length === 0 ? "behind nowhere" : `behind on ${behind.join(", ")}`
      return {
        what: `${name}, ${plants.length} plants: ${NAMES[figure]}, ${where}`,
        value: Number(Math.exp(mean(ratios.map(Math.log))).toFixed(2)),
        unit: "of that in halves",
      }
    })
  })
  return [...single, ...summed]
}
