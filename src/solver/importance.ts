/**
 * How much each parameter matters, estimated from the readings of a run: what share of the differences in loss a
 * parameter explains by itself, and how much is left to parameters acting together. One needs it to look at a run, never
 * to steer it.
 *
 * Method: functional analysis of variance over a forest of extremely randomised regression trees (Hutter, Hoos and
 * Leyton-Brown 2014; Geurts, Ernst and Wehenkel 2006), integrated exactly over the whole cube. A run reads most where it
 * is good, so every reading counts by the part of the cube that is nearest to it. Losses count by their rank, so that one
 * huge value does not decide. Deterministic: the same readings give the same shares.
 */
import { Draw } from "./Draw.ts"
import { Readings } from "./Readings.ts"
import type { SearchSpace } from "./SearchSpace.ts"

export interface Importance {
  /** By dimension: share of the variance that it explains alone, 0 to 1. */
  readonly alone: Float64Array
  /** Share of the variance that only parameters together explain, 0 to 1. */
  readonly together: number
  /** Readings it was estimated from. */
  readonly readings: number
}

/** Streams apart from those of probe and strategies: of the thresholds, and of the samples. */
const STREAM_IMPORTANCE = 8
const STREAM_WEIGHTS = 9
const TREES = 64
const LEAST_READINGS = 8
/** Readings that are looked at, spread evenly over the run; more would only make it slower. */
const MOST_READINGS = 2000
/** Points of the cube that are given to their nearest readings. */
const SAMPLES = 2048
/** What a reading counts at least, as a share of its fair part: one that no sample is nearest to is still a reading. */
const LEAST_WEIGHT = 0.02
/** Readings in a leaf, at least, and leaves in a tree, about at most. */
const LEAST_IN_LEAF = 3
const MOST_LEAVES = 96

/** Null where there are too few readings, or all are alike: then nothing can be said. */
export function importanceOf(readings: Readings, space: SearchSpace): Importance | null {
  const { count, dimensions } = readings
  if (count < LEAST_READINGS) return null
  const chosen = thinned(readings)
  const weights = weightsOf(chosen, space)
  const forest = new Forest(chosen, weights, ranksOf(chosen.losses.subarray(0, chosen.count), weights))
  const alone = new Float64Array(dimensions)
  let whole = 0
  for (let tree = 0; tree < TREES; tree++) whole += forest.addTree(alone)
  if (!(whole > 0)) return null
  let sum = 0
  for (let i = 0; i < dimensions; i++) {
    alone[i] = Math.max(0, alone[i] / whole)
    sum += alone[i]
  }
  return { alone, together: Math.max(0, 1 - sum), readings: count }
}

function thinned(readings: Readings): Readings {
  if (readings.count <= MOST_READINGS) return readings
  const chosen = new Readings(readings.dimensions)
  const unit = new Float64Array(readings.dimensions)
  for (let k = 0; k < MOST_READINGS; k++) {
    const index = Math.floor((k * readings.count) / MOST_READINGS)
    readings.read(index, unit)
    chosen.add(readings.ids[index], unit, readings.losses[index])
  }
  return chosen
}

/** The part of the cube that is nearest to each reading, by samples; their mean is 1. */
function weightsOf(readings: Readings, space: SearchSpace): Float64Array {
  const { count, dimensions, units } = readings
  const draw = new Draw(0, STREAM_WEIGHTS)
  const sample = new Float64Array(dimensions)
  const weights = new Float64Array(count)
  for (let k = 0; k < SAMPLES; k++) {
    for (let i = 0; i < dimensions; i++) sample[i] = draw.uniform()
    let nearest = 0
    let distance = Infinity
    for (let r = 0; r < count; r++) {
      const d = space.squaredDistance(sample, 0, units, r * dimensions)
      if (d < distance) {
        distance = d
        nearest = r
      }
    }
    weights[nearest] += count / SAMPLES
  }
  for (let r = 0; r < count; r++) weights[r] = Math.max(LEAST_WEIGHT, weights[r])
  return weights
}

/** Ranks by weight, 0 to 1: the share of the cube that is better. Equal losses share the middle of theirs. */
function ranksOf(losses: Float64Array, weights: Float64Array): Float64Array {
  const order = Uint32Array.from(losses, (_, i) => i).sort((a, b) => losses[a] - losses[b] || a - b)
  const whole = weights.reduce((sum, weight) => sum + weight, 0)
  const ranks = new Float64Array(losses.length)
  let below = 0
  for (let from = 0; from < order.length; ) {
    let to = from
    let own = 0
    while (to < order.length && losses[order[to]] === losses[order[from]]) own += weights[order[to++]]
    for (let k = from; k < to; k++) ranks[order[k]] = (below + own / 2) / whole
    below += own
    from = to
  }
  return ranks
}

/** One tree at a time, in arrays that all of them share. */
class Forest {
  private readonly readings: Readings
  private readonly weights: Float64Array
  private readonly ranks: Float64Array
  private readonly draw = new Draw(0, STREAM_IMPORTANCE)
  private readonly leastInLeaf: number
  private readonly members: Uint32Array
  /** Leaves of the tree that is being grown: their boxes and mean ranks. */
  private lows: Array<Float64Array> = []
  private highs: Array<Float64Array> = []
  private means: Array<number> = []

  constructor(readings: Readings, weights: Float64Array, ranks: Float64Array) {
    this.readings = readings
    this.weights = weights
    this.ranks = ranks
    this.leastInLeaf = Math.max(LEAST_IN_LEAF, Math.ceil(readings.count / MOST_LEAVES))
    this.members = new Uint32Array(readings.count)
  }

  /** Grows a tree, adds the variance of each dimension's marginal to `alone`, and returns the variance of the whole. */
  addTree(alone: Float64Array): number {
    const { dimensions, count } = this.readings
    this.lows = []
    this.highs = []
    this.means = []
    for (let i = 0; i < count; i++) this.members[i] = i
    this.grow(0, count, new Float64Array(dimensions), new Float64Array(dimensions).fill(1))
    const volumes = this.means.map((_, leaf) => {
      let volume = 1
      for (let i = 0; i < dimensions; i++) volume *= this.highs[leaf][i] - this.lows[leaf][i]
      return volume
    })
    let mean = 0
    let square = 0
    for (let leaf = 0; leaf < volumes.length; leaf++) {
      mean += volumes[leaf] * this.means[leaf]
      square += volumes[leaf] * this.means[leaf] ** 2
    }
    for (let i = 0; i < dimensions; i++) alone[i] += this.marginalVariance(i, volumes, mean)
    return square - mean * mean
  }

  /** Splits the members from `from` to `to` until they are few, by the best of one random threshold a dimension. */
  private grow(from: number, to: number, low: Float64Array, high: Float64Array): void {
    const { units, dimensions } = this.readings
    let bestGain = 0
    let bestDimension = -1
    let bestThreshold = 0
    if (to - from >= 2 * this.leastInLeaf) {
      for (let i = 0; i < dimensions; i++) {
        let least = Infinity
        let most = -Infinity
        for (let k = from; k < to; k++) {
          const x = units[this.members[k] * dimensions + i]
          if (x < least) least = x
          if (x > most) most = x
        }
        // Drawn whether or not it can be used, so that one dimension's draws do not move another's.
        const threshold = least + this.draw.uniform() * (most - least)
        if (!(threshold > least)) continue
        const gain = this.gain(from, to, i, threshold)
        if (gain > bestGain) {
          bestGain = gain
          bestDimension = i
          bestThreshold = threshold
        }
      }
    }
    if (bestDimension < 0) {
      let sum = 0
      let weight = 0
      for (let k = from; k < to; k++) {
        const member = this.members[k]
        sum += this.weights[member] * this.ranks[member]
        weight += this.weights[member]
      }
      this.lows.push(low)
      this.highs.push(high)
      this.means.push(sum / weight)
      return
    }
    let middle = from
    for (let k = from; k < to; k++) {
      if (units[this.members[k] * dimensions + bestDimension] >= bestThreshold) continue
      const swapped = this.members[k]
      this.members[k] = this.members[middle]
      this.members[middle++] = swapped
    }
    const leftHigh = high.slice()
    leftHigh[bestDimension] = bestThreshold
    const rightLow = low.slice()
    rightLow[bestDimension] = bestThreshold
    this.grow(from, middle, low, leftHigh)
    this.grow(middle, to, rightLow, high)
  }

  /** How much less the two parts vary than the whole, by sums of squares; 0 where a part would be too small. */
  private gain(from: number, to: number, dimension: number, threshold: number): number {
    const { units, dimensions } = this.readings
    let left = 0
    let leftWeight = 0
    let leftSum = 0
    let weight = 0
    let sum = 0
    for (let k = from; k < to; k++) {
      const member = this.members[k]
      const w = this.weights[member]
      weight += w
      sum += w * this.ranks[member]
      if (units[member * dimensions + dimension] < threshold) {
        left++
        leftWeight += w
        leftSum += w * this.ranks[member]
      }
    }
    if (left < this.leastInLeaf || to - from - left < this.leastInLeaf) return 0
    const rightSum = sum - leftSum
    return (
      (leftSum * leftSum) / leftWeight + (rightSum * rightSum) / (weight - leftWeight) - (sum * sum) / weight
    )
  }

  /** Variance of the tree's mean over all other dimensions, as a function of this one. */
  private marginalVariance(dimension: number, volumes: ReadonlyArray<number>, mean: number): number {
    const edges = [...new Set(this.lows.map((low) => low[dimension]))].sort((a, b) => a - b)
    let square = 0
    for (let e = 0; e < edges.length; e++) {
      const from = edges[e]
      const width = (edges[e + 1] ?? 1) - from
      let value = 0
      for (let leaf = 0; leaf < volumes.length; leaf++) {
        const low = this.lows[leaf][dimension]
        const high = this.highs[leaf][dimension]
        if (low <= from && from < high) value += (volumes[leaf] / (high - low)) * this.means[leaf]
      }
      square += width * value * value
    }
    return square - mean * mean
  }
}
