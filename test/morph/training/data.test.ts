/** A caller's own arrays: what fits is copied, and what cannot be learned from is refused with its place. */
import { describe, expect, it } from "vitest"
import type { Problem } from "../../../src/domain/errors.ts"
import { type OwnData, readData } from "../../../src/morph/training/data.ts"
import { problemsOf } from "../../problemsOf.ts"

const refused = (own: OwnData): ReadonlyArray<Problem> => problemsOf(() => readData(own))

const part = { inputs: Float32Array.of(1, 2, 3, 4), targets: Uint8Array.of(0, 1) }
const good: OwnData = { shape: [2], classes: 2, train: part, validation: part }

describe("a caller's data", () => {
  it("is copied, so that a later change of the arrays changes no run", () => {
    const inputs = Float64Array.of(1, 2, 3, 4)
    const data = readData({ ...good, train: { inputs, targets: part.targets } })
    inputs[0] = 99
    expect(data.train).toEqual({
      inputs: Float32Array.of(1, 2, 3, 4),
      targets: Float32Array.of(0, 1),
      rows: 2,
    })
    expect(data.test.rows).toBe(0)
  })

  it("without a validation part is shared out, each row to one part", () => {
    const rows = 50
    const inputs = Float32Array.from({ length: rows }, (_, row) => row)
    const targets = inputs.map((row) => row % 2)
    const data = readData({ shape: [1], classes: 2, train: { inputs, targets }, seed: 4 })
    expect([data.train.rows, data.validation.rows, data.test.rows]).toEqual([30, 10, 10])
    const all = [data.train, data.validation, data.test]
    expect(all.flatMap((one) => [...one.inputs]).toSorted((a, b) => a - b)).toEqual([...inputs])
    for (const { inputs, targets } of all) expect([...targets]).toEqual([...inputs].map((row) => row % 2))
    expect(data.train.inputs).not.toEqual(inputs.subarray(0, 30))
  })

  it("with a number that is none is refused with its row and column", () => {
    const inputs = Float64Array.of(1, Number.NaN, 3, 1e300)
    expect(refused({ ...good, train: { inputs, targets: part.targets } })).toEqual([
      {
        path: "data.train.inputs",
        message: "has 1e+300 in row 1, column 1.",
        suggestion: "Fill it in or leave the row out.",
      },
      {
        path: "data.train.inputs",
        message: "has NaN in row 0, column 1.",
        suggestion: "Fill it in or leave the row out.",
      },
    ])
  })

  it("with a class that has no row, or a number that is no class, is refused", () => {
    expect(refused({ ...good, classes: 3 }).map(({ path, message }) => [path, message])).toEqual([
      ["data.train", "has no row of class 2."],
    ])
    expect(
      refused({ ...good, validation: { ...part, targets: Float32Array.of(0.5, 2) } }).map(
        ({ path, message }) => [path, message],
      ),
    ).toEqual([
      ["data.validation.targets", "has 0.5 in row 0."],
      ["data.validation.targets", "has 2 in row 1."],
    ])
  })

  it("of the wrong length is refused with both", () => {
    expect(
      refused({
        shape: [3, 2],
        outputs: 2,
        train: { inputs: new Float32Array(13), targets: new Float32Array(4) },
        validation: { inputs: new Float32Array(12), targets: new Float32Array(3) },
      }).map(({ path, message }) => [path, message]),
    ).toEqual([
      ["data.train.inputs", "has 13 numbers, and a row of shape [3, 2] has 6."],
      ["data.validation.targets", "has 3 numbers for 2 rows of inputs with 2 each."],
    ])
  })

  it.each<[string, Partial<Record<keyof OwnData, unknown>>, string]>([
    ["no shape", { shape: [] }, "data.shape"],
    ["a length that is none", { shape: [2, 0] }, "data.shape"],
    ["classes and outputs", { outputs: 1 }, "data"],
    ["one class", { classes: 1 }, "data.classes"],
    ["a list for typed arrays", { train: { inputs: [1, 2], targets: [0] } }, "data.train"],
    ["a seed that is none", { seed: -1 }, "data.seed"],
    [
      "no rows",
      { validation: { inputs: new Float32Array(0), targets: part.targets.subarray(0, 0) } },
      "data.validation",
    ],
  ])("with %s is refused", (_, change, path) => {
    expect(refused({ ...good, ...change } as OwnData).map((one) => one.path)).toContain(path)
  })
})
