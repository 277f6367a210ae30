import fc from "fast-check"
import { describe, expect, it } from "vitest"
import { aggregateInto, sortRun, trimCount } from "../../src/hot/aggregate.ts"
import { MEAN, MEDIAN, TRIMMED_MEAN } from "../../src/hot/codes.ts"

/** The aggregate of a list, computed in a block with neighbours on both sides that must survive. */
function aggregate(kind: number, list: ReadonlyArray<number>, ratio = 0.1): number {
  const block = new Float64Array([-7, ...list, -7])
  const out = new Float64Array(3)
  aggregateInto(kind, block, 1, list.length, trimCount(list.length, ratio), out, 1)
  expect([block[0], block[list.length + 1], out[0], out[2]]).toEqual([-7, -7, 0, 0])
  return out[1]
}

const sorted = (list: ReadonlyArray<number>): Array<number> => [...list].sort((a, b) => a - b)
const exactMean = (list: ReadonlyArray<number>): number =>
  Number(list.reduce((sum, value) => sum + BigInt(value), 0n)) / list.length

/** Integers up to 2^40 add up exactly, so the oracle is exact as well. */
const integers = fc.array(fc.integer({ min: -(2 ** 40), max: 2 ** 40 }), { minLength: 1, maxLength: 80 })
const finite = fc.double({ noNaN: true, noDefaultInfinity: true })
const close = (actual: number, expected: number): boolean =>
  Math.abs(actual - expected) <= 1e-12 * Math.max(Math.abs(expected), 1)

describe("the trimmed mean", () => {
  it("agrees with sorting, cutting and averaging", () => {
    fc.assert(
      fc.property(integers, fc.constantFrom(0, 0.1, 0.25, 0.5), (list, ratio) => {
        const cut = trimCount(list.length, ratio)
        const kept = sorted(list).slice(cut, list.length - cut)
        expect(close(aggregate(TRIMMED_MEAN, list, ratio), exactMean(kept))).toBe(true)
      }),
    )
  })

  it("does not change when one reading of five explodes in either direction", () => {
    for (const outlier of [1e17, 1e308, Number.MAX_VALUE]) {
      expect(aggregate(TRIMMED_MEAN, [1, 2, 3, 4, outlier])).toBe(3)
      expect(aggregate(TRIMMED_MEAN, [outlier, 1, 2, 3, -outlier])).toBe(2)
    }
  })

  it("keeps everything below three readings, and always at least one", () => {
    expect(aggregate(TRIMMED_MEAN, [4])).toBe(4)
    expect(aggregate(TRIMMED_MEAN, [4, 8])).toBe(6)
    expect(aggregate(TRIMMED_MEAN, [4, 8, 100])).toBe(8)
    expect(aggregate(TRIMMED_MEAN, [100, 4, 8, 6], 0.5)).toBe(7)
  })

  it("cuts the configured share, and at least one from each end from three readings", () => {
    const cuts = [0, 1, 2, 3, 19, 20, 29, 30, 100].map((count) => trimCount(count, 0.1))
    expect(cuts).toEqual([0, 0, 0, 1, 1, 2, 2, 3, 10])
    expect(trimCount(100, 0.29)).toBe(29)
    expect(trimCount(4, 0.5)).toBe(1)
    expect(trimCount(5, 0.5)).toBe(2)
  })
})

describe("the median", () => {
  it("agrees with the middle of a sorted copy", () => {
    fc.assert(
      fc.property(integers, (list) => {
        const copy = sorted(list)
        const half = list.length >> 1
        const middle = list.length % 2 === 1 ? [copy[half]] : [copy[half - 1], copy[half]]
        expect(close(aggregate(MEDIAN, list), exactMean(middle))).toBe(true)
      }),
    )
  })
})

describe("the mean", () => {
  it("agrees with exact arithmetic", () => {
    fc.assert(
      fc.property(integers, (list) => {
        expect(close(aggregate(MEAN, list), exactMean(list))).toBe(true)
      }),
    )
  })
})

describe.each([
  ["trimmed mean", TRIMMED_MEAN],
  ["median", MEDIAN],
  ["mean", MEAN],
])("numeric extremes of the %s", (_, kind) => {
  it("stay within the range of the readings, over all finite doubles", () => {
    fc.assert(
      fc.property(fc.array(finite, { minLength: 1, maxLength: 40 }), (list) => {
        const result = aggregate(kind, list)
        expect(result >= Math.min(...list) && result <= Math.max(...list)).toBe(true)
      }),
      { numRuns: 300 },
    )
  })

  it("return a constant bit for bit", () => {
    fc.assert(
      fc.property(finite, fc.integer({ min: 1, max: 50 }), (value, count) => {
        expect(
          aggregate(
            kind,
            Array.from({ length: count }, () => value),
          ) === value,
        ).toBe(true)
      }),
    )
  })

  it("scale exactly by powers of two", () => {
    const list = [0.1, 0.7, 0.2, 1.9, 0.30000000000000004, 12.5, 1e-3]
    const doubled = list.map((value) => value * 1024)
    expect(aggregate(kind, doubled)).toBe(aggregate(kind, list) * 1024)
  })

  it("are NaN without readings", () => {
    expect(aggregate(kind, [])).toBeNaN()
  })
})

describe("the largest and the smallest doubles", () => {
  it("do not overflow a mean", () => {
    expect(aggregate(MEAN, [1e308, 1e308, 1e308, 1e308])).toBe(1e308)
    expect(aggregate(MEAN, [1e308, 1.2e308])).toBeCloseTo(1.1e308, -300)
    expect(aggregate(MEDIAN, [1e308, 1.5e308])).toBe(1.25e308)
    expect(aggregate(TRIMMED_MEAN, [1.1e308, 1e308, 1.7e308, 1.3e308, 1.2e308]) / 1.2e308).toBeCloseTo(1, 12)
  })

  it("do not underflow a mean", () => {
    const tiny = Number.MIN_VALUE
    expect(aggregate(MEAN, [tiny, tiny, tiny])).toBe(tiny)
    expect(aggregate(TRIMMED_MEAN, [tiny * 4, tiny, tiny * 2, tiny * 6, tiny * 900])).toBe(tiny * 4)
  })
})

describe("sortRun", () => {
  it("sorts its run and leaves the rest of the block alone", () => {
    fc.assert(
      fc.property(fc.array(finite, { maxLength: 300 }), (list) => {
        const block = new Float64Array([1, ...list, 2])
        sortRun(block, 1, list.length)
        // Adding 0 makes -0 and 0 one value: their order among themselves means nothing.
        const ordered = [1, ...new Float64Array(list).sort(), 2].map((value) => value + 0)
        expect([...block].map((value) => value + 0)).toEqual(ordered)
      }),
    )
  })
})
