/**
 * Series that share the spectrum of a given one and nothing else. What holds for the series and not for them is no accident of a
 * linear process: the test of a surrogate (Theiler et al., Physica D 58, 1992). Phases are drawn from a seed, so that a result can
 * be repeated.
 */
import { chacha8Block } from "../../hot/ChaCha8.ts"
import { keyOf } from "../key.ts"

const WORDS = 16

/** The surrogate with this number: the same amplitude at each frequency, at a random phase. Costs the square of the length. */
export function surrogateOf(series: Float64Array, seed: number, number: number): Float64Array {
  const n = series.length
  const key = keyOf(seed)
  const block = new Uint32Array(WORDS)
  const surrogate = new Float64Array(n)
  let mean = 0
  for (const x of series) mean += x / n
  const half = Math.floor((n - 1) / 2)
  const cosines = Float64Array.from({ length: n }, (_, i) => Math.cos((2 * Math.PI * i) / n))
  const sines = Float64Array.from({ length: n }, (_, i) => Math.sin((2 * Math.PI * i) / n))
  for (let k = 1; k <= n >> 1; k++) {
    let [re, im] = [0, 0]
    for (let i = 0; i < n; i++) {
      re += (series[i] - mean) * cosines[(k * i) % n]
      im -= (series[i] - mean) * sines[(k * i) % n]
    }
    if ((k - 1) % WORDS === 0) chacha8Block(key, (k - 1) / WORDS, 0, number, 0, block)
    // The frequency in the middle of an even number of points has a sign and no phase.
    const middle = k > half
    const turn = (2 * Math.PI * block[(k - 1) % WORDS]) / 2 ** 32
    const phase = middle ? (turn < Math.PI ? 0 : Math.PI) : turn
    const amplitude = ((middle ? 1 : 2) * Math.hypot(re, im)) / n
    for (let i = 0; i < n; i++)
      surrogate[i] += amplitude * Math.cos((2 * Math.PI * ((k * i) % n)) / n + phase)
  }
  return surrogate.map((x) => x + mean)
}

/**
 * How many standard deviations the statistic of a series lies above those of `count` surrogates. NaN if the surrogates do not
 * differ, or a statistic cannot be calculated.
 */
export function surrogateZ(
  statistic: (series: Float64Array) => number,
  series: Float64Array,
  seed: number,
  count = 19,
): number {
  const values = Array.from({ length: count }, (_, i) => statistic(surrogateOf(series, seed, i)))
  const mean = values.reduce((sum, value) => sum + value / count, 0)
  const variance = values.reduce((sum, value) => sum + (value - mean) ** 2 / (count - 1), 0)
  return variance > 0 ? (statistic(series) - mean) / Math.sqrt(variance) : Number.NaN
}
