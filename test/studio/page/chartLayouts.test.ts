/** The statecharts as the page's build lays them out: nothing is missing, and everything is where it belongs. */
import { describe, expect, it } from "vitest"
import { chartLayouts } from "../../../scripts/chartLayouts.ts"
import { graphOf } from "../../../src/studio/page/statechart/Graph.ts"
import type { Box } from "../../../src/studio/page/statechart/layouts.ts"
import type { StateDefinition } from "../../../src/studio/protocol/machineProtocol.ts"
import { machineDefinitions } from "../../../src/studio/server/machineDefinitions.ts"

const layouts = await chartLayouts()

const holds = (outer: Box, inner: Box): boolean =>
  inner.x >= outer.x &&
  inner.y >= outer.y &&
  inner.x + inner.width <= outer.x + outer.width &&
  inner.y + inner.height <= outer.y + outer.height

const overlap = (a: Box, b: Box): boolean =>
  a.x < b.x + b.width && b.x < a.x + a.width && a.y < b.y + b.height && b.y < a.y + a.height

describe.each(machineDefinitions())("the picture of $name", (machine) => {
  const graph = graphOf(machine)

  it.each(["down", "right"] as const)(
    "has every state inside the one around it, and beside its like, %s",
    (way) => {
      const { boxes, width, height } = layouts[machine.name][way === "down" ? 0 : 1]
      const look = (state: StateDefinition, around: Box): void => {
        const children = state.states.map(({ id }) => boxes[id])
        for (const [i, box] of children.entries()) {
          expect(holds(around, box)).toBe(true)
          for (const other of children.slice(i + 1)) expect(overlap(box, other)).toBe(false)
          look(state.states[i], box)
        }
      }
      look(graph.root, { x: 0, y: 0, width, height })
      expect(Object.keys(boxes).sort()).toEqual(
        [...graph.states.keys()].filter((id) => id !== graph.root.id).sort(),
      )
    },
  )

  it("has every arrow with its label, and every entry", () => {
    const compound = [...graph.states.values()].filter((one) => one.initial !== null && one.states.length > 0)
    for (const { moves, starts, startMoves } of layouts[machine.name]) {
      expect(Object.keys(moves).sort()).toEqual(graph.moves.map(({ id }) => id).sort())
      for (const { points, label } of Object.values(moves)) {
        expect(points.length).toBeGreaterThan(1)
        expect(label).not.toBeNull()
      }
      const entered = compound.map(({ id }) => id).sort()
      expect(Object.keys(starts).sort()).toEqual(entered)
      expect(Object.keys(startMoves).sort()).toEqual(entered)
    }
  })
})
