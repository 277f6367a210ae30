import fc from "fast-check"
import { describe, expect, it } from "vitest"
import {
  centredDiscrepancy,
  starDiscrepancy,
  starL2Discrepancy,
  wrapAroundDiscrepancy,
} from "../../src/testing/discrepancy.ts"

const squared = (value: number): number => value * value

const unit = fc.integer({ min: 0, max: 1_000_000 }).map((millionths) => millionths / 1_000_000)
/** Often on a side of a grid's cell, where open and closed boxes differ. */
const coordinate = fc.oneof(
  unit,
  fc.integer({ min: 0, max: 12 }).map((twelfths) => twelfths / 12),
)
const pointsOf = (dimensions: number, most: number): fc.Arbitrary<ReadonlyArray<number>> =>
  fc
    .array(fc.array(coordinate, { minLength: dimensions, maxLength: dimensions }), {
      minLength: 1,
      maxLength: most,
    })
    .map((points) => points.flat())

/** Levels 1 to n as the middles of n equal parts. */
const levels = (rows: ReadonlyArray<ReadonlyArray<number>>, n: number): ReadonlyArray<number> =>
  rows.flat().map((level) => (2 * level - 1) / (2 * n))

/** The star discrepancy by its definition: every box whose sides are at coordinates of points or at 1, open and closed. */
function starByHand(points: ReadonlyArray<number>, dimensions: number): number {
  const count = points.length / dimensions
  const sides = Array.from({ length: dimensions }, (_, i) => [
    1,
    ...Array.from({ length: count }, (_one, p) => points[p * dimensions + i]),
  ])
  const boxes = sides.reduce<ReadonlyArray<ReadonlyArray<number>>>(
    (so, side) => so.flatMap((box) => side.map((at) => [...box, at])),
    [[]],
  )
  let worst = 0
  for (const box of boxes) {
    const volume = box.reduce((product, side) => product * side, 1)
    let open = 0
    let closed = 0
    for (let p = 0; p < count; p++) {
      if (box.every((side, i) => points[p * dimensions + i] < side)) open++
      if (box.every((side, i) => points[p * dimensions + i] <= side)) closed++
    }
    worst = Math.max(worst, volume - open / count, closed / count - volume)
  }
  return worst
}

describe("the discrepancies", () => {
  it("match hand-worked values for one point in the middle", () => {
    for (const d of [1, 2, 5]) {
      const middle = Array<number>(d).fill(0.5)
      expect(squared(centredDiscrepancy(middle, d))).toBeCloseTo((13 / 12) ** d - 1, 12)
      expect(squared(wrapAroundDiscrepancy(middle, d))).toBeCloseTo(1.5 ** d - (4 / 3) ** d, 12)
      expect(squared(starL2Discrepancy(middle, d))).toBeCloseTo(3 ** -d - 2 * (3 / 8) ** d + 0.5 ** d, 12)
    }
  })

  it("match hand-worked values for two points on a line", () => {
    // At 1/4 and 3/4: 13/12 - 2 (1 + 1/8 - 1/32) + (1/4)(5/4 + 5/4 + 1 + 1).
    expect(squared(centredDiscrepancy([0.25, 0.75], 1))).toBeCloseTo(1 / 48, 12)
    // (1/4)(3/2 + 3/2 + 5/4 + 5/4) - 4/3.
    expect(squared(wrapAroundDiscrepancy([0.25, 0.75], 1))).toBeCloseTo(1 / 24, 12)
    // 1/3 - (15/32 + 7/32) + (1/4)(3/4 + 1/4 + 1/4 + 1/4).
    expect(squared(starL2Discrepancy([0.25, 0.75], 1))).toBeCloseTo(1 / 48, 12)
  })

  it("match the published values for two designs of six points", () => {
    // Fang, Li and Sudjianto, "Design and Modeling for Computer Experiments" (2006), example 3.4.
    const first = [
      [1, 3],
      [2, 6],
      [3, 2],
      [4, 5],
      [5, 1],
      [6, 4],
    ]
    const second = [
      [1, 5],
      [2, 4],
      [3, 3],
      [4, 2],
      [5, 1],
      [6, 6],
    ]
    expect(squared(centredDiscrepancy(levels(first, 6), 2))).toBeCloseTo(0.0081, 4)
    expect(squared(centredDiscrepancy(levels(second, 6), 2))).toBeCloseTo(0.0105, 4)
  })

  it("match the published values for a design with two levels", () => {
    // Zhou, Fang and Ning, "Mixture discrepancy for quasi-random point sets" (2013), example 4.
    const design = [
      [2, 1, 1, 2, 2, 2],
      [1, 2, 2, 2, 2, 2],
      [2, 1, 1, 1, 1, 1],
      [1, 1, 1, 1, 2, 2],
      [1, 2, 2, 2, 1, 1],
      [2, 2, 2, 2, 1, 1],
      [2, 2, 2, 1, 2, 2],
    ]
    expect(squared(wrapAroundDiscrepancy(levels(design, 2), 6))).toBeCloseTo(1.368, 3)
    expect(squared(centredDiscrepancy(levels(design, 2), 6))).toBeCloseTo(0.3172, 4)
  })

  it("do not depend on the order of points, nor the wrap-around one on a shift of all", () => {
    fc.assert(
      fc.property(pointsOf(3, 8), unit, (points, shift) => {
        const reversed = Array.from({ length: points.length / 3 }, (_, p) => points.slice(3 * p, 3 * p + 3))
          .toReversed()
          .flat()
        const shifted = points.map((x) => (x + shift) % 1)
        for (const measure of [centredDiscrepancy, wrapAroundDiscrepancy, starL2Discrepancy])
          expect(squared(measure(reversed, 3))).toBeCloseTo(squared(measure(points, 3)), 9)
        expect(squared(wrapAroundDiscrepancy(shifted, 3))).toBeCloseTo(
          squared(wrapAroundDiscrepancy(points, 3)),
          9,
        )
      }),
    )
  })

  it("L2-star is the mean square over all boxes from the origin", () => {
    const points = [0.1, 0.9, 0.45, 0.3, 0.8, 0.65]
    const parts = 400
    let sum = 0
    for (let a = 0; a < parts; a++) {
      for (let b = 0; b < parts; b++) {
        const x = (a + 0.5) / parts
        const y = (b + 0.5) / parts
        let inside = 0
        for (let p = 0; p < points.length; p += 2) if (points[p] < x && points[p + 1] < y) inside++
        sum += squared(inside / 3 - x * y)
      }
    }
    expect(starL2Discrepancy(points, 2)).toBeCloseTo(Math.sqrt(sum) / parts, 3)
  })

  it("refuse points outside the cube or of another dimension, in words", () => {
    for (const measure of [centredDiscrepancy, wrapAroundDiscrepancy, starL2Discrepancy, starDiscrepancy]) {
      expect(() => measure([0.5, 1.5], 1)).toThrow(/outside the unit cube: 1\.5/)
      expect(() => measure([0.5, Number.NaN], 1)).toThrow(/outside the unit cube: NaN/)
      expect(() => measure([0.5, 0.5, 0.5], 2)).toThrow(/not at least one point of 2 dimensions/)
      expect(() => measure([], 1)).toThrow(/not at least one point/)
    }
  })
})

describe("the star discrepancy", () => {
  it("is 1/(2n) for the best points on a line", () => {
    const middles = Array.from({ length: 10 }, (_, i) => (2 * i + 1) / 20)
    const { lower, upper } = starDiscrepancy(middles, 1)
    expect(lower).toBeCloseTo(0.05, 12)
    expect(upper).toBe(lower)
  })

  it("is that of the closed box for one point in the middle of a square", () => {
    expect(starDiscrepancy([0.5, 0.5], 2)).toEqual({ lower: 0.75, upper: 0.75 })
  })

  for (const dimensions of [1, 2]) {
    it(`is exact in ${dimensions} dimension${dimensions === 1 ? "" : "s"}, ties and borders included`, () => {
      fc.assert(
        fc.property(pointsOf(dimensions, 10), (all) => {
          const { lower, upper } = starDiscrepancy(all, dimensions)
          expect(lower).toBeCloseTo(starByHand(all, dimensions), 12)
          expect(upper).toBe(lower)
        }),
        { numRuns: 300 },
      )
    })
  }

  for (const dimensions of [3, 4]) {
    it(`lies between its bounds in ${dimensions} dimensions, which are at most dimensions / cells apart`, () => {
      fc.assert(
        fc.property(pointsOf(dimensions, 5), fc.integer({ min: 1, max: 6 }), (points, cells) => {
          const { lower, upper } = starDiscrepancy(points, dimensions, cells)
          const exact = starByHand(points, dimensions)
          expect(lower).toBeLessThanOrEqual(exact + 1e-12)
          expect(upper).toBeGreaterThanOrEqual(exact - 1e-12)
          expect(upper - lower).toBeLessThanOrEqual(dimensions / cells + 1e-12)
        }),
      )
    })
  }
})
