/**
 * A second set to measure the solver on: 24 classes of landscapes in any number of dimensions, from round bowls to
 * deceptive funnels, with instances drawn by counter. Settings are chosen on the instances of `CHOOSING_SEED`; figures are
 * published for those of `PUBLISHED_SEED`, on which nothing was chosen.
 *
 * Every instance lies in [-5, 5]^d and is lowest with the value 0 at a place of its own. The kinds are those that the
 * literature has found to tell optimisers apart (Hansen and others, "Real-parameter black-box optimization benchmarking:
 * noiseless functions", 2009); formulas and constants are ours.
 */
import { type Formula, rosenbrock, schwefel, SCHWEFEL_AT } from "../../src/testing/formulas.ts"
import { coordinateName, seedOf } from "../../src/testing/functions.ts"
import { gaussianAt, uniformAt } from "../../src/testing/noise.ts"
import { rotationOf } from "../../src/testing/rotation.ts"
import type { Problem } from "./studies.ts"

/** The set that settings are chosen on, and the one that figures are published for. */
export const CHOOSING_SEED = 1
export const PUBLISHED_SEED = 20_261_122

/** Uniform draws of one instance, by index. */
type Chance = (i: number) => number

interface LandscapeClass {
  readonly name: string
  /** Whether the axes are turned against the coordinates. */
  readonly askew: boolean
  /** The landscape as a function of the displacement from where it is lowest. */
  readonly make: (d: number, chance: Chance) => Formula
  /** Where it is lowest, by coordinate; anywhere within [-4, 4] when absent. */
  readonly lowestAt?: (d: number, chance: Chance) => Float64Array
  /** Standard deviation of the noise as a share of the true value. */
  readonly noise?: number
}

const sumOf = (z: Float64Array, term: (value: number, i: number) => number): number => {
  let sum = 0
  for (let i = 0; i < z.length; i++) sum += term(z[i], i)
  return sum
}

/** Weights from 1 to `condition`, evenly in the logarithm. */
const weightsOf = (d: number, condition: number): Float64Array =>
  Float64Array.from({ length: d }, (_, i) => condition ** (d === 1 ? 0 : i / (d - 1)))

/** Bends a coordinate a little, finer and finer toward 0, so that nothing is exactly a square. */
function bent(z: number): number {
  if (z === 0) return 0
  const log = Math.log(Math.abs(z))
  const [a, b] = z > 0 ? [10, 7.9] : [5.5, 3.1]
  return Math.sign(z) * Math.exp(log + 0.049 * (Math.sin(a * log) + Math.sin(b * log)))
}

/** Stretches the positive half of coordinate i of d. */
const stretched = (z: number, i: number, d: number, by: number): number =>
  z > 0 ? z ** (1 + ((by * i) / Math.max(1, d - 1)) * Math.sqrt(z)) : z

const bowl =
  (condition: number, bends: boolean): LandscapeClass["make"] =>
  (d) => {
    const weights = weightsOf(d, condition)
    return (z) => sumOf(z, (v, i) => weights[i] * (bends ? bent(v) : v) ** 2)
  }

/** One axis is a thousand times shorter than the rest. */
const wall: LandscapeClass["make"] = () => (z) => sumOf(z, (v, i) => (i === 0 ? 1e6 : 1) * bent(v) ** 2)

/** One axis is a thousand times longer than the rest, and the two sides differ. */
const trough: LandscapeClass["make"] = (d) => (z) =>
  sumOf(z, (v, i) => (i === 0 ? 1 : 1e6) * stretched(v, i, d, 0.5) ** 2)

const powers: LandscapeClass["make"] = (d) => (z) =>
  Math.sqrt(sumOf(z, (v, i) => Math.abs(v) ** (2 + (4 * i) / Math.max(1, d - 1))))

/** Rosenbrock's valley around its floor. */
const valley: LandscapeClass["make"] = (d) => {
  const scale = Math.max(1, Math.sqrt(d) / 8)
  return (z) => rosenbrock(z.map((v) => scale * v + 1))
}

const sharpRidge: LandscapeClass["make"] = () => (z) =>
  z[0] * z[0] + 100 * Math.sqrt(sumOf(z, (v, i) => (i === 0 ? 0 : v * v)))

const kinkedBowl: LandscapeClass["make"] = (d) => {
  const weights = weightsOf(d, 100)
  return (z) => sumOf(z, (v, i) => weights[i] * Math.abs(v))
}

/** A hundred times steeper in all but one of the orthants. */
const sector: LandscapeClass["make"] = (d, chance) => {
  const sides = Float64Array.from({ length: d }, (_, i) => (chance(i) < 0.5 ? -1 : 1))
  const weights = weightsOf(d, 10)
  return (z) => sumOf(z, (v, i) => ((v * sides[i] > 0 ? 100 : 1) * weights[i] * v) ** 2) ** 0.9
}

/** Terraces on a bowl of condition 100, and hardly a slope on them. */
const terraces: LandscapeClass["make"] = (d) => {
  const weights = weightsOf(d, 100)
  return (z) => {
    const steps = sumOf(z, (v, i) => {
      const width = Math.abs(v) > 0.5 ? 1 : 0.1
      return weights[i] * (width * Math.floor(v / width + 0.5)) ** 2
    })
    return 0.1 * Math.max(1e-4 * Math.abs(z[0]), steps)
  }
}

/** Values in whole steps along the coordinates, with hardly a slope between. */
const plateaus: LandscapeClass["make"] = () => (z) =>
  sumOf(z, (v) => Math.floor(Math.abs(v) + 0.5) ** 2 + 1e-3 * v * v)

const dents =
  (condition: number): LandscapeClass["make"] =>
  (d) => {
    const weights = weightsOf(d, Math.sqrt(condition))
    return (z) =>
      sumOf(z, (v, i) => {
        const w = weights[i] * stretched(v, i, d, 0.2)
        return w * w + 10 * (1 - Math.cos(2 * Math.PI * w))
      })
  }

/** Rugged on every scale. */
const fractal: LandscapeClass["make"] = (d) => (z) => {
  const sum = sumOf(z, (v) => {
    let all = 0
    for (let k = 0; k < 12; k++) all += 0.5 ** k * (1 - Math.cos(2 * Math.PI * 3 ** k * v))
    return all
  })
  return 10 * (sum / d) ** 3 + (0.1 * sumOf(z, (v) => v * v)) / d
}

/** Waves that get finer toward the middle. */
const rings: LandscapeClass["make"] = (d) => {
  const weights = weightsOf(d, Math.sqrt(10))
  return (z) => {
    let sum = 0
    for (let i = 0; i + 1 < d; i++) {
      const s = Math.hypot(weights[i] * z[i], weights[i + 1] * z[i + 1])
      sum += Math.sqrt(s) * (1 + Math.sin(50 * s ** 0.2) ** 2)
    }
    return (sum / (d - 1)) ** 2
  }
}

/** 41 peaks of different heights, widths and shapes; the highest one is not the widest. */
const peaks: LandscapeClass["make"] = (d, chance) => {
  const count = 41
  const at = new Float64Array(count * d)
  const weights = new Float64Array(count * d)
  const heights = Float64Array.from({ length: count }, (_, k) =>
    k === 0 ? 10 : 1.1 + (8 * (k - 1)) / (count - 2),
  )
  for (let k = 0; k < count; k++) {
    const condition = 1000 ** chance(100 + k)
    for (let i = 0; i < d; i++) {
      at[k * d + i] = k === 0 ? 0 : 9.8 * (chance(1000 + k * d + i) - 0.5)
      weights[k * d + i] = condition ** (chance(3000 + k * d + i) - 0.5)
    }
  }
  return (z) => {
    let highest = 0
    for (let k = 0; k < count; k++) {
      let square = 0
      for (let i = 0; i < d; i++) square += weights[k * d + i] * (z[i] - at[k * d + i]) ** 2
      highest = Math.max(highest, heights[k] * Math.exp(-square / (2 * d)))
    }
    return bent(10 - highest) ** 2
  }
}

/** The second best place is far from the best, and on the way there everything points away from it. */
const deceptive: LandscapeClass["make"] = (d, chance) => {
  const sides = sidesOf(d, chance)
  return (z) => schwefel(z.map((v, i) => SCHWEFEL_AT + 100 * v * sides[i])) / (100 * d)
}
const sidesOf = (d: number, chance: Chance): Float64Array =>
  Float64Array.from({ length: d }, (_, i) => (chance(i) < 0.5 ? -1 : 1))
const nearCorner = (d: number, chance: Chance): Float64Array =>
  sidesOf(d, chance).map((side, i) => side * (3.4 + chance(500 + i)))

/** Two funnels with ripples; the wider one is the wrong one. */
const funnels: LandscapeClass["make"] = (d, chance) => {
  const away = Float64Array.from(
    { length: d },
    (_, i) => (chance(i) < 0.5 ? -1 : 1) * (2 + 2 * chance(500 + i)),
  )
  return (z) => {
    const near = sumOf(z, (v) => v * v)
    const far = sumOf(z, (v, i) => (v - away[i]) ** 2)
    return Math.min(2 * near, 0.5 * d + 0.5 * far) + sumOf(z, (v) => 0.4 * (1 - Math.cos(5 * v)))
  }
}

export const landscapeClasses: ReadonlyArray<LandscapeClass> = [
  { name: "bowl 1", askew: false, make: bowl(1, false) },
  { name: "bowl 1e2, on the axes", askew: false, make: bowl(1e2, false) },
  { name: "bowl 1e4, askew", askew: true, make: bowl(1e4, false) },
  { name: "bowl 1e6, bent, on the axes", askew: false, make: bowl(1e6, true) },
  { name: "bowl 1e6, bent, askew", askew: true, make: bowl(1e6, true) },
  { name: "wall 1e6, askew", askew: true, make: wall },
  { name: "trough 1e6, askew", askew: true, make: trough },
  { name: "powers 2 to 6, askew", askew: true, make: powers },
  { name: "bent valley", askew: false, make: valley },
  { name: "bent valley, askew", askew: true, make: valley },
  { name: "sharp ridge, askew", askew: true, make: sharpRidge },
  { name: "kinked bowl, askew", askew: true, make: kinkedBowl },
  { name: "attractive sector, askew", askew: true, make: sector },
  { name: "terraces, askew", askew: true, make: terraces },
  { name: "plateaus", askew: false, make: plateaus },
  { name: "dents", askew: false, make: dents(1) },
  { name: "dents, askew", askew: true, make: dents(10) },
  { name: "rugged on every scale, askew", askew: true, make: fractal },
  { name: "rings, askew", askew: true, make: rings },
  { name: "many peaks, askew", askew: true, make: peaks },
  { name: "deceptive", askew: false, make: deceptive, lowestAt: nearCorner },
  { name: "two funnels, askew", askew: true, make: funnels },
  { name: "noisy bowl 1e2, askew", askew: true, make: bowl(1e2, false), noise: 0.1 },
  { name: "noisy bent valley, askew", askew: true, make: valley, noise: 0.1 },
]

/**
 * Instance `number` of a class in d dimensions, a pure function of all its arguments.
 *
 * @param setSeed `CHOOSING_SEED` or `PUBLISHED_SEED`
 */
export function problemOf(
  of: LandscapeClass,
  d: number,
  number: number,
  setSeed: number,
): Problem & { readonly lowestAt: Float64Array } {
  const seed = seedOf(`${setSeed}/${of.name}/${d}/${number}`)
  const chance: Chance = (i) => uniformAt(seed, i)
  const at =
    of.lowestAt?.(d, chance) ?? Float64Array.from({ length: d }, (_, i) => 8 * (chance(90_000 + i) - 0.5))
  const formula = of.make(d, chance)
  const rotation = of.askew ? rotationOf(d, seed ^ 0x2545f491, 0) : null
  const z = new Float64Array(d)
  const names = Array.from({ length: d }, (_, i) => coordinateName(i))
  const trueValue = (x: ArrayLike<number>): number => {
    for (let i = 0; i < d; i++) {
      if (rotation === null) z[i] = x[i] - at[i]
      else {
        let sum = 0
        for (let j = 0; j < d; j++) sum += rotation[i * d + j] * (x[j] - at[j])
        z[i] = sum
      }
    }
    return formula(z)
  }
  return {
    name: `${of.name}, ${d} dimensions, ${number}`,
    bounds: Object.fromEntries(names.map((name) => [name, { min: -5, max: 5 }])),
    optimum: 0,
    lowestAt: at,
    trueValue,
    reading: (x, noiseSeed, evaluation) => {
      const value = trueValue(x)
      if (of.noise === undefined) return value
      return value * (1 + of.noise * gaussianAt(seed ^ Math.imul(noiseSeed + 1, 0x9e3779b1), evaluation))
    },
    pointOf: (params) => Float64Array.from(names, (name) => Number(params[name])),
  }
}
