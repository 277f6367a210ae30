/** Sums, differences and products of unlike shapes, products of matrices, norms, and what moves numbers, as instructions. */
import { sameShape, type Step } from "../ir.ts"
import { at, bitsOf, lastOf, type Lowered, multiply, startOf } from "./lowered.ts"

type Four = [number, number, number, number]
const ONE = bitsOf(1)

/** Four of the geometry from `from`; strides come in words there, and in bytes in instructions. */
const four = ({ geometry }: Step, from: number, unit = 1): Four =>
  Array.from(geometry.subarray(from, from + 4), (n) => n * unit) as Four

const alike = ({ node }: Step): boolean => sameShape(node.inputs[0].shape, node.inputs[1].shape)

const arithmetic = (kind: "add" | "subtract" | "multiply"): Lowered => ({
  forward: (code, step) => {
    const { out, ins, size } = step
    if (alike(step)) code.add(kind, at(out), at(ins[0]), at(ins[1]), size)
    else
      code.add(
        `${kind}Repeated`,
        ...four(step, 0),
        ...four(step, 4, 4),
        ...four(step, 8, 4),
        at(out),
        at(ins[0]),
        at(ins[1]),
      )
  },
  backward: (code, step) => {
    const { ins, inGradients, size } = step
    const g = at(step.gradient)
    for (let side = 0; side < 2; side++) {
      const d = inGradients[side]
      if (d < 0) continue
      const [own, other] = side === 0 ? [4, 8] : [8, 4]
      const factor = bitsOf(kind === "subtract" && side === 1 ? -1 : 1)
      if (kind === "multiply") {
        const along = at(ins[1 - side])
        if (alike(step)) code.add("addProduct", at(d), g, along, size, code.keep(d))
        else
          code.add(
            "shareProduct",
            ...four(step, 0),
            ...four(step, own, 4),
            ...four(step, other, 4),
            at(d),
            g,
            along,
            ONE,
          )
      } else if (alike(step)) code.add("addScaled", at(d), g, size, factor, code.keep(d))
      else code.add("share", ...four(step, 0), ...four(step, own, 4), at(d), g, factor)
    }
  },
})

const scale: Lowered = {
  forward: (code, { node, out, ins, size }) =>
    code.add("scale", at(out), at(ins[0]), size, bitsOf(node.attributes["factor"] as number)),
  backward: (code, { node, gradient, inGradients, size }) => {
    const [dx] = inGradients
    const factor = bitsOf(node.attributes["factor"] as number)
    code.add("addScaled", at(dx), at(gradient), size, factor, code.keep(dx))
  },
}

/** Batch, m, k, n; whether b is [n, k]. */
const matricesOf = ({ geometry, node }: Step) => {
  const [batch, m, k, n] = geometry
  return { batch, m, k, n, turned: node.attributes["transposed"] === 1 }
}

const matmul: Lowered = {
  forward: (code, step) => {
    const { batch, m, k, n, turned } = matricesOf(step)
    const [a, given] = step.ins
    const b = turned ? code.room(batch * k * n) : at(given)
    if (turned) code.add("transpose", b, at(given), n, k, batch)
    multiply(code, { c: at(step.out), a: at(a), b, m, k, n, batch })
  },
  backward: (code, step) => {
    const { batch, m, k, n, turned } = matricesOf(step)
    const [a, b] = step.ins
    const [da, db] = step.inGradients
    const g = at(step.gradient)
    if (da >= 0) {
      const right = turned ? at(b) : code.room(batch * k * n)
      if (!turned) code.add("transpose", right, at(b), k, n, batch)
      multiply(code, { c: at(da), a: g, b: right, start: startOf(code, da), m, k: n, n: k, batch })
    }
    if (db < 0) return
    // The gradient of b is stored as b is.
    const sides = turned ? { a: g, b: at(a), m: n, n: k } : { a: at(a), b: g, m: k, n }
    multiply(code, { c: at(db), start: startOf(code, db), ...sides, k: m, batch, turned: true })
  },
}

const softmax: Lowered = {
  forward: (code, { geometry, out, ins }) =>
    code.add("softmax", at(out), at(ins[0]), geometry[0], geometry[1]),
  backward: (code, { geometry, out, gradient, inGradients }) => {
    const [dx] = inGradients
    code.add("softmaxBack", at(dx), at(gradient), at(out), geometry[0], geometry[1], code.keep(dx))
  },
}

const norm: Lowered = {
  forward: (code, step) => {
    const [x, gain, bias] = step.ins
    const epsilon = bitsOf((step.node.attributes["epsilon"] as number | undefined) ?? 1e-5)
    code.add("norm", at(step.out), at(step.saved), at(x), at(gain), at(bias), ...four(step, 0), epsilon)
  },
  backward: (code, step) => {
    const [x, gain] = step.ins
    const [dx, dgain, dbias] = step.inGradients
    const g = at(step.gradient)
    const channels = lastOf(step.node)
    if (dx >= 0)
      code.add("normInput", at(dx), g, at(step.saved), at(x), at(gain), ...four(step, 0), code.keep(dx))
    if (dgain >= 0) code.add("normGain", at(dgain), g, at(step.saved), at(x), ...four(step, 0))
    if (dbias >= 0) code.add("columnSum", at(dbias), g, step.size / channels, channels, at(channels))
  },
}

const concat: Lowered = {
  forward: (code, { geometry, ins, out }) => {
    const [turns, row, ...widths] = geometry
    let start = out
    widths.forEach((width, side) => {
      code.add("copyRows", at(start), at(ins[side]), turns, width, at(row), at(width))
      start += width
    })
  },
  backward: (code, { geometry, inGradients, gradient }) => {
    const [turns, row, ...widths] = geometry
    let start = gradient
    widths.forEach((width, side) => {
      if (inGradients[side] >= 0)
        code.add("addRows", at(inGradients[side]), at(start), turns, width, at(width), at(row))
      start += width
    })
  },
}

const slice: Lowered = {
  forward: (code, { geometry, ins, out }) => {
    const [turns, row, width, before] = geometry
    code.add("copyRows", at(out), at(ins[0] + before), turns, width, at(width), at(row))
  },
  backward: (code, { geometry, inGradients, gradient }) => {
    const [turns, row, width, before] = geometry
    code.add("addRows", at(inGradients[0] + before), at(gradient), turns, width, at(row), at(width))
  },
}

const transpose: Lowered = {
  forward: (code, step) =>
    code.add("permute", ...four(step, 0), ...four(step, 4, 4), at(step.out), at(step.ins[0])),
  backward: (code, step) =>
    code.add(
      "permuteBack",
      ...four(step, 0),
      ...four(step, 4, 4),
      at(step.inGradients[0]),
      at(step.gradient),
    ),
}

const reshape: Lowered = {
  forward: (code, { out, ins, size }) => code.add("copy", at(out), at(ins[0]), size),
  backward: (code, { gradient, inGradients, size }) =>
    code.add("addScaled", at(inGradients[0]), at(gradient), size, ONE, code.keep(inGradients[0])),
}

export const TENSORS: Readonly<Record<string, Lowered>> = {
  add: arithmetic("add"),
  subtract: arithmetic("subtract"),
  multiply: arithmetic("multiply"),
  scale,
  matmul,
  softmax,
  layerNorm: norm,
  groupNorm: norm,
  concat,
  slice,
  transpose,
  reshape,
}
