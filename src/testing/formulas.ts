/**
 * The formulas behind the test functions, as the literature writes them, in any dimension that makes sense. Bounds,
 * shifts, rotations and noise are added by `functions.ts`.
 *
 * Source: Jamil and Yang, "A literature survey of benchmark functions for global optimisation" (2013); Surjanovic
 * and Bingham, "Virtual library of simulation experiments" (2013).
 */

/** A real function of d coordinates. */
export type Formula = (x: Float64Array) => number

/** Lowest at 0, value 0. */
export const sphere: Formula = (x) => {
  let sum = 0
  for (let i = 0; i < x.length; i++) sum += x[i] * x[i]
  return sum
}

/** A bowl whose i-th axis, counted from 1, is i times as steep. Lowest at 0, value 0. */
export const weightedSphere: Formula = (x) => {
  let sum = 0
  for (let i = 0; i < x.length; i++) sum += (i + 1) * x[i] * x[i]
  return sum
}

/** A bowl whose axes differ by a factor of a million in steepness (BBOB's ellipsoid). Lowest at 0, value 0. */
export const ellipsoid: Formula = (x) => {
  const last = Math.max(1, x.length - 1)
  let sum = 0
  for (let i = 0; i < x.length; i++) sum += 10 ** ((6 * i) / last) * x[i] * x[i]
  return sum
}

/** A curved valley. Lowest at (1, ..., 1), value 0. */
export const rosenbrock: Formula = (x) => {
  let sum = 0
  for (let i = 0; i + 1 < x.length; i++) {
    const across = x[i + 1] - x[i] * x[i]
    const along = 1 - x[i]
    sum += 100 * across * across + along * along
  }
  return sum
}

/** Two dimensions, flat with steep corners. Lowest at (3, 0.5), value 0. */
export const beale: Formula = (x) => {
  const [a, b] = x
  const first = 1.5 - a + a * b
  const second = 2.25 - a + a * b * b
  const third = 2.625 - a + a * b * b * b
  return first * first + second * second + third * third
}

/** Two dimensions, a tilted bowl. Lowest at (1, 3), value 0. */
export const booth: Formula = (x) => {
  const first = x[0] + 2 * x[1] - 7
  const second = 2 * x[0] + x[1] - 5
  return first * first + second * second
}

/** A bowl with a regular grid of dents. Lowest at 0, value 0. */
export const rastrigin: Formula = (x) => {
  let sum = 0
  for (let i = 0; i < x.length; i++) sum += x[i] * x[i] + 10 * (1 - Math.cos(2 * Math.PI * x[i]))
  return sum
}

/** A funnel with dents and a sharp tip. Lowest at 0, value 0. */
export const ackley: Formula = (x) => {
  let squares = 0
  let cosines = 0
  for (let i = 0; i < x.length; i++) {
    squares += x[i] * x[i]
    cosines += Math.cos(2 * Math.PI * x[i])
  }
  const rim = -20 * Math.exp(-0.2 * Math.sqrt(squares / x.length)) - Math.exp(cosines / x.length)
  // At the tip, rounding of the two exponentials may give a value slightly below zero.
  return Math.max(0, rim + 20 + Math.E)
}

/** Waves across a wide bowl. Lowest at (1, ..., 1), value 0. */
export const levy: Formula = (x) => {
  const last = x.length - 1
  const first = Math.sin(Math.PI * (1 + (x[0] - 1) / 4))
  let sum = first * first
  for (let i = 0; i < last; i++) {
    const w = (x[i] - 1) / 4
    const wave = Math.sin(Math.PI * (w + 1) + 1)
    sum += w * w * (1 + 10 * wave * wave)
  }
  const w = (x[last] - 1) / 4
  const wave = Math.sin(2 * Math.PI * (w + 1))
  return sum + w * w * (1 + wave * wave)
}

/** A wide bowl with fine ripples. Lowest at 0, value 0. */
export const griewank: Formula = (x) => {
  let sum = 0
  let product = 1
  for (let i = 0; i < x.length; i++) {
    sum += x[i] * x[i]
    product *= Math.cos(x[i] / Math.sqrt(i + 1))
  }
  return sum / 4000 - product + 1
}

/** The coordinate at which `schwefel` is lowest, and minus its value there. */
export const SCHWEFEL_AT = 420.96874635998
const SCHWEFEL_DEPTH = 418.9828872724339

/**
 * Deceptive: the second best dents are far from the best. Lowest at (420.97, ...), value 0 to 1e-10. Outside of
 * [-500, 500] the formula keeps falling, so there its edge plus a rising square continues it. Otherwise a shifted
 * instance would have points below its optimum.
 */
export const schwefel: Formula = (x) => {
  let sum = 0
  for (let i = 0; i < x.length; i++) {
    const inside = Math.min(500, Math.max(-500, x[i]))
    const beyond = x[i] - inside
    sum += SCHWEFEL_DEPTH - inside * Math.sin(Math.sqrt(Math.abs(inside))) + 0.02 * beyond * beyond
  }
  return Math.max(0, sum)
}
