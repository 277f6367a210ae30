/**
 * The IR of `arqon/morph` in terms of @jax-js/jax: one row per operator. A host over that library computes blueprints with it, and our
 * own gradients are held against it in double precision.
 */
// Its loader asks whether data is one of these, which Node 22 does not have.
if (!("Float16Array" in globalThis)) Object.assign(globalThis, { Float16Array: DataView })
export const jax = await import("@jax-js/jax")
const { lax, nn, numpy: np } = jax
export type Values = InstanceType<typeof np.Array>

import { type Blueprint, type BlueprintParameters, graftGraph, type Node } from "arqon/morph"

await jax.init("wasm")
jax.defaultDevice("wasm")

export type Row = (inputs: ReadonlyArray<Values>, node: Node) => Values

const sizeOf = (shape: ReadonlyArray<number>): number =>
  shape.reduce((product, length) => product * length, 1)

const number = (node: Node, name: string, otherwise = Number.NaN): number =>
  (node.attributes[name] as number | undefined) ?? otherwise
const list = (node: Node, name: string): Array<number> => [
  ...(node.attributes[name] as ReadonlyArray<number>),
]

const whole = (x: Values): Values => np.astype(x, np.int32)

/** A convolution with the channels last, as ours, by one with the channels first. */
const convolution =
  (axes: 1 | 2, depthwise: boolean): Row =>
  ([x, w, b], node) => {
    const [toFirst, toLast, weights] =
      axes === 1
        ? [
            [0, 2, 1],
            [0, 2, 1],
            [2, 1, 0],
          ]
        : [
            [0, 3, 1, 2],
            [0, 2, 3, 1],
            [3, 2, 0, 1],
          ]
    const channels = w.shape[w.shape.length - 1]
    const filters = depthwise ? w.reshape([...w.shape.slice(0, axes), 1, channels]) : w
    const padding = node.attributes["padding"] === "valid" ? "VALID" : "SAME"
    const strides = Array.from({ length: axes }, () => number(node, "stride", 1))
    const y = lax.convGeneralDilated(x.transpose(toFirst), filters.transpose(weights), strides, padding, {
      rhsDilation: strides.map(() => number(node, "dilation", 1)),
      featureGroupCount: depthwise ? channels : 1,
    })
    const out = y.transpose(toLast)
    return b === undefined ? out : out.add(b)
  }

const pool =
  (largest: boolean): Row =>
  ([x], node) => {
    const axes = node.shape.length - 2
    const [toFirst, toLast] =
      axes === 1
        ? [
            [0, 2, 1],
            [0, 2, 1],
          ]
        : [
            [0, 3, 1, 2],
            [0, 2, 3, 1],
          ]
    const sizes = Array.from({ length: axes }, () => number(node, "window"))
    const strides = sizes.map((size) => number(node, "stride", size))
    const computation = (w: Values): Values => (largest ? np.max(w) : np.mean(w))
    return lax.reduceWindow(x.transpose(toFirst), computation, sizes, strides).transpose(toLast)
  }

/** Over the last axis of [batch, places, groups, width]. */
const norm =
  (layer: boolean): Row =>
  ([x, gain, bias], node) => {
    const c = node.shape[node.shape.length - 1]
    const groups = layer ? 1 : number(node, "groups")
    const batch = layer ? sizeOf(node.shape) / c : node.shape[0]
    const split = x.reshape([batch, sizeOf(node.shape) / batch / c, groups, c / groups])
    const centred = split.ref.sub(np.mean(split, [1, 3], { keepdims: true }))
    const spread = np
      .mean(np.square(centred.ref), [1, 3], { keepdims: true })
      .add(number(node, "epsilon", 1e-5))
    return centred
      .div(np.sqrt(spread))
      .reshape([...node.shape])
      .mul(gain)
      .add(bias)
  }

const places = (node: Node): Array<number> => node.inputs[0].shape.slice(1, -1).map((_, i) => i + 1)

const JAX: Readonly<Record<string, Row>> = {
  dense: ([x, w, b]) => (b === undefined ? np.matmul(x, w) : np.matmul(x, w).add(b)),
  matmul: ([x, y], node) => np.matmul(x, number(node, "transposed", 0) === 1 ? np.matrixTranspose(y) : y),
  conv1d: convolution(1, false),
  conv2d: convolution(2, false),
  depthwise1d: convolution(1, true),
  depthwise2d: convolution(2, true),
  layerNorm: norm(true),
  groupNorm: norm(false),
  softmax: ([x]) => nn.softmax(x),
  relu: ([x]) => nn.relu(x),
  tanh: ([x]) => np.tanh(x),
  sigmoid: ([x]) => nn.sigmoid(x),
  silu: ([x]) => nn.silu(x),
  gelu: ([x]) => nn.gelu(x),
  sin: ([x]) => np.sin(x),
  exp: ([x]) => np.exp(x),
  maxPool: pool(true),
  meanPool: pool(false),
  globalMax: ([x], node) => np.max(x, places(node)),
  globalMean: ([x], node) => np.mean(x, places(node)),
  add: ([x, y]) => x.add(y),
  subtract: ([x, y]) => x.sub(y),
  multiply: ([x, y]) => x.mul(y),
  scale: ([x], node) => x.mul(number(node, "factor")),
  stop: ([x]) => lax.stopGradient(x),
  concat: (inputs, node) => np.concatenate([...inputs], number(node, "axis")),
  slice: ([x], node) =>
    x.slice(
      ...node.shape.map((_, axis): [number, number] | [] =>
        axis === number(node, "axis") ? [number(node, "from"), number(node, "to")] : [],
      ),
    ),
  reshape: ([x], node) => x.reshape(list(node, "shape")),
  transpose: ([x], node) => x.transpose(list(node, "order")),
  embedding: ([table, indices]) => np.take(table, whole(indices), 0),
  // Without a seed in common: as it passes in a program that does not train.
  dropout: ([x]) => x,
  crossEntropy: ([x, labels]) => {
    const hit = np.astype(nn.oneHot(whole(labels), x.shape[x.shape.length - 1]), x.dtype)
    return np.mean(nn.logsumexp(x.ref, -1).sub(np.sum(x.mul(hit), -1)))
  },
  mse: ([x, y]) => np.mean(np.square(x.sub(y))),
  binary: ([x, t]) => np.mean(nn.softplus(x.ref).sub(x.mul(t))),
}

/** Computes a node from the values of the inputs and parameters, which it takes; `rows` are used instead of those above. */
export function valueOf(
  node: Node,
  values: Map<Node, Values>,
  rows: Readonly<Record<string, Row>> = {},
): Values {
  const known = values.get(node)
  if (known !== undefined) return known.ref
  const row = rows[node.op] ?? JAX[node.op]
  if (row === undefined) throw new Error(`${node.op} has no row in terms of jax`)
  const made = row(
    node.inputs.map((input) => valueOf(input, values, rows)),
    node,
  )
  values.set(node, made)
  return made.ref
}

/** A vector as arrays of these shapes, one after the other. Takes the vector. */
export function apart(vector: Values, shapes: ReadonlyArray<ReadonlyArray<number>>): Array<Values> {
  let to = 0
  const arrays = shapes.map((shape) => {
    const from = to
    to += sizeOf(shape)
    return vector.ref.slice([from, to]).reshape([...shape])
  })
  vector.dispose()
  return arrays
}

/** What a blueprint adds to a value; all that it learns is in one vector. Takes both. */
export const addedBy =
  (blueprint: Blueprint, parameters: BlueprintParameters) =>
  (learnt: Values, value: Values): Values => {
    const graph = graftGraph(blueprint, value.shape, parameters)
    const shapes = graph.learnt.map(({ shape }) => shape)
    const values = [value, ...apart(learnt, shapes)]
    return valueOf(graph.added, new Map([graph.value, ...graph.learnt].map((node, i) => [node, values[i]])))
  }
