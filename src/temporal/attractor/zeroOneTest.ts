/**
 * Regular or chaotic, as a number near 0 or near 1: a series drives a walk in a plane, which stays bounded for regular dynamics and
 * drifts like a random walk for chaotic ones (Gottwald, Melbourne, "On the implementation of the 0-1 test for chaos", SIAM J. Appl.
 * Dyn. Syst. 8, 2009). Noise drifts too: the test cannot tell it from chaos, and is no alarm for a noisy loop.
 */
import { doubtsOf, type Estimate, estimated, lineThrough, unknown } from "./estimate.ts"

/** How many frequencies the median is taken over. */
const FREQUENCIES = 100
/** Golden ratio: spreads the frequencies evenly, without chance. */
const GOLDEN = (Math.sqrt(5) - 1) / 2

/** Median correlation of the walk's spread with time, over frequencies between pi/5 and 4 pi/5. */
export function zeroOneTest(series: Float64Array): Estimate {
  const wrong = doubtsOf(series)
  if (wrong.length > 0) return unknown(wrong)
  const n = series.length
  let mean = 0
  for (const x of series) mean += x / n
  const lags = Math.floor(n / 10)
  const spread = new Float64Array(lags)
  const times = spread.map((_, i) => i)
  const p = new Float64Array(n)
  const q = new Float64Array(n)
  const all = Array.from({ length: FREQUENCIES }, (_, f) => {
    const c = (Math.PI * (1 + 3 * ((f * GOLDEN) % 1))) / 5
    let [sumP, sumQ] = [0, 0]
    for (let i = 0; i < n; i++) {
      p[i] = sumP += series[i] * Math.cos((i + 1) * c)
      q[i] = sumQ += series[i] * Math.sin((i + 1) * c)
    }
    for (let lag = 1; lag <= lags; lag++) {
      let sum = 0
      for (let i = 0; i + lags < n; i++) sum += (p[i + lag] - p[i]) ** 2 + (q[i + lag] - q[i]) ** 2
      // Without the part that oscillates with the frequency, the growth is easier to see.
      spread[lag - 1] = sum / (n - lags) - (mean * mean * (1 - Math.cos(lag * c))) / (1 - Math.cos(c))
    }
    return correlationWithTime(spread, times)
  })
  const sorted = all.toSorted((a, b) => a - b)
  return estimated((sorted[FREQUENCIES / 2 - 1] + sorted[FREQUENCIES / 2]) / 2, [])
}

function correlationWithTime(values: Float64Array, times: Float64Array): number {
  const { slope, rSquared } = lineThrough(times, values)
  return Math.sign(slope) * Math.sqrt(rSquared)
}
