import { type Operator, sameShape, sizeOf, type Step } from "../ir.ts"
import { lastOf, misfit } from "./rules.ts"

const ROWS = 0
const INS = 1
const OUTS = 2
const biasOf = (s: Step): number => (s.ins.length > 2 ? s.ins[2] : -1)

const BATCH = 0
const M = 1
const K = 2
const N = 3
/** How far apart the numbers of b are along k and along n. */
const ALONG_K = 4
const ALONG_N = 5

export const dense: Readonly<Record<string, Operator>> = {
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
    forward: ({ f32 }, s) => {
      const rows = s.geometry[ROWS]
      const ins = s.geometry[INS]
      const outs = s.geometry[OUTS]
      const x = s.ins[0]
      const w = s.ins[1]
      const b = biasOf(s)
      for (let r = 0; r < rows; r++)
        for (let o = 0; o < outs; o++) {
          let sum = 0
          for (let i = 0; i < ins; i++) sum += f32[x + r * ins + i] * f32[w + i * outs + o]
          f32[s.out + r * outs + o] = b < 0 ? sum : sum + f32[b + o]
        }
    },
    backward: ({ f32 }, s) => {
      const rows = s.geometry[ROWS]
      const ins = s.geometry[INS]
      const outs = s.geometry[OUTS]
      const x = s.ins[0]
      const w = s.ins[1]
      const dx = s.inGradients[0]
      const dw = s.inGradients[1]
      const db = s.ins.length > 2 ? s.inGradients[2] : -1
      const g = s.gradient
      if (dx >= 0)
        for (let r = 0; r < rows; r++)
          for (let i = 0; i < ins; i++) {
            let sum = 0
            for (let o = 0; o < outs; o++) sum += f32[g + r * outs + o] * f32[w + i * outs + o]
            f32[dx + r * ins + i] += sum
          }
      if (dw >= 0)
        for (let i = 0; i < ins; i++)
          for (let o = 0; o < outs; o++) {
            let sum = 0
            for (let r = 0; r < rows; r++) sum += f32[x + r * ins + i] * f32[g + r * outs + o]
            f32[dw + i * outs + o] += sum
          }
      if (db >= 0)
        for (let o = 0; o < outs; o++) {
          let sum = 0
          for (let r = 0; r < rows; r++) sum += f32[g + r * outs + o]
          f32[db + o] += sum
        }
    },
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
    forward: ({ f32 }, s) => {
      const m = s.geometry[M]
      const k = s.geometry[K]
      const n = s.geometry[N]
      const alongK = s.geometry[ALONG_K]
      const alongN = s.geometry[ALONG_N]
      for (let batch = 0; batch < s.geometry[BATCH]; batch++) {
        const a = s.ins[0] + batch * m * k
        const b = s.ins[1] + batch * k * n
        const y = s.out + batch * m * n
        for (let i = 0; i < m; i++)
          for (let j = 0; j < n; j++) {
            let sum = 0
            for (let l = 0; l < k; l++) sum += f32[a + i * k + l] * f32[b + l * alongK + j * alongN]
            f32[y + i * n + j] = sum
          }
      }
    },
    backward: ({ f32 }, s) => {
      const m = s.geometry[M]
      const k = s.geometry[K]
      const n = s.geometry[N]
      const alongK = s.geometry[ALONG_K]
      const alongN = s.geometry[ALONG_N]
      for (let batch = 0; batch < s.geometry[BATCH]; batch++) {
        const a = s.ins[0] + batch * m * k
        const b = s.ins[1] + batch * k * n
        const g = s.gradient + batch * m * n
        if (s.inGradients[0] >= 0) {
          const da = s.inGradients[0] + batch * m * k
          for (let i = 0; i < m; i++)
            for (let l = 0; l < k; l++) {
              let sum = 0
              for (let j = 0; j < n; j++) sum += f32[g + i * n + j] * f32[b + l * alongK + j * alongN]
              f32[da + i * k + l] += sum
            }
        }
        if (s.inGradients[1] >= 0) {
          const db = s.inGradients[1] + batch * k * n
          for (let l = 0; l < k; l++)
            for (let j = 0; j < n; j++) {
              let sum = 0
              for (let i = 0; i < m; i++) sum += f32[a + i * k + l] * f32[g + i * n + j]
              f32[db + l * alongK + j * alongN] += sum
            }
        }
      }
    },
  },
}
