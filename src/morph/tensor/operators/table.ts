import type { Operator } from "../ir.ts"
import { activations } from "./activations.ts"
import { arithmetic } from "./arithmetic.ts"
import { dense } from "./dense.ts"
import { dropout } from "./dropout.ts"
import { losses } from "./losses.ts"
import { norms } from "./norms.ts"
import { places } from "./places.ts"
import { pools } from "./pool.ts"
import { window } from "./window.ts"

/** Every operator with its rule and its reference kernels. */
export const OPERATORS: Readonly<Record<string, Operator>> = {
  ...dense,
  ...window,
  ...norms,
  ...activations,
  ...pools,
  ...arithmetic,
  ...places,
  ...dropout,
  ...losses,
}

export const isOperator = (name: string): boolean => Object.hasOwn(OPERATORS, name)
