/**
 * Runs the control loop against a simulated plant in virtual time, through Tier 1 with every guardrail on, and
 * records the true loss of every configuration that the plant ran under. Use it to try settings, to compare plants,
 * and in scenario tests. The same scenario and seed give the same run.
 */
import {
  DIGEST_CONSTRAINT_MARGIN,
  DIGEST_GENERATION,
  DIGEST_OBJECTIVE,
  DIGEST_TIMESTAMP_US,
  TRIMMED_MEAN,
} from "../hot/codes.ts"
import type { GuardrailNumbers } from "../hot/Guardrails.ts"
import { HotLoop } from "../hot/HotLoop.ts"
import { RESTING, WAITING_MINUS, WAITING_PLUS } from "../hot/phases.ts"
import { HotPath } from "../hot/HotPath.ts"
import { KnobTable } from "../hot/KnobTable.ts"
import { SpsaKernel } from "../hot/SpsaKernel.ts"
import { DEFAULT_SPSA, type SpsaSettings } from "../hot/spsaSettings.ts"
import { noiseAt, type NoiseSpec } from "./noise.ts"
import type { Plant } from "./Plant.ts"

/** What `simulate` runs: a plant, its noise, and how it is tuned. */
export interface Simulation {
  readonly plant: Plant
  /** Noise on the objective of one digest. */
  readonly noise: NoiseSpec
  /** Noise on the margin of one digest. */
  readonly marginNoise?: NoiseSpec
  /** Windows to read; two make a cycle. */
  readonly readings: number
  /** Virtual time per window. Default 350 ms. */
  readonly readingUs?: number
  /** Digests per window. Default 1. */
  readonly digests?: number
  readonly policy: GuardrailNumbers
  readonly settings?: Partial<SpsaSettings>
  /** Whether the runaway guard is on. Default true. */
  readonly guard?: boolean
}

/** What happened in a simulated run. Losses are true ones, without noise. */
export interface SimulatedRun {
  /** True loss of the live configuration, by reading. */
  readonly losses: Float64Array
  /** When each reading began. */
  readonly timesUs: Float64Array
  /** True loss of the base after each completed cycle, and when that was. */
  readonly baseLosses: ReadonlyArray<number>
  readonly baseTimesUs: ReadonlyArray<number>
  /** Bases, and readings, with a true margin below 0. */
  readonly infeasibleBases: number
  readonly infeasibleReadings: number
  readonly worstMargin: number
  readonly cycles: number
  readonly applies: number
  readonly refused: number
  readonly trips: number
  readonly reheats: number
  /** Readings during which a live position was outside [0, 1]. */
  readonly outOfBounds: number
  /** Live unit positions at the end. */
  readonly units: Float64Array
  readonly endUs: number
}

const QUIET: NoiseSpec = { kind: "none", level: 0 }

/** Runs one simulation; a pure function of its arguments. */
export function simulate(simulation: Simulation, seed: number): SimulatedRun {
  const { plant, noise, marginNoise = QUIET, readings, policy } = simulation
  const readingUs = simulation.readingUs ?? 350_000
  const digests = simulation.digests ?? 1
  const table = new KnobTable(plant.knobs)
  const hot = new HotPath({
    table,
    policy,
    initialUnit: Float64Array.from(plant.start),
    window: {
      windowDigests: digests,
      windowUs: 4 * readingUs,
      settleUs: 0,
      maxAgeUs: readingUs,
      aggregate: TRIMMED_MEAN,
      trim: 0.1,
    },
    auditCapacity: 256,
    journalDigests: false,
    manualTime: true,
  })
  const settings = { ...DEFAULT_SPSA, ...simulation.settings, seed, maxStep: policy.maxStep }
  const loop = new HotLoop(hot, new SpsaKernel(table, settings), { guard: simulation.guard ?? true })
  const units = new Float64Array(table.size)
  const losses = new Float64Array(readings)
  const timesUs = new Float64Array(readings)
  const baseLosses: Array<number> = []
  const baseTimesUs: Array<number> = []
  let infeasibleBases = 0
  let infeasibleReadings = 0
  let worstMargin = Number.POSITIVE_INFINITY
  let outOfBounds = 0
  let drawn = 0
  let now = 1
  hot.nowCell[0] = now
  loop.start()
  for (let reading = 0; reading < readings; reading++) {
    hot.config.readUnits(units)
    if (units.some((x) => !(x >= 0 && x <= 1))) outOfBounds++
    timesUs[reading] = now
    losses[reading] = plant.loss(units, now)
    if (plant.margin !== undefined && plant.margin(units, now) < 0) infeasibleReadings++
    for (let digest = 0; digest < digests; digest++) {
      now += readingUs / digests
      const cells = hot.digest
      cells.fill(Number.NaN)
      cells[DIGEST_TIMESTAMP_US] = now
      cells[DIGEST_GENERATION] = hot.config.generation
      cells[DIGEST_OBJECTIVE] = plant.loss(units, now) + noiseAt(noise, seed, drawn)
      if (plant.margin !== undefined) {
        cells[DIGEST_CONSTRAINT_MARGIN] =
          plant.margin(units, now) + noiseAt(marginNoise, seed + 7_654_321, drawn)
      }
      drawn++
      loop.observe()
    }
    // If Tier 1 answered "not yet", time passes until it allows the next apply.
    const waits = loop.phase === WAITING_PLUS || loop.phase === WAITING_MINUS || loop.phase === RESTING
    const next = hot.executor.nextApplyUs
    if (!waits && next > now && next < now + readingUs) now = next
    hot.nowCell[0] = now
    loop.tick()
    hot.audit.drain(() => {})
    while (baseLosses.length < loop.cycles) {
      baseLosses.push(plant.loss(hot.executor.base, now))
      baseTimesUs.push(now)
      if (plant.margin !== undefined) {
        const margin = plant.margin(hot.executor.base, now)
        if (margin < 0) infeasibleBases++
        if (margin < worstMargin) worstMargin = margin
      }
    }
  }
  hot.config.readUnits(units)
  return {
    losses,
    timesUs,
    baseLosses,
    baseTimesUs,
    infeasibleBases,
    infeasibleReadings,
    worstMargin,
    cycles: loop.cycles,
    applies: hot.executor.applies,
    refused: hot.executor.refused.reduce((sum, count) => sum + count, 0),
    trips: loop.trips,
    reheats: loop.kernel.reheats(loop.state),
    outOfBounds,
    units,
    endUs: now,
  }
}

/** Mean of a part of an array; the whole by default. */
export function meanOf(values: ArrayLike<number>, from = 0, to = values.length): number {
  let sum = 0
  for (let i = from; i < to; i++) sum += values[i]
  return sum / (to - from)
}

/** Quantile by linear interpolation; 0.5 is the median. */
export function quantileOf(values: Iterable<number>, q: number): number {
  const sorted = Array.from(values).sort((a, b) => a - b)
  const at = q * (sorted.length - 1)
  const low = Math.floor(at)
  const high = Math.ceil(at)
  return sorted[low] + (at - low) * (sorted[high] - sorted[low])
}
