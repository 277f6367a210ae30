import { type Attributes, type Shape, sameShape, shapeText } from "../ir.ts"
import { TensorError } from "../TensorError.ts"

/** Refuses inputs that do not fit one another: every shape, and where. */
export function misfit(where: string, inputs: ReadonlyArray<Shape>, remedy: string): TensorError {
  return new TensorError(where, `cannot take the shapes ${inputs.map(shapeText).join(" and ")}`, remedy)
}

/** The result has the shape of the first input. */
export const likeFirst = ([first]: ReadonlyArray<Shape>): Shape => first

/** All inputs have one shape, and the result is one number. */
export const oneNumber = (inputs: ReadonlyArray<Shape>, _: Attributes, where: string): Shape => {
  if (!inputs.every((shape) => sameShape(shape, inputs[0])))
    throw misfit(where, inputs, "Give inputs of one shape")
  return []
}

export const lastOf = (shape: Shape): number => shape[shape.length - 1]

/** A number among the attributes that passes; refuses anything else. */
export function numberOf(
  attributes: Attributes,
  name: string,
  where: string,
  passes: (value: number) => boolean,
  remedy: string,
): number {
  const value = attributes[name]
  if (typeof value !== "number" || !passes(value))
    throw new TensorError(where, `has ${name} ${String(value)}`, remedy)
  return value
}

/** A whole number from `least` to `most`. */
export function wholeOf(
  attributes: Attributes,
  name: string,
  where: string,
  least: number,
  most: number,
): number {
  const passes = (value: number): boolean => Number.isInteger(value) && value >= least && value <= most
  return numberOf(attributes, name, where, passes, `Give a whole number from ${least} to ${most}`)
}

/** A list of whole numbers. */
export function listOf(attributes: Attributes, name: string, where: string): ReadonlyArray<number> {
  const value = attributes[name]
  if (!Array.isArray(value) || !value.every((one) => Number.isInteger(one)))
    throw new TensorError(where, `has ${name} ${String(value)}`, "Give a list of whole numbers")
  return value as ReadonlyArray<number>
}

/** A shape with ones put before it, so that it has four axes. */
export const four = (shape: Shape): Shape => [...Array.from({ length: 4 - shape.length }, () => 1), ...shape]

/** How far apart neighbours along each axis are. */
export function stridesOf(shape: Shape): ReadonlyArray<number> {
  const strides = shape.map(() => 1)
  for (let axis = shape.length - 2; axis >= 0; axis--) strides[axis] = strides[axis + 1] * shape[axis + 1]
  return strides
}
