/**
 * A window brought to mean 0 and spread 1, so that shapes can be compared whatever their level and size. What that erases is
 * given back beside it: mean and spread are features of their own, and two loads of one shape at two levels are two loads.
 *
 * A constant window has no shape. Its spread is rounding error, which a division would blow up to a shape of its own; it becomes
 * zeros and is said to be constant.
 */

/** Where `zNormalize` writes what it takes away. */
export const MEAN = 0
export const SPREAD = 1

/** What `zNormalize` found. */
export const VARIED = 0
export const CONSTANT = 1
export const UNKNOWN = 2

/** Shares of the largest sample below which a spread is rounding error: the sums of a million samples stay below. */
const ROUNDING = 1e-12

/**
 * Writes the window into `out` (as long, and may be the same array) and mean and spread, in units of the samples, into
 * `moments`. Returns `VARIED`; `CONSTANT`, with zeros, where the spread is at most `least` or rounding error; or `UNKNOWN`, with
 * nothing written, where a sample is not finite or there is none. The spread is that of the window itself (divided by n).
 */
export function zNormalize(
  series: Float64Array,
  out: Float64Array,
  moments: Float64Array,
  least: number = 0,
): number {
  const n = series.length
  if (n === 0) return UNKNOWN
  let sum = 0
  let largest = 0
  for (let i = 0; i < n; i++) {
    const x = series[i]
    sum += x
    const size = Math.abs(x)
    if (size > largest) largest = size
  }
  if (sum - sum !== 0) return UNKNOWN
  const mean = sum / n
  let squares = 0
  for (let i = 0; i < n; i++) squares += (series[i] - mean) * (series[i] - mean)
  const spread = Math.sqrt(squares / n)
  const varied = spread > least && spread > ROUNDING * largest
  const scale = varied ? 1 / spread : 0
  for (let i = 0; i < n; i++) out[i] = varied ? (series[i] - mean) * scale : 0
  moments[MEAN] = mean
  moments[SPREAD] = varied ? spread : 0
  return varied ? VARIED : CONSTANT
}
