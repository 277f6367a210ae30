/** Convolutions and pools as instructions. */
import type { Code } from "./Code.ts"
import { at, type Lowered, startOf } from "./lowered.ts"
import type { Step } from "../ir.ts"

type Twelve = [number, number, number, number, number, number, number, number, number, number, number, number]

/** The first arguments of a depthwise convolution's kernels; see `geometryOf` beside the operator. */
const shapeOf = ({ geometry }: Step): Twelve => Array.from(geometry.subarray(1, 13)) as Twelve

const namesOf = (step: Step) => {
  const [h, w, c, kh, kw, oh, ow, oc, stride, dilation, top, left] = shapeOf(step)
  return { batch: step.geometry[0], h, w, c, kh, kw, oh, ow, oc, stride, dilation, top, left }
}

type Image = [number, number, number, number, number, number, number, number, number, number]

/** An image of h by w with `top` and `left` zeros before, in one of `ph` by `pw`: the arguments of the kernels that copy it there. */
function imageWithin(
  h: number,
  w: number,
  c: number,
  spacing: number,
  ph: number,
  pw: number,
  top: number,
  left: number,
): Image {
  const fitting = (length: number, room: number): number =>
    Math.max(0, Math.min(length, Math.floor((room - 1) / spacing) + 1))
  return [h, w, c, spacing, fitting(h, ph - top), fitting(w, pw - left), ph, pw, top, left]
}

/** One product over rows of a window where its places are next to each other, one for each row of it where they are not. */
const productsOf = (kh: number, kw: number, c: number, outs: number, dilation: number, pw: number) =>
  dilation === 1
    ? ([kw * c, kh, at((pw - kw) * c), 1, 0, 0] as const)
    : ([c, kw, at((dilation - 1) * c), kh, at(dilation * pw * c), at(kw * c * outs)] as const)

const convolution: Lowered = {
  forward: (code, step) => {
    const { batch, h, w, c, kh, kw, oh, ow, oc, stride, dilation, top, left } = namesOf(step)
    const [x, weights, bias = -1] = step.ins
    const [ph, pw] = [
      (oh - 1) * stride + (kh - 1) * dilation + 1,
      (ow - 1) * stride + (kw - 1) * dilation + 1,
    ]
    code.add(
      "convolve",
      at(step.out),
      at(x),
      at(weights),
      at(bias),
      0,
      code.room(ph * pw * c),
      batch,
      ...imageWithin(h, w, c, 1, ph, pw, top, left),
      oh,
      ow,
      oc,
      stride,
      ...productsOf(kh, kw, c, oc, dilation, pw),
    )
  },
  backward: (code, step) => {
    const { batch, h, w, c, kh, kw, oh, ow, oc, stride, dilation, top, left } = namesOf(step)
    const [x, weights] = step.ins
    const [dx, dw] = step.inGradients
    const g = at(step.gradient)
    if (dx >= 0) {
      const [above, before] = [(kh - 1) * dilation, (kw - 1) * dilation]
      const [ph, pw] = [h + above, w + before]
      const start = startOf(code, dx)
      const flipped = code.room(kh * kw * c * oc + ph * pw * oc)
      code.add("flip", flipped, at(weights), kh * kw, c, oc)
      code.add(
        "convolve",
        at(dx),
        g,
        flipped,
        start,
        start < 0 ? 0 : at(c),
        flipped + at(kh * kw * c * oc),
        batch,
        ...imageWithin(oh, ow, oc, stride, ph, pw, above - top, before - left),
        h,
        w,
        c,
        1,
        ...productsOf(kh, kw, oc, c, dilation, pw),
      )
    }
    if (dw >= 0) {
      const [ph, pw] = [
        (oh - 1) * stride + (kh - 1) * dilation + 1,
        (ow - 1) * stride + (kw - 1) * dilation + 1,
      ]
      code.add(
        "convolveWeights",
        at(dw),
        at(x),
        g,
        code.room(ph * pw * c),
        batch,
        ...imageWithin(h, w, c, 1, ph, pw, top, left),
        oh,
        ow,
        oc,
        stride,
        dilation,
        kh,
        kw,
        dilation === 1 ? kw : 1,
      )
    }
    biasOf(code, step, oc)
  },
}

const depthwise: Lowered = {
  forward: (code, step) => {
    const [x, weights, bias = -1] = step.ins
    code.add("depthwise", ...shapeOf(step), step.geometry[0], at(step.out), at(x), at(weights), at(bias))
  },
  backward: (code, step) => {
    const [x, weights] = step.ins
    const [dx, dw] = step.inGradients
    const shape = shapeOf(step)
    const g = at(step.gradient)
    if (dx >= 0) code.add("depthwiseInput", ...shape, step.geometry[0], at(dx), g, at(weights))
    if (dw >= 0) code.add("depthwiseWeights", ...shape, step.geometry[0], at(dw), at(x), g)
    biasOf(code, step, step.geometry[8])
  },
}

/** The bias of each channel has the sum of its gradient over all places. */
function biasOf(code: Code, { gradient, inGradients, size }: Step, channels: number): void {
  const [, , db = -1] = inGradients
  if (db >= 0) code.add("columnSum", at(db), at(gradient), size / channels, channels, at(channels))
}

type Nine = [number, number, number, number, number, number, number, number, number]

/** Batch, height, width, channels, window, places, stride. A window that has one place along an axis has any stride there. */
const poolOf = ({ geometry }: Step): Nine => {
  const [batch, h, w, c, kh, kw, oh, ow, strideH, strideW] = geometry
  return [batch, h, w, c, kh, kw, oh, ow, oh === 1 ? strideW : strideH]
}

/** The window is the whole image, so each place has one share. */
const isGlobal = ({ geometry: [, h, w, , kh, kw] }: Step): boolean => kh === h && kw === w

const mean: Lowered = {
  forward: (code, step) => code.add("meanPool", ...poolOf(step), at(step.out), at(step.ins[0])),
  backward: (code, step) => {
    const [dx] = step.inGradients
    code.add("meanPoolBack", ...poolOf(step), at(dx), at(step.gradient), isGlobal(step) ? code.keep(dx) : -1)
  },
}

const largest: Lowered = {
  forward: (code, step) =>
    code.add("maxPool", ...poolOf(step), at(step.out), at(step.ins[0]), at(step.saved)),
  backward: (code, { inGradients, gradient, saved, size }) =>
    code.add("maxPoolBack", at(inGradients[0]), at(gradient), at(saved), size),
}

export const WINDOWS: Readonly<Record<string, Lowered>> = {
  conv1d: convolution,
  conv2d: convolution,
  depthwise1d: depthwise,
  depthwise2d: depthwise,
  meanPool: mean,
  globalMean: mean,
  maxPool: largest,
  globalMax: largest,
}
