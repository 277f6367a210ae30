import { type Node, type Rule, sameShape, type Shape, sizeOf } from "../ir.ts"
import { lastOf, likeFirst, misfit, numberOf, wholeOf } from "./rules.ts"

/**
 * Each group of channels, over all places of one example, less its mean and divided by its spread; then times a gain and plus a bias of
 * each channel. Layer norm is one group at one place (Ba et al., 2016; Wu and He, 2018). The mean and the inverse spread are rounded to
 * single precision before they are used, so that both passes use the same.
 */
const norm = (layer: boolean): Rule => ({
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
})

export const norms: Readonly<Record<string, Rule>> = {
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
  },
}
