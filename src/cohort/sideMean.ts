/**
 * What a side of a pair has measured: one number of many replicas. Each replica counts with its mean, by how much it measured, at most
 * three times the median. A reading far from the rest counts as if it were just not that far, and a tenth is left out at either
 * end: a replica that is broken, or lies, cannot lead the tuner. The weight of a replica is the share of its side's mean that this gives it.
 */

/** A replica counts for at most so many times the median of what they measured. */
const MOST_WEIGHT = 3
/** Share that is left out at either end. */
const TRIM = 0.1
/** A reading counts as at most so many robust standard deviations from the median of its side. */
const MOST_DEVIATIONS = 5
/** From the median absolute deviation to the standard deviation of a normal distribution. */
const NORMAL = 1.4826

/** What one replica has measured: the mean of its readings, and how many these are. */
export interface ReplicaReading {
  readonly mean: number
  readonly n: number
}

/** The median; NaN of nothing. */
export function median(values: ReadonlyArray<number>): number {
  const sorted = values.toSorted((a, b) => a - b)
  const half = sorted.length >> 1
  return sorted.length % 2 === 1 ? sorted[half] : (sorted[half - 1] + sorted[half]) / 2
}

/** How far readings lie from the median of their side, as a standard deviation that a few wild ones do not move. */
export function robustSpread(sides: ReadonlyArray<ReadonlyArray<ReplicaReading>>): number {
  const away = sides.flatMap((side) => {
    const middle = median(side.map(({ mean }) => mean))
    return side.map(({ mean }) => Math.abs(mean - middle))
  })
  return away.length === 0 ? 0 : NORMAL * median(away)
}

/** The mean of a side, and how its replicas count in it. */
export interface WeighedSide {
  /** NaN where nobody is on it. */
  readonly mean: number
  /** By replica, in the order of the side: from 0, left out, to 1, alone; the sum is 1. */
  readonly weights: ReadonlyArray<number>
}

/** Weighs the replicas of a side. `spread` as `robustSpread` says of all sides together. */
export function weighSide(side: ReadonlyArray<ReplicaReading>, spread: number): WeighedSide {
  if (side.length === 0) return { mean: Number.NaN, weights: [] }
  const most = MOST_WEIGHT * median(side.map(({ n }) => n))
  const middle = median(side.map(({ mean }) => mean))
  const reach = MOST_DEVIATIONS * spread
  const taken = side
    .map(({ mean, n }, at) => ({
      at,
      mean: Math.max(middle - reach, Math.min(middle + reach, mean)),
      weight: Math.min(n, most),
    }))
    .toSorted((a, b) => a.mean - b.mean)
  const out = Math.floor(TRIM * side.length)
  let sum = 0
  let weight = 0
  const counted = taken.slice(out, side.length - out)
  for (const one of counted) {
    sum += one.weight * one.mean
    weight += one.weight
  }
  const weights = side.map(() => 0)
  for (const one of counted) weights[one.at] = one.weight / weight
  return { mean: sum / weight, weights }
}

/** The mean of a side alone. */
export function sideMean(side: ReadonlyArray<ReplicaReading>, spread: number): number {
  return weighSide(side, spread).mean
}
