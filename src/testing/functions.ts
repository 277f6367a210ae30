/**
 * The 20 test functions on which the solver is measured, with their usual bounds, each in three variants: original
 * ("o"), shifted ("s"), shifted and rotated ("r"). Many of these functions are lowest at the centre of their box or
 * on an axis, which flatters methods that start there or search along axes. The shifted and rotated variants do
 * not.
 *
 * An instance is a pure function of (function, variant, number), and noise is drawn by counter (seed, evaluation).
 * So any two solvers, in any language, can be given exactly the same problem.
 */
import { uniformAt, gaussianAt } from "./noise.ts"
import {
  ackley,
  beale,
  booth,
  type Formula,
  griewank,
  levy,
  rastrigin,
  rosenbrock,
  SCHWEFEL_AT,
  schwefel,
  sphere,
  weightedSphere,
} from "./formulas.ts"
import { rotationOf } from "./rotation.ts"

/** A function of d numbers over a box, with one lowest point. */
export interface TestFunction {
  readonly name: string
  readonly dimensions: number
  /** Bounds of every coordinate. */
  readonly min: number
  readonly max: number
  /** The lowest point in the function's own coordinates, and the value there. */
  readonly optimumAt: ReadonlyArray<number>
  readonly optimum: number
  /** The function without noise. */
  readonly formula: Formula
  /** Standard deviation of the Gaussian noise on one reading: `noise` + `relativeNoise` x true value. */
  readonly noise: number
  readonly relativeNoise: number
}

/** "o" original, "s" shifted, "r" shifted and rotated. */
export type Variant = "o" | "s" | "r"

/** Original, shifted, shifted and rotated. */
export const variants: ReadonlyArray<Variant> = ["o", "s", "r"]

/** A test function as a solver meets it: bounds by name, and a value to ask for. */
export interface Instance {
  /** For example "rosenbrock-5:r:17". */
  readonly name: string
  readonly function: TestFunction
  readonly variant: Variant
  readonly number: number
  readonly dimensions: number
  /** Bounds by parameter, "x00" to "x19". Sorted names are in the order of the coordinates. */
  readonly bounds: Readonly<Record<string, { readonly min: number; readonly max: number }>>
  readonly optimumAt: Float64Array
  readonly optimum: number
  /** Value without noise at a point in user units. A recommended point is scored by it. */
  trueValue(x: ArrayLike<number>): number
  /** One reading: the true value plus, for a noisy function, the noise of that evaluation (counted from 0). */
  reading(x: ArrayLike<number>, seed: number, evaluation: number): number
  /** The coordinates of a point given by name. */
  pointOf(params: Readonly<Record<string, unknown>>): Float64Array
}

/** A test function with value 0 at its lowest point. */
export const row = (
  name: string,
  dimensions: number,
  min: number,
  max: number,
  at: number | ReadonlyArray<number>,
  formula: Formula,
  noise = 0,
  relativeNoise = 0,
): TestFunction => ({
  name,
  dimensions,
  min,
  max,
  optimumAt: typeof at === "number" ? Array.from({ length: dimensions }, () => at) : at,
  optimum: 0,
  formula,
  noise,
  relativeNoise,
})

/** The 20 functions, under the names that tables print. */
export const testFunctions: ReadonlyArray<TestFunction> = [
  row("sphere-2", 2, -5, 5, 0, sphere),
  row("sphere-5", 5, -5, 5, 0, sphere),
  row("sphere-10", 10, -5, 5, 0, sphere),
  row("rosenbrock-2", 2, -5, 10, 1, rosenbrock),
  row("rosenbrock-5", 5, -5, 10, 1, rosenbrock),
  row("beale-2", 2, -4.5, 4.5, [3, 0.5], beale),
  row("booth-2", 2, -10, 10, [1, 3], booth),
  row("quadratic-10", 10, -5, 5, 0, weightedSphere),
  row("quadratic-20", 20, -5, 5, 0, weightedSphere),
  row("rastrigin-2", 2, -5.12, 5.12, 0, rastrigin),
  row("rastrigin-5", 5, -5.12, 5.12, 0, rastrigin),
  row("rastrigin-10", 10, -5.12, 5.12, 0, rastrigin),
  row("ackley-2", 2, -5, 5, 0, ackley),
  row("ackley-5", 5, -5, 5, 0, ackley),
  row("levy-2", 2, -10, 10, 1, levy),
  row("levy-5", 5, -10, 10, 1, levy),
  row("griewank-5", 5, -600, 600, 0, griewank),
  row("schwefel-2", 2, -500, 500, SCHWEFEL_AT, schwefel),
  row("noisy-sphere-5", 5, -5, 5, 0, sphere, 0, 0.1),
  row("stochastic-rosenbrock-2", 2, -5, 10, 1, rosenbrock, 0.1),
]

/** How far a shift may move the optimum, and how close it may come to a bound, as shares of the box. */
const MOST_SHIFT = 0.3
const MARGIN = 0.1

/** A number for a name, so that every function gets its own shifts and rotations (FNV-1a). */
export function seedOf(text: string): number {
  let hash = 0x811c9dc5
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193)
  return hash >>> 0
}

/**
 * The shifted optimum of one coordinate: up to `MOST_SHIFT` away, reflected at `MARGIN` from the bounds (so one that was
 * nearer to a bound than that goes a little further).
 */
function shifted(at: number, min: number, max: number, u: number): number {
  const width = max - min
  const from = (at - min) / width
  const to = from + MOST_SHIFT * (2 * u - 1)
  const folded = to < MARGIN ? 2 * MARGIN - to : to > 1 - MARGIN ? 2 * (1 - MARGIN) - to : to
  return min + width * folded
}

/** The name of coordinate i. */
export const coordinateName = (i: number): string => `x${i < 10 ? "0" : ""}${i}`

/**
 * The instance of a function: f(p + R (x - q)), where p is where f is lowest, q where the instance is, and R a rotation
 * (the identity but for "r"). Variant "o" ignores the number.
 *
 * @param number which shift and rotation, a whole number from 0
 */
export function instanceOf(fn: TestFunction, variant: Variant, number = 0): Instance {
  const d = fn.dimensions
  const seed = seedOf(`${fn.name}:${variant}`)
  const from = Float64Array.from(fn.optimumAt)
  const to = variant === "o" ? from : new Float64Array(d)
  if (variant !== "o") {
    for (let i = 0; i < d; i++) to[i] = shifted(from[i], fn.min, fn.max, uniformAt(seed, number * 64 + i))
  }
  const rotation = variant === "r" ? rotationOf(d, seed ^ 0x2545f491, number) : null
  const inner = new Float64Array(d)
  const names = Array.from({ length: d }, (_, i) => coordinateName(i))

  const trueValue = (x: ArrayLike<number>): number => {
    for (let i = 0; i < d; i++) {
      if (variant === "o") inner[i] = x[i]
      else if (rotation === null) inner[i] = from[i] + (x[i] - to[i])
      else {
        let sum = from[i]
        for (let j = 0; j < d; j++) sum += rotation[i * d + j] * (x[j] - to[j])
        inner[i] = sum
      }
    }
    return fn.formula(inner)
  }

  return {
    name: variant === "o" ? `${fn.name}:o` : `${fn.name}:${variant}:${number}`,
    function: fn,
    variant,
    number,
    dimensions: d,
    bounds: Object.fromEntries(names.map((name) => [name, { min: fn.min, max: fn.max }])),
    optimumAt: to,
    optimum: fn.optimum,
    trueValue,
    reading: (x, noiseSeed, evaluation) => {
      const value = trueValue(x)
      const deviation = fn.noise + fn.relativeNoise * Math.abs(value)
      return deviation === 0
        ? value
        : value + deviation * gaussianAt(seed ^ Math.imul(noiseSeed + 1, 0x9e3779b1), evaluation)
    },
    pointOf: (params) => Float64Array.from(names, (name) => Number(params[name])),
  }
}
