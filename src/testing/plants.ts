/**
 * Landscapes with known optima: what tuners meet in practice, each reduced to one difficulty. All are over [0,1]^n
 * with optima off the centre and off the axes, since centred ones flatter simple methods. The M/M/c/K queue is in
 * `queue.ts`, tasks from the literature in `tasks.ts`.
 */
import { PERIODIC } from "../hot/codes.ts"
import { driftAt, type Drift, type Plant, unitKnobs } from "./Plant.ts"

const STILL: Drift = { kind: "still" }

/** Optimum of knob i: spread over the range by the golden ratio, within [.25, .75]. */
export function optimumOf(i: number): number {
  return 0.25 + 0.5 * ((0.35 + i * 0.6180339887498949) % 1)
}

/** Start of knob i: .3 away from its optimum, on the side with more room. */
export function startOf(i: number): number {
  const at = optimumOf(i)
  return at > 0.5 ? at - 0.3 : at + 0.3
}

const starts = (n: number): ReadonlyArray<number> => Array.from({ length: n }, (_, i) => startOf(i))

/** The optimum of knob i at a time. Knobs drift towards the side of their start, so they stay inside. */
function centre(i: number, drift: Drift, atUs: number): number {
  const at = optimumOf(i)
  return at + (at > 0.5 ? -1 : 1) * driftAt(drift, atUs)
}

/** Sum of squared distances: the easy case, with any number of knobs, fixed or drifting. */
export function quadratic(n: number, drift: Drift = STILL): Plant {
  return {
    name: `quadratic-${n}${drift.kind === "still" ? "" : `-${drift.kind}`}`,
    knobs: unitKnobs(n),
    start: starts(n),
    loss: (unit, atUs) => {
      let sum = 0
      for (let i = 0; i < n; i++) sum += (unit[i] - centre(i, drift, atUs)) ** 2
      return sum
    },
    best: () => 0,
  }
}

/**
 * A quadratic whose axes are rotated against the knobs, with curvatures ranging over `condition`. Knobs interact,
 * and a step that suits one direction does not suit another. The rotation is a Householder reflection.
 */
export function rotated(n: number, condition: number): Plant {
  const normal = Array.from({ length: n }, (_, i) => Math.cos(1 + 2.3 * i))
  const square = normal.reduce((sum, x) => sum + x * x, 0)
  return {
    name: `rotated-${n}-${condition}`,
    knobs: unitKnobs(n),
    start: starts(n),
    loss: (unit) => {
      let along = 0
      for (let i = 0; i < n; i++) along += normal[i] * (unit[i] - optimumOf(i))
      let sum = 0
      for (let i = 0; i < n; i++) {
        const y = unit[i] - optimumOf(i) - (2 * along * normal[i]) / square
        sum += condition ** (n === 1 ? 0 : -i / (n - 1)) * y * y
      }
      return sum
    },
    best: () => 0,
  }
}

/** A bent valley (Rosenbrock's, in unit space): the straight way to the optimum leads uphill. */
export function valley(): Plant {
  return {
    name: "valley-2",
    knobs: unitKnobs(2),
    start: [0.2, 0.75],
    loss: (unit) => {
      const x = 3 * unit[0] - 1.2
      const y = 3 * unit[1] - 0.8
      return (0.7 - x) ** 2 + 5 * (y - x * x) ** 2
    },
    best: () => 0,
  }
}

/** A quadratic with a cliff just beyond its optimum: overshooting costs as much again as the start. */
export function cliff(n: number): Plant {
  const smooth = quadratic(n)
  const start = smooth.start
  const height = smooth.loss(Float64Array.from(start), 0)
  return {
    name: `cliff-${n}`,
    knobs: smooth.knobs,
    start,
    loss: (unit, atUs) => {
      const side = optimumOf(0) > 0.5 ? 1 : -1
      return smooth.loss(unit, atUs) + (side * (unit[0] - optimumOf(0)) > 0.08 ? height : 0)
    },
    best: () => 0,
  }
}

/** Sum of distances: the slope stays constant right up to the optimum. */
export function kink(n: number): Plant {
  return {
    name: `kink-${n}`,
    knobs: unitKnobs(n),
    start: starts(n),
    loss: (unit) => {
      let sum = 0
      for (let i = 0; i < n; i++) sum += Math.abs(unit[i] - optimumOf(i))
      return sum
    },
    best: () => 0,
  }
}

/** Nearly flat far out and steep close in, like a saturated quadratic. */
export function plateau(n: number): Plant {
  const smooth = quadratic(n)
  return {
    name: `plateau-${n}`,
    knobs: smooth.knobs,
    start: smooth.start,
    loss: (unit, atUs) => 1 - Math.exp((-12 * smooth.loss(unit, atUs)) / n),
    best: () => 0,
  }
}

/** Angles on a circle with the optimum just past the seam: the short way crosses it. */
export function phases(n: number): Plant {
  return {
    name: `phases-${n}`,
    knobs: Array.from({ length: n }, () => ({ min: 0, max: 360, scale: PERIODIC, step: 0, maxStep: 0 })),
    start: Array.from({ length: n }, (_, i) => (i % 2 === 0 ? 0.85 : 0.2)),
    loss: (unit) => {
      let sum = 0
      for (let i = 0; i < n; i++) {
        const target = i % 2 === 0 ? 0.1 : 0.95
        sum += 1 - Math.cos(2 * Math.PI * (unit[i] - target))
      }
      return sum / n
    },
    best: () => 0,
  }
}

/** A quadratic whose optimum lies beyond a constraint. The margin is the distance to a plane across all knobs. */
export function constrained(n: number): Plant {
  const smooth = quadratic(n)
  const start = Float64Array.from(smooth.start)
  const side = Array.from({ length: n }, (_, i) => (start[i] > optimumOf(i) ? 1 : -1))
  const progress = (unit: Float64Array): number => {
    let sum = 0
    for (let i = 0; i < n; i++) sum += (side[i] * (unit[i] - optimumOf(i))) / n
    return sum
  }
  return {
    name: `constrained-${n}`,
    knobs: smooth.knobs,
    start: smooth.start,
    loss: (unit, atUs) => smooth.loss(unit, atUs),
    // In the nearest feasible place every knob is .1 short of its optimum.
    best: () => n * 0.01,
    margin: (unit) => progress(unit) - 0.1,
  }
}
