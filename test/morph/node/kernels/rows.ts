/** Small data of any shape, the same each time. */
import { drawWords } from "../../../../src/morph/tensor/counterRandom.ts"
import type { Shape } from "../../../../src/morph/tensor/ir.ts"
import { type GrowthData, readData } from "../../../../src/morph/training/data.ts"

const words = new Uint32Array(16)

/** From -1 to 1, by place. */
export function counterUniform(_: unknown, place: number): number {
  drawWords(1, 0, 0, 0, place >>> 4, words)
  return words[place & 15] / 0x80000000 - 1
}

const ROWS = 24

/** Rows of two classes: which one depends on the sum of a row. */
export function rowsOf(shape: Shape): GrowthData {
  const width = shape.reduce((product, n) => product * n, 1)
  const part = (rows: number) => {
    const inputs = Float32Array.from({ length: rows * width }, counterUniform)
    const targets = Float32Array.from({ length: rows }, (_, row) =>
      inputs.subarray(row * width, (row + 1) * width).reduce((sum, x) => sum + x, 0) > 0 ? 1 : 0,
    )
    return { inputs, targets }
  }
  return readData({ name: "rows", shape, classes: 2, train: part(ROWS), validation: part(ROWS) })
}
