/**
 * Whether interference is found, and what it costs until then. Replicas have one knob; each loses (x - 0.8)² by its own value and
 * `shared` times mean² by the mean of all. Halves lead to 0.8, the best place for all is 0.8 / (1 + shared).
 */
import { type Design, sideIn } from "../../src/cohort/designs.ts"
import { Interference, widen } from "../../src/cohort/Interference.ts"
import { OwnDeviation } from "../../src/cohort/OwnDeviation.ts"
import { drawRoles } from "../../src/cohort/roles.ts"
import { type KeyedReading, readStage } from "../../src/cohort/sideReadings.ts"
import { KnobTable } from "../../src/hot/KnobTable.ts"
import { LOSS_MINUS, LOSS_PLUS, READINGS, SpsaKernel } from "../../src/hot/SpsaKernel.ts"
import { DEFAULT_SPSA } from "../../src/hot/spsaSettings.ts"
import { quadratic } from "../../src/testing/plants.ts"
import { gaussianAt } from "../../src/testing/noise.ts"

/** As shares of the start's excess: what all replicas share in a window, and what each has of its own. */
const COMMON = 0.2
const OWN = 0.05
const REPLICAS = 10
const START = 0.25
/** Step limit of the default guardrails: half of it is the widest probe that a replica takes. */
const STEPS = Float64Array.of(0.1)
const PRIVATE_BEST = 0.8

export interface InterferenceRun {
  /** Windows until it was found; infinite where it never was. */
  readonly foundAfter: number
  /** Mean excess over the best place in the last quarter, as a share of the start's. */
  readonly late: number
}

/** `auto` checks one cycle of six; `together` never splits. */
export function interferenceRun(
  shared: number,
  design: "auto" | "together",
  seed: number,
  windows: number,
): InterferenceRun {
  const table = new KnobTable(quadratic(1).knobs)
  const kernel = new SpsaKernel(table, { ...DEFAULT_SPSA, seed, lookAhead: false, constrained: false })
  let state = new Float64Array(kernel.stateLength)
  let next = new Float64Array(kernel.stateLength)
  kernel.initial(state, Float64Array.of(START))
  const level = (x: number): number => (x - PRIVATE_BEST) ** 2 + shared * x ** 2
  const best = level(PRIVATE_BEST / (1 + shared))
  const scale = level(START) - best
  const band = Float64Array.of(-1, 1)
  const members = Array.from({ length: REPLICAS }, (_, r) => ({ key: `replica-${r}`, stratum: "" }))
  const own = new OwnDeviation()
  const interference = new Interference(1)
  const [plus, minus, base] = [new Float64Array(1), new Float64Array(1), new Float64Array(1)]
  const spent = { windows: 0 }
  let counter = 0
  let draw = 0
  let foundAfter = Number.POSITIVE_INFINITY
  let lateSum = 0
  let lateCount = 0

  const stage = (how: Design, index: number): readonly [plus: number, minus: number] => {
    spent.windows++
    const roles = drawRoles(members, { exposure: 1, control: 0 }, { seed, epoch: 1, draw })
    const sides = roles.map((role) => sideIn(how, index, role, kernel.firstIsPlus(state)))
    const places = sides.map((side) => (side === "plus" ? plus[0] : minus[0]))
    const mean = places.reduce((sum, x) => sum + x, 0) / REPLICAS
    const common = COMMON * scale * gaussianAt(seed, counter++)
    const readings: ReadonlyArray<KeyedReading> = members.map(({ key }, r) => ({
      key,
      side: sides[r],
      n: 10,
      margin: Number.NaN,
      mean:
        (places[r] - PRIVATE_BEST) ** 2 +
        shared * mean ** 2 +
        common +
        OWN * scale * gaussianAt(seed + 1, counter++),
    }))
    const read = readStage(readings, how === "split" ? own : null)
    return [read.plus.loss, read.minus.loss]
  }
  const inTurns = (): readonly [number, number] => {
    const [a, b] = [stage("together", 0), stage("together", 1)]
    return Number.isNaN(a[0]) ? [b[0], a[1]] : [a[0], b[1]]
  }

  const readings = new Float64Array(READINGS)
  while (spent.windows < windows) {
    kernel.begin(state)
    kernel.plusTarget(state, plus, 0)
    kernel.minusTarget(state, minus, 0)
    draw++
    let read: readonly [number, number]
    if (design === "together" || interference.found !== null) read = inTurns()
    else {
      if (interference.checksNext()) {
        widen(table, base, STEPS, plus, minus)
        const halves = stage("split", 0)
        const turns = inTurns()
        if (interference.take(turns[0] - turns[1], halves[0] - halves[1], [plus[0] - minus[0]])) {
          foundAfter = spent.windows
          // What halves led to is not trusted: back to the baseline, and gains and noise begin again.
          base[0] = START
          kernel.initial(state, base)
          kernel.begin(state)
        }
        kernel.plusTarget(state, plus, 0)
        kernel.minusTarget(state, minus, 0)
      }
      read = interference.found === null ? stage("split", 0) : inTurns()
    }
    readings.fill(Number.NaN)
    readings[LOSS_PLUS] = read[0]
    readings[LOSS_MINUS] = read[1]
    kernel.complete(state, next, readings, band)
    ;[state, next] = [next, state]
    kernel.base(state, base)
    if (spent.windows > 0.75 * windows) {
      lateSum += (level(base[0]) - best) / scale
      lateCount++
    }
  }
  return { foundAfter, late: lateSum / lateCount }
}

export interface InterferenceRow {
  readonly shared: number
  /** Share of the runs in which it was found. */
  readonly found: number
  readonly medianWindows: number
  /** Mean late excess of `auto` less that of `together`, shares of the start's. */
  readonly lateAbove: number
}

/** Many seeds of both designs. */
export function interferenceRow(shared: number, seeds: number, windows: number): InterferenceRow {
  const all = Array.from({ length: seeds }, (_, k) => interferenceRun(shared, "auto", 5000 + k, windows))
  const turns = Array.from({ length: seeds }, (_, k) =>
    interferenceRun(shared, "together", 5000 + k, windows),
  )
  const after = all.map(({ foundAfter }) => foundAfter).toSorted((a, b) => a - b)
  const late = (runs: ReadonlyArray<InterferenceRun>): number =>
    runs.reduce((sum, one) => sum + one.late, 0) / seeds
  return {
    shared,
    found: after.filter(Number.isFinite).length / seeds,
    medianWindows: after[seeds >> 1],
    lateAbove: late(all) - late(turns),
  }
}
