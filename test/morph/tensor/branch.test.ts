/** What a program trains, and what it leaves alone: the branch on which a graft learns beside a host. */
import { describe, expect, it } from "vitest"
import { Arena } from "../../../src/morph/tensor/Arena.ts"
import { FastPlan } from "../../../src/morph/tensor/fast/FastPlan.ts"
import { Graph } from "../../../src/morph/tensor/Graph.ts"
import type { Node } from "../../../src/morph/tensor/ir.ts"
import { Program } from "../../../src/morph/tensor/Program.ts"
import { ReferencePlan } from "../../../src/morph/tensor/ReferencePlan.ts"
import { mixed } from "./cases.ts"

const dense = (graph: Graph, x: Node, units: number): Node =>
  graph.apply("dense", [
    x,
    graph.parameter("weights", [x.shape[1], units], { initial: "glorot" }),
    graph.parameter("bias", [units], { initial: "zeros" }),
  ])

/** A host of two layers; with a graft beside the value at its socket, on the branch. */
function host(graft: boolean) {
  const graph = new Graph()
  const x = graph.input("x", [6, 2])
  const labels = graph.input("labels", [6])
  const socket = graph.apply("tanh", [dense(graph.scope("hidden1"), x, 4)])
  const inner = graph.scope("graft", 1)
  const copy = graph.apply("stop", [socket])
  const block = graft ? dense(inner.scope("out"), inner.apply("tanh", [dense(inner, copy, 5)]), 4) : copy
  const through = graft ? graph.apply("add", [copy, block]) : socket
  const loss = graph.apply("crossEntropy", [dense(graph.scope("tail"), through, 2), labels])
  return { graph, x, labels, loss, socket }
}

describe.each([
  ["reference", ReferencePlan],
  ["fast", FastPlan],
])("in the %s way, a program", (_, Way) => {
  const made = (arena: Arena, which: ReturnType<typeof host>, train: ReadonlyArray<number>) => {
    const plan = new Way(new Program({ loss: which.loss, train }), arena)
    arena.views.f32.set(mixed(12, 1), plan.offset(which.x))
    arena.views.f32.set([0, 1, 0, 1, 1, 0], plan.offset(which.labels))
    return plan
  }
  const gradientsOf = (arena: Arena, owner: number): Float32Array => {
    const { gradients, length } = arena.slice(owner)
    return arena.views.f32.slice(gradients, gradients + length)
  }
  const prepared = () => {
    const arena = Arena.make()
    const alone = host(false)
    const branch = host(true)
    arena.append(0, alone.graph.parametersOf(0), 1)
    arena.append(1, branch.graph.parametersOf(1), 2)
    return { arena, alone, branch }
  }

  it("writes the gradients of those that learn alone, and leaves every other word of the host", () => {
    const { arena, alone, branch } = prepared()
    const own = made(arena, alone, [0])
    const beside = made(arena, branch, [1])
    own.forward()
    own.backward()
    const before = arena.snapshot(0)
    expect(gradientsOf(arena, 0).some((g) => g !== 0)).toBe(true)
    beside.forward()
    beside.backward()
    expect(arena.snapshot(0)).toEqual(before)
    expect(gradientsOf(arena, 1).filter((g) => g !== 0).length).toBeGreaterThan(30)
  })

  it("lets a gradient through frozen parameters: that of the graft is the same, frozen tail or not", () => {
    const { arena, branch } = prepared()
    const [frozen, whole] = [made(arena, branch, [1]), made(arena, branch, [0, 1])]
    frozen.forward()
    frozen.backward()
    const expected = gradientsOf(arena, 1)
    whole.forward()
    whole.backward()
    expect(gradientsOf(arena, 1)).toEqual(expected)
  })

  it("lets no gradient through a stop: what is before it has none", () => {
    const { arena, branch } = prepared()
    const plan = made(arena, branch, [0, 1])
    plan.forward()
    plan.backward()
    const { offset, size } = arena.table(0)[0]
    expect(arena.table(0)[0].name).toBe("hidden1/weights")
    expect(gradientsOf(arena, 0).slice(offset, offset + size)).toEqual(new Float32Array(size))
    expect(plan.gradient(branch.socket)).toBe(-1)
  })

  it("writes gradients anew at each backward pass, zero where nothing depends on a parameter", () => {
    const { arena, alone } = prepared()
    const plan = made(arena, alone, [0])
    plan.forward()
    plan.backward()
    const expected = gradientsOf(arena, 0)
    const { gradients, length } = arena.slice(0)
    arena.views.f32.fill(Number.NaN, gradients, gradients + length)
    plan.backward()
    expect(gradientsOf(arena, 0)).toEqual(expected)
  })

  it("runs on with the same bits after the memory has grown, and after its block was used by another", () => {
    const { arena, alone, branch } = prepared()
    const plan = made(arena, alone, [0])
    plan.forward()
    plan.backward()
    const expected = arena.snapshot(0)
    const large = new Graph().scope("large", 2)
    large.parameter("w", [200_000], { initial: "ones" })
    arena.append(2, large.parametersOf(2), 1)
    made(arena, branch, [1]).release()
    plan.forward()
    plan.backward()
    expect(arena.snapshot(0)).toEqual(expected)
  })
})
