/**
 * How fast neighbours part: the largest Lyapunov exponent of a series by the mean logarithm of the divergence (Rosenstein, Collins,
 * De Luca, Physica D 65, 1993).
 */
import { distance2, type Embedding, nearest, pointsOf } from "./embedding.ts"
import { type Doubt, doubtsOf, type Estimate, estimated, lineThrough, unknown } from "./estimate.ts"

/** The embedding, and how neighbours are chosen and followed. */
export interface ExponentOptions extends Embedding {
  /** Points closer in time than this are not neighbours. Default: the span of the embedding. */
  readonly theiler?: number | undefined
  /**
   * Steps at the start that do not count: neighbours of a flow first turn into the direction in which they part. One mean period
   * is right for a flow, 0 (the default) for a map.
   */
  readonly skip?: number | undefined
  /** How many steps to follow neighbours. Default: until they part no further, at most 20. */
  readonly steps?: number | undefined
}

/** An exponent per point of the series, with how straight the divergence was and how many neighbours it is from. */
export interface Exponent extends Estimate {
  readonly rSquared: number
  readonly neighbours: number
}

const STRAIGHT = 0.95
const FEWEST_NEIGHBOURS = 50

/** The largest exponent of a series, per point. Costs the square of its length. */
export function largestExponent(series: Float64Array, options: ExponentOptions): Exponent {
  const wrong = doubtsOf(series)
  const none = (doubts: ReadonlyArray<Doubt>): Exponent => ({
    ...unknown(doubts),
    rSquared: Number.NaN,
    neighbours: 0,
  })
  if (wrong.length > 0 && wrong[0] !== "tooShort") return none(wrong)
  const { dimension, delay } = options
  const { theiler = dimension * delay, steps = 20, skip = 0 } = options
  const points = pointsOf(series.length, options)
  const last = points - 1 - steps
  if (last < 2 || skip > steps - 2) return none(["tooShort"])
  const sums = new Float64Array(steps + 1)
  const counts = new Float64Array(steps + 1)
  let neighbours = 0
  for (let i = 0; i <= last; i++) {
    const j = nearest(series, options, i, last + 1, theiler)
    if (j < 0) continue
    neighbours++
    for (let k = 0; k <= steps; k++) {
      const distance = distance2(series, options, i + k, j + k)
      if (distance === 0) continue
      sums[k] += Math.log(distance) / 2
      counts[k]++
    }
  }
  const curve = sums.map((sum, k) => sum / counts[k])
  const end = options.steps === undefined ? Math.max(skip + 3, straightUntil(curve)) : steps + 1
  const { slope, rSquared } = lineThrough(
    Float64Array.from(curve, (_, k) => k),
    curve,
    skip,
    end,
  )
  const doubts: Array<Doubt> = [...wrong]
  if (neighbours < FEWEST_NEIGHBOURS) doubts.push("fewNeighbours")
  if (!(rSquared >= STRAIGHT)) doubts.push("notStraight")
  return { ...estimated(slope, doubts), rSquared, neighbours }
}

/** Where the curve has climbed three quarters of the way to where it ends: up to there it is a straight line. */
function straightUntil(curve: Float64Array): number {
  let top = curve[0]
  for (const value of curve) if (value > top) top = value
  const level = curve[0] + 0.75 * (top - curve[0])
  const end = curve.findIndex((value) => value > level)
  return Math.max(3, end < 0 ? curve.length : end)
}
