import type { Operator } from "../ir.ts"
import { activations } from "./activations.ts"
import { arithmetic } from "./arithmetic.ts"
import { dense } from "./dense.ts"
import { losses } from "./losses.ts"

/** Every operator with its rule and its reference kernels. */
export const OPERATORS: Readonly<Record<string, Operator>> = {
  ...dense,
  ...activations,
  ...arithmetic,
  ...losses,
}

export const isOperator = (name: string): boolean => Object.hasOwn(OPERATORS, name)
