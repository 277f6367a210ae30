/**
 * A prototype that is in no release: every replica has its own combination of signs, and one window gives a slope for each knob. It needs
 * another rule than the tuning rule of an engine, and this one is as plain as one can be that has no gain to be tuned for a plant. Each
 * knob has a step of its own, along its slope in that slope's running size. The step grows while slopes agree with those before, and
 * shrinks while they do not (Kesten, Annals of Mathematical Statistics 29, 1958; by knob: Jacobs, Neural Networks 1, 1988).
 */
import { OwnDeviation } from "../../src/cohort/OwnDeviation.ts"
import { median } from "../../src/cohort/sideMean.ts"
import { KnobTable } from "../../src/hot/KnobTable.ts"
import { gaussianAt, uniformAt } from "../../src/testing/noise.ts"
import type { Plant } from "../../src/testing/Plant.ts"
import { COMMON, MOST_WINDOWS, NEAR, OWN, type Ran } from "./halves.ts"

/** As far as one apply may move a knob. */
const LIMIT = 0.1
const FIRST_STEP = 0.05
const STEPS = [0.002, 0.06] as const
const PROBES = [0.0025, 0.04] as const
/** Log of what a step grows by where slopes agree in full, and of what it always shrinks by. */
const GROWTH = 0.25
const SHRINKAGE = 0.01
/** Share of the agreement that is the mean of all knobs: one knob's is mostly noise. */
const JOINT = 0.7
/** Weights of the newest window in a knob's mean slope, its mean square and the noise of a reading. */
const NEWEST = { slope: 0.3, square: 0.2, noise: 0.1 }
/** A reading counts as at most so many robust standard deviations from the median. */
const MOST_DEVIATIONS = 5
const NORMAL = 1.4826
const TINY = Number.MIN_VALUE

export interface Cohort {
  readonly replicas: number
  readonly seed: number
  /** Standard deviations of own noise and lasting differences, as shares of the start's excess. */
  readonly own?: number
  readonly lasting?: number
}

const clip = (x: number, [least, most]: readonly [number, number]): number =>
  Math.min(most, Math.max(least, x))

export function factorialRun(plant: Plant, { replicas, seed, own = OWN, lasting = 0 }: Cohort): Ran {
  const table = new KnobTable(plant.knobs)
  const n = table.size
  const knobs = Array.from({ length: n }, (_, i) => i)
  const base = Float64Array.from(plant.start)
  const steps = new Float64Array(n).fill(FIRST_STEP)
  const means = new Float64Array(n)
  const squares = new Float64Array(n)
  const deviations = new OwnDeviation()
  const best = plant.best(0)
  const start = plant.loss(base, 0) - best
  const ran = { near: Number.POSITIVE_INFINITY, late: 0, paid: 0 }
  let noise = 0
  let counter = 0
  for (let window = 1; window <= MOST_WINDOWS; window++) {
    const probes = knobs.map((i) =>
      clip(Math.max(0.5 * steps[i], squares[i] > 0 ? 0.5 * Math.sqrt(noise / squares[i]) : 0), PROBES),
    )
    const signs = signsOf(replicas, n, (i) => uniformAt(seed, 1_000_000 + window * 65_536 + i))
    const load = COMMON * start * gaussianAt(seed, window)
    const read = signs.map((row, r) => {
      const at = base.map((x, i) => table.snap(i, clip(x + probes[i] * row[i], [0, 1])))
      const loss = plant.loss(at, window)
      ran.paid += (loss - best) / start / replicas / MOST_WINDOWS
      const noisy = own * gaussianAt(seed + 1, counter++) + lasting * gaussianAt(seed + 2, r)
      return { key: `replica-${r}`, mean: loss + load + start * noisy }
    })
    const { effects, left } = effectsOf(
      signs,
      read.map(({ key, mean }) => mean - deviations.of(key)),
    )
    deviations.learn(read.map(({ key }, r) => ({ key, mean: left[r] + deviations.of(key) })))
    const square = left.reduce((sum, x) => sum + x * x, 0) / Math.max(1, replicas - 1 - n)
    noise += Math.max(1 / window, NEWEST.noise) * (square - noise)
    const slopes = knobs.map((i) => effects[i] / probes[i])
    for (const i of knobs)
      squares[i] += (window === 1 ? 1 : NEWEST.square) * (slopes[i] * slopes[i] - squares[i])
    const agreements = knobs.map((i) => clip((slopes[i] * means[i]) / (squares[i] + TINY), [-1, 1]))
    const joint = agreements.reduce((sum, x) => sum + x, 0) / n
    for (const i of knobs) {
      const agreement = JOINT * joint + (1 - JOINT) * agreements[i]
      if (window > 1) steps[i] = clip(steps[i] * Math.exp(GROWTH * agreement - SHRINKAGE), STEPS)
      means[i] += (window === 1 ? 1 : NEWEST.slope) * (slopes[i] - means[i])
      const room = LIMIT - probes[i]
      const move = -steps[i] * clip(slopes[i] / Math.sqrt(squares[i] + TINY), [-2, 2])
      base[i] = clip(base[i] + clip(move, [-room, room]), [0, 1])
    }
    const excess = (plant.loss(base, window) - best) / start
    if (excess > NEAR) ran.near = Number.POSITIVE_INFINITY
    else ran.near = Math.min(ran.near, window)
    if (window > 0.75 * MOST_WINDOWS) ran.late += excess / (0.25 * MOST_WINDOWS)
  }
  return ran
}

/**
 * What half of a probe's way does, by knob: the least squares over the readings, pulled towards 0 a little, and more where there are as
 * many knobs as replicas. `left` is what of each reading it leaves unexplained, less the level.
 */
function effectsOf(
  signs: ReadonlyArray<ReadonlyArray<number>>,
  readings: ReadonlyArray<number>,
): { readonly effects: Float64Array; readonly left: ReadonlyArray<number> } {
  const replicas = readings.length
  const n = signs[0].length
  const level = readings.reduce((sum, x) => sum + x, 0) / replicas
  const middle = median(readings)
  const reach = MOST_DEVIATIONS * NORMAL * median(readings.map((x) => Math.abs(x - middle)))
  const tame = readings.map((x) => clip(x, [middle - reach, middle + reach]))
  const shares = Array.from({ length: n }, (_, i) => signs.reduce((sum, row) => sum + row[i], 0) / replicas)
  const centred = signs.map((row) => row.map((sign, i) => sign - shares[i]))
  const ridge = n >= replicas - 1 ? replicas : 0.1 * n
  const rows = Array.from({ length: n }, (_, i) => [
    ...Array.from(
      { length: n },
      (__, k) => centred.reduce((sum, row) => sum + row[i] * row[k], 0) + (i === k ? ridge : 0),
    ),
    centred.reduce((sum, row, r) => sum + row[i] * (tame[r] - level), 0),
  ])
  const effects = solved(rows)
  const left = readings.map((x, r) => x - level - centred[r].reduce((sum, c, i) => sum + c * effects[i], 0))
  return { effects, left }
}

/** Solves symmetric, positive definite equations by elimination: a row has its right side at the end. */
function solved(rows: Array<Array<number>>): Float64Array {
  const n = rows.length
  for (let i = 0; i < n; i++) {
    for (let j = i + 1; j < n; j++) {
      const factor = rows[j][i] / rows[i][i]
      for (let k = i; k <= n; k++) rows[j][k] -= factor * rows[i][k]
    }
  }
  const out = new Float64Array(n)
  for (let i = n - 1; i >= 0; i--) {
    let rest = rows[i][n]
    for (let k = i + 1; k < n; k++) rest -= rows[i][k] * out[k]
    out[i] = rest / rows[i][i]
  }
  return out
}

/** Signs by replica and knob: of each knob as many above as below, or one more, dealt by chance. */
function signsOf(
  replicas: number,
  knobs: number,
  draw: (i: number) => number,
): ReadonlyArray<ReadonlyArray<number>> {
  const columns = Array.from({ length: knobs }, (_, k) => {
    const turns = Array.from({ length: replicas }, (__, r) => draw(k * replicas + r))
    const order = Array.from({ length: replicas }, (__, r) => r).toSorted((a, b) => turns[a] - turns[b])
    const above = new Set(order.slice(0, replicas >> 1))
    return turns.map((_, r) => (above.has(r) ? 1 : -1))
  })
  return Array.from({ length: replicas }, (_, r) => columns.map((column) => column[r]))
}
