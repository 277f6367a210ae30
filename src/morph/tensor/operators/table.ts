import type { Rule } from "../ir.ts"
import { activations } from "./activations.ts"
import { arithmetic } from "./arithmetic.ts"
import { dense } from "./dense.ts"
import { dropout } from "./dropout.ts"
import { losses } from "./losses.ts"
import { norms } from "./norms.ts"
import { places } from "./places.ts"
import { pools } from "./pool.ts"
import { window } from "./window.ts"

/** The rule of every operator. */
export const OPERATORS: Readonly<Record<string, Rule>> = {
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
