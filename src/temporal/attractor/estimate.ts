/**
 * What an analysis found, and whether it may be relied on. An unreliable estimate still has a value where one could be
 * calculated; NaN otherwise.
 */

/** Fewer points than this say nothing about a dynamics. */
export const FEWEST = 128

/** Why an estimate is not to be relied on. */
export type Doubt =
  /** Fewer than 128 points. */
  | "tooShort"
  /** A reading is missing or not a finite number. */
  | "gaps"
  /** All readings are the same. */
  | "constant"
  /** Too few pairs of points are close in space and far in time. */
  | "fewNeighbours"
  /** The quantity does not grow in a straight line, so it has no rate. */
  | "notStraight"

/** A value and the doubts about it. */
export interface Estimate {
  readonly value: number
  /** True if there are no doubts. */
  readonly reliable: boolean
  readonly doubts: ReadonlyArray<Doubt>
}

/** What is wrong with a series before anything is calculated. */
export function doubtsOf(series: Float64Array): ReadonlyArray<Doubt> {
  if (series.length < FEWEST) return ["tooShort"]
  let [least, most] = [series[0], series[0]]
  for (const x of series) {
    if (!Number.isFinite(x)) return ["gaps"]
    if (x < least) least = x
    if (x > most) most = x
  }
  return most > least ? [] : ["constant"]
}

export const unknown = (doubts: ReadonlyArray<Doubt>): Estimate => ({
  value: Number.NaN,
  reliable: false,
  doubts,
})

export const estimated = (value: number, doubts: ReadonlyArray<Doubt>): Estimate => ({
  value,
  reliable: doubts.length === 0,
  doubts,
})

/** A straight line through points: least squares. */
export function lineThrough(
  x: ArrayLike<number>,
  y: ArrayLike<number>,
  from = 0,
  to = x.length,
): { readonly slope: number; readonly rSquared: number } {
  const n = to - from
  let [meanX, meanY] = [0, 0]
  for (let i = from; i < to; i++) {
    meanX += x[i] / n
    meanY += y[i] / n
  }
  let [xx, xy, yy] = [0, 0, 0]
  for (let i = from; i < to; i++) {
    xx += (x[i] - meanX) ** 2
    xy += (x[i] - meanX) * (y[i] - meanY)
    yy += (y[i] - meanY) ** 2
  }
  return { slope: xy / xx, rSquared: yy === 0 ? 1 : xy ** 2 / (xx * yy) }
}
