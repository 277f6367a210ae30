/**
 * Arithmetic on the circle of circumference 1, for periodic knobs in unit space: an angle, a phase, an hour of the day.
 * There 0.95 and 0.05 are a tenth apart, and their mean is 0. Needed wherever positions of a periodic knob are added,
 * compared or averaged; plain arithmetic is wrong in all three.
 */

/** The position in [0, 1) that `x` means. NaN stays NaN. */
export function wrap01(x: number): number {
  const wrapped = x - Math.floor(x)
  // A tiny negative number rounds up to a full turn.
  return wrapped === 1 ? 0 : wrapped
}

/** b - a the short way round, in [-0.5, 0.5]; half a turn keeps the sign of the plain difference. */
export function diff01(a: number, b: number): number {
  const d = b - a
  const short = d - Math.round(d)
  return short === -0.5 && d > 0 ? 0.5 : short
}

/**
 * The mean direction of positions on the circle, in [0, 1), each with its weight (all 1 when omitted). Where the
 * positions cancel out there is no mean direction: NaN.
 *
 * Source: Mardia and Jupp, "Directional Statistics" (2000), 2.2.1.
 */
export function circularMean01(positions: ArrayLike<number>, weights?: ArrayLike<number>): number {
  let cosines = 0
  let sines = 0
  let total = 0
  for (let i = 0; i < positions.length; i++) {
    const weight = weights === undefined ? 1 : weights[i]
    const angle = 2 * Math.PI * positions[i]
    cosines += weight * Math.cos(angle)
    sines += weight * Math.sin(angle)
    total += Math.abs(weight)
  }
  // Below rounding error of the sums, what is left is noise and not a direction.
  if (!(Math.hypot(cosines, sines) > 1e-12 * total)) return Number.NaN
  return wrap01(Math.atan2(sines, cosines) / (2 * Math.PI))
}
