/** The simple distances and the normal form, against their definitions. */
import fc from "fast-check"
import { describe, expect, it } from "vitest"
import { Lcss, SymbolDistance } from "../../../src/temporal/compare/CommonParts.ts"
import { euclid } from "../../../src/temporal/compare/euclid.ts"
import {
  CONSTANT,
  MEAN,
  SPREAD,
  UNKNOWN,
  VARIED,
  zNormalize,
} from "../../../src/temporal/compare/zNormalize.ts"
import { of, pair, sample, square } from "./naive.ts"

const GAPS = [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]
const word = (text: string): Int32Array => Int32Array.from(text, (letter) => letter.codePointAt(0) ?? 0)
const letters = fc.array(fc.integer({ min: 0, max: 3 }), { maxLength: 8 })

/** Every way to pair members in order, by trying them all. */
function paired<T>(
  a: ReadonlyArray<T>,
  b: ReadonlyArray<T>,
  alike: (i: number, j: number) => boolean,
): number {
  const from = (i: number, j: number): number => {
    if (i === a.length || j === b.length) return 0
    const without = Math.max(from(i + 1, j), from(i, j + 1))
    return alike(i, j) ? Math.max(without, 1 + from(i + 1, j + 1)) : without
  }
  return from(0, 0)
}

/** Every way to edit one into the other, by trying them all. */
function edited(a: ReadonlyArray<number>, b: ReadonlyArray<number>): number {
  if (a.length === 0 || b.length === 0) return a.length + b.length
  const [x, ...restA] = a
  const [y, ...restB] = b
  if (x === y) return edited(restA, restB)
  return 1 + Math.min(edited(restA, b), edited(a, restB), edited(restA, restB))
}

describe("Euclid's distance", () => {
  it("is the root of the squares, given up above a limit", () => {
    fc.assert(
      fc.property(pair, ([a, b]) => {
        const whole = Math.sqrt(a.reduce((sum, x, i) => sum + square(x - b[i]), 0))
        expect(euclid(of(...a), of(...b))).toBe(whole)
        expect(euclid(of(...a), of(...b), whole)).toBe(whole)
        if (whole > 0) expect(euclid(of(...a), of(...b), whole * 0.99)).toBe(Number.POSITIVE_INFINITY)
      }),
    )
  })

  it("is unknown for gaps, for nothing and for two lengths", () => {
    for (const gap of GAPS) expect(euclid(of(1, gap), of(1, gap))).toBeNaN()
    expect(euclid(of(), of())).toBeNaN()
    expect(euclid(of(1), of(1, 2))).toBeNaN()
  })
})

describe("the edit distances", () => {
  const distance = new SymbolDistance({ length: 9 })

  it("are those of the textbooks", () => {
    expect(distance.edits(word("kitten"), word("sitting"))).toBe(3)
    expect(distance.edits(word("intention"), word("execution"))).toBe(5)
    expect(distance.common(word("ABCBDAB"), word("BDCABA"))).toBe(4)
  })

  it("equal an exhaustive search, one call after another", () => {
    fc.assert(
      fc.property(letters, letters, (a, b) => {
        const [x, y] = [Int32Array.from(a), Int32Array.from(b)]
        expect(distance.edits(x, y)).toBe(edited(a, b))
        expect(distance.common(x, y)).toBe(paired(a, b, (i, j) => a[i] === b[j]))
      }),
    )
  })

  it("report a sequence that is too long", () => {
    expect(distance.edits(word("0123456789"), word(""))).toBe(-1)
    expect(distance.common(word(""), word("0123456789"))).toBe(-1)
  })
})

describe("the longest common subsequence of series", () => {
  it("pairs what is within eps and delta, like an exhaustive search", () => {
    const short = fc.array(sample, { maxLength: 8 })
    const step = fc.integer({ min: 0, max: 40 }).map((n) => n / 8)
    fc.assert(
      fc.property(short, short, step, fc.integer({ min: 0, max: 8 }), (a, b, eps, delta) => {
        const lcss = new Lcss({ length: 8, eps, delta })
        const alike = (i: number, j: number) => Math.abs(i - j) <= delta && Math.abs(a[i] - b[j]) <= eps
        const common = paired(a, b, alike)
        expect(lcss.common(of(...a), of(...b))).toBe(common)
        const shorter = Math.min(a.length, b.length)
        expect(lcss.distance(of(...a), of(...b))).toBe(shorter === 0 ? Number.NaN : 1 - common / shorter)
      }),
    )
  })

  it("pairs no gap, and reports a series that is too long", () => {
    const lcss = new Lcss({ length: 2, eps: 1e300 })
    for (const gap of GAPS) expect(lcss.common(of(1, gap), of(1, gap))).toBe(1)
    expect(lcss.common(of(1, 2, 3), of(1))).toBe(-1)
    expect(lcss.distance(of(1, 2, 3), of(1))).toBeNaN()
  })

  it("refuses options that cannot be used", () => {
    expect(() => new Lcss({ length: 2, eps: -1 })).toThrow(/eps: must be a number from 0/)
    expect(() => new SymbolDistance({ length: 0.5 })).toThrow(/length: must be a whole number/)
  })
})

describe("the normal form of a window", () => {
  const normal = (...values: ReadonlyArray<number>) => {
    const out = new Float64Array(values.length)
    const moments = new Float64Array(2)
    const kind = zNormalize(of(...values), out, moments)
    return { kind, out: [...out], mean: moments[MEAN], spread: moments[SPREAD] }
  }

  it("has mean 0 and spread 1, and gives the window back with what it took away", () => {
    fc.assert(
      fc.property(pair, ([series]) => {
        fc.pre(new Set(series).size > 1)
        const { kind, out, mean, spread } = normal(...series)
        expect(kind).toBe(VARIED)
        expect(out.reduce((sum, x) => sum + x, 0)).toBeCloseTo(0, 9)
        expect(out.reduce((sum, x) => sum + x * x, 0) / out.length).toBeCloseTo(1, 9)
        out.forEach((x, i) => expect(x * spread + mean).toBeCloseTo(series[i], 9))
      }),
    )
  })

  it("of a constant window is zeros, however its mean was rounded", () => {
    fc.assert(
      fc.property(
        fc.double({ min: -1e9, max: 1e9, noNaN: true }),
        fc.integer({ min: 1, max: 300 }),
        (x, n) => {
          const { kind, out, spread } = normal(...Array<number>(n).fill(x))
          expect(kind).toBe(CONSTANT)
          expect(spread).toBe(0)
          expect(out.every((one) => one === 0)).toBe(true)
        },
      ),
    )
  })

  it("counts a spread up to the least one as none", () => {
    const out = new Float64Array(2)
    expect(zNormalize(of(1, 3), out, new Float64Array(2), 1)).toBe(CONSTANT)
    expect(zNormalize(of(1, 3), out, new Float64Array(2), 0.99)).toBe(VARIED)
  })

  it("is unknown for gaps and for nothing, and then nothing is written", () => {
    for (const gap of GAPS)
      expect(normal(1, gap, 3)).toEqual({ kind: UNKNOWN, out: [0, 0, 0], mean: 0, spread: 0 })
    expect(normal().kind).toBe(UNKNOWN)
  })
})
