/**
 * Landscapes with a known label, for measuring how often a classification is right. They are drawn by counter from
 * families whose construction fixes the label. None is among the functions used to choose settings or to measure
 * the solver.
 */
import type { Formula } from "./formulas.ts"
import { row, seedOf, type TestFunction } from "./functions.ts"
import { uniformAt } from "./noise.ts"

/** A bowl, something a bowl does not describe, or something that cannot be read exactly. */
export type TrueLabel = "quadratic" | "curved" | "noisy"

/** A landscape with the label that its construction gives it. */
export interface LabelledLandscape {
  readonly label: TrueLabel
  readonly function: TestFunction
}

interface Family {
  readonly name: string
  readonly label: TrueLabel
  /** @param chance uniform draws of this landscape, by index */
  readonly make: (d: number, chance: (i: number) => number) => Formula
  /** Relative noise for a draw. */
  readonly relativeNoise?: (u: number) => number
}

const bowl =
  (condition: number): Family["make"] =>
  (d, chance) => {
    // Curvatures between 1 and the condition, evenly spaced in the logarithm.
    const weights = Float64Array.from({ length: d }, (_, i) => condition ** (i === 0 ? 0 : chance(i)))
    return (x) => {
      let sum = 0
      for (let i = 0; i < d; i++) sum += weights[i] * x[i] * x[i]
      return sum
    }
  }

/** A bowl that gets slightly steeper outward: a quadratic model fits it everywhere. */
const softBowl: Family["make"] = (d, chance) => {
  const share = 0.02 * chance(0)
  return (x) => {
    let sum = 0
    for (let i = 0; i < d; i++) sum += x[i] * x[i] * (1 + share * x[i] * x[i])
    return sum
  }
}

const rippled: Family["make"] = (d, chance) => {
  const waves = Float64Array.from({ length: d }, (_, i) => 3 + 5 * chance(i))
  const height = 4 + 6 * chance(63)
  return (x) => {
    let sum = 0
    for (let i = 0; i < d; i++) sum += x[i] * x[i] + height * (1 - Math.cos(waves[i] * x[i]))
    return sum
  }
}

/** Two funnels; the wider one is the wrong one. */
const deceptive: Family["make"] = (d, chance) => {
  const away = Float64Array.from({ length: d }, (_, i) => (chance(i) < 0.5 ? -1 : 1) * (2.5 + chance(32 + i)))
  return (x) => {
    let near = 0
    let far = 0
    let cosines = 0
    for (let i = 0; i < d; i++) {
      near += x[i] * x[i]
      far += (x[i] - away[i]) ** 2
      cosines += 1 - Math.cos(6 * x[i])
    }
    return Math.min(4 * near, d + far) + cosines
  }
}

const kinked: Family["make"] = (d, chance) => {
  const weights = Float64Array.from({ length: d }, (_, i) => 10 ** (2 * chance(i)))
  return (x) => {
    let sum = 0
    for (let i = 0; i < d; i++) sum += weights[i] * Math.abs(x[i])
    return sum
  }
}

const bent: Family["make"] = (d, chance) => {
  const bend = 0.5 + chance(0)
  return (x) => {
    let sum = x[0] * x[0]
    for (let i = 1; i < d; i++) sum += 50 * (x[i] - bend * (x[i - 1] * x[i - 1])) ** 2
    return sum
  }
}

const stepped: Family["make"] = (d, chance) => {
  const width = 0.6 + 0.6 * chance(0)
  return (x) => {
    let sum = 0
    for (let i = 0; i < d; i++) sum += Math.floor(Math.abs(x[i]) / width + 0.5) ** 2
    return sum
  }
}

const families: ReadonlyArray<Family> = [
  { name: "bowl", label: "quadratic", make: bowl(3) },
  { name: "long-bowl", label: "quadratic", make: bowl(100) },
  { name: "thin-bowl", label: "quadratic", make: bowl(3000) },
  { name: "soft-bowl", label: "quadratic", make: softBowl },
  { name: "rippled", label: "curved", make: rippled },
  { name: "deceptive", label: "curved", make: deceptive },
  { name: "kinked", label: "curved", make: kinked },
  { name: "bent", label: "curved", make: bent },
  { name: "stepped", label: "curved", make: stepped },
  { name: "noisy-bowl", label: "noisy", make: bowl(10), relativeNoise: (u) => 0.02 * 20 ** u },
  { name: "noisy-rippled", label: "noisy", make: rippled, relativeNoise: (u) => 0.02 * 20 ** u },
]

const DIMENSIONS = [2, 3, 5, 8, 12]

/**
 * Every family in 2, 3, 5, 8 and 12 dimensions, `draws` landscapes each. Use them through
 * `instanceOf(landscape.function, "r", number)`.
 */
export function labelledLandscapes(draws = 1): ReadonlyArray<LabelledLandscape> {
  return families.flatMap(({ name, label, make, relativeNoise }) =>
    DIMENSIONS.flatMap((d) =>
      Array.from({ length: draws }, (_, draw) => {
        const id = `${name}-${d}-${draw}`
        const seed = seedOf(id)
        const chance = (i: number): number => uniformAt(seed, i)
        const noise = relativeNoise?.(uniformAt(seed, 1000)) ?? 0
        return { label, function: row(id, d, -5, 5, 0, make(d, chance), 0, noise) }
      }),
    ),
  )
}
