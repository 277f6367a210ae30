/** What a tuner is scored by in the arena; every figure is of true losses, never of readings. */
import type { Plant } from "../../src/testing/Plant.ts"
import { quadratic } from "../../src/testing/plants.ts"
import { LOADS, queuePlant } from "../../src/testing/queue.ts"
import { meanOf, quantileOf } from "../../src/testing/simulate.ts"
import { taskOne, taskTwo } from "../../src/testing/tasks.ts"
import { noiseOf, normalised, type Pair, pairs, READINGS_PER_RUN, SHARES } from "./pairs.ts"
import type { Tuner } from "./tuners.ts"

export interface Seeds {
  readonly pairs: number
  readonly tasks: number
  readonly queue: number
  readonly shift: number
}

export interface Score {
  readonly name: string
  /** Geometric mean of the mean loss over the 33 pairs, and by pair. */
  readonly geometricMean: number
  readonly byPair: ReadonlyArray<{ readonly plant: string; readonly noise: number; readonly loss: number }>
  /** Rewards of the tasks: higher is better, 0 is best. */
  readonly t1: { readonly mean: number; readonly last200: number }
  readonly t2: { readonly mean: number; readonly last200: number }
  /** Utility over the best utility, last third of each load. */
  readonly queue: ReadonlyArray<number>
  readonly queueNoisy: ReadonlyArray<number>
  /** Cycles (of two readings) until 90 % of a 20 % shift are regained, by noise. */
  readonly regain: ReadonlyArray<{ readonly noise: number; readonly median: number; readonly p90: number }>
  readonly refused: number
  /** Times SafeMode opened on pairs of noise alone. */
  readonly trips: number
}

const range = (count: number): ReadonlyArray<number> => Array.from({ length: count }, (_, i) => i + 1)

/** Time of a cycle: two windows of .35 s and the wait for Tier 1's pace. */
const CYCLE_US = 800_000

export function scorePair(tuner: Tuner, pair: Pair, seeds: number): number {
  return meanOf(
    range(seeds).map((seed) => meanOf(tuner.run(pair.plant, pair.noise, READINGS_PER_RUN, seed).losses)),
  )
}

export function geometricMean(values: ReadonlyArray<number>): number {
  return Math.exp(meanOf(values.map(Math.log)))
}

function scoreTask(tuner: Tuner, task: Plant, seeds: number): { mean: number; last200: number } {
  // Competitors depend on scale: they get the normalised task, the figures are in its own rewards.
  const gain = task.loss(Float64Array.from(task.start), 0)
  const runs = range(seeds).map((seed) => tuner.run(normalised(task), noiseOf(0), 1000, seed).losses)
  return {
    mean: -gain * meanOf(runs.map((losses) => meanOf(losses))),
    last200: -gain * meanOf(runs.map((losses) => meanOf(losses, 800))),
  }
}

const LOAD_US = 150 * CYCLE_US

function scoreQueue(tuner: Tuner, level: number, seeds: number): ReadonlyArray<number> {
  const plant = queuePlant(LOADS, LOAD_US)
  const scaled = normalised(plant)
  const gain = plant.loss(Float64Array.from(plant.start), 0) - plant.best(0)
  // Enough readings for the whole time, however a tuner paces itself.
  const readings = Math.ceil((LOADS.length * LOAD_US) / 350_000)
  const runs = range(seeds).map((seed) =>
    tuner.run(scaled, { kind: "gaussian", level: level / gain }, readings, seed),
  )
  return LOADS.map((_, i) => {
    const from = (i + 2 / 3) * LOAD_US
    const to = (i + 1) * LOAD_US
    const utilities = runs.map(({ losses, timesUs }) => {
      const part = losses.filter((_loss, k) => timesUs[k] >= from && timesUs[k] < to)
      return 1 - (plant.best(0) + gain * meanOf(part))
    })
    return meanOf(utilities) / (1 - plant.best(i * LOAD_US))
  })
}

const SHIFT_US = 150 * CYCLE_US
const SHIFT_READINGS = 700

/** Times, in microseconds, until 90 % of a jump of every optimum by a fifth at `shiftUs` is made good; infinite for never. */
function timesToRegain(
  tuner: Tuner,
  share: number,
  seeds: number,
  shiftUs: number,
  readings: number,
): ReadonlyArray<number> {
  const far = quadratic(4, { kind: "step", atUs: shiftUs, by: 0.2 })
  const jump = 4 * 0.2 ** 2
  const plant: Plant = { ...far, loss: (unit, atUs) => far.loss(unit, atUs) / jump }
  return range(seeds).map((seed) => {
    const { baseLosses, baseTimesUs } = tuner.run(plant, noiseOf(share), readings, seed)
    for (let k = 0; k < baseLosses.length; k++) {
      if (baseTimesUs[k] >= shiftUs && baseLosses[k] <= 0.1) return baseTimesUs[k] - shiftUs
    }
    return Number.POSITIVE_INFINITY
  })
}

/** Four knobs start a fifth of their range off; once settled, every optimum jumps by a fifth again. */
function scoreShift(
  tuner: Tuner,
  share: number,
  seeds: number,
): { noise: number; median: number; p90: number } {
  const cycles = timesToRegain(tuner, share, seeds, SHIFT_US, SHIFT_READINGS).map((us) =>
    Math.ceil(us / CYCLE_US),
  )
  return { noise: share, median: quantileOf(cycles, 0.5), p90: quantileOf(cycles, 0.9) }
}

/** The same after 3,000 cycles, when a tuner may have come to rest: the median in readings of .35 s. */
export function regainLate(tuner: Tuner, share: number, seeds: number): number {
  const shiftUs = 3_000 * CYCLE_US
  const times = timesToRegain(tuner, share, seeds, shiftUs, Math.ceil(shiftUs / 350_000) + 3_000)
  return quantileOf(
    times.map((us) => us / 350_000),
    0.5,
  )
}

export function score(tuner: Tuner, seeds: Seeds): Score {
  let refused = 0
  let opened = 0
  const counted: Tuner = {
    name: tuner.name,
    run: (...given) => {
      const run = tuner.run(...given)
      refused += run.refused
      opened += run.trips
      return run
    },
  }
  let trips = 0
  const byPair = pairs.map((pair) => {
    const before = opened
    const loss = scorePair(counted, pair, seeds.pairs)
    if (pair.noiseAlone) trips += opened - before
    return { plant: pair.plant.name, noise: pair.share, loss }
  })
  const t1 = scoreTask(counted, taskOne(), seeds.tasks)
  const t2 = scoreTask(counted, taskTwo(), seeds.tasks)
  const queue = scoreQueue(counted, 0, seeds.queue)
  const queueNoisy = scoreQueue(counted, 0.05, seeds.queue)
  const regain = SHARES.map((share) => scoreShift(counted, share, seeds.shift))
  return {
    name: tuner.name,
    geometricMean: geometricMean(byPair.map(({ loss }) => loss)),
    byPair,
    t1,
    t2,
    queue,
    queueNoisy,
    regain,
    refused,
    trips,
  }
}
