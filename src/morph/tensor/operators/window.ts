/**
 * What moves a window over [batch, length, channels] or [batch, height, width, channels]: convolutions, depthwise convolutions, pools.
 * A length is an image of height 1, and a depthwise convolution has one group per channel, so one kernel serves all convolutions.
 *
 * Attributes: `stride` and `dilation`, 1 unless given, along every axis; `padding` "same" (the default: as many places as the input has,
 * divided by the stride and rounded up; the odd zero comes last) or "valid" (whole windows only).
 */
import { type Attributes, type Node, type Operator, type Shape, sameShape } from "../ir.ts"
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

const BATCH = 0
const H = 1
const W = 2
const C = 3
const KH = 4
const KW = 5
const OH = 6
const OW = 7
const OC = 8
const STRIDE = 9
const DILATION = 10
const TOP = 11
const LEFT = 12
/** Channels of a group that come in, and that go out. */
const GROUP_IN = 13
const GROUP_OUT = 14

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
const convolution = (axes: 1 | 2, depthwise: boolean): Operator => ({
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
  forward: ({ f32 }, { geometry: n, ins, out }) => {
    const c = n[C]
    const outs = n[OC]
    const groupIn = n[GROUP_IN]
    const bias = ins.length > 2 ? ins[2] : -1
    let at = out
    for (let batch = 0; batch < n[BATCH]; batch++)
      for (let oy = 0; oy < n[OH]; oy++)
        for (let ox = 0; ox < n[OW]; ox++)
          for (let o = 0; o < outs; o++) {
            const first = ((o / n[GROUP_OUT]) | 0) * groupIn
            let sum = 0
            for (let ky = 0; ky < n[KH]; ky++) {
              const y = oy * n[STRIDE] + ky * n[DILATION] - n[TOP]
              if (y < 0 || y >= n[H]) continue
              for (let kx = 0; kx < n[KW]; kx++) {
                const x = ox * n[STRIDE] + kx * n[DILATION] - n[LEFT]
                if (x < 0 || x >= n[W]) continue
                const from = ins[0] + ((batch * n[H] + y) * n[W] + x) * c + first
                const w = ins[1] + (ky * n[KW] + kx) * groupIn * outs + o
                for (let i = 0; i < groupIn; i++) sum += f32[from + i] * f32[w + i * outs]
              }
            }
            f32[at++] = bias < 0 ? sum : sum + f32[bias + o]
          }
  },
  backward: ({ f32 }, { geometry: n, ins, inGradients, gradient }) => {
    const c = n[C]
    const outs = n[OC]
    const groupIn = n[GROUP_IN]
    const groupOut = n[GROUP_OUT]
    const places = n[BATCH] * n[OH] * n[OW]
    const dx = inGradients[0]
    const dw = inGradients[1]
    const db = inGradients.length > 2 ? inGradients[2] : -1
    if (dx >= 0)
      for (let batch = 0; batch < n[BATCH]; batch++)
        for (let y = 0; y < n[H]; y++)
          for (let x = 0; x < n[W]; x++)
            for (let i = 0; i < c; i++) {
              const group = (i / groupIn) | 0
              let sum = 0
              for (let ky = 0; ky < n[KH]; ky++) {
                const up = y + n[TOP] - ky * n[DILATION]
                const oy = (up / n[STRIDE]) | 0
                if (up < 0 || oy * n[STRIDE] !== up || oy >= n[OH]) continue
                for (let kx = 0; kx < n[KW]; kx++) {
                  const side = x + n[LEFT] - kx * n[DILATION]
                  const ox = (side / n[STRIDE]) | 0
                  if (side < 0 || ox * n[STRIDE] !== side || ox >= n[OW]) continue
                  const g = gradient + ((batch * n[OH] + oy) * n[OW] + ox) * outs
                  const w = ins[1] + ((ky * n[KW] + kx) * groupIn + i - group * groupIn) * outs
                  for (let o = group * groupOut; o < (group + 1) * groupOut; o++)
                    sum += f32[g + o] * f32[w + o]
                }
              }
              f32[dx + ((batch * n[H] + y) * n[W] + x) * c + i] += sum
            }
    if (dw >= 0)
      for (let ky = 0; ky < n[KH]; ky++)
        for (let kx = 0; kx < n[KW]; kx++)
          for (let i = 0; i < groupIn; i++)
            for (let o = 0; o < outs; o++) {
              const channel = ((o / groupOut) | 0) * groupIn + i
              let sum = 0
              for (let place = 0; place < places; place++) {
                const row = (place / n[OW]) | 0
                const batch = (row / n[OH]) | 0
                const y = (row - batch * n[OH]) * n[STRIDE] + ky * n[DILATION] - n[TOP]
                const x = (place - row * n[OW]) * n[STRIDE] + kx * n[DILATION] - n[LEFT]
                if (y < 0 || y >= n[H] || x < 0 || x >= n[W]) continue
                const from = ins[0] + ((batch * n[H] + y) * n[W] + x) * c + channel
                sum += f32[from] * f32[gradient + place * outs + o]
              }
              f32[dw + ((ky * n[KW] + kx) * groupIn + i) * outs + o] += sum
            }
    if (db >= 0)
      for (let o = 0; o < outs; o++) {
        let sum = 0
        for (let place = 0; place < places; place++) sum += f32[gradient + place * outs + o]
        f32[db + o] += sum
      }
  },
})

export const window: Readonly<Record<string, Operator>> = {
  conv1d: convolution(1, false),
  conv2d: convolution(2, false),
  depthwise1d: convolution(1, true),
  depthwise2d: convolution(2, true),
}
