/**
 * How many dimensions the points of an embedding fill: the slope of the logarithm of the share of pairs within a distance
 * (Grassberger, Procaccia, Physica D 9, 1983). Pairs close in time do not count (Theiler, Phys. Rev. A 34, 1986).
 */
import { distance2, type Embedding, pointsOf } from "./embedding.ts"
import { type Doubt, doubtsOf, type Estimate, estimated, lineThrough, unknown } from "./estimate.ts"

/** The embedding, and which pairs and distances count. */
export interface CorrelationDimensionOptions extends Embedding {
  /** Pairs closer in time than this are left out. Default: the span of the embedding. */
  readonly theiler?: number | undefined
  /** Shares of pairs between which the slope is taken. Default 0.0005 to 0.02. */
  readonly shares?: readonly [number, number] | undefined
}

/** Distances are counted in bins of an eighth of an octave. */
const PER_OCTAVE = 8
const OCTAVES = 64
const FEWEST_PAIRS = 50
const STRAIGHT = 0.98

/** The correlation dimension of a series. Costs the square of its length. */
export function correlationDimension(series: Float64Array, options: CorrelationDimensionOptions): Estimate {
  const wrong = doubtsOf(series)
  if (wrong.length > 0) return unknown(wrong)
  const { dimension, delay, theiler = dimension * delay, shares = [0.0005, 0.02] } = options
  const points = pointsOf(series.length, options)
  let [least, most] = [series[0], series[0]]
  for (const x of series) {
    if (x < least) least = x
    if (x > most) most = x
  }
  const scale = (most - least) ** 2 * dimension
  const bins = new Float64Array(OCTAVES * PER_OCTAVE)
  let pairs = 0
  for (let i = 0; i < points; i++)
    for (let j = i + theiler + 1; j < points; j++) {
      pairs++
      const distance = distance2(series, options, i, j) / scale
      // Half of the logarithm of the square, counted down from the size of the attractor.
      const bin = distance === 0 ? bins.length - 1 : Math.floor((-Math.log2(distance) / 2) * PER_OCTAVE)
      bins[Math.max(0, Math.min(bins.length - 1, bin))]++
    }
  const radii: Array<number> = []
  const sums: Array<number> = []
  let within = 0
  for (let bin = bins.length - 1; bin >= 0; bin--) {
    within += bins[bin]
    const share = within / pairs
    if (within < FEWEST_PAIRS || share < shares[0] || share > shares[1]) continue
    radii.push((-bin / PER_OCTAVE) * Math.LN2)
    sums.push(Math.log(share))
  }
  if (radii.length < 4) return unknown(["fewNeighbours"])
  const { slope, rSquared } = lineThrough(radii, sums)
  const doubts: Array<Doubt> = rSquared >= STRAIGHT ? [] : ["notStraight"]
  return estimated(slope, doubts)
}
