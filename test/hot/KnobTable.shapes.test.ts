/** Knobs of any range, scale and grid, against what one would work out by hand for each of them. */
import fc from "fast-check"
import { describe, expect, it } from "vitest"
import { LINEAR, LOG, PERIODIC } from "../../src/hot/codes.ts"
import { type KnobNumbers, KnobTable } from "../../src/hot/KnobTable.ts"
import { bits, linear, logarithmic, periodic, stepped } from "./rig.ts"

const unit = fc.oneof(fc.constantFrom(0, 1, 0.5), fc.double({ min: 0, max: 1, noNaN: true }))

const size = fc
  .tuple(fc.double({ min: 0.1, max: 1, noNaN: true }), fc.integer({ min: -3, max: 3 }))
  .map(([digits, power]) => digits * 10 ** power)
/** Bounds of awkward sizes: max - min is rounded, and min plus that lies beside max. */
const bounds = fc.oneof(
  fc.tuple(size, size).map(([below, above]) => ({ min: -below, max: above })),
  fc.tuple(size, size).map(([min, width]) => ({ min, max: min + width })),
  fc.constantFrom(
    { min: -0.23050040091170312, max: 0.23131511342394423 },
    { min: -3.19030711562239, max: 3.1959600614678108 },
  ),
)
const positive = fc
  .tuple(fc.double({ min: 1e-3, max: 1e3, noNaN: true }), fc.double({ min: 1.01, max: 1e4, noNaN: true }))
  .map(([min, factor]) => ({ min, max: min * factor }))

/** How many gaps fit between the bounds; 0: continuous. A whole number ends at the upper bound, others below it. */
const gapsWanted = fc.oneof(
  { weight: 1, arbitrary: fc.constant(0) },
  { weight: 2, arbitrary: fc.integer({ min: 1, max: 40 }) },
  { weight: 2, arbitrary: fc.double({ min: 1, max: 40, noNaN: true }) },
  { weight: 1, arbitrary: fc.double({ min: 1e3, max: 1e5, noNaN: true }) },
)

const knobOf = (scale: number): fc.Arbitrary<KnobNumbers> =>
  fc.tuple(scale === LOG ? positive : bounds, gapsWanted).map(([{ min, max }, gaps]) => ({
    min,
    max,
    scale,
    step: gaps === 0 ? 0 : (max - min) / gaps,
    maxStep: 0,
  }))
const knob = fc.constantFrom(LINEAR, LOG, PERIODIC).chain(knobOf)

/** Where `u` lies on the scale, before any grid. */
const onScale = ({ min, max, scale }: KnobNumbers, u: number): number => {
  const at = scale === PERIODIC ? u - Math.floor(u) : Math.min(1, Math.max(0, u))
  return scale === LOG ? min * (max / min) ** at : min + at * (max - min)
}

/** All grid points, written out. */
const pointsOf = ({ min, max, scale, step }: KnobNumbers): ReadonlyArray<number> => {
  const hair = 1e-9 * step
  const points: Array<number> = []
  for (let k = 0; min + k * step <= max + hair; k++) points.push(Math.min(max, min + k * step))
  // Both ends of a circle are one place.
  if (scale === PERIODIC && points.length > 1 && max - points[points.length - 1] <= hair) points.pop()
  return points
}

/** Distance in user units, the short way round on a circle. */
const apart = ({ min, max, scale }: KnobNumbers, a: number, b: number): number => {
  const way = Math.abs(a - b)
  return scale === PERIODIC ? Math.min(way, max - min - way) : way
}

describe("KnobTable over any knob", () => {
  it("decodes to the value on the scale, or to a nearest grid point", () => {
    fc.assert(
      fc.property(knob, unit, (shape, u) => {
        const table = new KnobTable([shape])
        const value = table.decode(0, u)
        const wanted = onScale(shape, u)
        const size = Math.max(Math.abs(shape.min), Math.abs(shape.max))
        if (shape.step === 0) {
          expect(apart(shape, value, wanted)).toBeLessThanOrEqual(1e-12 * size)
          return
        }
        const index = Math.round((value - shape.min) / shape.step)
        expect(Math.abs(value - (shape.min + index * shape.step))).toBeLessThanOrEqual(1e-12 * size)
        // Half a gap, or past the last point that there is.
        const last = shape.min + table.lastGridIndex[0] * shape.step
        const allowed = Math.max(shape.step / 2, shape.scale === PERIODIC ? 0 : wanted - last)
        expect(apart(shape, value, wanted)).toBeLessThanOrEqual(
          shape.scale === PERIODIC ? shape.step : allowed + 1e-11 * size,
        )
      }),
      { numRuns: 400 },
    )
  })

  it("counts its grid points", () => {
    fc.assert(
      fc.property(knob, (shape) => {
        if (shape.step === 0 || (shape.max - shape.min) / shape.step > 100) return
        expect(new KnobTable([shape]).lastGridIndex[0]).toBe(pointsOf(shape).length - 1)
      }),
    )
  })

  it("reaches both ends exactly, and goes no further", () => {
    fc.assert(
      fc.property(knob, unit, (shape, u) => {
        const table = new KnobTable([shape])
        const out = new Float64Array(2)
        for (const at of [0, u, 1 - 2 ** -53, 1]) {
          table.place(Float64Array.of(at), 0, out, 0, 1)
          expect(out[1]).toBeGreaterThanOrEqual(shape.min)
          expect(out[1]).toBeLessThanOrEqual(shape.max)
        }
        expect(table.decode(0, 0)).toBe(shape.min)
        // On a circle the end is the beginning.
        const end = shape.scale === PERIODIC ? shape.min : shape.max
        if (shape.step === 0) expect([table.decode(0, 1), out[1]]).toEqual([end, end])
      }),
      { numRuns: 400 },
    )
  })

  it("places all knobs at once, bit for bit like snap and decode, anywhere in a block, and writes nowhere else", () => {
    const anywhere = fc.array(fc.tuple(knob, fc.double({ min: -1, max: 2, noNaN: true }), unit), {
      minLength: 1,
      maxLength: 5,
    })
    fc.assert(
      fc.property(anywhere, fc.nat(3), fc.nat(3), fc.nat(3), (entries, from, before, between) => {
        const table = new KnobTable(entries.map(([shape]) => shape))
        const { size } = table
        const asked = entries.map(([shape, wide, narrow]) => (shape.scale === PERIODIC ? wide : narrow))
        const source = new Float64Array(from + size + 2).fill(0.25)
        source.set(asked, from)
        const block = new Float64Array(before + size + between + size + 2).fill(-7)
        expect(table.place(source, from, block, before, before + size + between)).toBe(-1)
        const wanted = new Float64Array(block.length).fill(-7)
        for (let i = 0; i < size; i++) {
          wanted[before + i] = table.snap(i, asked[i]) + 0
          wanted[before + size + between + i] = table.decode(i, asked[i])
        }
        expect(bits(block)).toEqual(bits(wanted))
      }),
      { numRuns: 400 },
    )
  })

  it("finds the nearest of up to 2^53 points, one by one and all at once", () => {
    fc.assert(
      fc.property(
        fc.double({ min: 0.3, max: 1, noNaN: true }),
        fc.constantFrom(1e9, 1e12, 4e15),
        (u, max) => {
          const table = new KnobTable([stepped(1, max, 1, LOG)])
          const out = new Float64Array(2)
          table.place(Float64Array.of(u), 0, out, 0, 1)
          expect(out[1]).toBe(table.decode(0, u))
          expect(Math.abs(out[1] - max ** u)).toBeLessThanOrEqual(0.6 + 1e-13 * max ** u)
          expect(out[0]).toBe(table.snap(0, u))
        },
      ),
      { numRuns: 300 },
    )
  })

  it("measures the neighbours of all grids at once, and skips continuous knobs", () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(knob, unit), { minLength: 1, maxLength: 4 }),
        fc.nat(3),
        (entries, at) => {
          const table = new KnobTable(entries.map(([shape]) => shape))
          const { size } = table
          const block = new Float64Array(at + size)
          const spans = new Float64Array(size).fill(-7)
          entries.forEach(([, u], i) => {
            block[at + i] = table.decode(i, u)
          })
          table.spans(block, at, spans)
          entries.forEach(([shape, u], i) => {
            if (shape.step === 0) expect([spans[i], table.neighbourSpan(i, u)]).toEqual([-7, 0])
            else expect(spans[i]).toBeCloseTo(table.neighbourSpan(i, u), 9)
          })
        },
      ),
    )
  })

  it("shortens an offset to the farthest grid point within it", () => {
    const grid = fc
      .constantFrom(LINEAR, LOG, PERIODIC)
      .chain((scale) =>
        fc
          .tuple(knobOf(scale), fc.double({ min: 1, max: 30, noNaN: true }))
          .map(([shape, gaps]) => ({ ...shape, step: (shape.max - shape.min) / gaps })),
      )
    fc.assert(
      fc.property(grid, unit, fc.double({ min: -1, max: 1, noNaN: true }), (shape, u, offset) => {
        const table = new KnobTable([shape])
        const base = table.snap(0, u)
        let longest = 0
        for (let k = 0; k <= table.lastGridIndex[0]; k++) {
          const way = table.difference(0, base, table.gridUnit(0, k))
          if (way * offset > 0 && Math.abs(way) <= Math.abs(offset))
            if (Math.abs(way) > Math.abs(longest)) longest = way
        }
        expect(table.gridOffset(0, base, offset)).toBe(longest)
      }),
      { numRuns: 600 },
    )
  })
})

describe("KnobTable at its edges", () => {
  it("has no negative zero, even past the end of a circle", () => {
    const zero = bits(Float64Array.of(0, 0))
    const out = new Float64Array(4)
    const plain = new KnobTable([linear(), linear()])
    expect(plain.place(Float64Array.of(-0, -0), 0, out, 0, 2)).toBe(-1)
    expect(bits(out.slice(0, 2))).toEqual(zero)
    const round = new KnobTable([periodic(0, 1), linear()])
    expect(round.place(Float64Array.of(1.5, -0), 0, out, 0, 2)).toBe(-1)
    expect(bits(out.slice(1, 2))).toEqual(zero.slice(0, 1))
  })

  it("accepts a circle up to exactly one turn either way", () => {
    const circle = new KnobTable([periodic(0, 360)])
    const out = new Float64Array(2)
    for (const [asked, code] of [
      [-1, -1],
      [2, -1],
      [-1 - 2 ** -52, 0],
      [2 + 2 ** -51, 0],
    ])
      expect(circle.place(Float64Array.of(asked), 0, out, 0, 1)).toBe(code)
  })

  it("refuses a log knob too wide for its table, and names it", () => {
    const wide = (max: number): KnobNumbers => ({ ...logarithmic(1, max), min: 2 ** -512 })
    expect(() => new KnobTable([linear(), wide(2 ** 512)])).toThrow(
      `knobs[1].max: must be below min (${2 ** -512}) times 2^1023 on a log scale, got ${2 ** 512}.`,
    )
    expect(new KnobTable([wide(2 ** 510)]).decode(0, 1)).toBe(2 ** 510)
    expect(() => new KnobTable([logarithmic(-1, 1)])).toThrow("knobs[0].max: must be below min")
  })

  it("has one grid index for a continuous knob, wherever it is", () => {
    const table = new KnobTable([linear(), logarithmic(), periodic()])
    for (let i = 0; i < 3; i++) for (const u of [0, 0.3, 1]) expect(table.gridIndex(i, u)).toBe(0)
  })

  it("clamps to the last point of a grid that ends below its bound", () => {
    const short = new KnobTable([stepped(0, 10, 4), stepped(1, 10, 3.5, LOG), stepped(0, 0.3, 0.1)])
    const out = new Float64Array(6)
    short.place(Float64Array.of(1, 1, 1), 0, out, 0, 3)
    expect(out.slice(3)).toEqual(Float64Array.of(8, 8, 0.3))
    expect(out[0]).toBe(0.8)
    expect(short.neighbourSpan(0, 0.8)).toBeCloseTo(0.4, 12)
  })

  it("counts the whole circle as a neighbour if it has only one or two points", () => {
    for (const [step, span] of [
      [360, 1],
      [180, 1],
      [120, 2 / 3],
      [36, 0.2],
    ]) {
      const table = new KnobTable([stepped(0, 360, step, PERIODIC)])
      const spans = new Float64Array(1)
      table.spans(Float64Array.of(0), 0, spans)
      expect(spans[0]).toBeCloseTo(span, 12)
      expect(table.neighbourSpan(0, 0)).toBeCloseTo(span, 12)
    }
  })
})
