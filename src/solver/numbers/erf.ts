/**
 * The error function, for the mass of a normal kernel inside the cube. JavaScript has none.
 *
 * Between the nodes of a table six terms of Taylor's series are enough for full precision: no exponential, no branch but
 * the one for the tail.
 */

const PER_UNIT = 64
/** From here on 1 - erf(x) is below half a unit in the last place. */
const END = 6
const NODES = END * PER_UNIT + 1
/** erf at the nodes, and its slope there. */
const VALUES = new Float64Array(NODES)
const SLOPES = new Float64Array(NODES)
for (let k = 0; k < NODES; k++) {
  const x = k / PER_UNIT
  SLOPES[k] = (2 / Math.sqrt(Math.PI)) * Math.exp(-x * x)
  VALUES[k] = series(x)
}

/** erf(x) for 0 <= x, to about 1e-15; 1 beyond 6. */
export function erf(x: number): number {
  if (!(x < END)) return x >= END ? 1 : Number.NaN
  const k = Math.floor(x * PER_UNIT + 0.5)
  const node = k / PER_UNIT
  const t = x - node
  const q = node * node
  // The derivatives of erf are its slope times Hermite's polynomials, with signs in turn.
  const third = (4 * q - 2) / 6
  const fourth = (node * (12 - 8 * q)) / 24
  const fifth = (16 * q * q - 48 * q + 12) / 120
  const sixth = (node * (160 * q - 32 * q * q - 120)) / 720
  return VALUES[k] + SLOPES[k] * t * (1 + t * (-node + t * (third + t * (fourth + t * (fifth + t * sixth)))))
}

/** The series whose terms are all positive, so that nothing cancels (Abramowitz and Stegun 7.1.6). */
function series(x: number): number {
  let term = (2 / Math.sqrt(Math.PI)) * Math.exp(-x * x) * x
  let sum = 0
  for (let n = 1; sum + term > sum; n++) {
    sum += term
    term *= (2 * x * x) / (2 * n + 1)
  }
  return Math.min(1, sum)
}
