import type { Rule } from "../ir.ts"
import { likeFirst, numberOf } from "./rules.ts"

export const dropout: Readonly<Record<string, Rule>> = {
  /**
   * Drops each number with the probability `rate` (Srivastava et al., 2014). Which ones is a pure function of the owner's seed, the
   * number of the dropout within its owner and the owner's steps so far: every program of one step drops the same.
   */
  dropout: {
    arity: [1, 1],
    shape: (inputs, attributes, where) => {
      numberOf(
        attributes,
        "rate",
        where,
        (rate) => rate >= 0 && rate < 1,
        "Give a number from 0 to less than 1",
      )
      return likeFirst(inputs)
    },
    geometry: ({ attributes }) => [attributes["stream"] as number],
    constants: ({ attributes }) => [attributes["rate"] as number],
  },
}
