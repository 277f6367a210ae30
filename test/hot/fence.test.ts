/** What a fence closes, on an interval, on a grid and on a circle. */
import fc from "fast-check"
import { describe, expect, it } from "vitest"
import {
  type Fence,
  fenceBand,
  fenceBetween,
  fenceUsOf,
  keepInside,
  standingFences,
} from "../../src/hot/fence.ts"
import { LINEAR, LOG, PERIODIC } from "../../src/hot/codes.ts"
import { KnobTable } from "../../src/hot/KnobTable.ts"

const plain = new KnobTable([
  { min: 0, max: 1, scale: LINEAR, step: 0, maxStep: 0 },
  { min: 0, max: 1, scale: LINEAR, step: 0, maxStep: 0 },
])
const grid = new KnobTable([{ min: 1, max: 32, scale: LOG, step: 1, maxStep: 0 }])
const circle = new KnobTable([{ min: 0, max: 1, scale: PERIODIC, step: 0, maxStep: 0 }])

const inside = (table: KnobTable, fences: ReadonlyArray<Fence>, base: Float64Array, probe: Float64Array) => {
  const kept = probe.slice()
  keepInside(table, fences, base, kept)
  return Array.from(kept)
}

describe("how long a fence stands", () => {
  it("is long enough that one way into an emergency stays within the allowed rollbacks per hour", () => {
    const hour = 3_600_000_000
    expect([4, 1, 0].map((rollbacksPerHour) => fenceUsOf({ rollbacksPerHour }))).toEqual([
      hour / 4,
      hour,
      hour,
    ])
  })
})

describe("a fence", () => {
  const base = Float64Array.of(0.5, 0.5)
  const fence = fenceBetween(plain, base, Float64Array.of(0.6, 0.4), 100)

  it("stands half the way to the emergency, for every knob on its own side", () => {
    expect(inside(plain, [fence], base, Float64Array.of(0.6, 0.4))).toEqual([0.55, 0.45])
    expect(inside(plain, [fence], base, Float64Array.of(0.54, 0.46))).toEqual([0.54, 0.46])
    expect(inside(plain, [fence], base, Float64Array.of(0.4, 0.6))).toEqual([0.4, 0.6])
  })

  it("ignores a knob that had not moved", () => {
    const one = fenceBetween(plain, base, Float64Array.of(0.5, 0.4), 100)
    expect(inside(plain, [one], base, Float64Array.of(0.9, 0.4))).toEqual([0.9, 0.45])
    expect(inside(plain, [one], base, Float64Array.of(0.1, 0.4))).toEqual([0.1, 0.45])
  })

  it("does not limit the next base in a knob that had not moved, wherever it has gone since", () => {
    const one = fenceBetween(plain, base, Float64Array.of(0.5, 0.4), 100)
    for (const at of [0.3, 0.5, 0.7]) {
      const band = Float64Array.of(-0.2, 0.2, -0.01, 0.2)
      fenceBand(plain, [one], Float64Array.of(at, 0.5), band)
      expect(Array.from(band)).toEqual([-0.2, 0.2, -0.01, 0.2])
    }
  })

  it("has no effect if the base itself is beyond it", () => {
    expect(inside(plain, [fence], Float64Array.of(0.7, 0.5), Float64Array.of(0.75, 0.4))).toEqual([
      0.75, 0.45,
    ])
  })

  it("leaves a knob at its base if the grid has no point in between", () => {
    const at = Float64Array.of(grid.encode(0, 2))
    const one = fenceBetween(grid, at, Float64Array.of(grid.encode(0, 1)), 100)
    expect(inside(grid, [one], at, Float64Array.of(grid.encode(0, 1)))).toEqual(Array.from(at))
    const three = Float64Array.of(grid.encode(0, 3))
    expect(inside(grid, [one], at, three)).toEqual(Array.from(three))
    // From further off it goes as near as the grid allows, which is the point the fence was put up at.
    expect(inside(grid, [one], three, Float64Array.of(grid.encode(0, 1)))).toEqual(Array.from(at))
  })

  it("goes the short way round a circle", () => {
    const at = Float64Array.of(0.95)
    const one = fenceBetween(circle, at, Float64Array.of(0.05), 100)
    expect(inside(circle, [one], at, Float64Array.of(0.05))[0]).toBeCloseTo(0, 12)
    expect(inside(circle, [one], at, Float64Array.of(0.9))).toEqual([0.9])
  })

  it("is removed when its time is up", () => {
    const later = { ...fence, untilUs: 200 }
    expect(standingFences([fence, later], 99)).toEqual([fence, later])
    expect(standingFences([fence, later], 100)).toEqual([later])
    // Nothing is made anew while all stand: this is asked with every pair.
    const all = [fence, later]
    expect(standingFences(all, 99)).toBe(all)
  })

  it("keeps every next base inside, and does not limit the other side", () => {
    const unit = fc.double({ min: 0, max: 1, noNaN: true })
    const pair = fc.tuple(unit, unit)
    fc.assert(
      fc.property(
        pair,
        fc.array(pair, { maxLength: 4 }),
        fc.array(pair, { maxLength: 8 }),
        (from, to, moves) => {
          const start = Float64Array.from(from)
          const fences = to.map((probe) => fenceBetween(plain, start, Float64Array.from(probe), 1))
          const at = start.slice()
          for (const move of moves) {
            const band = Float64Array.of(-1, 1, -1, 1)
            const closer = band.slice()
            fenceBand(plain, fences, at, closer)
            for (let i = 0; i < 2; i++) {
              expect(closer[2 * i]).toBeLessThanOrEqual(0)
              expect(closer[2 * i + 1]).toBeGreaterThanOrEqual(0)
              at[i] += Math.min(closer[2 * i + 1], Math.max(closer[2 * i], move[i] - at[i]))
              for (const { sides, edges } of fences)
                expect((at[i] - edges[i]) * sides[i]).toBeLessThanOrEqual(0)
            }
          }
        },
      ),
    )
    const band = Float64Array.of(-0.3, 0.3, -0.3, 0.3)
    fenceBand(plain, [fence], base, band)
    expect(Array.from(band)).toEqual([-0.3, expect.closeTo(0.05, 8), expect.closeTo(-0.05, 8), 0.3])
  })
})
