import { describe, expect, it } from "vitest"
import { Arena } from "../../../src/morph/tensor/Arena.ts"
import { chacha8 } from "../../../src/morph/tensor/counterRandom.ts"
import { Graph, type Initial } from "../../../src/morph/tensor/Graph.ts"
import { HEAD_STEP, type Node } from "../../../src/morph/tensor/ir.ts"
import { Program } from "../../../src/morph/tensor/Program.ts"
import { ReferencePlan } from "../../../src/morph/tensor/ReferencePlan.ts"

describe("the draws", () => {
  it("are ChaCha with eight rounds: draft-strombergson-chacha-test-vectors-01, TC2", () => {
    const state = new Uint32Array(16)
    state.set([0x61707865, 0x3320646e, 0x79622d32, 0x6b206574, 1])
    const out = new Uint32Array(16)
    chacha8(state, out)
    const hex = [...new Uint8Array(out.buffer)].map((byte) => byte.toString(16).padStart(2, "0")).join("")
    expect(hex).toBe(
      "cf5ee9a0494aa9613e05d5ed725b804b12f4a465ee635acc3a311de8740489ea289d04f43c7518db56eb4433e498a1238cd8464d3763ddbb9222ee3bd8fae3c8",
    )
  })
})

const initialValues = (initial: Initial, shape: ReadonlyArray<number>, seed = 1): Float32Array => {
  const graph = new Graph()
  const node = graph.parameter("w", shape, { initial })
  const arena = Arena.make()
  const { length } = arena.append(0, graph.parametersOf(0), seed)
  return arena.views.f32.slice(arena.offsetOf(node), arena.offsetOf(node) + length)
}

describe("initial values", () => {
  it("are uniform within the bounds of Glorot and of He", () => {
    for (const [initial, shape, bound] of [
      ["glorot", [100, 140], Math.sqrt(6 / 240)],
      ["he", [100, 140], Math.sqrt(6 / 100)],
      ["he", [3, 3, 40, 40], Math.sqrt(6 / 360)],
    ] as const) {
      const values = initialValues(initial, shape)
      const n = values.length
      const mean = values.reduce((sum, x) => sum + x, 0) / n
      const variance = values.reduce((sum, x) => sum + x * x, 0) / n
      expect(Math.max(...values.map(Math.abs))).toBeLessThanOrEqual(bound)
      // Four standard errors of the mean and of the variance of a uniform draw.
      expect(Math.abs(mean)).toBeLessThan((4 * bound) / Math.sqrt(3 * n))
      expect(Math.abs(variance / ((bound * bound) / 3) - 1)).toBeLessThan(4 * Math.sqrt(0.8 / n))
    }
  })

  it("are a function of the owner's seed alone, and differ between its tensors", () => {
    expect(initialValues("he", [5, 5], 7)).toEqual(initialValues("he", [5, 5], 7))
    expect(initialValues("he", [5, 5], 8)).not.toEqual(initialValues("he", [5, 5], 7))
    // The high word of the seed counts too.
    expect(initialValues("he", [5, 5], 7 + 2 ** 32)).not.toEqual(initialValues("he", [5, 5], 7))
    const values = (owner: number): Float32Array => {
      const graph = new Graph().scope("layer", owner)
      graph.parameter("a", [4, 4], { initial: "he" })
      graph.parameter("b", [4, 4], { initial: "he" })
      const arena = Arena.make()
      const slice = arena.append(owner, graph.parametersOf(owner), 3)
      return arena.views.f32.slice(slice.parameters, slice.parameters + 32)
    }
    expect(values(5)).toEqual(values(1))
    expect(values(1).slice(0, 16)).not.toEqual(values(1).slice(16))
  })

  it("are zeros or ones where that is asked for", () => {
    expect(initialValues("zeros", [8])).toEqual(new Float32Array(8))
    expect(initialValues("ones", [8])).toEqual(new Float32Array(8).fill(1))
  })
})

/** A parameter of the owner through dropouts, beside another owner that has some of its own. */
const dropped = (rate: number, training: boolean, before = 0) => {
  const graph = new Graph()
  const size = 4096
  const x = graph.input("x", [size])
  const other = graph.scope("other", 1)
  const b = other.parameter("b", [size], { initial: "ones" })
  const own = graph.scope("own", 2)
  own.parameter("a", [4], { initial: "ones" })
  let last: Node = b
  for (let i = 0; i < before; i++) last = other.apply("dropout", [last], { rate: 0.5 })
  const outputs = [own.apply("dropout", [x], { rate }), own.apply("dropout", [x], { rate })]
  const arena = Arena.make()
  for (const owner of [1, 2]) arena.append(owner, graph.parametersOf(owner), 11)
  const plan = new ReferencePlan(new Program({ outputs: [...outputs, last], training }), arena)
  arena.views.f32.fill(1, plan.offset(x), plan.offset(x) + size)
  const masks = (): ReadonlyArray<Float32Array> => {
    plan.forward()
    return outputs.map((node) => arena.views.f32.slice(plan.offset(node), plan.offset(node) + size))
  }
  return { arena, masks, size }
}

describe("dropout", () => {
  it("drops its share and keeps the mean", () => {
    for (const rate of [0, 0.25, 0.9]) {
      const [mask] = dropped(rate, true).masks()
      const kept = mask.filter((x) => x !== 0)
      expect(kept.every((x) => x === Math.fround(1 / (1 - rate)))).toBe(true)
      expect(Math.abs(kept.length / mask.length - (1 - rate))).toBeLessThanOrEqual(
        4 * Math.sqrt((rate * (1 - rate)) / mask.length),
      )
    }
  })

  it("drops the same again in the same step, and others in the next", () => {
    const { arena, masks } = dropped(0.5, true)
    const first = masks()
    expect(masks()).toEqual(first)
    arena.views.u32[arena.slice(2).head + HEAD_STEP] += 1
    expect(masks()[0]).not.toEqual(first[0])
    expect(first[1]).not.toEqual(first[0])
  })

  it("draws for one owner what it draws without the others", () => {
    expect(dropped(0.5, true, 3).masks()).toEqual(dropped(0.5, true, 0).masks())
  })

  it("passes everything on where nothing learns", () => {
    expect(
      dropped(0.5, false)
        .masks()[0]
        .every((x) => x === 1),
    ).toBe(true)
  })
})
