import { exp, log, sigmoid } from "../functions.ts"
import type { Loops } from "../ir.ts"
import { lastOf } from "../operators/rules.ts"

export const losses: Readonly<Record<string, Loops>> = {
  crossEntropy: {
    forward: ({ f32 }, s) => {
      const classes = lastOf(s.node.inputs[0].shape)
      const rows = s.inSizes[1]
      let total = 0
      for (let r = 0; r < rows; r++) {
        const x = s.ins[0] + r * classes
        const p = s.saved + r * classes
        let most = Number.NEGATIVE_INFINITY
        for (let c = 0; c < classes; c++) most = Math.max(most, f32[x + c])
        let sum = 0
        for (let c = 0; c < classes; c++) {
          f32[p + c] = exp(Math.fround(f32[x + c] - most))
          sum += f32[p + c]
        }
        for (let c = 0; c < classes; c++) f32[p + c] /= sum
        const label = f32[s.ins[1] + r]
        const held = label >= 0 && label < classes && Math.floor(label) === label
        total += log(Math.fround(sum)) + most - (held ? f32[x + label] : Number.NaN)
      }
      f32[s.out] = total / rows
    },
    backward: ({ f32 }, s) => {
      const classes = lastOf(s.node.inputs[0].shape)
      const rows = s.inSizes[1]
      const dx = s.inGradients[0]
      if (dx < 0) return
      const g = f32[s.gradient] / rows
      for (let r = 0; r < rows; r++) {
        const label = f32[s.ins[1] + r]
        const held = label >= 0 && label < classes && Math.floor(label) === label
        for (let c = 0; c < classes; c++) {
          const hit = held ? (c === label ? 1 : 0) : Number.NaN
          f32[dx + r * classes + c] += (f32[s.saved + r * classes + c] - hit) * g
        }
      }
    },
  },
  mse: {
    forward: ({ f32 }, s) => {
      const n = s.inSizes[0]
      let total = 0
      for (let i = 0; i < n; i++) {
        const d = f32[s.ins[0] + i] - f32[s.ins[1] + i]
        total += d * d
      }
      f32[s.out] = total / n
    },
    backward: ({ f32 }, s) => {
      const n = s.inSizes[0]
      const g = (2 * f32[s.gradient]) / n
      for (let side = 0; side < 2; side++) {
        const d = s.inGradients[side]
        if (d < 0) continue
        const sign = side === 0 ? g : -g
        for (let i = 0; i < n; i++) f32[d + i] += (f32[s.ins[0] + i] - f32[s.ins[1] + i]) * sign
      }
    },
  },
  binary: {
    forward: ({ f32 }, s) => {
      const n = s.inSizes[0]
      let total = 0
      for (let i = 0; i < n; i++) {
        const x = f32[s.ins[0] + i]
        const t = f32[s.ins[1] + i]
        total += Math.max(x, 0) - x * t + log(Math.fround(1 + exp(-Math.abs(x))))
      }
      f32[s.out] = total / n
    },
    backward: ({ f32 }, s) => {
      const n = s.inSizes[0]
      const dx = s.inGradients[0]
      if (dx < 0) return
      const g = f32[s.gradient] / n
      for (let i = 0; i < n; i++) f32[dx + i] += (sigmoid(f32[s.ins[0] + i]) - f32[s.ins[1] + i]) * g
    },
  },
}
