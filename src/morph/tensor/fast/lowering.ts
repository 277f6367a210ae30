/**
 * Each operator as instructions. What is missing here runs as its reference kernel between two stretches of instructions, so a plan is
 * whole from the beginning and an operator becomes fast by a row in this table.
 */
import { sizeOf } from "../ir.ts"
import type { KernelName } from "./Code.ts"
import type { KernelArguments } from "./kernelBytes.ts"
import { at, lastOf, type Lowered, multiply, startOf } from "./lowered.ts"
import { TENSORS } from "./loweredTensors.ts"
import { WINDOWS } from "./loweredWindows.ts"

/** Kernels that take result, first input, count, and gradient, share's gradient, input or output, count. */
type Forward = {
  [K in KernelName]: KernelArguments[K] extends readonly [y: number, x: number, n: number] ? K : never
}[KernelName]
type Backward = {
  [K in KernelName]: KernelArguments[K] extends readonly [
    dx: number,
    g: number,
    y: number,
    n: number,
    keep: number,
  ]
    ? K
    : never
}[KernelName]

const map = (forward: Forward, backward: Backward, reads: "input" | "output"): Lowered => ({
  forward: (code, { out, ins, size }) => code.add(forward, at(out), at(ins[0]), size),
  backward: (code, { out, ins, size, gradient, inGradients }) =>
    code.add(
      backward,
      at(inGradients[0]),
      at(gradient),
      at(reads === "input" ? ins[0] : out),
      size,
      code.keep(inGradients[0]),
    ),
})

const dense: Lowered = {
  forward: (code, { ins, out, geometry }) => {
    const [x, w, bias = -1] = ins
    const [m, k, n] = geometry
    multiply(code, { c: at(out), a: at(x), b: at(w), start: at(bias), m, k, n })
  },
  backward: (code, { ins, inGradients, gradient, geometry }) => {
    const [x, w] = ins
    const [dx, dw, db = -1] = inGradients
    const [rows, from, to] = geometry
    const g = at(gradient)
    if (dx >= 0) {
      const turned = code.room(from * to)
      code.add("transpose", turned, at(w), from, to, 1)
      multiply(code, { c: at(dx), a: g, b: turned, start: startOf(code, dx), m: rows, k: to, n: from })
    }
    if (dw >= 0)
      multiply(code, { c: at(dw), a: at(x), b: g, start: at(dw), m: from, k: rows, n: to, turned: true })
    if (db >= 0) code.add("columnSum", at(db), g, rows, to, at(to))
  },
}

const crossEntropy: Lowered = {
  forward: (code, { out, saved, ins, node }) => {
    const [logits, labels] = node.inputs
    code.add("crossEntropy", at(out), at(saved), at(ins[0]), at(ins[1]), sizeOf(labels.shape), lastOf(logits))
  },
  backward: (code, { saved, gradient, ins, inGradients, node }) => {
    const [logits, labels] = node.inputs
    const [dx] = inGradients
    if (dx < 0) return
    const rows = sizeOf(labels.shape)
    code.add(
      "crossEntropyBack",
      at(dx),
      at(gradient),
      at(saved),
      at(ins[1]),
      rows,
      lastOf(logits),
      code.keep(dx),
    )
  },
}

const mse: Lowered = {
  forward: (code, { out, ins, inSizes }) =>
    code.add("meanSquare", at(out), at(ins[0]), at(ins[1]), inSizes[0]),
  backward: (code, { gradient, ins, inSizes, inGradients }) => {
    for (let side = 0; side < 2; side++) {
      const d = inGradients[side]
      if (d < 0) continue
      code.add(
        "meanSquareBack",
        at(d),
        at(gradient),
        at(ins[side]),
        at(ins[1 - side]),
        inSizes[0],
        code.keep(d),
      )
    }
  },
}

const binary: Lowered = {
  forward: (code, { out, ins, inSizes }) => code.add("binary", at(out), at(ins[0]), at(ins[1]), inSizes[0]),
  backward: (code, { gradient, ins, inSizes, inGradients }) => {
    const [dx] = inGradients
    if (dx >= 0)
      code.add("binaryBack", at(dx), at(gradient), at(ins[0]), at(ins[1]), inSizes[0], code.keep(dx))
  },
}

export const LOWERED: Readonly<Record<string, Lowered>> = {
  dense,
  relu: map("relu", "reluBack", "output"),
  tanh: map("tanhOf", "tanhBack", "output"),
  sigmoid: map("sigmoidOf", "sigmoidBack", "output"),
  silu: map("silu", "siluBack", "input"),
  gelu: map("gelu", "geluBack", "input"),
  sin: map("sinOf", "sinBack", "input"),
  exp: map("expOf", "expBack", "output"),
  stop: { forward: (code, { out, ins, size }) => code.add("copy", at(out), at(ins[0]), size) },
  crossEntropy,
  mse,
  binary,
  ...TENSORS,
  ...WINDOWS,
}
