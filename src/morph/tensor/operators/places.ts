/** What moves numbers and computes none. */
import { type Operator, type Shape, shapeText, sizeOf } from "../ir.ts"
import { TensorError } from "../TensorError.ts"
import { four, lastOf, listOf, misfit, stridesOf, wholeOf } from "./rules.ts"

const axisOf = (shape: Shape, attributes: Parameters<Operator["shape"]>[1], where: string): number =>
  wholeOf(attributes, "axis", where, 0, shape.length - 1)

/** Numbers beyond an axis: how far apart its neighbours are. */
const inner = (shape: Shape, axis: number): number => sizeOf(shape.slice(axis + 1))

export const places: Readonly<Record<string, Operator>> = {
  /** The inputs one after another along the attribute `axis`. */
  concat: {
    arity: [2, 8],
    shape: (inputs, attributes, where) => {
      const axis = axisOf(inputs[0], attributes, where)
      const fits = inputs.every(
        (shape) =>
          shape.length === inputs[0].length && shape.every((n, i) => i === axis || n === inputs[0][i]),
      )
      if (!fits) throw misfit(where, inputs, `Give shapes that differ along axis ${axis} alone`)
      return inputs[0].with(
        axis,
        inputs.reduce((sum, shape) => sum + shape[axis], 0),
      )
    },
    // Turns, numbers of the result in each, then those of each input.
    geometry: ({ shape, inputs, attributes }) => {
      const axis = attributes["axis"] as number
      const step = inner(shape, axis)
      return [
        sizeOf(shape.slice(0, axis)),
        step * shape[axis],
        ...inputs.map((input) => step * input.shape[axis]),
      ]
    },
    forward: ({ f32 }, { geometry: n, ins, out }) => {
      let start = out
      for (let side = 0; side < ins.length; side++) {
        const width = n[2 + side]
        for (let turn = 0; turn < n[0]; turn++)
          for (let i = 0; i < width; i++) f32[start + turn * n[1] + i] = f32[ins[side] + turn * width + i]
        start += width
      }
    },
    backward: ({ f32 }, { geometry: n, inGradients, gradient }) => {
      let start = gradient
      for (let side = 0; side < inGradients.length; side++) {
        const width = n[2 + side]
        const d = inGradients[side]
        if (d >= 0)
          for (let turn = 0; turn < n[0]; turn++)
            for (let i = 0; i < width; i++) f32[d + turn * width + i] += f32[start + turn * n[1] + i]
        start += width
      }
    },
  },
  /** From the attribute `from` to before `to`, along `axis`. */
  slice: {
    arity: [1, 1],
    shape: ([x], attributes, where) => {
      const axis = axisOf(x, attributes, where)
      const from = wholeOf(attributes, "from", where, 0, x[axis] - 1)
      return x.with(axis, wholeOf(attributes, "to", where, from + 1, x[axis]) - from)
    },
    // Turns, numbers of the input in each, numbers of the result in each, and before it.
    geometry: ({ shape, inputs: [x], attributes }) => {
      const axis = attributes["axis"] as number
      const step = inner(shape, axis)
      const from = attributes["from"] as number
      return [sizeOf(shape.slice(0, axis)), step * x.shape[axis], step * shape[axis], step * from]
    },
    forward: ({ f32 }, { geometry: n, ins, out }) => {
      for (let turn = 0; turn < n[0]; turn++)
        for (let i = 0; i < n[2]; i++) f32[out + turn * n[2] + i] = f32[ins[0] + turn * n[1] + n[3] + i]
    },
    backward: ({ f32 }, { geometry: n, inGradients, gradient }) => {
      for (let turn = 0; turn < n[0]; turn++)
        for (let i = 0; i < n[2]; i++)
          f32[inGradients[0] + turn * n[1] + n[3] + i] += f32[gradient + turn * n[2] + i]
    },
  },
  /** The same numbers in the attribute `shape`. */
  reshape: {
    arity: [1, 1],
    shape: ([x], attributes, where) => {
      const shape = listOf(attributes, "shape", where)
      if (sizeOf(shape) !== sizeOf(x) || shape.some((length) => length < 1))
        throw new TensorError(
          where,
          `cannot make ${shapeText(shape)} of ${shapeText(x)}`,
          `Give a shape of ${sizeOf(x)} numbers`,
        )
      return shape
    },
    forward: ({ f32 }, { size, ins, out }) => {
      for (let i = 0; i < size; i++) f32[out + i] = f32[ins[0] + i]
    },
    backward: ({ f32 }, { size, inGradients, gradient }) => {
      for (let i = 0; i < size; i++) f32[inGradients[0] + i] += f32[gradient + i]
    },
  },
  /** Axis i of the result is axis `order[i]` of the input. */
  transpose: {
    arity: [1, 1],
    shape: ([x], attributes, where) => {
      const order = listOf(attributes, "order", where)
      if (order.length !== x.length || x.some((_, i) => !order.includes(i)))
        throw new TensorError(
          where,
          `cannot put the axes of ${shapeText(x)} in the order ${shapeText(order)}`,
          `Give each of 0 to ${x.length - 1} once`,
        )
      return order.map((axis) => x[axis])
    },
    // Lengths of the result, then how far apart its neighbours are in the input.
    geometry: ({ shape, inputs: [x], attributes }) => {
      const strides = stridesOf(x.shape)
      const along = (attributes["order"] as ReadonlyArray<number>).map((axis) => strides[axis])
      return [...four(shape), ...four(along)]
    },
    forward: ({ f32 }, { geometry: n, ins, out }) => {
      let at = out
      for (let i = 0; i < n[0]; i++)
        for (let j = 0; j < n[1]; j++)
          for (let k = 0; k < n[2]; k++)
            for (let l = 0; l < n[3]; l++) f32[at++] = f32[ins[0] + i * n[4] + j * n[5] + k * n[6] + l * n[7]]
    },
    backward: ({ f32 }, { geometry: n, inGradients, gradient }) => {
      let at = gradient
      for (let i = 0; i < n[0]; i++)
        for (let j = 0; j < n[1]; j++)
          for (let k = 0; k < n[2]; k++)
            for (let l = 0; l < n[3]; l++)
              f32[inGradients[0] + i * n[4] + j * n[5] + k * n[6] + l * n[7]] += f32[at++]
    },
  },
  /**
   * The rows of a table [rows, width] that whole indices [...] name. An index that names no row gives NaN. A row's gradient is rounded
   * after each index that names it, in their order.
   */
  embedding: {
    arity: [2, 2],
    shape: (inputs, _, where) => {
      const [table, indices] = inputs
      if (table.length !== 2) throw misfit(where, inputs, "Give a table [rows, width] and indices [...]")
      return [...indices, lastOf(table)]
    },
    forward: ({ f32 }, { node, inSizes, ins, out }) => {
      const [rows, width] = node.inputs[0].shape
      for (let i = 0; i < inSizes[1]; i++) {
        const row = f32[ins[1] + i]
        const held = row >= 0 && row < rows && Math.floor(row) === row
        for (let j = 0; j < width; j++)
          f32[out + i * width + j] = held ? f32[ins[0] + row * width + j] : Number.NaN
      }
    },
    backward: ({ f32 }, { node, inSizes, ins, inGradients, gradient }) => {
      const [rows, width] = node.inputs[0].shape
      const table = inGradients[0]
      if (table < 0) return
      for (let i = 0; i < inSizes[1]; i++) {
        const row = f32[ins[1] + i]
        if (!(row >= 0 && row < rows && Math.floor(row) === row)) continue
        for (let j = 0; j < width; j++) f32[table + row * width + j] += f32[gradient + i * width + j]
      }
    },
  },
}
