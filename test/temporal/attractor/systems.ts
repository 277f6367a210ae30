/** Systems whose dynamics the literature knows in figures. */
import type { KnownSystem } from "../../../src/temporal/attractor/exponentSpectrum.ts"

const SETTLE = 1_000

function orbit({ state, step }: KnownSystem, points: number, every = 1): Float64Array {
  let at: Float64Array = Float64Array.from(state)
  for (let i = 0; i < SETTLE; i++) at = step(at)
  return Float64Array.from({ length: points }, () => {
    for (let i = 0; i < every; i++) at = step(at)
    return at[0]
  })
}

export const logistic = (r: number, start = 0.4): KnownSystem => ({
  state: [start],
  step: ([x]) => Float64Array.of(r * x * (1 - x)),
  jacobian: ([x]) => [[r * (1 - 2 * x)]],
})

export const henon: KnownSystem = {
  state: [0.1, 0.1],
  step: ([x, y]) => Float64Array.of(1 - 1.4 * x * x + y, 0.3 * x),
  jacobian: ([x]) => [
    [-2.8 * x, 1],
    [0.3, 0],
  ],
}

const flow = ([x, y, z]: Float64Array): Float64Array =>
  Float64Array.of(10 * (y - x), x * (28 - z) - y, x * y - (8 / 3) * z)
const flowJacobian = ([x, y, z]: Float64Array): ReadonlyArray<ReadonlyArray<number>> => [
  [-10, 10, 0],
  [28 - z, -1, -x],
  [y, x, -8 / 3],
]

/** Lorenz's equations (10, 28, 8/3), one step of classical Runge-Kutta of `h`. */
export function lorenz(h: number): KnownSystem {
  const moved = (at: Float64Array, by: Float64Array, c: number): Float64Array =>
    at.map((v, i) => v + c * by[i])
  const step = (at: Float64Array): Float64Array => {
    const a = flow(at)
    const b = flow(moved(at, a, h / 2))
    const c = flow(moved(at, b, h / 2))
    const d = flow(moved(at, c, h))
    return at.map((v, i) => v + (h / 6) * (a[i] + 2 * b[i] + 2 * c[i] + d[i]))
  }
  // The derivative of one step to third order in h, by the chain rule: exp(hJ) is close enough for a short step.
  const jacobian = (at: Float64Array): ReadonlyArray<ReadonlyArray<number>> => {
    const j = flowJacobian(moved(at, flow(at), h / 2))
    const times = (a: ReadonlyArray<ReadonlyArray<number>>): ReadonlyArray<ReadonlyArray<number>> =>
      a.map((row) => j.map((_, k) => row.reduce((sum, value, m) => sum + value * j[m][k], 0)))
    const j2 = times(j)
    const j3 = times(j2)
    return j.map((row, r) =>
      row.map((value, k) => (r === k ? 1 : 0) + h * value + (h * h * j2[r][k]) / 2 + (h ** 3 * j3[r][k]) / 6),
    )
  }
  return { state: [1, 1, 1], step, jacobian }
}

export const logisticSeries = (r: number, points: number, start?: number): Float64Array =>
  orbit(logistic(r, start), points)
export const henonSeries = (points: number): Float64Array => orbit(henon, points)
export const lorenzSeries = (points: number, h: number, every: number): Float64Array =>
  orbit(lorenz(h), points, every)
