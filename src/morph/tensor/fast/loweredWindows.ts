/** Convolutions and pools as instructions. */
import type { Code } from "./Code.ts"
import { at, type Lowered } from "./lowered.ts"
import type { Step } from "../ir.ts"

/** Bytes of windows that are written at a time: what stays in a processor's nearest cache. */
const WINDOW_BYTES = 16384
/** Words behind the windows over which the last one may be written. */
const BEYOND = 4

type Twelve = [number, number, number, number, number, number, number, number, number, number, number, number]

/** The first arguments of a convolution's kernels; see `geometryOf` beside the operator. */
const shapeOf = ({ geometry }: Step): Twelve => Array.from(geometry.subarray(1, 13)) as Twelve

interface Windows {
  /** Words of one window. */
  readonly size: number
  /** Rows of places at a time. */
  readonly rows: number
  readonly words: number
}

function windowsOf(step: Step): Windows {
  const [, , channels, high, wide, rowsOut, columnsOut] = shapeOf(step)
  const size = high * wide * channels
  const rows = Math.min(rowsOut, Math.max(1, Math.floor(WINDOW_BYTES / (4 * size * columnsOut))))
  return { size, rows, words: rows * columnsOut * size + BEYOND }
}

const convolution: Lowered = {
  forward: (code, step) => {
    const [x, weights, bias = -1] = step.ins
    const { rows, words } = windowsOf(step)
    const cols = code.room(words)
    code.add(
      "convolve",
      ...shapeOf(step),
      step.geometry[0],
      rows,
      at(step.out),
      at(x),
      at(weights),
      at(bias),
      cols,
    )
  },
  backward: (code, step) => {
    const [x, weights] = step.ins
    const [dx, dw] = step.inGradients
    const { rows, size, words } = windowsOf(step)
    const outs = step.geometry[8]
    const shape = shapeOf(step)
    const g = at(step.gradient)
    const turned = code.room(size * outs + words)
    const cols = turned + 4 * size * outs
    if (dx >= 0) {
      code.add("transpose", turned, at(weights), size, outs, 1)
      code.add("convolveInput", ...shape, step.geometry[0], rows, at(dx), g, turned, cols)
    }
    if (dw >= 0) code.add("convolveWeights", ...shape, step.geometry[0], rows, at(dw), at(x), g, cols)
    biasOf(code, step, outs)
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

const mean: Lowered = {
  forward: (code, step) => code.add("meanPool", ...poolOf(step), at(step.out), at(step.ins[0])),
  backward: (code, step) =>
    code.add("meanPoolBack", ...poolOf(step), at(step.inGradients[0]), at(step.gradient)),
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
