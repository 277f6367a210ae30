/** Shapes and small graphs that nobody chose: values and gradients of both ways against jax-js in double precision. */
import fc from "fast-check"
import { describe, expect, it } from "vitest"
import { Arena } from "../../../src/morph/tensor/Arena.ts"
import { FastPlan } from "../../../src/morph/tensor/fast/FastPlan.ts"
import { Graph } from "../../../src/morph/tensor/Graph.ts"
import { type Node, type Shape, sizeOf } from "../../../src/morph/tensor/ir.ts"
import { Program } from "../../../src/morph/tensor/Program.ts"
import { ReferencePlan } from "../../../src/morph/tensor/ReferencePlan.ts"
import { build, type Built, type Case, mixed } from "./cases.ts"
import { jaxGradients } from "./jax.ts"

/** The largest error of any gradient, as a share of the largest gradient of all. */
async function worst({ loss, by, given }: Omit<Built, "node" | "graph">): Promise<number> {
  const expected = await jaxGradients(loss, given, by)
  const largest = expected.reduce((most, one) => one.reduce((m, g) => Math.max(m, Math.abs(g)), most), 1e-3)
  let error = 0
  for (const Way of [ReferencePlan, FastPlan]) {
    const arena = Arena.make()
    const plan = new Way(new Program({ loss, wrt: by }), arena)
    for (const [node, values] of given) arena.views.f32.set(values, plan.offset(node))
    plan.forward()
    plan.backward()
    by.forEach((node, i) => {
      const at = plan.gradient(node)
      expected[i].forEach(
        (g, j) => (error = Math.max(error, Math.abs(g - arena.views.f32[at + j]) / largest)),
      )
    })
  }
  return error
}

const few = (max: number, min = 1): fc.Arbitrary<number> => fc.integer({ min, max })

const convolved = fc
  .record({
    images: fc.boolean(),
    depthwise: fc.boolean(),
    batch: few(2),
    lengths: fc.tuple(few(7, 3), few(6, 3)),
    sizes: fc.tuple(few(3), few(3)),
    channels: few(5),
    outs: few(5),
    bias: fc.boolean(),
    stride: few(3),
    dilation: few(2),
    valid: fc.boolean(),
  })
  .filter(({ valid, dilation, sizes, lengths, images }) =>
    lengths.every((n, i) => !valid || (!images && i === 1) || n >= dilation * (sizes[i] - 1) + 1),
  )
  .map((one): Case => {
    const axes = one.images ? 2 : 1
    const outs = one.depthwise ? one.channels : one.outs
    const inputs: Array<[Shape]> = [
      [[one.batch, ...one.lengths.slice(0, axes), one.channels]],
      [[...one.sizes.slice(0, axes), ...(one.depthwise ? [] : [one.channels]), outs]],
    ]
    if (one.bias) inputs.push([[outs]])
    const { stride, dilation } = one
    const op = `${one.depthwise ? "depthwise" : "conv"}${axes}d`
    return {
      name: op,
      op,
      inputs,
      attributes: { stride, dilation, ...(one.valid ? { padding: "valid" } : {}) },
    }
  })

const broadcast = fc
  .record({
    shape: fc.array(few(5), { maxLength: 4 }),
    ones: fc.tuple(few(15, 0), few(15, 0)),
    cut: few(4, 0),
  })
  .chain(({ shape, ones, cut }) =>
    fc.constantFrom("add", "subtract", "multiply").map((op): Case => {
      const a = shape.map((n, i) => ((ones[0] >> i) & 1 ? 1 : n))
      const b = shape.map((n, i) => ((ones[1] >> i) & 1 ? 1 : n)).slice(Math.min(cut, shape.length))
      return { name: op, op, inputs: [[a], [b]] }
    }),
  )

const pooled = fc
  .record({
    op: fc.constantFrom("maxPool", "meanPool"),
    shape: fc.array(few(6, 3), { minLength: 3, maxLength: 4 }),
  })
  .chain(({ op, shape }) =>
    fc
      .record({ window: few(3), stride: few(3) })
      .map((attributes): Case => ({ name: op, op, inputs: [[shape]], attributes })),
  )

const product = fc
  .record({
    op: fc.constantFrom("dense", "matmul"),
    m: few(9),
    k: few(9),
    n: few(9),
    batch: few(3),
    turned: fc.boolean(),
  })
  .map(
    ({ op, m, k, n, batch, turned }): Case =>
      op === "dense"
        ? { name: op, op, inputs: [[[batch, m, k]], [[k, n]], [[n]]] }
        : {
            name: op,
            op,
            inputs: [[[batch, m, k]], [turned ? [batch, n, k] : [batch, k, n]]],
            attributes: turned ? { transposed: 1 } : {},
          },
  )

const rows = fc
  .record({ batch: few(3), places: few(4), groups: few(3), width: few(6, 3), op: few(2, 0) })
  .map(({ batch, places, groups, width, op }): Case => {
    const c = groups * width
    const norm = [[[batch, places, c]], [[c]], [[c]]] as const
    if (op === 0) return { name: "layerNorm", op: "layerNorm", inputs: norm }
    if (op === 1) return { name: "groupNorm", op: "groupNorm", inputs: norm, attributes: { groups } }
    return { name: "softmax", op: "softmax", inputs: [[[batch, places, c]]] }
  })

describe.each([
  ["a convolution", convolved],
  ["a sum, difference or product", broadcast],
  ["a pool", pooled],
  ["a product of matrices", product],
  ["a norm or softmax", rows],
])("of any shape", (name, cases) => {
  it(`${name} is what jax-js makes of it`, async () => {
    await fc.assert(
      fc.asyncProperty(cases, async (one) => {
        expect(await worst(build(one))).toBeLessThanOrEqual(1e-5)
      }),
      { numRuns: 8 },
    )
  })
})

/** One step that makes a node of those before it: what, of which, and a number for what else there is to choose. */
type Step = readonly [kind: number, of: number, with_: number]

const KINDS = ["tanh", "sigmoid", "silu", "gelu", "sin", "softmax"] as const

/** Follows the steps over tensors [4, width], each from nodes that exist, and ends in the distance from an aim. */
function grow(steps: ReadonlyArray<Step>): Omit<Built, "node" | "graph"> {
  const graph = new Graph()
  const given = new Map<Node, Float32Array>()
  const fresh = (shape: Shape, scale = 0.5): Node => {
    const node = graph.input(`input${given.size}`, shape)
    given.set(
      node,
      mixed(sizeOf(shape), given.size).map((x) => x * scale),
    )
    return node
  }
  const made = [fresh([4, 3])]
  for (const [kind, of, other] of steps) {
    const x = made[of % made.length]
    const width = x.shape[1]
    const alike = made.filter((node) => node.shape[1] === width)
    const y = alike[other % alike.length]
    const units = 1 + (other % 5)
    if (kind < KINDS.length) made.push(graph.apply(KINDS[kind], [x]))
    else if (kind === 6) made.push(graph.apply("dense", [x, fresh([width, units]), fresh([units])]))
    else if (kind === 7) made.push(graph.apply("add", [x, y]))
    else if (kind === 8) made.push(graph.apply("multiply", [x, y]))
    else if (kind === 9) made.push(graph.apply("concat", [x, y], { axis: 1 }))
    else if (kind === 10) made.push(graph.apply("stop", [x]))
    else if (kind === 11) made.push(graph.apply("slice", [x], { axis: 1, from: 0, to: 1 + (other % width) }))
    else made.push(graph.apply("layerNorm", [x, fresh([width]), fresh([width])], { epsilon: 0.1 }))
  }
  const ends = made.map((node) => graph.apply("mse", [node, graph.apply("stop", [fresh(node.shape)])]))
  const loss = ends.reduce((sum, end) => graph.apply("add", [sum, end]))
  return { loss, given, by: [...given.keys()] }
}

describe("a small graph", () => {
  const steps = fc.array(fc.tuple(few(12, 0), few(20, 0), few(20, 0)), { minLength: 2, maxLength: 8 })

  it("has the gradients that jax-js computes, whatever is connected with what", async () => {
    await fc.assert(
      fc.asyncProperty(steps, async (steps) => {
        expect(await worst(grow(steps))).toBeLessThanOrEqual(1e-5)
      }),
      { numRuns: 12 },
    )
  })

  it("gives the same bits again, and after another program has run in its memory", () => {
    fc.assert(
      fc.property(steps, fc.constantFrom(ReferencePlan, FastPlan), (steps, Way) => {
        const { loss, by, given } = grow(steps)
        const arena = Arena.make()
        const bits = (): Uint32Array => {
          const plan = new Way(new Program({ loss, wrt: by }), arena)
          for (const [node, values] of given) arena.views.f32.set(values, plan.offset(node))
          plan.forward()
          plan.backward()
          const read = arena.views.u32.slice(plan.gradient(by[0]), plan.gradient(by[0]) + 12)
          plan.release()
          return read
        }
        const first = bits()
        const other = grow(steps.toReversed())
        const between = new Way(new Program({ loss: other.loss }), arena)
        between.forward()
        expect(bits()).toEqual(first)
      }),
      { numRuns: 20 },
    )
  })
})
