import fc from "fast-check"
import { describe, expect, it } from "vitest"
import { PERIODIC } from "../../src/hot/codes.ts"
import { KnobTable } from "../../src/hot/KnobTable.ts"
import { bits, concurrency, everyShape, linear, logarithmic, periodic, stepped } from "./rig.ts"

const table = new KnobTable(everyShape)
const unit = fc.double({ min: 0, max: 1, noNaN: true })
const point = fc.array(unit, { minLength: table.size, maxLength: table.size })

const place = (of: KnobTable, units: ReadonlyArray<number>) => {
  const out = new Float64Array(2 * of.size)
  const status = of.place(Float64Array.from(units), 0, out, 0, of.size)
  return { status, units: out.slice(0, of.size), values: out.slice(of.size) }
}

describe("KnobTable", () => {
  it("decodes the ends of every scale to min and max", () => {
    for (const knob of [linear(-3, 7), logarithmic(0.01, 100), stepped(0, 40, 1), concurrency]) {
      const one = new KnobTable([knob])
      expect(one.decode(0, 0)).toBeCloseTo(knob.min, 12)
      expect(one.decode(0, 1)).toBeCloseTo(knob.max, 12)
      expect(one.decode(0, 1)).toBeLessThanOrEqual(knob.max)
      expect(one.decode(0, 0)).toBeGreaterThanOrEqual(knob.min)
    }
  })

  it("decodes into bounds and onto the grid wherever it is asked", () => {
    fc.assert(
      fc.property(fc.double({ noNaN: true, noDefaultInfinity: true }), (anywhere) => {
        for (let i = 0; i < table.size; i++) {
          const value = table.decode(i, anywhere)
          const { min, max, step, scale } = everyShape[i]
          expect(value).toBeGreaterThanOrEqual(min)
          expect(value).toBeLessThanOrEqual(max)
          if (step > 0) expect((value - min) / step).toBe(Math.round((value - min) / step))
          if (scale === PERIODIC) expect(value).toBeLessThan(max)
        }
      }),
    )
  })

  it("snaps to a position that snaps to itself, bit for bit", () => {
    fc.assert(
      fc.property(unit, (u) => {
        for (let i = 0; i < table.size; i++) {
          const once = table.snap(i, u)
          expect(table.snap(i, once)).toBe(once)
          expect(table.decode(i, once)).toBe(table.decode(i, u))
        }
      }),
    )
  })

  it("places all knobs at once with the bits of snap and decode", () => {
    fc.assert(
      fc.property(point, (units) => {
        const placed = place(table, units)
        expect(placed.status).toBe(-1)
        const snapped = Float64Array.from(units, (u, i) => table.snap(i, u) + 0)
        const values = Float64Array.from(units, (u, i) => table.decode(i, u))
        expect(bits(placed.units)).toEqual(bits(snapped))
        expect(bits(placed.values)).toEqual(bits(values))
        expect(bits(place(table, [...placed.units]).units)).toEqual(bits(placed.units))
        expect(bits(place(table, [...placed.units]).values)).toEqual(bits(placed.values))
      }),
    )
  })

  it("names the first knob out of bounds, including NaN and infinities", () => {
    const inside = everyShape.map(() => 0.5)
    for (let i = 0; i < table.size; i++) {
      for (const outside of [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, -1.5, 2.5]) {
        expect(place(table, inside.with(i, outside)).status).toBe(i)
      }
      const beyond = place(table, inside.with(i, 1 + 1e-9)).status
      expect(beyond).toBe(everyShape[i].scale === PERIODIC ? -1 : i)
    }
  })

  it("wraps a circle: one more turn is the same place, and the short way crosses the seam", () => {
    const circle = new KnobTable([periodic(0, 360)])
    expect(circle.decode(0, 1.25)).toBe(circle.decode(0, 0.25))
    expect(circle.decode(0, -0.25)).toBe(circle.decode(0, 0.75))
    expect(circle.decode(0, 1)).toBe(0)
    expect(circle.difference(0, 0.95, 0.05)).toBeCloseTo(0.1, 12)
    expect(circle.difference(0, 0.05, 0.95)).toBeCloseTo(-0.1, 12)
    expect(place(circle, [1.25]).values[0]).toBe(90)
    expect(place(circle, [-1e-18]).units[0]).toBe(0)
  })

  it("counts the seam of a stepped circle once", () => {
    const hours = new KnobTable([stepped(0, 24, 1, PERIODIC)])
    expect(hours.lastGridIndex[0]).toBe(23)
    expect(hours.decode(0, 0.999)).toBe(0)
    expect(hours.gridUnit(0, 24)).toBe(hours.gridUnit(0, 0))
    expect(hours.gridUnit(0, -1)).toBe(hours.gridUnit(0, 23))
  })

  it("keeps a grid point that rounding would lose", () => {
    const tenths = new KnobTable([stepped(0, 1, 0.1)])
    expect(tenths.lastGridIndex[0]).toBe(10)
    expect(tenths.decode(0, 1)).toBe(1)
  })

  it("measures the distance of a position's neighbours, one gap at a bound", () => {
    const pool = new KnobTable([concurrency])
    const width = Math.log(256)
    expect(pool.neighbourSpan(0, pool.encode(0, 1))).toBeCloseTo(Math.log(2) / width, 12)
    expect(pool.neighbourSpan(0, pool.encode(0, 2))).toBeCloseTo(Math.log(3) / width, 12)
    expect(pool.neighbourSpan(0, pool.encode(0, 256))).toBeCloseTo(Math.log(256 / 255) / width, 12)
    expect(new KnobTable([linear()]).neighbourSpan(0, 0.5)).toBe(0)
  })

  it("measures all knobs at once as it does one by one", () => {
    fc.assert(
      fc.property(point, (units) => {
        const { values, units: at } = place(table, units)
        const spans = new Float64Array(table.size)
        table.spans(values, 0, spans)
        for (let i = 0; i < table.size; i++) expect(spans[i]).toBeCloseTo(table.neighbourSpan(i, at[i]), 12)
      }),
    )
  })

  it("shortens an offset to the grid so that snapped positions stay within it", () => {
    const grids = [stepped(0, 40, 1), concurrency, stepped(0, 24, 1, PERIODIC), stepped(0, 3, 1)]
    const on = new KnobTable(grids)
    fc.assert(
      fc.property(unit, fc.double({ min: -0.499, max: 0.499, noNaN: true }), unit, (at, offset, part) => {
        for (let i = 0; i < on.size; i++) {
          const base = on.snap(i, at)
          const reached = on.gridOffset(i, base, offset)
          expect(Math.abs(reached)).toBeLessThanOrEqual(Math.abs(offset))
          expect(reached * offset).toBeGreaterThanOrEqual(0)
          const between = on.difference(i, base, on.snap(i, base + part * reached))
          expect(Math.abs(between)).toBeLessThanOrEqual(Math.abs(reached) + 1e-12)
        }
      }),
    )
  })

  it("reaches the neighbour with an offset of exactly the gap", () => {
    const pool = new KnobTable([concurrency])
    const base = pool.encode(0, 2)
    const up = pool.gridUnit(0, 2) - base
    expect(pool.gridOffset(0, base, up)).toBe(up)
    expect(pool.gridOffset(0, base, up - 1e-9)).toBe(0)
  })
})
