/** Reads the rows that a host is to predict: whole ones, of finite numbers. */
import { show } from "../../domain/problems.ts"
import { growthProblem } from "../../domain/GrowthError.ts"

/** The rows; throws a `GrowthError` that names the first number that is none. */
export function readRows(rows: Float32Array, shape: ReadonlyArray<number>): Float32Array {
  const width = shape.reduce((product, n) => product * n, 1)
  if (!(rows instanceof Float32Array) || rows.length % width !== 0)
    throw growthProblem(
      "rows",
      `must be a Float32Array of whole rows of ${width} numbers, not ${rows instanceof Float32Array ? `${rows.length} numbers` : show(rows)}.`,
      "Give whole rows.",
    )
  const wrong = rows.findIndex((number) => !Number.isFinite(number))
  if (wrong >= 0)
    throw growthProblem(
      "rows",
      `has ${rows[wrong]} in row ${Math.floor(wrong / width)}, column ${wrong % width}.`,
      "Fill it in or leave the row out.",
    )
  return rows
}
