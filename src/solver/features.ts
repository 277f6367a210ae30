/**
 * What can be said about a landscape from its readings alone. Every feature is a plain number, NaN where the readings do not
 * tell; none costs more than the square of the readings, so they are worked out once and over a limited number.
 *
 * Sources: Lunacek and Whitley, "The dispersion metric" (2006); Jones and Forrest, "Fitness distance correlation" (1995);
 * Mersmann et al., "Exploratory landscape analysis" (2011).
 */
import type { Readings } from "./Readings.ts"
import type { SearchSpace } from "./SearchSpace.ts"

/** 75 % quantile of the losses minus the lowest: the spread without the worst quarter, which says more about the box. */
export function spreadOf(readings: Readings): number {
  const sorted = readings.losses.slice(0, readings.count).sort()
  return sorted.length === 0 ? Number.NaN : sorted[Math.round(0.75 * (sorted.length - 1))] - sorted[0]
}

/** Sample variance of the losses. */
export function variance(readings: Readings): number {
  const { count, losses } = readings
  let mean = 0
  for (let r = 0; r < count; r++) mean += losses[r] / count
  let sum = 0
  for (let r = 0; r < count; r++) sum += (losses[r] - mean) ** 2
  return count > 1 ? sum / (count - 1) : Number.NaN
}

/**
 * How fast the descent comes down: the slope of the logarithm of what is still to gain against the number of readings, over
 * the lowest loss so far in the order read. Sorted losses would show the gaps of a sample, whoever drew it.
 */
export function residualDecay(readings: Readings): number {
  const { count, losses, lowest } = readings
  if (lowest < 0) return Number.NaN
  let n = 0
  let meanAt = 0
  let meanLog = 0
  let square = 0
  let cross = 0
  let record = Number.POSITIVE_INFINITY
  for (let r = 0; r < count; r++) {
    record = Math.min(record, losses[r])
    const residual = record - losses[lowest]
    if (!(residual > 0)) break
    // Running sums of a least squares line (Welford).
    const log = Math.log(residual)
    n++
    const away = r - meanAt
    meanAt += away / n
    square += away * (r - meanAt)
    cross += away * (log - meanLog) * ((n - 1) / n)
    meanLog += (log - meanLog) / n
  }
  return n >= 3 ? cross / square : Number.NaN
}

/** Mean distance among the best fifth of the readings over the mean distance among all: small where the good lie together. */
export function dispersion(readings: Readings, space: SearchSpace): number {
  const order = ranked(readings)
  const best = order.slice(0, Math.max(2, Math.ceil(0.2 * order.length)))
  return meanDistance(readings, space, best) / meanDistance(readings, space, order)
}

/** Rank correlation of a reading's loss with its distance to the best one: near 1 on one slope, near 0 where it misleads. */
export function distanceCorrelation(readings: Readings, space: SearchSpace): number {
  const { count, units, lowest } = readings
  if (count < 3) return Number.NaN
  const d = space.size
  const distances = Float64Array.from({ length: count }, (_, r) =>
    space.squaredDistance(units, r * d, units, lowest * d),
  )
  return correlation(ranksOf(readings.losses.subarray(0, count)), ranksOf(distances))
}

export interface QuadraticFit {
  /** Share of the variance that a quadratic without cross terms explains, adjusted for its terms; NaN with too few readings. */
  readonly fit: number
  /** What it explains over what it explains together with the strongest cross term; NaN in one dimension. */
  readonly separability: number
}

/** Least squares of 1, x and x squared in every dimension, around the best reading. */
export function fitQuadratic(readings: Readings, space: SearchSpace): QuadraticFit {
  const { count, units, losses, lowest } = readings
  const d = space.size
  const terms = 1 + 2 * d
  if (count <= terms) return { fit: Number.NaN, separability: Number.NaN }
  const rows = new Float64Array(count * terms)
  for (let r = 0; r < count; r++) {
    rows[r * terms] = 1
    for (let i = 0; i < d; i++) {
      const z = space.difference(i, units[lowest * d + i], units[r * d + i])
      rows[r * terms + 1 + i] = z
      rows[r * terms + 1 + d + i] = z * z
    }
  }
  const rest = residuals(rows, terms, losses, count)
  let left = 0
  for (let r = 0; r < count; r++) left += rest[r] * rest[r]
  const total = variance(readings) * (count - 1)
  if (!(total > 0)) return { fit: Number.NaN, separability: Number.NaN }
  const explained = Math.max(0, total - left)
  let strongest = 0
  for (let i = 0; i < d; i++) {
    for (let j = 0; j < i; j++) {
      let along = 0
      let square = 0
      for (let r = 0; r < count; r++) {
        const cross = rows[r * terms + 1 + i] * rows[r * terms + 1 + j]
        along += cross * rest[r]
        square += cross * cross
      }
      if (square > 0) strongest = Math.max(strongest, (along * along) / square)
    }
  }
  return {
    fit: 1 - ((left / total) * (count - 1)) / (count - terms),
    separability: d < 2 || !(explained + strongest > 0) ? Number.NaN : explained / (explained + strongest),
  }
}

/** What a least squares fit leaves over: modified Gram and Schmidt on the columns, those that add nothing left out. */
function residuals(rows: Float64Array, terms: number, losses: Float64Array, count: number): Float64Array {
  const rest = losses.slice(0, count)
  const base: Array<Float64Array> = []
  for (let t = 0; t < terms; t++) {
    const column = Float64Array.from({ length: count }, (_, r) => rows[r * terms + t])
    const before = dot(column, column)
    for (const other of base) subtract(column, other, dot(column, other))
    const after = dot(column, column)
    if (!(after > 1e-20 * before)) continue
    const length = Math.sqrt(after)
    for (let r = 0; r < count; r++) column[r] /= length
    subtract(rest, column, dot(rest, column))
    base.push(column)
  }
  return rest
}

function dot(a: Float64Array, b: Float64Array): number {
  let sum = 0
  for (let i = 0; i < a.length; i++) sum += a[i] * b[i]
  return sum
}

function subtract(from: Float64Array, what: Float64Array, times: number): void {
  for (let i = 0; i < from.length; i++) from[i] -= times * what[i]
}

/** Indices of the readings, the lowest loss first. */
function ranked(readings: Readings): Array<number> {
  const { losses } = readings
  return Array.from({ length: readings.count }, (_, r) => r).sort((a, b) => losses[a] - losses[b] || a - b)
}

function meanDistance(readings: Readings, space: SearchSpace, of: ReadonlyArray<number>): number {
  const d = space.size
  let sum = 0
  let pairs = 0
  for (let a = 0; a < of.length; a++) {
    for (let b = 0; b < a; b++) {
      sum += Math.sqrt(space.squaredDistance(readings.units, of[a] * d, readings.units, of[b] * d))
      pairs++
    }
  }
  return sum / pairs
}

/** Ranks from 0; equal values share the mean of theirs. */
function ranksOf(values: Float64Array): Float64Array {
  const order = Array.from({ length: values.length }, (_, i) => i).sort((a, b) => values[a] - values[b])
  const ranks = new Float64Array(values.length)
  for (let from = 0; from < order.length; ) {
    let to = from
    while (to < order.length && values[order[to]] === values[order[from]]) to++
    for (let k = from; k < to; k++) ranks[order[k]] = (from + to - 1) / 2
    from = to
  }
  return ranks
}

function correlation(a: Float64Array, b: Float64Array): number {
  const mean = (a.length - 1) / 2
  let ab = 0
  let aa = 0
  let bb = 0
  for (let i = 0; i < a.length; i++) {
    ab += (a[i] - mean) * (b[i] - mean)
    aa += (a[i] - mean) ** 2
    bb += (b[i] - mean) ** 2
  }
  return aa > 0 && bb > 0 ? ab / Math.sqrt(aa * bb) : Number.NaN
}
