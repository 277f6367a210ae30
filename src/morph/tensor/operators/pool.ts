/**
 * Pools over [batch, length, channels] or [batch, height, width, channels]: the largest or the mean number of each window, or of all
 * places. A window that holds a NaN gives NaN, and the gradient goes to its first NaN; else to the first of the largest.
 *
 * Attributes of `maxPool` and `meanPool`: `window`, its length along every axis; `stride`, by default as long. Whole windows only.
 */
import { type Node, type Rule, sizeOf } from "../ir.ts"
import { lastOf, misfit, wholeOf } from "./rules.ts"

const LARGEST = 1024

const pool = (largest: boolean, everywhere: boolean): Rule => ({
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
})

export const pools: Readonly<Record<string, Rule>> = {
  maxPool: pool(true, false),
  meanPool: pool(false, false),
  globalMax: pool(true, true),
  globalMean: pool(false, true),
}
