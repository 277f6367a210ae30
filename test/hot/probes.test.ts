/** Grid points by position, as the kernel asks for them. */
import fc from "fast-check"
import { describe, expect, it } from "vitest"
import { LINEAR, LOG, PERIODIC } from "../../src/hot/codes.ts"
import { KnobTable } from "../../src/hot/KnobTable.ts"
import { ProbeTable } from "../../src/hot/probes.ts"

const knob = fc.record({
  min: fc.integer({ min: 1, max: 1000 }),
  points: fc.integer({ min: 2, max: 300 }),
  step: fc.constantFrom(0.1, 1, 7),
  scale: fc.constantFrom(LINEAR, LOG, PERIODIC),
})

describe("the index of a position", () => {
  it("is a whole number on the grid, and never -0, which would need the heap", () => {
    fc.assert(
      fc.property(knob, fc.double({ min: -1, max: 2, noNaN: true }), ({ min, points, step, scale }, unit) => {
        const max = min + (points - 1) * step
        const table = new KnobTable([{ min, max, scale, step, maxStep: 0 }])
        const probes = new ProbeTable(table, 0.1)
        probes.x[0] = unit
        const index = probes.indexAt(0)
        expect(index).toBe(Math.abs(Math.trunc(index)))
        expect(index).toBeLessThanOrEqual(table.lastGridIndex[0])
      }),
      { numRuns: 2_000, examples: [[{ min: 10, points: 20, step: 1, scale: LINEAR }, -0.001]] },
    )
  })

  it("is that of the nearest point, and that of the end beyond it", () => {
    const table = new KnobTable([{ min: 10, max: 50, scale: LINEAR, step: 10, maxStep: 0 }])
    const probes = new ProbeTable(table, 0.1)
    const at = (unit: number): number => {
      probes.x[0] = unit
      return probes.indexAt(0)
    }
    expect([-3, -0.2, 0.1, 0.13, 0.5, 0.88, 1.2, 9].map(at)).toEqual([0, 0, 0, 1, 2, 4, 4, 4])
  })
})
