import type { Operator } from "../ir.ts"
import { allAlike, known, likeFirst, numberOf } from "./rules.ts"

export const arithmetic: Readonly<Record<string, Operator>> = {
  add: {
    arity: [2, 2],
    shape: allAlike,
    forward: ({ f32 }, { size, out, ins }) => {
      for (let i = 0; i < size; i++) f32[out + i] = f32[ins[0] + i] + f32[ins[1] + i]
    },
    backward: ({ f32 }, { size, gradient, inGradients }) => {
      for (let side = 0; side < 2; side++) {
        const d = inGradients[side]
        if (d >= 0) for (let i = 0; i < size; i++) f32[d + i] += f32[gradient + i]
      }
    },
  },
  /** Times the attribute `factor`. */
  scale: {
    arity: [1, 1],
    shape: (inputs, attributes, where) => {
      numberOf(attributes, "factor", where)
      return inputs[0]
    },
    forward: ({ f32 }, s) => {
      const factor = known(s.node, "factor")
      for (let i = 0; i < s.size; i++) f32[s.out + i] = f32[s.ins[0] + i] * factor
    },
    backward: ({ f32 }, s) => {
      const factor = known(s.node, "factor")
      for (let i = 0; i < s.size; i++) f32[s.inGradients[0] + i] += f32[s.gradient + i] * factor
    },
  },
  /** A copy through which no gradient flows. */
  stop: {
    arity: [1, 1],
    shape: likeFirst,
    forward: ({ f32 }, { size, out, ins }) => {
      for (let i = 0; i < size; i++) f32[out + i] = f32[ins[0] + i]
    },
  },
}
