/**
 * One training step of a case by @jax-js/jax: value, gradients and Adam in one compiled function, in single precision. All parameters
 * are one array, and so are both moments: by a tensor each, a step takes two to four times as long.
 */
import { blockUntilReady, jit, numpy as np, valueAndGrad } from "@jax-js/jax"
import { type Shape, sizeOf } from "../../src/morph/tensor/ir.ts"
import { type Row, valueOf } from "../../examples/jax/operators.ts"
import { type Case, dataOf, RATE, Training } from "./cases.ts"

type Values = InstanceType<typeof np.Array>
type Step = (...all: ReadonlyArray<Values>) => [loss: Values, ...state: Array<Values>]

const BETA_1 = 0.9
const BETA_2 = 0.999
const EPSILON = 1e-8

const arrayOf = (values: Float32Array<ArrayBuffer>, shape: Shape): Values =>
  np.array(values, { shape: [...shape], dtype: np.float32 })

/** A convolution with stride 1 as one matrix product over shifted copies of the image: what its users write where it is slow. */
const shifted: Row = ([x, w, b], { shape }) => {
  const [high, wide, ins, outs] = w.shape
  const [, h, width] = shape
  const around = (size: number): [number, number] => [(size - 1) >> 1, size >> 1]
  const padded = np.pad(x, [[0, 0], around(high), around(wide), [0, 0]])
  const copies = Array.from({ length: high * wide }, (_, i) => {
    const [ky, kx] = [Math.floor(i / wide), i % wide]
    return padded.ref.slice([], [ky, ky + h], [kx, kx + width], [])
  })
  padded.dispose()
  return np.matmul(np.concatenate(copies, 3), w.reshape([high * wide * ins, outs])).add(b)
}

export class JaxTraining {
  private readonly compiled: Step
  private readonly inputs: ReadonlyArray<Values>
  /** Parameters, first and second moments. */
  private state: ReadonlyArray<Values>
  private last: Values | null = null
  private count = 0

  constructor(one: Case, rewritten = false) {
    const own = new Training(one)
    const { graph, x, labels, loss } = own.host
    const parameters = graph.parametersOf(0)
    const places = own.arena.table(0)
    const { parameters: start, length } = own.arena.slice(0)
    const zeros = new Float32Array(length)
    // With the padding of our slice, so that the places are ours.
    const begin = own.arena.views.f32.slice(start, start + length)
    this.state = [begin, zeros, zeros].map((values) => arrayOf(values, [length]))
    const [numbers, classes] = dataOf(own.host)
    this.inputs = [arrayOf(numbers, x.shape), arrayOf(classes, labels.shape)]
    const rows = rewritten ? { conv2d: shifted } : {}
    const nodes = [...parameters, x, labels]
    const both = valueAndGrad(
      (...all: Array<Values>): Values => valueOf(loss, new Map(nodes.map((node, i) => [node, all[i]])), rows),
      { argnums: parameters.map((_, i) => i) },
    )
    const padded = (size: number): number => (size + 3) & ~3
    this.compiled = jit(
      (c1: Values, c2: Values, x: Values, labels: Values, p: Values, m: Values, v: Values) => {
        const parts = parameters.map(({ shape }, i) =>
          p.ref.slice([places[i].offset, places[i].offset + sizeOf(shape)]).reshape([...shape]),
        )
        const [value, gradients] = both(...parts, x, labels) as unknown as [Values, Array<Values>]
        const flat = gradients.map((g, i) => {
          const { size } = places[i]
          return np.pad(g.reshape([size]), [[0, padded(size) - size]])
        })
        const g = np.concatenate(flat, 0)
        const first = m.mul(BETA_1).add(g.ref.mul(1 - BETA_1))
        const second = v.mul(BETA_2).add(np.square(g).mul(1 - BETA_2))
        const update = first.ref
          .div(c1)
          .mul(RATE)
          .div(np.sqrt(second.ref.div(c2)).add(EPSILON))
        return [value, p.sub(update), first, second]
      },
    ) as unknown as Step
  }

  step(): void {
    this.count++
    const corrections = [BETA_1, BETA_2].map((beta) => arrayOf(Float32Array.of(1 - beta ** this.count), []))
    const inputs = this.inputs.map((values) => values.ref)
    const [value, ...state] = this.compiled(...corrections, ...inputs, ...this.state)
    this.last?.dispose()
    this.last = value
    this.state = state
  }

  /** Nothing may wait to be computed when a clock is read. */
  async settle(): Promise<void> {
    await blockUntilReady([this.last, ...this.state])
  }

  async loss(): Promise<number> {
    const [loss] = await (this.last as Values).ref.data()
    return loss
  }
}
