/**
 * Toy tasks to try a growing host on, each generated from a seed. Train, validation and test parts have streams of their own: a larger
 * part repeats the rows of a smaller one and moves no row of another.
 */
import { GrowthError } from "../../domain/GrowthError.ts"
import { didYouMean, problem, show, tidy } from "../../domain/problems.ts"
import { cos, sin } from "../tensor/functions.ts"
import type { GrowthData, Part } from "./data.ts"
import { Draws } from "./Draws.ts"

/** What every task takes. */
export interface TaskOptions {
  /** 0 if left out. The same seed gives the same rows, everywhere. */
  readonly seed?: number
  /** Rows to learn from, 1,024 if left out. Validation has half as many, the test as many. */
  readonly rows?: number
  /** Standard deviation of what is added to each coordinate. */
  readonly noise?: number
}

/** What the spirals take. */
export interface SpiralOptions extends TaskOptions {
  /** How often each arm winds around the centre, 1.5 if left out. */
  readonly turns?: number
}

/** What the blobs take. */
export interface BlobOptions extends TaskOptions {
  /** 3 if left out. */
  readonly classes?: number
}

/** What the board takes. */
export interface BoardOptions extends TaskOptions {
  /** Squares along each side, 4 if left out. */
  readonly squares?: number
}

interface Recipe {
  readonly name: string
  /** Of a row. */
  readonly shape: ReadonlyArray<number>
  readonly classes: number
  /** Writes the coordinates of one row, without noise. `u` draws the row's own uniform numbers; there are `FREE` of them. */
  readonly place: (label: number, u: (k: number) => number, out: Float32Array, offset: number) => void
  /** The class, where it follows from the place. */
  readonly labelAt?: (inputs: Float32Array, offset: number) => number
}

/** Draws a row may use for its place, and the least of all its draws, noise included: two for each coordinate. */
const FREE = 4
const DRAWS = 16
const PARTS = ["train", "validation", "test"] as const

interface Range {
  readonly usual: number
  readonly least: number
  readonly most: number
  readonly whole: boolean
}

const whole = (usual: number, least: number, most: number): Range => ({ usual, least, most, whole: true })
const real = (usual: number, least: number, most: number): Range => ({ usual, least, most, whole: false })

/** What every task takes, by the noise it has if nothing is said. */
const common = (noise: number): Readonly<Record<keyof TaskOptions, Range>> => ({
  seed: whole(0, 0, Number.MAX_SAFE_INTEGER),
  rows: whole(1024, 20, 1_000_000),
  noise: real(noise, 0, 10),
})

/** The options with what was left out; throws with every problem. */
function readOptions<Name extends string>(
  given: Readonly<Partial<Record<Name, number>>>,
  ranges: Readonly<Record<Name, Range>>,
): Readonly<Record<Name, number>> {
  if (typeof given !== "object" || given === null)
    throw new GrowthError({ problems: [problem(["options"], `must be an object, not ${show(given)}.`)] })
  const known = Object.keys(ranges) as Array<Name>
  const problems = Object.keys(given)
    .filter((name) => !known.includes(name as Name))
    .map((name) => problem([name], "is not an option.", didYouMean(name, known)))
  const read = { ...given } as Record<Name, number>
  for (const name of known) {
    const { usual, least, most, whole } = ranges[name]
    const value = (read[name] ??= usual)
    const fits = typeof value === "number" && value >= least && value <= most
    if (!fits || (whole && !Number.isSafeInteger(value)))
      problems.push(
        problem(
          [name],
          `must be a ${whole ? "whole " : ""}number from ${least} to ${most}, not ${show(value)}.`,
        ),
      )
  }
  if (problems.length > 0) throw new GrowthError({ problems: tidy(problems) })
  return read
}

function generate(recipe: Recipe, { seed, rows, noise }: Required<TaskOptions>): GrowthData {
  const width = recipe.shape.reduce((product, n) => product * n, 1)
  const each = Math.max(DRAWS, FREE + 2 * width)
  const part = (stream: number, count: number): Part => {
    const draws = new Draws(seed, "data", stream)
    const inputs = new Float32Array(count * width)
    const targets = new Float32Array(count)
    for (let row = 0; row < count; row++) {
      const offset = row * width
      const label = row % recipe.classes
      recipe.place(label, (k) => draws.uniform(row * each + k), inputs, offset)
      targets[row] = recipe.labelAt?.(inputs, offset) ?? label
      for (let c = 0; c < width; c++) inputs[offset + c] += noise * draws.normal(row * each + FREE + 2 * c)
    }
    return { inputs, targets, rows: count }
  }
  const [train, validation, test] = PARTS.map((_, i) => part(i, i === 1 ? Math.ceil(rows / 2) : rows))
  return {
    name: recipe.name,
    shape: recipe.shape,
    classes: recipe.classes,
    outputs: 1,
    train,
    validation,
    test,
  }
}

/** Where two coordinates have the same sign is one class, where they differ the other. */
const xor = (options: TaskOptions = {}): GrowthData =>
  generate(
    {
      name: "xor",
      shape: [2],
      classes: 2,
      place: (label, u, out, offset) => {
        const x = 2 * u(0) - 1
        out[offset] = x
        out[offset + 1] = (x >= 0 ? 1 : -1) * (label === 0 ? 1 : -1) * u(1)
      },
    },
    readOptions(options, common(0)),
  )

/** Two half circles that reach into each other. */
const moons = (options: TaskOptions = {}): GrowthData =>
  generate(
    {
      name: "moons",
      shape: [2],
      classes: 2,
      place: (label, u, out, offset) => {
        const angle = Math.PI * u(0)
        out[offset] = label === 0 ? cos(angle) : 1 - cos(angle)
        out[offset + 1] = label === 0 ? sin(angle) : 0.5 - sin(angle)
      },
    },
    readOptions(options, common(0.1)),
  )

/** Two arms that wind around one another. */
function spirals(options: SpiralOptions = {}): GrowthData {
  const read = readOptions(options, { ...common(0.02), turns: real(1.5, 0.25, 4) })
  return generate(
    {
      name: "spirals",
      shape: [2],
      classes: 2,
      place: (label, u, out, offset) => {
        // The root spreads the rows evenly along the arm.
        const along = Math.sqrt(u(0))
        const angle = 2 * Math.PI * read.turns * along + Math.PI * label
        out[offset] = along * cos(angle)
        out[offset + 1] = along * sin(angle)
      },
    },
    read,
  )
}

/** Clouds around places on a circle. */
function blobs(options: BlobOptions = {}): GrowthData {
  const read = readOptions(options, { ...common(0.15), classes: whole(3, 2, 10) })
  const { classes } = read
  return generate(
    {
      name: "blobs",
      shape: [2],
      classes,
      place: (label, _, out, offset) => {
        const angle = (2 * Math.PI * label) / classes
        out[offset] = cos(angle)
        out[offset + 1] = sin(angle)
      },
    },
    read,
  )
}

/** Ten shells around one centre, in three dimensions. */
const tenSpheres = (options: TaskOptions = {}): GrowthData =>
  generate(
    {
      name: "tenSpheres",
      shape: [3],
      classes: 10,
      place: (label, u, out, offset) => {
        // Archimedes: the height of an even spread over a sphere is uniform.
        const radius = (label + 1) / 5
        const height = 2 * u(0) - 1
        const across = Math.sqrt(1 - height * height)
        out[offset] = radius * across * cos(2 * Math.PI * u(1))
        out[offset + 1] = radius * across * sin(2 * Math.PI * u(1))
        out[offset + 2] = radius * height
      },
    },
    readOptions(options, common(0.01)),
  )

/** Squares of two colours over [-1, 1]. */
function checkerboard(options: BoardOptions = {}): GrowthData {
  const read = readOptions(options, { ...common(0), squares: whole(4, 2, 16) })
  const { squares } = read
  const square = (x: number): number => Math.min(squares - 1, Math.floor(((x + 1) / 2) * squares))
  return generate(
    {
      name: "checkerboard",
      shape: [2],
      classes: 2,
      place: (_, u, out, offset) => {
        out[offset] = 2 * u(0) - 1
        out[offset + 1] = 2 * u(1) - 1
      },
      labelAt: (inputs, offset) => (square(inputs[offset]) + square(inputs[offset + 1])) % 2,
    },
    read,
  )
}

/** Side of an image of `strokes`, and pixels from the middle of a stroke to its end. */
const SIDE = 8
const REACH = 2
/** Right, down, and both diagonals. */
const DIRECTIONS = [
  [1, 0],
  [0, 1],
  [1, 1],
  [1, -1],
] as const

/** Images of one short stroke, anywhere in the noise: which way it goes is the class. */
const strokes = (options: TaskOptions = {}): GrowthData =>
  generate(
    {
      name: "strokes",
      shape: [SIDE, SIDE, 1],
      classes: DIRECTIONS.length,
      place: (label, u, out, offset) => {
        const within = (draw: number): number => REACH + Math.floor(draw * (SIDE - 2 * REACH))
        const [x, y] = [within(u(0)), within(u(1))]
        const [right, down] = DIRECTIONS[label]
        for (let k = -REACH; k <= REACH; k++) out[offset + (y + k * down) * SIDE + x + k * right] = 1
      },
    },
    readOptions(options, common(0.2)),
  )

/** By name; each takes its options, with a seed, and gives the rows of train, validation and test. */
export const tasks = { xor, moons, spirals, blobs, tenSpheres, checkerboard, strokes } as const
