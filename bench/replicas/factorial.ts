/**
 * A prototype that is in no release: every replica has its own combination of signs, and one window gives a slope for each knob. What it
 * needs instead of the tuning rule of an engine is the plainest that has no gain to be tuned for a plant: steps of a size that shrinks, along slopes
 * measured in their own running size.
 */
import { median, sideMean } from "../../src/cohort/sideMean.ts"
import { gaussianAt, uniformAt } from "../../src/testing/noise.ts"
import type { Plant } from "../../src/testing/Plant.ts"

export interface FactorialRun {
  readonly replicas: number
  readonly seed: number
  /** Standard deviations, in units of the loss. */
  readonly common: number
  readonly own: number
  readonly windows: number
  /** The base is there while its excess is below this. */
  readonly near: number
}

/** Half a step limit of 0.1 at first: as far as a replica may be put from the base. */
const PROBE = 0.05
const STEP = 0.05
/** How sizes shrink with the windows (Spall, 1998). */
const STEP_POWER = 0.602
const PROBE_POWER = 0.101
const STABILITY = 10
/** Weight of the newest window in the running size of a knob's slope. */
const NEWEST = 0.2

const clip = (x: number): number => Math.min(1, Math.max(0, x))

/** Windows until the base is near for good; infinite where it never is. */
export function factorialRun(plant: Plant, run: FactorialRun): number {
  const { replicas, seed, common, own, windows, near } = run
  const n = plant.start.length
  const base = Float64Array.from(plant.start)
  const squares = new Float64Array(n)
  const best = plant.best(0)
  let there = Number.POSITIVE_INFINITY
  let counter = 0
  for (let window = 1; window <= windows; window++) {
    const probe = PROBE / window ** PROBE_POWER
    const signs = signsOf(replicas, n, (i) => uniformAt(seed, 1_000_000 + window * 4096 + i))
    const load = common * gaussianAt(seed + 1, window)
    const losses = signs.map((row) => {
      const at = base.map((x, i) => clip(x + probe * row[i]))
      return plant.loss(at, 0) + load + own * gaussianAt(seed + 2, counter++)
    })
    // What all share cancels: each knob has as many replicas above the base as below.
    const middle = median(losses)
    const size = STEP * ((1 + STABILITY) / (window + STABILITY)) ** STEP_POWER
    for (let i = 0; i < n; i++) {
      const side = (sign: number) =>
        sideMean(
          losses.flatMap((loss, r) => (signs[r][i] === sign ? [{ mean: loss - middle, n: 1 }] : [])),
          Number.POSITIVE_INFINITY,
        )
      const slope = (side(1) - side(-1)) / (2 * probe)
      squares[i] = window === 1 ? slope * slope : (1 - NEWEST) * squares[i] + NEWEST * slope * slope
      base[i] = clip(base[i] - (size * slope) / Math.sqrt(squares[i] + Number.MIN_VALUE))
    }
    if (plant.loss(base, 0) - best > near) there = Number.POSITIVE_INFINITY
    else there = Math.min(there, window)
  }
  return there
}

/** Signs by replica and knob: of each knob as many above as below, dealt by chance. */
function signsOf(
  replicas: number,
  knobs: number,
  draw: (i: number) => number,
): ReadonlyArray<ReadonlyArray<number>> {
  const columns = Array.from({ length: knobs }, (_, k) => {
    const order = Array.from({ length: replicas }, (__, r) => r).toSorted(
      (a, b) => draw(k * replicas + a) - draw(k * replicas + b),
    )
    const above = new Set(order.slice(0, replicas >> 1))
    return order.map((_, r) => (above.has(r) ? 1 : -1))
  })
  return Array.from({ length: replicas }, (_, r) => columns.map((column) => column[r]))
}
