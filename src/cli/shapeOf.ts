/** A shape as an option of the command gives it. */
import { growthProblem } from "../domain/GrowthError.ts"
import { show } from "../domain/problems.ts"

const MOST_AXES = 4
const MOST_SIZE = 65_536

/** Throws a `GrowthError` where it is none. */
export function shapeOf(text: string): ReadonlyArray<number> {
  const sizes = /^\[?(\d+(?:,\d+)*)\]?$/.exec(text.replaceAll(" ", ""))?.[1].split(",").map(Number) ?? []
  const fits = (size: number): boolean => size > 0 && size <= MOST_SIZE
  if (sizes.length > 1 && sizes.length <= MOST_AXES && sizes.every(fits)) return sizes
  throw growthProblem(
    "shape",
    `must be 2 to ${MOST_AXES} whole numbers from 1 to ${MOST_SIZE}, not ${show(text)}.`,
    "The rows of a batch come first, as in [128,8].",
  )
}
