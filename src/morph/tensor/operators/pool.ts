/**
 * Pools over [batch, length, channels] or [batch, height, width, channels]: the largest or the mean number of each window, or of all
 * places. A window that holds a NaN gives NaN, and the gradient goes to its first NaN; else to the first of the largest.
 *
 * Attributes of `maxPool` and `meanPool`: `window`, its length along every axis; `stride`, by default as long. Whole windows only.
 */
import { type Node, type Operator, sizeOf } from "../ir.ts"
import { lastOf, misfit, wholeOf } from "./rules.ts"

const LARGEST = 1024

const BATCH = 0
const H = 1
const W = 2
const C = 3
const KH = 4
const KW = 5
const OH = 6
const OW = 7
const STRIDE_H = 8
const STRIDE_W = 9

const pool = (largest: boolean, everywhere: boolean): Operator => ({
  arity: [1, 1],
  shape: (inputs, attributes, where) => {
    const [x] = inputs
    if (x.length < 3)
      throw misfit(where, inputs, "Give x [batch, length, channels] or [batch, height, width, channels]")
    if (everywhere) return [x[0], lastOf(x)]
    const size = wholeOf(attributes, "window", where, 1, LARGEST)
    const stride =
      attributes["stride"] === undefined ? size : wholeOf(attributes, "stride", where, 1, LARGEST)
    const places = x.slice(1, -1).map((length) => Math.floor((length - size) / stride) + 1)
    if (places.some((n) => n < 1)) throw misfit(where, inputs, `Give a window smaller than ${size}`)
    return [x[0], ...places, lastOf(x)]
  },
  geometry: ({ inputs: [{ shape: x }], shape, attributes }: Node) => {
    const [h, w] = x.length === 3 ? [1, x[1]] : x.slice(1, 3)
    if (everywhere) return [x[0], h, w, lastOf(x), h, w, 1, 1, 1, 1]
    const size = attributes["window"] as number
    const stride = (attributes["stride"] as number | undefined) ?? size
    const flat = x.length === 3
    return [
      x[0],
      h,
      w,
      lastOf(x),
      flat ? 1 : size,
      size,
      flat ? 1 : shape[1],
      shape[shape.length - 2],
      stride,
      stride,
    ]
  },
  // Where the largest number of each window is.
  ...(largest ? { saved: ({ shape }: Node) => sizeOf(shape) } : {}),
  forward: ({ f32, u32 }, { geometry: n, ins, out, saved }) => {
    const c = n[C]
    const count = n[KH] * n[KW]
    let place = 0
    for (let batch = 0; batch < n[BATCH]; batch++)
      for (let oy = 0; oy < n[OH]; oy++)
        for (let ox = 0; ox < n[OW]; ox++)
          for (let i = 0; i < c; i++) {
            const start = ((batch * n[H] + oy * n[STRIDE_H]) * n[W] + ox * n[STRIDE_W]) * c + i
            let sum = 0
            let most = start
            for (let ky = 0; ky < n[KH]; ky++)
              for (let kx = 0; kx < n[KW]; kx++) {
                const at = start + (ky * n[W] + kx) * c
                if (largest) {
                  const best = f32[ins[0] + most]
                  const value = f32[ins[0] + at]
                  if (value > best || (Number.isNaN(value) && !Number.isNaN(best))) most = at
                } else sum += f32[ins[0] + at]
              }
            if (largest) u32[saved + place] = most
            f32[out + place++] = largest ? f32[ins[0] + most] : sum / count
          }
  },
  backward: ({ f32, u32 }, { geometry: n, inGradients, gradient, size, saved }) => {
    const dx = inGradients[0]
    if (largest) {
      for (let place = 0; place < size; place++) f32[dx + u32[saved + place]] += f32[gradient + place]
      return
    }
    const c = n[C]
    const count = n[KH] * n[KW]
    let place = 0
    for (let batch = 0; batch < n[BATCH]; batch++)
      for (let oy = 0; oy < n[OH]; oy++)
        for (let ox = 0; ox < n[OW]; ox++)
          for (let i = 0; i < c; i++) {
            const start = ((batch * n[H] + oy * n[STRIDE_H]) * n[W] + ox * n[STRIDE_W]) * c + i
            const g = f32[gradient + place++] / count
            for (let ky = 0; ky < n[KH]; ky++)
              for (let kx = 0; kx < n[KW]; kx++) f32[dx + start + (ky * n[W] + kx) * c] += g
          }
  },
})

export const pools: Readonly<Record<string, Operator>> = {
  maxPool: pool(true, false),
  meanPool: pool(false, false),
  globalMax: pool(true, true),
  globalMean: pool(false, true),
}
