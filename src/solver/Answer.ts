/** A result that was checked, as the trial log takes it. */
import type { Params } from "./SearchSpace.ts"

/** A checked result. */
export interface Answer {
  /** The trial it names, or null. */
  readonly id: number | null
  /** The point it names, or null when the id says it all. */
  readonly params: Params | null
  /** That point in unit space, on its grid; null with `params`. */
  readonly unit: Float64Array | null
  /** Null when the evaluation failed. */
  readonly value: number | null
  readonly cost: number
  /** Why it failed, where somebody said so. */
  readonly error: string | null
}
