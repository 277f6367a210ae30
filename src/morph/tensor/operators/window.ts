/**
 * What moves a window over [batch, length, channels] or [batch, height, width, channels]: convolutions, depthwise convolutions, pools.
 * A length is an image of height 1, and a depthwise convolution has one group per channel, so one kernel serves all convolutions.
 *
 * Attributes: `stride` and `dilation`, 1 unless given, along every axis; `padding` "same" (the default: as many places as the input has,
 * divided by the stride and rounded up; the odd zero comes last) or "valid" (whole windows only).
 */
import { type Attributes, type Node, type Rule, type Shape, sameShape } from "../ir.ts"
import { TensorError } from "../TensorError.ts"
import { lastOf, misfit, wholeOf } from "./rules.ts"

const LARGEST = 1024

/** Places of a window along one axis, and the zeros before the first. */
function axis(length: number, size: number, attributes: Attributes): readonly [number, number] {
  const stride = (attributes["stride"] as number | undefined) ?? 1
  const reach = ((attributes["dilation"] as number | undefined) ?? 1) * (size - 1) + 1
  if (attributes["padding"] === "valid") return [Math.floor((length - reach) / stride) + 1, 0]
  const places = Math.ceil(length / stride)
  return [places, Math.max(0, (places - 1) * stride + reach - length) >> 1]
}

function check(attributes: Attributes, where: string): void {
  for (const name of ["stride", "dilation"])
    if (attributes[name] !== undefined) wholeOf(attributes, name, where, 1, LARGEST)
  const padding = attributes["padding"]
  if (padding !== undefined && padding !== "same" && padding !== "valid")
    throw new TensorError(where, `has padding ${String(padding)}`, 'Give "same" or "valid"')
}

/** The places of windows of these sizes, batch before and channels after; none where a window does not fit in. */
function placesOf(x: Shape, sizes: Shape, channels: number, attributes: Attributes): Shape | null {
  const places = sizes.map((size, i) => axis(x[1 + i], size, attributes)[0])
  return places.every((n) => n > 0) ? [x[0], ...places, channels] : null
}

function geometryOf(node: Node, sizes: Shape, groups: number): ReadonlyArray<number> {
  const { shape, inputs, attributes } = node
  const x = inputs[0].shape
  const high = (lengths: Shape): Shape => (sizes.length === 1 ? [1, ...lengths] : lengths)
  const lengths = high(x.slice(1, -1))
  const size = high(sizes)
  const [c, outs] = [lastOf(x), lastOf(shape)]
  const stride = (attributes["stride"] as number | undefined) ?? 1
  const dilation = (attributes["dilation"] as number | undefined) ?? 1
  const before = lengths.map((length, i) => axis(length, size[i], attributes)[1])
  const places = high(shape.slice(1, -1))
  return [
    x[0],
    ...lengths,
    c,
    ...size,
    ...places,
    outs,
    stride,
    dilation,
    ...before,
    c / groups,
    outs / groups,
  ]
}

/** A convolution of windows over `axes` axes; a depthwise one has a filter of its own for each channel. */
const convolution = (axes: 1 | 2, depthwise: boolean): Rule => ({
  arity: [2, 3],
  shape: (inputs, attributes, where) => {
    check(attributes, where)
    const [x, w, b] = inputs
    const ranks = x.length === axes + 2 && w.length === axes + (depthwise ? 1 : 2)
    const fits = ranks && lastOf(x) === w[axes] && (b === undefined || sameShape(b, [lastOf(w)]))
    const out = fits ? placesOf(x, w.slice(0, axes), lastOf(w), attributes) : null
    const size = axes === 1 ? ["length", "size"] : ["height, width", "height, width"]
    const [ins, outs, bias] = depthwise ? ["channels", "channels", "channels"] : ["in", "in, out", "out"]
    if (out === null)
      throw misfit(
        where,
        inputs,
        `Give x [batch, ${size[0]}, ${ins}], weights [${size[1]}, ${outs}] within x, and a bias [${bias}]`,
      )
    return out
  },
  geometry: (node) => {
    const w = node.inputs[1].shape
    return geometryOf(node, w.slice(0, axes), depthwise ? w[axes] : 1)
  },
})

export const window: Readonly<Record<string, Rule>> = {
  conv1d: convolution(1, false),
  conv2d: convolution(2, false),
  depthwise1d: convolution(1, true),
  depthwise2d: convolution(2, true),
}
