/** What moves numbers and computes none. */
import { type Rule, type Shape, shapeText, sizeOf } from "../ir.ts"
import { TensorError } from "../TensorError.ts"
import { four, lastOf, listOf, misfit, stridesOf, wholeOf } from "./rules.ts"

const axisOf = (shape: Shape, attributes: Parameters<Rule["shape"]>[1], where: string): number =>
  wholeOf(attributes, "axis", where, 0, shape.length - 1)

/** Numbers beyond an axis: how far apart its neighbours are. */
const inner = (shape: Shape, axis: number): number => sizeOf(shape.slice(axis + 1))

export const places: Readonly<Record<string, Rule>> = {
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
  },
}
