/**
 * The three window aggregates over a run of finite readings: trimmed mean, median, mean. One needs these where a
 * window closes. Inputs and results live in typed arrays, because a double that crosses a call costs 16 bytes.
 *
 * The trimmed mean adds up only what it keeps. Adding everything and taking the extremes off again is a little
 * shorter, but a single outlier of 1e17 then leaves nothing of readings near 1, and outliers are why one trims.
 */
import { MEDIAN, TRIMMED_MEAN } from "./codes.ts"

/** Gaps of the shell sort (Ciura 2001), extended by 2.25; short runs use only the last two. */
const GAPS = new Int32Array([8861, 3938, 1750, 701, 301, 132, 57, 23, 10, 4, 1])

/** How many readings are cut from each end: `ratio` of them, at least one from three on, and one always stays. */
export function trimCount(count: number, ratio: number): number {
  if (count < 3) return 0
  // A hair against 0.29 * 100 = 28.999999999999996.
  const share = Math.floor(count * ratio + 1e-9)
  const most = (count - 1) >> 1
  return share < 1 ? 1 : share > most ? most : share
}

/**
 * Writes the aggregate of `values[from, from + count)` into `out[at]`; NaN where `count` is 0.
 *
 * All readings must be finite. They may come back in another order. `cut` is the number to trim from each end, from
 * `trimCount`, and only matters to `TRIMMED_MEAN`. The result lies between the smallest and the largest reading kept:
 * equal readings give that reading bit for bit, and nothing overflows.
 */
export function aggregateInto(
  kind: number,
  values: Float64Array,
  from: number,
  count: number,
  cut: number,
  out: Float64Array,
  at: number,
): void {
  if (count === 0) {
    out[at] = Number.NaN
  } else if (kind === MEDIAN) {
    medianInto(values, from, count, out, at)
  } else if (kind !== TRIMMED_MEAN || cut === 0) {
    meanInto(values, from, count, out, at)
  } else if (cut === 1) {
    meanWithoutExtremesInto(values, from, count, out, at)
  } else {
    sortRun(values, from, count)
    meanInto(values, from + cut, count - 2 * cut, out, at)
  }
}

/** Sorts `values[from, from + count)` upwards in place, without allocation. Finite readings only. */
export function sortRun(values: Float64Array, from: number, count: number): void {
  for (let g = 0; g < GAPS.length; g++) {
    const gap = GAPS[g]
    if (gap >= count) continue
    for (let i = gap; i < count; i++) {
      const moving = values[from + i]
      let j = i
      while (j >= gap && values[from + j - gap] > moving) {
        values[from + j] = values[from + j - gap]
        j -= gap
      }
      values[from + j] = moving
    }
  }
}

function medianInto(values: Float64Array, from: number, count: number, out: Float64Array, at: number): void {
  sortRun(values, from, count)
  const upper = from + (count >> 1)
  if ((count & 1) === 1) out[at] = values[upper]
  else meanInto(values, upper - 1, 2, out, at)
}

function meanInto(values: Float64Array, from: number, count: number, out: Float64Array, at: number): void {
  let low = values[from]
  let high = low
  let sum = low
  for (let i = from + 1; i < from + count; i++) {
    const value = values[i]
    sum += value
    if (value < low) low = value
    if (value > high) high = value
  }
  let mean = sum / count
  // Two readings of 1e308 overflow their sum, not their mean. Dividing first would lose denormals, so only then.
  if (!(mean - mean === 0)) {
    mean = 0
    for (let i = from; i < from + count; i++) mean += values[i] / count
  }
  out[at] = mean < low ? low : mean > high ? high : mean
}

/** The usual window: one pass that carries the extremes along and adds whatever they displace. `count` >= 3. */
function meanWithoutExtremesInto(
  values: Float64Array,
  from: number,
  count: number,
  out: Float64Array,
  at: number,
): void {
  let low = values[from]
  let high = values[from + 1]
  if (low > high) {
    low = high
    high = values[from]
  }
  // Bounds of what is kept, for the clamp.
  let keptLow = Number.POSITIVE_INFINITY
  let keptHigh = Number.NEGATIVE_INFINITY
  let sum = 0
  for (let i = from + 2; i < from + count; i++) {
    let kept = values[i]
    if (kept < low) {
      const displaced = low
      low = kept
      kept = displaced
    } else if (kept > high) {
      const displaced = high
      high = kept
      kept = displaced
    }
    sum += kept
    if (kept < keptLow) keptLow = kept
    if (kept > keptHigh) keptHigh = kept
  }
  const size = count - 2
  const mean = sum / size
  if (!(mean - mean === 0)) {
    // Too large to add up: sort, so that what is kept lies in one run, and take the overflow-proof mean of that.
    sortRun(values, from, count)
    meanInto(values, from + 1, size, out, at)
    return
  }
  out[at] = mean < keptLow ? keptLow : mean > keptHigh ? keptHigh : mean
}
