/** How a series resembles itself some steps later: the simplest sign of a loop that swings. */

/**
 * Writes the autocorrelation at the lags 0 to `out.length` - 1 into `out`: 1 at lag 0, divided by the number of all points
 * (the biased estimate, which is the steadier one: Box, Jenkins, "Time Series Analysis", 2.1). All NaN if the series is constant
 * or has gaps.
 */
export function autocorrelation(series: Float64Array, out: Float64Array): void {
  const n = series.length
  let mean = 0
  for (let i = 0; i < n; i++) mean += series[i]
  mean /= n
  let variance = 0
  for (let i = 0; i < n; i++) variance += (series[i] - mean) * (series[i] - mean)
  if (!(variance > 0)) {
    out.fill(Number.NaN)
    return
  }
  for (let lag = 0; lag < out.length; lag++) {
    let sum = 0
    for (let i = lag; i < n; i++) sum += (series[i] - mean) * (series[i - lag] - mean)
    out[lag] = sum / variance
  }
}

/** How strongly a series swings, from 0 to 1, and the period of the swing in points; NaN if it does not swing. */
export interface Oscillation {
  index: number
  period: number
}

/**
 * The lesser of the highest peak and the depth of the lowest trough of an autocorrelation after its first zero crossing. Noise
 * that is only correlated has a trough and no peak, or neither; a swing has both. Written into `to`.
 */
export function oscillationOf(correlation: Float64Array, to: Oscillation): void {
  to.index = 0
  to.period = Number.NaN
  let lag = 0
  while (lag < correlation.length && correlation[lag] > 0) lag++
  let trough = 0
  let peak = 0
  let peakAt = Number.NaN
  for (; lag < correlation.length; lag++) {
    const value = correlation[lag]
    if (value < trough) trough = value
    // A peak of a swing comes after its trough.
    if (trough < 0 && value > peak) {
      peak = value
      peakAt = lag
    }
  }
  const index = Math.min(peak, -trough)
  if (index > 0) {
    to.index = index
    to.period = peakAt
  }
}
