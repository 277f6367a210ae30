/**
 * The straight line through the digests of a window: what tells a level that rises from one that stands. Windows of one place can be
 * joined into a longer one without their digests, for the variance of a slope falls with the cube of their number.
 *
 * Times are microseconds, sums are about the means, so scale and offset of the objective drop out.
 */

/** Positions in a trend: digests, mean stamp, mean objective, and the sums of squares and products about those means. */
export const TREND_COUNT = 0
export const TREND_CENTRE = 1
export const TREND_MEAN = 2
export const TREND_XX = 3
export const TREND_XY = 4
export const TREND_YY = 5
export const TREND_CELLS = 6

/** Writes the trend of the first `count` readings, which were stamped at `stamps`, into `out`. */
export function measureTrend(
  stamps: Float64Array,
  readings: Float64Array,
  count: number,
  out: Float64Array,
): void {
  const first = stamps[0]
  const origin = readings[0]
  let x = 0
  let y = 0
  let xx = 0
  let xy = 0
  let yy = 0
  for (let i = 0; i < count; i++) {
    const t = stamps[i] - first
    const v = readings[i] - origin
    x += t
    y += v
    xx += t * t
    xy += t * v
    yy += v * v
  }
  out[TREND_COUNT] = count
  if (count === 0) {
    for (let i = 0; i < TREND_CELLS; i++) out[i] = 0
    return
  }
  x /= count
  y /= count
  out[TREND_CENTRE] = first + x
  out[TREND_MEAN] = origin + y
  out[TREND_XX] = xx - count * x * x
  out[TREND_XY] = xy - count * x * y
  out[TREND_YY] = yy - count * y * y
}

/** Joins the trend `from` to the one at `at` in `into`, which may be empty (a count of 0). `sign` turns the objective. */
export function joinTrend(into: Float64Array, at: number, from: Float64Array, sign: number): void {
  const n = into[at + TREND_COUNT]
  const k = from[TREND_COUNT]
  const mean = sign * from[TREND_MEAN]
  if (n === 0) {
    into[at + TREND_COUNT] = k
    into[at + TREND_CENTRE] = from[TREND_CENTRE]
    into[at + TREND_MEAN] = mean
    into[at + TREND_XX] = from[TREND_XX]
    into[at + TREND_XY] = sign * from[TREND_XY]
    into[at + TREND_YY] = from[TREND_YY]
    return
  }
  const x = from[TREND_CENTRE] - into[at + TREND_CENTRE]
  const y = mean - into[at + TREND_MEAN]
  const share = k / (n + k)
  into[at + TREND_COUNT] = n + k
  into[at + TREND_CENTRE] += share * x
  into[at + TREND_MEAN] += share * y
  into[at + TREND_XX] += from[TREND_XX] + n * share * x * x
  into[at + TREND_XY] += sign * from[TREND_XY] + n * share * x * y
  into[at + TREND_YY] += from[TREND_YY] + n * share * y * y
}
