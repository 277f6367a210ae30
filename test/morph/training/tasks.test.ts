/** The tasks: every row a function of the seed, and classes where they belong. */
import { describe, expect, it } from "vitest"
import { problemsOf } from "../../problemsOf.ts"
import { tasks } from "../../../src/morph/training/tasks.ts"

const NAMES = Object.keys(tasks) as ReadonlyArray<keyof typeof tasks>
const PARTS = ["train", "validation", "test"] as const

/** The radius of a row. */
const radius = (inputs: Float32Array, width: number, row: number): number =>
  Math.hypot(...inputs.subarray(row * width, (row + 1) * width))

describe.each(NAMES)("the task %s", (name) => {
  it("gives the same rows for the same seed, and others for another", () => {
    expect(tasks[name]({ seed: 7 })).toEqual(tasks[name]({ seed: 7 }))
    expect(tasks[name]({ seed: 7 }).train.inputs).not.toEqual(tasks[name]({ seed: 8 }).train.inputs)
  })

  it("repeats in a larger part the rows of a smaller one", () => {
    const few = tasks[name]({ rows: 100 })
    const many = tasks[name]({ rows: 400 })
    for (const part of PARTS) {
      expect(many[part].inputs.subarray(0, few[part].inputs.length)).toEqual(few[part].inputs)
      expect(many[part].rows).toBe(4 * few[part].rows)
    }
  })

  it("has finite rows of every class in each part, and no part repeats another", () => {
    const data = tasks[name]()
    for (const part of PARTS) {
      const { inputs, targets, rows } = data[part]
      expect(inputs.length).toBe(rows * data.shape.reduce((product, n) => product * n, 1))
      expect(targets.length).toBe(rows)
      expect(inputs.every(Number.isFinite)).toBe(true)
      expect([...new Set(targets)].sort((a, b) => a - b)).toEqual(
        Array.from({ length: data.classes }, (_, label) => label),
      )
    }
    expect(data.test.inputs).not.toEqual(data.train.inputs)
  })
})

describe("the rows", () => {
  it("of spirals lie on their arm where there is no noise", () => {
    const turns = 2
    const { inputs, targets, rows } = tasks.spirals({ turns, noise: 0 }).train
    for (let row = 0; row < rows; row++) {
      const along = radius(inputs, 2, row)
      const angle = 2 * Math.PI * turns * along + Math.PI * targets[row]
      expect(inputs[2 * row]).toBeCloseTo(along * Math.cos(angle), 4)
      expect(inputs[2 * row + 1]).toBeCloseTo(along * Math.sin(angle), 4)
    }
  })

  it("of ten spheres have the radius of their class", () => {
    const { inputs, targets, rows } = tasks.tenSpheres({ noise: 0 }).train
    for (let row = 0; row < rows; row++) expect(radius(inputs, 3, row)).toBeCloseTo((targets[row] + 1) / 5, 5)
  })

  it("of xor are in one class where their signs agree, whatever the seed", () => {
    const { inputs, targets, rows } = tasks.xor({ seed: 3 }).train
    for (let row = 0; row < rows; row++)
      expect(inputs[2 * row] * inputs[2 * row + 1] >= 0 ? 0 : 1).toBe(targets[row])
  })

  it("of a board change their class from square to square", () => {
    const { inputs, targets, rows } = tasks.checkerboard({ squares: 2 }).train
    for (let row = 0; row < rows; row++)
      expect(inputs[2 * row] >= 0 === inputs[2 * row + 1] >= 0 ? 0 : 1).toBe(targets[row])
  })

  it("with noise spread as much as it says", () => {
    const noise = 0.25
    const [without, withNoise] = [0, noise].map((n) => tasks.moons({ noise: n, rows: 4000 }).train.inputs)
    const squares = withNoise.map((x, i) => (x - without[i]) ** 2).reduce((sum, x) => sum + x, 0)
    // 8,000 draws: the variance is within a fifth by far more than ten standard deviations.
    expect(Math.abs(squares / withNoise.length / noise ** 2 - 1)).toBeLessThan(0.2)
  })
})

describe("a task", () => {
  it("refuses what it cannot use, with every problem at once", () => {
    const options = { turns: 9, rows: 10.5, seed: Number.NaN, turn: 1 }
    expect(problemsOf(() => tasks.spirals(options))).toEqual([
      { path: "rows", message: "must be a whole number from 20 to 1000000, not 10.5." },
      { path: "seed", message: "must be a whole number from 0 to 9007199254740991, not NaN." },
      { path: "turn", message: "is not an option.", suggestion: 'Did you mean "turns"?' },
      { path: "turns", message: "must be a number from 0.25 to 4, not 9." },
    ])
  })
})
