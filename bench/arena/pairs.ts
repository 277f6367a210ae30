/**
 * The 33 pairs of the arena: eleven plants, each under no noise, 5 % and 20 %. Noise is Gaussian, its deviation a share
 * of what there is to gain at the start; every loss is normalised to 1 at the start and 0 at the best place. A run is
 * 600 readings (300 cycles of a pair); scored is the mean true loss over all of them, probes included.
 */
import type { NoiseSpec } from "../../src/testing/noise.ts"
import type { Plant } from "../../src/testing/Plant.ts"
import { cliff, kink, plateau, quadratic, rotated, valley } from "../../src/testing/plants.ts"
import { LOADS, queuePlant } from "../../src/testing/queue.ts"

export const READINGS_PER_RUN = 600
/** 300 cycles of .8 s. */
const RUN_US = 240_000_000

export interface Pair {
  readonly plant: Plant
  readonly noise: NoiseSpec
  readonly share: number
  /** Nothing changes while it runs, and there is noise: no reason ever to stand still. */
  readonly noiseAlone: boolean
}

/** The plant with its loss at 1 where it starts and 0 where it is best. */
export function normalised(plant: Plant): Plant {
  const best = plant.best(0)
  const gain = plant.loss(Float64Array.from(plant.start), 0) - best
  return {
    ...plant,
    loss: (unit, atUs) => (plant.loss(unit, atUs) - best) / gain,
    best: (atUs) => (plant.best(atUs) - best) / gain,
  }
}

const STILL: ReadonlyArray<Plant> = [
  quadratic(1),
  quadratic(4),
  quadratic(16),
  rotated(4, 30),
  valley(),
  cliff(4),
  kink(4),
  plateau(4),
  queuePlant([LOADS[0]], Number.MAX_SAFE_INTEGER),
]

const CHANGING: ReadonlyArray<Plant> = [
  quadratic(4, { kind: "step", atUs: RUN_US / 2, by: 0.2 }),
  quadratic(4, { kind: "ramp", fromUs: RUN_US / 4, toUs: (3 * RUN_US) / 4, by: 0.2 }),
]

export const noiseOf = (share: number): NoiseSpec =>
  share === 0 ? { kind: "none", level: 0 } : { kind: "gaussian", level: share }

export const SHARES: ReadonlyArray<number> = [0, 0.05, 0.2]

export const pairs: ReadonlyArray<Pair> = [...STILL, ...CHANGING].flatMap((plant) =>
  SHARES.map((share) => ({
    plant: normalised(plant),
    noise: noiseOf(share),
    share,
    noiseAlone: share > 0 && STILL.includes(plant),
  })),
)
