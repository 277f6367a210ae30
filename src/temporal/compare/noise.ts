/**
 * How noisy a window is, whatever its shape: the median size of its second differences, or of its fourth where that is less. A
 * trend leaves no trace in them, a slow swing little and a few steps hardly any, while independent noise of spread s gives s on
 * average. It is the unit in which shapes are told apart: what differs by less is the same.
 */

/** Median of the size of a normal variate. */
const MEDIAN = 0.6745
/** Spreads of the two differences for samples of spread 1: roots of the sums of the squared binomials. */
const SECOND = MEDIAN * Math.sqrt(6)
const FOURTH = MEDIAN * Math.sqrt(70)

/**
 * Spread of the noise of `length` samples of `series` from place `from` on, in their units; 0 for fewer than five.
 *
 * @param work as long as the window, overwritten
 */
export function noiseOf(series: Float64Array, from: number, length: number, work: Float64Array): number {
  const count = length - 4
  if (count < 1) return 0
  for (let i = 0; i < count + 2; i++) {
    const at = from + i
    work[i] = Math.abs(series[at] - 2 * series[at + 1] + series[at + 2])
  }
  const second = smallest(work, count + 2, (count + 2) >> 1) / SECOND
  for (let i = 0; i < count; i++) {
    const at = from + i
    const outer = series[at] + series[at + 4] - 4 * (series[at + 1] + series[at + 3])
    work[i] = Math.abs(outer + 6 * series[at + 2])
  }
  return Math.min(second, smallest(work, count, count >> 1) / FOURTH)
}

/** The value that has `rank` smaller ones; reorders the first `size`. Source: C. A. R. Hoare, "Find", CACM 4 (1961). */
function smallest(values: Float64Array, size: number, rank: number): number {
  let first = 0
  let last = size - 1
  while (first < last) {
    const pivot = values[rank]
    let i = first
    let j = last
    while (i <= j) {
      while (values[i] < pivot) i++
      while (values[j] > pivot) j--
      if (i > j) break
      const other = values[i]
      values[i++] = values[j]
      values[j--] = other
    }
    if (j < rank) first = i
    if (i > rank) last = j
  }
  return values[rank]
}
