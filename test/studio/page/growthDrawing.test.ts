/** A growing host as a drawing: everything has its place, size goes by parameters, and what is filled is what is in the output. */
import * as fc from "fast-check"
import { describe, expect, it } from "vitest"
import { GRAFT_STATES } from "../../../src/morph/contracts/enums.ts"
import { LIFE } from "../../../src/morph/grafting/transitions.ts"
import type { GrowthSocket, GrowthStation } from "../../../src/studio/protocol/growthProtocol.ts"
import { drawingOf, shareOf, toneOf, WIDE } from "../../../src/studio/page/core/growthDrawing.ts"

const socket = (more: Partial<GrowthSocket> = {}): GrowthSocket => ({
  kind: "socket",
  name: "hidden1",
  state: "dormant",
  blueprint: null,
  parameters: 0,
  alpha: 0,
  paused: null,
  lossWith: null,
  lossWithout: null,
  gates: [],
  ...more,
})
const layer = (name: string, parameters: number): GrowthStation => ({
  kind: "layer",
  name,
  units: 8,
  parameters,
})
const drawn = (...stations: ReadonlyArray<GrowthStation>) => drawingOf({ epoch: 1, stations })

const parameters = fc.nat({ max: 5_000_000 })
const anySocket = fc
  .record({
    state: fc.constantFrom(...GRAFT_STATES),
    blueprint: fc.constantFrom(null, "linear"),
    parameters,
    alpha: fc.double({ min: 0, max: 1, noNaN: true }),
  })
  .map(socket)
const anyStation = fc.oneof(
  anySocket,
  parameters.map((n): GrowthStation => layer("hidden1", n)),
  parameters.map((n): GrowthStation => ({ kind: "kept", name: "linear", parameters: n })),
)

describe("the drawing of a growing host", () => {
  it("has a part for each layer and kept graft and a ring for each socket, from the input down", () => {
    const { parts, sockets, label } = drawn(
      layer("hidden1", 24),
      { kind: "kept", name: "linear", parameters: 72 },
      socket({ name: "hidden1.g1", state: "training", blueprint: "gatedMlp", parameters: 600 }),
      layer("head", 18),
    )
    expect(parts.map(({ kind, name, words }) => [kind, name, words])).toEqual([
      ["layer", "hidden1", "8 units"],
      ["kept", "linear", "72 parameters"],
      ["layer", "head", "8 units"],
    ])
    expect(sockets.map(({ name, graft }) => [name, graft?.name])).toEqual([["hidden1.g1", "gatedMlp"]])
    const [first, kept, last] = parts.map(({ box }) => box.y)
    expect(first).toBeLessThan(kept)
    expect(kept).toBeLessThan(sockets[0].y)
    expect(sockets[0].y).toBeLessThan(last)
    expect(label).toBe("2 layers, 1 kept graft, 1 socket; gatedMlp in hidden1.g1, training")
  })

  it("keeps every box inside, and none on another", () => {
    fc.assert(
      fc.property(fc.array(anyStation, { maxLength: 12 }), (stations) => {
        const { parts, sockets, height, trunk } = drawn(...stations)
        const boxes = [
          ...parts.map(({ box }) => box),
          ...sockets.flatMap(({ graft }) => (graft === null ? [] : [graft.box])),
        ].toSorted((a, b) => a.y - b.y)
        for (const { x, y, width, height: tall } of boxes) {
          expect(x).toBeGreaterThanOrEqual(0)
          expect(x + width).toBeLessThanOrEqual(WIDE)
          expect(y).toBeGreaterThanOrEqual(trunk.from)
          expect(y + tall).toBeLessThanOrEqual(height)
          expect(width).toBeGreaterThan(0)
        }
        boxes.slice(1).forEach(({ y }, i) => expect(y).toBeGreaterThan(boxes[i].y + boxes[i].height))
      }),
    )
  })

  it("makes what has more parameters wider", () => {
    fc.assert(
      fc.property(parameters, parameters, (a, b) => {
        const [one, other] = drawn(layer("a", a), layer("b", b)).parts.map(({ box }) => box.width)
        expect(Math.sign(one - other)).toBe(Math.sign(a - b))
      }),
    )
  })

  it("grows a graft further out with every step of its life, and shows none where nothing is planted", () => {
    const way = ["germinated", "training", "blending", "shadowing", "probationary"] as const
    const reach = way.map((state) => {
      const [{ graft }] = drawn(socket({ state, blueprint: "linear", parameters: 72 })).sockets
      return graft === null ? 0 : graft.stem[1] - graft.stem[0]
    })
    expect(reach[0]).toBeGreaterThan(0)
    expect(reach).toEqual(reach.toSorted((a, b) => a - b))
    expect(new Set(reach).size).toBe(way.length)
    for (const state of ["dormant", "embargoed", "resetting", "terminated"] as const)
      expect(drawn(socket({ state, blueprint: "linear" })).sockets[0].graft).toBe(null)
  })

  it("fills as much of a graft as its state has in the output", () => {
    const shares = { host: 0, "host + alpha * graft": 0.3, "host + graft": 1 }
    for (const { state, output } of LIFE)
      expect([state, shareOf({ state, alpha: 0.3 })]).toEqual([state, shares[output]])
  })

  it("has a tone for every state, and only what is kept has that of what is kept", () => {
    const kept = GRAFT_STATES.filter((state) => toneOf(state) === "kept")
    expect(kept).toEqual(["fossilized"])
  })
})
