/**
 * Sums, differences and products of tensors of different shapes: axes are matched from the last, and an axis of length 1, or one that is
 * missing, is repeated, as in NumPy. The gradient of what was repeated is the sum over its repetitions.
 */
import { type Node, type Rule, type Shape } from "../ir.ts"
import { four, likeFirst, misfit, numberOf, stridesOf } from "./rules.ts"

/** The strides of one input over the four axes of the result: 0 where it is repeated. */
const stridesWithin = (shape: Shape): ReadonlyArray<number> => {
  const lengths = four(shape)
  return stridesOf(lengths).map((stride, axis) => (lengths[axis] === 1 ? 0 : stride))
}

const binary: Rule = {
  arity: [2, 2],
  shape: (inputs, _, where) => {
    const [a, b] = inputs
    const length = Math.max(a.length, b.length)
    return Array.from({ length }, (_, i) => {
      const x = a[a.length - length + i] ?? 1
      const y = b[b.length - length + i] ?? 1
      if (x !== y && x !== 1 && y !== 1)
        throw misfit(where, inputs, "Give axes that are alike from the last, or of length 1")
      return Math.max(x, y)
    })
  },
  geometry: ({ shape, inputs: [a, b] }: Node) => [
    ...four(shape),
    ...stridesWithin(a.shape),
    ...stridesWithin(b.shape),
  ],
}

export const arithmetic: Readonly<Record<string, Rule>> = {
  add: binary,
  subtract: binary,
  /** Also a gate, and the mix of a graft by its alpha. */
  multiply: binary,
  /** Times the attribute `factor`. */
  scale: {
    arity: [1, 1],
    shape: (inputs, attributes, where) => {
      numberOf(attributes, "factor", where, Number.isFinite, "Give a finite number")
      return inputs[0]
    },
    constants: ({ attributes }) => [attributes["factor"] as number],
  },
  /** A copy through which no gradient flows. */
  stop: {
    arity: [1, 1],
    shape: likeFirst,
  },
}
