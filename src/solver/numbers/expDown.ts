/**
 * e^x for x from -40 to 0, to 14 digits: for sums of many kernels, where the engine's own exponential would be most of the
 * work. The same bits on every engine.
 */

const PER_OCTAVE = 64
const OCTAVES = 64
/** Natural logarithm of one 64th of an octave. */
const GRAIN = Math.LN2 / PER_OCTAVE
const PER_GRAIN = PER_OCTAVE / Math.LN2
/** 2^(k/64) and 2^-k. */
const FRACTIONS = Float64Array.from({ length: PER_OCTAVE }, (_, k) => 2 ** (k / PER_OCTAVE))
const POWERS = Float64Array.from({ length: OCTAVES }, (_, k) => 2 ** -k)

/** @param x in [-40, 0] */
export function expDown(x: number): number {
  const whole = Math.floor(x * PER_GRAIN + 0.5)
  // At most half a grain, 0.0055: the term after the last one here is below 5e-14.
  const rest = x - whole * GRAIN
  const more = rest * (1 + rest * (1 / 2 + rest * (1 / 6 + rest * (1 / 24))))
  const fraction = FRACTIONS[whole & (PER_OCTAVE - 1)]
  return POWERS[-(whole >> 6)] * (fraction + fraction * more)
}
