/**
 * Rows to learn from and to be judged by: the format of the tasks, and the reading of a caller's own typed arrays. What cannot be
 * learned from is refused with its row and column, before anything is planted.
 */
import type { Problem } from "../../domain/errors.ts"
import { GrowthError } from "../../domain/GrowthError.ts"
import { didYouMean, problem, tidy } from "../../domain/problems.ts"
import { permute } from "./Draws.ts"

/** Rows in single precision, one after the other. Targets are class numbers from 0, or the outputs of each row. */
export interface Part {
  readonly inputs: Float32Array
  readonly targets: Float32Array
  readonly rows: number
}

/** Training reads `train`; gates and policies read `validation`; a run reports `test` and decides nothing by it. */
export interface GrowthData {
  readonly name: string
  /** Of one row: `[columns]`, `[length, channels]` or `[height, width, channels]`. */
  readonly shape: ReadonlyArray<number>
  /** 0 where the targets are no classes. */
  readonly classes: number
  /** Targets of one row: 1 for classes. */
  readonly outputs: number
  readonly train: Part
  readonly validation: Part
  readonly test: Part
}

type Numbers = Float32Array | Float64Array | Int8Array | Uint8Array | Int16Array | Uint16Array | Int32Array

/** Rows of a caller: all inputs one after the other, and a class number (or the outputs) for each row. */
export interface OwnPart {
  readonly inputs: Numbers
  readonly targets: Numbers
}

/** A caller's own data. Without `validation` the rows of `train` are shared out 3 : 1 : 1, in an order that depends on the seed. */
export interface OwnData {
  readonly name?: string
  /** Of one row: `[columns]`, `[length, channels]` or `[height, width, channels]`. */
  readonly shape: ReadonlyArray<number>
  /** How many classes there are; give this or `outputs`. */
  readonly classes?: number
  /** How many numbers belong to each row; give this or `classes`. */
  readonly outputs?: number
  readonly train: OwnPart
  readonly validation?: OwnPart
  readonly test?: OwnPart
  readonly seed?: number
}

/** Problems of one part; after this many the rest says nothing new. */
const MOST = 5

const KNOWN: ReadonlyArray<keyof OwnData> = [
  "name",
  "shape",
  "classes",
  "outputs",
  "train",
  "validation",
  "test",
  "seed",
]

const sizeOf = (shape: ReadonlyArray<number>): number => shape.reduce((product, n) => product * n, 1)

/** A caller's data as a run takes it; throws a `GrowthError` with every problem. The arrays are copied. */
export function readData(own: OwnData): GrowthData {
  const problems: Array<Problem> = []
  for (const key of Object.keys(own))
    if (!KNOWN.includes(key as keyof OwnData))
      problems.push(problem(["data", key], "is not known here.", didYouMean(key, KNOWN)))
  const { shape, classes = 0, outputs = 1, seed = 0, name = "own" } = own
  if (!Array.isArray(shape) || shape.length < 1 || shape.length > 3 || !shape.every(isCount))
    problems.push(
      problem(
        ["data", "shape"],
        `must be the lengths of one row, not ${JSON.stringify(shape)}.`,
        "Give [columns], [length, channels] or [height, width, channels].",
      ),
    )
  if ((own.classes === undefined) === (own.outputs === undefined))
    problems.push(problem(["data"], "must have either classes or outputs.", "Give one of the two."))
  if (own.classes !== undefined && !(isCount(classes) && classes >= 2))
    problems.push(problem(["data", "classes"], `must be a whole number of at least 2, not ${classes}.`))
  if (own.outputs !== undefined && !isCount(outputs))
    problems.push(problem(["data", "outputs"], `must be a whole number of at least 1, not ${outputs}.`))
  if (!(Number.isSafeInteger(seed) && seed >= 0))
    problems.push(problem(["data", "seed"], `must be a whole number of at least 0, not ${seed}.`))
  if (problems.length > 0) throw new GrowthError({ problems: tidy(problems) })
  const layout = { width: sizeOf(shape), classes, outputs, shape }
  const read = (part: "train" | "validation" | "test"): Part => readPart(own[part], part, layout, problems)
  const train = read("train")
  const given = { train, validation: read("validation"), test: read("test") }
  const parts = own.validation === undefined ? shareOut(train, given.test, layout, seed) : given
  for (const part of ["train", "validation"] as const)
    if (problems.length === 0) requireRows(parts[part], part, classes, problems)
  if (problems.length > 0) throw new GrowthError({ problems: tidy(problems) })
  return { name, shape, classes, outputs, ...parts }
}

const isCount = (n: unknown): boolean => typeof n === "number" && Number.isSafeInteger(n) && n >= 1

interface Layout {
  readonly width: number
  readonly classes: number
  readonly outputs: number
  readonly shape: ReadonlyArray<number>
}

const EMPTY: Part = { inputs: new Float32Array(0), targets: new Float32Array(0), rows: 0 }

function readPart(part: OwnPart | undefined, name: string, layout: Layout, problems: Array<Problem>): Part {
  if (part === undefined && name !== "train") return EMPTY
  const path = ["data", name]
  const { inputs, targets } = part ?? {}
  if (!isNumbers(inputs) || !isNumbers(targets)) {
    problems.push(problem(path, "must have typed arrays as inputs and targets.", "Give Float32Arrays."))
    return EMPTY
  }
  const { width, outputs, shape } = layout
  const rows = Math.floor(inputs.length / width)
  if (inputs.length % width !== 0)
    problems.push(
      problem(
        [...path, "inputs"],
        `has ${inputs.length} numbers, and a row of shape [${shape.join(", ")}] has ${width}.`,
        "Give whole rows.",
      ),
    )
  else if (targets.length !== rows * outputs)
    problems.push(
      problem(
        [...path, "targets"],
        `has ${targets.length} numbers for ${rows} rows of inputs with ${outputs} each.`,
        `Give ${rows * outputs}.`,
      ),
    )
  else {
    requireFinite(inputs, width, [...path, "inputs"], problems)
    if (layout.classes > 0) requireClasses(targets, layout.classes, [...path, "targets"], problems)
    else requireFinite(targets, outputs, [...path, "targets"], problems)
  }
  return { inputs: Float32Array.from(inputs), targets: Float32Array.from(targets), rows }
}

const isNumbers = (value: unknown): value is Numbers =>
  ArrayBuffer.isView(value) && !(value instanceof DataView)

function requireFinite(
  numbers: Numbers,
  width: number,
  path: ReadonlyArray<string>,
  problems: Array<Problem>,
): void {
  let found = 0
  for (let i = 0; i < numbers.length && found < MOST; i++) {
    // Beyond single precision a number becomes infinite.
    if (Number.isFinite(Math.fround(numbers[i]))) continue
    found++
    problems.push(
      problem(
        path,
        `has ${numbers[i]} in row ${Math.floor(i / width)}, column ${i % width}.`,
        "Fill it in or leave the row out.",
      ),
    )
  }
}

function requireClasses(
  labels: Numbers,
  classes: number,
  path: ReadonlyArray<string>,
  problems: Array<Problem>,
): void {
  let found = 0
  for (let row = 0; row < labels.length && found < MOST; row++) {
    if (Number.isInteger(labels[row]) && labels[row] >= 0 && labels[row] < classes) continue
    found++
    problems.push(
      problem(path, `has ${labels[row]} in row ${row}.`, `Give class numbers from 0 to ${classes - 1}.`),
    )
  }
}

/** A part that is needed has rows, and of every class. */
function requireRows(part: Part, name: string, classes: number, problems: Array<Problem>): void {
  if (part.rows === 0) problems.push(problem(["data", name], "has no rows.", "Give at least one."))
  else
    for (let label = 0; label < classes; label++)
      if (!part.targets.includes(label))
        problems.push(
          problem(
            ["data", name],
            `has no row of class ${label}.`,
            `Give at least one, or number the classes from 0 without gaps.`,
          ),
        )
}

/** Three fifths to learn from, a fifth to decide by, and a fifth to report, unless the caller has rows for that. */
function shareOut(
  all: Part,
  ownTest: Part,
  { width, outputs }: Layout,
  seed: number,
): Readonly<Record<"train" | "validation" | "test", Part>> {
  const order = new Uint32Array(all.rows)
  permute(seed, "split", 0, order)
  const some = (from: number, to: number): Part => {
    const rows = order.subarray(Math.floor(from * all.rows), Math.floor(to * all.rows))
    const inputs = new Float32Array(rows.length * width)
    const targets = new Float32Array(rows.length * outputs)
    rows.forEach((row, i) => {
      inputs.set(all.inputs.subarray(row * width, (row + 1) * width), i * width)
      targets.set(all.targets.subarray(row * outputs, (row + 1) * outputs), i * outputs)
    })
    return { inputs, targets, rows: rows.length }
  }
  return {
    train: some(0, 0.6),
    validation: some(0.6, 0.8),
    test: ownTest.rows > 0 ? ownTest : some(0.8, 1),
  }
}
