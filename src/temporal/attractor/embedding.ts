/**
 * A series as points in a space of delayed copies: `(x[i], x[i + delay], ...)`. It has the geometry of the system that made the
 * series (Takens, 1981). How far apart the copies are, and how many are needed, is chosen from the series.
 */
import { autocorrelation } from "./autocorrelation.ts"

/** Copies and the delay between them, in points. */
export interface Embedding {
  readonly dimension: number
  readonly delay: number
}

/** Points of an embedding of a series of `length` readings; 0 if there are none. */
export const pointsOf = (length: number, { dimension, delay }: Embedding): number =>
  Math.max(0, length - (dimension - 1) * delay)

/** The square of the distance between two points of an embedding. */
export function distance2(
  series: Float64Array,
  { dimension, delay }: Embedding,
  a: number,
  b: number,
): number {
  let sum = 0
  for (let k = 0; k < dimension; k++) {
    const difference = series[a + k * delay] - series[b + k * delay]
    sum += difference * difference
  }
  return sum
}

/** The first lag at which the series no longer resembles itself: the first zero of the autocorrelation. At most `most`. */
export function delayByAutocorrelation(series: Float64Array, most: number = series.length >> 2): number {
  const correlation = new Float64Array(most + 1)
  autocorrelation(series, correlation)
  const lag = correlation.findIndex((value) => value <= 0)
  return lag > 0 ? lag : most
}

/**
 * The first lag at which a copy tells the least about the other: the first minimum of the mutual information, from a histogram
 * (Fraser, Swinney, Phys. Rev. A 33, 1986). At most `most`.
 */
export function delayByInformation(series: Float64Array, most: number = series.length >> 2): number {
  const ranks = ranksOf(series)
  let before = Number.POSITIVE_INFINITY
  for (let lag = 1; lag <= most; lag++) {
    const information = mutualInformation(ranks, lag)
    if (information > before) return lag - 1
    before = information
  }
  return most
}

/** Information that a reading has about the one `lag` points later, nats, from their ranks. Bins hold equally many readings. */
function mutualInformation(ranks: Int32Array, lag: number): number {
  const n = ranks.length - lag
  const bins = Math.max(2, Math.round(Math.sqrt(n / 5)))
  const binOf = (i: number): number => Math.min(bins - 1, Math.floor((ranks[i] * bins) / ranks.length))
  const joint = new Float64Array(bins * bins)
  const one = new Float64Array(bins)
  const other = new Float64Array(bins)
  for (let i = 0; i < n; i++) {
    const [a, b] = [binOf(i), binOf(i + lag)]
    joint[a * bins + b] += 1 / n
    one[a] += 1 / n
    other[b] += 1 / n
  }
  let information = 0
  for (let a = 0; a < bins; a++)
    for (let b = 0; b < bins; b++) {
      const p = joint[a * bins + b]
      if (p > 0) information += p * Math.log(p / (one[a] * other[b]))
    }
  return information
}

function ranksOf(series: Float64Array): Int32Array {
  const order = Int32Array.from(series, (_, i) => i).sort((a, b) => series[a] - series[b] || a - b)
  const ranks = new Int32Array(series.length)
  for (const [rank, i] of order.entries()) ranks[i] = rank
  return ranks
}

/**
 * The least dimension in which points that are neighbours stay neighbours when another copy is added, for all but `share` of them
 * (Kennel, Brown, Abarbanel, Phys. Rev. A 45, 1992). At most `most`.
 */
export function dimensionByNeighbours(series: Float64Array, delay: number, most = 8, share = 0.02): number {
  let mean = 0
  for (const x of series) mean += x / series.length
  let variance = 0
  for (const x of series) variance += (x - mean) ** 2 / series.length
  for (let dimension = 1; dimension < most; dimension++) {
    const points = pointsOf(series.length, { dimension: dimension + 1, delay })
    let lost = 0
    for (let i = 0; i < points; i++) {
      const j = nearest(series, { dimension, delay }, i, points, delay)
      if (j < 0) continue
      const near = distance2(series, { dimension, delay }, i, j)
      const apart = (series[i + dimension * delay] - series[j + dimension * delay]) ** 2
      // Kennel's two criteria: the neighbours part by fifteen times their distance, or by twice the size of the attractor.
      if (apart > 225 * near || near + apart > 4 * variance) lost++
    }
    if (lost <= share * points) return dimension
  }
  return most
}

/** The nearest point that is more than `theiler` points away in time; -1 if there is none. */
export function nearest(
  series: Float64Array,
  embedding: Embedding,
  i: number,
  points: number,
  theiler: number,
): number {
  let best = -1
  let least = Number.POSITIVE_INFINITY
  for (let j = 0; j < points; j++) {
    if (Math.abs(i - j) <= theiler) continue
    const distance = distance2(series, embedding, i, j)
    if (distance > 0 && distance < least) {
      least = distance
      best = j
    }
  }
  return best
}
