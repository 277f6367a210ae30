/** Gradients by @jax-js/jax in double precision: a second oracle for ours. */
import { jax, type Values, valueOf } from "../../../examples/jax/operators.ts"
import type { Node } from "../../../src/morph/tensor/ir.ts"

const { grad, numpy: np } = jax

/** The gradients of a loss by some inputs and parameters, all given in single precision. */
export async function jaxGradients(
  loss: Node,
  given: ReadonlyMap<Node, Float32Array>,
  by: ReadonlyArray<Node>,
): Promise<ReadonlyArray<Float64Array>> {
  const nodes = [...given.keys()]
  const arrays = nodes.map((node) =>
    np.array(Float64Array.from(given.get(node) as Float32Array), {
      shape: [...node.shape],
      dtype: np.float64,
    }),
  )
  const f = (...all: Array<Values>): Values => valueOf(loss, new Map(nodes.map((node, i) => [node, all[i]])))
  const gradients = grad(f, { argnums: by.map((node) => nodes.indexOf(node)) })(...arrays)
  return Promise.all(gradients.map(async (one) => Float64Array.from(await one.data())))
}
