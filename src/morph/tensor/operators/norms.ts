import { exp } from "../functions.ts"
import { type Node, type Operator, sameShape, type Shape, sizeOf } from "../ir.ts"
import { lastOf, likeFirst, misfit, numberOf, wholeOf } from "./rules.ts"

const BATCH = 0
const PLACES = 1
const CHANNELS = 2
const GROUPS = 3

/**
 * Each group of channels, over all places of one example, less its mean and divided by its spread; then times a gain and plus a bias of
 * each channel. Layer norm is one group at one place (Ba et al., 2016; Wu and He, 2018). The mean and the inverse spread are rounded to
 * single precision before they are used, so that both passes use the same.
 */
const norm = (layer: boolean): Operator => ({
  arity: [3, 3],
  shape: (inputs, attributes, where) => {
    const [x, gain, bias] = inputs
    if (attributes["epsilon"] !== undefined)
      numberOf(
        attributes,
        "epsilon",
        where,
        (value) => value > 0 && value < 1,
        "Give a number between 0 and 1",
      )
    const own: Shape = [lastOf(x)]
    if (x.length < (layer ? 1 : 2) || !sameShape(gain, own) || !sameShape(bias, own))
      throw misfit(
        where,
        inputs,
        `Give x [${layer ? "" : "batch, "}..., channels], a gain and a bias [channels]`,
      )
    if (!layer && lastOf(x) % wholeOf(attributes, "groups", where, 1, lastOf(x)) !== 0)
      throw misfit(where, inputs, `Give groups that divide ${lastOf(x)} channels`)
    return x
  },
  geometry: ({ shape, attributes }) => {
    const channels = lastOf(shape)
    const rows = sizeOf(shape) / channels
    return layer
      ? [rows, 1, channels, 1]
      : [shape[0], rows / shape[0], channels, attributes["groups"] as number]
  },
  constants: ({ attributes }) => [(attributes["epsilon"] as number | undefined) ?? 1e-5],
  saved: ({ shape, attributes }: Node) =>
    2 * (layer ? sizeOf(shape) / lastOf(shape) : shape[0] * (attributes["groups"] as number)),
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
})

export const norms: Readonly<Record<string, Operator>> = {
  /** Over the last axis. Attribute `epsilon`, 1e-5 unless given. */
  layerNorm: norm(true),
  /** Over [batch, ..., channels / groups]. Attributes `groups`, and `epsilon` as above. */
  groupNorm: norm(false),
  /** Over the last axis. A row of -infinity alone gives NaN; beside other numbers -infinity gives 0, which serves as a mask. */
  softmax: {
    arity: [1, 1],
    shape: (inputs, _, where) => {
      if (inputs[0].length < 1) throw misfit(where, inputs, "Give x [..., classes]")
      return likeFirst(inputs)
    },
    geometry: ({ shape }) => [sizeOf(shape) / lastOf(shape), lastOf(shape)],
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
