import { type Attributes, type Node, type Shape, sameShape, shapeText } from "../ir.ts"
import { TensorError } from "../TensorError.ts"

/** Refuses inputs that do not fit one another: every shape, and where. */
export function misfit(where: string, inputs: ReadonlyArray<Shape>, remedy: string): TensorError {
  return new TensorError(where, `cannot take the shapes ${inputs.map(shapeText).join(" and ")}`, remedy)
}

/** The result has the shape of the first input. */
export const likeFirst = ([first]: ReadonlyArray<Shape>): Shape => first

/** All inputs have one shape, and so has the result. */
export const allAlike = (inputs: ReadonlyArray<Shape>, _: Attributes, where: string): Shape => {
  if (!inputs.every((shape) => sameShape(shape, inputs[0])))
    throw misfit(where, inputs, "Give inputs of one shape")
  return inputs[0]
}

export const lastOf = (shape: Shape): number => shape[shape.length - 1]

/** A number among the attributes; refuses anything else. */
export function numberOf(attributes: Attributes, name: string, where: string): number {
  const value = attributes[name]
  if (typeof value !== "number" || !Number.isFinite(value))
    throw new TensorError(where, `has ${name} ${String(value)}`, "Give a finite number")
  return value
}

/** The same where the rule has already passed it. */
export const known = (node: Node, name: string): number => node.attributes[name] as number
