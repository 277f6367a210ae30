/**
 * What it is worth to try both sides of a pair at the same time on two halves of the replicas, instead of in turns on all of them.
 *
 *   npm run bench:replicas            # variances, windows to a tenth of the start, slow load, unlike replicas, interference
 *   npm run bench:replicas -- --json
 *
 * The tuning rule is that of every engine, with its step limit and without budgets of a minute: the same for both designs.
 */
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
import { kink, quadratic, rotated, valley } from "../../src/testing/plants.ts"
import { factorialRun } from "./factorial.ts"
import { faultRows } from "./faults.ts"
import { interferenceRow } from "./interference.ts"
import { queuePlant, LOADS } from "../../src/testing/queue.ts"

/** Standard deviations as shares of the start's excess: what all replicas share in a window, and what each has of its own. */
const COMMON = 0.2
const OWN = 0.05
const SEEDS = 30
const MOST_WINDOWS = 240
/** The base counts as there when it stays within a tenth of the start's excess for the rest of the run. */
const NEAR = 0.1

/** What a run is measured under, besides the noise of each window. */
interface Load {
  /** Correlation of the common load from one window to the next. */
  readonly slow: number
  /** Standard deviation of what replicas differ by for good, as a share of the start's excess. */
  readonly lasting: number
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

  read(plus: number, minus: number): readonly [plus: number, minus: number] {
    const { design, members, seed, scale } = this
    const roles = drawRoles(members, { exposure: 1, control: 0 }, { seed, epoch: 1, draw: this.windows })
    const sums = { plus: [0, 0], minus: [0, 0] }
    for (let stage = 0; stage < stagesOf(design); stage++) {
      this.windows++
      const { slow, lasting } = this.load
      const fresh = COMMON * scale * gaussianAt(seed, this.counter++)
      // The first window has the variance of all.
      this.common = this.windows === 1 ? fresh : slow * this.common + Math.sqrt(1 - slow * slow) * fresh
      const { common } = this
      const readings = members.map(({ key }, r) => {
        const side = sideIn(design, stage, roles[r], true)
        const level = side === "plus" ? plus : minus
        const own = OWN * scale * gaussianAt(seed + 1, this.counter++)
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

function varianceOf(design: Design, replicas: number, cycles: number): number {
  const halves = new Halves(design, replicas, 4711, 1)
  let squares = 0
  for (let cycle = 0; cycle < cycles; cycle++) {
    const [plus, minus] = halves.read(0, 0)
    squares += (plus - minus) ** 2
  }
  return squares / cycles
}

/** Windows until the base is near for good, infinite where it never is, with so many knobs that must be equal everywhere; and the mean excess of the last quarter, as a share of the start's. */
function runOf(
  plant: Plant,
  design: Design,
  replicas: number,
  seed: number,
  load = PLAIN,
  sharedKnobs = 0,
): { readonly near: number; readonly late: number } {
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
  const plusLoss = (): number => {
    kernel.plusTarget(state, at, 0)
    return plant.loss(at, 0)
  }
  const minusLoss = (): number => {
    kernel.minusTarget(state, at, 0)
    return plant.loss(at, 0)
  }
  const mask = Array.from({ length: n }, (_, i) => i < sharedKnobs)
  const sharing = sharedKnobs === 0 ? null : new SharedKnobs(kernel, mask)
  let near = Number.POSITIVE_INFINITY
  while (halves.windows < MOST_WINDOWS) {
    kernel.base(state, at)
    if (sharing !== null) state = sharing.next(state, at)
    kernel.begin(state)
    if (sharing !== null) {
      halves.design = sharing.turn ? "together" : design
      sharing.hold(state, at)
    }
    const [plus, minus] = halves.read(plusLoss(), minusLoss())
    readings.fill(Number.NaN)
    readings[LOSS_PLUS] = plus
    readings[LOSS_MINUS] = minus
    // What changed nothing is kept as well: the next cycle has other signs.
    kernel.complete(state, next, readings, band)
    ;[state, next] = [next, state]
    kernel.base(state, at)
    if (plant.loss(at, 0) - best > NEAR * start) near = Number.POSITIVE_INFINITY
    else near = Math.min(near, halves.windows)
    if (halves.windows <= 0.75 * MOST_WINDOWS) continue
    late += (plant.loss(at, 0) - best) / start
    lateCount++
  }
  return { near, late: late / lateCount }
}

const seeds = Array.from({ length: SEEDS }, (_, k) => 900 + k)

const median = (values: ReadonlyArray<number>): number => {
  const sorted = values.toSorted((a, b) => a - b)
  return sorted[sorted.length >> 1]
}

const mean = (values: ReadonlyArray<number>): number => values.reduce((sum, x) => sum + x, 0) / values.length

const variances = [4, 10, 40].map((replicas) => {
  const together = varianceOf("together", replicas, 20_000)
  const split = varianceOf("split", replicas, 20_000)
  const formula = (2 * (COMMON ** 2 + OWN ** 2 / replicas)) / ((4 * OWN ** 2) / replicas)
  return { replicas, ratio: together / split, formula, ofFormula: together / split / formula }
})

const plants: ReadonlyArray<Plant> = [
  quadratic(2),
  quadratic(4),
  rotated(4, 10),
  kink(4),
  valley(),
  quadratic(16),
  queuePlant([LOADS[0]], Number.MAX_SAFE_INTEGER),
]
const windows = plants.map((plant) => {
  const of = (design: Design): number => median(seeds.map((seed) => runOf(plant, design, 10, seed).near))
  const start = plant.loss(Float64Array.from(plant.start), 0) - plant.best(0)
  const run = { common: COMMON * start, own: OWN * start, near: NEAR * start, windows: MOST_WINDOWS }
  const factorial = median(seeds.map((seed) => factorialRun(plant, { ...run, replicas: 10, seed })))
  return { plant: plant.name, together: of("together"), split: of("split"), factorial }
})

/** A load that hardly changes from one window to the next is what pairs in turns bear best. */
const slow = plants.slice(0, 4).map((plant) => {
  const of = (design: Design): number =>
    median(seeds.map((seed) => runOf(plant, design, 10, seed, { slow: 0.95, lasting: 0 }).near))
  return { plant: plant.name, together: of("together"), split: of("split") }
})

/** Some knobs must be equal on all replicas: in turns are all knobs, or those alone, with the others in halves. */
const shared = (
  [
    [quadratic(2), 1],
    [quadratic(4), 1],
    [rotated(4, 10), 1],
    [kink(4), 1],
    [quadratic(16), 4],
    [quadratic(16), 8],
  ] as const
).map(([plant, knobs]) => {
  const of = (design: Design, equal: number) => {
    const runs = seeds.map((seed) => runOf(plant, design, 10, seed, PLAIN, equal))
    return { near: median(runs.map(({ near }) => near)), late: mean(runs.map(({ late }) => late)) }
  }
  return { plant: plant.name, knobs, turns: of("together", 0), mixed: of("split", knobs) }
})

const differing = ([4, 10] as const).map((replicas) => {
  const of = (lasting: number): number =>
    mean(seeds.map((seed) => runOf(quadratic(4), "split", replicas, seed, { slow: 0, lasting }).late))
  return { replicas, equal: of(0), differ: of(0.2) }
})

const interference = [1, 0.3, 0].map((shared) => interferenceRow(shared, 300, 400))

const faults = faultRows()

if (process.argv.includes("--json"))
  console.log(JSON.stringify({ variances, windows, slow, shared, differing, faults, interference }))
else {
  const shown = (count: number): string => (Number.isFinite(count) ? String(count) : `>${MOST_WINDOWS}`)
  console.log(`Variance of the difference of a pair, common ${100 * COMMON} %, own ${100 * OWN} %`)
  console.log("replicas | in turns / in halves | formula | share of it")
  for (const { replicas, ratio, formula, ofFormula } of variances)
    console.log(`${replicas} | ${ratio.toFixed(1)} | ${formula.toFixed(1)} | ${ofFormula.toFixed(2)}`)
  console.log(
    `\nWindows until the base stays within a tenth of the start, 10 replicas, median of ${SEEDS} seeds`,
  )
  console.log("plant | in turns | in halves | prototype: each replica its own signs")
  for (const { plant, together, split, factorial } of windows)
    console.log(`${plant} | ${shown(together)} | ${shown(split)} | ${shown(factorial)}`)
  console.log("\nThe same under a slow load, correlation 0.95 from window to window")
  console.log("plant | in turns | in halves | share")
  for (const { plant, together, split } of slow)
    console.log(`${plant} | ${shown(together)} | ${shown(split)} | ${(split / together).toFixed(2)}`)
  console.log("\nKnobs that must be equal on all replicas: all knobs in turns, or those alone")
  console.log("plant | of them equal | windows, all in turns | those alone | late excess | those alone")
  for (const { plant, knobs, turns, mixed } of shared)
    console.log(
      `${plant} | ${knobs} | ${shown(turns.near)} | ${shown(mixed.near)} | ${turns.late.toFixed(3)} | ${mixed.late.toFixed(3)}`,
    )
  console.log(
    "\nReplicas that differ by 20 % for good: late excess in halves, quadratic-4, share of the start's",
  )
  console.log("replicas | equal | differ | ratio")
  for (const { replicas, equal, differ } of differing)
    console.log(`${replicas} | ${equal.toFixed(4)} | ${differ.toFixed(4)} | ${(differ / equal).toFixed(1)}`)
  console.log("\nFaults of the network, replicas and owner, virtual time, 4 seeds")
  console.log(
    "replicas | seconds | fault | cycles a minute | of quiet | older pairs taken | beyond the lease",
  )
  for (const { replicas, seconds, fault, cyclesAMinute, olderTaken, beyondLease } of faults) {
    const quiet = faults.find((row) => row.replicas === replicas && row.seconds === seconds)
    const share = (cyclesAMinute / (quiet?.cyclesAMinute ?? Number.NaN)).toFixed(2)
    console.log(
      `${replicas} | ${seconds} | ${fault} | ${cyclesAMinute.toFixed(0)} | ${share} | ${olderTaken} | ${beyondLease}`,
    )
  }
  console.log("\nInterference, share of the private curvature, 300 seeds, 400 windows, 10 replicas")
  console.log(
    "shared | found | windows until then, median | late excess above in turns, share of the start's",
  )
  for (const { shared, found, medianWindows, lateAbove } of interference)
    console.log(
      `${shared} | ${(100 * found).toFixed(1)} % | ${Number.isFinite(medianWindows) ? medianWindows : "never"} | ${lateAbove.toFixed(3)}`,
    )
}
