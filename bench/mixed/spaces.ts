/**
 * Spaces of numbers and choices, in classes: how many choices there are, of how many values, and which numbers stand beside
 * them. An instance is a pure function of its class and number. In each the numbers are best somewhere else for every value
 * of some choice, so that no value can be judged before its numbers fit, and one combination is the best by a gap that is
 * small against what the numbers are worth.
 */
import { seedOf } from "../../src/testing/functions.ts"
import { uniformAt } from "../../src/testing/noise.ts"

/** A parameter as the configuration of a solver writes it. */
export type MixedBound =
  | {
      readonly min: number
      readonly max: number
      readonly scale?: "linear" | "log"
      readonly step?: number
    }
  | { readonly choices: ReadonlyArray<string> }

export type MixedParams = Readonly<Record<string, number | string | boolean>>

export interface MixedClass {
  readonly name: string
  /** Values of each choice. */
  readonly choices: ReadonlyArray<number>
  readonly numbers: ReadonlyArray<keyof typeof NUMBERS>
  /** Part of the effects of the choices that belongs to pairs of values and not to single ones, 0 to 1. */
  readonly together: number
}

const NUMBERS = {
  /** A float on a logarithmic scale, like a learning rate. */
  log: { min: 1e-5, max: 1, scale: "log" },
  float: { min: -5, max: 5 },
  /** A whole number with 8 values. */
  integer: { min: 1, max: 8, step: 1 },
  /** A whole number with 64 values. */
  many: { min: 1, max: 64, step: 1 },
} as const satisfies Record<string, MixedBound>

/** Few combinations, then many. */
export const FEW: ReadonlyArray<MixedClass> = [
  { name: "3, log float and 8-step integer", choices: [3], numbers: ["log", "integer"], together: 0 },
  { name: "2, four numbers", choices: [2], numbers: ["log", "float", "many", "float"], together: 0 },
  { name: "6, two numbers", choices: [6], numbers: ["log", "float"], together: 0 },
  { name: "2 x 2, three numbers", choices: [2, 2], numbers: ["log", "float", "integer"], together: 0.3 },
  { name: "2 x 4, two numbers", choices: [2, 4], numbers: ["log", "many"], together: 0.3 },
]
export const MANY: ReadonlyArray<MixedClass> = [
  { name: "3 x 4, two numbers", choices: [3, 4], numbers: ["log", "integer"], together: 0.3 },
  { name: "6 x 6, two numbers", choices: [6, 6], numbers: ["log", "float"], together: 0.3 },
  { name: "2 x 3 x 4, two numbers", choices: [2, 3, 4], numbers: ["log", "float"], together: 0 },
  {
    name: "2 x 2 x 5 x 3, three numbers",
    choices: [2, 2, 5, 3],
    numbers: ["log", "integer", "float"],
    together: 0.3,
  },
  { name: "five of 2, two numbers", choices: [2, 2, 2, 2, 2], numbers: ["log", "many"], together: 0.3 },
  {
    name: "6 x 5 x 4 x 3 x 2, three numbers",
    choices: [6, 5, 4, 3, 2],
    numbers: ["log", "float", "integer"],
    together: 0,
  },
]
export const classes: ReadonlyArray<MixedClass> = [...FEW, ...MANY]

/** What the second best value of a choice costs at least, and the worst at most; a number costs 1 to 3 at the far end. */
const LEAST_GAP = 0.05
const MOST_GAP = 0.3
/** How far the best place of a number moves with the value of a choice, as a share of its range. */
const MOVES = 0.35
/** The best place of a number keeps away from its bounds by this share. */
const MARGIN = 0.1

/** One space with what it is worth everywhere. */
export interface MixedInstance {
  readonly name: string
  readonly bounds: Readonly<Record<string, MixedBound>>
  /** The names of the choices. */
  readonly choiceNames: ReadonlyArray<string>
  /** The best value of every choice, found by going through all combinations at their best numbers. */
  readonly best: MixedParams
  /** Value at a point in user units; the lowest there is lies at `best`. */
  value(params: MixedParams): number
  /** The value there. */
  readonly optimum: number
}

/** Position of a value in its bounds, 0 to 1, on its scale. */
function unitOf(bound: Exclude<MixedBound, { choices: unknown }>, value: number): number {
  const to = bound.scale === "log" ? Math.log : (x: number): number => x
  return (to(value) - to(bound.min)) / (to(bound.max) - to(bound.min))
}

/** The nearest allowed position. */
function onGrid(bound: Exclude<MixedBound, { choices: unknown }>, unit: number): number {
  if (bound.step === undefined) return unit
  const last = (bound.max - bound.min) / bound.step
  return Math.round(unit * last) / last
}

/** All tuples of indices below `sizes`. */
function tuples(sizes: ReadonlyArray<number>): ReadonlyArray<ReadonlyArray<number>> {
  return sizes.reduce<ReadonlyArray<ReadonlyArray<number>>>(
    (all, size) => all.flatMap((head) => Array.from({ length: size }, (_, v) => [...head, v])),
    [[]],
  )
}

export function mixedInstance(kind: MixedClass, number: number): MixedInstance {
  const seed = seedOf(`mixed ${kind.name}`)
  let drawn = number * 4096
  const draw = (): number => uniformAt(seed, drawn++)
  const choiceNames = kind.choices.map((_, i) => `c${i}`)
  const bounds: Record<string, MixedBound> = {}
  const numeric = kind.numbers.map((name, j) => ({
    name: `n${j}`,
    bound: NUMBERS[name] as Exclude<MixedBound, { choices: unknown }>,
  }))
  kind.choices.forEach((size, i) => {
    bounds[choiceNames[i]] = { choices: Array.from({ length: size }, (_, v) => `v${v}`) }
  })
  for (const { name, bound } of numeric) bounds[name] = bound

  // What each value costs at its best numbers: one value of each choice nothing.
  const effects = kind.choices.map((size) => {
    const right = Math.floor(draw() * size)
    return Array.from({ length: size }, (_, v) => {
      const gap = LEAST_GAP + (MOST_GAP - LEAST_GAP) * draw()
      return v === right ? 0 : gap
    })
  })
  // What pairs of values of neighbouring choices cost besides.
  const pairs = kind.choices
    .slice(1)
    .map((size, i) => Array.from({ length: kind.choices[i] * size }, () => kind.together * MOST_GAP * draw()))
  const isFree = (j: number): boolean => numeric[j].bound.step === undefined
  // Where a number is best: its own place, moved by the value of one choice; how steep it is; how it leans on the next.
  const places = numeric.map((_, j) => {
    const by = j % kind.choices.length
    const centre = MARGIN + (1 - 2 * MARGIN) * draw()
    const moved = Array.from({ length: kind.choices[by] }, () => centre + MOVES * (2 * draw() - 1))
    return {
      by,
      at: moved.map((at) => Math.min(1 - MARGIN, Math.max(MARGIN, at))),
      steep: 1 + 2 * draw(),
      power: 1.25 + 1.5 * draw(),
      // Only between free numbers, so that the lowest value can be told exactly.
      lean: j > 0 && isFree(j) && isFree(j - 1) ? draw() - 0.5 : 0,
    }
  })

  const choicePart = (indices: ReadonlyArray<number>): number => {
    let sum = 0
    indices.forEach((v, i) => {
      sum += effects[i][v]
      if (i > 0) sum += pairs[i - 1][indices[i - 1] * kind.choices[i] + v]
    })
    return sum
  }
  const numberPart = (indices: ReadonlyArray<number>, units: ReadonlyArray<number>): number => {
    const off = places.map(({ by, at }, j) => units[j] - at[indices[by]])
    let sum = 0
    places.forEach(({ steep, power, lean }, j) => {
      const along = off[j] + (j > 0 ? lean * off[j - 1] : 0)
      sum += steep * Math.abs(along) ** power
    })
    return sum
  }
  /** The least that the numbers cost: free ones nothing, and those on a grid what their nearest place costs. */
  const lowest = (indices: ReadonlyArray<number>): number =>
    numeric.reduce((sum, { bound }, j) => {
      const { at, by, steep, power } = places[j]
      const own = at[indices[by]]
      return sum + steep * Math.abs(onGrid(bound, own) - own) ** power
    }, 0)
  let best: ReadonlyArray<number> = []
  let optimum = Number.POSITIVE_INFINITY
  for (const indices of tuples(kind.choices)) {
    const value = choicePart(indices) + lowest(indices)
    if (value < optimum) {
      optimum = value
      best = indices
    }
  }

  return {
    name: `${kind.name} ${number}`,
    bounds,
    choiceNames,
    best: Object.fromEntries(choiceNames.map((name, i) => [name, `v${best[i]}`])),
    optimum,
    value: (params) => {
      const indices = choiceNames.map((name) => Number(String(params[name]).slice(1)))
      const units = numeric.map(({ name, bound }) => onGrid(bound, unitOf(bound, Number(params[name]))))
      return choicePart(indices) + numberPart(indices, units)
    },
  }
}

/** How many choices were picked wrong. */
export function wrongPicks(instance: MixedInstance, params: MixedParams): number {
  return instance.choiceNames.filter((name) => params[name] !== instance.best[name]).length
}
