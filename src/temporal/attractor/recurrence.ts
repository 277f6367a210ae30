/**
 * When a system comes back to where it was: the statistics of its recurrence plot (Marwan, Romano, Thiel, Kurths, "Recurrence
 * plots for the analysis of complex systems", Physics Reports 438, 2007). Diagonal lines are stretches that repeat, vertical ones
 * stretches that stand still.
 */
import { distance2, type Embedding, pointsOf } from "./embedding.ts"
import { type Doubt, doubtsOf } from "./estimate.ts"

/** The embedding, and what counts as a recurrence and as a line. */
export interface RecurrenceOptions extends Embedding {
  /** Points closer than this are recurrences, in units of the series. */
  readonly radius: number
  /** Points closer in time than this are left out. Default 1: only the point itself. */
  readonly theiler?: number | undefined
  /** The shortest line that counts, points. Default 2. */
  readonly shortest?: number | undefined
}

/** Shares are of the recurrences, lengths in points; NaN where there is nothing to divide by. */
export interface Recurrence {
  /** Share of all pairs that are recurrences (RR). */
  readonly rate: number
  /** Share of recurrences on diagonal lines (DET), the mean and longest such line (L, Lmax), and the entropy of their lengths, nats (ENTR). */
  readonly determinism: number
  readonly meanDiagonal: number
  readonly longestDiagonal: number
  readonly entropy: number
  /** Share of recurrences on vertical lines (LAM), and the mean such line (TT). */
  readonly laminarity: number
  readonly trappingTime: number
  readonly reliable: boolean
  readonly doubts: ReadonlyArray<Doubt>
}

/** The statistics of the recurrence plot of a series. Costs the square of its length. */
export function recurrenceOf(series: Float64Array, options: RecurrenceOptions): Recurrence {
  const { radius, theiler = 1, shortest = 2 } = options
  const points = pointsOf(series.length, options)
  const isClose = (i: number, j: number): boolean =>
    Math.abs(i - j) >= theiler && distance2(series, options, i, j) <= radius * radius
  const diagonals = new Float64Array(points + 1)
  const verticals = new Float64Array(points + 1)
  let recurrences = 0
  // The plot is symmetric: each diagonal above the main one stands for two.
  for (let lag = 0; lag < points; lag++) {
    let length = 0
    for (let i = 0; i + lag <= points; i++) {
      const close = i + lag < points && isClose(i, i + lag)
      if (close) {
        length++
        recurrences += lag === 0 ? 1 : 2
      } else {
        diagonals[length] += lag === 0 ? 1 : 2
        length = 0
      }
    }
  }
  for (let i = 0; i < points; i++) {
    let length = 0
    for (let j = 0; j <= points; j++) {
      if (j < points && isClose(i, j)) length++
      else {
        verticals[length]++
        length = 0
      }
    }
  }
  const [onDiagonals, lines, longest] = sumUp(diagonals, shortest)
  const [onVerticals, uprights] = sumUp(verticals, shortest)
  let entropy = 0
  for (let length = shortest; length <= points; length++) {
    const share = diagonals[length] / lines
    if (share > 0) entropy -= share * Math.log(share)
  }
  const doubts = doubtsOf(series)
  return {
    rate: recurrences / (points * points),
    determinism: onDiagonals / recurrences,
    meanDiagonal: onDiagonals / lines,
    longestDiagonal: longest,
    entropy,
    laminarity: onVerticals / recurrences,
    trappingTime: onVerticals / uprights,
    reliable: doubts.length === 0,
    doubts,
  }
}

/** Points on lines that count, how many lines that are, and the longest. */
function sumUp(
  lengths: Float64Array,
  shortest: number,
): readonly [points: number, lines: number, longest: number] {
  let [points, lines, longest] = [0, 0, 0]
  for (let length = shortest; length < lengths.length; length++) {
    points += length * lengths[length]
    lines += lengths[length]
    if (lengths[length] > 0) longest = length
  }
  return [points, lines, longest]
}
