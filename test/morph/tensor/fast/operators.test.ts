/** Every operator as instructions beside its reference: over the shared cases, over random shapes, and with a number that is none. */
import * as fc from "fast-check"
import { describe, expect, it } from "vitest"
import { Arena } from "../../../../src/morph/tensor/Arena.ts"
import { FastPlan } from "../../../../src/morph/tensor/fast/FastPlan.ts"
import { LOWERED } from "../../../../src/morph/tensor/fast/lowering.ts"
import { type Node, type Shape, sizeOf } from "../../../../src/morph/tensor/ir.ts"
import { plain } from "../../../../src/morph/tensor/loops/plain.ts"
import { LOOPS } from "../../../../src/morph/tensor/loops/table.ts"
import { OPERATORS } from "../../../../src/morph/tensor/operators/table.ts"
import { Program } from "../../../../src/morph/tensor/Program.ts"
import { ReferencePlan } from "../../../../src/morph/tensor/ReferencePlan.ts"
import { build, type Built, type Case, CASES } from "../cases.ts"

interface Spoilt {
  readonly input: Node
  readonly place: number
  readonly value: number
}

/** Runs a plan with one number of an input changed, or none: values of the node, gradients by all inputs. */
function runner(
  kind: typeof FastPlan | typeof ReferencePlan,
  { graph, node, loss, by, given }: Built,
): (spoilt?: Spoilt) => ReadonlyArray<Float32Array> {
  const arena = Arena.make()
  // Dropout draws by the head of its owner.
  arena.append(0, graph.parametersOf(0), 3)
  const plan = new kind(new Program({ loss, wrt: by, outputs: [node, ...by], train: [0] }), arena)
  const read = (at: number, of: Node): Float32Array => arena.views.f32.slice(at, at + sizeOf(of.shape))
  return (spoilt) => {
    const { f32 } = arena.views
    for (const [input, values] of given) f32.set(values, plan.offset(input))
    if (spoilt !== undefined) f32[plan.offset(spoilt.input) + spoilt.place] = spoilt.value
    plan.forward()
    plan.backward()
    return [read(plan.offset(node), node), ...by.map((input) => read(plan.gradient(input), input))]
  }
}

const expectAlike = (built: Built): void => {
  const fast = runner(FastPlan, built)
  fast()
  // Twice: nothing of the first run may be left in the second.
  const [own, exact] = [fast(), runner(ReferencePlan, built)()]
  exact.forEach((values, i) => {
    const scale = values.reduce((most, v) => Math.max(most, Math.abs(v)), 0.01)
    const apart = values.reduce((most, v, j) => Math.max(most, Math.abs(own[i][j] - v)), 0)
    expect(apart).toBeLessThanOrEqual(1e-5 * scale)
  })
}

/** The places that show an operator's lanes and ends: the first nine, and the last. */
const placesOf = (size: number): ReadonlyArray<number> =>
  [0, 1, 2, 3, 4, 5, 6, 7, 8, size - 1].filter((place, i, all) => place < size && all.indexOf(place) === i)

describe.each(CASES)("$name", (one) => {
  it("gives what the reference gives", () => {
    expectAlike(build(one))
  })

  it("hides no NaN and no infinity that the reference shows", () => {
    const built = build(one)
    const plans = [FastPlan, ReferencePlan].map((kind) => runner(kind, built))
    for (const input of built.by)
      for (const place of placesOf(sizeOf(input.shape)))
        for (const value of [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]) {
          const [own, exact] = plans.map((run) => run({ input, place, value }))
          exact.forEach((values, i) =>
            values.forEach((v, j) => {
              const found = own[i][j]
              if (Number.isNaN(v) ? !Number.isNaN(found) : !Number.isFinite(v) && Number.isFinite(found))
                expect.fail(
                  `number ${j} of ${i} is ${found}, not ${v}, by ${value} at ${place} of ${input.where}`,
                )
            }),
          )
        }
  })
})

const size = fc.integer({ min: 1, max: 9 })
const few = fc.integer({ min: 1, max: 3 })

const of = (op: string, shapes: ReadonlyArray<Shape>, attributes: Case["attributes"] = {}): Case => ({
  name: op,
  op,
  inputs: shapes.map((shape): readonly [Shape] => [shape]),
  attributes,
})

const SHAPES: Readonly<Record<string, fc.Arbitrary<Case>>> = {
  dense: fc
    .tuple(size, size, size)
    .map(([rows, ins, outs]) => of("dense", [[rows, ins], [ins, outs], [outs]])),
  matmul: fc
    .tuple(few, size, size, size, fc.boolean())
    .map(([batch, m, k, n, turned]) =>
      of("matmul", [[batch, m, k], turned ? [batch, n, k] : [batch, k, n]], { transposed: turned ? 1 : 0 }),
    ),
  conv2d: fc
    .tuple(few, size, size, few, few, few, size, few, few)
    .map(([batch, h, w, c, kh, kw, outs, stride, dilation]) =>
      of("conv2d", [[batch, h, w, c], [kh, kw, c, outs], [outs]], { stride, dilation }),
    ),
  depthwise2d: fc
    .tuple(few, size, size, size, few, few, few, few)
    .map(([batch, h, w, c, kh, kw, stride, dilation]) =>
      of("depthwise2d", [[batch, h, w, c], [kh, kw, c], [c]], { stride, dilation }),
    ),
  maxPool: fc
    .tuple(few, size, size, size, few)
    .map(([batch, h, w, c, stride]) => of("maxPool", [[batch, h + 2, w + 2, c]], { window: 3, stride })),
  meanPool: fc
    .tuple(few, size, size, size, few)
    .map(([batch, h, w, c, stride]) => of("meanPool", [[batch, h + 1, w + 1, c]], { window: 2, stride })),
  groupNorm: fc.tuple(few, size, fc.integer({ min: 2, max: 6 }), few).map(([batch, places, width, groups]) =>
    of("groupNorm", [[batch, places, width * groups], [width * groups], [width * groups]], {
      groups,
      epsilon: 0.1,
    }),
  ),
  softmax: fc.tuple(size, size).map((shape) => of("softmax", [shape])),
  multiply: fc.tuple(few, size, size, fc.integer({ min: 0, max: 15 })).map(([a, b, c, mask]) => {
    const shape = [a, b, c]
    return of("multiply", [shape, shape.map((n, i) => ((mask >> i) & 1 ? 1 : n)).slice(mask > 7 ? 1 : 0)])
  }),
  transpose: fc
    .tuple(few, size, size, fc.constantFrom([0, 2, 1], [1, 0, 2], [2, 1, 0], [2, 0, 1], [0, 1, 2]))
    .map(([a, b, c, order]) => of("transpose", [[a, b, c]], { order })),
  concat: fc.tuple(few, size, size, size).map(([turns, a, b, c]) =>
    of(
      "concat",
      [
        [turns, a],
        [turns, b],
        [turns, c],
      ],
      { axis: 1 },
    ),
  ),
}

describe.each(Object.entries(SHAPES))("%s of any shape", (_, shapes) => {
  it("gives what the reference gives", () => {
    fc.assert(
      fc.property(shapes, (one) => expectAlike(build(one))),
      { numRuns: 40 },
    )
  })
})

describe("the table of instructions", () => {
  it("has every operator that is not run as plain loops", () => {
    const instructed = Object.keys(LOWERED)
    expect([...instructed, ...Object.keys(plain)].toSorted()).toEqual(Object.keys(OPERATORS).toSorted())
    expect(Object.keys(LOOPS).toSorted()).toEqual(Object.keys(OPERATORS).toSorted())
  })

  it("has an operator's name for each row, and a way back where the operator has one", () => {
    for (const [name, { backward }] of Object.entries(LOWERED)) {
      expect(Object.keys(OPERATORS)).toContain(name)
      expect(backward === undefined).toBe(LOOPS[name].backward === undefined)
    }
  })
})
