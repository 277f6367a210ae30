import type { Operator, Step } from "../ir.ts"
import { lastOf, misfit } from "./rules.ts"

/** Inputs of a unit. */
const insOf = (s: Step): number => s.node.inputs[1].shape[0]

const operator: Operator = {
  arity: [2, 3],
  shape: (inputs, _, where) => {
    const [x, w, b] = inputs
    if (
      x.length < 1 ||
      w.length !== 2 ||
      lastOf(x) !== w[0] ||
      (b !== undefined && (b.length !== 1 || b[0] !== w[1]))
    )
      throw misfit(where, inputs, "Give x [..., in], weights [in, out] and a bias [out]")
    return [...x.slice(0, -1), w[1]]
  },
  forward: ({ f32 }, s) => {
    const ins = insOf(s)
    const outs = lastOf(s.node.shape)
    const rows = s.size / outs
    const x = s.ins[0]
    const w = s.ins[1]
    const b = s.ins.length > 2 ? s.ins[2] : -1
    for (let r = 0; r < rows; r++)
      for (let o = 0; o < outs; o++) {
        let sum = 0
        for (let i = 0; i < ins; i++) sum += f32[x + r * ins + i] * f32[w + i * outs + o]
        f32[s.out + r * outs + o] = b < 0 ? sum : sum + f32[b + o]
      }
  },
  backward: ({ f32 }, s) => {
    const ins = insOf(s)
    const outs = lastOf(s.node.shape)
    const rows = s.size / outs
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
}

/** x [..., in] times weights [in, out], with or without a bias [out]. */
export const dense: Readonly<Record<string, Operator>> = { dense: operator }
