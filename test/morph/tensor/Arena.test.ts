import { describe, expect, it } from "vitest"
import { Arena } from "../../../src/morph/tensor/Arena.ts"
import { Graph } from "../../../src/morph/tensor/Graph.ts"
import { HEAD_WORDS, type Node } from "../../../src/morph/tensor/ir.ts"
import { Program } from "../../../src/morph/tensor/Program.ts"
import { ReferencePlan } from "../../../src/morph/tensor/ReferencePlan.ts"

/** Weights and a bias of an owner, with fan-in 5. */
const parameters = (owner: number, units = 7): ReadonlyArray<Node> => {
  const graph = new Graph().scope("layer", owner)
  graph.parameter("weights", [5, units], { initial: "he" })
  graph.parameter("bias", [units], { initial: "ones" })
  return graph.parametersOf(owner)
}

/** Fills a whole slice with numbers of its own. */
const scribble = (arena: Arena, owner: number): void => {
  const { head, words } = arena.slice(owner)
  for (let i = HEAD_WORDS; i < words; i++) arena.views.f32[head + i] = Math.sin(i + owner)
}

describe.each([
  ["plain", false],
  ["shared", true],
])("an arena in %s memory", (_, shared) => {
  it("keeps every bit of a slice when it grows by another", () => {
    const arena = Arena.make({ shared })
    arena.append(0, parameters(0), 1)
    scribble(arena, 0)
    const before = arena.snapshot(0)
    const { buffer } = arena.views.f32
    arena.append(1, parameters(1, 40_000), 2)
    expect(arena.views.f32.buffer).not.toBe(buffer)
    expect(arena.snapshot(0)).toEqual(before)
  })

  it("restores a snapshot bit for bit", () => {
    const arena = Arena.make({ shared })
    arena.append(0, parameters(0), 1)
    arena.append(1, parameters(1), 1)
    scribble(arena, 0)
    scribble(arena, 1)
    const [host, graft] = [arena.snapshot(0), arena.snapshot(1)]
    arena.views.u32.fill(0x7fc00001, arena.slice(0).head, arena.slice(0).head + arena.slice(0).words)
    arena.restore(0, host)
    expect(arena.snapshot(0)).toEqual(host)
    expect(arena.snapshot(1)).toEqual(graft)
  })

  it("zeroes a removed slice and uses its place again", () => {
    const arena = Arena.make({ shared })
    arena.append(0, parameters(0), 1)
    arena.append(1, parameters(1), 1)
    arena.append(2, parameters(2), 1)
    const { head, words } = arena.slice(1)
    scribble(arena, 1)
    arena.remove(1)
    expect(arena.views.u32.slice(head, head + words).every((word) => word === 0)).toBe(true)
    expect(arena.owners).toEqual([0, 2])
    expect(arena.append(3, parameters(3), 1).head).toBe(head)
  })
})

describe("an arena", () => {
  it("says where each tensor is and whose", () => {
    const arena = Arena.make()
    arena.append(0, parameters(0), 1)
    arena.append(4, parameters(4), 1)
    expect(arena.table(4)).toEqual([
      { name: "layer/weights", owner: 4, offset: 0, size: 35 },
      { name: "layer/bias", owner: 4, offset: 36, size: 7 },
    ])
    expect(arena.slice(4).length).toBe(44)
    expect(arena.offsetOf(parameters(4)[1])).toBe(arena.slice(4).parameters + 36)
  })

  it("refuses to outgrow its limit, and changes nothing", () => {
    const arena = Arena.make({ maxBytes: 1 << 17 })
    arena.append(0, parameters(0), 1)
    const before = arena.views.u32.slice()
    expect(() => arena.append(1, parameters(1, 4000), 1)).toThrow(
      "arena: has no room for 384064 bytes within its 131072. Raise maxBytes, or remove grafts.",
    )
    expect(arena.views.u32).toEqual(before)
    expect(arena.owners).toEqual([0])
  })

  it("refuses what it does not hold", () => {
    const arena = Arena.make()
    expect(() => arena.slice(3)).toThrow("owner 3: has no slice in this arena. Append its parameters first.")
    arena.append(0, parameters(0), 1)
    expect(() => arena.append(0, parameters(0), 1)).toThrow("owner 0: has a slice already")
    expect(() => arena.restore(0, new Uint32Array(3))).toThrow("owner 0: has 192 words, the snapshot 3")
    expect(() => arena.release(5)).toThrow("arena: holds no block at 5")
    expect(() => arena.offsetOf(parameters(0, 8)[0])).toThrow(
      "layer/weights: is no tensor of 40 numbers of owner 0",
    )
    expect(() => new Arena(new WebAssembly.Memory({ initial: 1 }))).toThrow("the memory holds no arena")
  })

  it("is opened again with its numbers, and without the blocks of plans", () => {
    const arena = Arena.make({ shared: true })
    arena.append(0, parameters(0), 1)
    const graph = new Graph()
    const plan = new ReferencePlan(new Program({ outputs: [graph.input("x", [9])] }), arena)
    const block = plan.offset(graph.nodes[0])
    scribble(arena, 0)
    const before = arena.snapshot(0)
    const again = new Arena(arena.memory)
    again.append(0, parameters(0), 99)
    expect(again.snapshot(0)).toEqual(before)
    expect(again.reserve(9)).toBe(block)
    const other = new Arena(arena.memory)
    expect(() => other.append(0, parameters(0, 9), 1)).toThrow(
      "has 44 words of parameters in this memory, not 60",
    )
  })
})
