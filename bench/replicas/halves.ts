/** Simulated cohorts of a bench: one cycle's readings from N replicas, in turns or in halves, and runs of the tuning rule over them. */
import { type Design, sideIn, stagesOf } from "../../src/cohort/designs.ts"
import { OwnDeviation } from "../../src/cohort/OwnDeviation.ts"
import { SharedKnobs } from "../../src/cohort/SharedKnobs.ts"
import { drawRoles } from "../../src/cohort/roles.ts"
import { readStage } from "../../src/cohort/sideReadings.ts"
import { KnobTable } from "../../src/hot/KnobTable.ts"
import { LOSS_MINUS, LOSS_PLUS, READINGS, SpsaKernel } from "../../src/hot/SpsaKernel.ts"
import { DEFAULT_SPSA } from "../../src/hot/spsaSettings.ts"
import { gaussianAt } from "../../src/testing/noise.ts"
import type { Plant } from "../../src/testing/Plant.ts"

/** Standard deviations as shares of the start's excess: what all replicas share in a window, and what each has of its own. */
export const COMMON = 0.2
export const OWN = 0.05
export const MOST_WINDOWS = 240
/** The base counts as there when it stays within a tenth of the start's excess for the rest of the run. */
export const NEAR = 0.1

/** What a run is measured under, besides the noise of each window. */
export interface Load {
  /** Correlation of the common load from one window to the next. */
  readonly slow: number
  /** Standard deviation of what replicas differ by for good, as a share of the start's excess. */
  readonly lasting: number
  /** Standard deviation of a replica's own noise, as a share of the start's excess; absent: `OWN`. */
  readonly own?: number
  /** A tuner that has arrived rests, as in a service: plain windows at the base. Absent: pair follows pair. */
  readonly rests?: boolean
}

/** What a run has come to. Excess is above the best place, as a share of the start's. */
export interface Ran {
  /** Windows until the base is near for good; infinite where it never is. */
  readonly near: number
  /** Mean excess of the base in the last quarter. */
  readonly late: number
  /** Mean excess of where replicas stood, over the whole run: what tuning costs the service. */
  readonly paid: number
}

const PLAIN: Load = { slow: 0, lasting: 0 }

/** One cycle's readings, from what each replica measures of two places. */
class Halves {
  windows = 0
  private counter = 0
  /** May change from one cycle to the next. */
  design: Design
  private readonly own = new OwnDeviation()
  private readonly members: ReadonlyArray<{ readonly key: string; readonly stratum: string }>

  private readonly seed: number
  private readonly scale: number
  private readonly load: Load
  private common = 0

  constructor(design: Design, replicas: number, seed: number, scale: number, load = PLAIN) {
    this.load = load
    this.design = design
    this.seed = seed
    this.scale = scale
    this.members = Array.from({ length: replicas }, (_, r) => ({ key: `replica-${r}`, stratum: "" }))
  }

  /** A plain window of all replicas at the base: their mean. */
  rest(level: number): number {
    const { own = OWN, lasting } = this.load
    this.windows++
    const unlike = this.members.map((_, r) => own * this.gaussian(1) + lasting * gaussianAt(this.seed + 2, r))
    const mean = unlike.reduce((sum, x) => sum + x, 0) / unlike.length
    return level + this.scale * (COMMON * this.gaussian(0) + mean)
  }

  private gaussian(stream: number): number {
    return gaussianAt(this.seed + stream, this.counter++)
  }

  read(plus: number, minus: number): readonly [plus: number, minus: number] {
    const { design, members, seed, scale } = this
    const roles = drawRoles(members, { exposure: 1, control: 0 }, { seed, epoch: 1, draw: this.windows })
    const sums = { plus: [0, 0], minus: [0, 0] }
    for (let stage = 0; stage < stagesOf(design); stage++) {
      this.windows++
      const { slow, lasting } = this.load
      const fresh = COMMON * scale * this.gaussian(0)
      // The first window has the variance of all.
      this.common = this.windows === 1 ? fresh : slow * this.common + Math.sqrt(1 - slow * slow) * fresh
      const { common } = this
      const readings = members.map(({ key }, r) => {
        const side = sideIn(design, stage, roles[r], true)
        const level = side === "plus" ? plus : minus
        const own = (this.load.own ?? OWN) * scale * this.gaussian(1)
        const unlike = lasting * scale * gaussianAt(seed + 2, r)
        return { key, side, n: 10, margin: Number.NaN, mean: level + common + own + unlike }
      })
      const read = readStage(readings, design === "split" ? this.own : null)
      for (const side of ["plus", "minus"] as const) {
        if (read[side].replicas === 0) continue
        sums[side][0] += read[side].loss
        sums[side][1]++
      }
    }
    return [sums.plus[0] / sums.plus[1], sums.minus[0] / sums.minus[1]]
  }
}

/** Variance of a pair's difference where both places are equal. */
export function varianceOf(design: Design, replicas: number, cycles: number): number {
  const halves = new Halves(design, replicas, 4711, 1)
  let squares = 0
  for (let cycle = 0; cycle < cycles; cycle++) {
    const [plus, minus] = halves.read(0, 0)
    squares += (plus - minus) ** 2
  }
  return squares / cycles
}

/** One run of the tuning rule, with so many knobs that must be equal everywhere. */
export function runOf(
  plant: Plant,
  design: Design,
  replicas: number,
  seed: number,
  load = PLAIN,
  sharedKnobs = 0,
): Ran {
  const table = new KnobTable(plant.knobs)
  const kernel = new SpsaKernel(table, { ...DEFAULT_SPSA, seed, lookAhead: false, constrained: false })
  const n = table.size
  let state: Float64Array = new Float64Array(kernel.stateLength)
  let next: Float64Array = new Float64Array(kernel.stateLength)
  const at = new Float64Array(n)
  const readings = new Float64Array(READINGS).fill(Number.NaN)
  const band = Float64Array.from({ length: 2 * n }, (_, i) => (i % 2 === 0 ? -1 : 1))
  kernel.initial(state, Float64Array.from(plant.start))
  const best = plant.best(0)
  const start = plant.loss(Float64Array.from(plant.start), 0) - best
  const halves = new Halves(design, replicas, seed, start, load)
  let late = 0
  let lateCount = 0
  let paid = 0
  const lossAt = (): number => plant.loss(at, halves.windows)
  const plusLoss = (): number => {
    kernel.plusTarget(state, at, 0)
    return lossAt()
  }
  const minusLoss = (): number => {
    kernel.minusTarget(state, at, 0)
    return lossAt()
  }
  const mask = Array.from({ length: n }, (_, i) => i < sharedKnobs)
  const sharing = sharedKnobs === 0 ? null : new SharedKnobs(kernel, mask)
  let near = Number.POSITIVE_INFINITY
  const settle = (): void => {
    ;[state, next] = [next, state]
    kernel.base(state, at)
    const excess = (lossAt() - best) / start
    if (excess > NEAR) near = Number.POSITIVE_INFINITY
    else near = Math.min(near, halves.windows)
    if (halves.windows <= 0.75 * MOST_WINDOWS) return
    late += excess
    lateCount++
  }
  while (halves.windows < MOST_WINDOWS) {
    kernel.base(state, at)
    readings.fill(Number.NaN)
    if (load.rests === true && kernel.restsLeft(state) > 0) {
      const level = lossAt()
      paid += (level - best) / start
      readings[LOSS_PLUS] = halves.rest(level)
      kernel.rest(state, next, readings)
      settle()
      continue
    }
    if (sharing !== null) state = sharing.next(state, at)
    kernel.begin(state)
    if (sharing !== null) {
      halves.design = sharing.turn ? "together" : design
      sharing.hold(state, at)
    }
    const before = halves.windows
    const [up, down] = [plusLoss(), minusLoss()]
    const [plus, minus] = halves.read(up, down)
    paid += ((halves.windows - before) * ((up + down) / 2 - best)) / start
    readings[LOSS_PLUS] = plus
    readings[LOSS_MINUS] = minus
    // What changed nothing is kept as well: the next cycle has other signs.
    kernel.complete(state, next, readings, band)
    settle()
  }
  return { near, late: late / lateCount, paid: paid / halves.windows }
}
