/** Functions of each number alone. */
import type { Rule } from "../ir.ts"
import { likeFirst } from "./rules.ts"

const row: Rule = { arity: [1, 1], shape: likeFirst }

export const activations: Readonly<Record<string, Rule>> = {
  relu: row,
  tanh: row,
  sigmoid: row,
  silu: row,
  gelu: row,
  sin: row,
  exp: row,
}
