import { type Rule, sameShape, sizeOf } from "../ir.ts"
import { lastOf, misfit } from "./rules.ts"

export const dense: Readonly<Record<string, Rule>> = {
  /** x [..., in] times weights [in, out], with or without a bias [out]. */
  dense: {
    arity: [2, 3],
    shape: (inputs, _, where) => {
      const [x, w, b] = inputs
      const fits = x.length > 0 && w.length === 2 && lastOf(x) === w[0]
      if (!fits || (b !== undefined && !sameShape(b, [w[1]])))
        throw misfit(where, inputs, "Give x [..., in], weights [in, out] and a bias [out]")
      return [...x.slice(0, -1), w[1]]
    },
    geometry: ({ inputs: [x, w] }) => [sizeOf(x.shape) / w.shape[0], w.shape[0], w.shape[1]],
  },
  /** a [..., m, k] times b [..., k, n], pair by pair; with the attribute `transposed` 1, b is [..., n, k]. */
  matmul: {
    arity: [2, 2],
    shape: (inputs, attributes, where) => {
      const [a, b] = inputs
      const turned = attributes["transposed"] === 1
      const fits = a.length >= 2 && a.length === b.length && sameShape(a.slice(0, -2), b.slice(0, -2))
      if (!fits || lastOf(a) !== b[b.length - (turned ? 1 : 2)])
        throw misfit(
          where,
          inputs,
          `Give a [..., m, k] and b ${turned ? "[..., n, k]" : "[..., k, n]"}, alike before`,
        )
      return [...a.slice(0, -1), b[b.length - (turned ? 2 : 1)]]
    },
    geometry: ({ shape, inputs: [a], attributes }) => {
      const [m, n] = shape.slice(-2)
      const k = lastOf(a.shape)
      return [sizeOf(shape.slice(0, -2)), m, k, n, ...(attributes["transposed"] === 1 ? [1, k] : [n, 1])]
    },
  },
}
