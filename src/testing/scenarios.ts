/**
 * Scenarios as data: a plant, its noise, how long it runs, and what is acceptable over many seeds. `test/scenarios`
 * runs them. Write your own in the same form to test a tuner on your plant.
 *
 * All use the default rule and the balanced guardrails: no scenario has its own settings.
 */
import { GUARDRAILS } from "../domain/guardrailPresets.ts"
import type { NoiseSpec } from "./noise.ts"
import type { Plant } from "./Plant.ts"
import { cliff, constrained, kink, phases, quadratic, rotated } from "./plants.ts"
import { LOADS, queuePlant } from "./queue.ts"
import { meanOf, quantileOf, simulate, type SimulatedRun } from "./simulate.ts"
import { taskOne, taskTwo } from "./tasks.ts"

/** What a scenario measures, one number per run; lower is better. */
export type Measure =
  /** Mean true loss over all readings. */
  | { readonly kind: "mean" }
  /** Mean true loss over the last readings. */
  | { readonly kind: "tail"; readonly readings: number }
  /** True excess loss of the last bases, over the start's. */
  | { readonly kind: "excess"; readonly cycles: number }
  /** Cycles from a time until the base's excess loss has fallen to a tenth of what it was then. */
  | { readonly kind: "regain"; readonly fromUs: number; readonly excess: number }
  /** 1 - utility over the best utility, in the last third of a stretch of time. */
  | { readonly kind: "utilityLost"; readonly fromUs: number; readonly toUs: number }
  /** Share of bases with a margin below 0. */
  | { readonly kind: "infeasible" }

/** An acceptable band: a quantile (or the mean) of a measure over all seeds must not exceed `most`. */
export interface Band {
  readonly measure: Measure
  readonly of: "mean" | "median" | "worst"
  readonly most: number
}

/** A plant, its noise, how long it runs, and the bands for its results. */
export interface Scenario {
  readonly name: string
  readonly plant: Plant
  readonly noise: NoiseSpec
  readonly marginNoise?: NoiseSpec
  readonly readings: number
  /** Digests per window; default 1. */
  readonly digests?: number
  readonly bands: ReadonlyArray<Band>
  /** Default 20. */
  readonly seeds?: number
}

/** The value of a band's measure over all seeds, and whether it is acceptable. */
export interface BandVerdict {
  readonly band: Band
  readonly value: number
  readonly holds: boolean
}

/** The results of a scenario over many seeds, beside what was acceptable. */
export interface ScenarioVerdict {
  readonly name: string
  readonly bands: ReadonlyArray<BandVerdict>
  /** Sums over all seeds: a well-behaved tuner keeps them at 0. */
  readonly refused: number
  readonly trips: number
  readonly outOfBounds: number
}

const READING_US = 350_000
/** A cycle takes two windows, and waits a tenth of a second between its update and the next probe. */
const CYCLE_US = 2 * READING_US + 100_000

const none: NoiseSpec = { kind: "none", level: 0 }
const gaussian = (level: number): NoiseSpec => ({ kind: "gaussian", level })

/** Noise as a share of what the plant can gain from its start. */
function shareOfStart(plant: Plant, share: number, kind: NoiseSpec["kind"] = "gaussian"): NoiseSpec {
  return { kind, level: share * (plant.loss(Float64Array.from(plant.start), 0) - plant.best(0)) }
}

const stationary = (n: number, share: number, most: number): Scenario => {
  const plant = quadratic(n)
  return {
    name: `stationary quadratic, ${n} ${n === 1 ? "knob" : "knobs"}, noise ${100 * share} %`,
    plant,
    noise: share === 0 ? none : shareOfStart(plant, share),
    readings: 600,
    bands: [{ measure: { kind: "excess", cycles: 100 }, of: "median", most }],
  }
}

const SHIFT_US = 150 * CYCLE_US
/** Four knobs; every optimum jumps by a fifth of its range. Noise is a share of the loss that the jump causes. */
const shift = (share: number, most: number): Scenario => ({
  name: `20 % shift, noise ${100 * share} %`,
  plant: quadratic(4, { kind: "step", atUs: SHIFT_US, by: 0.2 }),
  noise: share === 0 ? none : gaussian(share * 0.16),
  readings: 600,
  bands: [{ measure: { kind: "regain", fromUs: SHIFT_US, excess: 0.16 }, of: "median", most }],
})

const LOAD_US = 150 * CYCLE_US
const queueLoads = (level: number, most: number): Scenario => ({
  name: `M/M/c/K, three loads in turn from K = 200, noise ${level}`,
  plant: queuePlant(LOADS, LOAD_US),
  noise: level === 0 ? none : gaussian(level),
  readings: 900,
  bands: LOADS.map((_, i) => ({
    measure: { kind: "utilityLost", fromUs: i * LOAD_US, toUs: (i + 1) * LOAD_US },
    of: "mean",
    most,
  })),
})

const constraintScenario = (level: number): Scenario => ({
  name: `constraint, margin noise ${level}`,
  plant: constrained(4),
  noise: gaussian(level / 2),
  marginNoise: gaussian(level),
  readings: 600,
  bands: [
    { measure: { kind: "infeasible" }, of: "mean", most: 0.005 },
    { measure: { kind: "excess", cycles: 100 }, of: "median", most: 0.35 },
  ],
})

const withShare = (plant: Plant, share: number, kind: "gaussian" | "heavy", most: number): Scenario => ({
  name: `${plant.name}, ${kind} noise ${100 * share} %`,
  plant,
  noise: shareOfStart(plant, share, kind),
  readings: 600,
  ...(kind === "heavy" ? { digests: 5 } : {}),
  bands: [{ measure: { kind: "excess", cycles: 100 }, of: "median", most }],
})

const ramp: Plant = quadratic(4, { kind: "ramp", fromUs: 60 * CYCLE_US, toUs: 240 * CYCLE_US, by: 0.2 })

/** Every scenario that `test/scenarios` runs. */
export const scenarios: ReadonlyArray<Scenario> = [
  stationary(1, 0, 0.0001),
  stationary(1, 0.05, 0.004),
  // Without noise, the bound of the held slope (tuning-rule.md, "Arrived") costs the last digits. With noise, it is
  // what sees the bowl.
  stationary(4, 0, 0.0007),
  stationary(4, 0.05, 0.01),
  stationary(4, 0.2, 0.05),
  stationary(16, 0, 0.004),
  stationary(16, 0.05, 0.05),
  withShare(rotated(4, 30), 0.05, "gaussian", 0.02),
  withShare(kink(4), 0.05, "gaussian", 0.06),
  withShare(cliff(4), 0.05, "gaussian", 0.01),
  withShare(phases(2), 0.05, "gaussian", 0.01),
  withShare(quadratic(4), 0.05, "heavy", 0.01),
  {
    name: "drift by ramp, 20 % over 180 cycles, noise 5 %",
    plant: ramp,
    noise: shareOfStart(ramp, 0.05),
    readings: 600,
    bands: [{ measure: { kind: "tail", readings: 400 }, of: "median", most: 0.025 }],
  },
  shift(0, 15),
  shift(0.05, 15),
  shift(0.2, 30),
  queueLoads(0, 0.03),
  queueLoads(0.05, 0.03),
  constraintScenario(0),
  constraintScenario(0.02),
  {
    name: "T1: five knobs, two of them whole numbers",
    plant: taskOne(),
    noise: none,
    readings: 1000,
    seeds: 50,
    bands: [
      { measure: { kind: "mean" }, of: "mean", most: 0.04 },
      { measure: { kind: "tail", readings: 200 }, of: "mean", most: 0.002 },
    ],
  },
  {
    name: "T2: two knobs, a kink at the target",
    plant: taskTwo(),
    noise: none,
    readings: 1000,
    seeds: 50,
    bands: [
      { measure: { kind: "mean" }, of: "mean", most: 0.045 },
      { measure: { kind: "tail", readings: 200 }, of: "mean", most: 0.016 },
    ],
  },
]

/** One number of a run. */
export function measureRun(measure: Measure, scenario: Scenario, run: SimulatedRun): number {
  const { plant } = scenario
  switch (measure.kind) {
    case "mean":
      return meanOf(run.losses)
    case "tail":
      return meanOf(run.losses, run.losses.length - measure.readings)
    case "excess": {
      const best = plant.best(run.endUs)
      const gain = plant.loss(Float64Array.from(plant.start), 0) - plant.best(0)
      const tail = run.baseLosses.length - measure.cycles
      return (meanOf(run.baseLosses, tail < 0 ? 0 : tail) - best) / gain
    }
    case "regain": {
      const first = run.baseTimesUs.findIndex((t) => t >= measure.fromUs)
      const there = run.baseLosses.findIndex(
        (loss, k) => k >= first && loss - plant.best(run.baseTimesUs[k]) <= 0.1 * measure.excess,
      )
      return there < 0 ? Number.POSITIVE_INFINITY : there - first + 1
    }
    case "utilityLost": {
      const third = measure.toUs - (measure.toUs - measure.fromUs) / 3
      const losses = run.losses.filter((_, k) => run.timesUs[k] >= third && run.timesUs[k] < measure.toUs)
      return 1 - (1 - meanOf(losses)) / (1 - plant.best(measure.fromUs))
    }
    default:
      return run.infeasibleBases / run.cycles
  }
}

/** Runs a scenario over its seeds and compares the results with its bands. */
export function judgeScenario(scenario: Scenario, seeds = scenario.seeds ?? 20): ScenarioVerdict {
  const { name, plant, noise, marginNoise, readings, digests } = scenario
  const runs = Array.from({ length: seeds }, (_, seed) =>
    simulate(
      {
        plant,
        noise,
        readings,
        policy: GUARDRAILS.balanced,
        ...(marginNoise === undefined ? {} : { marginNoise }),
        ...(digests === undefined ? {} : { digests }),
      },
      seed + 1,
    ),
  )
  const sum = (of: (run: SimulatedRun) => number): number => runs.reduce((total, run) => total + of(run), 0)
  return {
    name,
    bands: scenario.bands.map((band) => {
      const values = runs.map((run) => measureRun(band.measure, scenario, run))
      const value =
        band.of === "mean"
          ? meanOf(values)
          : band.of === "median"
            ? quantileOf(values, 0.5)
            : values.reduce((worst, x) => Math.max(worst, x), Number.NEGATIVE_INFINITY)
      return { band, value, holds: value <= band.most }
    }),
    refused: sum((run) => run.refused),
    trips: sum((run) => run.trips),
    outOfBounds: sum((run) => run.outOfBounds),
  }
}
