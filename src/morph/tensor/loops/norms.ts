/** Norms and the softmax. Mean and inverse spread are rounded to single precision before they are used, so that both passes use the same. */
import { exp } from "../functions.ts"
import type { Loops } from "../ir.ts"

const BATCH = 0
const PLACES = 1
const CHANNELS = 2
const GROUPS = 3

const norm: Loops = {
  forward: ({ f32 }, { constants, geometry: n, ins, out, saved }) => {
    const epsilon = constants[0]
    const c = n[CHANNELS]
    const width = c / n[GROUPS]
    const count = width * n[PLACES]
    for (let batch = 0; batch < n[BATCH]; batch++)
      for (let group = 0; group < n[GROUPS]; group++) {
        const start = batch * n[PLACES] * c + group * width
        const keep = saved + 2 * (batch * n[GROUPS] + group)
        let sum = 0
        for (let p = 0; p < n[PLACES]; p++)
          for (let i = 0; i < width; i++) sum += f32[ins[0] + start + p * c + i]
        f32[keep] = sum / count
        let squares = 0
        for (let p = 0; p < n[PLACES]; p++)
          for (let i = 0; i < width; i++) {
            const d = f32[ins[0] + start + p * c + i] - f32[keep]
            squares += d * d
          }
        f32[keep + 1] = 1 / Math.sqrt(squares / count + epsilon)
        for (let p = 0; p < n[PLACES]; p++)
          for (let i = 0; i < width; i++) {
            const at = start + p * c + i
            const normal = (f32[ins[0] + at] - f32[keep]) * f32[keep + 1]
            f32[out + at] = normal * f32[ins[1] + group * width + i] + f32[ins[2] + group * width + i]
          }
      }
  },
  backward: ({ f32 }, { geometry: n, ins, inGradients, gradient, saved }) => {
    const c = n[CHANNELS]
    const width = c / n[GROUPS]
    const count = width * n[PLACES]
    const dx = inGradients[0]
    if (dx >= 0)
      for (let batch = 0; batch < n[BATCH]; batch++)
        for (let group = 0; group < n[GROUPS]; group++) {
          const start = batch * n[PLACES] * c + group * width
          const keep = saved + 2 * (batch * n[GROUPS] + group)
          let sum = 0
          let along = 0
          for (let p = 0; p < n[PLACES]; p++)
            for (let i = 0; i < width; i++) {
              const at = start + p * c + i
              const g = f32[gradient + at] * f32[ins[1] + group * width + i]
              sum += g
              along += g * (f32[ins[0] + at] - f32[keep]) * f32[keep + 1]
            }
          for (let p = 0; p < n[PLACES]; p++)
            for (let i = 0; i < width; i++) {
              const at = start + p * c + i
              const g = f32[gradient + at] * f32[ins[1] + group * width + i]
              const normal = (f32[ins[0] + at] - f32[keep]) * f32[keep + 1]
              f32[dx + at] += (g - sum / count - (normal * along) / count) * f32[keep + 1]
            }
        }
    for (let i = 0; i < c; i++) {
      const group = (i / width) | 0
      let gain = 0
      let bias = 0
      for (let batch = 0; batch < n[BATCH]; batch++) {
        const keep = saved + 2 * (batch * n[GROUPS] + group)
        for (let p = 0; p < n[PLACES]; p++) {
          const at = (batch * n[PLACES] + p) * c + i
          gain += f32[gradient + at] * (f32[ins[0] + at] - f32[keep]) * f32[keep + 1]
          bias += f32[gradient + at]
        }
      }
      if (inGradients[1] >= 0) f32[inGradients[1] + i] += gain
      if (inGradients[2] >= 0) f32[inGradients[2] + i] += bias
    }
  },
}

export const norms: Readonly<Record<string, Loops>> = {
  layerNorm: norm,
  groupNorm: norm,
  softmax: {
    forward: ({ f32 }, { geometry: n, ins, out }) => {
      const width = n[1]
      for (let r = 0; r < n[0]; r++) {
        const x = ins[0] + r * width
        const y = out + r * width
        let most = Number.NEGATIVE_INFINITY
        for (let i = 0; i < width; i++) most = Math.max(most, f32[x + i])
        let sum = 0
        for (let i = 0; i < width; i++) {
          f32[y + i] = exp(Math.fround(f32[x + i] - most))
          sum += f32[y + i]
        }
        for (let i = 0; i < width; i++) f32[y + i] /= sum
      }
    },
    backward: ({ f32 }, { geometry: n, out, inGradients, gradient }) => {
      const width = n[1]
      for (let r = 0; r < n[0]; r++) {
        const y = out + r * width
        const g = gradient + r * width
        const dx = inGradients[0] + r * width
        let along = 0
        for (let i = 0; i < width; i++) along += f32[g + i] * f32[y + i]
        for (let i = 0; i < width; i++) f32[dx + i] += f32[y + i] * (f32[g + i] - along)
      }
    },
  },
}
